"""Settings of the MSSanté operator."""

from __future__ import annotations

from pydantic import Field

from segur.kernel.settings import KernelSettings


class Settings(KernelSettings):
    """Where the mail doors listen and what they take."""

    smtp_port: int = Field(default=1587, description="SMTP submission, STARTTLS")
    imap_port: int = Field(default=1143, description="IMAP, STARTTLS")
    mail_host: str = Field(default="localhost", description="name of the mail doors told by the autoconfiguration")
    max_message_bytes: int = Field(default=25 * 1024 * 1024, ge=1024, description="largest message, encoded")
    introspection_client: str = "segur-api"
    introspection_secret: str = "segur-api-secret"  # noqa: S105 - the fixed secret of an emulated client
