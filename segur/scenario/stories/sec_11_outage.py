"""SEC-11: Pro Santé Connect slows down, answers 5xx, stops and comes back under a surge of logins."""

from __future__ import annotations

import asyncio
import time

from segur.personas import roles
from segur.scenario.actors.fhir_lps import FhirSoftware, Refused
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story

_RAMP_MS = (100, 300, 600)
_SURGE = (
    roles.OTHER_DOCTOR,
    roles.EMERGENCY_DOCTOR,
    roles.RADIOLOGIST,
    roles.BIOLOGIST,
    roles.PHARMACIST,
    roles.NUCLEAR_DOCTOR,
    roles.DENTIST,
    roles.MIDWIFE,
    roles.NURSE,
    roles.PHYSIOTHERAPIST,
    roles.PODIATRIST,
    roles.ORTHOPTIST,
)


@story("SEC-11", "Panne de Pro Santé Connect et rétablissement", pillar="psc")
async def outage(stage: Stage) -> None:
    """Latency ramp, 5xx, total stop, recovery; who is signed in keeps what does not need PSC."""
    async with ground(stage, "sec-11") as own:
        user = stage.country.professional(roles.GENERAL_PRACTITIONER)
        async with stage.step("Avant la panne : session ouverte, lecture du DMP avec le jeton", "LGC") as step:
            login = await psc_login.sign_in(own, str(user.id_nat))
            reader = FhirSoftware(stage.client(), own.base, user, login.access_token)
            step.check(await reader.has_dmp(stage.country.patient(roles.PATIENT).ins), "un DMP ouvert")
        await _slower(own, login)
        await _errors(own, login)
        await _stop(own, login, reader)
        await _surge(own, login)


async def _slower(own: Ground, login: Login) -> None:
    async with own.stage.step("Les réponses ralentissent : 100, 300 puis 600 ms", "LGC") as step:
        told = []
        for delay in _RAMP_MS:
            rule = await own.break_at("gateway.network.latency", delay_ms=delay, operation="psc")
            begun = time.monotonic()
            answer = await login.software.userinfo(login.access_token)
            told.append(round((time.monotonic() - begun) * 1_000))
            await own.mend(rule)
            step.check(answer.status_code == 200, "200, en retard", answer.status_code)
            step.check(told[-1] >= delay, f"au moins {delay} ms", told[-1])
        step.say(", ".join(f"{one} ms" for one in told))


async def _errors(own: Ground, login: Login) -> None:
    async with own.stage.step(
        "503 au rafraîchissement, puis réussite : le jeton de rafraîchissement a survécu", "LGC"
    ) as step:
        await own.break_at("psc.token.unavailable", count=2)
        token = str(login.tokens["refresh_token"])
        told = [refusal(await login.software.refresh(token)) for _ in range(2)]
        step.check(all(one.startswith("503 temporarily_unavailable") for one in told), "503, deux fois", told)
        answer = await login.software.refresh(token)
        step.check(answer.status_code == 200, "des jetons", refusal(answer))
        login.tokens = answer.json()
        step.say(f"{told[0]} ; au troisième essai : jetons")


async def _stop(own: Ground, login: Login, reader: FhirSoftware) -> None:
    stage, patient = own.stage, own.stage.country.patient(roles.PATIENT)
    async with stage.step("Arrêt total : page de connexion et jetons en 503, dits comme tels", "LGC") as step:
        rule = await own.break_at("gateway.upstream.unavailable", operation="psc")
        attempt = await login.software.begin()
        page = await own.browser().open(attempt.url, attempt.params)
        step.check(page.status_code == 503, "503", page.status_code)
        step.check((await login.software.refresh(str(login.tokens["refresh_token"]))).status_code == 503, "503")
        step.say(page.json()["detail"])
    async with stage.step(
        "Introspection en panne : le DMP dit qu'il attend PSC, pas que le jeton est faux", "DRIMbox"
    ) as step:
        fresh = FhirSoftware(reader.client, own.base, reader.user, str(login.tokens["access_token"]))
        try:
            await fresh.has_dmp(patient.ins)
        except Refused as refused:
            step.check(refused.status == 503, "503, jamais 401", refused.status)
            step.say(f"{refused.status} {refused.code} : {refused.reason}")
        else:
            step.check(False, "une indisponibilité")
    async with stage.step("Rétablissement : la même session repart sans nouvelle connexion", "LGC") as step:
        begun = time.monotonic()
        await own.mend(rule)
        answer = await login.software.refresh(str(login.tokens["refresh_token"]))
        step.check(answer.status_code == 200, "des jetons", refusal(answer))
        again = FhirSoftware(reader.client, own.base, reader.user, str(answer.json()["access_token"]))
        step.check(await again.has_dmp(patient.ins), "un DMP ouvert")
        step.say(f"service rendu {round((time.monotonic() - begun) * 1_000)} ms après le rétablissement")


async def _surge(own: Ground, login: Login) -> None:
    stage = own.stage
    async with stage.step(f"Reprise : {len(_SURGE)} professionnels se connectent ensemble", "tous") as step:
        people = [str(stage.country.professional(role).id_nat) for role in _SURGE]
        begun = time.monotonic()
        came = await asyncio.gather(
            *(psc_login.sign_in(own, one, software=login.software) for one in people), return_exceptions=True
        )
        failed = [str(one) for one in came if isinstance(one, BaseException)]
        if failed:
            raise NotHeld(f"attendu : {len(people)} connexions ; échecs : {failed[:3]}")
        sessions = {one.claims["sid"] for one in came if isinstance(one, Login)}
        step.check(len(sessions) == len(people), "une session chacun", len(sessions))
        step.say(f"{len(people)} connexions en {time.monotonic() - begun:.2f} s, aucune bloquée")
