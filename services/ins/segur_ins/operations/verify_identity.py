"""Verification of one INS that a software holds [INS digest 2.4, I15]; the contract is ours, lot 2 is not public."""

from __future__ import annotations

from collections.abc import Iterable

from segur.contracts.ins import IdentityVerified
from segur.kernel import request
from segur.kernel.errors import PRODUCTION_IDENTITY
from segur.vocab import oids
from segur_ins import errors, faults
from segur_ins.context import Context
from segur_ins.domain.person import Person
from segur_ins.domain.traits import problem_of
from segur_ins.domain.verification import KO, Claim, Verdict, judge
from segur_ins.operations.answering import pseudonym
from segur_ins.pipeline import Call


async def verify_identity(context: Context, call: Call, claim: Claim) -> Verdict:
    """The verdict, told as `ins.identity.verified`; raise `BAD_CLAIM`, `PRODUCTION_IDENTITY` or `TECHNICAL`."""
    if len(claim.matricule) != 15:
        raise errors.BAD_CLAIM.error(
            field="matricule", rule="15 caractères attendus, clé comprise.", fix="Le vérifier."
        )
    if not claim.oid:
        raise errors.BAD_CLAIM.error(field="oid", rule="l'OID est obligatoire.", fix="Envoyer celui qu'INSi a donné.")
    problem = problem_of(claim.traits)
    if problem is not None:
        raise errors.BAD_CLAIM.error(field=problem.field, rule=problem.rule, fix=problem.fix)
    people = await context.register.known_as(claim.matricule[:13])
    guard(context, claim, people)
    board, about = context.floor.faults, {"actor": call.issuer, "operation": call.operation}
    if await board.delayed(faults.UNAVAILABLE, **about):
        raise errors.TECHNICAL.error()
    verdict = verdict_on(context, claim, people, actor=call.issuer, operation=call.operation)
    patient = pseudonym(context, verdict.person) if verdict.person else None
    if patient:
        request.note(patient=patient)
    await context.register.tell(
        IdentityVerified(
            request_id=call.request_id,
            verdict=verdict.result,
            patient=patient,
            issuer=call.issuer,
            hint=verdict.hint.value if verdict.hint else None,
            mode=call.mode.value,
        )
    )
    return verdict


def guard(context: Context, claim: Claim, people: Iterable[Person]) -> None:
    """Keep real people out: a production OID is for nobody but test people whom the register has under it.

    Raise `PRODUCTION_IDENTITY`.
    """
    if context.settings.allow_production_identities or claim.oid not in oids.INS_PRODUCTION_AUTHORITIES:
        return
    if not any(each.oid == claim.oid for person in people for each in (person.active, *person.history)):
        raise PRODUCTION_IDENTITY.error(oid=claim.oid)


def verdict_on(context: Context, claim: Claim, people: Iterable[Person], *, actor: str, operation: str) -> Verdict:
    """The verdict of the rules, unless a fault says KO."""
    verdict = judge(people, claim)
    patient = pseudonym(context, verdict.person) if verdict.person else ""
    if context.floor.faults.strikes(faults.VERIFICATION_KO, actor=actor, patient=patient, operation=operation):
        return Verdict(KO, verdict.person)
    return verdict
