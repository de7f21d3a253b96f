"""The real Pro Santé Connect, the gateway and the operator together: a report goes out and is read with true tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
import segur_gateway.service
import segur_gateway.settings
import segur_mssante.service
import segur_psc.service
import segur_psc.settings

from segur.kernel.ids import new_id
from segur.kernel.pki import Authority
from segur.kernel.tls import client_context
from segur.personas import roles
from segur.scenario.actors import psc_client
from segur.scenario.actors.mail_client import MailRefused, read_report, report_mail, send_report
from tests.conftest import free_port
from tests.contract.mssante.conftest import COUNTRY, InThread, Operator, mssante_settings
from tests.contract.mssante.test_archives import report

if TYPE_CHECKING:
    from tests.conftest import Servers

RADIOLOGIST, DOCTOR = COUNTRY.professional(roles.RADIOLOGIST), COUNTRY.professional(roles.GENERAL_PRACTITIONER)
TRACE = "2af7651916cd43dd8448eb211c80319c"


@dataclass
class Country:
    """Three services and the tokens of two professionals."""

    operator: Operator
    edge: str
    sender_token: str
    reader_token: str


@pytest.fixture(scope="module")
def country(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """psc, gateway and mssante on one home, as `segur up` would run them."""
    home, namespace = tmp_path_factory.mktemp("country"), f"t{new_id().lower()}"
    edge_http, edge_tls, psc_port = free_port(), free_port(), free_port()
    shared = {"namespace": namespace, "gateway_url": f"http://127.0.0.1:{edge_http}"}
    psc = segur_psc.settings.Settings(**servers.settings(home, **shared, port=psc_port).model_dump())
    mssante = mssante_settings(servers, home, **shared)
    gateway = segur_gateway.settings.Settings(
        **servers.settings(home, **shared).model_dump(),
        edge_http_port=edge_http,
        edge_tls_port=edge_tls,
        upstreams={"psc": f"http://127.0.0.1:{psc_port}", "mssante": f"http://127.0.0.1:{mssante.port}"},
    )
    service = segur_mssante.service.build(mssante)
    with InThread(segur_psc.service.build(psc), service, segur_gateway.service.build(gateway)) as thread:
        edge = f"https://localhost:{edge_tls}"
        tls = client_context(Authority.of_home(home).bundle)

        async def tokens() -> list[str]:
            found = []
            for person in (RADIOLOGIST, DOCTOR):
                async with httpx.AsyncClient(verify=tls, trust_env=False, timeout=20) as client:
                    found.append((await psc_client.sign_in(client, edge, str(person.id_nat))).access_token)
            return found

        sender, reader = asyncio.run(tokens())
        yield Country(Operator(mssante, service, thread), edge, sender, reader)


async def test_a_report_travels_from_the_radiologist_to_the_doctor(country: Country) -> None:
    operator, document = country.operator, report()
    told = operator.settings
    bundle = operator.authority.bundle
    mail = report_mail(
        [document],
        sender=RADIOLOGIST.mailbox,
        sender_label=RADIOLOGIST.display_name,
        recipients=[DOCTOR.mailbox, COUNTRY.patient("P1").citizen_address],
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
        delivery_receipt=True,
    )
    words = await send_report(
        "localhost", told.smtp_port, bundle, mail,
        mailbox=RADIOLOGIST.mailbox, token=country.sender_token,
        recipients=[DOCTOR.mailbox, COUNTRY.patient("P1").citizen_address],
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
    )  # fmt: skip
    assert "queued as" in words

    found = await read_report(
        "localhost", told.imap_port, bundle,
        mailbox=DOCTOR.mailbox, token=country.reader_token, message_id=str(mail["Message-ID"]),
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
    )  # fmt: skip
    assert found.cda == document
    assert found.subject == "XDM/1.0/DDM+CR d'imagerie médicale PAT-TROIS DOMINIQUE 28/03/1979"
    for type_ in ("accepted", "delivered", "acknowledged", "read"):
        assert TRACE in "".join(operator.facts(f"mssante.message.{type_}")), type_
    assert '"findings":[]' in "".join(operator.facts("mssante.message.accepted"))


async def test_a_token_opens_its_holders_mailboxes_only(country: Country) -> None:
    operator = country.operator
    told, bundle = operator.settings, operator.authority.bundle
    team = next(box for box in COUNTRY.mailboxes_of("ST3") if box.kind == "ORG")
    with pytest.raises(LookupError):
        await read_report(
            "localhost", told.imap_port, bundle,
            mailbox=team.address, token=country.sender_token, message_id="<none>", patience_s=0,
        )  # fmt: skip
    for mailbox, token in (
        (DOCTOR.mailbox, country.sender_token),
        (team.address, country.reader_token),
        (DOCTOR.mailbox, country.reader_token[:-6] + "AAAAAA"),
    ):
        with pytest.raises(MailRefused, match="AUTHENTICATIONFAILED"):
            await read_report(
                "localhost", told.imap_port, bundle, mailbox=mailbox, token=token, message_id="<none>", patience_s=0
            )
        with pytest.raises(MailRefused, match="535"):
            await send_report(
                "localhost", told.smtp_port, bundle,
                report_mail([report()], sender=mailbox, sender_label="x", recipients=[mailbox]),
                mailbox=mailbox, token=token, recipients=[mailbox],
            )  # fmt: skip
