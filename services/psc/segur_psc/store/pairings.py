"""Which account of a local identity provider is which professional: kept when they pair it [PSC digest 1.5]."""

from __future__ import annotations

from segur.kernel.request import current_sandbox
from segur.kernel.store import Store


class Pairings:
    """The collection of pairings; the key is the provider and its `oid`."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("pairings")

    async def of(self, provider: str, account: str) -> str:
        """The idNat an account is paired with, empty when it is not."""
        found = await self._rows.find_one({"_id": f"{current_sandbox()}:{provider}:{account}"})
        return str(found["id_nat"]) if found is not None else ""

    async def pair(self, provider: str, account: str, id_nat: str) -> None:
        """Pair, or pair anew."""
        key = f"{current_sandbox()}:{provider}:{account}"
        await self._rows.put({"_id": key, "sandbox": current_sandbox(), "id_nat": id_nat})
