"""DMP-08: what is here already, what was replaced, what was deleted: told at the opening, without a click."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from segur.kernel.ids import new_oid
from segur.personas import roles
from segur.personas.cda_header import Version
from segur.personas.model import Patient
from segur.scenario.actors.dmp_lps import Lps
from segur.scenario.actors.dmp_reader import Reader
from segur.scenario.actors.dmp_store import FROM_MAIL, Known
from segur.scenario.actors.lps import submission_of
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, Step, story
from segur.wire import xds

_TYPE = "11488-4"


@story(
    "DMP-08",
    "Doublon, nouvelle version et suppression",
    pillar="dmp",
    requirements=("CDA/DD.04", "CDA/DD.05", "SC.CDA/INT.18"),
)
async def versions(stage: Stage) -> None:
    """The same document asked again, two replacements in a row by two structures, a deletion, a mask, a mailed copy."""
    async with ground(stage, "dmp-08") as own:
        patient, author = stage.country.patient(roles.PATIENT), dmp.lps(own, roles.OTHER_DOCTOR)
        reader = Reader(dmp.lps(own, roles.GENERAL_PRACTITIONER), patient)
        first = dmp.document(_TYPE, patient, author.user)
        async with stage.step("Un compte rendu intégré, redemandé : « déjà intégré »", "LGC", "CDA/DD.04") as step:
            sent = await dmp.feed(step, author, first)
            await reader.open(datetime.now(UTC))
            await reader.read(sent.unique_id)
            told = (await reader.read(sent.unique_id))[sent.unique_id]
            step.check(told is Known.HERE, Known.HERE, told)
            step.say(f"{told} : {reader.store.documents[sent.unique_id].entry.title}")
        await _replaced(own, reader, patient, sent.unique_id)
        await _masked(own, reader, patient, sent.unique_id)
        await _deleted(own, reader, patient)
        await _other_ways(own, reader, patient)


async def _replaced(own: Ground, reader: Reader, patient: Patient, unique_id: str) -> None:
    stage, ours, theirs = own.stage, dmp.lps(own, roles.OTHER_DOCTOR), dmp.lps(own, roles.RADIOLOGIST)
    async with stage.step("Deux remplacements de suite (RPLC), le second d'une autre structure", "DPI, RIS") as step:
        second = await _replace(step, ours, patient, unique_id, 2)
        third = await _replace(step, theirs, patient, second, 3)
        await own.fact(step, "dmp.document.submitted", document_id=third)
    async with stage.step("Nouvelle version annoncée sans clic, les deux gardées", "LGC", "CDA/DD.05") as step:
        news = await reader.open(datetime.now(UTC))
        told = [(old.entry.unique_id, new.unique_id) for old, new in news.newer]
        step.check(told == [(unique_id, third)], "la copie locale et la dernière version", told)
        await reader.read(third)
        step.check(
            {unique_id, third} <= reader.store.documents.keys(), "les deux versions", reader.store.documents.keys()
        )
        step.say(f"{unique_id} → {third}, en {news.calls} appels")


async def _replace(step: Step, software: Lps, patient: Patient, old: str, number: int) -> str:
    """A new version; give its uniqueId."""
    target = await software.current(patient, old)
    if target is None:
        raise NotHeld(f"attendu : {old} au registre")
    version = Version(new_oid(2), number, old)
    content = dmp.document(_TYPE, patient, software.user, version=version)
    answer = await software.replace(content, target.entry_uuid)
    step.check(answer.succeeded, "RegistryResponse Success", answer.errors)
    return submission_of(content, software.user).entries[0].unique_id


async def _masked(own: Ground, reader: Reader, patient: Patient, unique_id: str) -> None:
    latest = next(one.entry for one in reader.store.documents.values() if one.entry.unique_id != unique_id)
    author = dmp.lps(own, roles.RADIOLOGIST)
    async with own.stage.step("Masqué puis démasqué : annoncé, rien de dupliqué", "LGC") as step:
        entry = await _must(author, patient, latest.unique_id)
        for codes in (("MASQUE_PS",), ()):
            answer = await author.hide(patient, entry, *codes)
            step.check(answer.succeeded, "Success", answer.errors)
            entry = await _must(author, patient, latest.unique_id)
        news = await reader.open(datetime.now(UTC))
        step.check([one.unique_id for one in news.changed] == [latest.unique_id], "ce document", news.changed)
        step.check(reader.store.documents[latest.unique_id].entry.version == entry.version, f"version {entry.version}")
        step.say(f"version {entry.version}, même uniqueId, même logicalId")


async def _deleted(own: Ground, reader: Reader, patient: Patient) -> None:
    author = dmp.lps(own, roles.OTHER_DOCTOR)
    async with own.stage.step("Suppression annoncée, retrait local proposé", "DPI, LGC", "SC.CDA/INT.18") as step:
        sent = await dmp.feed(step, author, dmp.document(_TYPE, patient, author.user))
        await reader.open(datetime.now(UTC))
        await reader.read(sent.unique_id)
        answer = await author.delete(patient, await _must(author, patient, sent.unique_id))
        step.check(answer.succeeded, "Success", answer.errors)
        await own.fact(step, "dmp.document.deleted", document_id=sent.unique_id)
        news = await reader.open(datetime.now(UTC))
        step.check([one.entry.unique_id for one in news.deleted] == [sent.unique_id], sent.unique_id, news.deleted)
        kept = sent.unique_id in reader.store.documents
        reader.store.forget(sent.unique_id)
        step.check(kept, "la copie gardée jusqu'à l'accord de l'utilisateur")
        step.say("« Ce document a été supprimé du DMP. Retirer la copie locale ? » Oui.")


async def _other_ways(own: Ground, reader: Reader, patient: Patient) -> None:
    author = dmp.lps(own, roles.OTHER_DOCTOR)
    async with own.stage.step("Déjà reçu par MSSanté, puis sous un autre identifiant", "LGC", "CDA/DD.04") as step:
        mailed = dmp.document(_TYPE, patient, author.user)
        entry = submission_of(mailed, author.user).entries[0]
        reader.store.keep(entry, mailed, FROM_MAIL)
        await dmp.feed(step, author, mailed)
        await reader.open(datetime.now(UTC))
        listed = await _must(reader.lps, patient, entry.unique_id)
        here = reader.store.judge(listed)
        again = reader.store.judge(replace(listed, unique_id=new_oid(1), entry_uuid="urn:uuid:autre", logical_id=""))
        step.check((here, again) == (Known.HERE, Known.SAME_CONTENT), "déjà là, même contenu", (here, again))
        step.say(f"{here} [{reader.store.documents[entry.unique_id].origin}] ; {again}")


async def _must(software: Lps, patient: Patient, unique_id: str) -> xds.DocumentEntry:
    entry = await software.current(patient, unique_id)
    if entry is None:
        raise NotHeld(f"attendu : {unique_id} au registre ; trouvé : rien")
    return entry
