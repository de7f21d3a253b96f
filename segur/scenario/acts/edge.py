"""At the edge: a wrong address is told."""

from __future__ import annotations

from segur.scenario.acts.cast import Journey


async def production_is_refused(journey: Journey) -> None:
    """Software that still points at production is refused with the reason, and that is a fact."""
    stage = journey.stage
    async with stage.step("Le logiciel vise une adresse de production : refus motivé, et un fait", "LPS") as step:
        answer = await journey.radiologist.client.get(
            f"{stage.https}/auth", headers={"host": "auth.esw.esante.gouv.fr"}
        )
        step.check(answer.status_code == 421, "421", answer.status_code)
        step.check("production" in answer.json()["detail"], "la raison du refus", answer.text)
        await stage.fact(step, "gateway.request.refused", code="production_host")
        step.say(answer.json()["detail"])
