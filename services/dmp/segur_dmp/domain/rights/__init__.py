"""Who may do what: the official matrix as data, callers as it sees them, authorizations [DMP digest 2.3, 6.1, 6.4]."""

from segur_dmp.domain.rights.callers import DOCTOR, PURPOSES, Kind, Standing, is_nominative
from segur_dmp.domain.rights.grants import Grant, authorization_state
from segur_dmp.domain.rights.matrix import Act, Limit, Right, right, why_not

__all__ = [
    "DOCTOR",
    "PURPOSES",
    "Act",
    "Grant",
    "Kind",
    "Limit",
    "Right",
    "Standing",
    "authorization_state",
    "is_nominative",
    "right",
    "why_not",
]
