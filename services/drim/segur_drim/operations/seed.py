"""A new sandbox has exams to look at: a chest CT and a chest radiograph of two personas, without a KOS yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from segur.kernel import request
from segur.personas import roles
from segur.personas.country import build_country
from segur.personas.synthetic_uids import synthetic_uid
from segur_drim.context import Context
from segur_drim.operations.store_instances import store_instances

CT_STUDY, CR_STUDY = (synthetic_uid("sample study", kind) for kind in ("CT", "CR"))
CT_ACCESSION, CR_ACCESSION = "ECHANTILLON1", "ECHANTILLON2"


async def seed(context: Context, sandbox: str) -> None:
    """Store the sample studies in a sandbox."""
    if not context.settings.drim_sample_studies:
        return
    images = await asyncio.to_thread(_draw, context.settings.seed)

    async def each() -> AsyncIterator[bytes]:
        for image in images:
            yield image

    entered = request.enter(request.Request(sandbox=sandbox, notes={}))
    try:
        await store_instances(context, each())
    finally:
        request.leave(entered)


def _draw(seed_: int) -> list[bytes]:
    from segur.personas.samples_dicom import Context as Where
    from segur.personas.samples_dicom import cr_image, ct_study

    country = build_country(seed_, 0, 0)
    where = Where(country.structure(roles.IMAGING_CENTRE), country.professional(roles.GENERAL_PRACTITIONER))
    at = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    first, second = country.patient(roles.PATIENT), country.patient("P2")
    ct = ct_study(first, study_uid=CT_STUDY, accession=CT_ACCESSION, at=at, slices=2, series=2, size=32, context=where)
    later = at + timedelta(days=3)
    return [*ct, cr_image(second, study_uid=CR_STUDY, accession=CR_ACCESSION, at=later, size=64, context=where)]
