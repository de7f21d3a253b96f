"""DMP-13, its token part: an LPS behind a Proxy e-Santé, the token chain, each documented status of the call set."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from segur.personas import roles
from segur.scenario.actors.fhir_lps import FhirSoftware
from segur.scenario.actors.proxy_lps import COOKIE, PROXY, Connected, ProxyLps
from segur.scenario.acts import proxy, psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import decoded
from segur.scenario.stage import Stage
from segur.scenario.story import story

_PATH = "/signsessiondata/signsessiondata"
_STATUSES = (
    ("connect", 500, "psc.proxy.connect_broken"),
    ("connect", 503, "psc.proxy.connect_unavailable"),
    ("send", 500, "psc.proxy.send_broken"),
    ("send", 502, "psc.proxy.send_bad_gateway"),
    ("send", 503, "psc.proxy.send_unavailable"),
    ("send", 504, "psc.proxy.send_timeout"),
    ("send", 401, "psc.proxy.session_lost"),
    ("disconnect", 500, "psc.proxy.disconnect_broken"),
    ("disconnect", 503, "psc.proxy.disconnect_unavailable"),
)


@story(
    "DMP-13",
    "API DMP avec Pro Santé Connect par un Proxy e-Santé",
    pillar="dmp",
    requirements=("DMP/PSC.01", "DMP/PSC.10"),
)
async def dmp_through_proxy(stage: Stage) -> None:
    """Connect, send, traces, disconnect; then a stolen token, each status, and what ends a session."""
    user = stage.country.professional(roles.GENERAL_PRACTITIONER)
    async with ground(stage, "dmp-13") as own:
        begun = datetime.now(UTC) - timedelta(seconds=2)
        software = proxy.lps(own)
        session = await _connected(own, software, str(user.id_nat))
        await _dmp_is_read(own, session)
        await _chain(own, str(user.id_nat))
        await _traced(own, software, session, begun)
        await _statuses(own, software, session, str(user.id_nat))
        await _over(own, software, session, str(user.id_nat))


async def _connected(own: Ground, software: ProxyLps, id_nat: str) -> Connected:
    stage = own.stage
    async with stage.step("/connect : CIBA, 42 sur le téléphone, session au proxy", "LGC") as step:
        session = await proxy.connect(own, software, id_nat)
        await own.fact(step, "psc.session.opened", id_nat=id_nat, flow="ciba")
        exchanged = await own.fact(step, "psc.token.exchanged", id_nat=id_nat, realm="dmp")
        step.check(exchanged["session_id"] == session.session_state, "la session PSC dans l'échange", exchanged)
        step.say(f"jeton d'API {exchanged['realm']}, certificat {exchanged['certificate'][:16]}…")
    async with stage.step("/connect à nouveau : 304 ; demande incomplète : 400 ; inconnu : 404", "LGC") as step:
        again = await software.ask(id_nat, session=session)
        wrong = await software.ask(id_nat, channel="INVALIDE")
        unknown = await software.ask("899799999999")
        told = (again.status_code, wrong.status_code, unknown.status_code)
        step.check(told == (304, 400, 404), "304, 400, 404", told)
        step.say(f"{wrong.json()['message']} ; {unknown.json()['message']}")
    return session


async def _dmp_is_read(own: Ground, session: Connected) -> None:
    stage, patient = own.stage, own.stage.country.patient(roles.PATIENT)
    async with stage.step("/send/dmp : TD0.2 puis TD3.1 avec le jeton d'API, au nom du professionnel", "LGC") as step:
        behind = stage.client(headers={"cookie": f"{COOKIE}={session.proxy_session_id}"})
        reader = FhirSoftware(behind, f"{own.base}{PROXY}/send", stage.country.professional(roles.GENERAL_PRACTITIONER))
        step.check(await reader.has_dmp(patient.ins), "un DMP ouvert")
        found = await reader.find(patient.ins)
        searched = await own.fact(step, "dmp.record.searched", door="fhir")
        user = str(reader.user.id_nat)
        step.check(searched["reader"] == user, f"le lecteur {user} au DMP", searched["reader"])
        step.say(f"{len(found)} documents, lecteur {searched['reader']}")


async def _chain(own: Ground, id_nat: str) -> None:
    """A vendor's proxy with a certificate of its own exchanges the token itself."""
    stage, authority = own.stage, own.stage.authority
    mine, other = (
        stage.client(authority.issue(f"dmp-13-{name}", "org-auth", common_name=f"PROXY {name.upper()}"))
        for name in ("editeur", "autre")
    )
    async with stage.step(
        "Chaîne de jetons : PSC, échange RFC 8693, jeton lié au certificat", "proxy d'éditeur"
    ) as step:
        login = await psc_login.sign_in(own, id_nat)
        answer = await _exchange(own, mine, login.access_token)
        step.check(answer.status_code == 200, "200", answer.text[:200])
        token = str(answer.json()["access_token"])
        claims = decoded(token)
        step.check(claims["SubjectNameID"] == id_nat, f"SubjectNameID {id_nat}", claims)
        step.check("x5t#S256" in claims.get("cnf", {}), "cnf x5t#S256", claims)
        await own.fact(step, "psc.token.exchanged", id_nat=id_nat, realm="signsessiondata")
        chain = (login.access_token, token)
        step.say(" → ".join(f"sha256:{hashlib.sha256(one.encode()).hexdigest()[:16]}" for one in chain))
    async with stage.step("Le même jeton avec un autre certificat : 401", "attaquant") as step:
        body = {"nationalId": id_nat, "clientID": "editeur-demo-bas", "proxy_session_id": "p", "session_state": "s"}
        url, bearer = f"{own.base}/psc/mockservice/apipsc/signsessiondata", {"authorization": f"Bearer {token}"}
        right = await mine.post(url, json=body, headers=bearer)
        stolen = await other.post(url, json=body, headers=bearer)
        step.check((right.status_code, stolen.status_code) == (200, 401), "200 puis 401", (right.text, stolen.text))
        step.say(stolen.json()["error"])
    async with stage.step("Proxy sans habilitation Espace de confiance : 403", "proxy d'éditeur") as step:
        rule = await own.break_at("psc.exchange.not_enrolled", count=1)
        refused = await _exchange(own, mine, login.access_token)
        await own.mend(rule)
        step.check(refused.status_code == 403, "403", refused.text[:200])
        await own.fact(step, "psc.exchange.refused")
        step.say(psc_login.refusal(refused))


async def _exchange(own: Ground, client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(
        f"{own.base}/realms/signsessiondata/protocol/openid-connect/token",
        data={
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "client_id": "editeur-demo-bas",
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        },
    )


async def _traced(own: Ground, software: ProxyLps, session: Connected, begun: datetime) -> None:
    async with own.stage.step("/traces : qui, quoi, quand, d'où, sous quel certificat", "opérateur du proxy") as step:
        rows: list[dict[str, Any]] = await software.traces(begun)
        mine = [row for row in rows if row["proxy_id_session"] == session.proxy_session_id]
        kinds = [row["type"] for row in mine]
        step.check(
            kinds[0] == "CONNECT_SUCCESS" and "CONNECT_REPLAY" in kinds and "SEND" in kinds, "trois types", kinds
        )
        step.check(
            all(row["dn"] and row["timestamp"] and row["ipAddress"] for row in mine), "des traces complètes", mine
        )
        step.say(", ".join(kinds))


async def _statuses(own: Ground, software: ProxyLps, session: Connected, id_nat: str) -> None:
    async with own.stage.step("Chaque statut documenté, à la demande", "LGC") as step:
        told = []
        for call, status, point in _STATUSES:
            rule = await own.break_at(point, count=1)
            if call == "connect":
                answer = await software.ask(id_nat)
            elif call == "send":
                answer = await software.send(session, "GET", _PATH)
            else:
                answer = await software.disconnect(session)
            await own.mend(rule)
            step.check(answer.status_code == status, f"/{call} {status}", answer.status_code)
            told.append(f"/{call} {status}")
        step.say(", ".join(told))


async def _over(own: Ground, software: ProxyLps, session: Connected, id_nat: str) -> None:
    stage = own.stage
    async with stage.step("/disconnect : 200, la session PSC est close ; ensuite 401", "LGC") as step:
        gone = await software.disconnect(session)
        step.check(gone.status_code == 200, "200", gone.status_code)
        await own.fact(step, "psc.session.closed", session_id=session.session_state)
        after = (
            (await software.disconnect(session)).status_code,
            (await software.send(session, "GET", _PATH)).status_code,
        )
        step.check(after == (401, 401), "401 à /disconnect et à /send", after)
    async with stage.step("Session de 4 h dépassée : /send 401, le logiciel reconnecte", "LGC") as step:
        await proxy.always_approve(own, id_nat)
        session = await software.connect(id_nat)
        await own.shift(14_401)
        late = await software.send(session, "GET", _PATH)
        step.check(late.status_code == 401, "401", late.status_code)
        step.say(late.json()["message"])
