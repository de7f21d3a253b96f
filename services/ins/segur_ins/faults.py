"""Where INSi can break on purpose; the marks are the rows of the trip table [INS digest 4.3].

Rows I5 (hyphens count) and I6 (one of several first names) are rules of the search, always on; the point of I6 makes
the rule bite sooner.
"""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SLOW = "ins.search.slow"
UNAVAILABLE = "ins.search.unavailable"
NONE_FOUND = "ins.search.none"
SEVERAL_FOUND = "ins.search.several"
LAST_FIRST_NAME = "ins.search.last_first_name"
UNKNOWN_SOFTWARE = "ins.software.unknown"
CERTIFICATE_REFUSED = "ins.certificate.refused"
CERTIFICATE_REVOKED = "ins.certificate.revoked"
ASSERTION_EXPIRED = "ins.assertion.expired"
ASSERTION_INVALID = "ins.assertion.invalid"
MALFORMED = "ins.message.malformed"
CONTEXT_MISSING = "ins.context.missing"
CLOSED = "ins.service.closed"
HTTP_503 = "ins.service.http_503"
PREFIXES = "ins.answer.prefixes"
PREFIX_S = "ins.answer.prefix_s"
PREFIX_ENV = "ins.answer.prefix_env"
PREFIX_NONE = "ins.answer.prefix_none"
HISTORY = "ins.answer.history"
HISTORY_SINGLE = "ins.answer.history_single"
MISSING_TRAITS = "ins.answer.missing_traits"
NIA = "ins.answer.nia"
BAD_KEY = "ins.answer.bad_key"
LUNAR_DATE = "ins.answer.lunar_date"
PRODUCTION_OID = "ins.answer.production_oid"
VERIFICATION_KO = "ins.verification.ko"

DISTORTIONS = (HISTORY, HISTORY_SINGLE, MISSING_TRAITS, NIA, BAD_KEY, LUNAR_DATE, PRODUCTION_OID)
"""Points that change the identity shown, in the order they are applied."""
DRESSES = (PREFIXES, PREFIX_S, PREFIX_ENV, PREFIX_NONE)
"""Points that change how the envelope is written; the first that strikes decides."""

_DOOR = "soap"
_VERIFICATION = "verification"

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
    FaultPoint(
        LAST_FIRST_NAME,
        _DOOR,
        "CodeCR 01 tant que le dernier prénom de la liste n'est pas demandé",
        "Un seul des prénoms répond : les essayer l'un après l'autre, puis la liste entière (I6).",
    ),
    FaultPoint(UNKNOWN_SOFTWARE, _DOOR, "S:Sender siram_100 / desir_550", "Le numéro IDAM n'est pas connu (I1)."),
    FaultPoint(
        CERTIFICATE_REFUSED, _DOOR, "S:Sender siram_100 / desir_560", "Le CN n'est ni INSI-AUTO ni INSI-MANU (I2)."
    ),
    FaultPoint(
        CERTIFICATE_REVOKED,
        _DOOR,
        "S:Sender siram_100 / segur_certificat_revoque",
        "Le certificat de la structure a été révoqué : en commander un autre.",
    ),
    FaultPoint(
        ASSERTION_INVALID, _DOOR, "S:Sender siram_100 / segur_assertion", "La signature de la carte n'est pas reconnue."
    ),
    FaultPoint(
        MALFORMED, _DOOR, "S:Sender segur_10 / segur_message", "Le service dit ne pas savoir lire le message SOAP."
    ),
    FaultPoint(CONTEXT_MISSING, _DOOR, "S:Sender segur_10 / segur_contexte", "Le service réclame le ContexteLPS."),
    FaultPoint(
        CLOSED, _DOOR, "S:Receiver siram_40 / segur_ferme", "Le service est fermé (maintenance) ; refaire plus tard."
    ),
    FaultPoint(
        HTTP_503,
        _DOOR,
        "HTTP 503, page HTML, Retry-After: 30",
        "Le frontal répond sans SOAP : ne pas chercher d'erreur siram dans une page HTML.",
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
    FaultPoint(PREFIX_S, _DOOR, "S: partout", "Le préfixe de l'enveloppe est S: (I7)."),
    FaultPoint(PREFIX_ENV, _DOOR, "env: pour Body, ns2: pour RESULTAT", "Le corps est sous le préfixe env: (I7)."),
    FaultPoint(PREFIX_NONE, _DOOR, "SOAP en espace de noms par défaut", "L'enveloppe n'a pas de préfixe (I7)."),
    FaultPoint(
        HISTORY,
        _DOOR,
        "deux INSHISTO dont l'INS actif, dates avant IdIndividu",
        "L'historique est un élément répété, dans un ordre qui n'est pas celui du schéma (I8).",
    ),
    FaultPoint(
        HISTORY_SINGLE,
        _DOOR,
        "un seul INSHISTO",
        "Avec un élément, un lecteur XML naïf donne un objet et non une liste (I8).",
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
    FaultPoint(
        VERIFICATION_KO,
        _VERIFICATION,
        "resultat KO",
        "L'identité ne se vérifie plus : elle va dans une liste de travail, pour une personne (I15).",
    ),
)
