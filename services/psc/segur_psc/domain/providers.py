"""Who runs an API Pro Santé Connectée behind an authorization server of its own [PSC digest 1.17].

`signsessiondata` is the conformity API of ANS, as its public samples show it. The realms of INSi and of the DMP are not
public, neither are their scopes (PSC digest 6, gap 3): both names are ours, in the form the first one has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

IDENTITY_SCOPES = ("openid", "email", "profile")
"""What every API token carries at the conformity server, asked for or not."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One authorization server: its realm, the business scopes it knows, lifetimes in seconds.

    `scope_required` says whether a request without a business scope is refused, as the CI-SIS profile has it; the
    server of ANS takes one, and the ANS proxy sends none.
    """

    realm: str
    title: str
    scopes: tuple[str, ...]
    scope_required: bool
    access_s: int
    refresh_s: int

    @property
    def all_scopes(self) -> tuple[str, ...]:
        """Every scope a request may name."""
        return (*IDENTITY_SCOPES, *self.scopes)


CONFORMITY = Provider("signsessiondata", "API de conformité de l'ANS", (), False, 14_400, 1_800)
INSI = Provider("insi", "INSi", ("insi.recherche",), True, 3_600, 1_800)
DMP = Provider("dmp", "DMP", ("dmp.consultation",), True, 3_600, 1_800)

PROVIDERS: Mapping[str, Provider] = MappingProxyType({p.realm: p for p in (CONFORMITY, INSI, DMP)})
"""By realm."""


@dataclass(frozen=True, slots=True)
class Backend:
    """An API as the proxy's callers name it in `/send/<id>/…`: whose token opens it, and where it lies at the edge."""

    id: str
    provider: Provider
    path: str


BACKENDS: Mapping[str, Backend] = MappingProxyType(
    {
        backend.id: backend
        for backend in (
            Backend("signsessiondata", CONFORMITY, "/psc/mockservice/apipsc"),
            Backend("insi", INSI, "/insi"),
            Backend("dmp", DMP, "/dmp"),
            Backend("si-dmp-server", DMP, "/si-dmp-server"),
        )
    }
)
"""By id."""
