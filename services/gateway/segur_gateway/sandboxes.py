"""Which sandboxes exist, as the control plane says; asked again when an unknown one is met."""

from __future__ import annotations

import time

import httpx

_AGAIN_AFTER_S = 0.5


class Sandboxes:
    """The known sandboxes. `default` always exists."""

    def __init__(self, control_url: str) -> None:
        self._url = f"{control_url}/api/sandboxes"
        self._known = {"default"}
        self._asked = 0.0

    async def exists(self, sandbox: str, client: httpx.AsyncClient) -> bool:
        """Whether a sandbox exists; a control plane that is away leaves what is known."""
        if sandbox == "default":
            return True
        if time.monotonic() - self._asked > _AGAIN_AFTER_S:
            self._asked = time.monotonic()
            try:
                answer = await client.get(self._url, timeout=2)
                self._known = {row["id"] for row in answer.json()}
            except (httpx.HTTPError, ValueError, KeyError):
                pass
        return sandbox in self._known
