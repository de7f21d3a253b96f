"""Why the box says no. Texts are ours: those of the ADSI volet are not published [DRIM digest 3.5, 3.7, 10]."""

from __future__ import annotations

from segur.kernel.errors import Kind, Refusal

# WADO-RS, in the order the checks are made [DRIM digest 3.5]
NO_CERTIFICATE = Refusal(
    "no_certificate", Kind.FORBIDDEN, "CERTIFICATE", "Un certificat client ORG AUTH_CLI est exigé en TLS.", "SO.111"
)
NO_TOKEN = Refusal("no_token", Kind.UNAUTHENTICATED, "TOKEN", "Authorization: Bearer <jeton PSC> est exigé.", "SO.33")
TOKEN_REFUSED = Refusal(
    "token_refused", Kind.UNAUTHENTICATED, "TOKEN", "Pro Santé Connect dit ce jeton inactif.", "DB/SO.33"
)
PSC_AWAY = Refusal("psc_away", Kind.BUSY, "PSC", "Pro Santé Connect ne répond pas : jeton non vérifiable.", "D18")
PROFESSION_REFUSED = Refusal(
    "profession_refused", Kind.FORBIDDEN, "PROFESSION", "Cette profession ne peut pas consulter les images.", "DB/SO.34"
)
BAD_ACCEPT = Refusal("bad_accept", Kind.MALFORMED, "ACCEPT", "En-tête Accept absent ou mal formé.", "D22")
BAD_UID = Refusal("bad_uid", Kind.MALFORMED, "UID", "Identifiant DICOM mal formé dans l'adresse.", "PS3.5 9.1")
NO_KOS_HEADER = Refusal(
    "no_kos_header", Kind.MALFORMED, "KOS_HEADER", "L'en-tête KOS-SOPInstanceUID est exigé.", "DRIM digest 3.5"
)
NO_KOS = Refusal("no_kos", Kind.NOT_FOUND, "KOS", "Aucun KOS n'a été publié pour cet examen.", "DB/SO.37")
KOS_OUTDATED = Refusal(
    "kos_outdated", Kind.NOT_FOUND, "KOS_OUTDATED", "Ce KOS n'est pas le dernier publié pour cet examen.", "DB/SO.38"
)
NOT_IN_KOS = Refusal("not_in_kos", Kind.NOT_FOUND, "NOT_IN_KOS", "Le KOS de l'examen ne référence pas cet objet.")
NOT_ACCEPTABLE = Refusal(
    "not_acceptable", Kind.MALFORMED, "SYNTAX", "Aucune syntaxe de transfert acceptée ne peut être honorée.", "D23"
)
TOO_MANY = Refusal("too_many", Kind.BUSY, "BUSY", "Trop de transferts en cours, réessayez plus tard.", "D32")
PACS_AWAY = Refusal("pacs_away", Kind.BUSY, "ERR03", "Le PACS ne répond pas.", "D04")
IMAGE_GONE = Refusal("image_gone", Kind.NOT_FOUND, "GONE", "Une image du KOS n'est plus dans le PACS.", "D29")

# STOW-RS
NOT_MULTIPART = Refusal(
    "not_multipart", Kind.MALFORMED, "STOW_TYPE", 'multipart/related; type="application/dicom" est attendu.', "PS3.18"
)
BAD_BODY = Refusal("bad_body", Kind.MALFORMED, "STOW_BODY", "Le corps de la requête est illisible.", "PS3.18 10.5")
STORE_FULL = Refusal("store_full", Kind.BUSY, "A700", "Le PACS est plein, réessayez plus tard.", "PS3.4 annexe B")
NOT_HERE = Refusal("not_here", Kind.NOT_FOUND, "ROUTE", "Rien n'est servi à cette adresse.", "DRIM digest 3.1")

# Publication; the codes are those of the audit trail [DRIM digest 3.7]
IPP_MISMATCH = Refusal(
    "ipp_mismatch", Kind.CONFLICT, "ERR01", "L'identité des images n'est pas celle du message HL7.", "DB/SO.16"
)
ACCESSION_MISMATCH = Refusal(
    "accession_mismatch",
    Kind.CONFLICT,
    "ERR02",
    "Le numéro d'accession des images n'est pas dans le compte rendu.",
    "DB/SO.17",
)
STUDY_ABSENT = Refusal("study_absent", Kind.NOT_FOUND, "ERR04", "L'examen n'est pas dans le PACS.", "DB/SO.15")
KOS_IMPOSSIBLE = Refusal("kos_impossible", Kind.MALFORMED, "ERR05", "Le KOS ne peut pas être construit.", "DB/SO.21")
DMP_ABSENT = Refusal("dmp_absent", Kind.NOT_FOUND, "ERR06", "Le DMP du patient n'est pas disponible.", "DB/SO.21")
DMP_REFUSED = Refusal("dmp_refused", Kind.CONFLICT, "ERR07", "Le DMP refuse le KOS.", "DB/SO.21")
INS_NOT_QUALIFIED = Refusal(
    "ins_not_qualified", Kind.CONFLICT, "SEGUR_INS_NON_QUALIFIEE", "PID-32 ne vaut pas VALI : rien n'est publié.", "D08"
)
REPORT_REFUSED = Refusal("report_refused", Kind.MALFORMED, "SEGUR_HL7", "Le message HL7 ne peut pas être pris.", "1.4")
REPORT_UNKNOWN = Refusal(
    "report_unknown",
    Kind.NOT_FOUND,
    "SEGUR_CR_INCONNU",
    "La boîte n'a reçu aucun compte rendu de cet identifiant : il n'y a pas de KOS à dépublier.",
    "DB/SO.97",
)
KOS_NOT_FOUND = Refusal(
    "kos_not_found",
    Kind.NOT_FOUND,
    "ERR07",
    "Le DMP ne montre pas le KOS à dépublier, quel que soit le nombre de recherches.",
    "D09",
)

STATUSES = {NOT_ACCEPTABLE: 406, IMAGE_GONE: 410, NOT_MULTIPART: 415}
"""HTTP statuses that no kind of refusal has."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a row."""
    return STATUSES.get(refusal, refusal.kind.value)
