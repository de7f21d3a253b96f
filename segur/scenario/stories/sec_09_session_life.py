"""SEC-09: how long a session lives without use, at most, and what opens it again: the part PSC holds."""

from __future__ import annotations

from segur.personas import roles
from segur.scenario.actors.psc_browser import returned
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import story

_OVER = {"400 invalid_grant: Token is not active", "400 invalid_grant: Session not active"}
_MINUTE = 60.0
_WRONG = "faux"


@story(
    "SEC-09",
    "Inactivité, durée maximale et réouverture de session",
    pillar="psc",
    requirements=("SSI/IE.36", "SSI/IE.37", "SSI/IE.38", "SSI/IE.39", "SSI/IE.58"),
)
async def session_life(stage: Stage) -> None:
    """120 s of access token, 30 minutes of inactivity, 4 hours at most; then both factors again."""
    async with ground(stage, "sec-09") as own:
        user = str(stage.country.professional(roles.OTHER_DOCTOR).id_nat)
        login = await _used(own, user)
        await _idle(own, login)
        await _four_hours(own, user)
        async with stage.step(
            "Secret du logiciel erroné, cinq fois : refus à chaque fois, sans jeton", "attaquant"
        ) as step:
            thief = own.software(secret=_WRONG)
            told = {refusal(await thief.refresh(str(login.tokens["refresh_token"]))) for _ in range(5)}
            step.check(all(each.startswith("401 ") for each in told), "401", told)
            step.say(" ; ".join(sorted(told)))


async def _used(own: Ground, user: str) -> Login:
    stage = own.stage
    async with stage.step("Le jeton d'accès meurt après 120 s ; le rafraîchir suffit", "logiciel") as step:
        login = await psc_login.sign_in(own, user)
        await own.shift(121)
        step.check(not (await login.software.introspect(login.access_token))["active"], "un jeton inactif")
        answer = await login.software.refresh(str(login.tokens["refresh_token"]))
        step.check(answer.status_code == 200, "des jetons", refusal(answer))
        login.tokens = answer.json()
        await own.fact(step, "psc.session.refreshed", session_id=login.claims["sid"])
    async with stage.step("Travail continu : 20 min puis 20 min, la fenêtre repart à chaque usage", "logiciel") as step:
        for _ in range(2):
            await own.shift(20 * _MINUTE)
            answer = await login.software.refresh(str(login.tokens["refresh_token"]))
            step.check(answer.status_code == 200, "des jetons", refusal(answer))
            login.tokens = answer.json()
    return login


async def _idle(own: Ground, login: Login) -> None:
    stage = own.stage
    async with stage.step("31 min sans usage : le rafraîchissement est refusé", "logiciel") as step:
        await own.shift(31 * _MINUTE)
        told = refusal(await login.software.refresh(str(login.tokens["refresh_token"])))
        step.check(told in _OVER, "Token is not active", told)
        step.say(told)
    async with stage.step("Le même navigateur : login_required, puis les deux facteurs à nouveau", "logiciel") as step:
        attempt = await login.software.begin(prompt="none")
        came = returned(await login.browser.open(attempt.url, attempt.params))
        step.check(came.get("error") == "login_required", "login_required", came)
        await psc_login.login_page(login.software, login.browser)


async def _four_hours(own: Ground, user: str) -> None:
    stage = own.stage
    async with stage.step("Session utilisée sans pause : close à 4 h, pas avant, pas après", "logiciel") as step:
        login = await psc_login.sign_in(own, user)
        for minutes in (29, 29, 29, 29, 29, 29, 29, 29):
            await own.shift(minutes * _MINUTE)
            answer = await login.software.refresh(str(login.tokens["refresh_token"]))
            step.check(answer.status_code == 200, "des jetons avant 4 h", refusal(answer))
            login.tokens = answer.json()
        left = int(login.tokens["refresh_expires_in"])
        step.check(left < 9 * 60, "moins de 9 min restantes : aucun jeton ne survit à la session", left)
        await own.shift(left + 1)
        told = refusal(await login.software.refresh(str(login.tokens["refresh_token"])))
        step.check(told in _OVER, "Session not active", told)
        step.say(f"à 4 h : {told}")
