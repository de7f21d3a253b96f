"""Someone else's SOAP client (zeep) does INS1 and INS2 with a strict INSi, from the published WSDL alone."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zeep
import zeep.exceptions
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from segur_ins.service import build
from segur_ins.settings import Settings

from segur.kernel import request
from segur.kernel.http_server import HttpListener, Surface
from segur.kernel.ids import new_id
from segur.kernel.pki import Authority
from segur.personas.country import build_country
from segur.personas.vitale import card_of
from tests.conftest import Servers, free_port

P1 = build_country().patient("P1")
CHILD = build_country().patient("P7")
ISSUER = "10B0152872"


@dataclass(frozen=True, slots=True)
class Contract:
    """Where the contract is, and the headers by which the gateway tells the caller's certificate (INSI-AUTO)."""

    address: str
    certificate: dict[str, str]


@pytest.fixture
async def contract(servers: Servers, tmp_path: Path) -> AsyncIterator[Contract]:
    """A listening INSi that reads strictly."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    service = build(
        Settings(
            home=tmp_path,
            namespace=f"t{new_id().lower()}",
            mongo_url=servers.mongo_url,
            ins_strict=True,
            ins_test_identities=True,
        )
    )
    made = Authority.of_home(tmp_path).issue("insi", "org-auth", common_name="INSI-AUTO", unit=ISSUER)
    der = x509.load_pem_x509_certificate(made.certificate.read_bytes()).public_bytes(Encoding.DER)
    store = service.floor.store
    await store.open()
    assert service.seed is not None
    await service.seed("default")
    listener = HttpListener(Surface(service.app, default_base=base, max_body_bytes=1 << 20), "127.0.0.1", port)
    await listener.start()
    headers = {request.CERTIFICATE_HEADER.decode(): base64.b64encode(der).decode()}
    yield Contract(f"{base}/insi/lps?wsdl", headers)
    await listener.stop()
    await store.client.drop_database(store.database.name)
    await store.close()


def call(contract: Contract, operation: str, cover: Any = "", **body: Any) -> Any:
    """One call by zeep: the result."""
    with zeep.Client(contract.address) as client:
        client.transport.session.headers.update(contract.certificate)
        now = datetime.now(UTC)
        lps = client.get_element("{urn:siram:lps:ctxlps}ContexteLPS")
        bam = client.get_element("{urn:siram:bam:ctxbam}ContexteBAM")
        headers = {
            "contexteLPS": lps(
                Version="01_00",
                Nature="CTXLPS",
                Id="1",
                Temps=now,
                Emetteur=ISSUER,
                LPS={"IDAM": {"_value_1": "IDAM-1", "R": "4"}, "Version": "1", "Nom": "zeep"},
            ),
            "contexteBAM": bam(Version="01_02", Id="2", Temps=now, Emetteur=ISSUER, COUVERTURE=cover or {}),
        }
        return client.service[operation](**body, _soapheaders=headers)


async def search(contract: Contract, **traits: Any) -> Any:
    """INS2."""
    return await asyncio.to_thread(call, contract, "rechercherInsAvecTraitsIdentite", **traits)


async def read_card(contract: Contract, holder: str, **reading: Any) -> Any:
    """INS1, for a card of this policy holder."""
    cover = {
        "GrandRegime": "01",
        "Organisme": "751",
        "CodeCentre": "0000",
        "ASSURE": {"Id": {"Num": holder[:13], "Cle": holder[13:]}},
        "BENEFICIAIRE": {"DateNai": reading.get("DateNaissance", ""), "Rang": "1"},
    }
    body = {"MatriculeOD": {"NumIdentifiant": holder[:13], "Cle": holder[13:]}, **reading}
    return await asyncio.to_thread(call, contract, "rechercherInsAvecCarteVitale", cover, **body)


async def test_zeep_searches_an_identity_and_reads_a_fault(contract: Contract) -> None:
    traits = {
        "NomNaissance": P1.birth_name,
        "Prenom": [P1.given_name],
        "Sexe": P1.sex,
        "DateNaissance": P1.birth_date.isoformat(),
    }
    found = await search(contract, **traits)
    assert found.CR.CodeCR == "00"
    number = found.INDIVIDU.INSACTIF.IdIndividu
    assert number.NumIdentifiant + number.Cle == P1.ins.matricule
    assert found.INDIVIDU.TIQ.ListePrenom == " ".join(P1.given_names)
    history = await search(
        contract, NomNaissance="ECETINSI", Prenom=["PIERRE-ALAIN"], Sexe="M", DateNaissance="2009-07-14"
    )
    assert len(history.INDIVIDU.INSHISTO) == 2
    nobody = await search(contract, **{**traits, "Prenom": ["INCONNUE"]})
    assert (nobody.CR.CodeCR, nobody.INDIVIDU) == ("01", None)
    with pytest.raises(zeep.exceptions.Fault) as refused:
        await search(contract, **{**traits, "Sexe": "X"})
    assert refused.value.code == "S:Sender"
    assert refused.value.detail.find("{urn:siram}Erreur").get("code") == "segur_traits"


async def test_zeep_reads_a_card(contract: Contract) -> None:
    own = {"NumIdentifiant": P1.ins.matricule[:13], "Cle": P1.ins.matricule[13:]}
    found = await read_card(contract, P1.ins.matricule, MatriculeIndividu=own)
    assert (found.CR.CodeCR, found.INDIVIDU.TIQ.NomNaissance) == ("00", P1.birth_name)
    card = card_of(CHILD)
    found = await read_card(
        contract,
        card.holder.matricule,
        NomNaissance=card.birth_name,
        DateNaissance=card.birth_date.isoformat(),
        RangNaissance="1",
    )
    number = found.INDIVIDU.INSACTIF.IdIndividu
    assert number.NumIdentifiant + number.Cle == CHILD.ins.matricule
    nobody = await read_card(contract, P1.ins.matricule, DateNaissance="1901-01-01")
    assert (nobody.CR.CodeCR, nobody.INDIVIDU) == ("01", None)
