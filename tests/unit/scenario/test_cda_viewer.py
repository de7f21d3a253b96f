"""A producer's stylesheet is used when it is harmless; what could run, or read elsewhere, is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from segur.personas import roles, samples_cda
from segur.personas.country import build_country
from segur.scenario.actors.cda_viewer import show
from segur.scenario.acts import presenting
from segur.wire.cda import CdaRefused

COUNTRY = build_country()
DOCTOR = COUNTRY.professional(roles.OTHER_DOCTOR)
DOCUMENT = samples_cda.clinical_document(
    "11488-4",
    COUNTRY.patient("P1"),
    DOCTOR,
    DOCTOR.structure,
    document_id="1.2.250.1.999.1.7",
    at=datetime(2026, 1, 5, tzinfo=UTC),
    title="Un titre à voir",
)


def test_a_harmless_stylesheet_lays_the_document_out() -> None:
    shown = show(presenting.with_stylesheet(DOCUMENT))
    assert (shown.by, shown.refused) == ("producteur", "")
    assert '<p class="producteur">Un titre à voir</p>' in shown.page


def test_a_document_without_stylesheet_has_our_page() -> None:
    shown = show(DOCUMENT)
    assert shown.by == "visualiseur"
    assert "Un titre à voir" in shown.page


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<p onclick="alert(1)">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<img src="http://ailleurs.invalid/x.png"/>',
        "<xsl:copy-of select=\"document('file:///etc/hostname')\"/>",
        '<iframe srcdoc="x"/>',
        '<xsl:element name="SCRIPT">alert(1)</xsl:element>',
    ],
)
def test_a_hostile_stylesheet_is_refused_with_its_reason_and_the_document_shown_by_us(body: str) -> None:
    shown = show(presenting.with_stylesheet(DOCUMENT, body=body))
    assert shown.by == "visualiseur"
    assert shown.refused.startswith("elle")
    assert "alert(1)" not in shown.page


def test_an_external_entity_is_refused_before_anything_is_read() -> None:
    with pytest.raises(CdaRefused, match="DOCTYPE"):
        show(presenting.with_external_entity(DOCUMENT))
