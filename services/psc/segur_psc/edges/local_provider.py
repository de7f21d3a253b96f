"""The local identity provider of a hospital, simulated, and what PSC makes of its users [PSC digest 1.5].

The provider's page stands for a system of the hospital; its answer never leaves the sealed attempt, where the browser
cannot change it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from segur_psc import errors
from segur_psc.context import Context
from segur_psc.domain.delegation import PROOFS, account_of, is_accepted
from segur_psc.domain.session import DELEGATION, Client
from segur_psc.edges import cookies
from segur_psc.edges.attempts import Attempt
from segur_psc.edges.forms import Form
from segur_psc.edges.login_pages import LoginPages
from segur_psc.edges.returns import Returns
from segur_psc.operations.log_in import log_in
from segur_psc.operations.tell_refusal import tell_refusal

_LISTED = 12


class LocalProvider:
    """The provider's page, the pairing, and the way in."""

    def __init__(self, context: Context, pages: LoginPages, returns: Returns) -> None:
        self._context, self._pages, self._returns = context, pages, returns

    async def show(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The provider `fi`: its accounts, and how each can prove who it is."""
        provider = form.get("fi", "")
        if provider not in self._context.settings.psc_local_fis:
            raise errors.INVALID.error(name="kc_idp_hint")
        wanted = form.get("search", "") or attempt.asked.login_hint
        people = await self._context.records.list_people(_LISTED, wanted)
        step = Attempt(attempt.asked, {"fi": provider})
        return self._pages.shown(
            "local_provider", request, step, client, provider=provider, wanted=wanted, proofs=tuple(PROOFS),
            people=[person for person in people if person.means() and not person.disabled],
        )  # fmt: skip

    async def prove(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The provider says who it is and how it knows (`account`: a proof and an idNat); PSC judges the `amr`."""
        provider = attempt.step.get("fi", "")
        proof, _, id_nat = form["account"].partition(" ")
        person = await self._context.records.person(id_nat)
        if not provider or person is None or proof not in PROOFS:
            raise errors.STALE_LOGIN.error()
        if not is_accepted(PROOFS[proof]):
            error = errors.WEAK_PROOF.error()
            await tell_refusal(self._context, error, client.id)
            return await self._pages.login(request, Attempt(attempt.asked), client, error=error)
        step = Attempt(attempt.asked, {"provider": provider, "person": person.id_nat, "proof": proof})
        paired = await self._context.records.pairings.of(provider, account_of(provider, person.id_nat))
        if paired == person.id_nat:
            return await self._pages.confirm(request, step, client, person, provider=provider)
        return self._pages.shown("pairing", request, step, client, person=person, provider=provider)

    async def pair(self, request: Request, attempt: Attempt, client: Client, form: Form) -> Response:
        """The first time: the account is paired with the person's own card or phone, then they are in."""
        provider, id_nat = attempt.step.get("provider", ""), attempt.step.get("person", "")
        person = await self._context.records.person(id_nat)
        if not provider or person is None or not person.means(form["pair"]):
            raise errors.STALE_LOGIN.error()
        await self._context.records.pairings.pair(provider, account_of(provider, id_nat), id_nat)
        return await self.enter(request, attempt)

    async def enter(self, request: Request, attempt: Attempt) -> Response:
        """A paired account signs in."""
        context, step = self._context, attempt.step
        paired = await context.records.pairings.of(step["provider"], account_of(step["provider"], step["person"]))
        if paired != step["person"]:
            raise errors.STALE_LOGIN.error()
        held = cookies.read(context, request, cookies.SESSION)
        amr = PROOFS[step["proof"]]
        done = await log_in(context, attempt.asked, step["person"], DELEGATION, held, amr=amr)
        return self._returns.code(request, attempt.asked.to, done)
