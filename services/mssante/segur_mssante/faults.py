"""Where the operator can be broken on purpose."""

from __future__ import annotations

from segur.kernel.faults import FaultPoint

SUBMIT_UNAVAILABLE = "mssante.submit.unavailable"

POINTS = (
    FaultPoint(
        SUBMIT_UNAVAILABLE,
        "smtp",
        "451 4.3.0",
        "L'opérateur ne prend plus de messages pour un moment : le client doit garder le sien et réessayer.",
    ),
)
