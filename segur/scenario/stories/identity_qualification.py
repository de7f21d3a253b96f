"""E-01: an identity repository takes an identity from provisional to qualified, and back when it must."""

from __future__ import annotations

from dataclasses import replace

from segur.kernel.ids import Pseudonyms
from segur.personas import roles
from segur.scenario.actors.insi_client import Refused
from segur.scenario.acts.ground import ground
from segur.scenario.acts.ins_acts import Desk, check_status, on_card, typed, words
from segur.scenario.stage import Stage
from segur.scenario.story import story
from segur.vocab.identity_status import Attribute, NotAllowed, Proof, StrictTraits

_DESK = "agent d'accueil"
_ADULT, _CHILD, _NAMESAKE = "adulte", "enfant", "homonyme"
_SEARCHED = "ins.identity.searched"


@story(
    "E-01",
    "Le référentiel d'identités qualifie une identité",
    pillar="cross",
    requirements=("INS/va1", "RI.INS", "EXI SI 07", "EXI SI 08"),
)
async def qualification(stage: Stage) -> None:
    """Provisional to qualified; INSi down, several found, other traits, call refused; change, doubt, merge, KO."""
    async with ground(stage, "e-01") as own:
        desk = Desk.of(own, stage.country.structure("ST1"))
        await _created_while_insi_is_down(desk)
        await _retrieved_by_traits(desk)
        await _qualified_by_a_document(desk)
        await _child_by_card(desk)
        await _several_found(desk)
        await _strict_trait_changed_and_back(desk)
        await _doubt_and_merge(desk)
        await _refused_certificate(desk)
        await _verified_again(desk)


async def _created_while_insi_is_down(desk: Desk) -> None:
    own, patient = desk.own, desk.own.stage.country.patient(roles.PATIENT)
    name = "Saisie à l'accueil, INSi en panne : l'identité est provisoire et le reste"
    async with own.stage.step(name, _DESK, "EXI SI 07") as step:
        check_status(step, desk.admit(_ADULT, typed(patient)), "provisoire")
        await own.break_at("ins.search.unavailable", count=1)
        try:
            found = await desk.ask(desk.files[_ADULT].traits)
        except Refused as refused:
            step.check((refused.subcode, refused.code) == ("siram_40", "insi_102"), "siram_40/insi_102", str(refused))
        else:
            step.check(False, "une erreur technique", found.code)
        await own.fact(step, "ins.identity.refused", code="insi_102")
        check_status(step, desk.files[_ADULT], "provisoire")
        step.say("aucune INS transmise ; la recherche sera refaite")


async def _retrieved_by_traits(desk: Desk) -> None:
    async with desk.own.stage.step(
        "INS2 : INSi répond 00, écarts montrés, l'utilisateur accepte : récupérée", _DESK
    ) as step:
        found = await desk.ask(desk.files[_ADULT].traits)
        step.check(found.code == "00", "le code 00", found.code)
        await desk.own.fact(step, _SEARCHED, code="00", mode="INSI-MANU", issuer=desk.issuer)
        shown = desk.accept(_ADULT, found)
        step.check([each.trait for each in shown] == ["birth_place"], "le lieu complété", words(shown))
        check_status(step, desk.files[_ADULT], "récupérée")
        step.say(words(shown))


async def _qualified_by_a_document(desk: Desk) -> None:
    async with desk.own.stage.step("Permis refusé, passeport contrôlé : qualifiée, l'INS peut sortir", _DESK) as step:
        try:
            desk.files[_ADULT].checked(Proof.PERMIS_CONDUIRE)
        except NotAllowed as refused:
            step.say(str(refused))
        else:
            step.check(False, "un permis de conduire refusé")
        desk.files[_ADULT] = desk.files[_ADULT].checked(Proof.PASSEPORT)
        check_status(step, desk.files[_ADULT], "qualifiée", leaves=True)


async def _child_by_card(desk: Desk) -> None:
    stage, child = desk.own.stage, desk.own.stage.country.patient("P7")
    name = "INS1 : trait d'union oublié, rien par traits ; la carte du parent donne l'INS de l'enfant"
    async with stage.step(name, _DESK) as step:
        slip = child.birth_name.replace("-", " ")
        local = on_card(child)
        desk.files[_CHILD] = replace(local, traits=replace(local.traits, birth_name=slip))
        nobody = await desk.ask(desk.files[_CHILD].traits)
        step.check(nobody.code == "01", "le code 01", nobody.code)
        await desk.own.fact(step, _SEARCHED, code="01", hint="birth_name")
        found = await desk.read_card(child)
        step.check(found.matricule == child.ins.matricule, "l'INS de l'enfant, non du parent", found.code)
        await desk.own.fact(step, _SEARCHED, code="00", operation="rechercherInsAvecCarteVitale")
        shown = desk.accept(_CHILD, found)
        step.check("birth_name" in [each.trait for each in shown], "l'écart de nom montré", words(shown))
        check_status(step, desk.files[_CHILD], "récupérée")
        desk.files[_CHILD] = desk.files[_CHILD].checked(
            Proof.LIVRET_FAMILLE, minor=True, parent_proof=Proof.CARTE_IDENTITE
        )
        check_status(step, desk.files[_CHILD], "qualifiée", leaves=True)
        step.say(words(shown))


async def _several_found(desk: Desk) -> None:
    async with desk.own.stage.step("Plusieurs identités (02), puis une seule avec le lieu de naissance", _DESK) as step:
        traits = StrictTraits("PAT-HOMONYME", ("CAMILLE",), "F", "1983-05-15")
        desk.admit(_NAMESAKE, traits)
        several = await desk.ask(traits)
        step.check((several.code, several.matricule) == ("02", ""), "le code 02, rien de divulgué", several.code)
        check_status(step, desk.files[_NAMESAKE], "provisoire")
        found = await desk.ask(replace(traits, birth_place="58194"))
        step.check(found.code == "00", "le code 00", found.code)
        desk.accept(_NAMESAKE, found)
        check_status(step, desk.files[_NAMESAKE], "récupérée")


async def _strict_trait_changed_and_back(desk: Desk) -> None:
    async with desk.own.stage.step(
        "Trait strict modifié : l'INS est retirée ; nouvelle recherche : elle revient", _DESK
    ) as step:
        right = desk.files[_ADULT].traits
        desk.files[_ADULT] = desk.files[_ADULT].corrected(birth_date="1979-03-29")
        check_status(step, desk.files[_ADULT], "validée")
        step.check(desk.files[_ADULT].ins is None, "le matricule effacé")
        step.check((await desk.ask(desk.files[_ADULT].traits)).code == "01", "le code 01 pour la date fausse")
        found = await desk.ask(right)
        shown = desk.accept(_ADULT, found)
        check_status(step, desk.files[_ADULT], "récupérée")
        desk.files[_ADULT] = desk.files[_ADULT].checked(Proof.CARTE_IDENTITE)
        check_status(step, desk.files[_ADULT], "qualifiée", leaves=True)
        step.say(f"{words(shown)} ; pièce contrôlée de nouveau")


async def _doubt_and_merge(desk: Desk) -> None:
    async with desk.own.stage.step("Identité douteuse : ni recherche ni validation ; doublon fusionné", _DESK) as step:
        doubtful = desk.files[_ADULT].marked(Attribute.DOUTEUSE)
        check_status(step, doubtful, "provisoire")
        try:
            doubtful.checked(Proof.PASSEPORT)
        except NotAllowed as refused:
            step.say(str(refused))
        else:
            step.check(False, "une validation refusée")
        double = desk.admit("doublon", typed(desk.own.stage.country.patient(roles.PATIENT)))
        merged = double.merged(desk.files[_ADULT])
        del desk.files["doublon"]
        step.check(merged.ins == desk.files[_ADULT].ins, "l'identité la mieux contrôlée gardée", merged.status)
        desk.files[_ADULT] = merged
        check_status(step, merged, "qualifiée", leaves=True)
        try:
            merged.merged(desk.files[_NAMESAKE])
        except NotAllowed:
            return
        step.check(False, "la fusion de deux INS différentes refusée")


async def _refused_certificate(desk: Desk) -> None:
    async with desk.own.stage.step(
        "Certificat de CN inattendu : appel refusé, l'identité ne bouge pas", "exploitant"
    ) as step:
        wrong = Desk.of(desk.own, desk.structure, "INSI-MANUEL")
        try:
            await wrong.ask(desk.files[_ADULT].traits)
        except Refused as refused:
            step.check(refused.code == "desir_560", "desir_560", str(refused))
            step.say(refused.reason)
        else:
            step.check(False, "un refus")
        await desk.own.fact(step, "ins.identity.refused", code="desir_560")
        check_status(step, desk.files[_ADULT], "qualifiée", leaves=True)


async def _verified_again(desk: Desk) -> None:
    name = "Vérification unitaire, puis du fichier : un KO retire l'INS et va dans la liste de travail"
    async with desk.own.stage.step(name, "cellule d'identitovigilance", "EXI SI 08") as step:
        step.check(await desk.verify(_ADULT), "OK pour l'adulte")
        await desk.own.fact(step, "ins.identity.verified", verdict="OK")
        child = desk.files[_CHILD].ins
        assert child is not None, "the child was retrieved above"
        pseudonym = Pseudonyms.of_home(desk.own.stage.running.plan.home).of(child)
        await desk.own.break_at("ins.verification.ko", patient=pseudonym)
        found = await desk.verify_all()
        step.check(found == {_ADULT: "OK", _CHILD: "KO", _NAMESAKE: "OK"}, "un KO, pour l'enfant", found)
        await desk.own.fact(step, "ins.verification.finished", ok=2, ko=1, unreadable=0)
        step.check(desk.worklist == [_CHILD], "l'enfant dans la liste de travail", desk.worklist)
        check_status(step, desk.files[_CHILD], "validée")
        check_status(step, desk.files[_ADULT], "qualifiée", leaves=True)
        calls = await desk.own.journal("ins", at_least=11)
        step.say(f"{len(calls)} appels d'INSi au journal ; historique : {' → '.join(desk.files[_ADULT].log)}")
