"""Who comes to the site, about whom, and in which mode [DMP digest 1.9, 2.3, 6.1]."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from segur.kernel import request as present
from segur.vocab import oids
from segur.vocab.ins import Ins, InvalidIns
from segur.wire.saml import BREAK_GLASS, AuthenticationMode
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.caller import Caller
from segur_dmp.domain.rights import Act
from segur_dmp.edges.web_ps.session import EMERGENCY, SIGNED_IN, Cookies
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.operations.identify_by_token import Visitor, identify_by_token, visitor_of
from segur_dmp.pipeline import Attempt, accepted, guard

DOOR: Final = "web"
MODES: Final = {BREAK_GLASS: "bris de glace"}


@dataclass(frozen=True, slots=True)
class Who:
    """A professional as the pages show one; `by_card` tells TD0.9, else it is TD0.10."""

    visitor: Visitor
    name: str
    place: str

    @property
    def by_card(self) -> bool:
        """True with a CPS."""
        return self.visitor.mode is AuthenticationMode.DIRECT

    @property
    def means(self) -> str:
        """How they signed in, for readers."""
        return "carte CPS" if self.by_card else "Pro Santé Connect"

    @property
    def id_nat(self) -> str:
        """The PS_IdNat."""
        return self.visitor.id_nat

    @property
    def transaction(self) -> str:
        """The name of the access in the catalogue."""
        return "TD0.9" if self.by_card else "TD0.10"


@dataclass(frozen=True, slots=True)
class Subject:
    """The patient of a page: the matricule of the address, the caller about them, the account if there is one."""

    ins: str
    caller: Caller
    account: Account | None

    @property
    def emergency(self) -> str | None:
        """The mode of an emergency under way, for readers."""
        return MODES.get(self.caller.purpose)


async def visitor_to(context: Context, cookies: Cookies, request: Request) -> Who | None:
    """Who comes, by card or by the cookie of a login; None for who must sign in first.

    A login whose session Pro Santé Connect closed is over here as well.
    """
    certificate = present.current().certificate
    if certificate is not None and certificate.kind == "ps-auth":
        return await _shown(context, await identify_by_token(context, "", Act.READ))
    told = cookies.read(request, SIGNED_IN)
    if not told or await context.records.sessions.is_closed(str(told["session"])):
        return None
    directory = await directory_now(context, str(told["id_nat"]))
    return await _shown(context, visitor_of(directory, str(told["id_nat"]), AuthenticationMode.REINFORCED))


async def _shown(context: Context, visitor: Visitor) -> Who:
    directory = await directory_now(context, visitor.id_nat, visitor.structure)
    known = directory.person(visitor.id_nat)
    name = f"{known.given_name.title()} {known.family_name}".strip() or visitor.id_nat
    return Who(visitor, name, directory.name(visitor.structure) or visitor.structure)


async def subject_of(context: Context, cookies: Cookies, request: Request, trial: Attempt, who: Who) -> Subject:
    """The patient of the address, whatever the state of the DMP; raise `errors.UNREADABLE_INS` for no INS."""
    ins, account = await _patient(context, request.path_params["ins"])
    visitor = who.visitor
    caller = Caller(
        visitor.id_nat,
        visitor.structure,
        visitor.mode,
        DOOR,
        ins,
        context.floor.pseudonyms.of(ins),
        profession=visitor.profession,
        speciality=visitor.speciality,
    )
    urgent = cookies.read(request, EMERGENCY)
    if urgent.get("patient") == caller.patient and urgent.get("reader") == caller.id_nat:
        caller = replace(caller, purpose=str(urgent["mode"]), reason=str(urgent["reason"]))
    return Subject(ins.matricule, accepted(context, trial, caller), account)


async def _patient(context: Context, text: str) -> tuple[Ins, Account | None]:
    """The address has no OID: the first authority that knows the matricule is meant, else that of tests."""
    first: Ins | None = None
    authorities = [oids.INS_NIR_TEST, oids.INS_NIR_DEMO]
    if context.settings.allow_production_identities:
        authorities += sorted(oids.INS_PRODUCTION_AUTHORITIES)
    for authority in authorities:
        try:
            ins = Ins.parse(text, authority)
        except InvalidIns as error:
            raise errors.UNREADABLE_INS.error(field="INS") from error
        guard(context, ins)
        account = await context.records.accounts.of(context.floor.pseudonyms.of(ins))
        if account is not None:
            return ins, account
        first = first or ins
    assert first is not None, "there is always an authority"
    return first, None
