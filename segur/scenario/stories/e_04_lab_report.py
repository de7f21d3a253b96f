"""E-04: the life of a laboratory report, partial, final, corrected, cancelled, and the chain it leaves in the DMP."""

from __future__ import annotations

from itertools import pairwise

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.dmp_reader import replacements
from segur.scenario.actors.sil import REPORT, CannotSend, Report, Sil, State
from segur.scenario.acts import dmp
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, story
from segur.wire import cda

_PDF = b"%PDF-1"


@story(
    "E-04",
    "Vie d'un compte rendu de biologie",
    pillar="dmp",
    requirements=("DMP/va1.01", "DMP/va1.15", "DMP/va1.22", "DMP/va1.23"),
)
async def lab_report(stage: Stage) -> None:
    """N3 with LOINC and PDF/A-1, versions chained, a cancellation; what is withheld, deferred, retried, sent as N1."""
    async with ground(stage, "e-04") as own:
        patient, sil = stage.country.patient(roles.PATIENT), Sil(dmp.lps(own, roles.BIOLOGIST))
        report = Report(patient)
        for state in (State.PARTIAL, State.FINAL, State.CORRECTED):
            async with stage.step(f"Compte rendu {state} : CDA N3, LOINC, PDF/A-1", "SIL", "DMP/va1.22") as step:
                entry = await sil.publish(report, state)
                step.check(entry is not None and entry.type_code.code == REPORT, f"le type {REPORT}", entry)
                await own.fact(step, "dmp.document.submitted", document_id=report.latest)
                step.say(f"version {len(report.versions)} : {report.latest}")
        await _as_read(own, patient, report)
        async with stage.step("Annulation : la dernière version est supprimée (TD3.3c)", "SIL", "DMP/va1.23") as step:
            answer = await sil.cancel(report)
            step.check(answer.succeeded, "Success", answer.errors)
            await own.fact(step, "dmp.document.deleted", document_id=report.latest)
            found = await dmp.lps(own, roles.GENERAL_PRACTITIONER).search(patient)
            step.check(not {one.unique_id for one in found} & {one[1] for one in report.versions}, "plus rien", found)
        await _held_back(own, sil, patient)
        await _not_taken(own, sil, patient)


async def _as_read(own: Ground, patient: Patient, report: Report) -> None:
    reader = dmp.lps(own, roles.GENERAL_PRACTITIONER)
    async with own.stage.step("Le médecin lit la dernière version ; les précédentes sont remplacées", "LGC") as step:
        found = {entry.unique_id for entry in await reader.search(patient)}
        sent = [one for _, one, _ in report.versions]
        step.check(found & set(sent) == {sent[-1]}, "la dernière seule", found)
        content = await reader.retrieve(patient, sent[-1])
        header = cda.read_header(content)
        inside = cda.read_embedded_file(content)
        step.check(header.level == cda.STRUCTURED and header.code.code == REPORT, "N3, LOINC", header.code)
        step.check(inside is not None and inside.content.startswith(_PDF), "une copie PDF/A-1")
        chain = await reader.query(patient, "GetDocumentsAndAssociations", XDSDocumentEntryUniqueId=sent)
        by_uuid = {entry.entry_uuid: entry.unique_id for entry in chain.entries}
        graph = [(by_uuid[old], by_uuid[new]) for old, new in replacements(chain.associations).items()]
        step.check(sorted(graph) == sorted(pairwise(sent)), "une chaîne de RPLC", graph)
        lines = "\n".join(f"{old} ← RPLC ← {new}" for old, new in graph)
        step.show(Exchange("GRAPHE", "versions", len(graph), "", lines))
        step.say(f"{len(sent)} versions, {len(graph)} remplacements")


async def _held_back(own: Ground, sil: Sil, patient: Patient) -> None:
    stage = own.stage
    async with stage.step("Résultat confidentiel : retenu, rien ne part", "SIL", "DMP/va1.15") as step:
        try:
            await sil.publish(Report(patient, confidential=True), State.FINAL)
        except CannotSend as reason:
            step.say(str(reason))
        else:
            raise NotHeld("attendu : un résultat retenu ; trouvé : un envoi")
        step.check(not step.exchanges, "aucun appel", len(step.exchanges))
    async with stage.step("Pas de carte : l'alimentation attend, puis part", "SIL", "DMP/va1.01") as step:
        report, sil.card = Report(patient), False
        await sil.publish(report, State.FINAL)
        step.check(report.waiting == [State.FINAL] and not step.exchanges, "en attente", report.waiting)
        sil.card = True
        sent = await sil.resume(report)
        step.check(sent == 1 and report.latest, "un envoi différé", report.versions)
        await own.fact(step, "dmp.document.submitted", document_id=report.latest)


async def _not_taken(own: Ground, sil: Sil, patient: Patient) -> None:
    stage = own.stage
    async with stage.step("DMP occupé deux fois : le logiciel réessaie, le N3 passe au troisième", "SIL") as step:
        report = Report(patient)
        sil.tries.told.clear()
        rule = await own.break_at("dmp.submit.busy", count=2)
        await sil.publish(report, State.FINAL)
        await own.mend(rule)
        step.check(len(sil.tries.told) == 3 and report.versions[0][2] == 3, "trois essais, un N3", sil.tries.told)
        step.say(" ; ".join(one or "accepté" for one in sil.tries.told))
    async with stage.step("N3 refusé pour de bon : un N1 (PDF/A-1) le remplace", "SIL", "DMP/va1.22") as step:
        report = Report(patient)
        rule = await own.break_at("dmp.submit.metadata", count=1)
        await sil.publish(report, State.FINAL)
        await own.mend(rule)
        step.check(report.versions[0][2] == 1, "un N1", report.versions)
        await own.fact(step, "dmp.document.refused", code="XDSRegistryMetadataError")
        await own.fact(step, "dmp.document.submitted", document_id=report.latest)
