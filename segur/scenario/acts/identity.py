"""Who is who: professionals sign in with Pro Santé Connect."""

from __future__ import annotations

from segur.scenario.actors import psc_client
from segur.scenario.acts.cast import Journey


async def radiologist_signs_in(journey: Journey) -> None:
    """Authorization code with PKCE, in a browser."""
    stage, user = journey.stage, journey.radiologist.user
    async with stage.step("Le radiologue se connecte avec Pro Santé Connect (code + PKCE)", "radiologue") as step:
        signed_in = await psc_client.sign_in(journey.browser, stage.https, str(user.id_nat))
        found = signed_in.userinfo.get("SubjectNameID")
        step.check(found == str(user.id_nat), f"SubjectNameID {user.id_nat}", found)
        step.check(signed_in.tokens.get("expires_in") == 120, "un jeton de 120 s", signed_in.tokens.get("expires_in"))
        await stage.fact(step, "psc.session.opened", id_nat=str(user.id_nat))
        journey.tokens["radiologist"] = signed_in.access_token
        step.say(f"{user.given_name} {user.family_name}, {user.profession_label}")
