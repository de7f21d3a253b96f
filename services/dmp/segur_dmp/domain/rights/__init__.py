"""Who may do what: the official matrices as data, callers as they see them, authorizations.

`matrix` has the acts by kind of caller and mode, `documents` the document types by profession [DMP digest 2.3, 6].
"""

from segur_dmp.domain.rights.callers import DOCTOR, PURPOSES, Kind, Standing, is_nominative
from segur_dmp.domain.rights.documents import DocumentMatrix, MatrixRefused, matrix_of
from segur_dmp.domain.rights.grants import Grant, authorization_state
from segur_dmp.domain.rights.matrix import Act, Limit, Right, right, why_not

__all__ = [
    "DOCTOR",
    "PURPOSES",
    "Act",
    "DocumentMatrix",
    "Grant",
    "Kind",
    "Limit",
    "MatrixRefused",
    "Right",
    "Standing",
    "authorization_state",
    "is_nominative",
    "matrix_of",
    "right",
    "why_not",
]
