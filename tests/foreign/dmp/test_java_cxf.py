"""Apache CXF, with classes made from our WSDLs, tests, feeds in MTOM, searches, reads and deletes over mutual TLS.

`java/` is the software: it writes and signs its VIHF itself, and shows the certificate of its structure to the edge.
`SEGUR_TEST_JAVA=1` runs it, where Maven and a JDK are there [docs/java-client.md].
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from segur_gateway.service import build
from segur_gateway.settings import Settings
from typer.testing import CliRunner

from segur.cli.certs import certs_app
from segur.kernel.runner import running
from segur.personas import roles
from segur.scenario.actors.lps import Software, submission_of
from segur.wire import saml
from tests.conftest import Servers, free_port
from tests.contract.dmp.conftest import Dmp
from tests.foreign.dmp import editors_values as editor
from tests.foreign.java import PATIENCE_S, built

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(2 * PATIENCE_S)]

SERVICES = "/si-dmp-server/v2/services"
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
PASSWORD = "segur-java"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(dmp: Dmp, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the software, its classes made from the WSDLs the DMP publishes."""
    source, folder = Path(__file__).parent / "java", tmp_path_factory.mktemp("java")
    return await asyncio.to_thread(built, source, folder, dmp_services=f"{dmp.base}{SERVICES}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def edge(program: list[str], dmp: Dmp, servers: Servers) -> AsyncIterator[dict[str, str]]:
    """The gateway's two doors in front of the DMP."""
    settings = Settings(
        **servers.settings(dmp.settings.home).model_dump(),
        edge_http_port=free_port(),
        edge_tls_port=free_port(),
        upstreams={"dmp": dmp.base},
    )
    async with running(build(settings)):
        yield {
            "https": f"https://localhost:{settings.edge_tls_port}{SERVICES}",
            "http": f"http://localhost:{settings.edge_http_port}{SERVICES}",
        }


def user(dmp: Dmp, software: Software, mode: saml.AuthenticationMode, folder: Path) -> editor.Values:
    """Who acts, with the certificates that `segur certs` gives the structure."""
    claims = saml.read_vihf(software.vihf(dmp.patient().ins, mode))
    assert claims.sector is not None
    texts = {
        "Identifiant_Structure": claims.structure,
        "Secteur_Activite": f"{claims.sector.code}^{claims.sector.system}",
        "urn:oasis:names:tc:xspa:1.0:subject:subject-id": claims.subject_id,
        "LPS_Nom": claims.lps_name,
        "LPS_Version": claims.lps_version,
        "LPS_ID_HOMOLOGATION_DMP": claims.lps_approval,
    }
    coded = [{"code": one.code, "system": one.system, "display": one.display} for one in claims.roles]
    return {
        "professional": {"nameId": claims.name_id, "texts": texts, "roles": coded},
        "structure": issued(dmp, claims.structure, "org-auth", folder),
        "signing": issued(dmp, claims.structure, "org-sign", folder),
    }


def issued(dmp: Dmp, structure: str, kind: str, folder: Path) -> str:
    """The PKCS#12 file of a structure's certificate."""
    name = f"java-{structure.replace('/', '-')}-{kind}"
    command = ["issue", name, "--home", str(dmp.settings.home), "--kind", kind, "--unit", structure]
    done = CliRunner().invoke(certs_app, [*command, "--password", PASSWORD, "--out", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    return str(json.loads(done.output)["pkcs12"])


@pytest.mark.parametrize("door", ["https", "http"])
async def test_cxf_tests_feeds_finds_reads_and_deletes(
    program: list[str], edge: dict[str, str], dmp: Dmp, tmp_path: Path, door: str
) -> None:
    """In the clear too, where Java's client offers HTTP/2 with each request."""
    document, patient = dmp.document(), dmp.patient()
    acting = {"author": roles.RADIOLOGIST, "reader": roles.GENERAL_PRACTITIONER, "stranger": roles.DENTIST}
    author = dmp.software(roles.RADIOLOGIST, tls=False)
    submission = submission_of(document, author.user)
    [entry] = submission.entries
    mode = saml.AuthenticationMode.REINFORCED
    told = {
        "services": edge[door],
        "authority": str(dmp.authority.bundle),
        "password": PASSWORD,
        "patient": patient.ins.cx,
        **{name: user(dmp, dmp.software(who, tls=False), mode, tmp_path) for name, who in acting.items()},
        "existence": editor.existence_query(patient.ins),
        "objects": editor.objects_of(submission),
        "document": base64.b64encode(document).decode(),
        "find": editor.find_documents(patient.ins),
        "uniqueId": entry.unique_id,
        "deletion": editor.deletion(replace(entry, entry_uuid="ENTRYUUID")),
    }
    done = await asyncio.to_thread(
        subprocess.run,
        [*program, "fr.segurstack.lps.Run"],
        input=json.dumps(told).encode(),
        capture_output=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "status": "active",
        "AUTORISATION": "VALIDE",
        "STATUT_MT": found["STATUT_MT"],
        "fed": SUCCESS,
        "size": str(len(document)),
        "mimeType": "text/xml",
        "document": told["document"],
        "deleted": SUCCESS,
        "left": 0,
        "refused": "DMPAccessDeniedByRightsService",
        "reason": found["reason"],
    }
    assert found["STATUT_MT"] in (True, False)
    assert "autorisé sur ce DMP" in found["reason"], "accents are read as they were written"
