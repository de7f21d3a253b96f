"""What the pages say, in French and in English."""

from __future__ import annotations

LANGUAGES = ("fr", "en")

TEXTS: dict[str, tuple[str, str]] = {
    "synthetic": ("Données fictives uniquement", "Synthetic data only"),
    "other_language": ("English", "Français"),
    "connect": ("Où connecter votre logiciel", "Where to connect your software"),
    "journal": ("Journal des échanges", "Journal of exchanges"),
    "no_journal": (
        "Rien encore : pointez votre logiciel vers les adresses ci-contre.",
        "Nothing yet: point your software at the addresses beside.",
    ),
    "facts": ("Faits", "Facts"),
    "no_facts": ("Aucun fait.", "No facts."),
    "faults": ("Pannes provoquées", "Faults on purpose"),
    "no_faults": ("Aucune. Exemple :", "None. For example:"),
    "left": ("encore", "left"),
    "struck": ("fois", "times"),
    "unlimited": ("sans limite", "unlimited"),
    "points": ("points de panne", "fault points"),
    "sandboxes": ("Bacs à sable", "Sandboxes"),
    "snapshots": ("instantanés", "snapshots"),
    "clock": ("horloge", "clock"),
    "all": ("tous", "all"),
    "time": ("heure", "time"),
    "service": ("service", "service"),
    "request": ("requête", "request"),
    "response": ("réponse", "response"),
    "status": ("statut", "status"),
    "type": ("type", "type"),
    "subject": ("objet", "subject"),
    "injected": ("panne provoquée", "injected fault"),
    "trace": ("trace", "trace"),
    "trace_unknown": (
        "Trace inconnue. Elles sont gardées 24 h ; une trace qui vient de finir arrive dans la seconde.",
        "Unknown trace. They are kept for 24 h; one that has just ended arrives within a second.",
    ),
    "exchange": ("Échange", "Exchange"),
    "exchange_unknown": ("Échange inconnu. Le journal est gardé 24 h.", "Unknown exchange. The journal is kept 24 h."),
    "page_unknown": ("Page inconnue", "No such page"),
    "spans": ("étapes", "spans"),
    "exchanges": ("Échanges", "Exchanges"),
    "door": ("porte", "door"),
    "sandbox": ("bac à sable", "sandbox"),
    "operation": ("opération", "operation"),
    "actor": ("acteur", "actor"),
    "patient": ("patient (pseudonyme)", "patient (pseudonym)"),
    "certificate": ("certificat client", "client certificate"),
    "fault": ("panne provoquée", "injected fault"),
    "headers": ("En-têtes", "Headers"),
    "body": ("Corps", "Body"),
    "no_body": ("sans corps lisible", "no readable body"),
    "bytes": ("octets", "bytes"),
    "masked": (
        "Secrets masqués, INS remplacés par des pseudonymes.",
        "Secrets masked, INS replaced by pseudonyms.",
    ),
    "refresh": ("Actualiser toutes les 5 s", "Refresh every 5 s"),
    "still": ("Ne plus actualiser", "Stop refreshing"),
    "ready": ("prêt", "ready"),
    "away": ("absent", "away"),
    "figures": ("Mesures (Prometheus)", "Figures (Prometheus)"),
    "see_whole_trace": ("Voir la trace entière", "See the whole trace"),
    "failed": ("en échec", "failed"),
}


def texts(language: str) -> dict[str, str]:
    """The texts in a language, by key."""
    column = LANGUAGES.index(language)
    return {key: pair[column] for key, pair in TEXTS.items()}
