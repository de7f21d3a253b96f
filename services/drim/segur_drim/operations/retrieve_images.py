"""WADO-RS: the images a KOS points at, for a professional with a living token [DRIM digest 3.2 to 3.5].

`prepare` makes every check, in the recommended order; `stream` sends the bytes from disk in pieces, with the INS put
into each object, and tells the delivery before the closing delimiter: no complete answer without its trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from segur.contracts.drim import ImageAccessRefused, ImagesRetrieved
from segur.kernel import request
from segur.kernel.errors import SegurError
from segur.kernel.ids import new_id
from segur.vocab.ins import Ins
from segur.wire.dicom_patient import with_ins
from segur_drim import errors, faults
from segur_drim.context import Context
from segur_drim.domain.accept import Accepted, BadAccept, read_accept
from segur_drim.domain.instance import is_uid
from segur_drim.store import StoredObject

_OTHER_INS = "100000000000000"
"""An INS nobody has, for the fault that mixes up two patients."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A retrieve request: `series` and `instance` are empty when the address names none."""

    study: str
    series: str
    instance: str
    authorization: str
    accept: Sequence[str]
    kos_uid: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What will be sent, to whom."""

    study: str
    reader: str
    objects: tuple[StoredObject, ...]
    ins: Ins
    boundary: str


async def prepare(context: Context, asked: Asked) -> Delivery:
    """Make every check; raise the row of the first that fails, after telling it as a fact."""
    request.note(operation="drim.retrieve")
    try:
        return await _checked(context, asked)
    except SegurError as refusal:
        study = asked.study if is_uid(asked.study) else "unknown"
        fact = ImageAccessRefused(study_uid=study, code=refusal.code, reason=refusal.refusal.name)
        await context.archive.commit([], fact)
        raise


async def _checked(context: Context, asked: Asked) -> Delivery:
    board = context.floor.faults
    _check_certificate()
    scheme, _, token = asked.authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.NO_TOKEN.error(field="Authorization")
    holder = await context.tokens.holder(token.strip())
    if holder is None:
        raise errors.TOKEN_REFUSED.error(fix="Demandez un nouveau jeton à Pro Santé Connect.")
    if await context.archive.session_is_closed(holder.session):
        raise errors.TOKEN_REFUSED.error(fix="La session Pro Santé Connect est fermée : reconnectez-vous.")
    reader = holder.id_nat
    request.note(actor=reader)
    if board.strikes(faults.PROFESSION, actor=reader):
        raise errors.PROFESSION_REFUSED.error()
    try:
        accepted = read_accept(asked.accept)
    except BadAccept as error:
        raise errors.BAD_ACCEPT.error(rule=str(error)) from error
    if not asked.kos_uid:
        raise errors.NO_KOS_HEADER.error(field="KOS-SOPInstanceUID", fix="Envoyez le SOPInstanceUID du KOS du DMP.")
    for uid in (asked.study, *filter(None, (asked.series, asked.instance))):
        if not is_uid(uid):
            raise errors.BAD_UID.error(rule=uid[:70])
    manifest = await context.publications.in_force(asked.study)
    if manifest is None:
        raise errors.NO_KOS.error(field="StudyInstanceUID")
    if manifest["kos_uid"] != asked.kos_uid or board.strikes(faults.KOS_OUTDATED, actor=reader):
        raise errors.KOS_OUTDATED.error(field="KOS-SOPInstanceUID", fix="Recherchez à nouveau le KOS dans le DMP.")
    if await board.delayed(faults.PACS_AWAY, actor=reader):
        raise errors.PACS_AWAY.error()
    objects = await _objects(context, asked, set(manifest["instances"]))
    refused = next((one.syntax for one in objects if not accepted.takes(one.syntax)), None)
    if refused is not None:
        raise errors.NOT_ACCEPTABLE.error(field="Accept", rule=f"Les objets sont en {refused}, sans transcodage.")
    missing = await asyncio.to_thread(lambda: [o for o in objects if not context.floor.blobs.path(o.digest).exists()])
    if missing or board.strikes(faults.IMAGE_GONE, actor=reader):
        raise errors.IMAGE_GONE.error()
    ins = Ins.from_cx(manifest["ins"])
    request.note(patient=context.floor.pseudonyms.of(ins))
    return Delivery(asked.study, reader, tuple(objects), ins, _boundary(accepted))


async def stream(context: Context, delivery: Delivery) -> AsyncIterator[bytes]:
    """The multipart body, piece by piece."""
    board, who = context.floor.faults, delivery.reader
    ins: Ins | None = delivery.ins
    if board.strikes(faults.INS_MISSING, actor=who):
        ins = None
    elif board.strikes(faults.INS_WRONG, actor=who):
        ins = Ins(_OTHER_INS, delivery.ins.oid)
    truncated = board.strikes(faults.TRUNCATED, actor=who) is not None
    mark = b"--" + delivery.boundary.encode("ascii")
    sent = 0
    for number, one in enumerate(delivery.objects):
        lead = b"\r\n" if number else b""
        head = f"\r\nContent-ID: <{one.uid}>\r\nContent-Type: application/dicom;transfer-syntax={one.syntax}\r\n\r\n"
        opening = b"".join((lead, mark, head.encode("ascii")))
        async for piece in _object(context, one, ins):
            sent += len(piece)
            yield opening + piece if opening else piece
            opening = b""
        if truncated:
            return
    fact = ImagesRetrieved(study_uid=delivery.study, reader=who, instances=len(delivery.objects), bytes=sent)
    await context.archive.commit([], fact)
    yield b"".join((b"\r\n", mark, b"--\r\n"))


async def _object(context: Context, one: StoredObject, ins: Ins | None) -> AsyncIterator[bytes]:
    """One object from disk; the INS goes into its first piece [DB/SO.39]."""
    first = True
    async for piece in context.floor.blobs.stream(one.digest):
        if first and ins is not None:
            piece = with_ins(piece[: one.place.end], one.place, ins) + piece[one.place.end :]
        first = False
        yield piece


async def _objects(context: Context, asked: Asked, named: set[str]) -> list[StoredObject]:
    """The objects of the address that the KOS names; raise `NOT_IN_KOS`, or `IMAGE_GONE` when one has left."""
    found = [one for one in await context.archive.objects(asked.study, asked.series) if one.uid in named]
    if asked.instance:
        found = [one for one in found if one.uid == asked.instance]
    if not found:
        raise errors.NOT_IN_KOS.error()
    if not asked.series and len(found) != len(named):
        raise errors.IMAGE_GONE.error()
    return found


def _check_certificate() -> None:
    """Over TLS the caller must be an organisation of the authority; plain http is the workshop's door."""
    present = request.current()
    if not present.base.startswith("https"):
        return
    if present.certificate is None or present.certificate.kind != "org-auth":
        raise errors.NO_CERTIFICATE.error(fix="Présentez un certificat ORG AUTH_CLI de l'autorité de SégurStack.")


def _boundary(accepted: Accepted) -> str:
    return accepted.boundary or f"drimbox-{new_id()}"
