"""SEC-06: the same software with another OpenID Connect provider, told by configuration only."""

from __future__ import annotations

from segur.personas import roles
from segur.scenario.actors.psc_browser import returned
from segur.scenario.actors.psc_software import Rejected
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login
from segur.scenario.stage import Stage
from segur.scenario.story import story

_REQUIREMENTS = tuple(f"SSI/IAM.{number}" for number in ("80", "80.01", "80.02", "80.03", "83", "88", "94"))


@story("SEC-06", "Tout fournisseur OpenID Connect de l'hôpital", pillar="psc", requirements=_REQUIREMENTS)
async def any_provider(stage: Stage) -> None:
    """Two providers, one software: nothing of the one is hard-coded, nothing of the one is accepted for the other."""
    async with ground(stage, "sec-06-a") as first, ground(stage, "sec-06-b") as second:
        logins = [await _told_by_discovery(own) for own in (first, second)]
        await _one_is_not_the_other(first, second, logins)
        await _live_session(first, logins[0])
        await _mix_up(first, second)


async def _told_by_discovery(own: Ground) -> Login:
    stage, user = own.stage, str(own.stage.country.professional(roles.EMERGENCY_DOCTOR).id_nat)
    async with stage.step(f"Fournisseur {own.sandbox} : toutes les adresses viennent de la découverte", "DPI") as step:
        login = await psc_login.sign_in(own, user)
        told = login.software.metadata
        foreign = [name for name, value in told.items() if name.endswith("_endpoint") and own.sandbox not in str(value)]
        step.check(not foreign, "des adresses de ce fournisseur seulement", foreign)
        await own.fact(step, "psc.session.opened", id_nat=user)
        step.say(f"issuer {told['issuer']}")
    return login


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
