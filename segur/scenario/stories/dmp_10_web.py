"""DMP-10: the Web-PS DMP opened from the software on the right patient, in the session Pro Santé Connect has."""

from __future__ import annotations

from urllib.parse import urljoin

import httpx

from segur.personas import roles
from segur.personas.model import Patient
from segur.scenario.actors.psc_browser import Browser, Page
from segur.scenario.acts import psc_login
from segur.scenario.acts.ground import Ground, ground
from segur.scenario.stage import Stage
from segur.scenario.story import NotHeld, Step, story

_SITE = "/AccesDirect"
_LOGIN_FORM = "choice"
_DAY_S = 86_400.0


@story("DMP-10", "Accès web contextuel (Web-PS DMP)", pillar="dmp", requirements=("DMP/UX.49",))
async def web(stage: Stage) -> None:
    """TD0.10 from the record and from the home screen without a second login; no DMP, a closed one, a lost context."""
    async with ground(stage, "dmp-10") as own:
        user, patient = stage.country.professional(roles.GENERAL_PRACTITIONER), stage.country.patient("DMP-WEB")
        async with stage.step("Le médecin est connecté à Pro Santé Connect dans son navigateur", "LGC") as step:
            login = await psc_login.sign_in(own, str(user.id_nat))
            step.say(user.display_name)
        browser = login.browser
        async with stage.step("Depuis le dossier : le bon patient, sans seconde connexion", "LGC", "DMP/UX.49") as step:
            page = await _opened(step, own, browser, f"/DossierPatient/{patient.ins.matricule}")
            words = Page(page.text).text
            step.check(patient.birth_name in words and "Pro Santé Connect" in words, patient.birth_name, words[:300])
            step.say(f"TD0.10 {page.url.path.removeprefix(f'/s/{own.sandbox}')} : {patient.display_name}")
        async with stage.step("Depuis l'accueil : le tableau de bord du professionnel", "LGC", "DMP/UX.49") as step:
            page = await _opened(step, own, browser, "/TableauDeBord")
            step.check(patient.birth_name in page.text, "ses patients", Page(page.text).text[:300])
        await _clear_pages(own, browser)
        await _lost(own, browser, patient)


async def _opened(step: Step, own: Ground, browser: Browser, path: str) -> httpx.Response:
    """Open a page of the site, following redirects; not held when a login is asked or the page does not come."""
    page = await _follow(browser, own.base + _SITE + path)
    asks = Page(page.text).with_button(_LOGIN_FORM) is not None
    step.check(not asks, "aucune page de connexion", Page(page.text).text[:200])
    step.check(page.status_code == 200, "200", f"{page.status_code} {Page(page.text).text[:300]}")
    return page


async def _follow(browser: Browser, url: str) -> httpx.Response:
    for _ in range(8):
        page = await browser.open(url)
        if page.status_code not in (302, 303, 307):
            return page
        url = urljoin(str(page.url), page.headers["location"])
    raise NotHeld(f"attendu : une page ; trouvé : des redirections sans fin vers {url[:100]}")


def _title(page: httpx.Response) -> str:
    """The title of a page, without the name of the site."""
    return page.text.partition("<title>")[2].partition(" – ")[0]


async def _clear_pages(own: Ground, browser: Browser) -> None:
    stage = own.stage
    cases = (("P3", 404, "pas de DMP"), ("P4", 410, "fermé"))
    for key, status, words in cases:
        ins = stage.country.patient(key).ins.matricule
        async with stage.step(f"{key} : une page qui dit pourquoi ({status})", "LGC", "DMP/UX.49") as step:
            page = await _follow(browser, f"{own.base}{_SITE}/DossierPatient/{ins}")
            text = Page(page.text).text
            step.check(
                page.status_code == status and words in text, f"{status}, « {words} »", (page.status_code, text[:300])
            )
            step.say(text[:160])
    async with stage.step("Patient inconnu : une page claire", "LGC", "DMP/UX.49") as step:
        page = await _follow(browser, f"{own.base}{_SITE}/DossierPatient/123")
        step.check(page.status_code == 404, "404", page.status_code)
        step.say(_title(page))


async def _lost(own: Ground, browser: Browser, patient: Patient) -> None:
    stage, path = own.stage, f"{own.base}{_SITE}/DossierPatient/{patient.ins.matricule}"
    async with stage.step("Contexte expiré, puis session close : dit, et connexion", "LGC", "DMP/UX.49") as step:
        stray = await own.browser().open(f"{own.base}{_SITE}/retour", {"code": "x", "state": "y"})
        step.check(stray.status_code == 403, "403", stray.status_code)
        await own.shift(_DAY_S)
        page = await _follow(browser, path)
        step.check(Page(page.text).with_button(_LOGIN_FORM) is not None, "la page de connexion", page.text[:200])
        step.say(f"{_title(stray)} ; le lendemain : connexion demandée")
