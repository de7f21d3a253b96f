"""SEC-04 and SEC-05: one local account behind several means of login, and the level the software asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from segur.personas import roles
from segur.scenario.actors.psc_browser import returned
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import Login
from segur.scenario.stage import Stage
from segur.scenario.story import story


@dataclass(slots=True)
class _Accounts:
    """The editor's table of users: account number by local name, and by national identifier once linked."""

    local: dict[str, int] = field(default_factory=lambda: {"c.durand": 1, "p.autre": 2})
    linked: dict[str, int] = field(default_factory=dict)

    def link(self, account: int, id_nat: str) -> None:
        """Link an account to a national identifier; raise `ValueError` when another account has it."""
        if self.linked.setdefault(id_nat, account) != account:
            raise ValueError(f"{id_nat} est déjà lié au compte {self.linked[id_nat]}")


@story("SEC-04", "Un seul compte par deux moyens de connexion", pillar="psc", requirements=("PSC.02", "EX PSC 19"))
async def one_account(stage: Stage) -> None:
    """Local login, link by SubjectNameID, PSC by phone and by card, local again: one account."""
    accounts = _Accounts()
    user = str(stage.country.professional(roles.MIDWIFE).id_nat)
    async with ground(stage, "sec-04") as own:
        async with stage.step("Connexion locale, puis liaison par SubjectNameID", "utilisateur") as step:
            account = accounts.local["c.durand"]
            login = await psc_login.sign_in(own, user, "MOBILE")
            accounts.link(account, str(login.claims["SubjectNameID"]))
            await own.fact(step, "psc.session.opened", id_nat=user, means="MOBILE")
            step.say(f"compte {account} lié à {login.claims['SubjectNameID']}")
        for means in ("MOBILE", "CARD"):
            async with stage.step(f"Déconnexion, puis PSC par {means} : le même compte", "utilisateur") as step:
                await psc_login.sign_out(login)
                login = await psc_login.sign_in(own, user, means, browser=login.browser)
                found = accounts.linked.get(str(login.claims["SubjectNameID"]))
                step.check(found == account, f"le compte {account}", found)
                await own.fact(step, "psc.session.opened", id_nat=user, means=means)
        async with stage.step("Retour à la connexion locale : le même compte", "utilisateur") as step:
            await psc_login.sign_out(login)
            step.check(accounts.local["c.durand"] == account, f"le compte {account}", accounts.local["c.durand"])
        async with stage.step("RPPS déjà lié à un autre compte : la liaison est refusée", "autre utilisateur") as step:
            login = await psc_login.sign_in(own, user)
            try:
                accounts.link(accounts.local["p.autre"], str(login.claims["SubjectNameID"]))
            except ValueError as refused:
                step.say(str(refused))
            else:
                step.check(False, "un refus du logiciel")
            step.check(len(set(accounts.linked.values())) == 1, "un seul compte lié", accounts.linked)
        await _claims_that_do_not_link(own, login)


async def _claims_that_do_not_link(own: Ground, login: Login) -> None:
    async with own.stage.step(
        "La clé est SubjectNameID : sub est opaque, le RPPS s'obtient sans le premier 8", "éditeur"
    ) as step:
        id_nat, sub = str(login.claims["SubjectNameID"]), str(login.claims["sub"])
        step.check(sub != id_nat and sub.endswith(f":{id_nat}"), "f:<uuid>:<idNat>", sub)
        info = (await login.software.userinfo(login.access_token)).json()
        others = [(one["origine"], one["identifiant"]) for one in info["otherIds"]]
        step.check(("RPPS", id_nat) in others, "otherIds d'origine RPPS", others)
        rpps = id_nat.removeprefix("8")
        step.check(len(rpps) == 11 and rpps.isdigit(), "11 chiffres", rpps)
        step.say(f"sub={sub}, SubjectNameID={id_nat}, RPPS={rpps}")


@story("SEC-05", "Niveau d'authentification demandé", pillar="psc", requirements=("PSC.08", "EX PSC 16"))
async def level_asked(stage: Stage) -> None:
    """The authorize URL asks for eidas1; without it, or with another value, PSC refuses on the redirect URI."""
    async with ground(stage, "sec-05") as own:
        software = own.software()
        async with stage.step("acr_values=eidas1 dans la demande, acr=eidas1 dans l'id_token", "logiciel") as step:
            login = await psc_login.sign_in(own, str(stage.country.professional(roles.NURSE).id_nat), software=software)
            step.check(login.claims.get("acr") == "eidas1", "eidas1", login.claims.get("acr"))
            asked = [row["query"] for row in await own.journal(at_least=5) if row["path"].rpartition("/")[2] == "auth"]
            step.check(any("acr_values=eidas1" in query for query in asked), "acr_values=eidas1 au journal", asked)
            step.say(f"URL relevée : /auth?{asked[0][:300]}")
        for shown, value in (("absent", None), ("eidas2", "eidas2"), ("eidas3", "eidas3")):
            async with stage.step(f"acr_values {shown} : refus sur l'adresse de retour", "logiciel") as step:
                attempt = await software.begin(acr_values=value)
                came = returned(await own.browser().open(attempt.url, attempt.params))
                step.check(came.get("error") == "invalid_request", "invalid_request", came)
                step.check("acr_values" in came.get("error_description", ""), "le paramètre en cause", came)
                step.check(came.get("state") == attempt.state, "state rendu", came)
                await own.fact(step, "psc.authentication.refused", error="invalid_request")
                mend = await own.fact(step, "psc.client.misconfigured", client_id=software.client_id, rule="bad_acr")
                step.say(f"{came['error_description']} ; à l'éditeur : {mend['fix']}")
