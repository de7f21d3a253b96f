"""DMP-06: criteria combined and sent to the server; the answer follows the rights of the profession."""

from __future__ import annotations

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_reader import typed
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story
from segur.wire import xds_uuids

_BIOLOGY, _LETTER = "11502-2", "11490-0"
_OLD, _RECENT = 400, 20


@story(
    "DMP-06",
    "Liste, filtres et recherche multicritère",
    pillar="dmp",
    requirements=("DMP/UX.14", "DMP/UX.27"),
)
async def search(stage: Stage) -> None:
    """Type and date, author and status, in the query itself; two documents opened; nothing, a bad date, too many."""
    async with ground(stage, "dmp-06") as own:
        patient, reader = stage.country.patient("DMP-RECHERCHE"), dmp.lps(own, roles.OTHER_DOCTOR)
        lab, doctor = dmp.lps(own, roles.BIOLOGIST), dmp.lps(own, roles.GENERAL_PRACTITIONER)
        async with stage.step("Le DMP reçoit biologies et lettres, anciennes et récentes", "SIL, LGC") as step:
            old = await dmp.feed(step, lab, dmp.document(_BIOLOGY, patient, lab.user, at=dmp.days_ago(_OLD)))
            recent = await dmp.feed(step, lab, dmp.document(_BIOLOGY, patient, lab.user, at=dmp.days_ago(_RECENT)))
            letter = await dmp.feed(step, doctor, dmp.document(_LETTER, patient, doctor.user, at=dmp.days_ago(_RECENT)))
        wire = Wire(reader)
        since = f"{dmp.days_ago(90):%Y%m%d%H%M%S}"
        async with stage.step("Biologies de trois mois : deux critères dans la requête", "DPI", "DMP/UX.14") as step:
            found = await reader.search(patient, TypeCode=typed((_BIOLOGY,)), ServiceStartTimeFrom=since)
            step.check([one.unique_id for one in found] == [recent.unique_id], "la biologie récente", found)
            slots = wire.sent[-1].slots()
            step.check(
                {"$XDSDocumentEntryTypeCode", "$XDSDocumentEntryServiceStartTimeFrom"} <= set(slots), "deux", slots
            )
            step.say(" ; ".join(f"{name}={value}" for name, value in slots.items() if "PatientId" not in name))
        async with stage.step(
            "Documents d'un auteur, en vigueur ou archivés : autre couple de critères", "DPI", "DMP/UX.14"
        ) as step:
            both = (xds_uuids.APPROVED, xds_uuids.ARCHIVED)
            found = await reader.search(patient, statuses=both, AuthorPerson=f"%{doctor.user.family_name}%")
            step.check([one.unique_id for one in found] == [letter.unique_id], "la lettre", found)
        async with stage.step("Deux documents ouverts depuis la liste (TD3.2)", "DPI", "DMP/UX.27") as step:
            read = await reader.retrieve_all(patient, [old.unique_id, letter.unique_id])
            step.check(len(read.contents) == 2, "deux contenus", read.errors)
            for one in (old, letter):
                await own.fact(step, "dmp.document.consulted", document_id=one.unique_id)
        await _masked(own, patient, letter.unique_id)
        await _errors(own, patient)


async def _masked(own: Ground, patient: Patient, unique_id: str) -> None:
    stage = own.stage
    async with stage.step(
        "Document masqué par le patient : l'auteur le voit, un autre non", "DPI, LGC", "DMP/UX.27"
    ) as step:
        await dmp.Space(own, patient).mask(unique_id)
        await own.fact(step, "dmp.document.masked", document_id=unique_id)
        seen = {
            role: unique_id in [one.unique_id for one in await dmp.lps(own, role).search(patient)]
            for role in (roles.OTHER_DOCTOR, roles.GENERAL_PRACTITIONER)
        }
        step.check(seen == {roles.OTHER_DOCTOR: False, roles.GENERAL_PRACTITIONER: True}, "l'auteur seul", seen)


async def _errors(own: Ground, patient: Patient) -> None:
    stage, reader = own.stage, dmp.lps(own, roles.OTHER_DOCTOR)
    async with stage.step("Critères sans résultat : liste vide, pas d'erreur", "DPI", "DMP/UX.14") as step:
        found = await reader.search(patient, TypeCode=typed(("57833-6",)), ServiceStartTimeFrom="20200101000000")
        step.check(not found, "aucun document", found)
    async with stage.step(
        "Date mal formée, puis trop de résultats : l'erreur nomme le critère", "DPI", "DMP/UX.14"
    ) as step:
        wrong = await dmp.refused(reader.search(patient, ServiceStartTimeFrom="20261345"))
        step.check("ServiceStartTimeFrom" in wrong.reason, "le nom du critère", wrong)
        rule = await own.break_at("dmp.search.too_many_results", count=1)
        many = await dmp.refused(reader.search(patient))
        await own.mend(rule)
        step.check(many.code == "XDSTooManyResults", "XDSTooManyResults", many)
        step.say(f"{wrong.code} : {wrong.reason} ; {many.code} : {many.reason}")
