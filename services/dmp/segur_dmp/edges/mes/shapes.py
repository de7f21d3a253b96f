"""Values of Mon espace santé as JSON; names follow its contract where one was seen [DMP digest 6.5]."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from segur.wire.xds import DocumentEntry
from segur_dmp.domain.account import Emergency
from segur_dmp.domain.mes.categories import category_of
from segur_dmp.domain.mes.own_documents import EXTENSIONS
from segur_dmp.domain.mes.spaces import Preference, Space
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, codes_of, has, is_masked
from segur_dmp.operations.change_visibility import can_delete
from segur_dmp.operations.mes.delegate import Tie
from segur_dmp.operations.mes.privacy import Consent
from segur_dmp.operations.mes.visit import Profile, name_of
from segur_dmp.store.diary import Appointment
from segur_dmp.store.notifications import Mail, Notification
from segur_dmp.store.traces import DatedTrace

Shape = dict[str, Any]


def document(entry: DocumentEntry, pinned: Iterable[str] = ()) -> Shape:
    """A document."""
    return {
        "uniqueId": entry.unique_id,
        "title": entry.title,
        "category": category_of(entry.type_code.code).value,
        "typeCode": entry.type_code.code,
        "type": entry.type_code.display,
        "mimeType": entry.mime_type,
        "createdAt": entry.creation_time,
        "date": entry.service_start,
        "authors": [author.who.family for author in entry.authors],
        "status": entry.status.rpartition(":")[2],
        "masked": is_masked(entry),
        "hiddenFromRepresentatives": has(entry, HIDDEN_FROM_REPRESENTATIVES),
        "confidentiality": sorted(codes_of(entry)),
        "version": entry.version,
        "size": entry.size,
        "canOwnerDelete": can_delete(entry),
        "pinned": entry.unique_id in set(pinned),
    }


def space(profile: Profile, max_upload: int) -> Shape:
    """A space with its settings."""
    account, found = profile.account, profile.space
    return {
        "name": name_of(account),
        "status": found.state.value if found is not None else None,
        "dmp": account.state,
        "role": profile.visitor.role.value,
        "since": found.since.isoformat() if found is not None else None,
        "opensAt": _iso(found, "opens_at"),
        "closesAt": _iso(found, "closes_at"),
        "erasedAt": _iso(found, "erased_at"),
        "proof": found.proof if found is not None else "",
        "email": account.email,
        "phone": account.phone,
        "documentsMaskedByDefault": account.masked_by_default,
        "emergency": {purpose.value: "permit" if account.permits(purpose) else "deny" for purpose in Emergency},
        "preferences": preferences(found),
        "acceptedFileExtensions": list(EXTENSIONS),
        "fileSizeMO": max_upload // (1024 * 1024),
    }


def preferences(found: Space | None) -> Shape:
    """The means chosen for each family of notifications."""
    if found is None:
        return {}
    return {one.value: [channel.value for channel in found.wants(one)] for one in Preference}


def notification(one: Notification) -> Shape:
    """A notification."""
    notice = one.notice
    return {
        "id": one.id,
        "date": one.at.isoformat(),
        "label": notice.label,
        "code": notice.code,
        "read": one.read,
        "urn": notice.urn,
        "documentId": notice.document_id,
        "actor": notice.actor,
        "profile": notice.profile,
    }


def consent(one: Consent) -> Shape:
    """A line of the list of consents."""
    return {
        "id": one.holder,
        "name": one.name,
        "speciality": one.speciality,
        "type": one.kind,
        "startDate": one.since.isoformat(),
        "isAdmin": one.is_admin,
        "isActive": one.is_active,
        "decision": "permit" if one.permitted else "deny",
    }


def trace(one: DatedTrace) -> Shape:
    """A line of the history."""
    line = one.trace
    return {
        "id": one.id,
        "date": one.at.isoformat(),
        "group": line.group.value,
        "action": line.action,
        "actor": line.actor,
        "documentId": line.document_id,
        "about": line.about,
    }


def mail(one: Mail) -> Shape:
    """An e-mail or SMS."""
    return {
        "id": one.id,
        "date": one.at.isoformat(),
        "channel": one.channel,
        "to": one.to,
        "subject": one.subject,
        "text": one.text,
    }


def tie(one: Tie) -> Shape:
    """A delegation."""
    return {
        "id": one.delegation.id,
        "state": one.delegation.state,
        "since": one.delegation.since.isoformat(),
        "patient": one.delegation.patient,
        "patientName": one.patient_name,
        "carer": one.delegation.carer,
        "carerName": one.carer_name,
    }


def appointment(one: Appointment) -> Shape:
    """An appointment."""
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "title": one.title,
        "professional": one.professional,
        "place": one.place,
    }


def _iso(found: Space | None, field: str) -> str | None:
    moment = getattr(found, field) if found is not None else None
    return moment.isoformat() if moment is not None else None
