"""SEC-01: a web software signs a professional in and out with Pro Santé Connect, and survives what goes wrong."""

from __future__ import annotations

from segur.personas import roles
from segur.scenario.actors.psc_browser import Page, returned
from segur.scenario.actors.psc_software import AFTER_LOGOUT, Rejected
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.acts.psc_login import LOGIN_WORDS, Login, refusal, shown
from segur.scenario.stage import Stage
from segur.scenario.story import story

_REQUIREMENTS = ("PSC.01.01", *(f"EX PSC {n:02d}" for n in (1, 3, 4, 5, 8, 9, 10, 14, 15, 20, 28, 29, 30, 31)))


@story("SEC-01", "Connexion PSC, logiciel web", pillar="psc", requirements=_REQUIREMENTS)
async def web_login(stage: Stage) -> None:
    """Login, userinfo, single sign-on, logout that ends the session, then the variants."""
    async with ground(stage, "sec-01") as own:
        login = await _in_and_out(own)
        await _by_number(own)
        await _again(own, login)
        await _refusals(own)
        await _codes(own)
        await _shapes_of_people(own)


async def _in_and_out(own: Ground) -> Login:
    stage, doctor = own.stage, own.stage.country.professional(roles.GENERAL_PRACTITIONER)
    async with stage.step("Bouton PSC, page de connexion, e-CPS, retour avec state et iss", "logiciel web") as step:
        login = await psc_login.sign_in(own, str(doctor.id_nat), "MOBILE")
        found = login.claims.get("SubjectNameID")
        step.check(found == str(doctor.id_nat), f"SubjectNameID {doctor.id_nat}", found)
        step.check(login.tokens["expires_in"] == 120, "120 s", login.tokens["expires_in"])
        step.check(login.claims.get("acr") == "eidas1", "acr eidas1", login.claims.get("acr"))
        await own.fact(step, "psc.session.opened", id_nat=str(doctor.id_nat), means="MOBILE", flow="code")
        step.say("id_token vérifié : " + shown(login.claims, "iss", "aud", "acr", "SubjectNameID", "sid"))
    async with stage.step("UserInfo : deux situations d'exercice, le logiciel fait choisir", "logiciel web") as step:
        info = (await login.software.userinfo(login.access_token)).json()
        places = [
            activity["raisonSocialeSite"]
            for exercice in info["SubjectRefPro"]["exercices"]
            for activity in exercice["activities"]
        ]
        step.check(len(places) == 2, "deux situations", places)
        step.check(info["sub"] == login.claims["sub"], "le même sub que l'id_token", info["sub"])
        step.say(f"{info['given_name']} {info['family_name']} : {' / '.join(places)}")
    async with stage.step("Un autre logiciel dans le même navigateur : pas de seconde connexion (SSO)", "web") as step:
        attempt = await login.software.begin()
        answer = await login.browser.open(attempt.url, attempt.params)
        step.check(answer.status_code == 302, "un retour sans page", answer.status_code)
        tokens = await login.software.exchange(attempt, login.software.land(attempt, returned(answer)))
        step.check(tokens.json()["session_state"] == login.claims["sid"], "la même session", tokens.text[:200])
    return login


async def _by_number(own: Ground) -> None:
    stage, user = own.stage, str(own.stage.country.professional(roles.PHARMACIST).id_nat)
    async with stage.step("e-CPS : le nombre de l'écran est celui du téléphone, approuvé là", "web") as step:
        software = own.software()
        attempt, code = await psc_login.code_by_number(own, software, own.browser(), user)
        tokens = (await software.exchange(attempt, code)).json()
        claims = await software.check_id_token(tokens, attempt.params["nonce"], own.now())
        step.check(claims["SubjectNameID"] == user, f"SubjectNameID {user}", claims["SubjectNameID"])
        await own.fact(step, "psc.session.opened", id_nat=user, means="MOBILE", flow="code")


async def _again(own: Ground, login: Login) -> None:
    stage = own.stage
    async with stage.step("Déconnexion : la session PSC est fermée, state revient, le jeton meurt", "web") as step:
        answer = await psc_login.sign_out(login, "fin-1")
        where = answer.headers.get("location", "")
        step.check(where == f"{AFTER_LOGOUT}?state=fin-1", f"{AFTER_LOGOUT}?state=fin-1", where or answer.text[:200])
        told = await login.software.introspect(login.access_token)
        step.check(told == {"active": False}, '{"active": false} et rien d\'autre', told)
        await own.fact(step, "psc.session.closed", session_id=login.claims["sid"], reason="logout")
    async with stage.step("Bouton PSC à nouveau : la connexion est redemandée", "web") as step:
        await psc_login.login_page(login.software, login.browser)
        step.say("la page de connexion s'affiche : la déconnexion était réelle")


async def _refusals(own: Ground) -> None:
    stage, user = own.stage, str(own.stage.country.professional(roles.NURSE).id_nat)
    software, browser = own.software(), own.browser()
    async with stage.step("Le professionnel annule : access_denied sur l'adresse de retour", "web") as step:
        attempt, page = await psc_login.login_page(software, browser)
        came = returned(await browser.press(page, "cancel"))
        step.check(came.get("error") == "access_denied", "access_denied", came)
        step.check(came.get("state") == attempt.state, "state rendu avec l'erreur", came)
        await own.fact(step, "psc.authentication.refused", error="access_denied")
    async with stage.step("Carte révoquée ou professionnel radié : refus", "web") as step:
        rule = await own.break_at("psc.login.refused", count=1, actor=user)
        _, page = await psc_login.login_page(software, browser)
        came = returned(await browser.choose(page, user))
        await own.mend(rule)
        step.check(came.get("error") == "access_denied", "access_denied", came)
        step.say(came.get("error_description", ""))
    async with stage.step(
        "Refusé sur le téléphone : la page de connexion revient et le dit, aucun code", "web"
    ) as step:
        page = await psc_login.refused_by_number(own, software, own.browser(), user)
        step.check(LOGIN_WORDS in Page(page.text).text and not returned(page), "la page de connexion", page.text[:300])
        refused = await own.fact(
            step, "psc.authentication.refused", error="access_denied", description="not authorized"
        )
        step.say(f"{refused['error']} : {refused['description']}, dit sur la page")
    async with stage.step("Page laissée ouverte 31 minutes : elle a expiré, rien n'est délivré", "web") as step:
        _, page = await psc_login.login_page(software, browser)
        await own.shift(31 * 60)
        late = await browser.choose(page, user) if page.status_code == 200 else page
        step.check(
            late.status_code == 400 and not returned(late), "une page d'erreur, sans redirection", late.status_code
        )
        step.say(Page(late.text).text[:160])
    async with stage.step("Retour dans un autre onglet : state inconnu, le logiciel refuse", "web") as step:
        first, page = await psc_login.login_page(software, browser)
        other = await software.begin()
        came = returned(await browser.choose(page, user))
        try:
            software.land(other, came)
        except Rejected as rejected:
            step.say(str(rejected))
        else:
            step.check(False, "le refus du logiciel")
        step.check(came.get("state") == first.state, "le state de la première demande", came)


async def _codes(own: Ground) -> None:
    stage, user = own.stage, str(own.stage.country.professional(roles.RADIOLOGIST).id_nat)
    software = own.software()
    async with stage.step("Code rejoué : refusé, et la session du premier usage est fermée", "attaquant") as step:
        attempt, code = await psc_login.code_of(software, own.browser(), user)
        tokens = (await software.exchange(attempt, code)).json()
        again = await software.exchange(attempt, code)
        step.check(
            refusal(again) == "400 invalid_grant: Code not valid", "invalid_grant Code not valid", refusal(again)
        )
        step.check(not (await software.introspect(tokens["access_token"]))["active"], "le premier jeton inactif")
        await own.fact(step, "psc.session.closed", session_id=tokens["session_state"], reason="code_reused")
    async with stage.step("Code présenté après 61 s : expiré", "web") as step:
        attempt, code = await psc_login.code_of(software, own.browser(), user)
        await own.shift(61)
        late = await software.exchange(attempt, code)
        step.check(
            refusal(late) == "400 invalid_grant: Code is expired", "invalid_grant Code is expired", refusal(late)
        )
    async with stage.step(
        "redirect_uri avec une barre de trop : une page d'erreur, jamais une redirection", "web"
    ) as step:
        attempt = await software.begin(redirect_uri=software.redirect_uri + "/")
        page = await own.browser().open(attempt.url, attempt.params)
        step.check(page.status_code == 400 and "location" not in page.headers, "400 sans redirection", page.status_code)
        step.check("Invalid parameter: redirect_uri" in page.text, "Invalid parameter: redirect_uri")


async def _shapes_of_people(own: Ground) -> None:
    stage = own.stage
    person = stage.country.professional(roles.DENTIST)
    async with stage.step("Par carte CPS : le même sub qu'avec l'e-CPS", "web") as step:
        by_card = await psc_login.sign_in(own, str(person.id_nat), "CARD")
        login = await psc_login.sign_in(own, str(person.id_nat), "MOBILE")
        step.check(by_card.claims["sub"] == login.claims["sub"], "un seul sub", by_card.claims["sub"])
        await own.fact(step, "psc.session.opened", id_nat=str(person.id_nat), means="CARD")
    async with stage.step("Compte sans RPPS ni moyen de connexion : PSC ne l'identifie pas", "web") as step:
        generic = str(stage.country.professional(roles.GENERIC_ACCOUNT).id_nat)
        _, page = await psc_login.login_page(login.software, own.browser())
        step.check(generic not in page.text, "un compte absent de la page de connexion")
