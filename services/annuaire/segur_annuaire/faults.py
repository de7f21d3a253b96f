"""Where the directory can be broken on purpose; the marks are the rows of the trip table [PSC digest 4.4]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SEARCH_UNAVAILABLE = "annuaire.search.unavailable"
SEARCH_TIMEOUT = "annuaire.search.timeout"
QUOTA_EXCEEDED = "annuaire.quota.exceeded"
KEY_REFUSED = "annuaire.key.refused"
NO_TOTAL = "annuaire.answer.no_total"
ROLE_WITHOUT_ORGANIZATION = "annuaire.answer.role_without_organization"
RPPSRANG_SYSTEM = "annuaire.answer.rppsrang_system"
PROFILE_VERSIONED = "annuaire.answer.profile_versioned"

DISTORTIONS = (ROLE_WITHOUT_ORGANIZATION, RPPSRANG_SYSTEM, PROFILE_VERSIONED)
"""Points that change the resources shown."""

POINTS = (
    FaultPoint(
        SEARCH_UNAVAILABLE,
        "fhir",
        "503 OperationOutcome",
        "L'annuaire est indisponible : le client doit réessayer ou travailler avec sa copie locale.",
    ),
    FaultPoint(
        SEARCH_TIMEOUT,
        "gateway",
        "504 Request timeout, après delay_ms",
        "Une recherche trop lourde dépasse 30 s : la restreindre ou demander de plus petites pages (A12).",
    ),
    FaultPoint(
        QUOTA_EXCEEDED,
        "gateway",
        "429 Rate limit exceeded",
        "Plus de 17 requêtes par seconde pour la même application : le client doit ralentir (A2).",
    ),
    FaultPoint(
        KEY_REFUSED, "gateway", "401 Unauthorized, hors FHIR", "La clé ESANTE-API-KEY est révoquée ou fausse (A1)."
    ),
    FaultPoint(NO_TOTAL, "fhir", "Bundle sans total", "Compter serait trop long : ne pas dépendre de total (A3)."),
    FaultPoint(
        ROLE_WITHOUT_ORGANIZATION,
        "fhir",
        "PractitionerRole sans organization",
        "Une situation d'exercice peut n'avoir aucune structure (A8).",
    ),
    FaultPoint(
        RPPSRANG_SYSTEM,
        "fhir",
        "RPPS-rang sous https://rpps.esante.gouv.fr",
        "Deux systèmes coexistent pour l'identifiant RPPS-rang d'une structure (A10).",
    ),
    FaultPoint(
        PROFILE_VERSIONED,
        "fhir",
        "meta.profile suivi de |1.2.0-snapshot-2",
        "Le profil peut porter une version : comparer sans elle (A11).",
    ),
)
