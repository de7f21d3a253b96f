"""What joins a report to its metadata, its images and the published model."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

import pydicom
import pytest
from lxml import etree

from segur.personas import Country, build_country
from segur.personas.samples_cda import imaging_report
from segur.personas.samples_dicom import ct_study
from segur.wire import cda

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "cda"
STUDY = "1.2.250.1.213.999.1.9.2"
AT = datetime(2026, 11, 24, 10, 15, tzinfo=timezone(timedelta(hours=1)))
NS = {"h": "urn:hl7-org:v3"}


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country(patients=0, professionals=0)


def report(country: Country, level: Literal[1, 3]) -> bytes:
    """The report of P1 by the radiologist of ST3, asked by the general practitioner."""
    doctor = country.professional("PS3")
    return imaging_report(
        country.patient("P1"),
        country.professional("PS4"),
        country.structure("ST3"),
        document_id="1.2.250.1.213.999.1.9.1",
        study_uid=STUDY,
        accession="ACC26001",
        order="OPN26001",
        at=AT,
        level=level,
        requester=doctor,
        treating_doctor=doctor,
    )


@pytest.mark.parametrize("level", [1, 3])
def test_the_metadata_of_a_report_agree_with_it_and_hold_the_three_joins(
    country: Country, level: Literal[1, 3]
) -> None:
    document = report(country, level)
    header = cda.read_header(document)
    entry = cda.entry_from_header(header, content=document)
    assert cda.differences(header, entry) == ()
    formats = {1: "urn:ihe:iti:xds-sd:pdf:2008", 3: "urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013"}
    assert entry.format_code.code == formats[level]
    assert entry.patient_id == "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
    assert [reference.partition("^")[0] for reference in entry.reference_ids] == ["ACC26001", "OPN26001", STUDY]
    assert {"ZBQH001", "CT", "67734004"} <= {code.code for code in entry.event_codes}


def test_the_object_catalogue_points_at_the_first_image_of_the_study(country: Country) -> None:
    first = ct_study(country.patient("P1"), study_uid=STUDY, accession="ACC26001", at=AT)[0]
    image = pydicom.dcmread(io.BytesIO(first), stop_before_pixels=True)
    root = etree.fromstring(report(country, 3))
    assert root.xpath("//h:observation[@classCode='DGIMG']/h:id/@root", namespaces=NS) == [image.SOPInstanceUID]
    acts = root.xpath("//h:section//h:act/h:id/@root", namespaces=NS)
    assert acts == [image.StudyInstanceUID, image.SeriesInstanceUID]


def test_every_section_has_its_own_id_and_the_technique_its_coded_act(country: Country) -> None:
    root = etree.fromstring(report(country, 3))
    identifiers = root.xpath("//h:section/h:id/@root", namespaces=NS)
    assert len(identifiers) == len(set(identifiers)) == len(root.xpath("//h:section", namespaces=NS))
    path = "//h:section[h:code/@code='55111-9']/h:entry/h:procedure"
    assert root.xpath(f"{path}/h:code/h:translation/@code", namespaces=NS) == ["ZBQH001"]
    assert root.xpath(f"{path}/h:methodCode/@code", namespaces=NS) == ["CT"]


def test_the_header_has_the_elements_of_the_published_model_in_its_order(country: Country) -> None:
    sample = SAMPLES / "IMG_CR_IMG_2024.01.xml"
    if not sample.exists():
        pytest.skip("the published CDA samples are not on this machine")
    ours, published = children(report(country, 3)), children(sample.read_bytes())
    assert [name for name in ours if name in published] == [name for name in published if name in ours]
    assert {name for name in published if name not in ours} <= {"informant", "authenticator", "relatedDocument"}


def children(document: bytes) -> list[str]:
    """Names of the children of the root, each once, in order."""
    root = etree.fromstring(document)
    return list(dict.fromkeys(etree.QName(child).localname for child in root.iterchildren(tag=etree.Element)))
