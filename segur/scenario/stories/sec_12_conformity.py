"""SEC-12: rehearsal of the conformity of a Proxy e-Santé: the session's data signed by the API of ANS.

The digest names the conformity API instead of requirements, and expects what DMP-13 does: those are its ids here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from segur.personas import roles
from segur.scenario.acts import proxy, psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import decoded
from segur.scenario.stage import Stage
from segur.scenario.story import story


@story(
    "SEC-12",
    "Répétition de la conformité d'un Proxy e-Santé",
    pillar="psc",
    requirements=("DMP/PSC.01", "DMP/PSC.10"),
)
async def conformity(stage: Stage) -> None:
    """CIBA through the proxy, the signed sheet, the traces; a code-flow session is taken and flagged."""
    user = str(stage.country.professional(roles.RADIOLOGIST).id_nat)
    async with ground(stage, "sec-12") as own:
        begun = datetime.now(UTC) - timedelta(seconds=2)
        software = proxy.lps(own)
        async with stage.step("Session du proxy ouverte par CIBA, seul mode de l'outil officiel", "proxy") as step:
            session = await proxy.connect(own, software, user)
            await own.fact(step, "psc.session.opened", id_nat=user, flow="ciba")
        async with stage.step("POST /signsessiondata : la fiche de conformité, signée", "proxy") as step:
            signed = await software.sign(session, user)
            step.check(signed.status_code == 200, "200", signed.text[:200])
            sheet = signed.json()
            told = {name: sheet[name] for name in ("nationalId", "proxy_session_id", "session_state")}
            same = {
                "nationalId": user,
                "proxy_session_id": session.proxy_session_id,
                "session_state": session.session_state,
            }
            step.check(told == same, "les données de la session, inchangées", told)
            step.check(sheet["signature"].count(".") == 2, "une signature JWS", sheet["signature"][:40])
            step.say(f"fiche signée pour {user}, session {session.session_state}")
        async with stage.step("Le jeton d'API ne sert pas sous un autre certificat (cnf)", "attaquant") as step:
            rule = await own.break_at("psc.exchange.cnf_mismatch", count=4)
            await software.disconnect(session)
            await proxy.always_approve(own, user)
            foreign = await software.connect(user)
            refused = await software.sign(foreign, user)
            await own.mend(rule)
            step.check(refused.status_code == 401, "401", f"{refused.status_code} {refused.text[:200]}")
            step.say(refused.json()["error"])
        async with stage.step("/traces : connexion, appels et déconnexion sont relevés", "vérificateur") as step:
            rows = await software.traces(begun)
            kinds = {row["type"] for row in rows}
            step.check({"CONNECT_SUCCESS", "SEND", "DISCONNECT"} <= kinds, "trois types de trace", kinds)
            calls = [row["apiRequest"]["path"] for row in rows if row["type"] == "SEND"]
            step.say(f"{len(rows)} traces ; appels {', '.join(calls)}")
        await _code_flow(own, user)


async def _code_flow(own: Ground, user: str) -> None:
    stage = own.stage
    name = "Session ouverte par le flux code : acceptée ici, signalée « non testable officiellement »"
    async with stage.step(name, "vérificateur") as step:
        login = await psc_login.sign_in(own, user)
        client = stage.client(stage.authority.issue("sec-12-proxy", "org-auth", common_name="PROXY EDITEUR"))
        answer = await client.post(
            f"{own.base}/realms/signsessiondata/protocol/openid-connect/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "client_id": "editeur-demo-bas",
                "subject_token": login.access_token,
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            },
        )
        step.check(answer.status_code == 200, "200", answer.text[:200])
        opened = await own.fact(step, "psc.session.opened", session_id=login.claims["sid"], flow="code")
        step.check(opened["flow"] != "ciba", "un flux autre que CIBA", opened["flow"])
        who = decoded(str(answer.json()["access_token"]))["SubjectNameID"]
        step.say(f"flux {opened['flow']} pour {who} : non testable avec l'outil officiel, qui n'accepte que CIBA")
