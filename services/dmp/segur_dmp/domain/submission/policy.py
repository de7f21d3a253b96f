"""Which controls of a submission are in force, and how broken ones are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from segur.wire.xds import MetadataRefused
from segur_dmp.domain.parameters import Control


class SubmissionRefused(MetadataRefused):
    """A submission with one or more broken rules; it is the first of them, `refusals` are all."""

    def __init__(self, refusals: Sequence[MetadataRefused]) -> None:
        first = refusals[0]
        super().__init__(first.field, first.context.removeprefix(f"{first.field}: "), code=first.code)
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which controls are off (`unchecked`), and whose submission it is.

    `same_entity` tells whether a Struct_idNat is the caller's structure or of its legal entity.
    """

    same_entity: Callable[[str], bool]
    unchecked: Collection[str] = ()
    hidden_and_masked: bool = False
    max_bytes: int = 20 * 1024 * 1024

    def checks(self, control: Control) -> bool:
        """Whether a control is on."""
        return control not in self.unchecked
