"""What only imaging reports carry: the order they answer, the coded act, the sections of level 3 [DRIM digest 2.5]."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from segur.personas import report_texts as texts
from segur.personas.cda_header import PS3_20, XSI, E, Element, coded, hl7_time
from segur.personas.exams import Exam
from segur.personas.model import Structure
from segur.personas.synthetic_uids import accession_authority, instance_uid, series_uid, synthetic_uid
from segur.vocab import oids

DCM = "1.2.840.10008.2.16.4"
CCAM = "1.2.250.1.215.300.1"
SNOMED_CT = "2.16.840.1.113883.6.96"
SOP_CLASSES = "1.2.840.10008.2.6.1"

LEVEL_3_TEMPLATES: tuple[tuple[str, str | None], ...] = (
    ("1.2.840.10008.9.1", None),
    ("1.2.840.10008.9.20", None),
    ("1.2.840.10008.9.21", None),
    ("1.2.250.1.213.1.1.1.45", "2024.01"),
)


def order_element(order: str, order_authority: str, accession: str, structure: Structure) -> Element:
    """`inFulfillmentOf`: the number of the order (unknown when empty) and, beside it, the accession number."""
    inner = E.order(E.id(root=order_authority, extension=order) if order else E.id(nullFlavor="UNK"))
    etree.SubElement(inner, f"{{{PS3_20}}}accessionNumber", root=accession_authority(structure), extension=accession)
    return E.inFulfillmentOf(inner)


def exam_code(exam: Exam) -> Element:
    """The act: LOINC code with the CCAM act, the modality and the region as translations."""

    def qualified(code: str, label: str, system: str, name: str, qualifier: Element) -> Element:
        translation = coded("translation", code, label, system, name)
        translation.append(E.qualifier(qualifier))
        return translation

    code = coded("code", *exam.loinc, oids.LOINC, "LOINC")
    code.append(coded("translation", *exam.ccam, CCAM, "CCAM"))
    modality = coded("name", "121139", "Modalité d'imagerie", DCM, "DCM")
    code.append(qualified(*exam.modality, DCM, "DCM", modality))
    region = coded("name", "39111-0", "localisation anatomique", oids.LOINC, "LOINC")
    code.append(qualified(*exam.region, SNOMED_CT, "SNOMED CT", region))
    return code


def sections(exam: Exam, study_uid: str, at: datetime, conclusion: str) -> Sequence[Element]:
    """The `component` elements of a level 3 report: context, technique with object catalogue, findings, conclusion."""
    request = _section(
        study_uid,
        ("1.2.840.10008.9.7", "1.2.250.1.213.1.1.2.211"),
        ("55115-0", "Demande"),
        "Demande",
        (texts.IMAGING_INDICATION,),
    )
    context = _section(
        study_uid,
        ("1.2.840.10008.9.2", "1.2.250.1.213.1.1.2.205"),
        ("55752-0", "Informations cliniques"),
        "Informations cliniques",
        (texts.IMAGING_INDICATION,),
    )
    context[0].append(request)
    context[0].append(_history(study_uid))
    technique = _section(
        study_uid,
        ("1.2.840.10008.9.3", "1.2.250.1.213.1.1.2.206"),
        ("55111-9", "Description de l'acte d’imagerie"),
        "Technique d'imagerie",
        (exam.label, *texts.IMAGING_TECHNIQUE),
    )
    technique[0].append(_technique(exam, study_uid, at))
    technique[0].append(_object_catalogue(exam, study_uid, at))
    return (
        context,
        technique,
        _section(
            study_uid,
            ("2.16.840.1.113883.10.20.6.1.2", "1.2.250.1.213.1.1.2.208"),
            ("59776-5", "Résultats de l'acte"),
            "Résultats",
            texts.IMAGING_FINDINGS,
        ),
        _section(
            study_uid,
            ("1.2.840.10008.9.4", "1.2.250.1.213.1.1.2.207"),
            ("18834-2", "Examen de comparaison radiologique"),
            "Comparaison",
            (texts.IMAGING_COMPARISON,),
        ),
        _section(
            study_uid,
            ("1.2.840.10008.9.5", "1.2.250.1.213.1.1.2.209"),
            ("19005-8", "Conclusions"),
            "Conclusion",
            (conclusion,),
        ),
    )


def _section(
    study_uid: str, templates: Sequence[str], code: tuple[str, str], title: str, paragraphs: Sequence[str]
) -> Element:
    section = E.section(
        *(E.templateId(root=oid) for oid in templates),
        E.id(root=synthetic_uid("section", code[0], study_uid)),
        coded("code", *code, oids.LOINC, "LOINC"),
        E.title(title),
        E.text(*(E.paragraph(paragraph) for paragraph in paragraphs)),
    )
    return E.component(section)


def _history(study_uid: str) -> Element:
    """FR-DICOM-Historique-medical: medical and surgical history and contra-indications, all compulsory, all told."""
    said = texts.IMAGING_HISTORY
    component = _section(
        study_uid,
        ("2.16.840.1.113883.10.20.22.2.39", "1.2.250.1.213.1.1.2.213"),
        ("11329-0", "Historique médical"),
        "Antécédents médicaux / Antécédents chirurgicaux / Contre-indications",
        (),
    )
    section = component[0]
    narrative = E.text(*(E.paragraph(E.content(words, ID=f"h{code}")) for code, _, words in said))
    section.replace(section[-1], narrative)
    for code, label, words in said:
        value = E.value(words)
        value.set(f"{{{XSI}}}type", "ST")
        section.append(
            E.entry(
                E.observation(
                    E.templateId(root="2.16.840.1.113883.10.20.6.2.13"),
                    E.templateId(root="1.2.250.1.213.1.1.3.150"),
                    E.id(root=synthetic_uid("history", code, study_uid)),
                    coded("code", code, label, oids.LOINC, "LOINC"),
                    E.text(E.reference(value=f"#h{code}")),
                    E.statusCode(code="completed"),
                    value,
                    E.targetSiteCode(nullFlavor="NA"),
                    classCode="OBS",
                    moodCode="EVN",
                )
            )
        )
    return component


def _technique(exam: Exam, study_uid: str, at: datetime) -> Element:
    """The entry FR-DICOM-Technique-imagerie: act, modality and region in codes."""
    act = coded("code", *exam.loinc, oids.LOINC, "LOINC")
    act.append(coded("translation", *exam.ccam, CCAM, "CCAM"))
    return E.entry(
        E.procedure(
            E.templateId(root="1.2.840.10008.9.14"),
            E.templateId(root="1.2.250.1.213.1.1.3.153"),
            E.id(root=synthetic_uid("technique", study_uid)),
            act,
            E.effectiveTime(value=hl7_time(at)),
            coded("methodCode", *exam.modality, DCM, "DCM"),
            coded("targetSiteCode", *exam.site, SNOMED_CT, "SNOMED CT"),
            classCode="PROC",
            moodCode="EVN",
        )
    )


def _object_catalogue(exam: Exam, study_uid: str, at: datetime) -> Element:
    """The DICOM object catalogue: study, its first series and that series' first image, as made by samples_dicom."""
    image = E.observation(
        E.templateId(root="1.2.840.10008.9.18"),
        E.templateId(root="1.2.250.1.213.1.1.3.157"),
        E.id(root=instance_uid(study_uid, 1, 1)),
        coded("code", *exam.sop_class, SOP_CLASSES, "DCMUID"),
        classCode="DGIMG",
        moodCode="EVN",
    )
    kind = coded("code", "113015", "Séries", DCM, "DCM")
    kind.append(
        E.qualifier(coded("name", "121139", "Modalité", DCM, "DCM"), coded("value", *exam.modality, DCM, "DCM"))
    )
    series = E.act(
        E.templateId(root="1.2.840.10008.9.17"),
        E.templateId(root="1.2.250.1.213.1.1.3.156"),
        E.id(root=series_uid(study_uid, 1)),
        kind,
        E.effectiveTime(value=hl7_time(at)),
        E.entryRelationship(image, typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )
    study = E.act(
        E.templateId(root="1.2.840.10008.9.16"),
        E.templateId(root="1.2.250.1.213.1.1.3.155"),
        E.id(root=study_uid),
        coded("code", "113014", "Examen", DCM, "DCM"),
        E.effectiveTime(value=hl7_time(at)),
        E.entryRelationship(series, typeCode="COMP"),
        classCode="ACT",
        moodCode="EVN",
    )
    return E.component(
        E.section(
            E.templateId(root="2.16.840.1.113883.10.20.6.1.1"),
            E.templateId(root="1.2.250.1.213.1.1.2.217"),
            E.id(root=synthetic_uid("object catalogue", study_uid)),
            coded("code", "121181", "Catalogue d’objets DICOM", DCM, "DCM"),
            E.title("Catalogue d’objets DICOM"),
            E.text(E.paragraph(f"Study Instance UID : {study_uid}"), E.paragraph(exam.modality[1])),
            E.entry(study),
            classCode="DOCSECT",
            moodCode="EVN",
        )
    )
