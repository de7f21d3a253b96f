"""The contract of INSi: the WSDL as clients fetch it, and its schemas for strict checking.

One file serves both, so what is published is what is checked.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

from lxml import etree

from segur.wire import insi, insi_card, xml
from segur.wire.soap import Envelope
from segur_ins import errors

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_WSDL_SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"


@lru_cache(maxsize=1)
def _source() -> bytes:
    return files("segur_ins.edges").joinpath("icir.wsdl").read_bytes()


def wsdl(location: str) -> bytes:
    """The WSDL, with `location` as the address of the service."""
    root = xml.parse(_source())
    for address in root.iter(xml.qname(_WSDL_SOAP12, "address")):
        address.set("location", location)
    return xml.serialize(root, declaration=True)


@lru_cache(maxsize=8)
def _schema(namespace: str) -> etree.XMLSchema:
    root = xml.parse(_source())
    types = root.find(xml.qname(_WSDL, "types"))
    assert types is not None
    found = next(schema for schema in types if schema.get("targetNamespace") == namespace)
    return etree.XMLSchema(xml.parse(xml.serialize(found)))


def broken_rule(element: etree._Element) -> str:
    """The first rule of the contract that a body or context header breaks, empty when it keeps all."""
    schema = _schema(xml.namespace(element))
    alone = xml.parse(xml.serialize(element))
    try:
        schema.assertValid(alone)
    except etree.DocumentInvalid as error:
        return str(error)
    return ""


ACTIONS: Final = {insi.OPERATION: insi.ACTION, insi_card.CARD_OPERATION: insi_card.CARD_ACTION}
"""The operations of the contract, with the wsa:Action of each."""

_DEMANDED = ((insi.LPS_NS, "ContexteLPS"), (insi.BAM_NS, "ContexteBAM"))
"""Header blocks the contract demands."""


def check(envelope: Envelope, operation: str) -> None:
    """Hold a message against the contract: addressing, header blocks, schemas, cover. Raise `SegurError`."""
    if envelope.action != ACTIONS[operation]:
        raise errors.MALFORMED.error(reason=f"wsa:Action {ACTIONS[operation]} attendu", field="wsa:Action")
    if not envelope.message_id:
        raise errors.MALFORMED.error(reason="l'en-tête wsa:MessageID est absent", field="wsa:MessageID")
    blocks = [envelope.body]
    for namespace, name in _DEMANDED:
        block = envelope.header(namespace, name)
        if block is None:
            row = errors.MISSING_CONTEXT if name == "ContexteLPS" else errors.MALFORMED
            raise row.error(reason=f"l'en-tête {name} est absent", field=name)
        blocks.append(block)
    for block in blocks:
        rule = broken_rule(block)
        if rule:
            raise errors.MALFORMED.error(reason=f"non conforme au contrat : {rule}", field=xml.local_name(block))
    if operation == insi_card.CARD_OPERATION:
        _check_cover(envelope)


def _check_cover(envelope: Envelope) -> None:
    """The cover in ContexteBAM is that of the card that was read [INS digest 2.5]."""
    cover = insi_card.read_cover(envelope.header(insi.BAM_NS, "ContexteBAM"))
    search = insi_card.read_card_search(envelope.body)
    if cover is None:
        raise errors.MALFORMED.error(
            reason="COUVERTURE est vide alors qu'une carte a été lue", field="ContexteBAM/COUVERTURE"
        )
    if search.holder.number and cover.holder.number != search.holder.number:
        raise errors.MALFORMED.error(
            reason="l'assuré de COUVERTURE n'est pas MatriculeOD", field="ContexteBAM/COUVERTURE/ASSURE/Id/Num"
        )
    if search.individual.number and cover.individual.number not in ("", search.individual.number):
        raise errors.MALFORMED.error(
            reason="le bénéficiaire de COUVERTURE n'est pas MatriculeIndividu",
            field="ContexteBAM/COUVERTURE/BENEFICIAIRE/Nir/Num",
        )
