"""Values of the HL7 V3 messages of the DMP, and the few data types they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from segur.vocab import oids

AUTHORIZATION_KEY: Final = ("AUTORISATION", "1.2.250.1.213.4.1.2.6.1")
AUTHORIZATION_SYSTEM: Final = "1.2.250.1.213.4.1.2.6.2"
TREATING_DOCTOR_KEY: Final = ("STATUT_MT", "1.2.250.1.213.4.1.2.6.3")
REASON_SYSTEM: Final = "1.2.250.1.213.1.1.4.11"
INTERACTIONS: Final = "2.16.840.1.113883.1.6"
INTERNET_ACCOUNT: Final = ("COMPTE_INTERNET_OUVERT", "1.2.250.1.213.4.1.2.9")
ATTACHED_TO_ENS: Final = ("RATTACHEMENT_ENS", "1.2.250.1.213.4.1.2.3")
CLOSING_SYSTEM: Final = "1.2.250.1.213.4.1.2.4"

MATCH: Final = ("POURCENTAGE", "1.2.250.1.213.4.1.2.3")
OPPOSED_TO_REGULATION: Final = ("OPPOSITION_ACCES_URGENCE", "1.2.250.1.213.4.1.2.3")
OPPOSED_TO_BREAK_GLASS: Final = ("OPPOSITION_BRIS_DE_GLACE", "1.2.250.1.213.4.1.2.3")
REACTIVATION_CONSENT: Final = ("CONSENTEMENT_REACTIVATION_DMP", "1.2.250.1.213.4.1.2.3")
"""Observations whose code system is not published: that of `ATTACHED_TO_ENS` is written, any is read."""

EXISTENCE_TEST: Final = "TEST_EXST"
READ_DATA: Final = "CNSLT_DATA"
CHANGE_DATA: Final = "MODIF_DATA"
CLOSE: Final = "FERM"
REACTIVATE: Final = "REAC"
CREATE: Final = "CREA_RD"
"""Reasons of the administrative transactions [DMP digest 1.1, 1.5]."""

AUTHORIZATION_VALID: Final = "VALIDE"
AUTHORIZATION_NONE: Final = "INEXISTANTE"
AUTHORIZATION_EXPIRED: Final = "EXPIREE"
AUTHORIZATION_FORBIDDEN: Final = "INTERDITE"
"""All but `VALIDE` are of inferred spelling [DMP digest 1.3]: the service may use others, any text is carried."""

_TS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})?(\d{2})?)?(?:\.\d+)?(?:([+-])(\d{2})(\d{2}))?\Z")


class Hl7Refused(ValueError):
    """The message cannot be read: `field` names the part, `reason` the rule broken and the fix."""

    def __init__(self, reason: str, field: str) -> None:
        self.reason = reason
        self.field = field
        super().__init__(f"HL7 V3, {field}: {reason}")


@dataclass(frozen=True, slots=True)
class Identifier:
    """An HL7 II: root (OID or UUID) and extension."""

    root: str
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A software that sends or receives: its OID and its name."""

    oid: str
    name: str = ""


DMP_DEVICE: Final = Device(oids.DMP, "DMP")


@dataclass(frozen=True, slots=True)
class Telecom:
    """A contact address as a URL (`mailto:…`, `tel:…`), and its use (`MC` for a mobile)."""

    value: str
    use: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """An administrative observation on a DMP: a code and a boolean, a number or a text."""

    code: str
    system: str
    value: bool | int | str


@dataclass(frozen=True, slots=True)
class Closing:
    """Why and when a DMP was closed: code of the reason, `YYYYMMDD[hhmmss]`, free text."""

    reason: str
    date: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DmpRecord:
    """The administrative side of one DMP. Dates are HL7 texts (`YYYYMMDD`), because a birth date may be lunar."""

    ids: tuple[Identifier, ...]
    status: str = "active"
    """`active`, or `terminated` for a closed DMP."""
    prefix: str = ""
    given: tuple[str, ...] = ()
    used_name: str = ""
    birth_name: str = ""
    telecoms: tuple[Telecom, ...] = ()
    gender: str = ""
    birth_date: str = ""
    observations: tuple[Observation, ...] = ()
    closing: Closing | None = None

    @property
    def closed(self) -> bool:
        """True when the DMP is closed."""
        return self.status == "terminated"

    def observed(self, key: tuple[str, str]) -> bool | int | str | None:
        """The value of the observation of that (code, system), None when absent."""
        return next((item.value for item in self.observations if (item.code, item.system) == key), None)

    def said(self, code: str) -> bool | int | str | None:
        """The value of the observation of that code, whatever its system; None when absent."""
        return next((item.value for item in self.observations if item.code == code), None)


@dataclass(frozen=True, slots=True)
class DemographicsQuery:
    """PRPA_IN201307UV02: existence test (TD0.2) or reading of administrative data (TD1.3a), by its `reason`."""

    id: Identifier
    query_id: Identifier
    patients: tuple[Identifier, ...]
    sender: Device
    reason: str = EXISTENCE_TEST
    created: datetime | None = None
    receiver: Device = DMP_DEVICE
    processing: str = "P"
    """`P` production, `D` from test tools."""

    @property
    def patient(self) -> Identifier:
        """The identifier asked for: the first that is not a retired INS-C."""
        return next((item for item in self.patients if item.root != oids.INS_C), self.patients[0])


@dataclass(frozen=True, slots=True)
class DemographicsAnswer:
    """PRPA_IN201308UV02. Without a record there is no DMP: `query_status` is then `NF`."""

    id: Identifier
    target: Identifier
    query_id: Identifier
    receiver: Device
    reason: str = EXISTENCE_TEST
    created: datetime | None = None
    sender: Device = DMP_DEVICE
    acknowledgement: str = "AA"
    query_status: str = "OK"
    authorization: str = ""
    """State of the caller's authorization, empty when the line is absent."""
    treating_doctor: bool | None = None
    record: DmpRecord | None = None


def format_ts(moment: datetime) -> str:
    """`YYYYMMDDhhmmss` in UTC, the form of the DMP [DMP digest 0]; `moment` must be aware."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def parse_ts(text: str, field: str) -> datetime:
    """Read an HL7 TS of at least a day, as UTC when it has no zone; a fraction is dropped.

    Raise `Hl7Refused` naming `field`.
    """
    match = _TS.match(text)
    if match is None:
        raise Hl7Refused(f"expected YYYYMMDDhhmmss, got {text[:40]!r}", field)
    year, month, day, hour, minute, second, sign, hours, minutes = match.groups()
    try:
        offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Hl7Refused(f"no such date and time: {text[:40]!r}", field) from None
