"""A software behind the Proxy e-Santé: its session opened by phone, and the fault points that give each status."""

from __future__ import annotations

from segur.scenario.actors.proxy_lps import PROXY, Connected, ProxyLps
from segur.scenario.acts.ground import Ground

NUMBER = "42"


def lps(own: Ground) -> ProxyLps:
    """The software of the demonstration client, in this sandbox."""
    return ProxyLps(own.stage.client(), own.base + PROXY)


async def connect(own: Ground, software: ProxyLps, id_nat: str) -> Connected:
    """`/connect`, the number shown, the button pressed on the phone."""
    return await software.connect(id_nat, phone=own.base, binding_message=NUMBER)


async def always_approve(own: Ground, id_nat: str) -> None:
    """From now on the phone of the professional approves by itself."""
    phone = own.browser()
    page = await phone.open(f"{own.base}/psc/ciba", {"login_hint": id_nat})
    await phone.press(page, "answers", "approve")
