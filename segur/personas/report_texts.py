"""What the documents of the stories say, in French because patients and doctors read it. All of it is invented."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

IMAGING_INDICATION = "Toux persistante depuis six semaines chez une personne non fumeuse. Recherche d'une cause."
IMAGING_TECHNIQUE = (
    "Acquisition hélicoïdale du thorax après injection intraveineuse de produit de contraste iodé.",
    "Reconstructions en coupes de 5 mm, fenêtres médiastinale et parenchymateuse.",
)
IMAGING_HISTORY = (
    ("11348-0", "Antécédents médicaux", "Antécédents médicaux : hypertension artérielle équilibrée."),
    ("47519-4", "Antécédents chirurgicaux", "Antécédents chirurgicaux : appendicectomie dans l'enfance."),
    ("64100-1", "Contre-indications", "Contre-indications : aucune connue."),
)
"""LOINC code, its label, what the report says."""
IMAGING_COMPARISON = "Aucun examen antérieur disponible pour comparaison."
IMAGING_FINDINGS = (
    "Parenchyme pulmonaire : absence de nodule, de condensation ou d'épanchement pleural.",
    "Médiastin : pas d'adénomégalie de taille significative. Cavités cardiaques de volume normal.",
    "Étage abdominal supérieur exploré : sans particularité. Structures osseuses sans lésion.",
)
IMAGING_CONCLUSION = "Scanner thoracique sans anomalie décelable."
FICTION_NOTICE = "Document fictif produit par un émulateur : aucune personne réelle n'est concernée."

BODIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "11488-4": (
            "Consultation de suivi. Patient en bon état général, examen clinique sans particularité.",
            "Conduite à tenir : poursuite du traitement en cours, nouvelle consultation dans trois mois.",
        ),
        "11490-0": (
            "Motif d'hospitalisation : douleur thoracique, surveillance de 48 heures.",
            "Synthèse du séjour : électrocardiogramme et troponines normaux, évolution favorable.",
            "Traitement de sortie : paracétamol 1 g si douleur, au plus 3 fois par jour.",
            "Suites à donner : consultation chez le médecin traitant sous quinze jours.",
        ),
        "11502-2": (
            "Hémoglobine : 13,8 g/dL (12,0 - 16,0).",
            "Leucocytes : 6,2 G/L (4,0 - 10,0). Plaquettes : 254 G/L (150 - 400).",
            "Créatinine : 68 µmol/L (45 - 84). Glycémie à jeun : 4,9 mmol/L (3,9 - 6,1).",
            "Conclusion : bilan sans anomalie.",
        ),
        "55115-0": (
            "Examen demandé : scanner thoracique.",
            "Justification : toux persistante depuis six semaines. Pas d'allergie connue aux produits de contraste.",
        ),
        "57833-6": (
            "Paracétamol 1 g, comprimé : 1 comprimé si douleur, au plus 3 fois par jour, pendant 5 jours.",
            "Sérum physiologique, solution nasale : un lavage matin et soir pendant 10 jours.",
        ),
        "60591-5": (
            "Pathologies en cours : hypertension artérielle équilibrée.",
            "Antécédents : appendicectomie dans l'enfance.",
            "Allergies et intolérances : aucune connue.",
            "Traitement au long cours : périndopril 4 mg, un comprimé le matin.",
            "Points de vigilance : contrôle tensionnel tous les six mois.",
        ),
        "11506-3": (
            "Soins du jour : réfection du pansement, plaie propre, bords nets.",
            "Suite : nouveau passage dans 48 heures.",
        ),
        "87273-9": ("Vaccination antitétanique, rappel. Voie intramusculaire, bras gauche. Bonne tolérance.",),
    }
)
"""Paragraphs by document type; other types get `DEFAULT_BODY`."""
DEFAULT_BODY = ("Document de démonstration, sans contenu médical.",)
