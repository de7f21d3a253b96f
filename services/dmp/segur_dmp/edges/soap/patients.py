"""The `patients` service: existence test, administrative data [DMP digest 1.3, 1.4, 1.5]."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from segur.wire import hl7v3, xml
from segur.wire.hl7v3_values import DmpRecord, Identifier
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations.test_existence import Existence, test_existence
from segur_dmp.pipeline import Caller


async def _test(context: Context, call: Call) -> Answer:
    """TD0.2."""
    query = hl7v3.read_query(call.envelope.body)
    asked = query.patient
    found = await test_existence(context, call.caller, f"{asked.extension}^^^&{asked.root}&ISO^NH", act=Act.TEST)
    known = found.account is not None
    tested = hl7v3.answer(
        query,
        id=str(uuid4()),
        created=context.floor.clock.now(),
        record=_record(found, call.caller) if known else None,
        authorization=found.authorization if known else "",
        treating_doctor=found.treating if known else None,
    )
    return Answer(hl7v3.write_answer(tested))


def _record(found: Existence, caller: Caller) -> DmpRecord | None:
    account = found.account
    if account is None:
        return None
    return DmpRecord(
        ids=(Identifier(caller.ins.oid, caller.ins.matricule),),
        status="active" if found.active else "terminated",
        given=account.given,
        birth_name=account.birth_name,
        gender=account.sex,
        birth_date=account.birth_date,
    )


TRANSACTIONS: Final = {
    xml.qname(xml.HL7, "PRPA_IN201307UV02"): Transaction("TD0.2", "urn:hl7-org:v3:PRPA_IN201308UV02", _test),
}
