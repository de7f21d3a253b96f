"""Folders, attachments, measures, profile and recommended examinations as JSON; names are the application's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segur.wire.xds import DocumentEntry
from segur_dmp.domain.mes.folders import Folder
from segur_dmp.domain.mes.measures import ABOUT, Measure
from segur_dmp.domain.mes.medical_profile import ProfileLine
from segur_dmp.operations.mes.keep_attachment import Attachment
from segur_dmp.operations.mes.prevent import Prevention

Shape = dict[str, Any]


def folder(one: Folder) -> Shape:
    """A folder."""
    return {"id": one.id, "title": one.name, "documents": list(one.documents)}


def attachment(one: Attachment) -> Shape:
    """A file of a message."""
    return {
        "id": one.id,
        "name": one.name,
        "mimeType": one.media_type,
        "size": one.size,
        "canAddToDMP": one.keepable,
    }


def measure(one: Measure) -> Shape:
    """A measure; `idDocument` is the document it was copied from."""
    about = ABOUT[one.kind]
    return {
        "id": one.id,
        "code": one.kind.value,
        "label": about.label,
        "effectiveDate": one.at.isoformat(),
        "metrics": [
            {"code": m.code, "value": one.values[m.code], "unit": m.unit} for m in about.metrics if m.code in one.values
        ],
        "formattedMetricValue": one.shown,
        "author": one.by,
        "idDocument": one.document_id or None,
        "permissions": {"add": about.entered, "delete": one.own},
    }


def medical_profile(lines: Sequence[ProfileLine], kept: DocumentEntry | None) -> Shape:
    """The profile, and where its summary is."""
    return {
        "lines": [line(one) for one in lines],
        "summary": {"uniqueId": kept.unique_id, "title": kept.title} if kept is not None else None,
    }


def line(one: ProfileLine) -> Shape:
    """A line of the profile."""
    return {"id": one.id, "section": one.section.value, "text": one.text}


def prevention(one: Prevention) -> Shape:
    """Something recommended (`PreventionViewModel`)."""
    what = one.window.what
    return {
        "code": what.code,
        "type": what.family.value,
        "title": what.title,
        "dateDebutPrevention": one.window.start.date().isoformat(),
        "dateFinPrevention": one.window.end.date().isoformat(),
        "statut": one.status.value,
        "executionDate": one.done_on or None,
        "requirementLevel": what.level,
    }
