"""DMP-14: the biologist looks for the prescription and earlier results, and integrates nothing by force."""

from __future__ import annotations

from segur.personas import roles
from segur.scenario.actors.dmp_opening import consult
from segur.scenario.actors.dmp_reader import typed
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story

_PRESCRIPTION, _BIOLOGY, _PSYCHIATRIC = "57833-6", "11502-2", "68599-0"
_EARLIER = (30, 90, 180, 360)
_RHYTHM = 12
"""Openings in a row, which the digest's 500 a day never reach."""
_DAY_S = 8 * 3_600
_OPENINGS = 500


@story(
    "DMP-14",
    "Le biologiste cherche la prescription et les antériorités",
    pillar="dmp",
    requirements=("DMP/UX.14", "DMP/UX.27", "DMP/UX.50"),
)
async def biologist(stage: Stage) -> None:
    """A prescription and four earlier reports found in one query, one opened; the profession's rights; the rhythm."""
    async with ground(stage, "dmp-14") as own:
        patient, lab = stage.country.patient(roles.PATIENT), dmp.lps(own, roles.BIOLOGIST)
        doctor = dmp.lps(own, roles.GENERAL_PRACTITIONER)
        async with stage.step("Une prescription, quatre biologies, une synthèse psychiatrique", "LGC") as step:
            order = await dmp.feed(step, doctor, dmp.document(_PRESCRIPTION, patient, doctor.user))
            for days in _EARLIER:
                await dmp.feed(step, lab, dmp.document(_BIOLOGY, patient, lab.user, at=dmp.days_ago(days)))
            private = await dmp.feed(step, doctor, dmp.document(_PSYCHIATRIC, patient, doctor.user))
        wire = Wire(lab)
        async with stage.step("Ouverture de la demande : TD0.2, TD0.3 puis TD3.1", "SIL", "DMP/UX.50") as step:
            visit = await consult(lab, patient, consents=True)
            step.check(visit.declared and visit.documents is not None, "une autorisation déclarée", visit)
            step.say(" → ".join(wire.transactions))
        async with stage.step("Prescriptions et biologies seulement : cinq documents", "SIL", "DMP/UX.14") as step:
            found = await lab.search(patient, TypeCode=typed((_PRESCRIPTION, _BIOLOGY)))
            kinds = [entry.type_code.code for entry in found]
            step.check((kinds.count(_PRESCRIPTION), kinds.count(_BIOLOGY)) == (1, 4), "1 et 4", kinds)
        async with stage.step("Droits de la profession : sans la synthèse psychiatrique", "SIL", "DMP/UX.27") as step:
            seen = [entry.unique_id for entry in await lab.search(patient)]
            step.check(private.unique_id not in seen and order.unique_id in seen, "sans la synthèse", len(seen))
        async with stage.step("Une prescription ouverte, rien d'intégré de force", "SIL", "DMP/UX.27") as step:
            wire.clear()
            await lab.retrieve(patient, order.unique_id)
            await own.fact(step, "dmp.document.consulted", document_id=order.unique_id)
            step.check(wire.transactions == ["TD3.2"], "un seul TD3.2", wire.transactions)
        async with stage.step(f"Rythme du laboratoire : {_OPENINGS} ouvertures par jour", "SIL") as step:
            wire.clear()
            for _ in range(_RHYTHM):
                await consult(lab, patient, consents=True)
            per_opening = len(wire.sent) / _RHYTHM
            step.check(per_opening == 2, "TD0.2 et TD3.1 par dossier", wire.transactions)
            step.say(f"{per_opening:.0f} appels par dossier, soit {_OPENINGS * 2 / _DAY_S * 60:.1f} par minute de jour")
