"""SEC-09: how long a session lives without use, at most, and what opens it again: at PSC and in the software.

Passwords are the software's own: a reference of ours plays it (`actors/local_accounts.py`), under the sandbox's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from segur.personas import roles
from segur.scenario.actors.local_accounts import (
    IDLE_S,
    LOCKED_S,
    ONE_FACTOR_S,
    TRIES,
    LocalAccounts,
    NotOpened,
    strength,
    weakness,
)
from segur.scenario.actors.psc_browser import returned
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story

_OVER = {"400 invalid_grant: Token is not active", "400 invalid_grant: Session not active"}
_MINUTE = 60.0
_WRONG = "faux"
_LOGIN = "c.durand"
_GOOD = "Vélo-Lune-37"
_WEAK = ("c.durand", "Motdepasse2026!", "abc123", "aaaaaaaaaa", "Durand-2026-Lune", "20261124")


@story(
    "SEC-09",
    "Inactivité, durée maximale et réouverture de session",
    pillar="psc",
    requirements=("SSI/IE.36", "SSI/IE.37", "SSI/IE.38", "SSI/IE.39", "SSI/IE.58"),
)
async def session_life(stage: Stage) -> None:
    """What PSC holds: 120 s, 30 minutes, 4 hours; what the software holds: passwords, tries, two hours, one factor."""
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
            mend = await own.fact(step, "psc.client.misconfigured", rule="wrong_secret")
            step.say(f"{' ; '.join(sorted(told))} ; à l'éditeur : {mend['fix']}")
        await _passwords(own)
        await _wrong_in_a_row(own)
        await _idle_at_the_desk(own, user)


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


async def _passwords(own: Ground) -> None:
    async with own.stage.step(
        "Mots de passe faibles : refusés à la création, avec la raison", "LPS de référence"
    ) as step:
        desk, told = LocalAccounts(), []
        for weak in _WEAK:
            told.append(_refused(partial(desk.choose, _LOGIN, weak, own.now()), "weak"))
        step.check(not desk.accounts, "aucun compte", list(desk.accounts))
        step.check(not weakness(_LOGIN, _GOOD), "un mot de passe accepté", weakness(_LOGIN, _GOOD))
        account = desk.choose(_LOGIN, _GOOD, own.now())
        step.check(_GOOD.encode() not in account.digest, "jamais le mot de passe lui-même")
        again = _refused(lambda: desk.choose(_LOGIN, _GOOD, own.now()), "weak")
        step.say(f"{' ; '.join(sorted(set(told)))} ; accepté : {strength(_GOOD):.0f} bits ; puis : {again}")


async def _wrong_in_a_row(own: Ground) -> None:
    async with own.stage.step(
        f"{TRIES} mots de passe faux à la suite : compte bloqué, même pour le bon", "LPS de référence"
    ) as step:
        desk = LocalAccounts()
        desk.choose(_LOGIN, _GOOD, own.now())
        desk.both_factors(_LOGIN, own.now())
        for _ in range(TRIES):
            _refused(lambda: desk.reopen(_LOGIN, _WRONG, own.now()), "wrong")
        told = _refused(lambda: desk.reopen(_LOGIN, _GOOD, own.now()), "locked")
        await own.shift(LOCKED_S + 1)
        desk.reopen(_LOGIN, _GOOD, own.now())
        step.say(f"{told} ; rouvert {LOCKED_S / 60:.0f} min plus tard")


async def _idle_at_the_desk(own: Ground, user: str) -> None:
    stage, desk = own.stage, LocalAccounts()
    desk.choose(_LOGIN, _GOOD, own.now())
    async with stage.step(
        "Deux heures sans usage : la session se verrouille, un facteur la rouvre", "LPS de référence"
    ) as step:
        await psc_login.sign_in(own, user)
        desk.both_factors(_LOGIN, own.now())
        await own.shift(IDLE_S / 2)
        desk.use(_LOGIN, own.now())
        await own.shift(IDLE_S + 60)
        told = _refused(lambda: desk.use(_LOGIN, own.now()), "idle")
        desk.reopen(_LOGIN, _GOOD, own.now())
        step.say(told)
    async with stage.step(
        "Au-delà de quatre heures, un facteur ne suffit plus : PSC rouvre", "LPS de référence"
    ) as step:
        await own.shift(ONE_FACTOR_S)
        told = _refused(lambda: desk.reopen(_LOGIN, _GOOD, own.now()), "limit")
        again = await psc_login.sign_in(own, user)
        desk.both_factors(_LOGIN, own.now())
        desk.use(_LOGIN, own.now())
        await own.fact(step, "psc.session.opened", session_id=again.claims["sid"])
        traces = [what for _, what in desk.accounts[_LOGIN].traces]
        step.say(f"{told} ; traces : {', '.join(traces)}")


def _refused(act: Callable[[], object], rule: str) -> str:
    """The software's words; not held when it lets somebody in, or refuses for another reason."""
    try:
        act()
    except NotOpened as refused:
        if refused.rule == rule:
            return str(refused)
        raise NotHeld(f"attendu : un refus « {rule} » ; trouvé : « {refused.rule} » {refused}") from refused
    raise NotHeld(f"attendu : un refus « {rule} » ; trouvé : aucun")
