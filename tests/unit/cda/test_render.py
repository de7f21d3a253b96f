"""A document becomes a page a person can read, and nothing of it can run there."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from lxml import etree, html

from segur.cda.render import CONTENT_SECURITY_POLICY, render
from segur.wire.cda import CdaRefused

REAL = Path(__file__).parents[4] / "shared" / "data" / "cda"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n%of ours"

HEADER = """<id root="1.2.250.1.213.999.1.9"/>
<code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison"/>
<title>Lettre &lt;script&gt;alert(1)&lt;/script&gt;</title>
<effectiveTime value="20260105101500+0100"/><languageCode code="fr-FR"/>
<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="285057800608441"/><patient><name>
<family qualifier="BR">NESSI</family><given>Ruth Isabelle</given><given qualifier="BR">Ruth</given></name>
<administrativeGenderCode code="F"/><birthTime value="19770714"/></patient></patientRole></recordTarget>
<author><time value="20260105101500+0100"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="899700000001"/>
<assignedPerson><name><family>Valette</family><given>Nora</given></name></assignedPerson></assignedAuthor></author>"""


def page_of(body: str) -> html.HtmlElement:
    document = f'<ClinicalDocument xmlns="urn:hl7-org:v3">{HEADER}<component>{body}</component></ClinicalDocument>'
    return html.document_fromstring(render(document.encode()))


def narrative(text: str, entries: str = "") -> html.HtmlElement:
    section = f"<section><title>Motif</title><text>{text}</text>{entries}</section>"
    return page_of(f"<structuredBody><component>{section}</component></structuredBody>")


def figure(identifier: str, media_type: str, content: bytes) -> str:
    encoded = base64.b64encode(content).decode()
    value = f'<value mediaType="{media_type}" representation="B64">{encoded}</value>'
    return f'<entry><observationMedia ID="{identifier}">{value}</observationMedia></entry>'


def level_1(media_type: str, content: bytes) -> html.HtmlElement:
    encoded = base64.b64encode(content).decode()
    text = f'<text mediaType="{media_type}" representation="B64">{encoded}</text>'
    return page_of(f"<nonXMLBody>{text}</nonXMLBody>")


def test_the_header_is_told_in_short() -> None:
    page = narrative("Douleur")
    said = dict(zip((dt.text for dt in page.iter("dt")), (dd.text for dd in page.iter("dd")), strict=True))
    assert said["Nom de naissance"] == "NESSI"
    assert said["Date de naissance"] == "14/07/1977"
    assert said["Matricule INS"] == "285057800608441 (identité de test)"
    assert said["Date"] == "05/01/2026 à 10:15"
    assert said["Auteur"] == "Nora VALETTE"
    assert page.get("lang") == "fr"


def test_text_that_looks_like_markup_stays_text() -> None:
    page = narrative("&lt;img src=x onerror=alert(1)&gt;")
    assert page.find(".//h1").text == "Lettre <script>alert(1)</script>"
    assert not list(page.iter("script", "img"))


def test_tables_lists_and_styles_keep_their_shape() -> None:
    page = narrative(
        '<table><thead><tr><th colspan="2">Dose</th></tr></thead><tbody><tr><td ID="d1">1 g</td><td>x</td></tr></tbody>'
        '</table><list listType="ordered"><caption>Suite</caption>'
        '<item><content styleCode="Bold">Repos</content></item></list>'
        '<paragraph>H<sub>2</sub>O<br/>fin</paragraph><linkHtml href="#d1">voir</linkHtml>'
    )
    assert page.find(".//th").get("colspan") == "2"
    assert [item.text_content() for item in page.iter("li")] == ["Suite", "Repos"]
    assert page.find(".//li/span").get("class") == "b"
    assert page.find(".//p/sub").text == "2"
    (link,) = page.iter("a")
    assert page.get_element_by_id(link.get("href")[1:]).text == "1 g"


@pytest.mark.parametrize(
    "hostile",
    [
        '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
        '<paragraph onclick="alert(1)" style="background:url(http://away.test)">x</paragraph>',
        '<linkHtml href="javascript:alert(1)">x</linkHtml>',
        '<linkHtml href="https://away.test/">x</linkHtml>',
        '<linkHtml href="data:text/html,x">x</linkHtml>',
        '<iframe src="https://away.test/"/>',
        '<content ID="x&quot; onload=&quot;alert(1)">x</content>',
        '<td colspan="9999999999999999999">x</td>',
        '<object data="https://away.test/"/>',
    ],
)
def test_what_could_run_or_call_out_does_neither(hostile: str) -> None:
    page = narrative(hostile)
    ours = {"html", "head", "meta", "title", "style", "body", "main", "section", "dl", "dt", "dd", "h1", "h2", "p",
            "div", "span", "td", "footer"}  # fmt: skip
    harmless = {"class", "id", "lang", "charset", "name", "content", "http-equiv", "aria-label"}
    assert {element.tag for element in page.iter()} <= ours
    assert {name for element in page.iter() for name in element.attrib} <= harmless
    assert page.find(".//meta[@http-equiv]").get("content") == CONTENT_SECURITY_POLICY


def test_the_address_of_a_link_is_written_beside_its_text() -> None:
    assert narrative('<linkHtml href="https://away.test/">ici</linkHtml>').find(".//div/span").text_content() == (
        "ici [https://away.test/]"
    )


def test_a_figure_is_shown_where_the_text_names_it() -> None:
    page = narrative('<renderMultiMedia referencedObject="F1"/>', figure("F1", "image/jpeg", PIXEL))
    (image,) = page.iter("img")
    assert image.getparent().tag == "figure"
    assert image.get("src") == f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"


def test_an_attached_file_the_text_forgets_is_shown_too() -> None:
    assert [found.get("type") for found in narrative("x", figure("F1", "application/pdf", PDF)).iter("object")] == [
        "application/pdf"
    ]


@pytest.mark.parametrize("media_type", ["image/svg+xml", "text/html", "image/jpeg", "application/pdf"])
def test_a_page_dressed_as_a_picture_stays_closed(media_type: str) -> None:
    page = level_1(media_type, b"<svg onload='alert(1)'/>")
    assert not list(page.iter("img", "object", "svg"))
    assert "ne s'affiche pas" in page.find(".//p[@class='notice']").text


def test_a_file_kept_elsewhere_is_not_fetched() -> None:
    value = '<value mediaType="image/png"><reference value="https://away.test/x.png"/></value>'
    page = narrative(
        '<renderMultiMedia referencedObject="F1"/>',
        f'<entry><observationMedia ID="F1">{value}</observationMedia></entry>',
    )
    assert "away.test" not in html.tostring(page, encoding="unicode")


def test_a_level_1_pdf_text_or_picture_is_the_content() -> None:
    (pdf,) = level_1("application/pdf", PDF).iter("object")
    assert pdf.get("data").endswith(base64.b64encode(PDF).decode())
    assert level_1("text/plain", "Fièvre <39>".encode()).find(".//pre").text == "Fièvre <39>"
    assert level_1("image/png", PIXEL).find(".//img") is not None


def test_the_pdf_copy_comes_before_the_sections_and_once() -> None:
    copy = '<component><section><templateId root="1.2.250.1.213.1.1.2.243"/><title>PDF</title>'
    copy += f"<text>copie</text>{figure('P', 'application/pdf', PDF)}</section></component>"
    motif = "<component><section><title>Motif</title><text>x</text></section></component>"
    page = page_of(f"<structuredBody>{motif}{copy}</structuredBody>")
    assert [heading.text for heading in page.iter("h2")] == ["Copie PDF du document", "Motif"]
    assert len(list(page.iter("object"))) == 1


def test_the_stylesheet_of_a_producer_is_named_and_never_run() -> None:
    inside = (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3">{HEADER}<component><structuredBody/></component></ClinicalDocument>'
    )
    document = f"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
    <xsl:template match="/"><script>alert(1)</script></xsl:template>{inside}</xsl:stylesheet>"""
    page = render(document.encode())
    assert "feuille de style de son producteur" in page
    assert "<script" not in page


def test_what_is_no_document_is_refused_with_the_reason() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><ClinicalDocument>&c;</ClinicalDocument>'
    with pytest.raises(CdaRefused, match="DOCTYPE"):
        render(bomb)


@pytest.mark.skipif(
    not REAL.is_dir(), reason="../shared/data/cda is not there: the ANS example documents are not shipped"
)
def test_every_published_document_loses_no_word_of_its_sections() -> None:
    for path in sorted(REAL.glob("*.xml")):
        page = html.document_fromstring(render(path.read_bytes()))
        shown = " ".join(page.text_content().split())
        root = etree.parse(path).getroot()
        for text in root.iterfind(".//{urn:hl7-org:v3}section/{urn:hl7-org:v3}text"):
            section = text.getparent()
            if section.find("{urn:hl7-org:v3}templateId[@root='1.2.250.1.213.1.1.2.243']") is not None:
                continue
            for words in text.itertext():
                assert " ".join(words.split()) in shown, path.name
        assert not re.search(r'(?:src|href|data)="(?!#|data:(?:image|application/pdf))', render(path.read_bytes()))
