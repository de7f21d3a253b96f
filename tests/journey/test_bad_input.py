"""Bad input at every door of the running platform: the protocol's own error, nobody falls, nothing is stored.

One row a case. What each service says in detail is told by its own contract tests.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from segur.scenario.actors import insi_client
from segur.scenario.actors.ris import STUDIES
from segur.scenario.stage import Stage
from tests.journey.conftest import Platform
from tests.journey.doors import (
    BOMB,
    MIME,
    OIDC,
    SOAP,
    Bad,
    World,
    bomb_as_report,
    bomb_in_document,
    bomb_in_metadata,
    broken_mime,
    http,
    imap_line,
    imap_login,
    mail,
    mail_with,
    mllp,
    no_dmp,
    report_without_study,
    smtp_login,
    too_much,
    wrong_patient,
    zip_bomb,
)

pytestmark = pytest.mark.timeout(170)

DMP, DRIM = "/si-dmp-server/v2/services/repository", STUDIES
ROWS = [
    Bad("edge", "unknown path", http("GET", "/nowhere"), "404 .*no_route"),
    Bad("edge", "unknown sandbox", http("GET", "/s/nulle-part/auth"), "404 .*segur sandbox create nulle-part"),
    Bad("edge", "host that is none", http("GET", "/auth", host="a b"), "400 .*bad_host"),
    Bad("dmp soap", "not XML", http("POST", DMP, content=b"hello", kind=SOAP), "500 .*DMPInvalidMessage"),
    Bad("dmp soap", "entity bomb", http("POST", DMP, content=BOMB, kind=SOAP), "500 .*DMPInvalidMessage"),
    Bad("dmp soap", "broken MIME", http("POST", DMP, content=b"--cut\r\n\r\nx", kind=MIME), "500 .*DMPInvalidMessage"),
    Bad("dmp soap", "oversize", http("POST", DMP, content=too_much, kind=SOAP), "413 "),
    Bad("dmp soap", "wrong patient", wrong_patient, "(200|500) .*(XDSPatientIdDoesNotMatch|DMP)"),
    Bad("dmp soap", "patient without DMP", no_dmp, "200 XDSUnknownPatientId"),
    Bad("dmp soap", "entity bomb as document", bomb_in_document, "200 XDSRepositoryMetadataError"),
    Bad(
        "dmp fhir",
        "not JSON",
        http("POST", "/dmp/fhir", content=b"{", kind="application/fhir+json", authorization="Bearer x"),
        "40[01] .*OperationOutcome",
    ),
    Bad(
        "dmp fhir",
        "unknown token",
        http(
            "GET",
            "/dmp/fhir/DocumentReference?patient.identifier=urn:oid:1.2.250.1.213.1.4.10|279035121518989&status=current",
            authorization="Bearer x",
        ),
        "401 .*OperationOutcome",
    ),
    Bad("dmp fhir", "oversize", http("POST", "/dmp/fhir", content=too_much, kind="application/fhir+json"), "413 "),
    Bad("mes", "wrong code", http("GET", "/mes/api/patients/279035121518989/documents", x_mes_code="9"), "401 "),
    Bad(
        "mes",
        "unknown patient",
        http("GET", "/mes/api/patients/199999999999999/documents", x_mes_code="000000"),
        "40[14] ",
    ),
    Bad(
        "ins",
        "not XML",
        http("POST", "/insi/lps", content=b"hello", kind=SOAP, insi=True),
        "500 .*Fault.*segur_message",
    ),
    Bad(
        "ins",
        "entity bomb",
        http("POST", "/insi/lps", content=BOMB, kind=SOAP, insi=True),
        "500 .*Fault.*segur_message",
    ),
    Bad(
        "ins",
        "oversize",
        http("POST", "/insi/lps", content=b"<a>" + bytes(300 << 10), kind=SOAP, insi=True),
        "500 .*Fault.*segur_taille",
    ),
    Bad("ins", "wrong certificate", http("POST", "/insi/lps", content=b"<a/>", kind=SOAP), "500 .*Fault"),
    Bad(
        "annuaire",
        "unknown parameter",
        http("GET", "/fhir/v2/Practitioner?gender=male"),
        "400 .*OperationOutcome.*gender",
    ),
    Bad("annuaire", "unknown resource", http("GET", "/fhir/v2/Practitioner/003-0"), "404 .*OperationOutcome"),
    Bad(
        "annuaire", "write", http("POST", "/fhir/v2/Practitioner", content=b"{}", kind="application/fhir+json"), "405 "
    ),
    Bad("psc", "unknown token", http("GET", f"{OIDC}/userinfo", authorization="Bearer x.y.z"), "401 .*invalid_token"),
    Bad(
        "psc",
        "form that is JSON",
        http("POST", f"{OIDC}/token", content=b"{}", kind="application/json"),
        "400 .*invalid_request",
    ),
    Bad(
        "psc",
        "oversize",
        http("POST", f"{OIDC}/token", content=b"a=" + b"x" * (80 << 10), kind="application/x-www-form-urlencoded"),
        "(400|413) ",
    ),
    Bad("psc", "unknown client", http("GET", "/auth?client_id=x&redirect_uri=http://evil.example/"), "400 "),
    Bad("drim stow", "not multipart", http("POST", DRIM, content=b"x", kind="application/dicom"), "415 "),
    Bad(
        "drim stow",
        "broken MIME",
        http("POST", DRIM, content=b"--b\r\n\r\nx", kind='multipart/related; type="application/dicom"; boundary=b'),
        "400 ",
    ),
    Bad(
        "drim stow",
        "not DICOM",
        http(
            "POST",
            DRIM,
            content=b"--b\r\nContent-Type: application/dicom\r\n\r\nhello\r\n--b--\r\n",
            kind='multipart/related; type="application/dicom"; boundary=b',
        ),
        "409 ",
    ),
    Bad(
        "drim wado",
        "unknown token",
        http(
            "GET",
            f"{DRIM}/1.2.3/series/1.2.4",
            authorization="Bearer x",
            kos_sopinstanceuid="1.2.5",
            accept='multipart/related; type="application/dicom"',
        ),
        "401 ",
    ),
    Bad("drim wado", "no token", http("GET", f"{DRIM}/1.2.3/series/1.2.4"), "401 "),
    Bad("drim mllp", "not HL7", mllp(lambda _: b"hello"), "AR"),
    Bad("drim mllp", "report without study", mllp(report_without_study), "AE .*StudyInstanceUID"),
    Bad("drim mllp", "entity bomb as report", mllp(bomb_as_report), "AE"),
    Bad("mssante smtp", "unknown token", smtp_login("x"), "334 .* \\| 535 5.7.8"),
    Bad("mssante smtp", "broken MIME", mail(broken_mime), "554 5.6.0"),
    Bad(
        "mssante smtp",
        "not a ZIP",
        mail(lambda world: mail_with(world, archive=b"PK no")),
        "554 5.6.0 IHE_XDM.ZIP refuse",
    ),
    Bad("mssante smtp", "zip bomb", mail(lambda world: mail_with(world, zip_bomb)), "554 5.6.0 .*bomb"),
    Bad("mssante smtp", "entity bomb", mail(lambda world: mail_with(world, bomb_in_metadata)), "554 5.6.0 .*DOCTYPE"),
    Bad(
        "mssante smtp",
        "oversize",
        mail(lambda _: b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * (40 << 10)),
        "552 5.3.4",
    ),
    Bad("mssante imap", "unknown token", imap_login("x"), "AUTHENTICATIONFAILED"),
    Bad("mssante imap", "no tag", imap_line(b"\r\n"), "BAD"),
    Bad("mssante imap", "line without end", imap_line(b"a" * (80 << 10) + b"\r\n"), "BYE|BAD"),
    Bad("control", "not JSON", http("POST", "/api/faults", content=b"{", control=True), "400 "),
    Bad(
        "control",
        "not OTLP",
        http("POST", "/v1/traces", content=b"\xff\xff", kind="application/x-protobuf", control=True),
        "400 ",
    ),
    Bad(
        "control",
        "gzip bomb",
        http(
            "POST",
            "/v1/traces",
            content=gzip.compress(bytes(64 << 20)),
            kind="application/x-protobuf",
            control=True,
            content_encoding="gzip",
        ),
        "(400|413) ",
    ),
]


@pytest.fixture(scope="module")
def world(platform: Platform) -> Iterator[World]:
    """The doors of the platform of this worker."""
    world = World(platform)
    yield world
    world.store.close()


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_bad_input_gets_the_protocols_own_error_and_leaves_nothing(world: World, row: Bad) -> None:
    before, running = world.stored(), dict(world.platform.running.pids)
    stage = Stage(world.platform.running)
    world.client = stage.client(world.identity)
    world.insi = stage.client(insi_client.identity(stage.authority, world.user.structure))
    world.software = replace(world.software, client=world.client)
    try:
        answer = await row.send(world)
    except httpx.HTTPError as error:
        pytest.fail(f"no answer: {error!r}")
    finally:
        await stage.close()
    assert re.match(row.answer, answer, re.DOTALL) or re.search(row.answer, answer.splitlines()[0]), answer[:600]
    assert "Traceback" not in answer
    assert world.stored() == before
    assert world.platform.running.pids == running


def test_every_service_is_still_ready_after_all_of_it(platform: Platform) -> None:
    assert platform.ready()
