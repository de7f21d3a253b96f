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

V1_IDS = "annuaire.answer.v1_ids"
OTHER_STRUCTURE = "annuaire.answer.other_structure"
DELTA_INCOMPLETE = "annuaire.delta.incomplete"

DISTORTIONS = (ROLE_WITHOUT_ORGANIZATION, RPPSRANG_SYSTEM, PROFILE_VERSIONED, V1_IDS, OTHER_STRUCTURE)
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
    FaultPoint(
        V1_IDS,
        "fhir",
        "id de Practitioner et PractitionerRole comme en v1",
        "Les identifiants techniques changent d'une version de l'API à l'autre : conserver le RPPS, pas l'id (A6).",
    ),
    FaultPoint(
        DELTA_INCOMPLETE,
        "fhir",
        "recherche par _lastUpdated sans les ressources inactives",
        "Au-delà de 30 jours, le delta ne dit plus qui est parti : recharger la copie entière (A13).",
    ),
    FaultPoint(
        OTHER_STRUCTURE,
        "fhir",
        "Organization d'un autre secteur et d'un autre nom que dans les claims PSC",
        "L'annuaire et Pro Santé Connect peuvent ne pas dire la même chose d'une structure (A15).",
    ),
)
