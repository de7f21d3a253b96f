"""Documents of a submission by the official rules the operator plugged in (`dmp_rules_dirs`), control 6 at full depth.

The server's own depth is not known [DMP digest 1.6]: the parameter `regles-officielles` says what becomes of a finding.
Judging takes tenths of a second and is done beside the loop.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping

from segur.cda import official
from segur.wire import cda
from segur.wire.multipart import Buffer
from segur.wire.xds import MetadataRefused, Submission
from segur_dmp.context import Context
from segur_dmp.domain.parameters import Reaction
from segur_dmp.domain.submission import SubmissionRefused, is_signature
from segur_dmp.domain.submission.documents import CDA_TYPES, REPOSITORY_ERROR

_MOST = 20
"""Findings told of one document: the rest is for `segur validate`."""
_MATRICULE = re.compile(r"\b\d{6}[0-9A-Z]\d{6}(\d{2})?\b")
"""A finding quotes the document, and facts carry no INS."""


async def judge_documents(
    context: Context, submission: Submission, contents: Mapping[str, Buffer], reaction: str
) -> tuple[str, ...]:
    """What the official rules find, where it is to be told; raise `SubmissionRefused` where it is to be refused.

    A rule file that cannot be used refuses nothing: it is told.
    """
    court = context.court
    if court is None or reaction == Reaction.IGNORE:
        return ()
    judgements: list[official.Judgement] = []
    for entry in submission.entries:
        if entry.mime_type in CDA_TYPES and not is_signature(entry):
            judgements += await asyncio.to_thread(_judge, court, bytes(contents[entry.entry_uuid]))
    found = [words for judgement in judgements for words in _errors(judgement)]
    if found and reaction == Reaction.REFUSE:
        raise SubmissionRefused([MetadataRefused("Document", words, code=REPOSITORY_ERROR) for words in found])
    unusable = [f"{one.edition}: règle inutilisable, {why}" for one in judgements for why in one.unusable]
    return tuple(f"regles-officielles: {words}" for words in (*found, *unusable))


def _judge(court: official.Court, content: bytes) -> tuple[official.Judgement, ...]:
    try:
        root, _ = cda.clinical_document(content)
    except cda.CdaRefused:
        return ()  # where the control en-tete-document is off, anything may pass
    return court.judge(root)


def _errors(judgement: official.Judgement) -> Iterator[str]:
    for finding in judgement.errors[:_MOST]:
        yield _MATRICULE.sub("(matricule)", f"{judgement.edition}: {finding}")
    more = len(judgement.errors) - _MOST
    if more > 0:
        yield f"{judgement.edition}: et {more} autres (segur validate les dit tous)"
