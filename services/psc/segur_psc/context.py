"""What every act of PSC works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segur.contracts.psc import ClientMisconfigured
from segur.kernel import request
from segur.kernel.service import Floor
from segur_psc.clients import ProxyCalls
from segur_psc.domain import proxy
from segur_psc.domain.addresses import Addresses
from segur_psc.domain.providers import Provider
from segur_psc.domain.proxy import Origin, ProxySession
from segur_psc.settings import Settings
from segur_psc.store.api_sessions import ApiSessions
from segur_psc.store.keys import KeyRing
from segur_psc.store.proxy_sessions import ProxySessions
from segur_psc.store.pushed import PushedRequests
from segur_psc.store.records import Records
from segur_psc.store.repeats import Repeats


@dataclass(frozen=True, slots=True)
class Context:
    """The floor, the settings, the records and the keys of PSC."""

    floor: Floor
    settings: Settings
    records: Records
    keys: KeyRing
    pushed: PushedRequests
    repeats: Repeats[ClientMisconfigured]

    @property
    def now(self) -> int:
        """The sandbox's time in epoch seconds."""
        return int(self.floor.clock.timestamp())

    @property
    def addresses(self) -> Addresses:
        """PSC's addresses as the present caller sees them."""
        return Addresses(request.current().base, self.settings.psc_public_base.rstrip("/"), request.current_sandbox())

    def subject(self, id_nat: str) -> str:
        """`sub` of a professional: `f:<uuid of the user federation>:<idNat>` [PSC digest 1.9]."""
        return f"f:{self.settings.psc_federation}:{id_nat}"

    async def breaks(self, point: str, client_id: str = "", id_nat: str = "") -> bool:
        """Whether a fault point strikes this client (a rule's `actor`) or this professional (`actor` or `patient`)."""
        board = self.floor.faults
        personal = bool(id_nat) and any(rule.point == point and rule.actor == id_nat for rule in board.rules)
        actor = id_nat if personal else client_id
        return await board.delayed(point, actor=actor, patient=id_nat) is not None


@dataclass(frozen=True, slots=True)
class TrustSpace:
    """The authorization servers of the Espace de confiance: PSC, which they ask, their sessions, keys of their own."""

    psc: Context
    sessions: ApiSessions
    keys: KeyRing

    def issuer(self, provider: Provider) -> str:
        """`iss` of a provider's tokens, as the present caller sees it: without the `/auth` of PSC."""
        return f"{request.current().base}/realms/{provider.realm}"


@dataclass(frozen=True, slots=True)
class ProxyDesk:
    """The reference Proxy e-Santé: PSC's floor, sessions of its own, and calls through the edge as an outsider's."""

    psc: Context
    sessions: ProxySessions
    calls: ProxyCalls

    def trace(
        self,
        kind: str,
        origin: Origin,
        client_id: str,
        national_id: str,
        session: ProxySession | None = None,
        call: tuple[str, str, str] | None = None,
    ) -> dict[str, Any]:
        """A row of `/traces` of this moment."""
        return proxy.trace(
            kind,
            origin,
            self.psc.floor.clock.now(),
            self.calls.dn,
            client_id=client_id,
            national_id=national_id,
            session=session,
            request=call,
        )
