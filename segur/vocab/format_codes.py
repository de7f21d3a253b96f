"""Format codes of the DMP and how a CDA's templates decide them (value set JDV_J60, table ASS_A11). [DMP digest 3.4]"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

IHE_FORMATS: Final = "1.3.6.1.4.1.19376.1.2.3"
"""TRE_A11: format codes defined by IHE."""
FRENCH_FORMATS: Final = "1.2.250.1.213.1.1.4.2.282"
"""TRE_A06: format codes defined in France."""
DICOM_SOP_CLASSES: Final = "1.2.840.10008.2.6.1"

UNSTRUCTURED_TEMPLATE: Final = "1.3.6.1.4.1.19376.1.2.20"
"""templateId of a level 1 CDA (XDS-SD)."""
CONTENT_MODELS: Final = "1.2.250.1.213.1.1.1."
"""Prefix of the templateIds of the CI-SIS content models."""

UNSTRUCTURED_FORMATS: Final = MappingProxyType(
    {
        "application/pdf": "urn:ihe:iti:xds-sd:pdf:2008",
        "text/plain": "urn:ihe:iti:xds-sd:text:2008",
        "text/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
        "image/jpeg": "urn:ihe:iti-fr:xds-sd:jpeg:2010",
        "image/tiff": "urn:ihe:iti-fr:xds-sd:tiff:2010",
    }
)
"""Media type of the body of a level 1 CDA -> format code."""

KOS: Final = ("1.2.840.10008.5.1.4.1.1.88.59", DICOM_SOP_CLASSES, "Key Object Selection Document")
"""Format of a DICOM key object selection: (code, scheme, label)."""
SIGNATURE: Final = ("http://www.w3.org/2000/09/xmldsig#", "URN", "Default Signature Style")
"""Format of the signature entry. [DMP digest 1.6.1]"""
OUTSIDE_MODELS: Final = "urn:asipSante:modelesHorsProfils:2011"
"""Structured document whose model is not one of the CI-SIS."""

_MODELS: Final = {
    "55": "urn:ihe:lab:xd-lab:2008",
    "45": "urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013",
    "39": "urn:ihe:pharm:pre:2010",
    "54": "urn:ihe:pharm:dis:2010",
    "51": "urn:ihe:pcc:ips:2020",
    "13": "urn:asip:ci-sis:vsm:2012",
    "29": "urn:asip:ci-sis:ldl-ses:2017",
    "21": "urn:asip:ci-sis:ldl-ees:2017",
    "37": "urn:asip:ci-sis:vac:2019",
    "46": "urn:asip:ci-sis:vac-note:2021",
    "10": "urn:asip:ci-sis:cva:2017",
    "36": "urn:asip:ci-sis:hr:2019",
    "40": "urn:asip:ci-sis:cr-anest:2020",
    "41": "urn:asip:ci-sis:cr-cpa:2020",
    "47": "urn:ans:ci-sis:img-da:2022",
    "52": "urn:ans:ci-sis:bio-ep-bio:2022",
    "57": "urn:ihe:palm:apsr:2016",
    "42": "urn:ihe:eyecare:geneyeevalcn:2014",
    "43": "urn:ihe:eyecare:geneyeevalcn:2014",
    "44": "urn:ihe:eyecare:geneyeevalcn:2014",
    "5.1": "urn:asip:ci-sis:cse-cs8:2017",
    "5.2": "urn:asip:ci-sis:cse-cs9:2017",
    "5.3": "urn:asip:ci-sis:cse-cs24:2017",
    "5.4": "urn:ans:ci-sis:cse-mde:2023",
    "8": "urn:asip:ci-sis:frcp:2011",
    "26": "urn:asip:ci-sis:pps-cancer:2017",
    "32": "urn:asip:ci-sis:crgm:2018",
    "22": "urn:asip:ci-sis:dlu:2015",
    "23": "urn:asip:ci-sis:fludt:2017",
    "24": "urn:asip:ci-sis:fludr:2017",
    "12.1": "urn:asip:ci-sis:obp-sap:2023",
    "12.2": "urn:asip:ci-sis:obp-snm:2023",
    "12.3": "urn:asip:ci-sis:obp-sne:2023",
    "12.4": "urn:asip:ci-sis:obp-scm:2023",
    "12.5": "urn:asip:ci-sis:obp-sem:2023",
    "2.1.1": "urn:asip:ci-sis:avk:2009",
    "2.1.2": "urn:asip:ci-sis:tap:2009",
    "2.1.3": "urn:asip:ci-sis:dci:2009",
    "2.1.4": "urn:asip:ci-sis:psc:2009",
    "2.1.5": "urn:asip:ci-sis:ppv:2009",
    "15": "urn:asip:ci-sis:aunv:2013",
    "16": "urn:asip:ci-sis:eunv:2013",
    "17": "urn:asip:ci-sis:sunv:2013",
    "25": "urn:asip:ci-sis:pavc:2016",
    "18": "urn:asip:ci-sis:crrtn:2013",
    "20": "urn:asip:ci-sis:pps-paerpa:2017",
    "27": "urn:asip:ci-sis:d2lm-fin:2017",
    "28": "urn:asip:ci-sis:d2lm-fidd:2017",
    "30": "urn:asip:ci-sis:sdm-mr:2017",
    "38": "urn:asip:ci-sis:tlm-da:2020",
    "56": "urn:asip:ci-sis:ppp:2023",
}

FORMAT_OF_TEMPLATE: Final = MappingProxyType(
    {CONTENT_MODELS + model: code for model, code in _MODELS.items()}
    | {"1.3.6.1.4.1.19376.1.3.3": "urn:ihe:lab:xd-lab:2008"}
)
"""templateId root -> format code (ASS_A11)."""

_J60_BESIDES: Final = frozenset(
    {
        OUTSIDE_MODELS,
        KOS[0],
        SIGNATURE[0],
        "urn:ihe:iti:dsg:detached:2014",
        "urn:asip:ci-sis:dlu:2024",
        "urn:asip:ci-sis:ft-su:2024",
        "urn:asip:ci-sis:fr-su:2024",
        "urn:ans:ci-sis:trod:2024",
        "urn:asip:ci-sis:idap:2011",
    }
)

FORMAT_CODES: Final = frozenset(FORMAT_OF_TEMPLATE.values()) | frozenset(UNSTRUCTURED_FORMATS.values()) | _J60_BESIDES
"""Every format code of J60 named by the digest."""


def format_scheme(code: str) -> str:
    """The code system a format code belongs to."""
    if code in (KOS[0], SIGNATURE[0]):
        return KOS[1] if code == KOS[0] else SIGNATURE[1]
    return IHE_FORMATS if code.startswith("urn:ihe:") and "iti-fr" not in code else FRENCH_FORMATS


def format_of(templates: Iterable[str], body_media_type: str) -> str:
    """Format code of a CDA from its templateId roots and, for level 1, the media type of its body ('' for level 3).

    A body that is not XML decides first: a level 1 copy of a structured model is still level 1. A model that is in no
    table is `OUTSIDE_MODELS`. The longest (most precise) template wins.
    """
    if body_media_type:
        return UNSTRUCTURED_FORMATS.get(body_media_type, OUTSIDE_MODELS)
    known = [root for root in templates if root in FORMAT_OF_TEMPLATE]
    if not known:
        return OUTSIDE_MODELS
    return FORMAT_OF_TEMPLATE[max(known, key=lambda root: (root.startswith(CONTENT_MODELS), len(root)))]
