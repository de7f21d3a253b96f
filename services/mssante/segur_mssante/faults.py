"""Where the operator can be broken on purpose, with the exact answer of each door [MSSanté digest 5.4, 8]."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SUBMIT_UNAVAILABLE = "mssante.submit.unavailable"
SMTP_MAINTENANCE = "mssante.smtp.maintenance"
SMTP_GREYLIST = "mssante.smtp.greylist"
SMTP_FULL = "mssante.smtp.mailbox_full"
SMTP_FULL_FOR_NOW = "mssante.smtp.mailbox_full_for_now"
SMTP_SLOW = "mssante.smtp.slow"
SMTP_CUT = "mssante.smtp.cut"
SMTP_CUT_AFTER = "mssante.smtp.cut_after_storing"
AUTH_TOKEN = "mssante.auth.token_refused"  # noqa: S105 - the name of a fault
AUTH_CUT = "mssante.auth.cut_after_334"
HOLDER_DELAY = "mssante.auth.holder_delay"
IMAP_UNAVAILABLE = "mssante.imap.unavailable"
IMAP_BYE = "mssante.imap.bye"
IMAP_SLOW = "mssante.imap.slow"
IMAP_MOVE = "mssante.imap.move"
AUTOCONFIG_MISSING = "mssante.autoconfig.missing"
AUTOCONFIG_BAD_XML = "mssante.autoconfig.bad_xml"
AUTOCONFIG_WRONG_HOST = "mssante.autoconfig.wrong_host"

POINTS = (
    FaultPoint(
        SUBMIT_UNAVAILABLE, "smtp", "451 4.3.0 après DATA",
        "L'opérateur ne prend plus de messages pour un moment : le client doit garder le sien et réessayer.",
    ),
    FaultPoint(
        SMTP_MAINTENANCE, "smtp", "421 4.3.2 à MAIL, puis fermeture",
        "L'opérateur est en maintenance : le client doit garder son message et se reconnecter plus tard.",
    ),
    FaultPoint(
        SMTP_GREYLIST, "smtp", "451 4.7.1 à RCPT",
        "Limite de débit ou liste grise : le même envoi passera un peu plus tard.",
    ),
    FaultPoint(
        SMTP_FULL, "smtp", "552 5.2.2 à RCPT",
        "La boîte du destinataire est pleine : refus définitif, l'utilisateur doit le savoir.",
    ),
    FaultPoint(
        SMTP_FULL_FOR_NOW, "smtp", "452 4.2.2 à RCPT",
        "La boîte du destinataire est pleine pour le moment : le client doit réessayer.",
    ),
    FaultPoint(
        SMTP_SLOW, "smtp", "réponse retardée à DATA (delay_ms)",
        "L'opérateur met longtemps à accuser réception : le client ne doit ni abandonner trop tôt, ni renvoyer.",
    ),
    FaultPoint(
        SMTP_CUT, "smtp", "connexion coupée à la fin de DATA, rien n'est gardé",
        "Le réseau tombe avant l'accusé de réception : le message n'est pas parti, le client doit le renvoyer.",
    ),
    FaultPoint(
        SMTP_CUT_AFTER, "smtp", "connexion coupée à la fin de DATA, le message est gardé",
        "Le réseau tombe après le stockage : le client renvoie, l'opérateur reconnaît le message et ne le double pas.",
    ),
    FaultPoint(
        AUTH_TOKEN, "smtp, imap", '334 / + {"status":"401",...} puis 535 / NO [AUTHENTICATIONFAILED]',
        "Refus transitoire d'un jeton valide, vu sur le service de formation de Mailiz : réessayer deux minutes après.",
    ),
    FaultPoint(
        AUTH_CUT, "smtp", '334 {"status":"401",...} puis fermeture, sans 535',
        "Ce que fait le vrai opérateur : le client voit une déconnexion, et non une erreur d'authentification.",
    ),
    FaultPoint(
        HOLDER_DELAY, "smtp, imap", '334 / + {"status":"403",...} puis 535 / NO [AUTHENTICATIONFAILED], 24 h durant',
        "Boîte déclarée ou titulaire changé depuis moins de 24 h : l'outil officiel ne l'ouvre qu'après ce délai.",
    ),
    FaultPoint(
        IMAP_UNAVAILABLE, "imap", "NO [UNAVAILABLE]",
        "Une commande échoue pour un moment : le client doit garder son état et réessayer.",
    ),
    FaultPoint(
        IMAP_BYE, "imap", "* BYE puis fermeture",
        "L'opérateur ferme la session alors que PSC est valide : le client doit rouvrir seul [ECO.1.2.7].",
    ),
    FaultPoint(IMAP_SLOW, "imap", "réponse retardée (delay_ms)", "L'opérateur est lent : 8 à 60 s ont été observées."),
    FaultPoint(
        IMAP_MOVE, "imap", "NO [SERVERBUG] Internal error à MOVE ou APPEND",
        "Le déplacement ou le dépôt dans Sent échoue : le client ne doit ni perdre ni renvoyer le message.",
    ),
    FaultPoint(AUTOCONFIG_MISSING, "http", "404", "Le domaine n'a pas d'autoconfiguration."),
    FaultPoint(AUTOCONFIG_BAD_XML, "http", "200, XML coupé", "L'autoconfiguration est illisible."),
    FaultPoint(AUTOCONFIG_WRONG_HOST, "http", "200, hôte inexistant", "L'autoconfiguration nomme un hôte mort."),
)  # fmt: skip
