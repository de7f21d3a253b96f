"""A document a patient adds: which files are taken, and the CDA level 1 it goes into the DMP as [DMP digest 5.3, 6.5].

Accepted extensions are those the DMP has an unstructured format for (J60); the real list and size limit come from the
server of Mon espace santé and were not seen.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from lxml import etree

from segur.personas.cda_header import E as _E
from segur.vocab import oids
from segur.vocab.document_types import LOCAL_TYPE, TYPE_LABELS, type_scheme
from segur.vocab.ins import Ins
from segur.wire.cda_entry import MAX_TITLE
from segur_dmp.domain.account import Account
from segur_dmp.domain.mes.categories import OWN_TYPES, Category
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, MASKED

EXTENSIONS: Final = MappingProxyType(
    {
        "pdf": "application/pdf",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        "rtf": "text/rtf",
        "txt": "text/plain",
    }
)
"""`acceptedFileExtensions`, each with the media type of the body."""
CONFIDENTIALITIES: Final = ("N", MASKED.code, HIDDEN_FROM_REPRESENTATIVES)
"""What a patient may give a document [DMP digest 6.5]."""
ORIGIN: Final = ("EXP_PATIENT", "1.2.250.1.213.1.1.4.6", "Expression personnelle du patient")
_MAGIC: Final = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/tiff": (b"II*\0", b"MM\0*"),
    "text/rtf": (b"{\\rtf",),
}
_TEMPLATES: Final = ("2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1", "1.3.6.1.4.1.19376.1.2.20")
_GENDER: Final = "2.16.840.1.113883.5.1"


class NotTaken(ValueError):
    """An upload that cannot be taken; the message is French and for the patient, `field` names the part."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Upload:
    """What a patient wants to add; `confidentiality` is one of `CONFIDENTIALITIES`."""

    category: Category
    title: str
    day: date
    confidentiality: str
    filename: str
    content: bytes


def check(upload: Upload, *, today: date, max_bytes: int, minor: bool) -> str:
    """The media type of the file; raise `NotTaken`."""
    if upload.category not in OWN_TYPES:
        raise NotTaken("category", "cette catégorie est remplie par les professionnels ou l'Assurance Maladie")
    check_title(upload.title)
    if upload.day > today:
        raise NotTaken("date", "la date du document est dans le futur")
    if upload.confidentiality not in CONFIDENTIALITIES:
        raise NotTaken("confidentiality", f"une de {', '.join(CONFIDENTIALITIES)} est attendue")
    if upload.confidentiality == HIDDEN_FROM_REPRESENTATIVES and not minor:
        raise NotTaken("confidentiality", "seul un mineur a des représentants légaux")
    media_type = EXTENSIONS.get(upload.filename.rpartition(".")[2].lower())
    if media_type is None:
        raise NotTaken("file", f"extension non acceptée ; sont acceptées : {', '.join(EXTENSIONS)}")
    if not upload.content:
        raise NotTaken("file", "le fichier est vide")
    if len(upload.content) > max_bytes:
        raise NotTaken("file", f"le fichier dépasse {max_bytes // (1024 * 1024)} Mo")
    magic = _MAGIC.get(media_type)
    if magic is not None and not upload.content.startswith(magic):
        raise NotTaken("file", f"le contenu n'est pas du type annoncé par le nom ({media_type})")
    if media_type == "text/plain":
        try:
            upload.content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotTaken("file", "un fichier texte doit être en UTF-8") from error
    return media_type


def check_title(title: str) -> None:
    """Raise `NotTaken` for a title that is none."""
    if not 0 < len(title.strip()) <= MAX_TITLE or any(ord(letter) < 0x20 for letter in title):
        raise NotTaken("title", f"un titre de 1 à {MAX_TITLE} caractères est attendu")


def own_document(account: Account, upload: Upload, media_type: str, *, document_id: str, at: datetime) -> bytes:
    """The CDA level 1 of an upload: the patient is author and legal authenticator, the DMP custodian."""
    ins, when = Ins.from_cx(account.ins), f"{at:%Y%m%d%H%M%S%z}"
    code = OWN_TYPES[upload.category]
    scheme = type_scheme(code)
    system = "TRE_A05" if scheme == LOCAL_TYPE else "LOINC"
    start = f"{upload.day:%Y%m%d}"
    setting = {"code": ORIGIN[0], "codeSystem": ORIGIN[1], "displayName": ORIGIN[2]}
    root = _E.ClinicalDocument(
        _E.realmCode(code="FR"),
        _E.typeId(root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        *(_E.templateId(root=template) for template in _TEMPLATES),
        _E.id(root=document_id),
        _E.code(code=code, displayName=TYPE_LABELS[code], codeSystem=scheme, codeSystemName=system),
        _E.title(upload.title.strip()),
        _E.effectiveTime(value=when),
        _E.confidentialityCode(code="N", displayName="Normal", codeSystem=oids.CONFIDENTIALITY_HL7),
        _E.languageCode(code="fr-FR"),
        _E.setId(root=f"{document_id}.1" if len(document_id) < 63 else document_id),
        _E.versionNumber(value="1"),
        _record_target(account, ins),
        _E.author(_E.time(value=when), _E.assignedAuthor(_id(ins), _E.assignedPerson(_name(account)))),
        _E.custodian(
            _E.assignedCustodian(
                _E.representedCustodianOrganization(_E.id(root=oids.DMP_CUSTODIAN), _E.name("Dossier Médical Partagé"))
            )
        ),
        _E.legalAuthenticator(
            _E.time(value=when),
            _E.signatureCode(code="S"),
            _E.assignedEntity(_id(ins), _E.assignedPerson(_name(account))),
        ),
        _E.documentationOf(
            _E.serviceEvent(
                _E.effectiveTime(_E.low(value=start)),
                _E.performer(
                    _E.assignedEntity(_id(ins), _E.representedOrganization(_E.standardIndustryClassCode(**setting))),
                    typeCode="PRF",
                ),
            )
        ),
        _E.componentOf(
            _E.encompassingEncounter(
                _E.effectiveTime(_E.low(value=start)), _E.location(_E.healthCareFacility(_E.code(**setting)))
            )
        ),
        _E.component(
            _E.nonXMLBody(
                _E.text(base64.b64encode(upload.content).decode(), mediaType=media_type, representation="B64")
            )
        ),
    )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _id(ins: Ins) -> etree._Element:
    return _E.id(root=ins.oid, extension=ins.matricule)


def _name(account: Account) -> etree._Element:
    return _E.name(_E.family(account.used_name or account.birth_name), _E.given((account.given or ("",))[0]))


def _record_target(account: Account, ins: Ins) -> etree._Element:
    first = (account.given or ("",))[0]
    names = [
        _E.family(account.birth_name, qualifier="BR"),
        _E.given(" ".join(account.given)),
        _E.given(first, qualifier="BR"),
    ]
    if account.used_name:
        names.append(_E.family(account.used_name, qualifier="CL"))
    label = "Féminin" if account.sex == "F" else "Masculin"
    person = _E.patient(
        _E.name(*names),
        _E.administrativeGenderCode(code=account.sex, displayName=label, codeSystem=_GENDER),
        _E.birthTime(value=account.birth_date),
    )
    return _E.recordTarget(_E.patientRole(_id(ins), person))
