"""INSi's card search: readings and covers survive the wire, what is empty is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.wire import insi, insi_card, soap, xml
from segur.wire.insi_card import CardMatricule, CardSearch, Cover

TEXTS = st.sampled_from(["", "1", "PAT-TROIS", "é<&"])
NUMBERS = st.sampled_from([CardMatricule(), CardMatricule("2790351215189", "89"), CardMatricule("297022A020778", "78")])
BAM = insi.BamContext("id", "10B0152872", "2026-01-05T08:00:00Z")
LPS = insi.LpsContext("id", "10B0152872", "IDAM-1")


@given(st.builds(CardSearch, NUMBERS, NUMBERS, TEXTS, TEXTS, TEXTS))
def test_readings_survive_a_round_trip(search: CardSearch) -> None:
    request = insi_card.write_card_request(search, message_id="uuid:1", headers=insi.write_contexts(LPS, BAM))
    envelope = soap.read_envelope(xml.parse(xml.serialize(request)), required=("Action", "MessageID"))
    assert envelope.action == "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecCarteVitale"
    assert insi_card.read_card_search(envelope.body) == search


@given(st.builds(Cover, TEXTS, TEXTS, TEXTS, NUMBERS, NUMBERS, TEXTS, TEXTS))
def test_covers_survive_a_round_trip(cover: Cover) -> None:
    _, bam = insi.write_contexts(LPS, BAM)
    assert insi_card.read_cover(bam) is None
    assert insi_card.read_cover(xml.parse(xml.serialize(insi_card.with_cover(bam, cover)))) == cover


def test_another_body_is_refused() -> None:
    with pytest.raises(insi.InsiRefused, match="RECVITALE"):
        insi_card.read_card_search(etree.Element(insi.SEARCH))


def test_no_context_is_no_cover() -> None:
    assert insi_card.read_cover(None) is None
