"""Who plays in a journey, and what one act hands on to the next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx

from segur.kernel.ids import Pseudonyms, new_id, new_oid
from segur.personas import roles, samples_cda
from segur.personas.model import Patient, Professional
from segur.scenario.actors.lps import Software
from segur.scenario.stage import Stage
from segur.vocab.ins import Ins
from segur.wire import cda
from segur.wire.saml_signature import SigningKey

MES_CODE = {"x-mes-code": "000000"}
"""Every synthetic patient's code for Mon espace santé."""


@dataclass(frozen=True, slots=True)
class Exam:
    """One imaging exam: the report and the three identifiers that join it to its images [DRIM digest 1.2]."""

    study_uid: str
    accession: str
    order: str
    report: bytes


@dataclass(slots=True)
class Journey:
    """The cast, and what the acts have brought so far.

    `document` is the report deposited: the user's own CDA, or that of `exam`. `tokens` are PSC access tokens by role.
    """

    stage: Stage
    patient: Patient
    exam: Exam
    document: bytes
    radiologist: Software
    doctor: Software
    other: Software
    browser: httpx.AsyncClient
    unique_id: str = ""
    kos_id: str = ""
    message_id: str = ""
    mailbox: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def mes(self) -> str:
        """The patient's address in Mon espace santé."""
        return f"{self.stage.http}/mes/api/patients/{self.patient.ins.matricule}"

    @property
    def pseudonym(self) -> str:
        """The patient's name in facts."""
        return Pseudonyms.of_home(self.stage.running.plan.home).of(self.patient.ins)

    def follow(self, document: bytes) -> None:
        """The user's document may be about somebody else: the journey goes on with that person.

        Somebody whom the country does not know takes the name and the INS of the document, and P1's place.
        """
        header = cda.read_header(document).patient
        assert header.ins is not None, "a submitted document names its patient"
        ins = Ins.from_cx(f"{header.ins.extension}^^^&{header.ins.root}&ISO^NH")
        if ins == self.patient.ins:
            return
        stranger = replace(
            self.patient,
            ins=ins,
            birth_name=header.birth_family,
            given_names=(header.first_given or header.birth_given.split()[0],),
            sex=header.sex,
            birth_date=datetime.strptime(header.birth_time[:8], "%Y%m%d").replace(tzinfo=UTC).date(),
        )
        self.patient = self.stage.country.patient_by_ins(ins) or stranger
        self.exam = new_exam(self.stage, self.patient)


def prepare(stage: Stage) -> Journey:
    """The journey of the stage's document, or of a new imaging report of ours."""
    patient = stage.country.patient(roles.PATIENT)
    exam = new_exam(stage, patient)

    def software(key: str) -> Software:
        user = stage.country.professional(key)
        tls_identity, signer = Software.identities(stage.authority, user)
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        return Software(stage.client(tls_identity), stage.https, user, signing)

    return Journey(
        stage,
        patient,
        exam,
        stage.document.read_bytes() if stage.document is not None else exam.report,
        software(roles.RADIOLOGIST),
        software(roles.GENERAL_PRACTITIONER),
        software(roles.OTHER_DOCTOR),
        stage.client(),
    )


def new_exam(stage: Stage, patient: Patient) -> Exam:
    """A new exam of a patient, with the radiologist's report on it."""
    radiologist: Professional = stage.country.professional(roles.RADIOLOGIST)
    study_uid, accession, order = new_oid(2), f"ACC{new_id()[-8:]}", f"DEM{new_id()[-8:]}"
    report = samples_cda.imaging_report(
        patient,
        radiologist,
        radiologist.structure,
        document_id=new_oid(1),
        study_uid=study_uid,
        accession=accession,
        order=order,
        at=datetime.now(UTC),
        requester=stage.country.professional(roles.GENERAL_PRACTITIONER),
    )
    return Exam(study_uid, accession, order, report)
