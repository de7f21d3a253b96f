"""Facts of the DRIM imaging network."""

from __future__ import annotations

from segur.contracts.fact import Fact, fact


@fact("drim.study.received", subject="study_uid")
class StudyReceived(Fact):
    """Instances of a study were stored; counts are those of the study so far."""

    study_uid: str
    instances: int
    series: int
    patient: str


@fact("drim.kos.published", subject="study_uid")
class KosPublished(Fact):
    """The KOS of a study entered the DMP as document `document_id`.

    `replaces` is the KOS it took the place of, empty for a first one; `confidentiality` its codes, those of its report.
    """

    study_uid: str
    document_id: str
    kos_uid: str
    patient: str
    replaces: str = ""
    confidentiality: tuple[str, ...] = ()


@fact("drim.kos.removed", subject="study_uid")
class KosRemoved(Fact):
    """The KOS of a study left the DMP (TD3.3c).

    `cause` is `report_removed` (the RIS said so), `report_deleted` (the DMP did) or `images_gone` (from the PACS).
    """

    study_uid: str
    document_id: str
    patient: str
    cause: str


@fact("drim.kos.resynchronised", subject="run")
class KosResynchronised(Fact):
    """The box compared its KOS with what stands (SO.28): how many there are, and how many are to be brought in line."""

    run: str
    walked: int
    changed: int


@fact("drim.kos.refused", subject="study_uid")
class KosRefused(Fact):
    """The KOS could not be published; `code` is the DMP's, or ours when a check before it failed."""

    study_uid: str
    code: str
    reason: str


@fact("drim.images.retrieved", subject="study_uid")
class ImagesRetrieved(Fact):
    """Instances left by WADO-RS for `reader` (a professional's idNat)."""

    study_uid: str
    reader: str
    instances: int
    bytes: int


@fact("drim.access.refused", subject="study_uid")
class ImageAccessRefused(Fact):
    """A retrieval was refused."""

    study_uid: str
    code: str
    reason: str
