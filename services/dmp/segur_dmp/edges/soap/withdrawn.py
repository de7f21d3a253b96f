"""Transactions the DMP no longer offers: older software meets the reason, whatever else is wrong [DMP digest 1.1]."""

from __future__ import annotations

from typing import Final

from segur.kernel.errors import SegurError
from segur_dmp import errors

_WEB_ACCOUNT: Final = "les comptes web des patients ont cédé la place à Mon espace santé"
_WITHDRAWN: Final = {
    "createPatientAccess": ("TD1.5a", _WEB_ACCOUNT),
    "patientOTPUpdate": ("TD1.5b", _WEB_ACCOUNT),
    "updatePatientAccess": ("TD1.5d", _WEB_ACCOUNT),
}
"""Local name of the body element, in whatever namespace its clients have it → transaction and reason."""


def refusal_of(local_name: str) -> SegurError | None:
    """The refusal of a withdrawn transaction, None for any other body element."""
    if local_name == "identityCertification":
        return errors.NO_CERTIFICATION.error()
    found = _WITHDRAWN.get(local_name)
    return errors.WITHDRAWN.error(name=found[0], reason=found[1]) if found is not None else None
