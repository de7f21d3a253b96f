"""The pieces level 3 models are made of: sections with their narrative, coded entries, the PDF copy."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segur.personas.cda_header import (
    XSI,
    E,
    Element,
    assigned_entity,
    coded,
    hl7_time,
    identity,
    person_name,
    represented,
)
from segur.personas.model import Patient, Professional, Structure
from segur.personas.synthetic_uids import synthetic_uid
from segur.vocab import oids

ANS: Final = "1.2.250.1.213.1.1.4.322"
"""TA_ASIP: codes of the French models that no other terminology has."""
CIM10: Final = "2.16.840.1.113883.6.3"
CIS: Final = "1.2.250.1.213.2.3.1"
ATC: Final = "2.16.840.1.113883.6.73"
SNOMED: Final = "2.16.840.1.113883.6.96"
EDQM: Final = "0.4.0.127.0.16.1.1.2.1"
ACT_CODES: Final = "2.16.840.1.113883.5.4"

SIMPLE_OBSERVATION: Final = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")
PRODUCT: Final = ("2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2", "1.2.250.1.213.1.1.3.43")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the models need to know of the document being made; `uid` gives ids of its own to its parts."""

    patient: Patient
    author: Professional
    structure: Structure
    document_id: str
    at: datetime
    pdf: bytes

    def uid(self, *parts: str | int) -> str:
        """The OID of a part of this document."""
        return synthetic_uid("part", self.document_id, *parts)

    @property
    def day(self) -> str:
        """The day of the document, `AAAAMMJJ`."""
        return f"{self.at:%Y%m%d}"


def templates(*roots: str) -> list[Element]:
    """templateId elements."""
    return [E.templateId(root=root) for root in roots]


def typed(tag: str, kind: str, *content: Element | str, **attributes: str) -> Element:
    """An element with its `xsi:type`."""
    element = E(tag, *content, **attributes)
    element.set(f"{{{XSI}}}type", kind)
    return element


def typed_code(code: str, label: str, system: str, kind: str = "CD", *, anchor: str = "") -> Element:
    """A coded `value`, its words in the narrative at `anchor`."""
    value = typed("value", kind, code=code, displayName=label, codeSystem=system)
    if anchor:
        value.append(E.originalText(E.reference(value=f"#{anchor}")))
    return value


def reference(anchor: str) -> Element:
    """The words of an entry: where they stand in the narrative."""
    return E.text(E.reference(value=f"#{anchor}"))


def section(
    draft: Draft,
    roots: Sequence[str],
    code: tuple[str, str],
    title: str,
    narrative: Sequence[Element],
    *entries: Element,
    sections: Sequence[Element] = (),
) -> Element:
    """A `component` with one section; `narrative` may be empty when `sections` say it all."""
    element = E.section(
        *templates(*roots),
        E.id(root=draft.uid("section", *roots)),
        coded("code", *code, oids.LOINC, "LOINC"),
        E.title(title),
    )
    if narrative:
        element.append(E.text(*narrative))
    element.extend(entry if entry.tag.endswith("}entry") else E.entry(entry) for entry in entries)
    element.extend(sections)
    return E.component(element)


def paragraph(words: str, anchor: str = "") -> Element:
    """A paragraph; with an anchor, entries can point to its words."""
    return E.paragraph(E.content(words, ID=anchor)) if anchor else E.paragraph(words)


def table(head: Sequence[str], *rows: Sequence[str | tuple[str, str]]) -> Element:
    """A table; a cell given as (words, anchor) can be pointed to."""

    def cell(content: str | tuple[str, str]) -> Element:
        return E.td(content) if isinstance(content, str) else E.td(E.content(content[0], ID=content[1]))

    return E.table(
        E.thead(E.tr(*(E.th(words) for words in head))),
        E.tbody(*(E.tr(*(cell(content) for content in row)) for row in rows)),
        border="0",
    )


def observation(
    draft: Draft, roots: Sequence[str], code: Element, anchor: str, value: Element, *, when: str | None = None
) -> Element:
    """A simple observation of the French models, its words in the narrative at `anchor`."""
    return E.observation(
        *templates(*SIMPLE_OBSERVATION, *roots),
        E.id(root=draft.uid("observation", *roots, anchor)),
        code,
        reference(anchor),
        E.statusCode(code="completed"),
        E.effectiveTime(value=when) if when else E.effectiveTime(nullFlavor="NA"),
        value,
        classCode="OBS",
        moodCode="EVN",
    )


def author_of(draft: Draft) -> Element:
    """The author of the document as the author of an entry."""
    return E.author(
        E.time(value=hl7_time(draft.at)),
        E.assignedAuthor(
            *identity(draft.author),
            E.assignedPerson(person_name(draft.author)),
            represented(draft.structure),
            classCode="ASSIGNED",
        ),
        typeCode="AUT",
        contextControlCode="OP",
    )


def performer_of(draft: Draft) -> Element:
    """The author of the document as who did what an entry tells."""
    entity = assigned_entity(draft.author, draft.structure)
    return E.performer(entity, typeCode="PRF")


def pdf_copy(draft: Draft) -> Element:
    """The section FR-Document-PDF-copie (1.2.250.1.213.1.1.2.243) [DMP digest 5.1]."""
    kind = observation(
        draft,
        ("1.2.250.1.213.1.1.3.48.18",),
        coded("code", "69764-9", "Type de document", oids.LOINC, "LOINC"),
        "pdf-copy",
        typed_code("55108-5", "Copie du document", oids.LOINC),
    )
    file = E.observationMedia(
        E.value(base64.b64encode(draft.pdf).decode(), mediaType="application/pdf", representation="B64"),
        classCode="OBS",
        moodCode="EVN",
        ID="pdf",
    )
    attached = E.organizer(
        *templates("1.2.250.1.213.1.1.3.18"),
        E.id(root=draft.uid("pdf copy")),
        coded("code", "55107-7", "Document attaché", oids.LOINC, "LOINC"),
        E.statusCode(code="completed"),
        E.component(kind),
        E.component(file),
        classCode="CLUSTER",
        moodCode="EVN",
    )
    return section(
        draft,
        ("1.2.250.1.213.1.1.2.243",),
        ("55108-5", "Copie du document"),
        "Copie du document",
        (paragraph("Copie PDF du document", "pdf-copy"), E.renderMultiMedia(referencedObject="pdf")),
        attached,
    )
