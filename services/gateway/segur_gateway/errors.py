"""Why the edge itself says no. Everything else that fails is the answer of the service behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EdgeRefusal:
    """A row: HTTP status, machine-readable code, French words with `{placeholders}`; `told` makes a fact of it."""

    status: int
    code: str
    text: str
    told: bool = False

    def error(self, **values: object) -> Refused:
        """The exception to raise, with the placeholders filled in."""
        return Refused(self, self.text.format(**values))


class Refused(Exception):
    """A refusal on its way to the caller: the row and its words."""

    def __init__(self, row: EdgeRefusal, detail: str) -> None:
        super().__init__(detail)
        self.row, self.detail = row, detail


class CallerGone(Exception):
    """The caller closed the connection before its request was whole."""


BAD_HOST = EdgeRefusal(
    400, "bad_host", "En-tête Host « {host} » illisible : attendu un nom ou une adresse, puis au besoin :port."
)
PRODUCTION_HOST = EdgeRefusal(
    421, "production_host", "{host} est un nom de production : seuls les noms de test sont servis.", told=True
)
UNSERVED_HOST = EdgeRefusal(
    421,
    "unserved_host",
    "{host} est un nom national qui n'est pas servi ici. Noms de test servis : {served}",
    told=True,
)
UNKNOWN_SANDBOX = EdgeRefusal(
    404,
    "unknown_sandbox",
    "Bac à sable « {sandbox} » inconnu. Le créer : segur sandbox create {sandbox}",
    told=True,
)
SANDBOXES_UNREADABLE = EdgeRefusal(
    503,
    "sandboxes_unreadable",
    "Le plan de contrôle ne répond pas : impossible de savoir si le bac à sable « {sandbox} » existe. Réessayer.",
)
NO_ROUTE = EdgeRefusal(404, "no_route", "Aucun service à {path}. Chemins servis : {served}", told=True)
BROKEN_ON_PURPOSE = EdgeRefusal(503, "upstream_unavailable", "Panne provoquée : {service} est indisponible.")
UPSTREAM_ABSENT = EdgeRefusal(502, "upstream_absent", "Le service {service} ne répond pas.")
UPSTREAM_BROKEN = EdgeRefusal(502, "upstream_broken", "Le service {service} a coupé la connexion.")
UPSTREAM_TIMEOUT = EdgeRefusal(504, "upstream_timeout", "Le service {service} n'a pas répondu à temps.")
