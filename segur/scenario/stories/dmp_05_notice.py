"""DMP-05: the record tells by itself what others added since the last visit, by type, and never holds the screen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_reader import TWO_YEARS, Reader
from segur.scenario.actors.dmp_search import Preferences, by_periods
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.soap_wire import Wire
from segur.scenario.stage import Stage
from segur.scenario.story import story
from segur.wire import xds

_BIOLOGY, _IMAGING, _LETTER = "11502-2", "18748-4", "11490-0"
_SEEDED = (
    (roles.BIOLOGIST, _BIOLOGY),
    (roles.BIOLOGIST, _BIOLOGY),
    (roles.BIOLOGIST, _BIOLOGY),
    (roles.RADIOLOGIST, _IMAGING),
    (roles.OTHER_DOCTOR, _LETTER),
    (roles.GENERAL_PRACTITIONER, _LETTER),
)


@story(
    "DMP-05",
    "Annonce des nouveaux documents de tiers",
    pillar="dmp",
    requirements=("DMP/UX.15", "DMP/UX.15.01", "DMP/UX.15.02", "DMP/UX.17"),
)
async def notice(stage: Stage) -> None:
    """Counts by type without one's own documents, filtered as the structure chose; nothing new, too much, too slow."""
    async with ground(stage, "dmp-05") as own:
        patient = stage.country.patient("P10")
        reader = Reader(dmp.lps(own, roles.GENERAL_PRACTITIONER), patient)
        wire = Wire(reader.lps)
        async with stage.step("Visite précédente : une recherche bornée à deux ans, rien", "LGC", "DMP/UX.15") as step:
            news = await reader.open(datetime.now(UTC))
            step.check(not news.third and news.calls == 1, "rien, en un appel", news.counts)
            [sent] = wire.sent
            bound = sent.slots()["$XDSDocumentEntryServiceStartTimeFrom"]
            step.say(f"ServiceStartTimeFrom {bound}")
        async with stage.step("Entre-temps : 3 biologies, 1 imagerie, 1 lettre, 1 document à soi", "autres") as step:
            for role, type_code in _SEEDED:
                author = dmp.lps(own, role)
                await dmp.feed(step, author, dmp.document(type_code, patient, author.user))
        async with stage.step("Réouverture : 5 documents de tiers, par type", "LGC", "DMP/UX.15.01") as step:
            wire.clear()
            news = await reader.open(datetime.now(UTC))
            step.check(news.counts == {_BIOLOGY: 3, _IMAGING: 1, _LETTER: 1}, "3, 1 et 1", news.counts)
            step.check(len(news.own) == 1, "le sien à part", len(news.own))
            asked = wire.sent[0].slots()["$XDSSubmissionSetSubmissionTimeFrom"]
            step.say(f"depuis {asked} : {news.counts}, en {news.calls} appels")
        await _chosen(own, patient)
        async with stage.step("Patient sans nouveauté : rien d'affiché", "LGC", "DMP/UX.15.02") as step:
            news = await reader.open(datetime.now(UTC))
            step.check(not news.third and not news.newer, "rien", news.counts)
        await _too_much(own, patient)
        await _too_slow(own, patient)


async def _chosen(own: Ground, patient: Patient) -> None:
    user = own.stage.country.professional(roles.GENERAL_PRACTITIONER)
    structure = str(user.structure.struct_id)
    chosen = Preferences({(structure, "", ""): (_BIOLOGY, _LETTER), (structure, "", user.speciality): (_BIOLOGY,)})
    async with own.stage.step("Types choisis par structure et spécialité : filtre envoyé", "LGC", "DMP/UX.17") as step:
        told = []
        for speciality, expected in (("", {_BIOLOGY: 3, _LETTER: 1}), (user.speciality, {_BIOLOGY: 3})):
            software = dmp.lps(own, roles.GENERAL_PRACTITIONER)
            wire = Wire(software)
            news = await Reader(software, patient, chosen.of(structure, "", speciality)).open(datetime.now(UTC))
            step.check(news.counts == expected, str(expected), news.counts)
            step.check("$XDSDocumentEntryTypeCode" in wire.sent[0].slots(), "un filtre TypeCode", wire.sent[0].slots())
            told.append(f"{speciality or 'toutes spécialités'} : {news.counts}")
        step.say(" ; ".join(told))


async def _too_much(own: Ground, patient: Patient) -> None:
    software, now = dmp.lps(own, roles.GENERAL_PRACTITIONER), datetime.now(UTC)

    async def page(since: datetime, until: datetime) -> tuple[xds.DocumentEntry, ...]:
        return await software.search(
            patient, ServiceStartTimeFrom=f"{since:%Y%m%d%H%M%S}", ServiceStartTimeTo=f"{until:%Y%m%d%H%M%S}"
        )

    async with own.stage.step("DMP trop rempli pour une réponse : la liste vient par périodes", "LGC") as step:
        rule = await own.break_at("dmp.search.too_many_results", count=2)
        pages = await by_periods(page, now - TWO_YEARS, now + timedelta(days=1))
        await own.mend(rule)
        found = len(pages.documents)
        step.check(found == len(_SEEDED), f"{len(_SEEDED)} documents", found)
        step.check(len(pages.periods) == 3, "trois périodes", pages.periods)
        step.say(f"{found} documents en {len(pages.periods)} périodes")


async def _too_slow(own: Ground, patient: Patient) -> None:
    reader = Reader(dmp.lps(own, roles.GENERAL_PRACTITIONER), patient)
    async with own.stage.step("Recherche lente : l'écran reste libre, l'annonce vient plus tard", "LGC") as step:
        rule = await own.break_at("gateway.network.latency", delay_ms=800, operation="dmp")
        pending = asyncio.create_task(reader.open(datetime.now(UTC)))
        acts = 0
        while not pending.done():
            await asyncio.sleep(0.05)
            acts += 1
        await own.mend(rule)
        news = await pending
        step.check(acts >= 5 and len(news.third) == 5, "5 documents, l'utilisateur libre", (acts, news.counts))
        step.say(f"{acts} gestes de l'utilisateur avant l'annonce")
