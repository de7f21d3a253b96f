"""Documents by the rules of CDA at the DMP's doors: told or refused, as the sandbox has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from segur.personas import roles
from segur.scenario.actors import fhir_lps
from segur.scenario.actors.lps import submission_of
from tests.conftest import Servers
from tests.contract.dmp.conftest import Dmp, _running
from tests.contract.dmp.registry_software import codes, parameters, provide

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<ns prefix="c" uri="urn:hl7-org:v3"/><pattern id="ours"><rule context="c:ClinicalDocument">
<assert id="OURS-1" test="not(contains(c:title, 'bilan'))">Un titre ne dit pas « bilan » : <value-of
select="c:title"/> de <value-of select="c:recordTarget/c:patientRole/c:id[1]/@extension"/></assert>
</rule></pattern></schema>"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dmp(servers: Servers, home: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dmp]:
    """A DMP with a rule of ours plugged in."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "ours.sch").write_text(RULES)
    async for running in _running(servers, home, dmp_rules_dirs=[folder]):
        yield running


def untidy(dmp: Dmp) -> bytes:
    """A document with another type of message and without signature code: readable, and broken twice."""
    document = dmp.document()
    for old, new in ((b'<signatureCode code="S"/>', b""), (b"POCD_HD000040", b"POCD_HD000041")):
        assert old in document
        document = document.replace(old, new)
    return document


async def found(dmp: Dmp, unique_id: str) -> list[str]:
    """What the fact of a submission tells, but for the signature of the set."""
    [told] = await dmp.facts("dmp.document.submitted", document_id=unique_id)
    return [one for one in told["findings"] if not one.startswith("signature:")]


async def test_a_broken_structure_is_told_with_place_and_fix(dmp: Dmp) -> None:
    entry, answer = await dmp.software().submit(untidy(dmp))
    assert answer.succeeded
    type_id, signature = await found(dmp, entry.unique_id)
    assert type_id.startswith("structure-minimale: erreur CDA-TYPEID /ClinicalDocument/typeId : ")
    assert "CDA-LEGAL-AUTHENTICATOR-SIGNATURE" in signature
    assert signature.endswith('écrire <signatureCode code="S"/>')


async def test_a_stricter_sandbox_refuses_it_with_every_finding_at_both_doors(dmp: Dmp) -> None:
    before = await dmp.held()
    async with parameters(dmp, {"structure-minimale": "refuser"}):
        _, answer = await dmp.software().submit(untidy(dmp))
        with pytest.raises(fhir_lps.Refused, match="CDA-TYPEID"):
            await dmp.fhir().submit(untidy(dmp))
        _, clean = await dmp.software().submit(dmp.document())
    assert codes(answer) == ["XDSRepositoryMetadataError"] * 2
    assert ["CDA-TYPEID" in answer.errors[0].context, "SIGNATURE" in answer.errors[1].context] == [True, True]
    assert clean.succeeded
    after = await dmp.held()
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1, 1]


async def test_metadata_that_do_not_follow_the_header_are_told_attribute_by_attribute(dmp: Dmp) -> None:
    software, document = dmp.software(), dmp.document()
    submission = submission_of(document, software.user)
    [entry] = submission.entries
    told = replace(entry, title="Un autre titre", service_start="20010101000000")
    answer = await provide(software, replace(submission, entries=(told,)), document)
    assert codes(answer) == []
    title, start = await found(dmp, entry.unique_id)
    assert title.startswith("structure-minimale: coherence title: 'Un autre titre' is not what the document says, ")
    assert start.startswith("structure-minimale: coherence serviceStartTime: ")


async def test_a_careless_sandbox_neither_tells_nor_refuses(dmp: Dmp) -> None:
    async with parameters(dmp, {"structure-minimale": "ignorer"}):
        entry, answer = await dmp.software().submit(untidy(dmp))
    assert answer.succeeded
    assert await found(dmp, entry.unique_id) == []


async def test_official_rules_are_told_or_refused_and_the_fact_names_nobody(dmp: Dmp) -> None:
    document = dmp.document(type_code="83901-9")
    assert b"<title>Bilan psychologique" in document
    document = document.replace(b"<title>Bilan", b"<title>Le bilan")
    expected = "OURS-1 /ClinicalDocument : Un titre ne dit pas « bilan » : Le bilan psychologique de "
    async with parameters(dmp, {"regles-officielles": "refuser"}):
        _, answer = await dmp.software().submit(document)
    assert codes(answer) == ["XDSRepositoryMetadataError"]
    assert expected in answer.errors[0].context
    async with parameters(dmp, {"regles-officielles": "ignorer"}):
        entry, answer = await dmp.software().submit(dmp.document(type_code="83901-9"))
    assert await found(dmp, entry.unique_id) == []
    entry, answer = await dmp.software().submit(document)
    assert answer.succeeded
    [told] = await found(dmp, entry.unique_id)
    assert told.startswith("regles-officielles: ")
    assert told.endswith(f"{expected}(matricule)")
    assert dmp.patient(roles.PATIENT).ins.matricule not in told


async def test_a_word_the_parameters_do_not_know_is_refused(dmp: Dmp) -> None:
    answer = await dmp.client().put(f"{dmp.base}/dmp/api/parametres", json={"structure-minimale": "parfois"})
    assert (answer.status_code, answer.json()["detail"].partition("]")[0]) == (400, "[structure-minimale")
