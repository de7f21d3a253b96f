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
    """The KOS of a study entered the DMP as document `document_id`."""

    study_uid: str
    document_id: str
    kos_uid: str
    patient: str


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
