"""Value sets of XDS metadata beside types and formats: J58, J59, J61, J62, J231. [DMP digest 3.2, 3.5, 3.6, 3.7]"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from segur.vocab import oids
from segur.vocab.structures import ACTIVITY_SECTORS, PRACTICE_SETTING

ORIGIN: Final = "1.2.250.1.213.1.1.4.6"
"""TRE_A00: who is no professional and no structure."""
CONTENT_TYPE: Final = "1.2.250.1.213.2.2"
"""TRE_R209: kinds of care."""

CONFIDENTIALITY_LEVELS: Final = ("N", "R", "V")
VISIBILITIES: Final = ("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX")
J58: Final = MappingProxyType(
    dict.fromkeys(CONFIDENTIALITY_LEVELS, oids.CONFIDENTIALITY_HL7)
    | dict.fromkeys(VISIBILITIES, oids.CONFIDENTIALITY_FR)
)
"""confidentialityCode -> scheme."""

_ORIGINS: Final = dict.fromkeys(("EXP_PATIENT", "SNR"), ORIGIN)
_NOT_IN_J61: Final = ("SA66", "SA67")
J61: Final = MappingProxyType(
    dict.fromkeys((code for code in ACTIVITY_SECTORS if code not in _NOT_IN_J61), oids.ACTIVITY_SECTOR) | _ORIGINS
)
"""healthcareFacilityTypeCode -> scheme."""

J62: Final = MappingProxyType(
    dict.fromkeys(
        (
            "AMBULATOIRE", "AMO", "DEPISTAGE", "ESSMS", "ETABLISSEMENT", "HAD", "MAD", "PALLIATIF", "SAD", "SAMU_SMUR",
        ),
        PRACTICE_SETTING,
    )
    | _ORIGINS
)  # fmt: skip
"""practiceSettingCode -> scheme; read from its CI-SIS twin J04, J62 itself was not."""

_KINDS_OF_CARE: Final = (
    "03", "04", "07", "08", "09", *(str(number) for number in range(11, 29)), "33", "37", "40",
    *(str(number) for number in range(42, 49)), "50", "52", "60", "97",
)  # fmt: skip
_HOME_CARE: Final = ("05", "11", "12")
"""TRE_R276; the digest does not tell its OID."""
J59: Final = MappingProxyType(
    {code: (CONTENT_TYPE,) for code in _KINDS_OF_CARE}
    | dict.fromkeys(_HOME_CARE, ())
    | {code: (oids.ACTIVITY_SECTOR,) for code in ACTIVITY_SECTORS if code >= "SA05"}
    | {"EXP_PATIENT": (ORIGIN,)}
)
"""contentTypeCode -> schemes it may have; none where the digest does not tell."""

J231: Final = frozenset(
    {"urn:ihe:iti:xds:2013:accession", "urn:ihe:iti:xds:2013:order", "urn:ihe:iti:xds:2016:studyInstanceUID"}
)
"""Kinds of the reference id list."""

AUTHOR_ORIGINS: Final = frozenset(
    {"ALIM_AM", "DISPOSITIF", "EXP_PATIENT", "SECRETARIAT_MEDICAL", "AUTOMATE", "SNR", "LOGICIEL_DUI"}
)
"""authorSpecialty of who has no profession (J01, scheme `ORIGIN`)."""
