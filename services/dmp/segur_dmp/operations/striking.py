"""Registry errors for the asking: the faults of an act, in the words a natural one has [DMP digest 9]."""

from __future__ import annotations

from segur.wire.xds import MetadataRefused
from segur_dmp import faults
from segur_dmp.context import Context
from segur_dmp.pipeline import Caller


def strike(context: Context, caller: Caller, act: str) -> None:
    """Raise the `MetadataRefused` of an armed fault of the act (submit, search, retrieve, update), if any."""
    board = context.floor.faults
    if not board.rules:
        return
    for fault in faults.XDS_FAULTS:
        if fault.act == act and board.strikes(fault.name, patient=caller.patient, actor=caller.id_nat):
            raise MetadataRefused(fault.field, fault.context, code=fault.code)
