"""Mails the operator writes itself: delivery status (RFC 3464) and read receipts (RFC 8098) [MSSanté digest 4.6, 5].

Built by hand on bytes: the original's headers must go back exactly as they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

MES = "Mon espace sante"
_KINDS = {
    "failed": "Message non distribué",
    "delivered": "Message distribué",
    "displayed": "Message lu",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened to a mail for one recipient: `action` is failed, delivered or displayed, `status` like 5.1.1."""

    recipient: str
    action: str
    status: str
    cause: str


def write(receipt: Receipt, original: bytes, *, to: str, message_id: str, original_id: str, at: datetime) -> bytes:
    """The mail that tells it to the sender. `original` is the header block of the mail it is about."""
    domain = receipt.recipient.rpartition("@")[2]
    read = receipt.action == "displayed"
    boundary = f"recu-{message_id}"
    kind = "disposition-notification" if read else "delivery-status"
    title = _KINDS[receipt.action]
    head = [
        f"From: {MES} <{receipt.recipient}>" if read else f"From: Mail Delivery System <postmaster@{domain}>",
        f"To: {to}",
        f"Subject: =?utf-8?q?{_encoded(title)}?=",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{message_id}@{domain}>",
        *([f"In-Reply-To: {original_id}", f"References: {original_id}"] if original_id else []),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="{boundary}"',
    ]
    told = f"{title} : {receipt.cause}\r\nDestinataire : {receipt.recipient}"
    if read:
        fields = [
            "Reporting-UA: SegurStack; Mon espace sante",
            f"Original-Recipient: rfc822; {receipt.recipient}",
            f"Final-Recipient: rfc822; {receipt.recipient}",
            *([f"Original-Message-ID: {original_id}"] if original_id else []),
            "Disposition: manual-action/MDN-sent-automatically; displayed",
        ]
    else:
        fields = [
            f"Reporting-MTA: dns; {domain}",
            f"Arrival-Date: {format_datetime(at)}",
            "",
            f"Final-Recipient: rfc822; {receipt.recipient}",
            f"Action: {receipt.action}",
            f"Status: {receipt.status}",
            *([f"Diagnostic-Code: smtp; 550 {receipt.status}"] if receipt.action == "failed" else []),
        ]
    block = "\r\n".join
    parts = [
        block(['Content-Type: text/plain; charset="utf-8"', "Content-Transfer-Encoding: 8bit", "", told]),
        block([f"Content-Type: message/{kind}", "", *fields, ""]),
        block(["Content-Type: text/rfc822-headers", "", ""]),
    ]
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts[:2]).encode()
    body += f"--{boundary}\r\n{parts[2]}".encode() + original.rstrip() + f"\r\n--{boundary}--\r\n".encode()
    return block(head).encode() + b"\r\n\r\n" + body


def _encoded(text: str) -> str:
    return "".join(chr(b) if chr(b).isalnum() and b < 128 else "_" if b == 32 else f"={b:02X}" for b in text.encode())
