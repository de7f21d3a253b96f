"""npm's soap, told the address of our WSDLs, tests, feeds in MTOM, searches, reads and deletes.

`node/run.mjs` is the software; npm installs what `node/package-lock.json` pins into a folder of its own. Where node or
npm is absent, or the registry does not answer, the test skips and says so.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from segur.personas import roles
from segur.scenario.actors.lps import submission_of
from segur.wire import saml
from tests.contract.dmp.conftest import Dmp
from tests.foreign.dmp import editors_values as editor
from tests.foreign.node import PATIENCE_S, installed

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

SERVICES = "/si-dmp-server/v2/services"
AIR, INDIRECT = saml.AuthenticationMode.REINFORCED, saml.AuthenticationMode.INDIRECT
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with its packages beside it."""
    return installed(Path(__file__).parent / "node", tmp_path_factory.mktemp("node"))


def grouped(objects: list[editor.Values]) -> editor.Values:
    """Registry objects by the name of their element, as this library takes a choice."""
    found: editor.Values = {}
    for one in objects:
        [(name, value)] = one.items()
        found.setdefault(name, []).append(editor.for_node(value))
    return found


async def test_it_tests_feeds_finds_reads_and_deletes(program: Path, dmp: Dmp) -> None:
    document, patient = dmp.document(), dmp.patient()
    author, reader = (dmp.software(who, tls=False) for who in (roles.RADIOLOGIST, roles.GENERAL_PRACTITIONER))
    submission = submission_of(document, author.user)
    [entry] = submission.entries
    calls = {
        "existence": reader.vihf(patient.ins, AIR),
        "feed": author.vihf(patient.ins, INDIRECT),
        "delete": author.vihf(patient.ins, AIR),
        **{name: reader.vihf(patient.ins, AIR) for name in ("find", "retrieve", "again")},
    }
    told = {
        "base": f"{dmp.base}{SERVICES}",
        "vihf": {name: etree.tostring(assertion).decode() for name, assertion in calls.items()},
        "existence": editor.for_node(editor.existence_query(patient.ins)),
        "objects": grouped(editor.objects_of(submission)),
        "document": base64.b64encode(document).decode(),
        "find": editor.for_node(editor.find_documents(patient.ins)),
        "uniqueId": entry.unique_id,
        "deletion": grouped(editor.deletion(replace(entry, entry_uuid="ENTRYUUID"))),
    }
    done = await asyncio.to_thread(
        subprocess.run,
        ["node", str(program)],
        input=json.dumps(told),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "status": "active",
        "fed": SUCCESS,
        "size": str(len(document)),
        "mimeType": "text/xml",
        "document": told["document"],
        "deleted": SUCCESS,
        "left": 0,
    }
