"""SEC-08: accounts of professionals are checked against the Annuaire Santé, at creation and every two years."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from segur.personas import roles
from segur.personas.mailboxes import in_sandbox
from segur.scenario.actors import directory_client
from segur.scenario.actors.mail_client import MailRefused
from segur.scenario.actors.mail_session import MailSession, autoconfig
from segur.scenario.actors.psc_browser import returned
from segur.scenario.acts import psc_login, register
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story

_TWO_YEARS_S = 730 * 86_400.0
_UNKNOWN_RPPS = "10799999999"
STRUCK_OFF = "RPPS radié"


@dataclass(slots=True)
class _Account:
    """A user's account in the software; `problem` is shown beside it, `due` is when the directory is asked next."""

    rpps: str
    verified_at: float = 0.0
    due: float = 0.0
    problem: str = ""
    usable: bool = True


@dataclass(slots=True)
class _UserDesk:
    """The editor's administration of users: what the directory does not know or cannot tell never blocks an account."""

    http: httpx.AsyncClient
    base: str
    accounts: dict[str, _Account] = field(default_factory=dict)

    async def create(self, rpps: str, now: float) -> _Account:
        """Make the account, and look its RPPS up at once."""
        self.accounts[rpps] = _Account(rpps)
        await self.review(now)
        return self.accounts[rpps]

    async def review(self, now: float) -> int:
        """Look up every account that is due; give how many were."""
        due = [account for account in self.accounts.values() if account.due <= now]
        for account in due:
            found = await self.http.get(
                f"{self.base}{directory_client.BASE_PATH}/Practitioner",
                params={"identifier": account.rpps},
                headers=directory_client.API_KEY,
            )
            if found.status_code != 200:
                account.problem, account.due = f"annuaire indisponible ({found.status_code})", now + 3_600
                continue
            entries = found.json().get("entry", [])
            if not entries:
                account.problem, account.due = "RPPS inconnu de l'annuaire", now + 86_400
                continue
            active = entries[0]["resource"].get("active", True)
            account.problem = "" if active else STRUCK_OFF
            account.verified_at, account.due = now, now + _TWO_YEARS_S
        return len(due)


@story(
    "SEC-08",
    "Vérification du RPPS des utilisateurs",
    pillar="psc",
    requirements=("SSI/IE.30", "SSI/IE.30.01", "SSI/IE.30.02", "SSI/IE.30.03", "SSI/IE.33"),
)
async def users_are_looked_up(stage: Stage) -> None:
    """Creation, directory away, unknown person, the check after two years; somebody struck off, seen everywhere."""
    async with ground(stage, "sec-08") as own:
        desk = _UserDesk(stage.client(), own.base)
        rpps = str(stage.country.professional(roles.GENERAL_PRACTITIONER).rpps)
        async with stage.step("Création d'un compte : le RPPS est vérifié", "administrateur") as step:
            account = await desk.create(rpps, own.now())
            step.check(account.verified_at and not account.problem, "un RPPS vérifié", account)
            step.say(f"RPPS {rpps} trouvé")
        await _directory_away(own, desk)
        await _unknown(own, desk)
        async with stage.step(
            "Deux ans plus tard (horloge du bac à sable) : nouvelle vérification", "logiciel"
        ) as step:
            before = account.verified_at
            step.check(await desk.review(own.now()) == 0, "rien à vérifier avant l'échéance")
            await own.shift(_TWO_YEARS_S + 86_400)
            reviewed = await desk.review(own.now())
            step.check(account.verified_at > before, "une nouvelle vérification", account)
            step.say(
                f"{reviewed} comptes revus, {len(await own.journal('annuaire', at_least=5))} recherches au journal"
            )
        await _struck_off(own, desk)


async def _directory_away(own: Ground, desk: _UserDesk) -> None:
    stage, rpps = own.stage, str(own.stage.country.professional(roles.NURSE).rpps)
    async with stage.step("Annuaire en panne : compte créé, non bloqué, problème affiché", "administrateur") as step:
        rule = await own.break_at("annuaire.search.unavailable")
        account = await desk.create(rpps, own.now())
        step.check(account.usable and not account.verified_at, "un compte utilisable et à vérifier", account)
        step.check("503" in account.problem, "l'indisponibilité affichée", account.problem)
        step.say(account.problem)
    async with stage.step("Annuaire rétabli : la reprise automatique trouve le RPPS", "logiciel") as step:
        await own.mend(rule)
        await own.shift(3_601)
        await desk.review(own.now())
        step.check(account.verified_at and not account.problem, "un RPPS vérifié", account)


async def _unknown(own: Ground, desk: _UserDesk) -> None:
    async with own.stage.step(
        "RPPS inconnu : compte non bloqué, problème affiché, nouvelle recherche prévue", "administrateur"
    ) as step:
        account = await desk.create(_UNKNOWN_RPPS, own.now())
        step.check(account.usable and account.problem == "RPPS inconnu de l'annuaire", "un problème affiché", account)
        step.check(account.due > own.now(), "une nouvelle recherche prévue", account.due)
        step.say(account.problem)


async def _struck_off(own: Ground, desk: _UserDesk) -> None:
    stage = own.stage
    gone, colleague = stage.country.professional(roles.DENTIST), stage.country.professional(roles.MIDWIFE)
    async with stage.step("Un dentiste est connecté, sa boîte ouverte ; puis il est radié du RPPS", "ordre") as step:
        login = await psc_login.sign_in(own, str(gone.id_nat))
        waiting = await psc_login.login_page(own.software(), browser := own.browser())
        mail = await _mailbox(own, gone.mailbox)
        await mail.open(login.access_token)
        account = await desk.create(str(gone.rpps), own.now())
        step.check(not account.problem, "un RPPS vérifié", account)
        entry = await register.strike_off(own, step, str(gone.id_nat))
        step.check(entry["active"] is False, "une fiche inactive", entry["active"])
        await own.fact(step, "annuaire.mailbox.withdrawn", address=gone.mailbox)
    async with stage.step(
        "La vérification suivante le voit : compte signalé, à clore par l'éditeur", "logiciel"
    ) as step:
        step.check(await desk.review(own.now()) == 0, "rien avant l'échéance")
        account.due = own.now()  # the administrator asks at once, not in two years
        await desk.review(own.now())
        step.check(account.problem == STRUCK_OFF, STRUCK_OFF, account.problem)
        boxes = await directory_client.find_mailboxes(stage.client(), own.base, str(gone.rpps))
        step.check(not boxes, "aucune adresse publiée", boxes)
        step.say(account.problem)
    async with stage.step(
        "PSC : plus de rafraîchissement, jeton inactif, userinfo et connexion refusés", "PSC"
    ) as step:
        told = await _refused_refresh(own, login)
        step.check(told == "400 invalid_grant: User disabled", "User disabled", told)
        step.check(not (await login.software.introspect(login.access_token))["active"], "un jeton inactif")
        answer = await login.software.userinfo(login.access_token)
        step.check(answer.status_code == 401, "401", answer.status_code)
        attempt, page = waiting
        came = returned(await browser.choose(page, str(gone.id_nat)))
        step.check(came.get("error") == "access_denied", "access_denied", came)
        step.check(came.get("state") == attempt.state, "state rendu", came)
        await own.fact(step, "psc.authentication.refused", error="access_denied", description="User disabled")
        phone = refusal(await psc_login.ask_phone(login.software, str(gone.id_nat), "42"))
        step.check(phone == "400 invalid_request: invalid user", "invalid user en CIBA", phone)
        step.say(f"{told} ; connexion : {came['error']} {came['error_description']} ; CIBA : {phone}")
    async with stage.step("MSSanté : sa boîte ne s'ouvre plus, et personne n'y écrit plus", "opérateur") as step:
        told = await _unopened(mail, login.access_token)
        held = "encore ouverte" if await mail.alive() else "fermée"
        await mail.close()
        sender = await _mailbox(own, colleague.mailbox)
        token = (await psc_login.sign_in(own, str(colleague.id_nat))).access_token
        words = await sender.may_write(token, in_sandbox(gone.mailbox, own.sandbox))
        step.check(words.startswith("550"), "550 à RCPT", words)
        step.check(await sender.may_write(token, sender.mailbox) == "", "les autres boîtes ouvertes")
        step.say(f"IMAP : {told} (la session d'avant la radiation : {held}) ; SMTP : {words}")


async def _mailbox(own: Ground, address: str) -> MailSession:
    shown = in_sandbox(address, own.sandbox)
    settings = await autoconfig(own.stage.client(), own.base, shown)
    return MailSession(settings, own.stage.authority.bundle, shown)


async def _refused_refresh(own: Ground, login: Login) -> str:
    """PSC's words at the refresh, once the fact has reached it."""
    told = ""

    async def refused() -> bool:
        nonlocal told
        answer = await login.software.refresh(str(login.tokens["refresh_token"]))
        told = refusal(answer)
        return answer.status_code != 200

    await own.until("un rafraîchissement refusé", refused)
    return told


async def _unopened(mail: MailSession, token: str) -> str:
    """The operator's words to one who may not open the box any more."""
    again = MailSession(mail.settings, mail.ca_bundle, mail.mailbox)
    try:
        await again.open(token)
    except MailRefused as refused:
        return refused.text
    await again.close()
    raise NotHeld("attendu : une boîte fermée ; trouvé : elle s'ouvre")
