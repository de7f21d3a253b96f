"""Someone else's SOAP client (zeep) searches an identity, knowing nothing but the published contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zeep
import zeep.exceptions
from segur_ins.service import build
from segur_ins.settings import Settings

from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.personas.country import build_country
from tests.conftest import Servers, free_port

P1 = build_country().patient("P1")


@pytest.fixture
async def contract(servers: Servers, tmp_path: Path) -> AsyncIterator[str]:
    """The address of the contract of a listening INSi that reads strictly."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    service = build(
        Settings(home=tmp_path, namespace=f"t{new_id().lower()}", mongo_url=servers.mongo_url, ins_strict=True)
    )
    store = service.floor.store
    await store.open()
    assert service.seed is not None
    await service.seed("default")
    listener = HttpListener(Surface(service.app, default_base=base, max_body_bytes=1 << 20), "127.0.0.1", port)
    await listener.start()
    yield f"{base}/insi/lps?wsdl"
    await listener.stop()
    await store.client.drop_database(store.database.name)
    await store.close()


def search(contract: str, **traits: Any) -> tuple[Any, dict[str, Any]]:
    """One call by zeep: the result, and the headers it sent by name."""
    with zeep.Client(contract) as client:
        now = datetime.now(UTC)
        lps = client.get_element("{urn:siram:lps:ctxlps}ContexteLPS")
        bam = client.get_element("{urn:siram:bam:ctxbam}ContexteBAM")
        headers = {
            "contexteLPS": lps(
                Version="01_00",
                Nature="CTXLPS",
                Id="1",
                Temps=now,
                Emetteur="10B0152872",
                LPS={"IDAM": {"_value_1": "IDAM-1", "R": "4"}, "Version": "1", "Nom": "zeep"},
            ),
            "contexteBAM": bam(Version="01_02", Id="2", Temps=now, Emetteur="10B0152872", COUVERTURE=""),
            "action": "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite",
            "messageID": "uuid:zeep-1",
        }
        return client.service.rechercherInsAvecTraitsIdentite(**traits, _soapheaders=headers), headers


async def test_zeep_searches_an_identity_and_reads_a_fault(contract: str) -> None:
    traits = {
        "NomNaissance": P1.birth_name,
        "Prenom": [P1.given_name],
        "Sexe": P1.sex,
        "DateNaissance": P1.birth_date.isoformat(),
    }
    found, _ = await asyncio.to_thread(search, contract, **traits)
    assert found.CR.CodeCR == "00"
    number = found.INDIVIDU.INSACTIF.IdIndividu
    assert number.NumIdentifiant + number.Cle == P1.ins.matricule
    assert found.INDIVIDU.TIQ.ListePrenom == " ".join(P1.given_names)
    history, _ = await asyncio.to_thread(
        search, contract, NomNaissance="ECETINSI", Prenom=["PIERRE-ALAIN"], Sexe="M", DateNaissance="2009-07-14"
    )
    assert len(history.INDIVIDU.INSHISTO) == 2
    nobody, _ = await asyncio.to_thread(search, contract, **{**traits, "Prenom": ["INCONNUE"]})
    assert (nobody.CR.CodeCR, nobody.INDIVIDU) == ("01", None)
    with pytest.raises(zeep.exceptions.Fault) as refused:
        await asyncio.to_thread(search, contract, **{**traits, "Sexe": "X"})
    assert refused.value.code == "S:Sender"
    assert refused.value.detail.find("{urn:siram}Erreur").get("code") == "segur_traits"
