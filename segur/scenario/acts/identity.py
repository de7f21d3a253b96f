"""Who is who: professionals sign in with Pro Santé Connect, INSi confirms the patient."""

from __future__ import annotations

from segur.scenario.actors import insi_client, psc_client
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


async def patient_is_confirmed(journey: Journey) -> None:
    """INS2: the traits of the patient's identity paper give the matricule."""
    stage, patient, imaging = journey.stage, journey.patient, journey.radiologist.user.structure
    name = "INSi confirme l'identité du patient d'après ses traits (INS2, certificat INSI-AUTO)"
    async with stage.step(name, "RIS", "INS") as step:
        client = stage.client(insi_client.identity(stage.authority, imaging))
        found = await insi_client.search_by_traits(client, stage.https, patient, issuer=str(imaging.struct_id))
        step.check(found.code == "00", "le code 00", f"{found.code} {found.label}")
        step.check(found.matricule == patient.ins.matricule, "le matricule du patient", found.matricule)
        step.check(found.oid == patient.ins.oid, f"l'OID de test {patient.ins.oid}", found.oid)
        await stage.fact(step, "ins.identity.searched", patient=journey.pseudonym, code="00")
        step.say(f"{patient.display_name} : INS {found.matricule}, autorité {found.oid}")


async def doctor_signs_in(journey: Journey) -> None:
    """CIBA: the treating doctor approves on the phone what the software asked for."""
    stage, user = journey.stage, journey.doctor.user
    async with stage.step("Le médecin traitant s'authentifie par CIBA, sur son téléphone", "médecin", "PSC") as step:
        signed_in = await psc_client.ciba(journey.browser, stage.https, str(user.id_nat))
        found = signed_in.userinfo.get("SubjectNameID")
        step.check(found == str(user.id_nat), f"SubjectNameID {user.id_nat}", found)
        await stage.fact(step, "psc.session.opened", id_nat=str(user.id_nat))
        journey.tokens["doctor"] = signed_in.access_token
        step.say(f"{user.given_name} {user.family_name} ; avant l'accord : {', '.join(signed_in.waited)}")
