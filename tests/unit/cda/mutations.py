"""Documents of ours, each spoilt in one way, with the rule that must notice: one for each row of the table, and more.

`MUTATIONS` is data: other tests (of doors, of readers) may send what `spoilt` makes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from segur.cda.minimal import NOT_A_CDA
from segur.personas import Country
from tests.unit.cda.conftest import made

_PREFIXES = {
    "c": "urn:hl7-org:v3",
    "ps": "urn:dicom-org:ps3-20",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
Edit = Callable[[etree._Element], None]


@dataclass(frozen=True)
class Mutation:
    """A way to spoil a document of `type_code` and `level`, and the rule id that is expected."""

    name: str
    rule: str
    edit: Edit | None = None
    text: Callable[[bytes], bytes] | None = None
    type_code: str = "11488-4"
    level: Literal[1, 3] = 1


def spoilt(country: Country, mutation: Mutation) -> bytes:
    """The document after the mutation."""
    document = made(country, mutation.type_code, mutation.level)
    if mutation.edit is not None:
        root = etree.fromstring(document)
        mutation.edit(root)
        document = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document if mutation.text is None else mutation.text(document)


def _all(root: etree._Element, path: str) -> list[Any]:
    found: Any = root.xpath(path, namespaces=_PREFIXES)
    assert found, path
    return list(found)


def drop(path: str) -> Edit:
    """Without the elements at a path."""

    def edit(root: etree._Element) -> None:
        for element in _all(root, path):
            element.getparent().remove(element)

    return edit


def put(path: str, name: str, value: str) -> Edit:
    """An attribute set at each element of a path."""

    def edit(root: etree._Element) -> None:
        prefix, _, local = name.rpartition(":")
        for element in _all(root, path):
            element.set(f"{{{_PREFIXES[prefix]}}}{local}" if prefix else local, value)

    return edit


def unset(path: str, name: str) -> Edit:
    """An attribute taken away."""

    def edit(root: etree._Element) -> None:
        for element in _all(root, path):
            del element.attrib[name]

    return edit


def double(path: str) -> Edit:
    """An element twice."""

    def edit(root: etree._Element) -> None:
        [element] = _all(root, path)
        element.addnext(deepcopy(element))

    return edit


def words(path: str, text: str) -> Edit:
    """Another text in an element."""

    def edit(root: etree._Element) -> None:
        for element in _all(root, path):
            element.text = text

    return edit


def add(path: str, fragment: str) -> Edit:
    """One more element (in the HL7 namespace) at the end of another."""

    def edit(root: etree._Element) -> None:
        [element] = _all(root, path)
        element.append(etree.fromstring(f'<x xmlns="urn:hl7-org:v3">{fragment}</x>')[0])

    return edit


def both(*edits: Edit) -> Edit:
    """Several edits."""

    def edit(root: etree._Element) -> None:
        for one in edits:
            one(root)

    return edit


def doctype(declaration: bytes) -> Callable[[bytes], bytes]:
    """A DOCTYPE before the root."""
    return lambda document: document.replace(b"<ClinicalDocument", declaration + b"<ClinicalDocument", 1)


_PATIENT = "c:recordTarget/c:patientRole"
_AUTHOR = "c:author/c:assignedAuthor"
_EVENT = "c:documentationOf/c:serviceEvent"
_FACILITY = "c:componentOf/c:encompassingEncounter/c:location/c:healthCareFacility/c:code"
_BODY = "c:component/c:nonXMLBody/c:text"
_CUSTODIAN = "c:custodian/c:assignedCustodian/c:representedCustodianOrganization/c:id"
_RELATED = '<relatedDocument typeCode="{}"><parentDocument><id {}/></parentDocument></relatedDocument>'
_PDF_OF_OTHERS = base64.b64encode(b"%PDF-1.7 not an archive format").decode()

MUTATIONS = (
    # not a document at all
    Mutation("entity bomb", NOT_A_CDA, text=doctype(b'<!DOCTYPE b [<!ENTITY a "x"><!ENTITY c "&a;&a;&a;">]>')),
    Mutation("external entity", NOT_A_CDA, text=doctype(b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>')),
    Mutation("half a document", NOT_A_CDA, text=lambda document: document[: len(document) // 2]),
    Mutation("nothing", NOT_A_CDA, text=lambda _: b""),
    Mutation("another root", NOT_A_CDA, text=lambda document: document.replace(b"ClinicalDocument", b"Document")),
    Mutation("another namespace", NOT_A_CDA, text=lambda document: document.replace(b"hl7-org:v3", b"hl7-org:v4")),
    # the envelope
    Mutation("schemaLocation", "CDA-SCHEMALOCATION", put(".", "xsi:schemaLocation", "urn:hl7-org:v3 CDA.xsd")),
    Mutation("another realm", "CDA-REALM", put("c:realmCode", "code", "BE")),
    Mutation("another type of message", "CDA-TYPEID", put("c:typeId", "extension", "POCD_HD000020")),
    Mutation("no HL7 France template", "CDA-TEMPLATE-HL7-FRANCE", drop("c:templateId[1]")),
    Mutation("no CI-SIS template", "CDA-TEMPLATE-CI-SIS", drop("c:templateId[2]")),
    Mutation("no level 1 template", "CDA-TEMPLATE-N1", drop("c:templateId[3]")),
    Mutation("no version of the model", "CDA-TEMPLATE-N3", unset("c:templateId[3]", "extension"), None, "11490-0", 3),
    # identity of the document
    Mutation("id that is no OID", "CDA-ID", put("c:id", "root", "1.2.3.04")),
    Mutation("id with extension", "CDA-ID-EXTENSION", put("c:id", "extension", "7")),
    Mutation("no id", "CDA-ID", drop("c:id")),
    Mutation("null id", "CDA-NULL", put("c:id", "nullFlavor", "UNK")),
    Mutation("null author", "CDA-NULL", put("c:author", "nullFlavor", "NI")),
    Mutation("code without label", "CDA-CODE", unset("c:code", "displayName")),
    Mutation("type outside J66", "CDA-CODE-J66", put("c:code", "code", "10213-7")),
    Mutation("type of another code system", "CDA-CODE-J66", put("c:code", "codeSystem", "1.2.250.1.213.1.1.4.12")),
    Mutation("long title", "CDA-TITLE", words("c:title", "x" * 129)),
    Mutation("blank title", "CDA-TITLE", words("c:title", " \n ")),
    Mutation("time to the minute", "CDA-TIME", put("c:effectiveTime", "value", "202611201015+0100")),
    Mutation("time without offset", "CDA-TIME", put("c:effectiveTime", "value", "20261120101500")),
    Mutation("mask as confidentiality", "CDA-CONFIDENTIALITY", put("c:confidentialityCode", "code", "MASQUE_PS")),
    Mutation("another case of the language", "CDA-LANGUAGE", put("c:languageCode", "code", "fr-fr")),
    Mutation("no setId", "CDA-SETID", drop("c:setId")),
    Mutation("version 0", "CDA-VERSION", put("c:versionNumber", "value", "0")),
    Mutation("version 2 of nothing", "CDA-VERSION-RPLC", put("c:versionNumber", "value", "2")),
    # the patient
    Mutation("two patients", "CDA-PATIENT", double("c:recordTarget")),
    Mutation("wrong INS authority", "CDA-PATIENT-INS", put(f"{_PATIENT}/c:id[1]", "root", "1.2.250.1.213.1.4.2")),
    Mutation("short INS", "CDA-PATIENT-INS", put(f"{_PATIENT}/c:id[1]", "extension", "2850578006084")),
    Mutation("no birth name", "CDA-PATIENT-BIRTH-NAME", unset(f"{_PATIENT}//c:family[@qualifier='BR']", "qualifier")),
    Mutation("no given names", "CDA-PATIENT-GIVENS", drop(f"{_PATIENT}/c:patient/c:name/c:given[not(@qualifier)]")),
    Mutation("no first name", "CDA-PATIENT-FIRST-GIVEN", drop(f"{_PATIENT}//c:given[@qualifier='BR']")),
    Mutation("unknown sex", "CDA-PATIENT-SEX", put(f"{_PATIENT}//c:administrativeGenderCode", "code", "X")),
    Mutation("a year of birth", "CDA-PATIENT-BIRTH", put(f"{_PATIENT}//c:birthTime", "value", "1985")),
    Mutation("a place of birth by name", "CDA-PATIENT-BIRTHPLACE", words(f"{_PATIENT}//c:county", "Reims")),
    Mutation("a religion", "CDA-PATIENT-SENSITIVE", add(f"{_PATIENT}/c:patient", "<religiousAffiliationCode/>")),
    # who wrote, keeps and validates
    Mutation("no author", "CDA-AUTHOR", drop("c:author")),
    Mutation("author of no time", "CDA-AUTHOR-TIME", put("c:author/c:time", "value", "hier")),
    Mutation("author without identifier", "CDA-AUTHOR-ID", drop(f"{_AUTHOR}/c:id")),
    Mutation("author without profession", "CDA-AUTHOR-SPECIALTY", drop(f"{_AUTHOR}/c:code")),
    Mutation("author that is nobody", "CDA-AUTHOR-WHO", drop(f"{_AUTHOR}/c:assignedPerson")),
    Mutation("anonymous author", "CDA-AUTHOR-NAME", words(f"{_AUTHOR}//c:family", "")),
    Mutation("author of no structure", "CDA-AUTHOR-STRUCTURE", drop(f"{_AUTHOR}/c:representedOrganization")),
    Mutation("custodian of another authority", "CDA-CUSTODIAN", put(_CUSTODIAN, "root", "1.2.3")),
    Mutation("nobody validates", "CDA-LEGAL-AUTHENTICATOR", drop("c:legalAuthenticator")),
    Mutation("validated never", "CDA-LEGAL-AUTHENTICATOR-TIME", drop("c:legalAuthenticator/c:time")),
    Mutation(
        "not signed", "CDA-LEGAL-AUTHENTICATOR-SIGNATURE", put("c:legalAuthenticator/c:signatureCode", "code", "X")
    ),
    Mutation("unknown validator", "CDA-LEGAL-AUTHENTICATOR-WHO", drop("c:legalAuthenticator/c:assignedEntity/c:id")),
    Mutation("malformed PS_IdNat", "CDA-PS-IDNAT", put(f"{_AUTHOR}/c:id", "extension", "8123")),
    Mutation("malformed Struct_idNat", "CDA-STRUCT-IDNAT", put(_CUSTODIAN, "extension", "9123456789")),
    # the act and the stay
    Mutation("act without begin", "CDA-ACT", drop(f"{_EVENT}/c:effectiveTime/c:low")),
    Mutation("act without care setting", "CDA-ACT", drop(f"{_EVENT}//c:standardIndustryClassCode")),
    Mutation("unknown care setting", "CDA-ACT-SETTING", put(f"{_EVENT}//c:standardIndustryClassCode", "code", "VILLE")),
    Mutation("act of local time", "CDA-TIME-OFFSET", put(f"{_EVENT}/c:effectiveTime/c:low", "value", "20261120101500")),
    Mutation("no stay", "CDA-ENCOUNTER", drop("c:componentOf")),
    Mutation("unknown facility", "CDA-ENCOUNTER-FACILITY", put(_FACILITY, "code", "SA99")),
    Mutation("patient's document kept elsewhere", "CDA-PATIENT-DOCUMENT", put(_FACILITY, "code", "EXP_PATIENT")),
    Mutation(
        "appended to another", "CDA-RELATED",
        add(".", _RELATED.format("APND", 'root="1.2.3"')),
    ),
    Mutation(
        "replaces something", "CDA-RELATED-ID",
        add(".", _RELATED.format("RPLC", 'nullFlavor="UNK"')),
    ),
    Mutation(
        "consent asked for", "CDA-CONSENT",
        add(".", '<authorization><consent><statusCode code="active"/></consent></authorization>'),
    ),
    # the body
    Mutation("no body", "CDA-BODY", drop("c:component")),
    Mutation("two bodies", "CDA-BODY", double("c:component")),
    Mutation("a Word file", "CDA-N1-TYPE", put(_BODY, "mediaType", "application/msword")),
    Mutation("not base64", "CDA-N1-CONTENT", words(_BODY, "é")),
    Mutation("no representation", "CDA-N1-CONTENT", unset(_BODY, "representation")),
    Mutation("a PDF called a picture", "CDA-N1-MATCH", put(_BODY, "mediaType", "image/jpeg")),
    Mutation("an ordinary PDF", "CDA-N1-PDFA", words(_BODY, _PDF_OF_OTHERS)),
    Mutation("section without code", "CDA-SECTION-CODE", drop("(.//c:section)[1]/c:code"), None, "11490-0", 3),
    Mutation("section without words", "CDA-SECTION-TEXT", drop("(.//c:section)[1]/c:text"), None, "11490-0", 3),
    # what some types add
    Mutation("no accession number", "CDA-IMG-ACCESSION", drop(".//ps:accessionNumber"), None, "18748-4"),
    Mutation("no study", "CDA-IMG-STUDY", drop(f"{_EVENT}/c:id"), None, "18748-4"),
    Mutation("no modality", "CDA-IMG-ACT", drop(f"{_EVENT}/c:code/c:translation[2]"), None, "18748-4"),
    Mutation("no EPU number", "CDA-EP-EPU", put(f"{_EVENT}/c:id", "root", "1.2.3"), None, "57833-6", 3),
    Mutation("old vaccination note", "CDA-VAC-MODEL", put("c:templateId[4]", "extension", "2022"), None, "87273-9", 3),
)  # fmt: skip
