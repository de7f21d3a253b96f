"""DMP-07: several documents chosen at once, kept byte for byte, shown with their origin and their producer's layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from segur.cda.make import Request, make
from segur.kernel.ids import new_oid
from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors import cda_viewer
from segur.scenario.actors.dmp_reader import Reader
from segur.scenario.actors.dmp_store import Altered, Known
from segur.scenario.acts import dmp, presenting
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story
from segur.wire import cda


@dataclass(frozen=True, slots=True)
class _Three:
    """uniqueId and bytes of a PDF at level 1, a level 3 with stylesheet and one without."""

    flat: tuple[str, bytes]
    styled: tuple[str, bytes]
    plain: tuple[str, bytes]

    @property
    def all(self) -> dict[str, bytes]:
        return dict((self.flat, self.styled, self.plain))


@story(
    "DMP-07",
    "Sélection et intégration de plusieurs documents",
    pillar="dmp",
    requirements=("DMP/UX.31", "DMP/UX.44", "CDA/INT.08", "CDA/INT.15", "CDA/VISU.01", "DMP/UX.29"),
)
async def integration(stage: Stage) -> None:
    """Three documents in one call, stored as served; one that fails, one altered, stylesheets that must not run."""
    async with ground(stage, "dmp-07") as own:
        patient = stage.country.patient(roles.PATIENT)
        three = await _seed(own, patient)
        reader = Reader(dmp.lps(own, roles.GENERAL_PRACTITIONER), patient)
        async with stage.step("Trois documents cochés : un seul appel TD3.2", "LGC", "DMP/UX.31", "DMP/UX.44") as step:
            await reader.open(datetime.now(UTC))
            told = await reader.read(*three.all)
            step.check(set(told.values()) == {Known.NEW} and len(told) == 3, "trois nouveaux", told)
        async with stage.step("Empreinte stockée = empreinte servie ; origine visible", "LGC", "CDA/INT.08") as step:
            kept = {one: reader.store.documents[one] for one in three.all}
            step.check(all(kept[one].content == content for one, content in three.all.items()), "octet pour octet")
            step.check(all(one.digest == one.entry.hash for one in kept.values()), "l'empreinte du registre", kept)
            step.check({one.origin for one in kept.values()} == {"DMP"}, "origine DMP", kept)
            step.say(" ; ".join(f"{one.entry.title} [{one.origin}] {one.digest[:12]}" for one in kept.values()))
        async with stage.step("Affichage : feuille du producteur si elle existe", "LGC", "CDA/VISU.01") as step:
            laid = {name: cda_viewer.show(reader.store.documents[one[0]].content).by for name, one in _named(three)}
            expected = {"N1 PDF": "visualiseur", "N3 avec feuille": "producteur", "N3 sans": "visualiseur"}
            step.check(laid == expected, str(expected), laid)
            step.say(" ; ".join(f"{name} : {by}" for name, by in laid.items()))
        await _partly(own, patient, three)
        await _hostile(own, three)


async def _seed(own: Ground, patient: Patient) -> _Three:
    software = dmp.lps(own, roles.OTHER_DOCTOR)
    at = datetime.now(UTC)

    def structured(kind: str) -> bytes:
        return make(Request(kind, patient, software.user, at, level=3, document_id=new_oid(1)))

    made = (
        dmp.document("11488-4", patient, software.user),
        presenting.with_stylesheet(structured("11490-0")),
        structured("57833-6"),
    )
    async with own.stage.step("Le DMP reçoit un N1 PDF, un N3 avec feuille de style, un N3 sans", "DPI") as step:
        named = [(await dmp.feed(step, software, one)).unique_id for one in made]
    return _Three(*zip(named, made, strict=True))


async def _partly(own: Ground, patient: Patient, three: _Three) -> None:
    stage = own.stage
    async with stage.step("Un des trois échoue : les deux autres gardés, l'échec montré", "LGC", "CDA/INT.15") as step:
        reader = Reader(dmp.lps(own, roles.GENERAL_PRACTITIONER), patient)
        await reader.open(datetime.now(UTC))
        rule = await own.break_at("dmp.retrieve.partial", count=1)
        told = await reader.read(*three.all)
        await own.mend(rule)
        missing = set(three.all) - set(told)
        step.check(len(told) == 2 and len(missing) == 1, "deux sur trois", told)
        step.say(f"{len(told)} intégrés, à redemander : {missing.pop()}")
    async with stage.step("Octets altérés en route : refusés, rien d'intégré", "LGC", "CDA/INT.08") as step:
        unique_id, content = three.plain
        entry = await reader.lps.current(patient, unique_id)
        step.check(entry is not None, "le document au registre")
        assert entry is not None
        reader.store.forget(unique_id)
        try:
            reader.store.keep(entry, content.replace(b"ClinicalDocument", b"ClinicalDocumenT", 1))
        except Altered as refusal:
            step.say(str(refusal))
        else:
            raise NotHeld("attendu : un refus ; trouvé : un document intégré")
        step.check(unique_id not in reader.store.documents, "rien d'intégré")


async def _hostile(own: Ground, three: _Three) -> None:
    async with own.stage.step("Feuille hostile (script, entité) : jamais exécutée", "LGC", "CDA/VISU.01") as step:
        shown = cda_viewer.show(presenting.with_script(three.plain[1]))
        step.check(shown.by == "visualiseur" and "alert(" not in shown.page, "notre page, sans script", shown.by)
        try:
            cda_viewer.show(presenting.with_external_entity(three.plain[1]))
        except cda.CdaRefused as refusal:
            step.say(f"script : {shown.refused} ; entité : {refusal}")
        else:
            raise NotHeld("attendu : un document refusé ; trouvé : une page")


def _named(three: _Three) -> tuple[tuple[str, tuple[str, bytes]], ...]:
    return ("N1 PDF", three.flat), ("N3 avec feuille", three.styled), ("N3 sans", three.plain)
