"""Settings of the MSSanté operator."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Where the mail doors listen, what they take, and how strict they are."""

    smtp_port: int = Field(default=2587, description="SMTP submission, STARTTLS")
    imap_port: int = Field(default=2143, description="IMAP, STARTTLS")
    imaps_port: int = Field(default=2993, description="IMAP, TLS from the first byte")
    mail_host: str = Field(default="localhost", description="name of the mail doors told by the autoconfiguration")
    max_message_bytes: int = Field(default=25 * 1024 * 1024, ge=1024, description="largest message, encoded")
    max_recipients: int = Field(default=100, ge=1, description="most recipients of a message")
    mailbox_quota_bytes: int = Field(default=1024**3, ge=1, description="a mailbox that holds this much takes no more")
    mail_connections: int = Field(default=600, ge=1, description="most connections of one address to one mail door")
    mail_login_s: float = Field(default=60, gt=0, description="time to authenticate, and to send a line or a literal")
    mail_idle_s: float = Field(default=1_800, gt=0, description="an IMAP session that says nothing ends after this")
    psc_logout_grace_s: float = Field(
        default=5,
        ge=0,
        description="after the end of a Pro Santé Connect session its mail sessions have so long to leave "
        "by themselves (ECO.1.2.6), then the operator ends them",
    )
    holder_delay_s: int = Field(
        default=86_400,
        ge=1,
        description="with the fault mssante.auth.holder_delay: a mailbox opens to nobody so long after its declaration",
    )
    archive_checks: Literal["refuse", "report"] = Field(
        default="refuse",
        description="a broken IHE_XDM.ZIP: refuse the mail, or take it and report, as an operator that only carries",
    )
    citizen_bounce: Literal["later", "at_once"] = Field(
        default="later", description="citizen mailbox closed or unknown: 250 then a mail, or a refusal at RCPT"
    )
    imap_sasl_ir: bool = Field(default=True, description="take the token on the AUTHENTICATE line (RFC 4959)")
    introspection_client: str = "segur-api"
    introspection_secret: str = "segur-api-secret"  # noqa: S105 - the fixed secret of an emulated client
    mes_code: str = Field(default="000000", description="code of every patient for Mon espace santé")
