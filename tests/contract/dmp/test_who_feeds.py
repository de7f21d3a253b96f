"""TD2.1 and TD2.2: an employee's card feeds, Pro Santé Connect does not, a secret connection feeds what is secret."""

from __future__ import annotations

import pytest

from segur.personas import roles
from segur.scenario.actors.lps import Refused, submission_of
from segur.wire import mtom, xds
from segur.wire.xds import DocumentPart, ProvideAndRegister, Submission
from tests.contract.dmp.callers import AIR, INDIRECT, Caller, professional, secretary
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.registry_software import SUBMIT, codes, parameters

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "INVISIBLE_REPRESENTANTS_LEGAUX"


async def feed(caller: Caller, dmp: Dmp, submission: Submission, document: bytes, patient: str) -> xds.RegistryResponse:
    """TD2.1, or TD2.2 for a CPE, in the caller's own mode."""
    request = xds.write_provide_and_register(
        ProvideAndRegister(submission, (DocumentPart("Document01", content_id="d@lps"),))
    )
    attachments = (mtom.Attachment("d@lps", document),)
    ins = dmp.patient(patient).ins
    return xds.read_registry_response(
        (await caller.call("repository", SUBMIT, request, ins, caller.mode, attachments)).root
    )


async def test_a_secretary_feeds_with_the_own_card_and_the_structure_is_told(dmp: Dmp) -> None:
    caller = secretary(dmp, roles.GENERAL_PRACTITIONER)
    document = dmp.document(author=roles.GENERAL_PRACTITIONER)
    submission = submission_of(document, caller.user)
    assert codes(await feed(caller, dmp, submission, document, roles.PATIENT)) == []
    [told] = await dmp.facts("dmp.document.submitted", document_id=submission.entries[0].unique_id)
    assert told["structure"] == str(caller.user.structure.struct_id)
    assert "/" in told["author"]


async def test_pro_sante_connect_feeds_nothing(dmp: Dmp) -> None:
    caller = professional(dmp, roles.RADIOLOGIST, AIR)
    document = dmp.document()
    with pytest.raises(Refused, match="CPS") as refused:
        await feed(caller, dmp, submission_of(document, caller.user), document, roles.PATIENT)
    assert refused.value.code == "DMPAccessDeniedByRightsService"


async def test_a_secret_connection_feeds_what_the_representatives_do_not_see(dmp: Dmp) -> None:
    minor = "DMP-MELANGE-3"
    caller = professional(dmp, roles.RADIOLOGIST, INDIRECT).but(confidentiality=SECRET)
    plain, secret = dmp.document(patient=minor), dmp.document(patient=minor)
    refused = await feed(caller, dmp, submission_of(plain, caller.user), plain, minor)
    assert codes(refused) == ["XDSRegistryMetadataError"]
    assert "EX_2.1-1050" in refused.errors[0].context
    async with parameters(dmp, {"controles": {"connexion-secrete": False}}):
        assert codes(await feed(caller, dmp, submission_of(plain, caller.user), plain, minor)) == []
    hidden = submission_of(secret, caller.user, masks=(SECRET,))
    assert codes(await feed(caller, dmp, hidden, secret, minor)) == []
    [told] = await dmp.facts("dmp.document.submitted", document_id=hidden.entries[0].unique_id)
    assert told["hidden_from_representatives"] is True
