"""Where the directory can be broken on purpose."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SEARCH_UNAVAILABLE = "annuaire.search.unavailable"
QUOTA_EXCEEDED = "annuaire.quota.exceeded"

POINTS = (
    FaultPoint(
        SEARCH_UNAVAILABLE,
        "fhir",
        "503 OperationOutcome",
        "L'annuaire est indisponible : le client doit réessayer ou travailler avec sa copie locale.",
    ),
    FaultPoint(
        QUOTA_EXCEEDED,
        "gateway",
        "429 Rate limit exceeded",
        "Plus de 17 requêtes par seconde pour la même application : le client doit ralentir.",
    ),
)
