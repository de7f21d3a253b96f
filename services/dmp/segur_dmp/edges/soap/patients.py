"""The `patients` service: existence, administrative data, lists and searches of patients [DMP digest 1.3 to 1.5]."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from segur.wire import hl7v3, hl7v3_candidates, hl7v3_revise, patient_list, xml
from segur.wire.hl7v3_values import READ_DATA, Identifier
from segur_dmp.context import Context
from segur_dmp.domain.rights import Act
from segur_dmp.edges.soap.records import candidate_of, record_of
from segur_dmp.edges.soap.transaction import Answer, Call, Transaction
from segur_dmp.operations.find_patient import find_patient
from segur_dmp.operations.list_patients import list_patients
from segur_dmp.operations.revise_record import revise_record
from segur_dmp.operations.test_existence import test_existence


async def _test(context: Context, call: Call) -> Answer:
    """TD0.2, or TD1.3a by its reason."""
    query = hl7v3.read_query(call.envelope.body)
    asked = query.patient
    act = Act.READ_ACCOUNT if query.reason == READ_DATA else Act.TEST
    found = await test_existence(context, call.caller, f"{asked.extension}^^^&{asked.root}&ISO^NH", act=act)
    settings, account = context.settings, found.account
    spelt = settings.dmp_authorization_spelling.get(found.authorization, found.authorization)
    tested = hl7v3.answer(
        query,
        id=str(uuid4()),
        created=context.floor.clock.now(),
        record=record_of(account) if account is not None else None,
        authorization=spelt if account is not None else "",
        treating_doctor=found.treating if account is not None else None,
        acknowledgement="AA" if account is not None else settings.dmp_absent_acknowledgement,
    )
    return Answer(hl7v3.write_answer(tested))


async def _list(context: Context, call: Call) -> Answer:
    """TD0.4."""
    listed = await list_patients(context, call.caller, patient_list.read_patient_list(call.envelope.body))
    return Answer(patient_list.write_patient_list_answer(listed))


async def _find(context: Context, call: Call) -> Answer:
    """TD0.5."""
    query = hl7v3_candidates.read_candidates_query(call.envelope.body)
    found = await find_patient(context, call.caller, query.traits)
    answer = hl7v3_candidates.CandidatesAnswer(
        id=Identifier(str(uuid4())),
        target=query.id,
        query_id=query.query_id,
        receiver=query.sender,
        records=tuple(candidate_of(account, percent) for account, percent in found),
        reason=query.reason,
        created=context.floor.clock.now(),
        sender=query.receiver,
    )
    return Answer(hl7v3_candidates.write_candidates_answer(answer))


async def _revise(context: Context, call: Call) -> Answer:
    """TD1.1 to TD1.4: which one, the reason of the message says."""
    request = hl7v3_revise.read_revision(call.envelope.body)
    done = await revise_record(context, call.caller, request)
    id, now = str(uuid4()), context.floor.clock.now()
    if done.account is None:
        answer = hl7v3_revise.refusal(request, id=id, created=now, code=done.code, text=done.text)
    else:
        answer = hl7v3_revise.answer(request, id=id, created=now, record=record_of(done.account))
    return Answer(hl7v3_revise.write_revision_answer(answer))


TRANSACTIONS: Final = {
    xml.qname(xml.HL7, "PRPA_IN201307UV02"): Transaction("TD0.2", "urn:hl7-org:v3:PRPA_IN201308UV02", _test),
    patient_list.REQUEST: Transaction("TD0.4", patient_list.RESPONSE_ACTION, _list, names_patient=False),
    hl7v3_candidates.QUERY: Transaction("TD0.5", "urn:hl7-org:v3:PRPA_IN201306UV02", _find, names_patient=False),
    hl7v3_revise.REVISE: Transaction("TD1.2-1.4", "urn:hl7-org:v3:PRPA_IN201314ResponseUV02", _revise),
    hl7v3_revise.ADD: Transaction("TD1.1", "urn:hl7-org:v3:PRPA_IN201311ResponseUV02", _revise),
}
