"""DMP-12: a document went to the wrong patient; it is taken back without ever being allowed to read that DMP."""

from __future__ import annotations

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.lps import Refused
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story
from segur.wire import xds, xds_uuids

_TYPE = "11502-2"


@story(
    "DMP-12",
    "Corriger une erreur : supprimer du DMP",
    pillar="dmp",
    requirements=("DMP/CONF.03", "DMP/CONF.05"),
)
async def mistake(stage: Stage) -> None:
    """Feed, delete and feed again without TD0.3; reading stays shut; another structure, and a second time, refused."""
    async with ground(stage, "dmp-12") as own:
        lab, wrong, right = dmp.lps(own, roles.BIOLOGIST), stage.country.patient("P9"), stage.country.patient("P9'")
        wire = Wire(lab)
        async with stage.step("Homonymes confondus : le compte rendu part chez le mauvais patient", "SIL") as step:
            entry = await dmp.feed(step, lab, dmp.document(_TYPE, wrong, lab.user))
            step.say(f"{wrong.display_name}, né le {wrong.birth_date:%d/%m/%Y}, au lieu du {right.birth_date:%d/%m/%Y}")
        target = xds.DocumentEntry(
            await lab.reference(wrong, entry.unique_id), entry.unique_id, entry.patient_id, status=xds_uuids.APPROVED
        )
        async with stage.step("Une autre structure ne peut pas supprimer", "DPI", "DMP/CONF.05") as step:
            refusal = await _refusal(dmp.lps(own, roles.OTHER_DOCTOR), wrong, target)
            step.say(refusal)
        async with stage.step("Le laboratoire supprime, sans autorisation de consulter", "SIL", "DMP/CONF.03") as step:
            answer = await lab.delete(wrong, target)
            step.check(answer.succeeded, "Success", answer.errors)
            await own.fact(step, "dmp.document.deleted", document_id=entry.unique_id)
        async with stage.step("Supprimer deux fois : un message clair", "SIL", "DMP/CONF.03") as step:
            told = await _refusal(lab, wrong, target)
            step.check("déjà supprimé" in told, "« déjà supprimé »", told)
            step.say(told)
        async with stage.step("Le compte rendu part chez le bon patient", "SIL", "DMP/CONF.05") as step:
            good = await dmp.feed(step, lab, dmp.document(_TYPE, right, lab.user))
            step.check("TD0.3" not in wire.transactions, "aucune TD0.3", wire.transactions)
            step.say(" → ".join(wire.transactions))
            await own.fact(step, "dmp.document.submitted", document_id=good.unique_id)
        async with stage.step("La consultation du mauvais patient reste fermée", "SIL", "DMP/CONF.05") as step:
            refused = await dmp.refused(lab.search(wrong))
            await own.fact(step, "dmp.access.refused", operation="TD3.1", code=refused.code)
            step.say(f"{refused.code} : {refused.reason}")


async def _refusal(software: Lps, patient: Patient, entry: xds.DocumentEntry) -> str:
    """What the DMP says to a deletion it does not take, as a fault or in the registry's answer."""
    try:
        answer = await software.delete(patient, entry)
    except Refused as refused:
        return f"{refused.code} : {refused.reason}"
    if answer.succeeded:
        raise NotHeld("attendu : un refus ; trouvé : une suppression")
    return " ; ".join(f"{one.code} : {one.context}" for one in answer.errors)
