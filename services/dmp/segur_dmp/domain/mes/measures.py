"""Health measures of a space, and which a structured document holds [DMP digest 6.5, COPIE_DOC_AJOUT_*].

Kinds are those of the application (`MeasureCode`), units those it shows where they were seen [confirmed: S9]; limits
are ours, and so is the reading of documents: the digest says only that values are copied, and into which five kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """A kind of measure; steps and glucose of sensors come from referenced services only, of which none writes here."""

    WEIGHT = "WEIGHT"
    HEIGHT = "HEIGHT"
    BMI = "BODY_MASS_INDEX"
    WAIST = "WAIST_CIRCUMFERENCE"
    HEAD = "HEAD_CIRCUMFERENCE"
    PRESSURE = "BLOOD_PRESSURE"
    HEART = "HEART_RATE"
    TEMPERATURE = "BODY_TEMPERATURE"
    PAIN = "PAIN_SEVERITY"
    GLUCOSE = "GLUCOSE"
    HBA1C = "GLYCATED_HEMOGLOBIN"


SYSTOLIC: Final = "SYSTOLIC_BLOOD_PRESSURE"
DIASTOLIC: Final = "DIASTOLIC_BLOOD_PRESSURE"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a measure: its code, unit, and the limits of what is taken."""

    code: str
    label: str
    label_en: str
    unit: str
    low: float
    high: float
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class About:
    """A kind in words, with its numbers; `entered` tells that people write it down, the others are computed."""

    label: str
    label_en: str
    metrics: tuple[Metric, ...]
    entered: bool = True


def _simple(
    kind: Kind,
    label: str,
    label_en: str,
    unit: str,
    low: float,
    high: float,
    decimals: int = 0,
    *,
    entered: bool = True,
) -> tuple[Kind, About]:
    return kind, About(label, label_en, (Metric(kind.value, label, label_en, unit, low, high, decimals),), entered)


ABOUT: Final = MappingProxyType(
    dict(
        (
            _simple(Kind.WEIGHT, "Poids", "Weight", "kg", 0.3, 400, 2),
            _simple(Kind.HEIGHT, "Taille", "Height", "m", 0.2, 2.6, 2),
            _simple(Kind.BMI, "Indice de masse corporelle", "Body mass index", "kg/m²", 3, 200, 1, entered=False),
            _simple(Kind.WAIST, "Tour de taille", "Waist circumference", "cm", 20, 300, 1),
            _simple(Kind.HEAD, "Périmètre crânien", "Head circumference", "cm", 15, 80, 1),
            (
                Kind.PRESSURE,
                About(
                    "Tension artérielle",
                    "Blood pressure",
                    (
                        Metric(SYSTOLIC, "Systolique", "Systolic", "mmHg", 40, 300),
                        Metric(DIASTOLIC, "Diastolique", "Diastolic", "mmHg", 20, 200),
                    ),
                ),
            ),
            _simple(Kind.HEART, "Fréquence cardiaque", "Heart rate", "bpm", 20, 300),
            _simple(Kind.TEMPERATURE, "Température", "Temperature", "°C", 25, 45, 1),
            _simple(Kind.PAIN, "Niveau de douleur", "Pain level", "/10", 0, 10),
            _simple(Kind.GLUCOSE, "Glycémie", "Blood glucose", "mg/dL", 10, 1000),
            _simple(Kind.HBA1C, "Hémoglobine glyquée (HbA1c)", "Glycated hemoglobin (HbA1c)", "%", 2, 25, 1),
        )
    )
)
"""Every kind, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: `values` by metric code, `by` who wrote it down, `document_id` the document it was copied from."""

    id: str
    patient: str
    kind: Kind
    at: datetime
    values: dict[str, float] = field(default_factory=dict)
    by: str = ""
    document_id: str = ""

    @property
    def own(self) -> bool:
        """Whether somebody of the space wrote it down, and so may remove it."""
        return bool(self.id) and not self.document_id

    @property
    def shown(self) -> str:
        """`formattedMetricValue`: the numbers as a French reader writes them, without unit."""
        metrics = ABOUT[self.kind].metrics
        numbers = [f"{self.values[m.code]:.{m.decimals}f}" for m in metrics if m.code in self.values]
        return "/".join(_trimmed(number).replace(".", ",") for number in numbers)


class OutOfRange(ValueError):
    """A value nobody has; the message is French, `field` the code of the metric."""

    def __init__(self, metric: str, reason: str) -> None:
        super().__init__(reason)
        self.field = metric


def check(kind: Kind, values: dict[str, float]) -> None:
    """Raise `OutOfRange` unless `values` holds each number of the kind, within its limits, and nothing else."""
    metrics = {metric.code: metric for metric in ABOUT[kind].metrics}
    if not ABOUT[kind].entered:
        raise OutOfRange("kind", "cette mesure se calcule")
    if values.keys() != metrics.keys():
        raise OutOfRange("values", f"les valeurs attendues : {', '.join(metrics)}")
    for code, metric in metrics.items():
        if not metric.low <= values[code] <= metric.high:
            raise OutOfRange(code, f"{metric.label} : entre {metric.low:g} et {metric.high:g} {metric.unit}")
    if kind is Kind.PRESSURE and values[DIASTOLIC] >= values[SYSTOLIC]:
        raise OutOfRange(DIASTOLIC, "la valeur diastolique est inférieure à la systolique")


def body_mass_index(measures: list[Measure]) -> Measure | None:
    """The index of the latest weight and height; None without both. `measures` are the newest first."""
    weight = next((one for one in measures if one.kind is Kind.WEIGHT), None)
    height = next((one for one in measures if one.kind is Kind.HEIGHT), None)
    if weight is None or height is None:
        return None
    value = weight.values[Kind.WEIGHT] / height.values[Kind.HEIGHT] ** 2
    return Measure("", weight.patient, Kind.BMI, max(weight.at, height.at), {Kind.BMI.value: round(value, 1)})


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
