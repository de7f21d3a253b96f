"""Where INSi can break on purpose; the marks are the rows of the trip table [INS digest 4.3]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SLOW = "ins.search.slow"
UNAVAILABLE = "ins.search.unavailable"
NONE_FOUND = "ins.search.none"
SEVERAL_FOUND = "ins.search.several"
UNKNOWN_SOFTWARE = "ins.software.unknown"
CERTIFICATE_REFUSED = "ins.certificate.refused"
ASSERTION_EXPIRED = "ins.assertion.expired"
PREFIXES = "ins.answer.prefixes"
HISTORY = "ins.answer.history"
MISSING_TRAITS = "ins.answer.missing_traits"
NIA = "ins.answer.nia"
BAD_KEY = "ins.answer.bad_key"
LUNAR_DATE = "ins.answer.lunar_date"
PRODUCTION_OID = "ins.answer.production_oid"

DISTORTIONS = (HISTORY, MISSING_TRAITS, NIA, BAD_KEY, LUNAR_DATE, PRODUCTION_OID)
"""Points that change the identity shown, in the order they are applied."""

_DOOR = "soap"

POINTS = (
    FaultPoint(SLOW, _DOOR, "réponse tardive (delay_ms)", "Le téléservice tarde : le logiciel doit avoir un délai."),
    FaultPoint(
        UNAVAILABLE,
        _DOOR,
        "S:Receiver siram_40 / insi_102",
        "La base d'identités ne répond pas ; l'identité reste provisoire et la demande sera refaite plus tard (I3).",
    ),
    FaultPoint(NONE_FOUND, _DOOR, "CodeCR 01", "Aucune identité ne correspond : essayer un autre prénom (I4)."),
    FaultPoint(SEVERAL_FOUND, _DOOR, "CodeCR 02", "Plusieurs identités : autres prénoms, puis lieu de naissance (I4)."),
    FaultPoint(UNKNOWN_SOFTWARE, _DOOR, "S:Sender siram_100 / desir_550", "Le numéro IDAM n'est pas connu (I1)."),
    FaultPoint(
        CERTIFICATE_REFUSED, _DOOR, "S:Sender siram_100 / desir_560", "Le CN n'est ni INSI-AUTO ni INSI-MANU (I2)."
    ),
    FaultPoint(
        ASSERTION_EXPIRED, _DOOR, "S:Sender siram_100 / segur_assertion", "L'assertion de la carte a expiré (I13)."
    ),
    FaultPoint(
        PREFIXES,
        _DOOR,
        "ns2: pour RESULTAT ; soap: et xml:lang=fr dans les erreurs",
        "Le service réel change de préfixes : lire le XML par espaces de noms, jamais par le texte (I7).",
    ),
    FaultPoint(
        HISTORY,
        _DOOR,
        "deux INSHISTO dont l'INS actif, dates avant IdIndividu",
        "L'historique est un élément répété, dans un ordre qui n'est pas celui du schéma (I8).",
    ),
    FaultPoint(MISSING_TRAITS, _DOOR, "ni ListePrenom ni LieuNaissance", "Identité incomplète dans la base (I10)."),
    FaultPoint(NIA, _DOOR, "OID 1.2.250.1.213.1.4.9", "Matricule d'attente (NIA) et non NIR (I9)."),
    FaultPoint(
        BAD_KEY, _DOOR, "clé qui ne suit pas la formule", "Ne pas rejeter une identité de test sur sa clé (I11)."
    ),
    FaultPoint(LUNAR_DATE, _DOOR, "AAAA-00-00", "Date de naissance lunaire : un texte, pas une date (I12)."),
    FaultPoint(
        PRODUCTION_OID,
        _DOOR,
        "OID 1.2.250.1.213.1.4.8",
        "La plateforme nationale de test répond avec l'OID de production alors que les documents portent …4.10 (I14).",
    ),
)
