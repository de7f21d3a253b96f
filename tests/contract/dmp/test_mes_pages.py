"""The patient's page: who gets in, what each page holds, forms, accessibility."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from lxml import html

from segur.personas import roles
from segur.wire import cda, saml
from tests.contract.dmp.callers import emergency, professional
from tests.contract.dmp.conftest import Dmp, Edge
from tests.contract.dmp.test_mes_documents import found

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = (
    "accueil", "documents", "documents/ajouter", "confidentialite", "historique", "agenda", "services", "compte",
    "courrier", "profils", "mesures", "profil-medical", "prevention", "messages", "messages/01MAIL",
    "messages/01MAIL/fichiers/1/ajouter",
)  # fmt: skip


class Browser:
    """Keeps cookies and sends forms as a browser does."""

    def __init__(self, dmp: Dmp) -> None:
        self.base = dmp.base
        self.client = httpx.AsyncClient(transport=Edge(dmp.base), follow_redirects=True, timeout=30)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.base}/mes/{path}")

    async def send(self, page: str, path: str, data: dict[str, str], **more: object) -> httpx.Response:
        """Send a form of `page`, with the token it carries."""
        token = token_of(await self.get(page))
        url, headers = f"{self.base}/mes/{path}", {"origin": self.base}
        return await self.client.post(url, data={"csrf": token} | data, headers=headers, **more)  # type: ignore[arg-type]

    async def sign_in(self, name: str, code: str = "000000") -> httpx.Response:
        page = html.fromstring((await self.get(f"connexion?q={name}")).text)
        person = page.xpath("//input[@name='personne']")[0].get("value")
        return await self.send(f"connexion?q={name}", "connexion", {"personne": person, "code": code})


def token_of(page: httpx.Response) -> str:
    return str(html.fromstring(page.text).xpath("//input[@name='csrf']")[0].get("value"))


@pytest_asyncio.fixture(loop_scope="module")
async def browser(dmp: Dmp) -> AsyncIterator[Browser]:
    one = Browser(dmp)
    try:
        yield one
    finally:
        await one.client.aclose()


async def test_only_who_has_the_code_gets_in_and_a_forged_session_is_nobodys(browser: Browser, dmp: Dmp) -> None:
    assert str((await browser.get("documents")).url).endswith("/mes/connexion")
    assert (await browser.sign_in("PAT-TROIS", "111111")).status_code == 401
    assert "Bonjour Dominique" in (await browser.sign_in("PAT-TROIS")).text
    [cookie] = [one for one in browser.client.cookies.jar if one.name.startswith("MES_SESSION")]
    assert (cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == ("/mes", True)
    browser.client.cookies.set(cookie.name, f"{cookie.value}0", domain=cookie.domain, path=cookie.path)
    assert str((await browser.get("documents")).url).endswith("/mes/connexion")


async def test_every_page_is_strict_and_can_be_used_without_mouse_or_script(browser: Browser, dmp: Dmp) -> None:
    await browser.sign_in("PAT-TROIS")
    entry, _ = await dmp.software().submit(dmp.document())
    for path in (*PAGES, f"documents/{entry.unique_id}"):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy  # none at all
        page = html.fromstring(answer.text)
        assert page.get("lang") == "fr"
        assert not page.xpath("//script|//@style|//*[@onclick]"), path
        assert len(page.xpath("//h1")) == len(page.xpath("//main")) == len(page.xpath("//header")) == 1, path
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        assert set(page.xpath("//@aria-labelledby|//@aria-describedby")) <= set(ids), path
        for field in page.xpath("//input[not(@type='hidden')]|//select|//textarea"):
            labelled = field.xpath("ancestor::label") or page.xpath(f"//label[@for='{field.get('id')}']")
            assert labelled, f"{path}: {field.get('name')} has no label"
        assert not [one for one in page.xpath("//@href|//@src|//@action") if "//" in one], path


async def test_a_form_from_elsewhere_changes_nothing(browser: Browser, dmp: Dmp) -> None:
    await browser.sign_in("PAT-TROIS")
    url = f"{browser.base}/mes/confidentialite/defaut"
    token = token_of(await browser.get("confidentialite"))
    sent = ({"csrf": token}, {"origin": "https://ailleurs.example"}), ({"csrf": "x"}, {}), ({}, {})
    for data, headers in sent:
        refused = await browser.client.post(url, data={**data, "masque": "1"}, headers=headers)
        assert refused.status_code == 403
    other = await browser.client.post(url, data={"csrf": token}, headers={"sec-fetch-site": "cross-site"})
    assert other.status_code == 403
    assert await dmp.facts("dmp.masking.default_changed") == []


async def test_a_patient_adds_views_hides_and_deletes_a_document_on_the_page(browser: Browser, dmp: Dmp) -> None:
    await browser.sign_in("PAT-TROIS")
    form = {"titre": "Radio & <b>bras</b>", "categorie": "RADIO_SC", "date": "2026-02-03", "confidentialite": "N"}
    files = {"fichier": ("bras.txt", "fracture guérie".encode(), "text/plain")}
    page = await browser.send("documents/ajouter", "documents/ajouter", form, files=files)
    assert page.status_code == 200
    assert "Votre document a été ajouté" in page.text
    assert "<b>bras</b>" not in page.text
    unique_id = page.url.path.rpartition("/")[2]
    assert await found(dmp, unique_id, roles.OTHER_DOCTOR)
    here = f"documents/{unique_id}"
    preview = await browser.get(f"{here}/apercu")
    assert "fracture guérie" in preview.text
    assert "frame-ancestors 'self'" in preview.headers["content-security-policy"]
    file = await browser.get(f"{here}/fichier")
    assert (file.text, file.headers["content-type"]) == ("fracture guérie", "text/plain; charset=utf-8")
    assert file.headers["content-disposition"].startswith("attachment")
    assert cda.read_header((await browser.get(f"{here}/cda")).content).title == "Radio & <b>bras</b>"
    hidden = await browser.send(here, f"{here}/visibilite", {"masque": "1"})
    assert "Masqué" in hidden.text
    assert not await found(dmp, unique_id, roles.OTHER_DOCTOR)
    gone = await browser.send(here, f"{here}/supprimer", {})
    assert "Le document a été supprimé" in gone.text
    assert (await browser.get(here)).status_code == 404
    wrong = await browser.send("documents/ajouter", "documents/ajouter", form, files={"fichier": ("a.exe", b"MZ")})
    assert (wrong.status_code, "extension non acceptée" in wrong.text) == (400, True)


async def test_the_documents_of_another_person_are_not_there(browser: Browser, dmp: Dmp) -> None:
    entry, _ = await dmp.software().submit(dmp.document())
    await browser.sign_in("PAT-DEUX")
    for path in ("", "/apercu", "/fichier", "/cda"):
        assert (await browser.get(f"documents/{entry.unique_id}{path}")).status_code == 404
    other = dmp.service.floor.pseudonyms.of(dmp.patient().ins)
    assert (await browser.send("profils", "profils", {"patient": other})).status_code == 403


async def test_a_representative_acts_for_the_child_and_the_page_says_so_in_english_too(browser: Browser) -> None:
    page = html.fromstring((await browser.get("connexion?q=JEANNE")).text)
    person = next(v for v in page.xpath("//input[@name='personne']/@value") if v.endswith("/rl0"))
    inside = await browser.send("connexion", "connexion", {"personne": str(person), "code": "000000"})
    assert "Vous agissez pour" in inside.text
    english = await browser.send("profils", "langue", {"vers": "en"})
    assert "You act for" in english.text
    assert html.fromstring(english.text).get("lang") == "en"
    assert "Hidden from my legal representatives" not in (await browser.get("documents/ajouter")).text


async def test_somebody_whose_space_is_closed_sees_the_account_only(browser: Browser) -> None:
    page = await browser.sign_in("PAT-FERME")
    assert page.url.path == "/mes/compte"
    assert "Ouvrir mon espace" in page.text
    assert (await browser.get("documents")).url.path == "/mes/compte"


async def test_colours_have_the_contrast_of_level_aa(browser: Browser) -> None:
    sheet = (await browser.get("style.css")).text
    light, dark = re.findall(r":root\{([^}]*)\}", sheet)
    pairs = (
        ("ink", "ground"), ("ink", "paper"), ("soft", "ground"), ("soft", "paper"), ("main", "paper"), ("main", "tint"),
        ("on-main", "main"), ("teal", "teal-tint"), ("bad", "bad-tint"), ("good", "good-tint"), ("warn", "warn-tint"),
    )  # fmt: skip
    for theme in (light, dark):
        colours = dict(re.findall(r"--([a-z-]+):#([0-9a-f]+)", theme))
        for one, other in pairs:
            assert contrast(colours[one], colours[other]) >= 4.5, (one, other)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 counts it."""

    def light(colour: str) -> float:
        whole = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
        parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


async def test_in_a_sandbox_reached_by_its_path_every_link_and_the_cookie_stay_there(browser: Browser) -> None:
    base = {"x-segur-base": "http://localhost:8080/s/equipe-1"}
    answer = await browser.client.get(f"{browser.base}/mes/connexion", headers=base)
    page = html.fromstring(answer.text)
    links = page.xpath("//@href|//@action")
    assert all(one.startswith(("/s/equipe-1/mes/", "#", "data:")) for one in links), links
    assert "Path=/s/equipe-1/mes" in answer.headers["set-cookie"]


async def test_the_history_says_in_words_how_an_emergency_came_in_and_what_was_decided(
    browser: Browser, dmp: Dmp
) -> None:
    urgent = emergency(professional(dmp, roles.EMERGENCY_DOCTOR), saml.REGULATION)
    await urgent.search(dmp.patient("DMP-URGENCE"))
    await browser.sign_in("PAT-URGENCE")
    await browser.send("confidentialite", "confidentialite/urgence", {"ETREAT": "1"})
    shown = (await browser.get("historique?groupe=GENERAL")).text
    doctor = dmp.country.professional(roles.EMERGENCY_DOCTOR).family_name
    for words in ("Accès en urgence", "Accès en urgence refusé", "centre 15", "bris de glace", doctor):
        assert words in shown
    assert "centre_15" not in shown
    assert "BTG" not in shown
