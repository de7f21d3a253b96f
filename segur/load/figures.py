"""Percentiles of samples."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(samples: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile (`share` between 0 and 1), None without samples."""
    if not samples:
        return None
    ordered = sorted(samples)
    return round(ordered[max(math.ceil(share * len(ordered)) - 1, 0)], 2)


def median(samples: Sequence[float]) -> float | None:
    """The middle sample."""
    return percentile(samples, 0.5)
