"""SEC-03: a thick client asks for a login on the professional's phone or card tool, and polls (CIBA)."""

from __future__ import annotations

from typing import Any

from segur.personas import roles
from segur.scenario.actors.psc_software import PscSoftware
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import decoded, refusal, shown
from segur.scenario.stage import Stage
from segur.scenario.story import story

_SLOW_DOWN = "400 slow_down: too early to access"
_INTERVAL_S = 6
"""A poll's interval and the second that makes it over."""


@story("SEC-03", "Connexion PSC en CIBA", pillar="psc", requirements=("PSC.01.03",))
async def ciba_login(stage: Stage) -> None:
    """The timeline of a CIBA login, then each way it can end otherwise."""
    async with ground(stage, "sec-03") as own:
        software = own.software()
        user = str(stage.country.professional(roles.BIOLOGIST).id_nat)
        tokens = await _approved(own, software, user)
        await _out_and_in(own, software, user, tokens)
        await _not_approved(own, software, user)
        await _never_asked(own, software, user)


async def _asked(software: PscSoftware, user: str, number: str, **changes: str) -> dict[str, Any]:
    answer = await psc_login.ask_phone(software, user, number, **changes)
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


async def _approved(own: Ground, software: PscSoftware, user: str) -> dict[str, Any]:
    stage = own.stage
    async with stage.step("Demande, nombre affiché, attente, slow_down si l'on insiste", "SIL") as step:
        asked = await _asked(software, user, "42")
        step.check((asked["expires_in"], asked["interval"]) == (120, 5), "120 s, un sondage toutes les 5 s", asked)
        told = [refusal(await psc_login.poll(software, asked["auth_req_id"]))]
        step.check(told[0].startswith("400 authorization_pending"), "authorization_pending", told[0])
        # A machine so slow that the interval passes between two polls is asked again.
        while told[-1] != _SLOW_DOWN and len(told) < 4:
            told.append(refusal(await psc_login.poll(software, asked["auth_req_id"])))
        step.check(told[-1] == _SLOW_DOWN, "slow_down", told)
        step.say(" ; ".join(told))
    async with stage.step("Le professionnel lit 42 sur son téléphone et approuve : des jetons", "SIL") as step:
        await psc_login.answer_phone(own, user, "42")
        await own.shift(_INTERVAL_S)
        tokens = await psc_login.poll(software, asked["auth_req_id"])
        step.check(tokens.status_code == 200, "des jetons", refusal(tokens))
        await own.fact(step, "psc.session.opened", id_nat=user, flow="ciba")
        step.say(shown(decoded(tokens.json()["access_token"]), "preferred_username", "authMode", "acr", "azp"))
    async with stage.step("La même demande ne sert qu'une fois", "SIL") as step:
        await own.shift(_INTERVAL_S)
        again = refusal(await psc_login.poll(software, asked["auth_req_id"]))
        step.check(again == "400 invalid_grant: Invalid Auth Req ID", "Invalid Auth Req ID", again)
    found: dict[str, Any] = tokens.json()
    return found


async def _out_and_in(own: Ground, software: PscSoftware, user: str, tokens: dict[str, Any]) -> None:
    stage = own.stage
    async with stage.step("Déconnexion depuis le logiciel, puis nouvelle demande par carte", "SIL") as step:
        gone = await software.call("end_session_endpoint", refresh_token=tokens["refresh_token"])
        step.check(gone.status_code == 204, "204", refusal(gone) if gone.content else gone.status_code)
        await own.fact(step, "psc.session.closed", session_id=tokens["session_state"], reason="logout")
        step.check(not (await software.introspect(tokens["access_token"]))["active"], "un jeton inactif")
        asked = await _asked(software, user, "17", channel="CARD")
        await psc_login.answer_phone(own, user, "17")
        answer = await psc_login.poll(software, asked["auth_req_id"])
        step.check(answer.status_code == 200, "des jetons", refusal(answer))
        await own.fact(step, "psc.session.opened", id_nat=user, flow="ciba", means="CARD")


async def _not_approved(own: Ground, software: PscSoftware, user: str) -> None:
    stage = own.stage
    async with stage.step("Le professionnel refuse : access_denied", "SIL") as step:
        asked = await _asked(software, user, "23")
        await psc_login.answer_phone(own, user, "23", "refuse")
        told = refusal(await psc_login.poll(software, asked["auth_req_id"]))
        step.check(told == "400 access_denied: not authorized", "access_denied", told)
        await own.fact(step, "psc.authentication.refused", error="access_denied")
    async with stage.step("Silence pendant 121 s : expired_token", "SIL") as step:
        asked = await _asked(software, user, "24")
        await own.shift(121)
        told = refusal(await psc_login.poll(software, asked["auth_req_id"]))
        step.check(told == "400 expired_token: authentication timed out", "expired_token", told)


async def _never_asked(own: Ground, software: PscSoftware, user: str) -> None:
    stage = own.stage
    async with stage.step("Identité inconnue de PSC : invalid user", "SIL") as step:
        told = refusal(await psc_login.ask_phone(software, "899799999999", "25"))
        step.check(told == "400 invalid_request: invalid user", "invalid user", told)
    async with stage.step("Téléphone injoignable : 503, le logiciel propose un autre moyen", "SIL") as step:
        rule = await own.break_at("psc.ciba.device_down", count=1, actor=user)
        answer = await psc_login.ask_phone(software, user, "26")
        await own.mend(rule)
        step.check(
            (answer.status_code, answer.json()["error"]) == (503, "server_error"), "503 server_error", refusal(answer)
        )
        step.say(refusal(answer))
    async with stage.step("Message de plus de 50 caractères : invalid_binding_message", "SIL") as step:
        told = refusal(await psc_login.ask_phone(software, user, "9" * 51))
        step.check(told.startswith("400 invalid_binding_message"), "invalid_binding_message", told)
