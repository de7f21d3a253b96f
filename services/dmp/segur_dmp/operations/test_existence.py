"""TD0.2: does the patient have a DMP, and may the caller enter it [DMP digest 1.3]."""

from __future__ import annotations

from uuid import uuid4

from segur.contracts.dmp import RecordTested
from segur.wire import hl7v3
from segur.wire.hl7v3_values import (
    AUTHORIZATION_NONE,
    AUTHORIZATION_VALID,
    DemographicsAnswer,
    DemographicsQuery,
    DmpRecord,
    Identifier,
)
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.pipeline import Caller, authorize, check_patient


async def test_existence(context: Context, caller: Caller, query: DemographicsQuery) -> DemographicsAnswer:
    """The answer: `NF` without a DMP, `terminated` for a closed one, and the state of the authorization."""
    authorize(caller, Act.TEST)
    asked = query.patient
    check_patient(context, caller, f"{asked.extension}^^^&{asked.root}&ISO^NH")
    account = await context.records.account(caller.patient)
    exists = account is not None and account["state"] != "NONE"
    granted = await context.records.authorization(caller.patient, caller.id_nat)
    state = AUTHORIZATION_VALID if granted else AUTHORIZATION_NONE
    record = None
    if account is not None and exists:
        record = DmpRecord(
            ids=(Identifier(caller.ins.oid, caller.ins.matricule),),
            status="active" if account["state"] == "ACTIF" else "terminated",
            given=tuple(account["given"]),
            birth_name=account["birth_name"],
            gender=account["sex"],
            birth_date=account["birth_date"],
        )
    fact = RecordTested(patient=caller.patient, reader=caller.id_nat, exists=exists, authorization=state)
    await context.floor.store.commit([], [fact])
    return hl7v3.answer(
        query,
        id=str(uuid4()),
        created=context.floor.clock.now(),
        record=record,
        authorization=state if exists else "",
        treating_doctor=bool(granted and granted["treating"]) if exists else None,
    )
