"""HL7 v2 over MLLP, from the RIS: one acknowledgement for each message, `AA` only once it is stored [DRIM digest 1.4].

AA taken, AE refused by the box (its ERR segment names field, rule and code), AR not a message the box reads.
"""

from __future__ import annotations

import asyncio
import logging

from opentelemetry.trace import SpanKind

from segur.kernel import request, tracing
from segur.kernel.errors import Kind, SegurError, StoreAway
from segur.kernel.ids import new_id
from segur.wire import hl7v2
from segur.wire.hl7v2 import Hl7Refused, Message, MllpDecoder
from segur.wire.hl7v2_cda import TRIGGERS
from segur_drim import errors, faults
from segur_drim.context import Context
from segur_drim.domain.report import Removal, Report, read_message
from segur_drim.operations.receive_report import receive_report, sandbox_of, tell_refusal, trace_of
from segur_drim.operations.withdraw_report import withdraw_report

log = logging.getLogger("segur.drim.mllp")

_PIECE = 64 * 1024
_UNREADABLE = ("100", "200")
"""HL7 conditions of a message of another kind: rejected, where the others are errors."""
_UNKNOWN_KEY = "204"


class MllpSession:
    """One connection."""

    def __init__(self, context: Context, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._context, self._reader, self._writer = context, reader, writer

    async def run(self) -> None:
        """Answer messages in their order until the RIS leaves, is silent for too long, or breaks the framing."""
        decoder = MllpDecoder()
        while True:
            try:
                piece = await asyncio.wait_for(self._reader.read(_PIECE), self._context.settings.mllp_idle_s)
                messages = decoder.feed(piece)
            except TimeoutError:
                return
            except Hl7Refused as refusal:
                await self._answer(None, refusal)
                return
            if not piece:
                return
            for data in messages:
                if not await self._serve(data):
                    return

    async def _serve(self, data: bytes) -> bool:
        """Take one message; False when the connection is to be closed."""
        sandbox = await sandbox_of(self._context, data)
        entered = request.enter(request.Request(sandbox=sandbox, notes={}))
        try:
            return await self._take(data)
        except OSError:
            raise  # the RIS has left
        except StoreAway:
            await self._answer(data, Hl7Refused("MSH", "not stored, send it again", code="207"))
            return True
        except Exception:  # a defect of ours: the RIS keeps its report and is told so
            log.exception("report not taken")
            await self._answer(data, Hl7Refused("MSH", "not stored, a defect of SegurStack", code="207"))
            return True
        finally:
            request.leave(entered)

    async def _take(self, data: bytes) -> bool:
        board, context = self._context.floor.faults, self._context
        try:
            report = await asyncio.to_thread(read_message, data)
        except Hl7Refused as refusal:
            with tracing.span("MLLP message", kind=SpanKind.SERVER):
                tracing.fail(refusal.where)
                await tell_refusal(context, refusal, ())
            await self._answer(data, refusal)
            return True
        parent = tracing.context_of(await trace_of(context, report))
        with tracing.span(f"MLLP {_kind(report)}", kind=SpanKind.SERVER, parent=parent) as span:
            span.set_attribute("segur.sandbox", request.current_sandbox())
            try:
                if await board.delayed(faults.MLLP_ERROR, operation="report"):
                    raise Hl7Refused("MSH", "the box cannot store the report now, send it again", code="207")
                if board.strikes(faults.MLLP_LOST, operation="report"):
                    log.warning("a report is acknowledged and lost, as was asked for")
                elif isinstance(report, Removal):
                    await withdraw_report(context, data, report)
                else:
                    await receive_report(context, data, report)
            except StoreAway:
                raise
            except SegurError as refusal:
                tracing.fail(refusal.code)
                await tell_refusal(context, refusal, report.studies)
                code = _UNKNOWN_KEY if refusal.kind is Kind.NOT_FOUND else "207"
                why = Hl7Refused(refusal.field.split(" ")[0], refusal.detail, code=code)
                await self._answer(data, why, (refusal.code, refusal.text))
                return True
            except Hl7Refused as refusal:
                tracing.fail(refusal.where)
                await self._answer(data, refusal)
                return True
            if board.strikes(faults.MLLP_NO_ACK, operation="report"):
                return False
            await self._answer(data, None)
            return True

    async def _answer(
        self, data: bytes | None, refusal: Hl7Refused | None, user_error: tuple[str, str] = ("", "")
    ) -> None:
        code = "AA" if refusal is None else "AR" if refusal.code in _UNREADABLE else "AE"
        if refusal is not None and not user_error[0]:
            user_error = errors.REPORT_REFUSED.code, errors.REPORT_REFUSED.text
        answer = hl7v2.acknowledge(
            _heading(data),
            control_id=new_id()[-20:],
            time=f"{self._context.floor.clock.now():%Y%m%d%H%M%S}+0000",
            code=code,
            refusal=refusal,
            user_error=user_error if refusal else ("", ""),
        )
        self._writer.write(hl7v2.frame(hl7v2.encode(answer)))
        await self._writer.drain()


def _kind(report: Report | Removal) -> str:
    """`ORU^R01`, `MDM^T02` …"""
    if report.message.is_result:
        return "ORU^R01"
    return "MDM^" + next(trigger for trigger, action in TRIGGERS.items() if action is report.message.action)


def _heading(data: bytes | None) -> Message:
    """What an acknowledgement echoes: the MSH of the message, or an empty one when it cannot be read."""
    try:
        return hl7v2.parse((data or b"").split(b"\r", 1)[0])
    except Hl7Refused:
        return Message((hl7v2.segment("MSH", *[""] * 8, "P", "2.5"),))
