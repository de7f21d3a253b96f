"""The medical profile, and its summary among the documents: DOCPAT08 [DMP digest 3.3, 6.5]."""

from __future__ import annotations

import asyncio
from typing import Final
from zoneinfo import ZoneInfo

from segur.contracts.mes import MedicalProfileChanged
from segur.kernel.ids import new_id
from segur.kernel.store import Conflict
from segur.personas.report_pdf import report_pdf
from segur.wire import xds_uuids
from segur.wire.xds import DocumentEntry
from segur_dmp import errors
from segur_dmp.context import Context
from segur_dmp.domain.lifecycle import is_patients_own
from segur_dmp.domain.mes.categories import OWN_TYPES, Category
from segur_dmp.domain.mes.medical_profile import (
    NotALine,
    ProfileLine,
    Section,
    check_line,
    summary_lines,
    summary_title,
)
from segur_dmp.domain.mes.notices import VACCINATION_TYPES
from segur_dmp.domain.mes.own_documents import Upload
from segur_dmp.domain.mes.visitors import Visitor
from segur_dmp.domain.visibility import HIDDEN_FROM_REPRESENTATIVES, MASKED, codes_of
from segur_dmp.operations.mes.add_document import add_document
from segur_dmp.operations.mes.measure import measures_of
from segur_dmp.operations.mes.read_documents import documents_of
from segur_dmp.operations.mes.visit import Profile, name_of

_PARIS: Final = ZoneInfo("Europe/Paris")
_CHOSEN: Final = {MASKED.code, HIDDEN_FROM_REPRESENTATIVES}


async def write_line(context: Context, visitor: Visitor, section: Section, text: str) -> ProfileLine:
    """Add a line to the profile. Raise `errors.BAD_DEMAND`."""
    known = await context.records.medical_profiles.of(visitor.patient)
    try:
        text = check_line(section, text, known)
    except NotALine as error:
        raise errors.BAD_DEMAND.error(reason=str(error), field="text") from error
    one = ProfileLine(new_id(), visitor.patient, section, text)
    fact = MedicalProfileChanged(patient=visitor.patient, section=section.value, added=True, by=visitor.by)
    await context.floor.store.commit([context.records.medical_profiles.insertion(one)], [fact])
    return one


async def remove_line(context: Context, visitor: Visitor, number: str) -> None:
    """Take a line out. Raise `errors.NOT_FOUND`."""
    known = await context.records.medical_profiles.of(visitor.patient)
    one = next((each for each in known if each.id == number), None)
    if one is None:
        raise errors.NOT_FOUND.error(field="line")
    fact = MedicalProfileChanged(patient=visitor.patient, section=one.section.value, added=False, by=visitor.by)
    try:
        await context.floor.store.commit([context.records.medical_profiles.removal(one)], [fact])
    except Conflict as error:
        raise errors.NOT_FOUND.error(field="line") from error


async def summary_of(context: Context, profile: Profile) -> bytes:
    """The summary as PDF: what the profile says now (`getMedicalSynthesisPDF`)."""
    visitor, account, now = profile.visitor, profile.account, context.floor.clock.now().astimezone(_PARIS)
    documents = await documents_of(context, visitor)
    vaccinations = [entry.title for entry in documents if entry.type_code.code in VACCINATION_TYPES]
    born = account.birth_date
    who = f"{name_of(account)}, né(e) le {born[6:8]}/{born[4:6]}/{born[:4]}"
    lines = summary_lines(
        who,
        await context.records.medical_profiles.of(visitor.patient),
        await measures_of(context, visitor),
        vaccinations,
    )
    return await asyncio.to_thread(report_pdf, "Synthèse de mon profil médical", "Mon espace santé", lines, now)


async def kept_summary(context: Context, visitor: Visitor) -> DocumentEntry | None:
    """The summary among the documents, None when there is none."""
    type_code = OWN_TYPES[Category.PROFILE]
    return next(
        (
            entry
            for entry in await documents_of(context, visitor)
            if entry.type_code.code == type_code and entry.status == xds_uuids.APPROVED and is_patients_own(entry)
        ),
        None,
    )


async def keep_summary(context: Context, profile: Profile, *, visible: bool = False) -> DocumentEntry:
    """Put the summary among the documents; one that is there is replaced, and who may see it stays as it was.

    `visible` shows a first one to professionals although the patient masks all new documents.
    """
    visitor, account = profile.visitor, profile.account
    content, now = await summary_of(context, profile), context.floor.clock.now()
    title = summary_title((account.given or ("",))[0], account.used_name or account.birth_name, now.astimezone(_PARIS))
    upload = Upload(Category.PROFILE, title, now.date(), "N", f"{title}.pdf", content)
    old = await kept_summary(context, visitor)
    if old is None:
        return await add_document(context, visitor, account, upload, masks=() if visible else None)
    stored = await context.records.documents.of_unique_id(old.unique_id)
    return await add_document(
        context, visitor, account, upload, masks=tuple(sorted(codes_of(old) & _CHOSEN)), replaces=stored
    )
