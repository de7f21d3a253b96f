"""The KOS follows its report: seen by the same people, gone with it, resynchronised. [DB/SO.28, DB/SO.97]"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from segur_drim import faults
from segur_drim.clients import DmpAway, DmpClient, DmpRefused
from segur_drim.jobs import Resynchroniser
from segur_drim.store import Reports

from segur.contracts.dmp import DocumentDeleted, DocumentMasked, DocumentShown
from segur.contracts.fact import Fact
from segur.kernel import delivery, outbox
from segur.kernel.ids import new_oid
from segur.wire import cda
from segur.wire.hl7v2_cda import Action
from tests.contract.drim.conftest import COUNTRY, PATIENT, Box

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIDDEN = {"INVISIBLE_PATIENT": True}
SHOWN = {"INVISIBLE_PATIENT": False, "MODIF_CONF_CODE": True}


async def state_of(box: Box, kos_uid: str) -> tuple[str, list[str]]:
    """Status and codes of a KOS in the DMP."""
    [entry] = await box.dmp_entries(kos_uid)
    return entry["status"].rpartition(":")[2], [code["code"] for code in entry["entry"]["confidentiality"]]


async def hear(box: Box, fact: Fact) -> None:
    """The DMP's fact reaches the box."""
    floor = box.service.floor
    failure = await delivery.deliver(floor.store, box.service.handlers[fact.type], outbox.envelope("dmp", fact))
    assert failure is None


def of_document(kind: type[Any], document_id: str, **more: Any) -> Any:
    return kind(document_id=document_id, patient="pat-0", **{"by": "patient", **more})


async def resynchronised(box: Box) -> dict[str, Any]:
    """Ask the box and wait for the end; what it found."""
    address = f"{box.base}/drimbox/api/resynchronisations"
    asked = await box.http.post(address)
    assert asked.status_code == 202, asked.text
    wanted = asked.json()["id"]
    for _ in range(500):
        rows = (await box.http.get(address)).json()["resynchronisations"]
        run: dict[str, Any] = next(row for row in rows if row["id"] == wanted)
        if run["state"] == "done":
            return run
    raise AssertionError(rows)


async def reported(box: Box, **more: Any) -> tuple[str, str, str, bytes]:
    """A published exam: study, KOS, id of its report, its report."""
    study, accession, images = box.study(slices=1)
    document_id = new_oid(1)
    await box.ris.store(images)
    report = box.report(study, accession, document_id=document_id)
    assert (await box.ris.send_report(report, PATIENT, **more)).taken
    return study, str((await box.settled(study))["kos_uid"]), document_id, report


async def test_the_kos_is_hidden_with_its_report_and_shown_when_the_ris_says_so(box: Box) -> None:
    study, first, _, report = await reported(box, flags=HIDDEN)
    assert await state_of(box, first) == ("Approved", ["N", "INVISIBLE_PATIENT"])
    await box.ris.send_report(report, PATIENT, action=Action.REPLACE, flags=SHOWN)
    second = str((await box.settled(study, 2))["kos_uid"])
    assert await state_of(box, first) == ("Deprecated", ["N", "INVISIBLE_PATIENT"])
    assert await state_of(box, second) == ("Approved", ["N"])
    told = await box.facts("drim.kos.published", study)
    assert [(one["replaces"], one["confidentiality"]) for one in told] == [
        ("", ["N", "INVISIBLE_PATIENT"]),
        (first, ["N"]),
    ]
    await box.ris.send_report(report, PATIENT, action=Action.REPLACE, flags=SHOWN)
    assert (await box.settled(study, 3))["state"] == "unchanged"


async def test_a_report_of_a_secret_connection_is_followed_in_secret(box: Box) -> None:
    minor = COUNTRY.patient("P7")
    study, accession, images = box.study(minor, slices=1)
    await box.ris.store(images)
    flags = {"INVISIBLE_REP_LEGAUX": True, "CONNEXION_SECRETE": True}
    await box.ris.send_report(box.report(study, accession, minor), minor, flags=flags)
    row = await box.settled(study)
    assert row["state"] == "published", row
    assert (await state_of(box, str(row["kos_uid"])))[1] == ["N", "INVISIBLE_REPRESENTANTS_LEGAUX"]


@pytest.mark.parametrize("form", ["ORU", "MDM", "MDM without document"])
async def test_a_withdrawn_report_takes_its_kos_with_it(box: Box, form: str) -> None:
    study, kos, document_id, report = await reported(box)
    how: dict[str, Any] = {"action": Action.DELETE, "is_result": form == "ORU"}
    if form == "MDM without document":
        how |= {"documents": (), "document_id": document_id}
    assert (await box.ris.send_report(report, PATIENT, **how)).taken
    assert (await box.settled(study, 2))["state"] == "removed"
    assert (await state_of(box, kos))[0] == "Deleted"
    [told] = await box.facts("drim.kos.removed", study)
    assert (told["document_id"], told["cause"]) == (kos, "report_removed")
    answer = await box.get(study, kos)
    assert (answer.status_code, answer.headers["drim-error"]) == (404, "KOS")

    assert (await box.ris.send_report(report, PATIENT, **how)).taken  # once more: nothing is left to do
    assert len(await box.facts("drim.kos.removed", study)) == 1
    assert (await box.ris.send_report(report, PATIENT)).taken  # and anew: a first KOS
    again = await box.settled(study, 3)
    assert again["state"] == "published", again
    assert [one["replaces"] for one in await box.facts("drim.kos.published", study)] == ["", ""]


async def test_a_removal_whose_answer_was_lost_is_made_once(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    study, kos, _, report = await reported(box)
    whole, sent = DmpClient.update, []

    async def lost(self: DmpClient, *told: Any) -> None:
        await whole(self, *told)
        sent.append(told)
        raise DmpAway("ReadTimeout")

    monkeypatch.setattr(DmpClient, "update", lost)
    await box.ris.send_report(report, PATIENT, action=Action.DELETE)
    row = await box.settled(study, 2)
    assert (row["state"], row["last_failure"], len(sent)) == ("removed", "ReadTimeout", 1)
    assert (await state_of(box, kos))[0] == "Deleted"


async def test_an_archived_kos_is_removed_too(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    study, _, _, report = await reported(box)
    statuses: list[str] = []

    async def archived(self: DmpClient, of: Any, submission: Any) -> None:
        statuses.append(submission.associations[0].original_status.rpartition(":")[2])
        if statuses[-1] != "Archived":
            raise DmpRefused("XDSMetadataUpdateError", "Archived is the current status")

    monkeypatch.setattr(DmpClient, "update", archived)
    await box.ris.send_report(report, PATIENT, action=Action.DELETE)
    assert (await box.settled(study, 2))["state"] == "removed"
    assert statuses == ["Approved", "Archived"]


async def test_a_removal_the_dmp_refuses_is_told_and_the_kos_stays_in_force(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, kos, _, report = await reported(box)

    async def refused(self: DmpClient, of: Any, submission: Any) -> None:
        raise DmpRefused("DMPAccessDeniedByRightsService", "not the structure's")

    monkeypatch.setattr(DmpClient, "update", refused)
    await box.ris.send_report(report, PATIENT, action=Action.DELETE)
    assert (await box.settled(study, 2))["state"] == "refused"
    [told] = await box.facts("drim.kos.refused", study)
    assert (told["code"], told["reason"][:5]) == ("DMPAccessDeniedByRightsService", "ERR07")
    assert (await box.get(study, kos)).status_code == 200


async def test_an_exam_that_another_report_names_keeps_a_kos(box: Box) -> None:
    study, first, _, report = await reported(box)
    [order] = cda.read_header(report).orders
    assert order.accession is not None
    await box.ris.send_report(box.report(study, order.accession.extension), PATIENT, flags=HIDDEN)
    second = str((await box.settled(study, 2))["kos_uid"])
    assert second != first
    await box.ris.send_report(report, PATIENT, action=Action.DELETE)
    assert (await box.settled(study, 3))["state"] == "unchanged"
    assert (await state_of(box, second))[0] == "Approved"


async def test_an_exam_that_the_new_version_of_a_report_does_not_name_loses_its_kos(box: Box) -> None:
    (one, accession, images), (two, other, others) = box.study(slices=1), box.study(slices=1)
    await box.ris.store([*images, *others])
    document_id = new_oid(1)
    await box.ris.send_report(box.report(one, accession, document_id=document_id), PATIENT)
    assert (await box.settled(one))["state"] == "published"
    how = {"action": Action.REPLACE, "is_result": False, "document_id": new_oid(1), "replaced_id": document_id}
    assert (await box.ris.send_report(box.report(two, other), PATIENT, **how)).taken
    assert (await box.settled(one, 2))["state"] == "removed"
    assert (await box.settled(two))["state"] == "published"


async def test_only_its_own_patient_and_a_qualified_identity_withdraw_a_report(box: Box) -> None:
    study, kos, document_id, report = await reported(box)
    how = {"action": Action.DELETE, "is_result": False, "documents": (), "document_id": document_id}
    other = await box.ris.send_report(report, COUNTRY.patient("P2"), **how)
    assert (other.code, other.where) == ("AE", "PID-3")
    message = box.ris.message(report, PATIENT, **how).replace(b"|VALI", b"|PROV")
    [provisional] = await box.ris.exchange(b"\x0b" + message + b"\x1c\r")
    assert provisional.taken
    [told] = await box.facts("drim.kos.refused", study)
    assert told["code"] == "SEGUR_INS_NON_QUALIFIEE"
    assert (await state_of(box, kos))[0] == "Approved"


async def test_what_the_dmp_says_of_a_report_is_found_by_the_resynchronisation(box: Box) -> None:
    study, first, document_id, _ = await reported(box, flags=HIDDEN)
    await hear(box, of_document(DocumentShown, document_id, to="patient"))
    assert (await state_of(box, first))[0] == "Approved"  # the RIS should have said so: the box waits to be asked
    run = await resynchronised(box)
    assert run["walked"] > 0
    row = await box.settled(study, 2)
    assert row["state"] == "published", row
    assert await state_of(box, str(row["kos_uid"])) == ("Approved", ["N"])
    again = await resynchronised(box)
    assert again["changed"] == 0
    bodies = [row["body"] for row in await box.service.floor.store.outbox.find({})]
    assert any(run["id"] in str(bytes(body)) for body in bodies)


async def test_a_message_the_box_lost_is_made_good_by_the_resynchronisation(box: Box) -> None:
    study, kos, document_id, report = await reported(box)
    box.break_(faults.MLLP_LOST)
    assert (await box.ris.send_report(report, PATIENT, action=Action.DELETE)).taken
    await hear(box, of_document(DocumentDeleted, document_id))
    assert (await state_of(box, kos))[0] == "Approved"
    await resynchronised(box)
    assert (await box.settled(study, 2))["state"] == "removed"
    assert [told["cause"] for told in await box.facts("drim.kos.removed", study)] == ["report_deleted"]


async def test_a_withdrawal_counts_when_the_dmp_told_of_the_deletion_first(box: Box) -> None:
    study, kos, document_id, report = await reported(box)
    await hear(box, of_document(DocumentDeleted, document_id))
    assert (await state_of(box, kos))[0] == "Approved"
    assert (await box.ris.send_report(report, PATIENT, action=Action.DELETE)).taken
    assert (await box.settled(study, 2))["state"] == "removed"
    assert [told["cause"] for told in await box.facts("drim.kos.removed", study)] == ["report_removed"]


async def test_a_deletion_heard_while_the_ris_withdraws_does_not_take_its_place(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, _, document_id, report = await reported(box)
    whole = Reports.of_document

    async def read_before(self: Reports, wanted: str) -> list[Any]:
        rows = await whole(self, wanted)
        monkeypatch.setattr(Reports, "of_document", whole)
        await box.ris.send_report(report, PATIENT, action=Action.DELETE)
        return rows

    monkeypatch.setattr(Reports, "of_document", read_before)
    await hear(box, of_document(DocumentDeleted, document_id))
    assert (await box.settled(study, 2))["state"] == "removed"
    rows = await box.service.floor.store.database["reports"].find({"document_id": document_id}).to_list(None)
    assert [row["ended"] for row in rows] == ["removed", "removed"]


async def test_an_exam_that_left_the_pacs_loses_its_kos(box: Box) -> None:
    study, kos, _, _ = await reported(box)
    for row in await box.service.floor.store.database["studies"].find({"study_uid": study}).to_list(None):
        await box.service.floor.store.database["studies"].delete_one({"_id": row["_id"]})
    await resynchronised(box)
    assert (await box.settled(study, 2))["state"] == "removed"
    assert [told["cause"] for told in await box.facts("drim.kos.removed", study)] == ["images_gone"]
    assert (await state_of(box, kos))[0] == "Deleted"


async def test_a_pacs_that_does_not_find_an_exam_in_the_walk_costs_its_kos(box: Box) -> None:
    await reported(box)
    box.break_(faults.STUDY_ABSENT, operation="resync", count=1)
    assert (await resynchronised(box))["changed"] == 1


async def test_a_kos_that_somebody_deleted_is_not_sought_for_ever(box: Box) -> None:
    study, kos, _, report = await reported(box, flags=HIDDEN)
    await hear(box, of_document(DocumentDeleted, kos))
    assert (await box.get(study, kos)).status_code == 404
    await box.ris.send_report(report, PATIENT, action=Action.REPLACE, flags=SHOWN)
    assert (await box.settled(study, 2))["state"] == "published"
    assert [one["replaces"] for one in await box.facts("drim.kos.published", study)] == ["", ""]


async def test_a_box_told_to_follow_the_dmp_does_so_at_once(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(box.settings.__dict__, "drim_follow_dmp", True)
    study, _, document_id, _ = await reported(box)
    await hear(box, of_document(DocumentMasked, document_id))
    row = await box.settled(study, 2)
    assert await state_of(box, str(row["kos_uid"])) == ("Approved", ["N", "MASQUE_PS"])
    await hear(box, of_document(DocumentDeleted, document_id))
    assert (await box.settled(study, 3))["state"] == "removed"


async def test_what_the_ris_said_later_holds_against_the_dmp(box: Box) -> None:
    _, kos, document_id, _ = await reported(box, flags=HIDDEN)
    floor = box.service.floor
    fact = of_document(DocumentShown, document_id, to="patient")
    old = replace(outbox.envelope("dmp", fact), time=datetime(2026, 1, 1, tzinfo=UTC))
    assert await delivery.deliver(floor.store, box.service.handlers[DocumentShown.type], old) is None
    await resynchronised(box)
    assert (await state_of(box, kos))[0] == "Approved"


@pytest.mark.parametrize("count", [1, 3])
async def test_a_kos_the_dmp_does_not_show_is_sought_again_and_never_doubled(box: Box, count: int) -> None:
    study, first, _, report = await reported(box, flags=HIDDEN)
    box.break_(faults.ENTRY_UNKNOWN, count=count)
    await box.ris.send_report(report, PATIENT, action=Action.REPLACE, flags=SHOWN)
    row = await box.settled(study, 2)
    assert (row["state"], row["last_failure"], row["attempts"]) == (
        "published", "the KOS to replace is not found", count + 1,
    )  # fmt: skip
    assert (await state_of(box, first))[0] == "Deprecated"


async def test_a_kos_to_remove_that_is_never_found_is_given_up_and_told(box: Box) -> None:
    study, _, _, report = await reported(box)
    box.break_(faults.ENTRY_UNKNOWN, operation="remove", count=5)
    await box.ris.send_report(report, PATIENT, action=Action.DELETE)
    row = await box.settled(study, 2)
    assert (row["state"], row["attempts"]) == ("refused", 5)
    assert [told["code"] for told in await box.facts("drim.kos.refused", study)] == ["ERR07"]


async def test_a_resynchronisation_is_made_by_itself_where_none_was_made_lately(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await box.service.floor.store.database["resyncs"].count_documents({"sandbox": "default"})
    monkeypatch.setitem(box.settings.__dict__, "drim_resync_every_s", 1e-3)
    job = Resynchroniser(context_of(box))
    await job.round()
    monkeypatch.setitem(box.settings.__dict__, "drim_resync_every_s", 0.0)
    assert await box.service.floor.store.database["resyncs"].count_documents({"sandbox": "default"}) > asked


def context_of(box: Box) -> Any:
    """What the box's own jobs reach."""
    return box.service.jobs[0].run.__self__._context  # type: ignore[attr-defined]
