"""E-15: the hospital's documents of past years go to the DMP, within the rules and at the permitted speed."""

from __future__ import annotations

from datetime import UTC, datetime

from segur.kernel.ids import new_id, new_oid
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors import directory_client
from segur.scenario.actors.catch_up import CEILING, Archived, CatchUp, Filters, Journal, most_per_second, share
from segur.scenario.actors.consents import Ledger, write_choice
from segur.scenario.acts import dmp, register
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, story

_TYPE = "11490-0"
_PATIENTS = ("P1", "P2", "P10", "P9", "P9'", "DMP-COMPLET")
_LEFT_OUT = {
    "déjà alimenté": 1,
    "INS non qualifiée": 1,
    "décès connu de l'établissement": 1,
    "décès au fichier national": 1,
    "opposition du patient": 1,
}
_CLOSED_STAYS = (*_PATIENTS, "P3", "P4", "P5", "P6")
_GONE = roles.NUCLEAR_DOCTOR
"""Left the hospital and the register since."""


@story(
    "E-15",
    "Reprise d'historique",
    pillar="dmp",
    requirements=("DMP/HISTO.01", "DMP/HISTO.03", "DMP/HISTO.04", "DMP/HISTO.06", "DMP/HISTO.07"),
)
async def catch_up(stage: Stage) -> None:
    """Filters, business dates, four transactions a second, an author no longer registered, a crash and its restart."""
    async with ground(stage, "e-15") as own:
        gone = stage.country.professional(_GONE)
        async with stage.step("Un auteur n'est plus au RPPS", "Annuaire Santé", "DMP/HISTO.04") as step:
            await register.strike_off(own, step, str(gone.id_nat))
            active = await _active(own)
            step.check(str(gone.id_nat) not in active, "radié", len(active))
            step.say(f"{gone.display_name} absent, {len(active)} auteurs présents")
        archive = _archive(own)
        async with stage.step("Sélection par les filtres par défaut", "DPI", "DMP/HISTO.01") as step:
            taken, left = _filters(own).select(archive)
            step.check(dict(left) == _LEFT_OUT and len(taken) == len(_PATIENTS), str(_LEFT_OUT), left)
            step.show(
                Exchange("RAPPORT", "filtres", len(taken), "", "\n".join(f"{n} {why}" for why, n in left.items()))
            )
            step.say(f"{len(taken)} retenus ; " + ", ".join(f"{why} : {n}" for why, n in left.items()))
        job = await _interrupted(own, taken, active)
        await _as_fed(own, taken, job)


async def _interrupted(own: Ground, taken: list[Archived], active: frozenset[str]) -> CatchUp:
    stage, journal, software = own.stage, Journal(), dmp.lps(own, roles.OTHER_DOCTOR)
    first = CatchUp(software, journal, active)
    async with stage.step("Arrêt brutal au milieu : le dernier envoi n'est pas noté", "DPI", "DMP/HISTO.06") as step:
        sent = await first.run(taken, crash_after=3)
        step.check(sent == 3 and len(journal.fed) == 2, "trois envoyés, deux notés", journal.fed)
    job = CatchUp(software, journal, active, first.pace)
    async with stage.step("Reprise : rien en double, jamais plus de quatre par seconde", "DPI", "DMP/HISTO.06") as step:
        await job.run(taken)
        step.check(not job.refused and len(journal.fed) == len(taken), "tout noté", job.refused)
        facts = [row["data"]["document_id"] for row in await own.facts("dmp.document.submitted")]
        twice = [one for one in journal.fed if facts.count(one) != 1]
        step.check(not twice, "un fait par document", twice)
        most = most_per_second(job.pace.starts)
        step.check(most <= CEILING, f"{CEILING} par seconde au plus", most)
        begun = job.pace.starts[0]
        rates = "\n".join(f"{one - begun:6.2f} s" for one in job.pace.starts)
        step.show(Exchange("MESURE", "débit", most, "", rates))
        step.say(f"{len(job.pace.starts)} envois pour {len(taken)} documents, {most} par seconde au plus")
    job.rewritten += first.rewritten
    return job


async def _as_fed(own: Ground, taken: list[Archived], job: CatchUp) -> None:
    stage, reader = own.stage, dmp.lps(own, roles.EMERGENCY_DOCTOR)
    async with stage.step("Date de l'acte = date métier ; personne morale auteur", "DMP", "DMP/HISTO.03") as step:
        told = []
        for one in taken:
            await reader.authorize(one.patient)
            [entry] = [got for got in await reader.search(one.patient) if got.unique_id == one.unique_id]
            step.check(entry.service_start[:8] == f"{one.at:%Y%m%d}", f"{one.at:%Y%m%d}", entry.service_start)
            if one.unique_id in job.rewritten:
                authors = [author.who.id for author in entry.authors]
                legal = str(job.software.user.structure.struct_id)
                step.check(authors == [str(one.author.id_nat), legal], "l'auteur et l'établissement", authors)
                told.append(f"{one.at:%d/%m/%Y} : {' + '.join(authors)}")
        step.check(told, "au moins un document d'un auteur radié")
        step.say(" ; ".join(told))
    async with stage.step("Indicateur mensuel : part des séjours clos repris", "DPI", "DMP/HISTO.07") as step:
        fed = {one.patient.key for one in taken if one.unique_id in job.journal.fed}
        value = share(_CLOSED_STAYS, fed)
        step.check(value == len(_PATIENTS) / len(_CLOSED_STAYS), "6 sur 10", value)
        step.say(f"{value:.0%} de {len(_CLOSED_STAYS)} séjours clos")


async def _active(own: Ground) -> frozenset[str]:
    """National identifiers of the authors the directory still knows."""
    people = [own.stage.country.professional(role) for role in (roles.OTHER_DOCTOR, _GONE)]
    known = set()
    for who in people:
        found = await directory_client.find_practitioners(own.stage.client(), own.base, family=who.family_name)
        known |= {str(who.id_nat) for one in found if one.rpps == str(who.rpps)}
    return frozenset(known)


def _archive(own: Ground) -> list[Archived]:
    country = own.stage.country
    author, gone = country.professional(roles.OTHER_DOCTOR), country.professional(_GONE)

    def one(key: str, days: int, *, by_gone: bool = False, fed: bool = False) -> Archived:
        who, patient, at, unique_id = gone if by_gone else author, country.patient(key), dmp.days_ago(days), new_oid(1)
        content = dmp.document(_TYPE, patient, who, at=at, unique_id=unique_id)
        return Archived(unique_id, patient, who, at, content, fed)

    kept = [one(key, 400 + 100 * n, by_gone=n == 1) for n, key in enumerate(_PATIENTS)]
    return [*kept, one("P1", 500, fed=True), one("P5", 600), one("P8", 900), one("P11", 700), one("P6", 800)]


def _filters(own: Ground) -> Filters:
    """P8 is dead for the hospital, P11 in the national file only (the hospital does not know yet), P6 objects."""
    country, ledger = own.stage.country, Ledger()
    at = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    ledger.receive(write_choice(country.patient("P6"), "IO", "INC", at=at, control_id=new_id()[-20:]))

    def dead_here(patient: Patient) -> bool:
        return patient.deceased

    return Filters(dead_here, lambda patient: patient.key == "P11", ledger)
