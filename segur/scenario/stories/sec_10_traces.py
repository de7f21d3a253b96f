"""SEC-10: the life of an account leaves traces with date, user, object and result, and without secrets."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from segur.personas import roles
from segur.scenario.actors.local_accounts import LocalAccounts, NotOpened
from segur.scenario.actors.psc_browser import returned
from segur.scenario.acts import psc_login, register
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login
from segur.scenario.stage import Stage
from segur.scenario.story import Exchange, NotHeld, Step, story

_API = ("segur-api", "segur-api-secret")
_ACTS = ("psc.session.opened", "psc.session.refreshed", "psc.session.closed", "psc.authentication.refused")

_LOGIN = "o.voix"
_PASSWORDS = ("Vélo-Lune-37", "Pluie-Cerise-52")
_KINDS = {"attribut changé", "droit accordé", "droit retiré", "ouverture par deux facteurs", "mot de passe choisi"}


@story(
    "SEC-10",
    "Traces de la vie d'un compte",
    pillar="psc",
    requirements=(
        "SSI/IAM.91",
        "SSI/IAM.91.01",
        "SSI/IAM.91.02",
        "SSI/IAM.91.03",
        "SSI/IAM.91.04",
        "SSI/IAM.92",
        "EXI EDC PSC 102",
    ),
)
async def account_traces(stage: Stage) -> None:
    """Sign in, be refused, refresh, sign out, change attributes, rights and password; read the traces as an auditor."""
    async with ground(stage, "sec-10") as own:
        login = await _live(own)
        rows = await _facts(own, login)
        await _journal(own, login, rows)
        await _in_the_software(own, login)


async def _live(own: Ground) -> Login:
    stage, user = own.stage, str(own.stage.country.professional(roles.SPEECH_THERAPIST).id_nat)
    async with stage.step("Connexion, refus, rafraîchissement, déconnexion", "utilisateur") as step:
        software, browser = own.software(), own.browser()
        _, page = await psc_login.login_page(software, browser)
        came = returned(await browser.press(page, "cancel"))
        step.check(came.get("error") == "access_denied", "un refus", came)
        login = await psc_login.sign_in(own, user, software=software, browser=browser)
        refreshed = await software.refresh(str(login.tokens["refresh_token"]))
        step.check(refreshed.status_code == 200, "des jetons", refreshed.text[:200])
        step.check((await psc_login.sign_out(login)).status_code == 302, "une déconnexion")
        for type_ in _ACTS:
            await own.fact(step, type_)
    return login


async def _facts(own: Ground, login: Login) -> list[dict[str, Any]]:
    async with own.stage.step("Chaque trace : date, utilisateur, objet, résultat", "auditeur") as step:
        rows = [row for type_ in _ACTS for row in await own.facts(type_)]
        for row in rows:
            data = row["data"]
            told = {
                "date": datetime.fromisoformat(row["time"]).tzinfo is not None,
                "utilisateur": bool(data.get("id_nat") or data.get("client_id")),
                "objet": bool(row["subject"]),
                "résultat": bool(row["type"].rpartition(".")[2]),
            }
            step.check(all(told.values()), "date, utilisateur, objet, résultat", f"{row['type']} {told}")
        closed = next(row for row in rows if row["type"] == "psc.session.closed")
        opened = next(row for row in rows if row["type"] == "psc.session.opened")
        step.check(closed["subject"] == opened["subject"], "la même session de l'ouverture à la fermeture", closed)
        step.say(" ; ".join(f"{row['time'][11:19]} {row['type']}" for row in sorted(rows, key=lambda row: row["time"])))
    return rows


async def _journal(own: Ground, login: Login, rows: list[dict[str, Any]]) -> None:
    async with own.stage.step("Ni jeton, ni code, ni secret dans les traces", "auditeur") as step:
        exchanges = await own.journal(at_least=8)
        told = json.dumps([rows, exchanges])
        secrets = [
            login.access_token,
            str(login.tokens["id_token"]),
            str(login.tokens["refresh_token"]),
            login.attempt.verifier,
        ]
        _absent(step, told, [*secrets, login.software.secret])
        step.say(f"{len(exchanges)} échanges et {len(rows)} faits relus, aucun secret")
    async with own.stage.step(
        "Moindre privilège : un logiciel ne révoque pas le jeton d'un autre", "autre logiciel"
    ) as step:
        other = own.software(client_id=_API[0], secret=_API[1])
        fresh = await psc_login.sign_in(own, login.claims["SubjectNameID"])
        answer = await other.call("revocation_endpoint", token=fresh.access_token)
        step.check(answer.status_code == 400, "400", answer.status_code)
        step.check((await fresh.software.introspect(fresh.access_token))["active"], "un jeton toujours actif")


async def _in_the_software(own: Ground, login: Login) -> None:
    async with own.stage.step(
        "Attributs, droits, connexions, mots de passe : le logiciel de référence en garde la trace", "auditeur"
    ) as step:
        desk, user = LocalAccounts(), str(login.claims["SubjectNameID"])
        desk.choose(_LOGIN, _PASSWORDS[0], own.now())
        desk.both_factors(_LOGIN, own.now())
        await register.change(own, step, user, family_name="Autrenom")
        desk.attribute(_LOGIN, "nom", own.now())
        desk.grant(_LOGIN, "prescrire", own.now())
        desk.allowed(_LOGIN, "prescrire", own.now())
        desk.withdraw(_LOGIN, "prescrire", own.now())
        told = _not_allowed(desk, own.now())
        desk.choose(_LOGIN, _PASSWORDS[1], own.now())
        rows = desk.export()
        step.check(all(all(row.values()) for row in rows), "date, utilisateur, objet, résultat", rows)
        kinds = {row["objet"].partition(" :")[0] for row in rows}
        step.check(kinds >= _KINDS, "attribut, droits, connexion, mot de passe", _KINDS - kinds)
        step.check([row["résultat"] for row in rows].count("refusé") == 1, "un refus", rows)
        text = json.dumps(rows, ensure_ascii=False)
        step.check(not [secret for secret in _PASSWORDS if secret in text], "aucun mot de passe")
        step.show(Exchange("TRACES", _LOGIN, "exportées", "", text))
        step.say(f"{len(rows)} traces : {', '.join(row['objet'] for row in rows)} ; sans le droit : {told}")


def _not_allowed(desk: LocalAccounts, now: float) -> str:
    try:
        desk.allowed(_LOGIN, "prescrire", now)
    except NotOpened as refused:
        return str(refused)
    raise NotHeld("attendu : un refus sans le droit ; trouvé : l'action est faite")


def _absent(step: Step, text: str, secrets: list[str]) -> None:
    # A JWT shares its first part with every other: what is secret is the signature at its end.
    found = [secret[-12:] for secret in secrets if secret[-40:] in text]
    step.check(not found, "aucun secret", found)
