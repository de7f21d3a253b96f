"""Why the control plane says no, and how it says it: problem+json (RFC 9457) naming field, rule and fix."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from segur.kernel.errors import Kind, Refusal, SegurError

BAD_JSON = Refusal("bad_json", Kind.MALFORMED, "bad_json", "Le corps n'est pas le JSON attendu : {reason}.")
BAD_FIELD = Refusal("bad_field", Kind.MALFORMED, "bad_field", "Valeur refusée : {reason}.")
NOT_OTLP = Refusal("not_otlp", Kind.MALFORMED, "not_otlp", "Le corps n'est pas un export de traces OTLP : {reason}.")
FOREIGN_PAGE = Refusal(
    "foreign_page",
    Kind.FORBIDDEN,
    "foreign_page",
    "Le plan de contrôle n'obéit qu'à cette machine : {reason}. Autoriser un nom : SEGUR_CONTROL_HOSTS='[\"…\"]'.",
)
UNKNOWN_TRACE = Refusal("unknown_trace", Kind.NOT_FOUND, "unknown_trace", "Trace inconnue ; elles sont gardées 24 h.")
UNKNOWN_EXCHANGE = Refusal(
    "unknown_exchange", Kind.NOT_FOUND, "unknown_exchange", "Échange inconnu ; le journal est gardé 24 h."
)
UNKNOWN_POINT = Refusal(
    "unknown_point",
    Kind.NOT_FOUND,
    "unknown_point",
    "Le point de panne « {point} » n'existe pas.{near} La liste : segur fault list.",
)
UNKNOWN_RULE = Refusal("unknown_rule", Kind.NOT_FOUND, "unknown_rule", "Aucune règle « {rule} ».")
UNKNOWN_SANDBOX = Refusal(
    "unknown_sandbox",
    Kind.NOT_FOUND,
    "unknown_sandbox",
    "Bac à sable « {sandbox} » inconnu. Le créer : segur sandbox create {sandbox}.",
)
UNKNOWN_SNAPSHOT = Refusal(
    "unknown_snapshot", Kind.NOT_FOUND, "unknown_snapshot", "Aucun instantané « {label} » de {sandbox}. {known}"
)
SNAPSHOT_EXISTS = Refusal(
    "snapshot_exists",
    Kind.CONFLICT,
    "snapshot_exists",
    "L'instantané « {label} » de {sandbox} existe. En choisir un autre nom, ou le supprimer d'abord.",
)
SNAPSHOT_UNUSABLE = Refusal(
    "snapshot_unusable",
    Kind.CONFLICT,
    "snapshot_unusable",
    "L'instantané « {label} » de {sandbox} ne peut pas être restauré, rien n'a changé : {reason}.",
)
SANDBOX_BUSY = Refusal(
    "sandbox_busy",
    Kind.CONFLICT,
    "sandbox_busy",
    "Le bac à sable {sandbox} n'a pas été au repos un instant : arrêter ce qui l'appelle, puis recommencer.",
)
NO_ROOM = Refusal(
    "no_room", Kind.CONFLICT, "no_room", "Il y a déjà {limit} {what} : en supprimer d'abord (limite réglable)."
)
DEFAULT_STAYS = Refusal(
    "default_stays", Kind.CONFLICT, "default_stays", "« default » ne se supprime pas ; le remettre à neuf : reset."
)
SERVICES_AWAY = Refusal(
    "services_away",
    Kind.BUSY,
    "services_away",
    "Pas fait par : {who}. Recommencer est sans danger.",
)


def problem(_: Request, error: Exception) -> Response:
    """A refusal as problem+json."""
    if isinstance(error, HTTPException):
        return _problem(error.status_code, "http", str(error.detail))
    if not isinstance(error, SegurError):
        raise error
    more = {name: value for name in ("field", "rule", "fix") if (value := getattr(error, name))}
    return _problem(error.kind.value, error.code, error.detail, **more)


def _problem(status: int, title: str, detail: str, **more: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(orjson.dumps(body), status, media_type="application/problem+json")
