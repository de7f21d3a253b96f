"""Making a document: the header of `segur.personas`, a body at the level asked for."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from lxml import etree

from segur.cda.make import biology, discharge_letter, medical_summary, prescription, vaccination_note
from segur.cda.make.blocks import Draft, pdf_copy
from segur.cda.make.picture import picture
from segur.personas import report_texts as texts
from segur.personas import samples_cda
from segur.personas.cda_header import Act, E, Element, NotADocument, Version, cda_header, coded
from segur.personas.model import Patient, Professional, Structure
from segur.personas.synthetic_uids import synthetic_uid
from segur.vocab import oids
from segur.vocab.document_types import TYPE_LABELS, class_of, type_scheme

BODIES: Final = ("application/pdf", "text/plain", "image/jpeg")
"""Bodies of level 1 we make; PDF is PDF/A-1b."""

_IMAGING_REPORT: Final = "18748-4"
_BASE: Final = (("2.16.840.1.113883.2.8.2.1", None), ("1.2.250.1.213.1.1.1.1", None))
_UNSTRUCTURED: Final = ("1.3.6.1.4.1.19376.1.2.20", None)
_FIRST_ACT: Final = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Model:
    """A level 3 model: templateIds with versions, sections, its act; `copy` adds the PDF, `title` is fixed."""

    templates: Sequence[tuple[str, str | None]]
    sections: Callable[[Draft], Sequence[Element]]
    act: Callable[[Draft], Act]
    copy: bool = False
    title: str = ""


MODELS: Final[Mapping[str, Model]] = MappingProxyType(
    {
        "87273-9": Model(vaccination_note.TEMPLATES, vaccination_note.sections, vaccination_note.act),
        "11490-0": Model(discharge_letter.TEMPLATES, discharge_letter.sections, discharge_letter.act),
        "SYNTH": Model(medical_summary.TEMPLATES, medical_summary.sections, medical_summary.act),
        "11502-2": Model(biology.TEMPLATES, biology.sections, biology.act, copy=True, title=biology.TITLE),
        "57833-6": Model(prescription.TEMPLATES, prescription.sections, prescription.act, copy=True),
    }
)
"""Level 3 models by type code; the imaging report (18748-4) has its own maker and is made at level 3 too."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to make. `serial` and `seed` make several documents of one kind differ; `replaces` is the id of the version
    before, `version` its number plus one; `body` is the media type of a level 1 body."""

    type_code: str
    patient: Patient
    author: Professional
    at: datetime
    level: Literal[1, 3] = 1
    structure: Structure | None = None
    title: str = ""
    paragraphs: Sequence[str] = ()
    body: str = BODIES[0]
    replaces: str | None = None
    version: int = 1
    serial: int = 1
    seed: int = 1
    treating_doctor: Professional | None = None
    recipients: Sequence[Professional] = ()
    document_id: str = ""

    @property
    def uid(self) -> str:
        """The id of the document: the one asked for, or one that is always the same for the same request."""
        parts = (self.type_code, self.patient.key, self.author.key, self.level, self.body, f"{self.at:%Y%m%d%H%M%S%z}")
        return self.document_id or synthetic_uid("made", self.seed, self.serial, self.version, *parts)


def make(request: Request) -> bytes:
    """The document.

    Raise `UnknownDocumentType` for a type the DMP does not take, `NotADocument` naming what else cannot be.
    """
    class_of(request.type_code)
    if request.level not in (1, 3):
        raise NotADocument(f"level: 1 or 3, got {request.level}")
    structure = request.structure or request.author.structure
    set_id = synthetic_uid("set", request.replaces or request.uid)
    version = Version(set_id, max(request.version, 2 if request.replaces else 1), request.replaces)
    if request.type_code == _IMAGING_REPORT and request.body == BODIES[0]:
        return _imaging_report(request, structure, version)
    if request.level == 3 and request.type_code not in MODELS:
        known = ", ".join(sorted((*MODELS, _IMAGING_REPORT)))
        raise NotADocument(f"level: no level 3 model of {request.type_code} is known here; {known} have one")
    return _document(request, structure, version)


def _imaging_report(request: Request, structure: Structure, version: Version) -> bytes:
    number = synthetic_uid("exam", request.uid).rpartition(".")[2]
    return samples_cda.imaging_report(
        request.patient,
        request.author,
        structure,
        document_id=request.uid,
        study_uid=synthetic_uid("study", request.uid),
        accession=f"ACN{number[:10]}",
        order=f"OPN{number[10:20]}",
        at=request.at,
        level=request.level,
        requester=next(iter(request.recipients), None),
        treating_doctor=request.treating_doctor,
        version=version,
    )


def _document(request: Request, structure: Structure, version: Version) -> bytes:
    model = MODELS[request.type_code] if request.level == 3 else None
    title = (model.title if model else "") or request.title or TYPE_LABELS[request.type_code]
    lines = request.paragraphs or texts.BODIES.get(request.type_code, texts.DEFAULT_BODY)
    pdf = samples_cda.mailable_pdf(title, request.patient, request.author, structure, lines, request.at)
    draft = Draft(request.patient, request.author, structure, request.uid, request.at, pdf)
    scheme = type_scheme(request.type_code)
    name = "LOINC" if scheme == oids.LOINC else "TRE_A05"
    root = cda_header(
        request.patient,
        request.author,
        structure,
        document_id=request.uid,
        code=coded("code", request.type_code, TYPE_LABELS[request.type_code], scheme, name),
        title=title,
        templates=(*_BASE, *((_UNSTRUCTURED,) if model is None else model.templates)),
        at=request.at,
        version=version,
        act=Act(start=request.at - _FIRST_ACT, stop=request.at) if model is None else model.act(draft),
        recipients=request.recipients,
        treating_doctor=request.treating_doctor,
    )
    if model is None:
        root.append(_file(request.body, pdf, title, lines))
    else:
        copy = (pdf_copy(draft),) if model.copy else ()
        root.append(E.component(E.structuredBody(*model.sections(draft), *copy)))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _file(body: str, pdf: bytes, title: str, lines: Sequence[str]) -> Element:
    words = "\n".join((title, "", *lines, "", texts.FICTION_NOTICE, ""))
    contents = {
        "application/pdf": lambda: pdf,
        "text/plain": lambda: words.encode(),
        "image/jpeg": lambda: picture(words),
    }
    if body not in contents:
        raise NotADocument(f"body: one of {', '.join(BODIES)}, got {body!r}")
    text = E.text(base64.b64encode(contents[body]()).decode(), mediaType=body, representation="B64")
    return E.component(E.nonXMLBody(text))
