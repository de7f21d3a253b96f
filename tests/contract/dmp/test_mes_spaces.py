"""The life of a space, carers, minors, notices and letters, by REST and by the sandbox's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from segur_dmp.operations.mes.open_space import card_number

from segur.kernel.request import DEFAULT_SANDBOX
from segur.personas import roles
from segur.wire import saml
from tests.contract.dmp.callers import emergency, with_card
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.test_mes_documents import call, found, upload

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHILD, CARER, UNKNOWN, WITHOUT_DMP = "P7", "P10", "P12", "P3"


@contextmanager
def later(dmp: Dmp, **passed: float) -> Iterator[None]:
    """Some time later, by the clock of the sandbox."""
    dmp.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta(**passed))
    try:
        yield
    finally:
        dmp.service.floor.clock.set_offset(DEFAULT_SANDBOX, timedelta())


async def meet(dmp: Dmp) -> None:
    """Let the job look once; the fixture's store knows no sandbox but the default."""
    job = next(job for job in dmp.service.jobs if job.name == "meet deadlines")
    await dmp.service.floor.store.sandboxes.put({"_id": DEFAULT_SANDBOX})
    await job.run()


async def told(dmp: Dmp, patient: str = roles.PATIENT, who: str = "") -> list[dict[str, Any]]:
    """The notices without what is recommended by age, which comes with any clock."""
    found = (await call(dmp, "GET", "/notifications", patient=patient, who=who)).json()["notifications"]
    return [one for one in found if not one["code"].startswith("RAPPEL_RDV_PREV")]


async def mails(dmp: Dmp, patient: str = roles.PATIENT, who: str = "") -> list[dict[str, Any]]:
    """The letters, without those about what is recommended by age."""
    found = (await call(dmp, "GET", "/mails", patient=patient, who=who)).json()["mails"]
    return [one for one in found if "à prévoir prochainement" not in one["text"]]


async def test_a_space_opens_six_weeks_after_its_letter_and_is_activated_with_a_code(dmp: Dmp) -> None:
    patient = dmp.patient(WITHOUT_DMP)
    _, refused = await dmp.software().submit(dmp.document(WITHOUT_DMP))
    assert not refused.succeeded
    letter = await call(dmp, "POST", "/letter", patient=WITHOUT_DMP)
    assert (letter.status_code, letter.json()["status"], letter.json()["dmp"]) == (201, "I", "NONE")
    with later(dmp, weeks=5, days=6):
        await meet(dmp)
        assert (await call(dmp, "GET", "", patient=WITHOUT_DMP)).json()["status"] == "I"
    with later(dmp, weeks=6, minutes=1):
        await meet(dmp)
    opened = (await call(dmp, "GET", "", patient=WITHOUT_DMP)).json()
    assert (opened["status"], opened["dmp"]) == ("D", "ACTIF")
    _, stored = await dmp.software().submit(dmp.document(WITHOUT_DMP))
    assert stored.succeeded  # open, not activated: documents come in
    assert (await call(dmp, "GET", "/documents", patient=WITHOUT_DMP)).status_code == 403
    matricule = patient.ins.matricule
    identity = {"card": card_number(matricule), "nir": matricule, "birthDate": patient.birth_date.isoformat()}
    wrong = await call(dmp, "POST", "/activation", identity | {"card": "1"}, patient=WITHOUT_DMP)
    assert (wrong.status_code, "concordent" in wrong.json()["detail"]) == (403, True)
    assert (await call(dmp, "POST", "/activation", identity | {"channel": "SMS"}, patient=WITHOUT_DMP)).is_success
    [fact] = await dmp.facts("mes.mail.sent", channel="SMS", to=patient.phone)
    code = fact["text"].partition("usage unique : ")[2][:6]
    bad = await call(dmp, "POST", "/activation/code", {"code": "x"}, patient=WITHOUT_DMP)
    assert bad.status_code == 403
    active = await call(dmp, "POST", "/activation/code", {"code": code}, patient=WITHOUT_DMP)
    assert active.json()["status"] == "A"
    assert len((await call(dmp, "GET", "/documents", patient=WITHOUT_DMP)).json()["documents"]) == 1


async def test_who_objects_gets_a_proof_and_no_space_and_may_change_their_mind(dmp: Dmp) -> None:
    await call(dmp, "POST", "/letter", patient=UNKNOWN)
    objected = (await call(dmp, "POST", "/objection", patient=UNKNOWN)).json()
    assert objected["status"] == "O"
    proof = await call(dmp, "GET", "/objection/proof", patient=UNKNOWN)
    assert (proof.headers["content-type"], proof.content[:5]) == ("application/pdf", b"%PDF-")
    with later(dmp, weeks=7):
        await meet(dmp)
    assert (await call(dmp, "GET", "", patient=UNKNOWN)).json()["status"] == "O"
    assert await dmp.facts("mes.space.objected", proof=objected["proof"])
    assert (await call(dmp, "POST", "/opening", patient=UNKNOWN)).json()["status"] == "D"
    [fact] = await dmp.facts("mes.space.opened", attached=True)
    assert fact["reopened"] is False


async def test_a_closed_space_takes_nothing_in_and_gives_its_archive_back(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document("P2"))
    closed = (await call(dmp, "POST", "/closing", {"raison": "Je n'en veux plus"}, patient="P2")).json()
    assert (closed["status"], closed["dmp"]) == ("F", "CLOSED")
    _, refused = await dmp.software().submit(dmp.document("P2"))
    assert [error.code for error in refused.errors] == ["XDSUnknownPatientId"]
    assert (await call(dmp, "GET", "/documents", patient="P2")).status_code == 403
    assert (await call(dmp, "POST", "/closing", {}, patient="P2")).status_code == 403
    reopened = (await call(dmp, "POST", "/opening", patient="P2")).json()
    assert (reopened["status"], reopened["dmp"]) == ("D", "ACTIF")
    assert await found(dmp, entry.unique_id, patient="P2")


async def test_a_suspended_space_closes_after_six_weeks_unless_restored(dmp: Dmp) -> None:
    suspended = await call(dmp, "POST", "/suspension", {"motif": "Fraude"}, patient="P9")
    assert suspended.json()["status"] == "S"
    assert (await call(dmp, "GET", "/documents", patient="P9")).status_code == 403
    assert (await call(dmp, "DELETE", "/suspension", patient="P9")).json()["status"] == "A"
    await call(dmp, "POST", "/suspension", {"motif": "Fraude"}, patient="P9")
    with later(dmp, weeks=6, minutes=1):
        await meet(dmp)
    assert (await call(dmp, "GET", "", patient="P9")).json()["status"] == "F"
    assert await dmp.facts("mes.space.closed", motive="FERMETURE_CNAM", by="dmp")


async def test_a_carer_enters_by_invitation_decides_nothing_and_leaves_by_revocation(dmp: Dmp) -> None:
    carer = dmp.patient(CARER).ins.matricule
    assert (await call(dmp, "GET", "/documents", who=carer)).status_code == 403
    invited = await call(dmp, "POST", "/delegations", {"carer": carer})
    number = invited.json()["id"]
    assert (await call(dmp, "POST", "/delegations", {"carer": carer})).status_code == 409
    asked = (await told(dmp, CARER))[0]
    assert (asked["code"], asked["urn"]) == ("PARTAGE_PROFIL_AIDANT", f"urn:invitation_en_attente:{number}")
    assert (await call(dmp, "POST", f"/delegations/{number}", {"action": "accept"}, patient=CARER)).is_success
    assert (await told(dmp))[0]["code"] == "ACCORD_PARTAGE_PROFIL"
    added = await call(dmp, "POST", "/documents", upload("Par l'aidant"), who=carer)
    assert added.status_code == 201
    refused = await call(dmp, "PUT", "/masking", {"documentsMaskedByDefault": True}, who=carer)
    assert (refused.status_code, refused.json()["title"]) == (403, "MES_HOLDER_ONLY")
    [line] = [
        one
        for one in (await call(dmp, "GET", "/history?own=true")).json()["traces"]
        if one["documentId"] == added.json()["uniqueId"]
    ]
    assert line["actor"] == "carer"
    assert (await call(dmp, "POST", f"/delegations/{number}", {"action": "revoke"}, patient=CARER)).is_success
    assert (await told(dmp))[0]["code"] == "REVOCATION_PAR_AIDANT"
    assert (await call(dmp, "GET", "/documents", who=carer)).status_code == 403


async def test_what_a_minor_keeps_to_themselves_no_representative_sees_or_is_told_of(dmp: Dmp) -> None:
    seen, _ = await dmp.software(roles.GENERAL_PRACTITIONER).submit(
        dmp.document(CHILD, author=roles.GENERAL_PRACTITIONER)
    )
    kept, answer = await dmp.software(roles.GENERAL_PRACTITIONER).submit(
        dmp.document(CHILD, author=roles.GENERAL_PRACTITIONER), masks=("INVISIBLE_REPRESENTANTS_LEGAUX",)
    )
    assert answer.succeeded, answer.errors

    async def listed(who: str) -> set[str]:
        rows = (await call(dmp, "GET", "/documents", patient=CHILD, who=who)).json()["documents"]
        return {row["uniqueId"] for row in rows}

    assert {seen.unique_id, kept.unique_id} <= await listed("")
    assert kept.unique_id not in await listed("rl0")
    about = [one["documentId"] for one in await told(dmp, CHILD, "rl0")]
    assert seen.unique_id in about
    assert kept.unique_id not in about
    lines = (await call(dmp, "GET", "/history", patient=CHILD, who="rl1")).json()["traces"]
    assert kept.unique_id not in [one["documentId"] for one in lines]
    assert len(await mails(dmp, CHILD, "rl0")) == len(await mails(dmp, CHILD, "rl1")) == 1
    by_parent = {"hidden": ["INVISIBLE_REPRESENTANTS_LEGAUX"]}
    path = f"/documents/{seen.unique_id}/confidentiality"
    assert (await call(dmp, "PUT", path, by_parent, patient=CHILD, who="rl0")).status_code == 400
    assert (await call(dmp, "PUT", path, by_parent, patient=CHILD)).is_success
    assert seen.unique_id not in await listed("rl0")


async def test_reminders_and_majority_follow_the_age_the_sandbox_sets(dmp: Dmp) -> None:
    born = dmp.patient(CHILD).birth_date
    now = dmp.service.floor.clock.now().date()

    async def age(years: int, **more: object) -> None:
        told_of = {"age-majorite": years, **more}
        assert (await dmp.client().put(f"{dmp.base}/dmp/api/parametres", json=told_of)).is_success

    def reminded() -> int:
        return sum(one["code"] == "RAPPEL_CONSENT_PASSAGE_MAJO" for one in news)

    try:
        await age(21)
        with later(dmp, days=(born.replace(year=born.year + 18) - now).days + 1):
            await meet(dmp)
            news = await told(dmp, CHILD)
            assert reminded() == 0
            assert (await call(dmp, "GET", "/documents", patient=CHILD, who="rl0")).is_success
        await age(18, **{"fonctions-gestion-mineurs": False})
        with later(dmp, days=(born.replace(year=born.year + 18) - now).days - 20):
            await meet(dmp)
            news = await told(dmp, CHILD)
            assert reminded() == 0
        await age(16, **{"fonctions-gestion-mineurs": True})
        with later(dmp, days=(born.replace(year=born.year + 16) - now).days - 20):
            await meet(dmp)
            news = await told(dmp, CHILD)
            assert reminded() == 1
    finally:
        await age(18)


async def test_at_majority_the_representatives_are_out_after_a_reminder(dmp: Dmp) -> None:
    birthday = dmp.patient(CHILD).birth_date.replace(year=dmp.patient(CHILD).birth_date.year + 18)
    days = (birthday - dmp.service.floor.clock.now().date()).days
    with later(dmp, days=days - 20):
        await meet(dmp)
        assert (await told(dmp, CHILD))[0]["code"] == "RAPPEL_CONSENT_PASSAGE_MAJO"
        assert (await told(dmp, CHILD, "rl0"))[0]["code"] == "RAPPEL_CONSENT_RL_PASSAGE_MAJO"
        assert (await call(dmp, "GET", "/documents", patient=CHILD, who="rl0")).is_success
    with later(dmp, days=days + 1):
        await meet(dmp)
        assert (await call(dmp, "GET", "/documents", patient=CHILD, who="rl0")).status_code == 403
    assert await dmp.facts("mes.majority.reached")


async def test_what_nobody_announced_becomes_visible_by_itself(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document(), masks=("INVISIBLE_PATIENT",))
    assert (await call(dmp, "GET", f"/documents/{entry.unique_id}")).status_code == 404
    with later(dmp, days=15):
        await meet(dmp)
        first = (await told(dmp))[0]
    assert (first["code"], first["documentId"]) == ("REMISE_VISIBILITE_AUTO", entry.unique_id)
    assert (await call(dmp, "GET", f"/documents/{entry.unique_id}")).json()["version"] == 2


async def test_an_emergency_access_is_mailed_even_to_who_wants_no_mail(dmp: Dmp) -> None:
    chosen = {"preference": "NOTIF_DOCUMENT", "channels": []}
    assert (await call(dmp, "PUT", "/preferences", chosen)).status_code == 204
    before = len(await mails(dmp))
    await dmp.software().submit(dmp.document())
    assert len(await mails(dmp)) == before
    breaking = emergency(with_card(dmp, roles.EMERGENCY_DOCTOR), saml.BREAK_GLASS)
    await breaking.search(dmp.patient())
    assert (await mails(dmp))[0]["subject"] == "Mon espace santé : Accès à vos documents en situation d'urgence"
    assert "ACCES_BRIS_GLACE" in [one["code"] for one in await told(dmp)]
    lines = (await call(dmp, "GET", "/history?group=GENERAL")).json()["traces"]
    assert ("dmp.emergency.accessed", str(breaking.user.id_nat), saml.BREAK_GLASS) in {
        (line["action"], line["actor"], line["about"]) for line in lines
    }
    denied = await call(dmp, "PUT", "/emergency", {"purpose": "BTG", "permitted": False})
    assert denied.json() == {"changed": True}
    with pytest.raises(Exception, match="bris_de_glace"):
        await breaking.search(dmp.patient())
    await call(dmp, "PUT", "/emergency", {"purpose": "BTG", "permitted": True})


async def test_of_news_in_a_row_one_letter_leaves(dmp: Dmp) -> None:
    for _ in range(3):
        await dmp.software().submit(dmp.document("P6"))
    added = [one for one in await told(dmp, "P6") if one["code"] == "AJOUT_DOCUMENT"]
    assert (len(added), len(await mails(dmp, "P6"))) == (3, 1)
    with later(dmp, minutes=11):
        await dmp.software().submit(dmp.document("P6"))
    assert len(await mails(dmp, "P6")) == 2


async def test_the_first_access_of_a_professional_is_told_once_and_each_reading_too(dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    reader = dmp.software(roles.GENERAL_PRACTITIONER)
    doctor = str(dmp.country.professional(roles.GENERAL_PRACTITIONER).id_nat)
    for _ in range(2):
        await reader.retrieve(dmp.patient(), entry.unique_id)
    mine = [(one["code"], one["documentId"]) for one in await told(dmp) if one["actor"] == doctor]
    assert mine.count(("CONSULT_DOCUMENT", entry.unique_id)) == 2
    assert [code for code, _ in mine].count("ACCES_DMP_PS") == 1
    assert (await call(dmp, "POST", "/notifications/read", {})).json()["changed"] > 0
    assert all(one["read"] for one in await told(dmp))


async def test_an_appointment_is_reminded_of_the_day_before(dmp: Dmp) -> None:
    at = (dmp.service.floor.clock.now() + timedelta(days=3)).isoformat()
    noted = await call(dmp, "POST", "/appointments", {"at": at, "title": "Bilan", "place": "Laon"}, patient="P6")
    assert noted.status_code == 201
    with later(dmp, days=2, minutes=1):
        await meet(dmp)
    assert (await told(dmp, "P6"))[0]["urn"] == f"urn:rdv:{noted.json()['id']}"
    assert (await call(dmp, "DELETE", f"/appointments/{noted.json()['id']}", patient="P6")).status_code == 204
    assert (await call(dmp, "POST", "/appointments", {"at": at, "title": ""}, patient="P6")).status_code == 400


async def test_a_referenced_service_gets_consent_by_purpose(dmp: Dmp) -> None:
    wanted = {"service": "SNR-GLYCO", "codeFinalite": "LECTURE_DOC", "consenti": True}
    assert (await call(dmp, "PUT", "/services", wanted)).json() == {"changed": True}
    assert (await call(dmp, "PUT", "/services", wanted)).json() == {"changed": False}
    [service] = [s for s in (await call(dmp, "GET", "/services")).json()["services"] if s["code"] == "SNR-GLYCO"]
    assert [one["consenti"] for one in service["finalites"]] == [True, False]
    assert (await call(dmp, "GET", "/history?group=SERVICE_TIERS")).json()["traces"][0]["about"] == "SNR-GLYCO"
    assert (await call(dmp, "PUT", "/services", wanted | {"service": "x"})).status_code == 404


async def test_an_archive_is_erased_after_ten_years(dmp: Dmp) -> None:
    # the last test of the module: ten years later others come of age too
    await dmp.software().submit(dmp.document("P9'"))
    await call(dmp, "POST", "/closing", {}, patient="P9'")
    with later(dmp, days=3_640):
        await meet(dmp)
        assert (await call(dmp, "GET", "", patient="P9'")).json()["dmp"] == "CLOSED"
    with later(dmp, days=3_654):
        await meet(dmp)
    assert (await call(dmp, "GET", "", patient="P9'")).json()["dmp"] == "NONE"
    [fact] = await dmp.facts("mes.space.erased", documents=1)
    assert fact["requested"] is False
