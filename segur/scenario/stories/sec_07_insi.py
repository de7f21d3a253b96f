"""SEC-07: INSi called in the name of a professional who signed in with Pro Santé Connect, through a Proxy e-Santé."""

from __future__ import annotations

import httpx

from segur.personas import roles
from segur.scenario.actors import insi_client
from segur.scenario.actors.proxy_lps import COOKIE, PROXY
from segur.scenario.acts import proxy
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import story


@story("SEC-07", "INSi appelé avec Pro Santé Connect", pillar="psc", requirements=("INS/PSC.01", "INS/PSC.10"))
async def insi_with_psc(stage: Stage) -> None:
    """Search, verification, the mode in the facts, what can go wrong, and the certificate used by mistake."""
    user = str(stage.country.professional(roles.GENERAL_PRACTITIONER).id_nat)
    async with ground(stage, "sec-07") as own:
        async with stage.step("Connexion PSC par le Proxy e-Santé, jeton d'API INSi", "LGC") as step:
            session = await proxy.connect(own, proxy.lps(own), user)
            exchanged = await own.fact(step, "psc.token.exchanged", id_nat=user, realm="insi")
            step.say(f"scope {exchanged['scope']}")
        behind = stage.client(headers={"cookie": f"{COOKIE}={session.proxy_session_id}"})
        await _found(own, behind, user)
        await _not_found(own, behind, user)
        await _by_mistake(own, user)


async def _search(own: Ground, client: httpx.AsyncClient, user: str) -> insi_client.Found:
    patient = own.stage.country.patient(roles.PATIENT)
    return await insi_client.search_by_traits(client, f"{own.base}{PROXY}/send", patient, issuer=user)


async def _found(own: Ground, behind: httpx.AsyncClient, user: str) -> None:
    stage, patient = own.stage, own.stage.country.patient(roles.PATIENT)
    async with stage.step(
        "Recherche par traits : l'INS du patient, mode PSC et identité de l'utilisateur", "LGC"
    ) as step:
        found = await _search(own, behind, user)
        step.check((found.code, found.matricule) == ("00", patient.ins.matricule), "00 et le matricule", found)
        told = await own.fact(step, "ins.identity.searched", code="00", mode="PSC")
        step.check(told["issuer"] == user, f"l'utilisateur {user}", told)
        row = (await own.journal("ins"))[0]
        step.check(row.get("actor") == user, f"l'utilisateur {user} au journal", row)
        step.say(f"INS {found.matricule}, mode {told['mode']}, utilisateur {row['actor']}")
    async with stage.step("Vérification de l'INS et des traits : concordance", "LGC") as step:
        same = await insi_client.verify(behind, f"{own.base}{PROXY}/send", found.ins, found.strict_traits)
        step.check(same, "une concordance", same)


async def _not_found(own: Ground, behind: httpx.AsyncClient, user: str) -> None:
    stage = own.stage
    for point, code, name in (("ins.search.none", "01", "aucune identité"), ("ins.search.several", "02", "plusieurs")):
        async with stage.step(f"INSi répond {code} ({name}) : l'identité n'est pas qualifiée", "LGC") as step:
            rule = await own.break_at(point, count=1)
            found = await _search(own, behind, user)
            await own.mend(rule)
            step.check((found.code, found.matricule) == (code, ""), f"{code} sans matricule", found)
            await own.fact(step, "ins.identity.searched", code=code, mode="PSC")
            step.say(found.label)
    async with stage.step("INSi en panne : erreur technique, la demande sera refaite", "LGC") as step:
        rule = await own.break_at("ins.search.unavailable", count=1)
        try:
            await _search(own, behind, user)
        except insi_client.Refused as refused:
            step.check(refused.code == "insi_102", "insi_102", refused.code)
            step.say(str(refused))
        else:
            step.check(False, "une erreur technique")
        await own.mend(rule)
        step.check((await _search(own, behind, user)).code == "00", "00 à la reprise")


async def _by_mistake(own: Ground, user: str) -> None:
    stage = own.stage
    async with stage.step(
        "Mode certificat employé par erreur : servi, mais le mode relevé n'est pas PSC", "vérificateur"
    ) as step:
        structure = stage.country.professional(roles.GENERAL_PRACTITIONER).structure
        client = stage.client(insi_client.identity(stage.authority, structure))
        patient = stage.country.patient(roles.PATIENT)
        found = await insi_client.search_by_traits(client, own.base, patient, issuer=str(structure.struct_id))
        step.check(found.code == "00", "00", found)
        told = await own.fact(step, "ins.identity.searched", code="00", mode="INSI-AUTO")
        step.check(told["issuer"] != user, "aucune identité d'utilisateur", told)
        step.say(f"mode {told['mode']} : INS/PSC.01 n'est pas rempli par cet appel")
