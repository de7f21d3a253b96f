"""INSi: searches, answers as the real service varies them, faults as clients search for them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from segur.vocab import oids
from segur.vocab.ins import Ins
from segur.wire import insi, soap, xml
from segur.wire.insi import Answer, IdentitySearch, Individual, InsIdentifier, Traits

ECETINSI = Individual(
    active=InsIdentifier("1090763220834", oids.INS_NIR, "89"),
    traits=Traits("ECETINSI", "PIERRE-ALAIN", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220"),
    history=(
        InsIdentifier("2090763220834", oids.INS_NIR, "39", start="2019-03-01", end="2019-02-28"),
        InsIdentifier("2090663220123", oids.INS_NIR, "55"),
    ),
)
LPS = insi.LpsContext("id-1", "10B0152872", "IDAM-1", "1.0", "inst-1", "GIE", "2026-01-05T08:00:00.000Z")
BAM = insi.BamContext("id-2", "10B0152872", "2026-01-05T08:00:00.000Z")
FAULT = insi.InsiFault(
    "Receiver", "siram_40", "Service indisponible.", "insi_102", "Erreur technique.", "fatal", "uuid:1"
)


def again(element: etree._Element) -> etree._Element:
    return xml.parse(xml.serialize(element))


def body_of(root: etree._Element) -> etree._Element:
    return soap.read_envelope(again(root), required=()).body


def test_the_search_of_the_specification_is_read() -> None:
    text = b"""<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header/><e:Body>
      <q:RECSANSVITALE xmlns:q="http://www.cnamts.fr/INSiRecSans">
      <q:NomNaissance>ADRTROIS</q:NomNaissance><q:Prenom>DOMINIQUE</q:Prenom>
      <q:Sexe>F</q:Sexe><q:DateNaissance>1997-02-26</q:DateNaissance>
    </q:RECSANSVITALE></e:Body></e:Envelope>"""
    body = soap.read_envelope(xml.parse(text), required=()).body
    assert body.tag == insi.SEARCH
    assert insi.read_search(body) == IdentitySearch("ADRTROIS", ("DOMINIQUE",), "F", "1997-02-26")


WORDS = st.sampled_from(["", "D'AEION", "PIERRE-ALAIN", "A B", "é<&"])


@given(st.builds(IdentitySearch, WORDS, st.lists(WORDS.filter(bool), max_size=3).map(tuple), WORDS, WORDS, WORDS))
def test_searches_survive_a_round_trip(search: IdentitySearch) -> None:
    assert insi.read_search(body_of(insi.write_request(search, message_id="uuid:1"))) == search


def test_a_request_carries_both_contexts_and_its_action() -> None:
    root = insi.write_request(IdentitySearch("A"), message_id="uuid:1", headers=insi.write_contexts(LPS, BAM))
    envelope = soap.read_envelope(again(root), required=("Action", "MessageID"))
    assert (envelope.action, envelope.message_id) == (insi.ACTION, "uuid:1")
    assert insi.read_lps_context(envelope) == LPS
    assert insi.read_bam_context(envelope) == BAM
    block = envelope.header(insi.BAM_NS, "ContexteBAM")
    assert block is not None
    assert [xml.local_name(child) for child in block] == ["Id", "Temps", "Emetteur", "COUVERTURE"]


def test_absent_contexts_are_none() -> None:
    envelope = soap.read_envelope(insi.write_request(IdentitySearch(), message_id=""), required=())
    assert insi.read_lps_context(envelope) is None
    assert insi.read_bam_context(envelope) is None


@pytest.mark.parametrize("prefix", [None, "ns2"])
@pytest.mark.parametrize(
    "answer", [Answer.found(ECETINSI), Answer.without(insi.NOT_FOUND), Answer.without(insi.SEVERAL)]
)
def test_answers_survive_a_round_trip_under_either_prefix(answer: Answer, prefix: str | None) -> None:
    root = insi.write_response(answer, message_id="uuid:2", relates_to="uuid:1", result_prefix=prefix)
    envelope = soap.read_envelope(again(root), required=("Action", "RelatesTo"))
    assert envelope.action == "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentiteResponse"
    assert insi.read_answer(envelope.body) == answer
    assert (b"<ns2:RESULTAT" in xml.serialize(root)) is (prefix == "ns2")


def test_the_labels_have_no_accents() -> None:
    assert Answer.without("01").label == "Aucune identite trouvee"
    assert Answer.without("02").label == "Plusieurs identites trouvees"
    assert all(label.isascii() for label in insi.LABELS.values())


def test_dates_before_the_matricule_are_read_as_in_the_official_fixture() -> None:
    text = b"""<ns2:RESULTAT xmlns:ns2="http://www.cnamts.fr/INSiResultat" xmlns:ns3="urn:unused">
     <ns2:CR><ns2:CodeCR>00</ns2:CodeCR><ns2:LibelleCR>OK</ns2:LibelleCR></ns2:CR><ns2:INDIVIDU>
     <ns2:INSACTIF><ns2:IdIndividu><ns2:NumIdentifiant>1090763220834</ns2:NumIdentifiant><ns2:Cle>89</ns2:Cle>
     </ns2:IdIndividu><ns2:OID>1.2.250.1.213.1.4.8</ns2:OID></ns2:INSACTIF>
     <ns2:INSHISTO><ns2:DateDeb>2019-03-01</ns2:DateDeb><ns2:DateFin>2019-02-28</ns2:DateFin><ns2:IdIndividu>
     <ns2:NumIdentifiant>2090763220834</ns2:NumIdentifiant><ns2:Cle>39</ns2:Cle></ns2:IdIndividu>
     <ns2:OID>1.2.250.1.213.1.4.8</ns2:OID></ns2:INSHISTO></ns2:INDIVIDU></ns2:RESULTAT>"""
    individual = insi.read_answer(xml.parse(text)).individual
    assert individual is not None
    assert individual.active == ECETINSI.active
    assert individual.history == ECETINSI.history[:1]
    assert individual.traits == Traits()


def test_the_matricule_is_split_into_number_and_key_and_joined_again() -> None:
    ins = Ins.parse("297022A02077878", oids.INS_NIR_TEST)
    split = InsIdentifier.of(ins, start="1997-02-26")
    assert (split.number, split.key, split.start) == ("297022A020778", "78", "1997-02-26")
    assert split.ins == ins
    assert InsIdentifier("12", oids.INS_NIR).ins is None


def test_a_fault_has_the_text_a_real_client_searches_for() -> None:
    text = xml.serialize(insi.write_fault(FAULT)).decode()
    assert re.search(r"<S:Subcode><S:Value>S:(\w+)</S:Value>", text)
    assert re.search(r'<S:Text xml:lang="en">([^<]*)</S:Text>', text)
    assert '<siram:Erreur xmlns:siram="urn:siram" severite="fatal" code="insi_102" messageID="uuid:1">' in text


@pytest.mark.parametrize(("prefix", "lang"), [("S", "en"), ("soap", "fr")])
def test_faults_survive_a_round_trip_in_both_variants(prefix: str, lang: str) -> None:
    body = body_of(insi.write_fault(FAULT, prefix=prefix, lang=lang))
    assert insi.read_fault(body) == FAULT
    read = soap.read_fault(body)
    assert read is not None
    assert read.lang == lang


def test_an_answer_is_not_a_fault() -> None:
    assert insi.read_fault(insi.write_answer(Answer.without("01"))) is None


@pytest.mark.parametrize(
    ("content", "field"),
    [("", "CR/CodeCR"), ("<CR><CodeCR>00</CodeCR></CR><INDIVIDU/>", "INDIVIDU/INSACTIF")],
)
def test_a_broken_answer_is_refused_by_the_name_of_its_field(content: str, field: str) -> None:
    text = f'<RESULTAT xmlns="{insi.RESULT_NS}">{content}</RESULTAT>'
    with pytest.raises(insi.InsiRefused) as refused:
        insi.read_answer(xml.parse(text.encode()))
    assert refused.value.field == field


def test_another_body_is_refused() -> None:
    with pytest.raises(insi.InsiRefused, match="RECSANSVITALE"):
        insi.read_search(etree.Element(insi.CARD_SEARCH))


def test_times_are_written_in_utc() -> None:
    assert insi.format_time(datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) == "2026-01-05T08:00:00.000Z"
