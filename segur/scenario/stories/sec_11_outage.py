"""SEC-11: Pro Santé Connect slows down, answers 5xx, stops for an hour and comes back under a surge of logins.

The digest names no requirement of its own for it, but that mail sessions follow those of MSS-02 [digest 3.3]. The hour
passes by the sandbox's clock.
"""

from __future__ import annotations

import asyncio
import time

from segur.personas import roles
from segur.personas.mailboxes import in_sandbox
from segur.scenario.actors.fhir_lps import FhirSoftware, Refused
from segur.scenario.actors.mail_client import MailRefused
from segur.scenario.actors.mail_session import MailSession, autoconfig
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, story

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
_WORKING = (roles.OTHER_DOCTOR, roles.RADIOLOGIST, roles.NURSE, roles.PHYSIOTHERAPIST)
_MINUTES = (0, 1, 5, 10, 20, 29, 31, 45, 60)
_IDLE_MIN = 30
"""After so long without a refresh a PSC session is over, and its mail sessions with it [MSS-02]."""
_WORKS = "servi"


@story(
    "SEC-11",
    "Panne de Pro Santé Connect et rétablissement",
    pillar="psc",
    requirements=("MSS/CONF.08", "MSS/CONF.10", "MSS/CONF.11"),
)
async def outage(stage: Stage) -> None:
    """Latency ramp, 5xx, a stop of sixty minutes, recovery; who is signed in keeps what does not need PSC."""
    async with ground(stage, "sec-11") as own:
        user = stage.country.professional(roles.GENERAL_PRACTITIONER)
        async with stage.step("Avant la panne : session ouverte, lecture du DMP avec le jeton", "LGC") as step:
            login = await psc_login.sign_in(own, str(user.id_nat))
            reader = FhirSoftware(stage.client(), own.base, user, login.access_token)
            step.check(await reader.has_dmp(stage.country.patient(roles.PATIENT).ins), "un DMP ouvert")
        await _slower(own, login)
        await _errors(own, login)
        await _stop(own, login, reader)
        await _hour(own, login)


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


async def _hour(own: Ground, login: Login) -> None:
    stage = own.stage
    doctor = stage.country.professional(roles.GENERAL_PRACTITIONER)
    people = [str(stage.country.professional(role).id_nat) for role in _WORKING]
    async with stage.step(
        f"{len(people)} sessions ouvertes, dont une boîte de messagerie, avant l'heure", "tous"
    ) as step:
        logins = [await psc_login.sign_in(own, one, software=login.software) for one in people]
        mail = await _mailbox(own, doctor.mailbox)
        await mail.open((await psc_login.sign_in(own, str(doctor.id_nat), software=login.software)).access_token)
        step.check(await mail.alive(), "une session de messagerie")
    async with stage.step(
        "Soixante minutes d'arrêt : bloqués minute par minute, la messagerie ouverte reste", "tous"
    ) as step:
        rule = await own.break_at("gateway.upstream.unavailable", operation="psc")
        table, minute = [], 0
        for mark in _MINUTES:
            await own.shift((mark - minute) * 60)
            minute = mark
            told = [await _state(one) for one in logins]
            blocked = [one for one in told if one != _WORKS]
            at_mail = await mail.alive() if mark < _IDLE_MIN else None
            step.check(at_mail is not False, f"la session IMAP vivante à la minute {mark}")
            beside = ", IMAP ouverte" if at_mail else ""
            table.append(f"{mark} min : {len(blocked)}/{len(people)} ({', '.join(sorted(set(told)))}{beside})")
        step.check(all("503" in line for line in table), "503, dit comme tel", table)
        step.show(Exchange("MESURE", "bloqués par minute", f"{minute} min", "", "\n".join(table)))
        step.say(" ; ".join(table))
    await _recovery(own, login, logins, rule, mail)


async def _recovery(own: Ground, login: Login, logins: list[Login], rule: str, mail: MailSession) -> None:
    stage = own.stage
    async with stage.step(
        "Rétablissement : une heure sans usage a clos les sessions, chacun se reconnecte", "tous"
    ) as step:
        begun = time.monotonic()
        await own.mend(rule)
        told = {refusal(await one.software.refresh(str(one.tokens["refresh_token"]))) for one in logins}
        step.check(told == {"400 invalid_grant: Token is not active"}, "Token is not active, plus jamais 503", told)
        step.say(" ; ".join(told))
    await _surge(own, login, begun)
    async with stage.step("La messagerie suit : fermée avec la session, rouverte avec le nouveau jeton", "LGC") as step:
        await mail.close()
        old = str(login.tokens["access_token"])
        try:
            await mail.open(old)
        except MailRefused as refused:
            step.say(refused.text)
        else:
            step.check(False, "le jeton d'avant la panne refusé")
        doctor = str(stage.country.professional(roles.GENERAL_PRACTITIONER).id_nat)
        await mail.open((await psc_login.sign_in(own, doctor, software=login.software)).access_token)
        step.check(await mail.alive(), "une session rouverte")
        await mail.close()


async def _state(login: Login) -> str:
    """What a user who must refresh is told now: `ça marche`, or the refusal."""
    answer = await login.software.refresh(str(login.tokens["refresh_token"]))
    return _WORKS if answer.status_code == 200 else f"{answer.status_code}"


async def _mailbox(own: Ground, address: str) -> MailSession:
    shown = in_sandbox(address, own.sandbox)
    settings = await autoconfig(own.stage.client(), own.base, shown)
    return MailSession(settings, own.stage.authority.bundle, shown)


async def _surge(own: Ground, login: Login, recovered: float) -> None:
    """Everybody signs in at once; `recovered` is the moment PSC came back (monotonic seconds)."""
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
        now = time.monotonic()
        step.say(
            f"{len(people)} connexions en {now - begun:.2f} s, aucune bloquée ; tous servis {now - recovered:.2f} s "
            "après le rétablissement"
        )
