"""An operator that stops says so to who is connected, and what it answered is still there when it comes back."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING

import pytest
from segur_mssante.service import build

from tests.contract.mssante.conftest import PER, InThread, Operator, mail, mssante_settings
from tests.contract.mssante.test_imap import Raw

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Servers


def test_sessions_are_told_and_messages_stay(servers: Servers, introspection: str, tmp_path: Path) -> None:
    settings = mssante_settings(servers, tmp_path, gateway_url=introspection)
    box = PER[0]
    service = build(settings)
    with InThread(service) as thread:
        operator = Operator(settings, service, thread)
        client = operator.sender(box)
        client.send_message(mail(box.address, box.address))
        raw = Raw(operator, box)
        assert raw.ask("a SELECT INBOX")[-1].startswith("a OK")
    assert client.getreply() == (421, b"4.3.2 service en maintenance")
    assert raw.line().startswith("* BYE")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    raw.close()

    again = build(settings)
    with InThread(again) as thread:
        assert len(Operator(settings, again, thread).inbox(box)) == 1
