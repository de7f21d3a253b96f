"""SEC-08: accounts of professionals are checked against the Annuaire Santé, at creation and every two years."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from segur.personas import roles
from segur.scenario.actors import directory_client
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import story

_TWO_YEARS_S = 730 * 86_400.0
_UNKNOWN_RPPS = "10799999999"


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
            account.problem = "" if active else "RPPS radié"
            account.verified_at, account.due = now, now + _TWO_YEARS_S
        return len(due)


@story(
    "SEC-08",
    "Vérification du RPPS des utilisateurs",
    pillar="psc",
    requirements=("SSI/IE.30", "SSI/IE.30.01", "SSI/IE.30.02", "SSI/IE.30.03", "SSI/IE.33"),
)
async def users_are_looked_up(stage: Stage) -> None:
    """Creation, directory away, unknown person, and the check two years later under the sandbox's clock."""
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
