"""A DMP entered without authorization: broken glass and centre 15, as the patient allows [DMP digest 2.1, 6.1, 6.4]."""

from __future__ import annotations

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.access_mode import NORMAL, REGULATION, AccessMode, ReasonMissing, break_glass
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_opening import Visit, consult
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.story import NotHeld, Step
from segur.wire import saml, xds
from segur.wire.hl7v3_candidates import Traits

_REASON = "Patient inconscient, amené par les pompiers"
_ACCESSED = "dmp.emergency.accessed"
_OPPOSED = "OPPOSITION_ACCES_URGENCE"
_FORBIDDEN = "DMPAccessDeniedByRightsService"
_DOORS = ["TD0.2", "TD3.1"]
"""An emergency needs no TD0.3, and has none."""


async def broken_glass(own: Ground) -> None:
    """An emergency doctor whom the patient never authorized; then the patient decides otherwise."""
    stage, patient = own.stage, own.stage.country.patient("DMP-URGENCE")
    doctor, space = dmp.lps(own, roles.EMERGENCY_DOCTOR), dmp.Space(own, patient)
    async with stage.step(f"{patient.display_name} a une lettre, et une autre masquée", "LGC") as step:
        author = dmp.lps(own, roles.GENERAL_PRACTITIONER)
        letter = await dmp.feed(step, author, dmp.document("11490-0", patient, author.user))
        masked = await dmp.feed(step, author, dmp.document("11490-0", patient, author.user), masks=("MASQUE_PS",))
    await _without_reason(own, doctor, patient)
    urgent = doctor.turned_to(break_glass(_REASON))
    async with stage.step(
        "Bris de glace motivé : TD0.2 et TD3.1 sans TD0.3, mode affiché", "DPI", "EX_0.3-1050"
    ) as step:
        visit = await _enters(own, step, urgent, patient)
        step.check(_has(visit, letter) and not _has(visit, masked), "la lettre sans la masquée", visit.documents)
        await urgent.retrieve(patient, letter.unique_id)
        await own.fact(step, "dmp.document.consulted", document_id=letter.unique_id, reader=str(doctor.user.id_nat))
        step.say(f"à l'écran : « {visit.banner} »")
    async with stage.step("Le patient l'apprend : notification, e-mail, historique", "MES") as step:
        await _learned(own, step, urgent, patient)
    async with stage.step("Une urgence n'autorise pas pour autant : TD0.3 et TD1.6 refusées", "DPI") as step:
        refusals = [await dmp.refused(urgent.authorize(patient)), await dmp.refused(urgent.authorizations(patient))]
        step.check({one.code for one in refusals} == {_FORBIDDEN}, _FORBIDDEN, refusals)
        step.say(" ; ".join(one.reason for one in refusals))
    async with stage.step("Le patient permet de lire ses documents masqués en urgence", "MES", "DMP/CONF.06") as step:
        await space.permit("MASKED", permitted=True)
        await own.fact(step, "dmp.emergency.permitted", patient=dmp.pseudonym(own, patient), purpose="MASKED")
        visit = await _enters(own, step, urgent, patient)
        step.check(_has(visit, masked), "la lettre masquée", visit.documents)
        step.say(f"{len(visit.documents or ())} documents, dont le masqué")
    async with stage.step("Il s'oppose au bris de glace : refusé aussitôt", "MES", "DMP/CONF.06") as step:
        await space.permit("BTG", permitted=False)
        await own.fact(step, "dmp.emergency.denied", patient=dmp.pseudonym(own, patient), purpose="BTG")
        await _refused(own, step, urgent, patient)
    async with stage.step("Le centre 15 lui reste ouvert, sans motif", "SAMU", "DMP/CONF.06") as step:
        visit = await _enters(own, step, doctor.turned_to(REGULATION), patient)
        step.say(f"à l'écran : « {visit.banner} », {len(visit.documents or ())} documents")


async def medical_regulation(own: Ground) -> None:
    """A call to the centre 15: a patient sought without INS, and one who objected to it."""
    stage, caller = own.stage, own.stage.country.patient("DMP-SANS-INS")
    doctor = dmp.lps(own, roles.EMERGENCY_DOCTOR)
    samu, wire = doctor.turned_to(REGULATION), Wire(doctor)
    traits = Traits(caller.birth_name, caller.given_name, caller.birth_date.strftime("%Y%m%d"), caller.sex)
    async with stage.step("Centre 15 : un appelant sans INS retrouvé par ses traits (TD0.5)", "SAMU") as step:
        [found, *_] = await samu.candidates(traits)
        step.check(found.ids[0].extension == caller.ins.matricule, caller.ins.matricule, found.ids)
        step.check(found.said(_OPPOSED) is False, f"{_OPPOSED} = non", found.observations)
        step.check(wire.sent[-1].vihf.resource_id == "", "un VIHF sans patient", wire.sent[-1].vihf.resource_id)
        await own.fact(step, "dmp.patient.sought", reader=str(doctor.user.id_nat), candidates=1)
        step.say(f"{found.birth_name} {' '.join(found.given)}, ressemblance {found.said('POURCENTAGE')} %")
    async with stage.step("Son DMP consulté en régulation sans motif ; il l'apprend", "SAMU") as step:
        await _enters(own, step, samu, caller)
        await _learned(own, step, samu, caller)
    opposed = stage.country.patient("DMP-OPPOSE-15")
    async with stage.step("Opposé au centre 15 : dit par TD0.5, refusé par TD3.1", "SAMU", "DMP/CONF.06") as step:
        [found, *_] = await samu.candidates(Traits(opposed.birth_name))
        step.check(found.said(_OPPOSED) is True, f"{_OPPOSED} = oui", found.observations)
        await _refused(own, step, samu, opposed)
    async with stage.step("Hors régulation, pas de recherche sans INS", "DPI") as step:
        for other in (NORMAL, break_glass(_REASON)):
            refusal = await dmp.refused(doctor.turned_to(other).candidates(traits))
            step.check(refusal.code == _FORBIDDEN, _FORBIDDEN, refusal)
        step.say(refusal.reason)


async def _without_reason(own: Ground, doctor: Lps, patient: Patient) -> None:
    async with own.stage.step("Bris de glace sans motif : retenu par le logiciel, refusé par le DMP", "DPI") as step:
        try:
            break_glass(" ")
        except ReasonMissing as missing:
            step.say(str(missing))
        else:
            raise NotHeld("attendu : le logiciel demande un motif ; trouvé : il n'en demande pas")
        refusal = await dmp.refused(doctor.turned_to(AccessMode(saml.BREAK_GLASS)).search(patient))
        step.check("Mode_Acces_Raison" in refusal.reason, "Mode_Acces_Raison", refusal)
        step.say(f"{step.detail} Le DMP : {refusal.code}")


async def _enters(own: Ground, step: Step, software: Lps, patient: Patient) -> Visit:
    """A visit nobody authorized must succeed, say its mode in each VIHF, and be told as a fact of this mode."""
    before, wire = len(await _accesses(own, software, patient)), Wire(software)
    visit = await consult(software, patient, consents=False)
    step.check(visit.documents is not None and visit.banner, "le DMP ouvert, le mode affiché", visit)
    step.check(wire.transactions == _DOORS, ", ".join(_DOORS), wire.transactions)
    said = {(one.vihf.purpose, one.vihf.reason) for one in wire.sent}
    step.check(said == {(software.access.purpose, software.access.reason)}, software.access.code, said)

    async def once_more() -> bool:
        return len(await _accesses(own, software, patient)) == before + 1

    await own.until(f"un fait {_ACCESSED} de plus", once_more)
    step.facts.append(_ACCESSED)
    return visit


async def _refused(own: Ground, step: Step, software: Lps, patient: Patient) -> None:
    """A visit must be refused because the patient objected, and leave no access behind."""
    before = len(await _accesses(own, software, patient))
    refusal = await dmp.refused(consult(software, patient, consents=False))
    step.check("s'est opposé" in refusal.reason, "le patient s'est opposé", refusal)
    await own.fact(step, "dmp.access.refused", patient=dmp.pseudonym(own, patient), reason="opposed")
    after = len(await _accesses(own, software, patient))
    step.check(after == before, "aucun accès de plus", after - before)
    step.say(f"{refusal.code} : {refusal.reason}")


async def _accesses(own: Ground, software: Lps, patient: Patient) -> list[dict[str, object]]:
    """The searches of this user in this mode, as the facts tell them."""
    expected = {
        "patient": dmp.pseudonym(own, patient),
        "reader": str(software.user.id_nat),
        "mode": software.access.code,
        "operation": _DOORS[-1],
    }
    return [row for row in await own.facts(_ACCESSED) if expected.items() <= row["data"].items()]


async def _learned(own: Ground, step: Step, software: Lps, patient: Patient) -> None:
    """The patient must have been told of the emergency, by e-mail too, and find its mode in the history."""
    reader, space = str(software.user.id_nat), dmp.Space(own, patient)
    codes = {one["code"] for one in await space.notifications() if one["actor"] == reader}
    step.check("ACCES_BRIS_GLACE" in codes, "ACCES_BRIS_GLACE", codes)
    sent = await space.mails()
    mails = [one for one in sent if "urgence" in one["subject"]]
    step.check(mails, "un e-mail de l'accès en urgence", sent)
    step.check(_REASON not in str(mails), "un e-mail sans le motif", mails)
    lines = {(one["action"], one["about"]) for one in await space.history() if one["actor"] == reader}
    step.check((_ACCESSED, software.access.code) in lines, f"{_ACCESSED} en {software.access.code}", lines)
    await own.fact(step, "dmp.patient.notified", patient=dmp.pseudonym(own, patient), code="ACCES_BRIS_GLACE")
    step.say(f"« {mails[0]['subject']} » ; à l'historique : {software.access.code}")


def _has(visit: Visit, entry: xds.DocumentEntry) -> bool:
    return entry.unique_id in {one.unique_id for one in visit.documents or ()}
