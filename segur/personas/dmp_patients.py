"""The patients of the DMP's conformity cases, as identities of ours: one situation of the DMP each [DMP digest 6.6].

`docs/dmp-patients.md` lists them: `python -m segur.personas.dmp_table` writes it. Keys are stable; software under
test finds everybody by INS.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from segur.personas import roles
from segur.personas.fixture_patients import numbered
from segur.personas.identities import ins_of_birth
from segur.personas.model import DmpCase, LegalRepresentative, Patient
from segur.personas.states import DmpState, IdentityStatus, MesState
from segur.vocab import oids
from segur.vocab.ins import Ins

_FIRST: Final = 935
"""Order of birth of the first one; the other fixtures come after."""
_GUERET, _MENDE, _PRIVAS = ("23096", "GUERET"), ("48095", "MENDE"), ("07186", "PRIVAS")
_FOIX, _TULLE, _AJACCIO = ("09122", "FOIX"), ("19272", "TULLE"), ("2A004", "AJACCIO")
_PARENT: Final = LegalRepresentative("PAT-MELANGE", "IRENE", "MTH", "irene.pat-melange@exemple.test", "0639980073")
_GP, _DOCTOR, _RADIOLOGIST = roles.GENERAL_PRACTITIONER, roles.OTHER_DOCTOR, roles.RADIOLOGIST


def dmp_patients() -> tuple[Patient, ...]:
    """The patients of the cases, in the order of the table."""
    make = numbered(_FIRST)
    unknown, closed = MesState.UNKNOWN, MesState.CLOSED

    def case(text: str, **more: object) -> DmpCase:
        return DmpCase(text, **more)  # type: ignore[arg-type]  # the fields of the case

    everyone = (
        make("DMP-ABSENT", "PAT-ABSENTE", "BLANDINE", "F", date(1944, 5, 2), _GUERET, dmp=DmpState.NONE, mes=unknown,
             dmp_case=case("Sans DMP (TD0.2 NF)")),
        make("DMP-FERME-1", "PAT-PARTANT", "OCTAVE", "M", date(1958, 9, 14), _MENDE, dmp=DmpState.CLOSED, mes=closed,
             dmp_case=case("DMP fermé, rattaché à Mon espace santé", closing="Le patient ne souhaite plus de DMP.")),
        make("DMP-FERME-2", "PAT-RETOUR", "CLARISSE", "F", date(1966, 2, 3), _PRIVAS, dmp=DmpState.CLOSED, mes=unknown,
             dmp_case=case("DMP fermé, non rattaché : réactivable (TD1.2)", closing="Demande du patient.")),
        make("DMP-FERME-3", "PAT-DISPARU", "ANATOLE", "M", date(1929, 11, 30), _FOIX, dmp=DmpState.CLOSED, mes=closed,
             died_on=date(2025, 3, 9), dmp_case=case("DMP fermé au décès", closing="Décès du patient.")),
        make("DMP-REFUS", "PAT-REFUSE", "HONORINE", "F", date(1977, 4, 22), _TULLE, opposed_to_consultation=True,
             dmp_case=case("Le patient ne consent pas à la consultation : ne pas déclarer d'autorisation")),
        make("DMP-BLOQUE", "PAT-BLOQUE", "FULBERT", "M", date(1981, 6, 11), _GUERET, authorised=(_RADIOLOGIST,),
             dmp_case=case("Professionnels bloqués : PS1 et PS3 (TD0.2 INTERDITE, TD1.6)", blocked=(_DOCTOR, _GP))),
        make("DMP-EXPIRE", "PAT-EXPIRE", "ROSELINE", "F", date(1969, 8, 29), _MENDE,
             dmp_case=case("Autorisation expirée pour PS1 et PS3 (TD0.2 EXPIREE)", lapsed=(_DOCTOR, _GP))),
        make("DMP-OPPOSE-15", "PAT-SANSSAMU", "EUSTACHE", "M", date(1953, 1, 17), _PRIVAS, authorised=(_GP,),
             dmp_case=case("Opposé à l'accès du centre 15", denies=("ETREAT",))),
        make("DMP-OPPOSE-URGENCE", "PAT-SANSURGENCE", "APOLLINE", "F", date(1989, 12, 5), _FOIX, authorised=(_GP,),
             dmp_case=case("Opposé au centre 15 et au bris de glace", denies=("ETREAT", "BTG"))),
        make("DMP-URGENCE", "PAT-URGENCE", "LEOPOLD", "M", date(1973, 10, 8), _TULLE,
             dmp_case=case("Régulation et bris de glace permis (TD1.3, 2.1, 3.1 à 3.3), masqués non lisibles")),
        make("DMP-SANS-INS", "PAT-DESCHAMPS", "SIDONIE", "F", date(1995, 3, 19), _GUERET,
             dmp_case=case("À rechercher sans INS (TD0.5)")),
        make("DMP-AUTORISATIONS", "PAT-ENCHAINEMENT", "HECTOR", "M", date(1961, 7, 6), _MENDE,
             dmp_case=case("Sans autorisation : enchaîner TD0.2, TD0.3, TD3.1")),
        make("DMP-ATTRIBUTS", "PAT-ATTRIBUTS", "VIOLETTE", "F", date(1984, 2, 27), _PRIVAS, authorised=(_GP, _DOCTOR),
             dmp_case=case("Changements d'attributs (TD3.3)")),
        make("DMP-ATTRIBUTS-AIR", "PAT-ATTRIBUTSAIR", "MAXENCE", "M", date(1986, 5, 13), _FOIX, authorised=(_GP,),
             dmp_case=case("Changements d'attributs en AIR (TD3.3)")),
        make("DMP-COMPLET", "PAT-COMPLET", "GERTRUDE", "F", date(1957, 11, 21), _TULLE, treating_doctor=_GP,
             authorised=(_GP, _DOCTOR, _RADIOLOGIST), dmp_case=case("TD0.2, 2.1, 2.2, 3.2, 3.3")),
        make("DMP-COMPLET-AIR", "PAT-COMPLETAIR", "THEODULE", "M", date(1963, 9, 2), _GUERET, authorised=(_GP, _DOCTOR),
             dmp_case=case("TD0.2, 3.1, 3.2, 3.3 en AIR")),
        make("DMP-REMPLACE", "PAT-REMPLACE", "PERRINE", "F", date(1978, 1, 10), _MENDE, authorised=(_GP,),
             dmp_case=case("Alimenter, remplacer, supprimer")),
        make("DMP-NOMBREUX", "PAT-NOMBREUX", "BARNABE", "M", date(1949, 6, 25), _PRIVAS, authorised=(_GP, _DOCTOR),
             dmp_case=case("Nombreux documents, recherche par dates")),
        make("DMP-RECHERCHE", "PAT-RECHERCHE", "CELESTINE", "F", date(1971, 8, 4), _FOIX, authorised=(_GP, _DOCTOR),
             dmp_case=case("Recherche et lecture")),
        make("DMP-WEB", "PAT-WEB", "PROSPER", "M", date(1967, 3, 31), _TULLE, treating_doctor=_GP,
             authorised=(_GP, _DOCTOR), dmp_case=case("Accès web (TD0.9, TD0.10), TD1.6, 3.1, 3.2")),
        make("DMP-MELANGE-1", "PAT-MELANGE", "ALPHONSE", "M", date(1982, 4, 16), _GUERET,
             dmp_case=case("Plusieurs DMP alimentés en une session (1 sur 3)")),
        make("DMP-MELANGE-2", "PAT-MELANGE", "IRENE", "F", date(1983, 7, 24), _MENDE,
             dmp_case=case("Plusieurs DMP alimentés en une session (2 sur 3)")),
        make("DMP-MELANGE-3", "PAT-MELANGE", "TIMOTHEE", "M", date(2012, 10, 1), _PRIVAS, is_minor=True,
             legal_representatives=(_PARENT,), authorised=(_GP,),
             dmp_case=case("Mineur (3 sur 3) : INVISIBLE_REPRESENTANTS_LEGAUX, connexion secrète")),
        make("DMP-RATTACHE", "PAT-RATTACHE", "EUGENIE", "F", date(1976, 12, 18), _FOIX, mes=MesState.NOT_ACTIVATED,
             dmp_case=case("DMP rattaché à Mon espace santé, non activé")),
        make("DMP-SANS-NOM", "PAT-SANSNOM", "FIRMIN", "M", date(1955, 5, 9), _TULLE,
             dmp_case=case("DMP dont l'identité est NON RENSEIGNE", nameless=True)),
        make("DMP-DETACHE", "PAT-DETACHE", "LEOCADIE", "F", date(1947, 2, 20), _GUERET, mes=unknown,
             authorised=(_GP,), dmp_case=case("DMP non rattaché : gestion administrative (TD1.3b, TD1.4)")),
        make("DMP-VACCIN", "PAT-VACCIN", "NESTOR", "M", date(1992, 9, 27), _MENDE, authorised=(_GP, roles.NURSE),
             dmp_case=case("Notes et historique de vaccination")),
        make("DMP-REMB", "PAT-REMBOURSE", "ADELAIDE", "F", date(1964, 6, 3), _PRIVAS, ins=_demonstration(),
             authorised=(_GP,), dmp_case=case("Données de remboursement ; OID de démonstration 1.2.250.1.213.1.4.11")),
        make("DMP-EXPRESSION", "PAT-EXPRESSION", "MODESTE", "M", date(1951, 11, 7), _FOIX,
             dmp_case=case("EXPPAT_1 et EXPPAT_2 ; documents masqués lisibles en urgence", masked_in_emergency=True)),
        make("DMP-NON-QUALIFIE", "PAT-REFERENTIEL", "AURELIE", "F", date(1998, 1, 28), _TULLE,
             status=IdentityStatus.PROVISOIRE, dmp_case=case("INS qualifiée encore à acquérir")),
        make("DMP-IMAGERIE", "PAT-IMAGERIE", "SYLVAIN", "M", date(1985, 8, 15), _GUERET,
             authorised=(_GP, _RADIOLOGIST), dmp_case=case("DICOM et KOS")),
        make("DMP-CORSE", "PAT-CORSE", "GHISLAINE", "F", date(1974, 3, 12), _AJACCIO, authorised=(_GP,),
             dmp_case=case("Matricule corse (une lettre dans le numéro)")),
    )  # fmt: skip
    return everyone


def _demonstration() -> Ins:
    """The INS of the case that is played with demonstration data."""
    test = ins_of_birth("F", date(1964, 6, 3), _PRIVAS[0], 999)
    return Ins.parse(test.matricule, oids.INS_NIR_DEMO)
