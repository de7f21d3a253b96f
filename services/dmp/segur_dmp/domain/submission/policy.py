"""Which controls of a submission are in force, and how broken ones are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from segur.wire.xds import MetadataRefused
from segur_dmp.domain.parameters import Control, Reaction


class SubmissionRefused(MetadataRefused):
    """A submission with one or more broken rules; it is the first of them, `refusals` are all."""

    def __init__(self, refusals: Sequence[MetadataRefused]) -> None:
        first = refusals[0]
        super().__init__(first.field, first.context.removeprefix(f"{first.field}: "), code=first.code)
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which controls are off (`unchecked`), and whose submission it is.

    `structure` is what becomes of a document that breaks the minimal structure; what is only told is put into `told`.
    `same_entity` tells whether a Struct_idNat is the caller's structure or of its legal entity.
    """

    same_entity: Callable[[str], bool]
    unchecked: Collection[str] = ()
    hidden_and_masked: bool = False
    structure: str = Reaction.IGNORE
    told: list[str] = field(default_factory=list, compare=False)
    max_bytes: int = 20 * 1024 * 1024

    def checks(self, control: Control) -> bool:
        """Whether a control is on."""
        return control not in self.unchecked
