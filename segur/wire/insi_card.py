"""INSi: `rechercherInsAvecCarteVitale` and the cover that a Vitale card tells, both sides.

The card is only a key: INSi answers with the INS of the beneficiary, not with what the card says. Texts are kept as
sent. Source: [INS digest 2.4, 2.5, 2.6].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from segur.wire import xml
from segur.wire.insi_elements import add_texts, call, child, text
from segur.wire.insi_values import BAM_NS, CARD_NS, CARD_SEARCH, InsiRefused

CARD_OPERATION: Final = "rechercherInsAvecCarteVitale"
CARD_ACTION: Final = f"urn:ServiceIdentiteCertifiee:1.0.0:{CARD_OPERATION}"


@dataclass(frozen=True, slots=True)
class CardMatricule:
    """A matricule as the card has it: 13 characters, 2-digit key, `kind` the TypeMatricule, mostly empty."""

    number: str = ""
    key: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CardSearch:
    """What was read from the card for the selected beneficiary; empty when the card does not say.

    `individual` is the beneficiary's own certified number, which a child's may lack; `holder` (MatriculeOD) that of the
    policy holder; `birth_rank` tells twins apart.
    """

    individual: CardMatricule = CardMatricule()
    holder: CardMatricule = CardMatricule()
    birth_name: str = ""
    birth_date: str = ""
    birth_rank: str = ""


@dataclass(frozen=True, slots=True)
class Cover:
    """`COUVERTURE` of ContexteBAM: the scheme, the policy holder, the beneficiary; empty without a card."""

    scheme: str = ""
    fund: str = ""
    centre: str = ""
    holder: CardMatricule = CardMatricule()
    individual: CardMatricule = CardMatricule()
    birth_date: str = ""
    rank: str = ""

    @classmethod
    def of(cls, search: CardSearch) -> Cover:
        """The cover that goes with a search, of the general scheme."""
        return cls("01", "751", "0000", search.holder, search.individual, search.birth_date, search.birth_rank)


_PARTS: Final = (("NumIdentifiant", "number"), ("Cle", "key"), ("TypeMatricule", "kind"))


def read_card_search(element: etree._Element) -> CardSearch:
    """Read `RECVITALE`; raise `InsiRefused` when the element is another one."""
    if element.tag != CARD_SEARCH:
        raise InsiRefused(f"expected {CARD_SEARCH}, got {element.tag!s}", "body")
    return CardSearch(
        individual=_matricule(child(element, "MatriculeIndividu")),
        holder=_matricule(child(element, "MatriculeOD")),
        birth_name=text(element, "NomNaissance"),
        birth_date=text(element, "DateNaissance"),
        birth_rank=text(element, "RangNaissance"),
    )


def write_card_search(search: CardSearch) -> etree._Element:
    """Write `RECVITALE`; what is empty is left out."""
    root = etree.Element(CARD_SEARCH, nsmap={"q": CARD_NS})
    for local, value in (("MatriculeIndividu", search.individual), ("MatriculeOD", search.holder)):
        if value.number:
            add_texts(etree.SubElement(root, xml.qname(CARD_NS, local)), [(n, getattr(value, f)) for n, f in _PARTS])
    add_texts(
        root,
        [
            ("NomNaissance", search.birth_name),
            ("DateNaissance", search.birth_date),
            ("RangNaissance", search.birth_rank),
        ],
    )
    return root


def write_card_request(
    search: CardSearch,
    *,
    message_id: str,
    headers: Sequence[etree._Element] = (),
    assertion: etree._Element | None = None,
) -> etree._Element:
    """The envelope of a call; `headers` are those of `insi.write_contexts`, filled by `with_cover`."""
    return call(write_card_search(search), CARD_ACTION, message_id=message_id, headers=headers, assertion=assertion)


def with_cover(bam: etree._Element, cover: Cover) -> etree._Element:
    """Fill the empty `COUVERTURE` of a ContexteBAM block; give the block."""
    holder = child(bam, "COUVERTURE")
    assert holder is not None, "write_contexts writes one"
    add_texts(holder, [("GrandRegime", cover.scheme), ("Organisme", cover.fund), ("CodeCentre", cover.centre)])
    insured = etree.SubElement(etree.SubElement(holder, xml.qname(BAM_NS, "ASSURE")), xml.qname(BAM_NS, "Id"))
    add_texts(insured, [("Num", cover.holder.number), ("Cle", cover.holder.key)])
    person = etree.SubElement(holder, xml.qname(BAM_NS, "BENEFICIAIRE"))
    if cover.individual.number:
        number = etree.SubElement(person, xml.qname(BAM_NS, "Nir"))
        add_texts(number, [("Num", cover.individual.number), ("Cle", cover.individual.key)])
    add_texts(person, [("DateNai", cover.birth_date), ("Rang", cover.rank)])
    return bam


def read_cover(bam: etree._Element | None) -> Cover | None:
    """The cover in a ContexteBAM block; None when there is no block, no `COUVERTURE`, or an empty one."""
    cover = child(bam, "COUVERTURE")
    if cover is None or next(xml.children(cover), None) is None:
        return None
    person = child(cover, "BENEFICIAIRE")
    insured, number = child(child(cover, "ASSURE"), "Id"), child(person, "Nir")
    return Cover(
        scheme=text(cover, "GrandRegime"),
        fund=text(cover, "Organisme"),
        centre=text(cover, "CodeCentre"),
        holder=CardMatricule(text(insured, "Num"), text(insured, "Cle")),
        individual=CardMatricule(text(number, "Num"), text(number, "Cle")),
        birth_date=text(person, "DateNai"),
        rank=text(person, "Rang"),
    )


def _matricule(element: etree._Element | None) -> CardMatricule:
    return CardMatricule(**{field: text(element, name) for name, field in _PARTS})
