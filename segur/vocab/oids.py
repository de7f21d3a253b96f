"""OIDs of the French health information system, by the names the specifications use."""

INS_NIR = "1.2.250.1.213.1.4.8"
"""Assigning authority of the INS when the matricule is a NIR (production)."""
INS_NIA = "1.2.250.1.213.1.4.9"
"""Assigning authority of the INS when the matricule is a NIA (production)."""
INS_NIR_TEST = "1.2.250.1.213.1.4.10"
"""Assigning authority of the INS-NIR of test identities."""
INS_NIR_DEMO = "1.2.250.1.213.1.4.11"
"""Assigning authority of the INS-NIR of demonstration identities."""
INS_C = "1.2.250.1.213.1.4.2"
"""Retired computed identifier, still seen in old samples."""

INS_TEST_AUTHORITIES = frozenset({INS_NIR_TEST, INS_NIR_DEMO})
INS_PRODUCTION_AUTHORITIES = frozenset({INS_NIR, INS_NIA})
INS_AUTHORITIES = INS_TEST_AUTHORITIES | INS_PRODUCTION_AUTHORITIES

PROFESSIONAL = "1.2.250.1.71.4.2.1"
"""Assigning authority of PS_IdNat (RPPS, ADELI and internal identifiers)."""
STRUCTURE = "1.2.250.1.71.4.2.2"
"""Assigning authority of Struct_IdNat (FINESS, SIRET, SIREN …)."""

DMP = "1.2.250.1.213.4.1.1.1"
"""The DMP as an HL7 V3 device."""
DMP_REPOSITORY = "1.2.250.1.213.4.1.1.1.2"
"""repositoryUniqueId of the DMP."""
DMP_CUSTODIAN = "1.2.250.1.213.4.1"
"""The DMP as custodian of CDA documents."""

LOINC = "2.16.840.1.113883.6.1"
CONFIDENTIALITY_HL7 = "2.16.840.1.113883.5.25"
CONFIDENTIALITY_FR = "1.2.250.1.213.1.1.4.13"
"""TRE_A07: MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX."""
PROFESSION = "1.2.250.1.71.1.2.7"
"""TRE_G15 professions."""
PROFESSION_TRAINEE = "1.2.250.1.71.1.2.8"
"""TRE_G16 professions in training."""
SPECIALITY = "1.2.250.1.71.4.2.5"
"""TRE_R01 specialities (SM…)."""
ACTIVITY_SECTOR = "1.2.250.1.71.4.2.4"
"""TRE_R02 activity sectors (SA…)."""
ACCESS_MODE = "1.2.250.1.213.1.1.4.248"
"""TRE_R248 access modes of the VIHF."""

SEGURSTACK = "1.2.250.1.213.999.1"
"""Arc of every identifier SégurStack makes itself. Synthetic: not registered."""
