"""The optimised reading flow of wave 2, played by an independent client [DMP digest 8.1]."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from segur.personas import roles
from segur.wire import xds_uuids
from segur.wire.xds import Code
from tests.contract.dmp.conftest import Dmp
from tests.contract.dmp.reading_client import Reader
from tests.contract.dmp.registry_software import (
    INDIRECT,
    codes,
    linked,
    new_confidentiality,
    new_status,
    provide,
    stored,
    update,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MASKED = Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels de santé")
TWO_YEARS_AGO = f"{datetime.now(UTC) - timedelta(days=730):%Y%m%d%H%M%S}"
YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y%m%d%H%M%S}"


async def test_a_reader_hears_of_new_replaced_masked_and_deleted_documents(dmp: Dmp) -> None:
    author, patient = dmp.software(roles.RADIOLOGIST), dmp.patient()
    await author.authorize(patient)
    ids = []
    for _ in range(5):
        entry, answer = await author.submit(dmp.document())
        assert answer.succeeded, answer.errors
        ids.append(entry.unique_id)
    replaced, shown, masked, deleted, kept = [await stored(author, patient, one) for one in ids]
    assert (await update(author, patient, new_confidentiality(masked, MASKED))).succeeded

    reader = Reader(dmp.software(roles.GENERAL_PRACTITIONER), patient)
    await reader.first_opening(TWO_YEARS_AGO)
    assert set(ids) <= {one.unique_id for one in reader.documents.values()}

    document = dmp.document()
    replacing = linked(document, author, xds_uuids.REPLACES, replaced.entry_uuid)
    assert codes(await provide(author, replacing, document)) == []
    assert codes(await update(author, patient, new_confidentiality(shown, MASKED))) == []
    assert codes(await update(author, patient, new_status(deleted, xds_uuids.DELETED), INDIRECT)) == []
    hidden = await dmp.mes(f"documents/{kept.unique_id}/mask", method="POST")
    assert hidden.status_code == 200, hidden.text
    fresh, _ = await author.submit(dmp.document())

    await reader.next_opening(YESTERDAY)
    new_id = replacing.entries[0].unique_id
    assert {fresh.unique_id, new_id} <= set(reader.new)
    assert reader.replaced == [replaced.unique_id]
    assert {shown.unique_id, kept.unique_id} <= set(reader.changed)
    assert reader.deleted == [deleted.logical_id]
    assert reader.documents[replaced.logical_id].replaced_by == new_id
    for one in (shown, kept):
        now = reader.documents[one.logical_id]
        assert now.confidentiality == {"N", "MASQUE_PS"}
        assert now.entry_uuid != one.entry_uuid


async def test_members_come_in_batches_whatever_their_number(dmp: Dmp) -> None:
    author, patient = dmp.software(roles.RADIOLOGIST), dmp.patient()
    reader = Reader(dmp.software(roles.GENERAL_PRACTITIONER), patient, batch=2)
    sent = [(await author.submit(dmp.document()))[0].unique_id for _ in range(5)]
    await reader.next_opening(YESTERDAY)
    assert set(sent) <= set(reader.new)


async def test_who_may_not_see_a_document_hears_nothing_of_its_sets(dmp: Dmp) -> None:
    author, patient = dmp.software(roles.RADIOLOGIST), dmp.patient()
    entry, _ = await author.submit(dmp.document(), masks=("MASQUE_PS",))
    other = dmp.software(roles.PHARMACIST)
    await other.authorize(patient)
    reader = Reader(other, patient)
    await reader.next_opening(YESTERDAY)
    assert entry.unique_id not in {one.unique_id for one in reader.documents.values()}
    assert reader.documents
