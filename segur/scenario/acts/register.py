"""Something changes in the country's register of professionals, as the professional orders would have it changed."""

from __future__ import annotations

from typing import Any

from segur.personas.mailboxes import split_sandbox
from segur.scenario.acts.ground import Ground
from segur.scenario.story import NotHeld, Step

_API = "/annuaire/api/professionals"
_EXTRACTION = "/annuaire-sante-webservices/V300/services/extraction/PS_LibreAcces"


async def change(own: Ground, step: Step, id_nat: str, **fields: str) -> dict[str, Any]:
    """Set fields of somebody's entry (`family_name`, `speciality` …); give the entry once it is a fact."""
    return await _told(own, step, "PATCH", id_nat, fields, "annuaire.professional.changed")


async def strike_off(own: Ground, step: Step, id_nat: str) -> dict[str, Any]:
    """Strike somebody off; give the entry once it is a fact."""
    return await _told(own, step, "DELETE", id_nat, None, "annuaire.professional.withdrawn")


async def declare_mailbox(own: Ground, step: Step, id_nat: str) -> str:
    """Declare a further personal mailbox; give its address, as clients of this sandbox write it, once it is a fact."""
    answer = await own.stage.client().post(f"{own.base}{_API}/{id_nat}/mailboxes", json={})
    if answer.status_code != 201:
        raise NotHeld(f"attendu : 201 ; trouvé : {answer.status_code} {answer.text[:300]}")
    address = str(answer.json()["mailboxes"][-1]["address"])
    await own.fact(step, "annuaire.mailbox.published", address=split_sandbox(address)[1])
    return address


async def extraction(own: Ground) -> bytes:
    """The public bulk file, PS_LibreAcces: a zip of three files."""
    answer = await own.stage.client().get(own.base + _EXTRACTION)
    return answer.raise_for_status().content


async def _told(
    own: Ground, step: Step, method: str, id_nat: str, fields: dict[str, str] | None, fact: str
) -> dict[str, Any]:
    answer = await own.stage.client().request(method, f"{own.base}{_API}/{id_nat}", json=fields)
    if answer.status_code != 200:
        raise NotHeld(f"attendu : 200 ; trouvé : {answer.status_code} {answer.text[:300]}")
    await own.fact(step, fact, id_nat=id_nat)
    found: dict[str, Any] = answer.json()
    return found
