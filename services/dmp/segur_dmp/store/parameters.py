"""The parameters a sandbox set for itself [DMP digest 8.2]."""

from __future__ import annotations

import time

import msgspec

from segur.kernel.request import current_sandbox
from segur.kernel.store import Store
from segur_dmp.domain.parameters import Parameters

_RECENT_S = 1.0
"""How late a change made at another replica is seen; our own is seen at once."""


class SandboxParameters:
    """One row per sandbox that differs from `usual`."""

    def __init__(self, store: Store, usual: Parameters) -> None:
        self.table = store.collection("parameters")
        self._usual = usual
        self._recent: dict[str, tuple[float, Parameters]] = {}

    async def now(self) -> Parameters:
        """The parameters of the present sandbox."""
        sandbox = current_sandbox()
        recent = self._recent.get(sandbox)
        if recent is not None and time.monotonic() < recent[0]:
            return recent[1]
        row = await self.table.find_one({"_id": sandbox})
        return self._keep(sandbox, msgspec.convert(row, Parameters) if row is not None else self._usual)

    async def set(self, parameters: Parameters) -> None:
        """Keep the parameters of the present sandbox."""
        sandbox = current_sandbox()
        await self.table.put({"_id": sandbox, "sandbox": sandbox, **msgspec.to_builtins(parameters)})
        self._keep(sandbox, parameters)

    def _keep(self, sandbox: str, parameters: Parameters) -> Parameters:
        self._recent[sandbox] = (time.monotonic() + _RECENT_S, parameters)
        return parameters
