"""What each page of the Web-PS site shows, by the operations of the other doors [DMP digest 1.9]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from segur.cda.render import CONTENT_SECURITY_POLICY, render
from segur.kernel.errors import SegurError
from segur.wire import xds_uuids
from segur.wire.authorization_list import ListMode
from segur.wire.hl7v3_values import AUTHORIZATION_VALID
from segur.wire.patient_list import DateType, PatientListQuery
from segur.wire.saml import BREAK_GLASS, NORMAL
from segur.wire.xds import DocumentEntry, DocumentRequest
from segur.wire.xds_query import DocumentFilter
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.account import Account
from segur_dmp.domain.caller import Caller
from segur_dmp.domain.directory import Known
from segur_dmp.domain.mes.traces import ACTIONS, SUBJECTS, Trace
from segur_dmp.domain.rights import Act, right
from segur_dmp.domain.visibility import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from segur_dmp.edges.api_door import shown
from segur_dmp.edges.web_ps.pages import page
from segur_dmp.edges.web_ps.session import path_of
from segur_dmp.edges.web_ps.visit import DOOR, Subject, Who
from segur_dmp.operations.find_documents import find_documents
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.operations.list_authorizations import list_authorizations
from segur_dmp.operations.list_patients import list_patients
from segur_dmp.operations.retrieve_documents import retrieve_documents
from segur_dmp.operations.test_existence import test_existence

_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_YEAR: Final = timedelta(days=365)
_MOST_TRACES: Final = 100
"""The history shows one year, or 100 traces [DMP digest 1.9]."""
_VACCINATION: Final = ("11369-6", "87273-9", "96874-3")
_WISHES: Final = ("EXPPAT_1", "EXPPAT_2", "EXPPAT_3")
_MARKS: Final = {
    MASKED.code: "masqué aux professionnels",
    HIDDEN_FROM_PATIENT: "invisible au patient",
    HIDDEN_FROM_REPRESENTATIVES: "invisible aux représentants légaux",
}
_STATES: Final = {xds_uuids.ARCHIVED: "archivé", xds_uuids.DEPRECATED: "obsolète"}
_CDA: Final = "text/xml"
_NOT_PROFESSIONAL: Final = {"patient": "le patient", "representative": "un représentant légal", "carer": "un aidant"}


@dataclass(frozen=True, slots=True)
class Row:
    """A document in a list."""

    id: str
    title: str
    type: str
    date: str
    author: str
    marks: tuple[str, ...]

    @classmethod
    def of(cls, entry: DocumentEntry) -> Row:
        """The row of an entry; the first author stands for all."""
        who = entry.authors[0].who if entry.authors else None
        marks = [_MARKS[code.code] for code in entry.confidentiality if code.code in _MARKS]
        marks += [_STATES[entry.status]] if entry.status in _STATES else []
        return cls(
            entry.entry_uuid.removeprefix("urn:uuid:"),
            entry.title or entry.type_code.display,
            entry.type_code.display,
            entry.service_start or entry.creation_time,
            f"{who.given.title()} {who.family}".strip() if who is not None else "",
            tuple(marks),
        )


async def dashboard(context: Context, who: Who) -> Response:
    """The patients who authorized the professional."""
    visitor = who.visitor
    caller = Caller(
        visitor.id_nat, visitor.structure, visitor.mode, DOOR, None, "", NORMAL, visitor.profession, visitor.speciality
    )
    patients = await list_patients(context, caller, PatientListQuery(_ALWAYS, DateType.LAST_AUTHORIZATION))
    return page("dashboard", who=who, here="TableauDeBord", patients=patients)


async def settings(context: Context, who: Who) -> Response:
    """Who one is, and the parameters of the DMP."""
    parameters = {name: _said(value) for name, value in shown(await context.records.parameters.now()).items()}
    return page("settings", who=who, here="Parametrages", parameters=parameters, signed_in=not who.by_card)


async def record(context: Context, who: Who, subject: Subject) -> Response:
    """The state of the authorization, and the way to one."""
    found = await test_existence(context, subject.caller, subject.caller.ins.cx, act=Act.TEST)
    may_read = found.authorization == AUTHORIZATION_VALID or subject.emergency is not None
    count: int | None = None
    if may_read:
        count = len(await _entries(context, subject))
    return _patient_page(
        "record",
        who,
        subject,
        here="DossierPatient",
        state=found.authorization,
        treating=found.treating,
        count=count,
        may_ask=not may_read and right(Act.AUTHORIZE, subject.caller.standing).allowed,
    )


async def management(context: Context, who: Who, subject: Subject) -> Response:
    """Administrative data, as TD1.3a gives it."""
    await test_existence(context, subject.caller, subject.caller.ins.cx, act=Act.READ_ACCOUNT)
    return _patient_page("management", who, subject, here="GestionDMPPatient")


async def documents(context: Context, who: Who, subject: Subject) -> Response:
    """The documents the professional sees, the latest first."""
    rows = await _rows(context, subject)
    groups = [("", rows)] if rows else []
    return _patient_page("documents", who, subject, here="Documents", title="Documents", groups=groups)


async def pathway(context: Context, who: Who, subject: Subject) -> Response:
    """The same, year by year: where the patient went."""
    groups: dict[str, list[Row]] = {}
    for row in await _rows(context, subject):
        groups.setdefault(row.date[:4] or "Sans date", []).append(row)
    title = "Parcours de soins"
    return _patient_page("documents", who, subject, here="ParcoursDeSoins", title=title, groups=list(groups.items()))


async def vaccination(context: Context, who: Who, subject: Subject) -> Response:
    """Vaccination notes and histories."""
    rows = await _rows(context, subject, _VACCINATION)
    groups = [("", rows)] if rows else []
    title = "Carnet de vaccination"
    return _patient_page("documents", who, subject, here="CarnetVaccination", title=title, groups=groups)


async def rights(context: Context, who: Who, subject: Subject) -> Response:
    """Oppositions, professionals (TD1.6) and the patient's written wishes."""
    listed = None
    if right(Act.LIST_AUTHORIZED, subject.caller.standing).allowed:
        listed = await list_authorizations(context, subject.caller, ListMode.ALL)
    wishes = await _rows(context, subject, _WISHES)
    return _patient_page("rights", who, subject, here="VolontesEtDroits", listed=listed, wishes=wishes)


async def history(context: Context, who: Who, subject: Subject) -> Response:
    """The own accesses; the médecin traitant sees everybody's."""
    found = await test_existence(context, subject.caller, subject.caller.ins.cx, act=Act.TEST)
    since = context.floor.clock.now() - _YEAR
    traces = [
        trace
        for trace in await context.records.traces.of(subject.caller.patient)
        if trace.at >= since and (found.treating or trace.trace.actor == who.id_nat)
    ][:_MOST_TRACES]
    directory = await directory_now(context, *(trace.trace.actor for trace in traces))
    lines = [
        {
            "at": one.at,
            "who": _named(directory.person(one.trace.actor), one.trace.actor),
            "action": _action(one.trace),
        }
        for one in traces
    ]
    return _patient_page("history", who, subject, here="HistoriqueAcces", traces=lines, all=found.treating)


async def document(context: Context, subject: Subject, entry_id: str) -> Response:
    """The content: a CDA as a page, anything else as it came."""
    wanted = DocumentFilter(entry_uuids=(f"urn:uuid:{entry_id[:64]}",))
    for entry in await find_documents(context, subject.caller, wanted):
        asked = DocumentRequest(entry.repository_unique_id, entry.unique_id)
        [stored] = (await retrieve_documents(context, subject.caller, [asked])).documents
        content = await context.floor.blobs.get(stored.digest)
        safe = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
        if entry.mime_type != _CDA:
            return Response(content, media_type=entry.mime_type, headers={"content-security-policy": "sandbox"} | safe)
        try:
            return Response(
                render(content),
                media_type="text/html",
                headers={"content-security-policy": CONTENT_SECURITY_POLICY} | safe,
            )
        except ValueError:  # no CDA we can read: it is not ours to hide it
            return Response(content, media_type="text/plain", headers=safe)
    raise errors.NOT_FOUND.error(field="document")


def absent(who: Who, subject: Subject, *, creating: bool) -> Response:
    """Nobody has a DMP there; who came to create one learns that it is not done here any more."""
    text = "Ce patient n'a pas de DMP."
    if creating:
        text += " Sa création n'est plus ouverte aux professionnels : Mon espace santé crée les DMP."
    code = errors.FORBIDDEN.code if creating else ""
    status = 403 if creating else 404
    return page("notice", status, who=who, title="Patient sans DMP", text=text, code=code, link=_home())


def closed(who: Who, account: Account, ins: str) -> Response:
    """The DMP is closed: when and why."""
    when = f" depuis le {account.closed_at:%d/%m/%Y}" if account.closed_at is not None else ""
    text = f"Le DMP de ce patient est fermé{when}. {account.raison}".strip()
    return page("notice", 410, who=who, title="DMP fermé", text=text, code="", link=_home(), ins=ins)


def refused(refusal: SegurError, who: Who | None, *, ins: str = "") -> Response:
    """A refusal as a page."""
    status = refusal.kind.value
    title = "Contexte expiré" if refusal.refusal is errors.CONTEXT_EXPIRED else "Accès impossible"
    link = (f"{path_of()}/DossierPatient/{ins}", "Voir l'état de l'accès") if who and ins else _home()
    return page("notice", status, who=who, title=title, text=refusal.detail, code=refusal.code, link=link)


def in_emergency(caller: Caller, reason: str) -> Caller:
    """The caller, breaking the glass."""
    return replace(caller, purpose=BREAK_GLASS, reason=reason)


def _patient_page(template: str, who: Who, subject: Subject, **values: Any) -> Response:
    return page(template, who=who, ins=subject.ins, account=subject.account, emergency=subject.emergency, **values)


async def _rows(context: Context, subject: Subject, types: Iterable[str] = ()) -> list[Row]:
    entries = [entry for entry in await _entries(context, subject) if not types or entry.type_code.code in types]
    return sorted((Row.of(entry) for entry in entries), key=lambda row: row.date, reverse=True)


async def _entries(context: Context, subject: Subject) -> list[DocumentEntry]:
    found = await find_documents(
        context, subject.caller, DocumentFilter(statuses=(xds_uuids.APPROVED, xds_uuids.ARCHIVED))
    )
    return [entry for entry in found if entry.type_code.code != "E1762"]


def _home() -> tuple[str, str]:
    return f"{path_of()}/TableauDeBord", "Aller au tableau de bord"


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "aucun"
    return str(value)[:80] or "celle de SégurStack"


def _action(line: Trace) -> str:
    said = ACTIONS[line.action][0] if line.action in ACTIONS else line.action
    return f"{said} ({SUBJECTS[line.about][0]})" if line.about in SUBJECTS else said


def _named(known: Known, actor: str) -> str:
    name = f"{known.given_name.title()} {known.family_name}".strip()
    return name or {"patient": "le patient", "representative": "un représentant légal", "carer": "un aidant"}.get(
        actor, actor
    )
