"""Settings of the DMP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from segur.kernel.settings import KernelSettings
from segur.vocab import oids


class Settings(KernelSettings):
    """What can be tuned in the DMP."""

    dmp_repository_id: str = Field(default=oids.DMP_REPOSITORY, description="repositoryUniqueId of the documents")
    dmp_vihf_lifetime: timedelta = Field(default=timedelta(hours=1), description="longest age of a VIHF")
    dmp_clock_skew: timedelta = Field(default=timedelta(minutes=5), description="tolerance between two clocks")
    dmp_authorization_lifetime: timedelta = Field(
        default=timedelta(days=365), description="how long a declared authorization holds; the real figure is unknown"
    )
    dmp_authorization_required: bool = Field(
        default=True, description="reading in normal mode needs an authorization (TD0.3) [DMP digest 6.2]"
    )
    dmp_authorization_spelling: dict[str, str] = Field(
        default_factory=dict,
        description="other codes for VALIDE, EXPIREE, INEXISTANTE, INTERDITE in TD0.2, whose national spelling is not "
        "confirmed, as a JSON object",
    )
    dmp_absent_acknowledgement: str = Field(
        default="AA", pattern="^(AA|AE)$", description="acknowledgement of TD0.2 without a DMP; both have been seen"
    )
    dmp_structure_authorization: bool = Field(
        default=True, description="the authorization of a structure opens a DMP to its professionals (our reading)"
    )
    dmp_known_structures_only: bool = Field(
        default=False, description="refuse a VIHF whose structure is not in the directory"
    )
    dmp_check_value_sets: bool = Field(
        default=True, description="refuse type, class, format … codes outside the DMP's value sets [DMP digest 3]"
    )
    dmp_check_documents: bool = Field(
        default=True, description="read each CDA or DICOM file and compare its header with the metadata"
    )
    dmp_minimal_structure: str = Field(
        default="signaler",
        pattern="^(refuser|signaler|ignorer)$",
        description="what becomes of a CDA that breaks the minimal structure [DMP digest 5.2]; sandboxes may differ",
    )
    dmp_rules_dirs: tuple[Path, ...] = Field(
        default=(), description="folders of official rules (schematrons, XSD) that judge documents, as a JSON list"
    )
    dmp_official_rules: str = Field(
        default="signaler",
        pattern="^(refuser|signaler|ignorer)$",
        description="what becomes of a CDA the official rules find an error in; sandboxes may differ",
    )
    dmp_check_author_institution: bool = Field(
        default=True, description="one authorInstitution must be the structure of the VIHF [DMP digest 1.6]"
    )
    dmp_allow_hidden_and_masked: bool = Field(
        default=False, description="the DMP parameter cumul-invisible_patient-masque_ps"
    )
    dmp_max_document_bytes: int = Field(default=20 * 1024 * 1024, description="largest document taken")
    dmp_max_results: int = Field(default=1_000, description="most objects of one search (XDSTooManyResults)")
    dmp_give_deleted: bool = Field(
        default=False, description="give deleted documents, as the official rights sheet has it [DMP digest 6.1]"
    )
    dmp_majority_age: int = Field(default=18, description="age of majority, a parameter of the DMP")
    dmp_minors_managed: bool = Field(default=True, description="the DMP parameter fonctions-gestion-mineurs")
    dmp_strict: bool = Field(
        default=False, description="ask of a VIHF what the specification prescribes without having been seen refused"
    )
    dmp_document_matrix: Path | None = Field(
        default=None, description="profession × document type table (TSV) in the place of the one that comes with us"
    )
    introspection_client: str = "segur-api"
    introspection_secret: str = "segur-api-secret"  # noqa: S105 - the fixed secret of an emulated client
    mes_code: str = Field(default="000000", description="demo code of every patient in Mon espace santé")
    mes_reveal_after: timedelta = Field(
        default=timedelta(days=14),
        description="when INVISIBLE_PATIENT is lifted by itself (REMISE_VISIBILITE_AUTO); the real delay is unknown",
    )
    mes_max_upload_bytes: int = Field(
        default=10 * 1024 * 1024, description="largest document a patient may add; the real figure is unknown"
    )
    mes_letter_pause: timedelta = Field(
        default=timedelta(minutes=10),
        description="the same kind of news is mailed to a patient at most once in this time; 0 mails each (inferred)",
    )
    mes_jobs_every: timedelta = Field(default=timedelta(seconds=30), description="how often deadlines are looked at")
