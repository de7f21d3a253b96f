"""SEC-02: a native application signs in through the system's browser: loopback or a scheme of its own (RFC 8252)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

from segur.personas import roles
from segur.scenario.actors.psc_browser import Browser, returned
from segur.scenario.actors.psc_software import PscSoftware
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import refusal
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, story

_SCHEME = "fr.segurstack.lgc:/retour"
_PATIENCE_S = 10


@story(
    "SEC-02",
    "Connexion PSC, application native et navigateur externe",
    pillar="psc",
    requirements=("PSC.01.02", "EX PSC 25", "EX PSC 26"),
)
async def native_login(stage: Stage) -> None:
    """The code comes back to a listener on 127.0.0.1, then by a scheme; a thief without the verifier gets nothing."""
    async with ground(stage, "sec-02") as own, _listener() as (port, arrivals):
        software = await _registered(own, f"http://127.0.0.1:{port}/retour")
        user = str(stage.country.professional(roles.PHYSIOTHERAPIST).id_nat)
        async with stage.step(
            "Le navigateur du poste revient sur 127.0.0.1 : l'application reçoit le code", "natif"
        ) as step:
            attempt, page = await psc_login.login_page(software, (browser := own.browser()))
            answer = await browser.choose(page, user)
            await Browser(stage.client()).open(answer.headers["location"])
            came = await asyncio.wait_for(arrivals.get(), _PATIENCE_S)
            tokens = await software.exchange(attempt, software.land(attempt, came))
            step.check(tokens.status_code == 200, "des jetons", refusal(tokens))
            claims = await software.check_id_token(tokens.json(), attempt.params["nonce"], own.now())
            await own.fact(step, "psc.session.opened", id_nat=user, client_id=software.client_id)
            step.say(f"{answer.headers['location'].split('?')[0]} : {claims['SubjectNameID']}")
        await _own_scheme(own, software, user)
        await _theft(own, software, user)
        async with stage.step("Navigateur fermé avant la fin : rien n'arrive, aucune session", "natif") as step:
            before = len(await own.facts("psc.session.opened"))
            await psc_login.login_page(software, own.browser())
            step.check(arrivals.empty(), "aucun retour")
            step.check(len(await own.facts("psc.session.opened")) == before, "aucune session ouverte")


async def _registered(own: Ground, loopback: str) -> PscSoftware:
    async with own.stage.step("Le service est enregistré avec ses deux adresses de retour", "éditeur") as step:
        software = own.software()
        address = str((await software.discover())["registration_endpoint"])
        asked = {
            "client_name": "LGC natif",
            "redirect_uris": [loopback, _SCHEME],
            "backchannel_token_delivery_mode": "poll",
        }
        answer = await software.http.post(address, json=asked)
        step.check(answer.status_code == 201, "201", answer.text[:200])
        told = answer.json()
        step.say(f"client_id {told['client_id']}")
    return own.software(client_id=told["client_id"], secret=told["client_secret"], redirect_uri=loopback)


async def _own_scheme(own: Ground, software: PscSoftware, user: str) -> None:
    async with own.stage.step(f"Retour par un schéma propre à l'application ({_SCHEME})", "natif") as step:
        browser = own.browser()
        attempt, page = await psc_login.login_page(software, browser, redirect_uri=_SCHEME)
        answer = await browser.choose(page, user)
        where = answer.headers.get("location", "")
        step.check(where.startswith(_SCHEME + "?"), f"une redirection vers {_SCHEME}", where)
        tokens = await software.exchange(attempt, software.land(attempt, returned(answer)))
        step.check(tokens.status_code == 200, "des jetons", refusal(tokens))


async def _theft(own: Ground, software: PscSoftware, user: str) -> None:
    async with own.stage.step(
        "Retour intercepté par une autre application : sans vérificateur PKCE, rien", "voleur"
    ) as step:
        attempt, code = await psc_login.code_of(software, own.browser(), user)
        answer = await software.exchange(attempt, code, code_verifier=None)
        step.check(
            refusal(answer) == "400 invalid_grant: PKCE code verifier not specified", "un refus", refusal(answer)
        )
        attempt, code = await psc_login.code_of(software, own.browser(), user)
        answer = await software.exchange(attempt, code, code_verifier="x" * 64)
        step.check(refusal(answer) == "400 invalid_grant: PKCE verification failed", "un refus", refusal(answer))
        await own.fact(step, "psc.authentication.refused", description="PKCE verification failed")
        step.say(refusal(answer))


@asynccontextmanager
async def _listener() -> AsyncIterator[tuple[int, asyncio.Queue[dict[str, str]]]]:
    """What a native application opens for the time of a login: one port on loopback, one page to say thanks."""
    arrivals: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode("latin-1").split(" ")
        if len(line) > 1:
            arrivals.put_nowait(dict(parse_qsl(urlsplit(line[1]).query)))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        sockets = server.sockets
        if not sockets:
            raise NotHeld("aucun port local ne s'ouvre")
        yield int(sockets[0].getsockname()[1]), arrivals
