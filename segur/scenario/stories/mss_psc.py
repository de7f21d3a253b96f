"""MSS-01 and MSS-02, their Pro Santé Connect part: a mailbox opened with a token, and what its session's end ends."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from segur.kernel.pki import Authority
from segur.personas import roles
from segur.personas.mailboxes import in_sandbox
from segur.personas.states import MailboxKind
from segur.scenario.actors.mail_client import MailRefused
from segur.scenario.actors.mail_session import MailSession, MailSettings, autoconfig
from segur.scenario.actors.psc_software import Rejected
from segur.scenario.acts import psc_login, register
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login, refusal
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story

_SKEW_S = 300.0


@dataclass(slots=True)
class _Opened:
    login: Login
    mail: MailSession


async def _mailbox_of(own: Ground, role: str) -> str:
    boxes = own.stage.country.mailboxes_of(role)
    return in_sandbox(next(box.address for box in boxes if box.kind is MailboxKind.PER), own.sandbox)


async def _opened(own: Ground, role: str) -> _Opened:
    """Sign in and open one's own mailbox, all settings from the autoconfiguration."""
    address = await _mailbox_of(own, role)
    settings = await autoconfig(own.stage.client(), own.base, address)
    login = await psc_login.sign_in(own, str(own.stage.country.professional(role).id_nat))
    mail = MailSession(settings, own.stage.authority.bundle, address)
    await mail.open(login.access_token)
    return _Opened(login, mail)


@story(
    "MSS-01",
    "Boîte MSSanté configurée seule, ouverte avec PSC",
    pillar="mssante",
    requirements=("MSS/CONF.04", "MSS/CONF.05", "MSS/CONF.06", "MSS/CONF.07"),
)
async def mailbox_with_psc(stage: Stage) -> None:
    """Autoconfiguration, STARTTLS, XOAUTH2, INBOX; tokens and domains that do not open it; a new box and its delay."""
    async with ground(stage, "mss-01") as own:
        address = await _mailbox_of(own, roles.GENERAL_PRACTITIONER)
        async with stage.step("L'adresse saisie suffit : serveurs, ports et mode viennent du fichier", "LGC") as step:
            settings = await autoconfig(stage.client(), own.base, address)
            step.check(
                (settings.authentication, settings.socket_type) == ("OAuth2", "STARTTLS"), "OAuth2, STARTTLS", settings
            )
            step.check(settings.imap[1] == stage.ports.imap, f"IMAP {stage.ports.imap}", settings.imap)
            step.say(f"{address} : IMAP {settings.imap}, SMTP {settings.smtp}")
        async with stage.step("STARTTLS, XOAUTH2 avec le jeton PSC, INBOX ; puis la soumission", "LGC") as step:
            opened = await _opened(own, roles.GENERAL_PRACTITIONER)
            told = await opened.mail.may_send(opened.login.access_token)
            step.check(told == "", "une soumission ouverte", told)
            await opened.mail.close()
        async with stage.step("Jeton d'un autre professionnel : refusé", "attaquant") as step:
            other = await psc_login.sign_in(own, str(stage.country.professional(roles.NURSE).id_nat))
            step.say(await _refused(opened.mail, other.access_token))
            await own.fact(step, "mssante.authentication.refused", mechanism="XOAUTH2")
        async with stage.step("Jeton de 121 s : refusé, rafraîchi : accepté", "LGC") as step:
            await own.shift(121)
            step.say(await _refused(opened.mail, opened.login.access_token))
            fresh = (await opened.login.software.refresh(str(opened.login.tokens["refresh_token"]))).json()
            await opened.mail.open(fresh["access_token"])
            await opened.mail.close()
        async with stage.step("Domaine non servi, ou fichier absent : saisie manuelle", "LGC") as step:
            status = await _no_file(stage, stage.http, "quelqu.un@ailleurs.invalid", by_host=True)
            step.check(status == 404, "404", status)
            await own.break_at("mssante.autoconfig.missing", count=1)
            status = await _no_file(stage, own.base, address)
            step.check(status == 404, "404", status)
        await _other_authority(own, settings, address)
        await _new_mailbox(own)


async def _other_authority(own: Ground, settings: MailSettings, address: str) -> None:
    async with own.stage.step(
        "Le certificat de l'opérateur est vérifié : autre autorité, pas de session", "LGC"
    ) as step:
        with tempfile.TemporaryDirectory() as elsewhere:
            mail = MailSession(settings, Authority.of_home(Path(elsewhere)).bundle, address)
            try:
                await mail.open("jeton qui ne doit pas partir")
            except ssl.SSLCertVerificationError as error:
                step.say(error.verify_message)
            else:
                raise NotHeld("attendu : un certificat rejeté ; trouvé : une session")


async def _new_mailbox(own: Ground) -> None:
    stage, user = own.stage, str(own.stage.country.professional(roles.MIDWIFE).id_nat)
    async with stage.step("Boîte déclarée à l'instant : ouverte aussitôt", "LGC") as step:
        login = await psc_login.sign_in(own, user)
        mail = await _at_operator(own, await register.declare_mailbox(own, step, user))
        seconds = await own.until("une boîte ouverte", _opens(mail, login.access_token))
        await mail.close()
        step.say(f"{mail.mailbox} ouverte {seconds:.1f} s après sa déclaration")
    async with stage.step("Avec le délai de l'outil officiel : refusée pendant 24 h, puis ouverte", "LGC") as step:
        rule = await own.break_at("mssante.auth.holder_delay")
        mail = await _at_operator(own, await register.declare_mailbox(own, step, user))
        first = await _refused(mail, login.access_token)
        await own.shift(23 * 3_600)
        login = await psc_login.sign_in(own, user)
        later = await _refused(mail, login.access_token)
        await own.shift(3_600)
        login = await psc_login.sign_in(own, user)
        await mail.open(login.access_token)
        await mail.close()
        await own.mend(rule)
        step.say(f"à l'instant : {first} ; 23 h après : {later} ; 24 h après : ouverte")


async def _at_operator(own: Ground, address: str) -> MailSession:
    settings = await autoconfig(own.stage.client(), own.base, address)
    return MailSession(settings, own.stage.authority.bundle, address)


def _opens(mail: MailSession, token: str) -> Callable[[], Awaitable[bool]]:
    async def opened() -> bool:
        try:
            await mail.open(token)
        except MailRefused:
            return False
        return True

    return opened


async def _no_file(stage: Stage, base: str, address: str, *, by_host: bool = False) -> int:
    """The status instead of the file; 200 when there is one."""
    try:
        await autoconfig(stage.client(), base, address, by_host=by_host)
    except MailRefused as refused:
        return refused.code
    return 200


async def _refused(mail: MailSession, token: str) -> str:
    try:
        await mail.open(token)
    except MailRefused as refused:
        return refused.text
    await mail.close()
    raise AssertionError("le jeton ouvre la boîte")


@story(
    "MSS-02",
    "Vie d'une session de messagerie avec PSC",
    pillar="mssante",
    requirements=("MSS/CONF.08", "MSS/CONF.10", "MSS/CONF.11"),
)
async def mail_session_life(stage: Stage) -> None:
    """The operator hangs up, PSC's session ends, the refresh token dies, the operator is down, clocks differ."""
    async with ground(stage, "mss-02") as own:
        opened = await _hung_up(own)
        await _out_of_time(own)
        async with stage.step("Déconnexion PSC : IMAP et SMTP se ferment, le jeton n'ouvre plus rien", "LGC") as step:
            await psc_login.sign_out(opened.login)
            await own.fact(step, "psc.session.closed", session_id=opened.login.claims["sid"])
            await opened.mail.close()
            step.say(await _refused(opened.mail, opened.login.access_token))
            told = await opened.mail.may_send(opened.login.access_token)
            step.check(told.startswith("535"), "535 à la soumission", told)
        async with stage.step("Opérateur en panne : le reste du logiciel, PSC compris, continue", "LGC") as step:
            rule = await own.break_at("mssante.imap.unavailable")
            login = await psc_login.sign_in(own, str(stage.country.professional(roles.NURSE).id_nat))
            mail = MailSession(opened.mail.settings, stage.authority.bundle, await _mailbox_of(own, roles.NURSE))
            step.say(await _refused(mail, login.access_token))
            step.check((await login.software.userinfo(login.access_token)).status_code == 200, "userinfo répond")
            await own.mend(rule)
        await _clocks_differ(own)


async def _hung_up(own: Ground) -> _Opened:
    async with own.stage.step(
        "L'opérateur coupe la session IMAP : rouverte seule avec le jeton encore vivant", "LGC"
    ) as step:
        opened = await _opened(own, roles.GENERAL_PRACTITIONER)
        await own.break_at("mssante.imap.bye", count=1)
        step.check(not await opened.mail.alive(), "une session coupée")
        await opened.mail.close()
        await opened.mail.open(opened.login.access_token)
        step.check(await opened.mail.alive(), "une session rouverte")
    return opened


async def _out_of_time(own: Ground) -> None:
    async with own.stage.step(
        "Jeton de rafraîchissement au bout : 400, le logiciel ferme ses sessions et redemande PSC", "LGC"
    ) as step:
        opened = await _opened(own, roles.DENTIST)
        await own.shift(31 * 60)
        answer = await opened.login.software.refresh(str(opened.login.tokens["refresh_token"]))
        step.check(answer.status_code == 400, "400", refusal(answer))
        await opened.mail.close()
        step.say(f"{refusal(answer)} ; {await _refused(opened.mail, opened.login.access_token)}")
        again = await psc_login.sign_in(own, str(own.stage.country.professional(roles.DENTIST).id_nat))
        await opened.mail.open(again.access_token)
        await opened.mail.close()


async def _clocks_differ(own: Ground) -> None:
    stage = own.stage
    async with stage.step(
        "Horloge du logiciel en retard de 5 min : id_token rejeté (iat), accepté avec une tolérance", "LGC"
    ) as step:
        step.say(await _told_by_clock(own, -_SKEW_S, "iat"))
    async with stage.step(
        "Horloge en avance de 5 min : id_token rejeté (exp), accepté avec une tolérance ; la boîte s'ouvre", "LGC"
    ) as step:
        step.say(await _told_by_clock(own, _SKEW_S, "exp"))
    async with stage.step("Horloge de PSC en avance : même rejet, et la boîte s'ouvre quand même", "LGC") as step:
        rule = await own.break_at("psc.token.clock_ahead")
        step.say(await _told_by_clock(own, 0, "iat"))
        await own.mend(rule)


async def _told_by_clock(own: Ground, skew_s: float, claim: str) -> str:
    """A software whose clock is off rejects the id_token for `claim`, takes it with leeway, and mail does not mind."""
    user = str(own.stage.country.professional(roles.PODIATRIST).id_nat)
    software, browser = own.software(), own.browser()
    attempt, code = await psc_login.code_of(software, browser, user)
    tokens = (await software.exchange(attempt, code)).raise_for_status().json()
    now = own.now() + skew_s
    try:
        await software.check_id_token(tokens, attempt.params["nonce"], now)
    except Rejected as rejected:
        told = str(rejected)
    else:
        raise NotHeld(f"attendu : un rejet pour {claim} ; trouvé : aucun")
    if told != f"id_token: {claim}":
        raise NotHeld(f"attendu : un rejet pour {claim} ; trouvé : {told}")
    software.leeway_s = _SKEW_S + 5
    await software.check_id_token(tokens, attempt.params["nonce"], now)
    mail = await _at_operator(own, await _mailbox_of(own, roles.PODIATRIST))
    await mail.open(str(tokens["access_token"]))
    await mail.close()
    leeway = f"{software.leeway_s:.0f} s de tolérance"
    return f"{told} à {skew_s:+.0f} s, accepté avec {leeway} ; expires_in {tokens['expires_in']}"
