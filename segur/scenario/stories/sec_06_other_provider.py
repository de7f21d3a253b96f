"""SEC-06: the same software with another OpenID Connect provider, told by configuration only."""

from __future__ import annotations

import json
from typing import Any

from segur.personas import roles
from segur.scenario.actors.psc_browser import returned
from segur.scenario.actors.psc_software import Rejected
from segur.scenario.actors.user_table import UserTable, differences, user_of
from segur.scenario.acts import proxy, psc_login, register
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, story

_REQUIREMENTS = tuple(f"SSI/IAM.{number}" for number in ("80", "80.01", "80.02", "80.03", "83", "88", "94"))


@story("SEC-06", "Tout fournisseur OpenID Connect de l'hôpital", pillar="psc", requirements=_REQUIREMENTS)
async def any_provider(stage: Stage) -> None:
    """Two providers, one software: nothing hard-coded, nothing mixed up; people and keys change, in bulk too."""
    async with ground(stage, "sec-06-a") as first, ground(stage, "sec-06-b") as second:
        logins = [await _told_by_discovery(own) for own in (first, second)]
        await _one_is_not_the_other(first, second, logins)
        await _live_session(first, logins[0])
        await _mix_up(first, second)
        await _another_mode(second)
        await _new_key(second, logins[1])
        await _people_change(second, logins[1])


async def _told_by_discovery(own: Ground) -> Login:
    stage, user = own.stage, str(own.stage.country.professional(roles.EMERGENCY_DOCTOR).id_nat)
    async with stage.step(f"Fournisseur {own.sandbox} : toutes les adresses viennent de la découverte", "DPI") as step:
        login = await psc_login.sign_in(own, user)
        told = login.software.metadata
        foreign = [name for name, value in told.items() if name.endswith("_endpoint") and own.sandbox not in str(value)]
        step.check(not foreign, "des adresses de ce fournisseur seulement", foreign)
        await own.fact(step, "psc.session.opened", id_nat=user)
        step.show(Exchange("CONTRAT", str(told["issuer"]), "généré", "", _contract(told, login)))
        step.say(f"issuer {told['issuer']}, contrat d'interface généré depuis la découverte")
    return login


def _contract(told: dict[str, Any], login: Login) -> str:
    """The interface contract of the software with this provider, as far as it uses it."""
    used = {name: told[name] for name in sorted(told) if name.endswith("_endpoint") or name in ("issuer", "jwks_uri")}
    account = {"clé du compte": "SubjectNameID", "jetons": sorted(login.tokens), "claims": sorted(login.claims)}
    return json.dumps({"adresses": used, **account}, ensure_ascii=False, indent=1)


async def _one_is_not_the_other(first: Ground, second: Ground, logins: list[Login]) -> None:
    stage, (one, other) = first.stage, logins
    async with stage.step("Le jeton d'un fournisseur ne vaut rien chez l'autre", "DPI") as step:
        told = await other.software.introspect(one.access_token)
        step.check(told == {"active": False}, "inactif", told)
        answer = await other.software.userinfo(one.access_token)
        step.check(answer.status_code == 401, "401", answer.status_code)
        step.check("Bearer" in answer.headers.get("www-authenticate", ""), "WWW-Authenticate: Bearer", answer.headers)
    async with stage.step("id_token d'un autre issuer : le logiciel le rejette", "DPI") as step:
        try:
            await other.software.check_id_token(one.tokens, one.attempt.params["nonce"], second.now())
        except Rejected as rejected:
            step.say(str(rejected))
            step.check("iss" in str(rejected), "iss en cause", rejected)
        else:
            step.check(False, "un rejet")


async def _live_session(own: Ground, login: Login) -> None:
    async with own.stage.step("Jeton encore vivant : réutilisé sans nouvelle connexion (prompt=none)", "DPI") as step:
        step.check((await login.software.introspect(login.access_token))["active"], "un jeton actif")
        attempt = await login.software.begin(prompt="none")
        came = returned(await login.browser.open(attempt.url, attempt.params))
        step.check(bool(login.software.land(attempt, came)), "un code sans page", came)
    async with own.stage.step("Sans session, prompt=none : login_required, jamais de page", "DPI") as step:
        attempt = await login.software.begin(prompt="none")
        came = returned(await own.browser().open(attempt.url, attempt.params))
        step.check(came.get("error") == "login_required", "login_required", came)


async def _mix_up(first: Ground, second: Ground) -> None:
    stage, user = first.stage, str(first.stage.country.professional(roles.NURSE).id_nat)
    async with stage.step(
        "Réponse d'un fournisseur présentée comme celle de l'autre : rejetée par iss (RFC 9207)", "DPI"
    ) as step:
        software, other = first.software(), second.software()
        attempt, page = await psc_login.login_page(software, (browser := first.browser()))
        came = returned(await browser.choose(page, user))
        await other.discover()
        try:
            other.land(attempt, came)
        except Rejected as rejected:
            step.say(str(rejected))
        else:
            step.check(False, "un rejet", came)


async def _another_mode(own: Ground) -> None:
    stage, user = own.stage, str(own.stage.country.professional(roles.RADIOLOGIST).id_nat)
    async with stage.step(
        "Autre mode chez le second fournisseur : CIBA, sans navigateur", "RIS", "SSI/IAM.80.03"
    ) as step:
        await proxy.always_approve(own, user)
        asked = (await psc_login.ask_phone(software := own.software(), user, "42")).raise_for_status().json()
        answer = await psc_login.poll(software, asked["auth_req_id"])
        step.check(answer.status_code == 200, "des jetons", psc_login.refusal(answer))
        await own.fact(step, "psc.session.opened", id_nat=user, flow="ciba")


async def _new_key(own: Ground, login: Login) -> None:
    async with own.stage.step(
        "Le second fournisseur change de clé : l'ancien jeton se vérifie encore, le nouveau aussi", "DPI"
    ) as step:
        told = await own.stage.client().post(f"{own.base}/psc/keys/rotation")
        step.check(told.status_code == 200, "200", told.text[:200])
        old, new = psc_login.key_of(str(login.tokens["id_token"])), str(told.json()["kid"])
        step.check(old != new, "une autre clé", new)
        await login.software.check_id_token(login.tokens, login.attempt.params["nonce"], own.now())
        again = await psc_login.sign_in(own, str(login.claims["SubjectNameID"]), software=login.software)
        signed = psc_login.key_of(str(again.tokens["id_token"]))
        step.check(signed == new, f"un id_token sous {new}", signed)
        published = (await own.stage.client().get(str(login.software.metadata["jwks_uri"]))).json()["keys"]
        step.check({old, new} <= {key["kid"] for key in published}, "les deux clés publiées", len(published))
        step.say(f"{old[:12]}… puis {new[:12]}…, trouvée par son kid")


async def _people_change(own: Ground, login: Login) -> None:
    stage, user = own.stage, str(login.claims["SubjectNameID"])
    table = UserTable()
    async with stage.step("Fichier en masse : tous les professionnels de l'extraction sont importés", "DPI") as step:
        count = table.load(await register.extraction(own))
        step.check(user in table.users and count >= len(stage.country.professionals) - 1, "tout le monde", count)
        before = table.extract()
        step.say(f"{count} comptes importés, {len(before)} octets extraits")
    async with stage.step(
        "Nom et rôle changés à la source : la connexion suivante les suit, le compte reste", "DPI"
    ) as step:
        was = table.users[user]
        await register.change(own, step, user, family_name="Nouveaunom", speciality="SM26")
        token = (await psc_login.sign_in(own, user)).access_token

        async def followed() -> bool:
            claims = (await login.software.userinfo(token)).json()
            return bool(user_of(claims).nom == "NOUVEAUNOM")

        seconds = await own.until("le nouveau nom dans userinfo", followed)
        changed = table.follow(user_of((await login.software.userinfo(token)).json()))
        step.check(set(changed) == {"nom", "savoir_faire"}, "nom et savoir-faire, rien d'autre", changed)
        step.say(f"{was.nom} {was.savoir_faire} → {table.users[user].nom} SM26, suivis en {seconds:.1f} s")
    async with stage.step("Extraction avant et après : une ligne change ; la source en dit autant", "DPI") as step:
        lines = differences(before, table.extract())
        step.check(len(lines) == 2, "une ligne remplacée", lines)
        again = UserTable()
        again.load(await register.extraction(own))
        step.check(again.users[user] == table.users[user], "la même personne dans le fichier", again.users[user])
        step.show(Exchange("EXTRACTION", "comptes.csv", "comparée", before[:2_000], "\n".join(lines)))
        step.say(" ; ".join(lines))
