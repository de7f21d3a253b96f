"""INSi: `rechercherInsAvecTraitsIdentite` (the card search has `insi_card`), answers, header blocks and faults.

Texts are kept as sent: a birth date may be lunar, every trait is optional in the schema.
Source: [INS digest 2.4, 2.5, 2.6, 2.7], contract DESIR_ICIR_EXP 1.5.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from segur.wire import soap, xml
from segur.wire.insi_elements import add_texts, call, child, text
from segur.wire.insi_values import (
    ACTION,
    BAM_NS,
    CARD_NS,
    CARD_SEARCH,
    FOUND,
    LABELS,
    LPS_NS,
    NOT_FOUND,
    OPERATION,
    RESPONSE_ACTION,
    RESULT,
    RESULT_NS,
    SEARCH,
    SEARCH_NS,
    SEVERAL,
    SIRAM_NS,
    Answer,
    BamContext,
    IdentitySearch,
    Individual,
    InsIdentifier,
    InsiFault,
    InsiRefused,
    LpsContext,
    Traits,
)

__all__ = [
    "ACTION",
    "BAM_NS",
    "CARD_NS",
    "CARD_SEARCH",
    "FOUND",
    "LABELS",
    "LPS_NS",
    "NOT_FOUND",
    "OPERATION",
    "RESPONSE_ACTION",
    "RESULT",
    "RESULT_NS",
    "SEARCH",
    "SEARCH_NS",
    "SEVERAL",
    "SIRAM_NS",
    "Answer",
    "BamContext",
    "IdentitySearch",
    "Individual",
    "InsIdentifier",
    "InsiFault",
    "InsiRefused",
    "LpsContext",
    "Traits",
    "format_time",
    "read_answer",
    "read_bam_context",
    "read_fault",
    "read_lps_context",
    "read_search",
    "write_answer",
    "write_contexts",
    "write_fault",
    "write_request",
    "write_response",
    "write_search",
]


def format_time(moment: datetime) -> str:
    """An xs:dateTime in UTC to the millisecond, for `Temps`; `moment` must be aware."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_search(element: etree._Element) -> IdentitySearch:
    """Read `RECSANSVITALE`; raise `InsiRefused` when the element is another one."""
    _expect(element, SEARCH)
    names = (xml.text(child) for child in xml.children(element) if xml.local_name(child) == "Prenom")
    return IdentitySearch(
        birth_name=text(element, "NomNaissance"),
        first_names=tuple(name for name in names if name),
        sex=text(element, "Sexe"),
        birth_date=text(element, "DateNaissance"),
        birth_place=text(element, "LieuNaissance"),
    )


def write_search(search: IdentitySearch) -> etree._Element:
    """Write `RECSANSVITALE`; empty traits are left out."""
    root = etree.Element(SEARCH, nsmap={"q": SEARCH_NS})
    add_texts(root, [("NomNaissance", search.birth_name), *(("Prenom", name) for name in search.first_names)])
    add_texts(root, [("Sexe", search.sex), ("DateNaissance", search.birth_date), ("LieuNaissance", search.birth_place)])
    return root


def read_answer(element: etree._Element) -> Answer:
    """Read `RESULTAT` with children in any order; raise `InsiRefused` without `CodeCR` or with a broken identity."""
    _expect(element, RESULT)
    report, individual = child(element, "CR"), child(element, "INDIVIDU")
    code = text(report, "CodeCR")
    if not code:
        raise InsiRefused("is missing or empty, it is mandatory", "CR/CodeCR")
    return Answer(code, text(report, "LibelleCR"), _read_individual(individual) if individual is not None else None)


def _read_individual(element: etree._Element) -> Individual:
    active, traits = child(element, "INSACTIF"), child(element, "TIQ")
    if active is None:
        raise InsiRefused("is missing, an individual has one", "INDIVIDU/INSACTIF")
    history = (child for child in xml.children(element) if xml.local_name(child) == "INSHISTO")
    return Individual(
        active=_read_identifier(active),
        traits=Traits(
            birth_name=text(traits, "NomNaissance"),
            first_name=text(traits, "Prenom"),
            first_names=text(traits, "ListePrenom"),
            sex=text(traits, "Sexe"),
            birth_date=text(traits, "DateNaissance"),
            birth_place=text(traits, "LieuNaissance"),
        ),
        history=tuple(_read_identifier(item) for item in history),
    )


def _read_identifier(element: etree._Element) -> InsIdentifier:
    number = child(element, "IdIndividu")
    return InsIdentifier(
        number=text(number, "NumIdentifiant"),
        oid=text(element, "OID"),
        key=text(number, "Cle"),
        kind=text(number, "TypeMatricule"),
        start=text(element, "DateDeb"),
        end=text(element, "DateFin"),
    )


def write_answer(answer: Answer, *, prefix: str | None = None) -> etree._Element:
    """Write `RESULTAT`, in the default namespace or under `prefix` (the real service also uses `ns2`).

    Like the real service it declares a namespace it does not use, under `ns3` [INS digest 2.6].
    """
    unused = {"ns3": SEARCH_NS}
    nsmap = xml.as_default(RESULT_NS, **unused) if prefix is None else {prefix: RESULT_NS, **unused}
    root = etree.Element(RESULT, nsmap=nsmap)
    report = etree.SubElement(root, xml.qname(RESULT_NS, "CR"))
    add_texts(report, [("CodeCR", answer.code), ("LibelleCR", answer.label)])
    if answer.individual is None:
        return root
    holder = etree.SubElement(root, xml.qname(RESULT_NS, "INDIVIDU"))
    _write_identifier(holder, "INSACTIF", answer.individual.active)
    for item in answer.individual.history:
        _write_identifier(holder, "INSHISTO", item)
    traits = answer.individual.traits
    add_texts(
        etree.SubElement(holder, xml.qname(RESULT_NS, "TIQ")),
        [
            ("NomNaissance", traits.birth_name),
            ("Prenom", traits.first_name),
            ("ListePrenom", traits.first_names),
            ("Sexe", traits.sex),
            ("DateNaissance", traits.birth_date),
            ("LieuNaissance", traits.birth_place),
        ],
    )
    return root


def _write_identifier(parent: etree._Element, local: str, value: InsIdentifier) -> None:
    holder = etree.SubElement(parent, xml.qname(RESULT_NS, local))
    number = etree.SubElement(holder, xml.qname(RESULT_NS, "IdIndividu"))
    add_texts(number, [("NumIdentifiant", value.number), ("Cle", value.key), ("TypeMatricule", value.kind)])
    add_texts(holder, [("OID", value.oid), ("DateDeb", value.start), ("DateFin", value.end)])


def read_lps_context(envelope: soap.Envelope) -> LpsContext | None:
    """The `ContexteLPS` header, None when absent; leniently read, absent parts are empty [INS digest 2.5]."""
    block = envelope.header(LPS_NS, "ContexteLPS")
    if block is None:
        return None
    software = child(block, "LPS")
    idam = child(software, "IDAM")
    return LpsContext(
        id=text(block, "Id"),
        issuer=text(block, "Emetteur"),
        idam=xml.text(idam),
        version=text(software, "Version"),
        instance=text(software, "Instance"),
        name=text(software, "Nom"),
        time=text(block, "Temps"),
        nature=block.get("Nature", ""),
        idam_r=idam.get("R", "") if idam is not None else "",
    )


def read_bam_context(envelope: soap.Envelope) -> BamContext | None:
    """The `ContexteBAM` header, None when absent."""
    block = envelope.header(BAM_NS, "ContexteBAM")
    return None if block is None else BamContext(text(block, "Id"), text(block, "Emetteur"), text(block, "Temps"))


def write_contexts(lps: LpsContext, bam: BamContext) -> tuple[etree._Element, etree._Element]:
    """Both header blocks of a call, LPS then BAM."""
    first = etree.Element(xml.qname(LPS_NS, "ContexteLPS"), nsmap={"lps": LPS_NS})
    if lps.nature:
        first.set("Nature", lps.nature)
    first.set("Version", "01_00")
    add_texts(first, [("Id", lps.id), ("Temps", lps.time), ("Emetteur", lps.issuer)])
    software = etree.SubElement(first, xml.qname(LPS_NS, "LPS"))
    idam = etree.SubElement(software, xml.qname(LPS_NS, "IDAM"))
    idam.text = lps.idam
    if lps.idam_r:
        idam.set("R", lps.idam_r)
    add_texts(software, [("Version", lps.version), ("Instance", lps.instance), ("Nom", lps.name)])
    second = etree.Element(xml.qname(BAM_NS, "ContexteBAM"), Version="01_02", nsmap={"bam": BAM_NS})
    add_texts(second, [("Id", bam.id), ("Temps", bam.time), ("Emetteur", bam.issuer)])
    etree.SubElement(second, xml.qname(BAM_NS, "COUVERTURE"))
    return first, second


def write_request(
    search: IdentitySearch,
    *,
    message_id: str,
    headers: Sequence[etree._Element] = (),
    assertion: etree._Element | None = None,
) -> etree._Element:
    """The envelope of a call; `headers` are those of `write_contexts`, the assertion that of the CPx mode only."""
    return call(write_search(search), ACTION, message_id=message_id, headers=headers, assertion=assertion)


def write_response(
    answer: Answer,
    *,
    message_id: str,
    relates_to: str = "",
    action: str = RESPONSE_ACTION,
    prefix: str = "soap",
    result_prefix: str | None = None,
) -> etree._Element:
    """The envelope of an answer; `prefix` and `result_prefix` give the variants of the real service."""
    return soap.write_envelope(
        write_answer(answer, prefix=result_prefix),
        action=action,
        message_id=message_id,
        to=None,
        reply_to=None,
        relates_to=relates_to or None,
        prefix=prefix,
    )


def write_fault(fault: InsiFault, *, prefix: str = "S", lang: str = "en") -> etree._Element:
    """The whole fault envelope, sent with HTTP 500 and without indentation.

    The defaults are those a real client's regular expression expects; `soap` and `fr` give the older capture
    [INS digest 2.7].
    """
    detail = etree.Element(
        xml.qname(SIRAM_NS, "Erreur"),
        {"severite": fault.severity, "code": fault.error_code, "messageID": fault.message_id},
        nsmap={"siram": SIRAM_NS},
    )
    detail.text = fault.error_text
    subcode = f"{prefix}:{fault.subcode}" if fault.subcode else None
    body = soap.fault(fault.code, fault.user_text, subcode=subcode, detail=detail, lang=lang, prefix=prefix)
    return soap.write_envelope(body, action="", to=None, reply_to=None, prefix=prefix)


def read_fault(body: etree._Element) -> InsiFault | None:
    """Read the fault in a body, None when it is not one; an absent `Erreur` leaves its fields empty."""
    fault = soap.read_fault(body)
    if fault is None:
        return None
    error = fault.detail
    return InsiFault(
        code="Receiver" if fault.code == "Receiver" else "Sender",
        subcode=fault.subcode,
        user_text=fault.reason,
        error_code=error.get("code", "") if error is not None else "",
        error_text=xml.text(error),
        severity=error.get("severite", "") if error is not None else "",
        message_id=error.get("messageID", "") if error is not None else "",
    )


def _expect(element: etree._Element, tag: str) -> None:
    if element.tag != tag:
        raise InsiRefused(f"expected {tag}, got {element.tag!s}", "body")
