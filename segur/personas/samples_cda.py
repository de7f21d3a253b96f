"""Documents of the stories: imaging reports at level 1 and 3, and level 1 documents of any type the DMP takes.

The same arguments give the same bytes. Everything a document says is invented; it says so itself.
Source: DMP digest 5.2 and 5.3, DRIM digest 2.5, MSSanté digest 3.7.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from lxml import etree

from segur.personas import report_texts as texts
from segur.personas.cda_header import Act, E, Element, NotADocument, Version, cda_header, coded
from segur.personas.cda_imaging import LEVEL_3_TEMPLATES, exam_code, order_element, sections
from segur.personas.exams import CT_CHEST, Exam
from segur.personas.model import Patient, Professional, Structure
from segur.personas.report_pdf import report_pdf
from segur.personas.synthetic_uids import order_authority, synthetic_uid
from segur.vocab import oids
from segur.vocab.document_types import TYPE_LABELS, class_of, type_scheme

__all__ = ["NotADocument", "Version", "clinical_document", "imaging_report", "mailable_pdf"]

_BASE_TEMPLATES: tuple[tuple[str, str | None], ...] = (
    ("2.16.840.1.113883.2.8.2.1", None),
    ("1.2.250.1.213.1.1.1.1", None),
)
_LEVEL_1_TEMPLATE: tuple[tuple[str, str | None], ...] = (("1.3.6.1.4.1.19376.1.2.20", None),)
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_IMAGING_REPORT = "18748-4"
_EXAM_LENGTH = timedelta(minutes=20)


def imaging_report(
    patient: Patient,
    author: Professional,
    structure: Structure,
    *,
    document_id: str,
    study_uid: str,
    accession: str,
    order: str | Sequence[str],
    at: datetime,
    level: Literal[1, 3] = 1,
    exam: Exam = CT_CHEST,
    requester: Professional | None = None,
    treating_doctor: Professional | None = None,
    conclusion: str = texts.IMAGING_CONCLUSION,
    version: Version | None = None,
) -> bytes:
    """A signed-off imaging report (18748-4) of the examination `study_uid`, validated at `at` (with offset).

    `document_id` and `study_uid` are OIDs; `order` is the Order Placer Number, given by the requester's structure
    (by `structure` itself without `requester`), several when the examination answers several orders, an empty one for
    an order without number; `accession` is the number given by `structure`. Level 1 holds a PDF/A-1,
    level 3 the sections. The requester becomes the recipient, with the MSSanté address [MSSanté digest 3.7].

    Raise `NotADocument` naming the argument when one cannot be used.
    """
    if level not in (1, 3):
        raise NotADocument(f"level: 1 or 3, got {level}")
    _check_oids(document_id=document_id, study_uid=study_uid)
    title = f"CR d'imagerie médicale - {exam.label}"
    code = _type_code(_IMAGING_REPORT)
    code.append(coded("translation", *exam.loinc, oids.LOINC, "LOINC"))
    placer = order_authority(structure if requester is None else requester.structure)
    numbers = (order,) if isinstance(order, str) else tuple(order)
    root = cda_header(
        patient,
        author,
        structure,
        document_id=document_id,
        code=code,
        title=title,
        templates=_BASE_TEMPLATES + (_LEVEL_1_TEMPLATE if level == 1 else LEVEL_3_TEMPLATES),
        at=at,
        version=version or _first_version(document_id),
        act=Act(start=at - _EXAM_LENGTH, stop=at, id=study_uid, code=exam_code(exam)),
        orders=tuple(order_element(number, placer, accession, structure) for number in numbers),
        recipients=() if requester is None else (requester,),
        treating_doctor=treating_doctor,
    )
    if level == 1:
        lines = (
            f"Examen : {exam.label}",
            f"Numéro d'accession : {accession}    Demande : {', '.join(numbers)}",
            "",
            "Indication",
            texts.IMAGING_INDICATION,
            "",
            "Technique",
            *texts.IMAGING_TECHNIQUE,
            "",
            "Résultats",
            *texts.IMAGING_FINDINGS,
            "",
            "Conclusion",
            conclusion,
        )
        root.append(_pdf_body(mailable_pdf(title, patient, author, structure, lines, at)))
    else:
        root.append(E.component(E.structuredBody(*sections(exam, study_uid, at, conclusion))))
    return _bytes(root)


def clinical_document(
    type_code: str,
    patient: Patient,
    author: Professional,
    structure: Structure,
    *,
    document_id: str,
    at: datetime,
    title: str = "",
    paragraphs: Sequence[str] = (),
    recipients: Sequence[Professional] = (),
    treating_doctor: Professional | None = None,
    version: Version | None = None,
) -> bytes:
    """A level 1 document of a DMP type: `11490-0` lettre de liaison, `11502-2` CR de biologie, `57833-6` ordonnance,
    `60591-5` VSM, `11488-4` consultation, and any other type of J66.

    `title` defaults to the label of the type and `paragraphs` to a text of ours. Raise `UnknownDocumentType` for a type
    the DMP does not take, `NotADocument` for other unusable arguments.
    """
    class_of(type_code)
    _check_oids(document_id=document_id)
    heading = title or TYPE_LABELS[type_code]
    root = cda_header(
        patient,
        author,
        structure,
        document_id=document_id,
        code=_type_code(type_code),
        title=heading,
        templates=_BASE_TEMPLATES + _LEVEL_1_TEMPLATE,
        at=at,
        version=version or _first_version(document_id),
        act=Act(start=at),
        recipients=recipients,
        treating_doctor=treating_doctor,
    )
    lines = paragraphs or texts.BODIES.get(type_code, texts.DEFAULT_BODY)
    root.append(_pdf_body(mailable_pdf(heading, patient, author, structure, lines, at)))
    return _bytes(root)


def mailable_pdf(
    title: str,
    patient: Patient,
    author: Professional,
    structure: Structure,
    lines: Sequence[str],
    at: datetime,
) -> bytes:
    """The PDF/A-1 of a document: who, where, when, the text, the signature; the same bytes as inside a level 1 CDA."""
    ins = f"INS : {patient.ins.matricule}" if patient.carries_ins else "Identité non qualifiée"
    return report_pdf(
        title,
        author.display_name,
        (
            structure.name,
            f"Patient : {patient.display_name}, né{'e' if patient.sex == 'F' else ''} le {patient.birth_date:%d/%m/%Y}",
            ins,
            f"Date : {at:%d/%m/%Y %H:%M}",
            "",
            *lines,
            "",
            f"Document validé par {author.display_name} ({author.profession_label})",
            "",
            texts.FICTION_NOTICE,
        ),
        at,
    )


def _type_code(type_code: str) -> Element:
    scheme = type_scheme(type_code)
    return coded("code", type_code, TYPE_LABELS[type_code], scheme, "LOINC" if scheme == oids.LOINC else "TRE_A05")


def _first_version(document_id: str) -> Version:
    return Version(synthetic_uid("set", document_id))


def _pdf_body(pdf: bytes) -> Element:
    text = E.text(base64.b64encode(pdf).decode(), mediaType="application/pdf", representation="B64")
    return E.component(E.nonXMLBody(text))


def _check_oids(**values: str) -> None:
    for name, value in values.items():
        if len(value) > 64 or not _OID.fullmatch(value):
            raise NotADocument(f"{name}: an OID of at most 64 characters is required, got {value!r}")


def _bytes(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
