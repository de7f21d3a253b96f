"""One change in the directory, told over the real bus: who can sign in, get mail and submit follows from it.

The real Pro Santé Connect, mail operator and DMP run behind a gateway, as `segur up` would run them.
"""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import segur_annuaire.service
import segur_annuaire.settings
import segur_dmp.service
import segur_dmp.settings
import segur_gateway.service
import segur_gateway.settings
import segur_mssante.service
import segur_psc.service
import segur_psc.settings
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.parameters import Parameters
from segur_dmp.store import Records

from segur.kernel.ids import new_id
from segur.kernel.pki import Authority
from segur.kernel.store import Store
from segur.kernel.tls import client_context
from segur.personas.country import build_country
from segur.scenario.actors import psc_client
from tests.conftest import free_port
from tests.contract.mssante.conftest import InThread, Operator, mail, mssante_settings, xoauth2

if TYPE_CHECKING:
    from tests.conftest import Servers

COUNTRY = build_country()
_PATIENCE_S = 40.0


@dataclass
class Country:
    """The directory's API, the doors of those who follow, and the facts' way between them."""

    api: httpx.Client
    edge: str
    operator: Operator
    dmp: segur_dmp.settings.Settings
    thread: InThread

    def register(self, **more: Any) -> dict[str, Any]:
        body = {"family_name": "Suiveuse", "given_name": "Lise", "profession": "10", "speciality": "SM54", **more}
        answer = self.api.post("/professionals", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def sign_in(self, id_nat: str) -> psc_client.SignedIn:
        async def signed_in() -> psc_client.SignedIn:
            trust = client_context(Authority.of_home(self.operator.settings.home).bundle)
            async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=20) as client:
                return await psc_client.sign_in(client, self.edge, id_nat)

        return asyncio.run(signed_in())

    def mailbox(self, address: str) -> dict[str, Any] | None:
        found = self.thread.call(
            self.operator.service.floor.store._collections["mailboxes"].find_one({"address": address})
        )
        return dict(found) if found else None

    def directory_of_the_dmp(self, *names: str) -> Directory:
        async def news() -> Directory:
            store = Store(self.dmp, "dmp")
            try:
                return Directory.of(COUNTRY).amended(await Records(store, Parameters()).news.of(*names))
            finally:
                await store.close()

        return self.thread.call(news())


@pytest.fixture(scope="module")
def country(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    home, namespace = tmp_path_factory.mktemp("followers"), f"t{new_id().lower()}"
    edge_http, edge_tls = free_port(), free_port()
    shared = {"namespace": namespace, "gateway_url": f"http://127.0.0.1:{edge_http}"}

    def told() -> dict[str, Any]:
        return servers.settings(home, **shared).model_dump()

    psc = segur_psc.settings.Settings(**told(), psc_recent_s=0)
    dmp = segur_dmp.settings.Settings(**told())
    annuaire = segur_annuaire.settings.Settings(**told())
    mssante = mssante_settings(servers, home, **shared)
    upstreams = {
        name: f"http://127.0.0.1:{one.port}"
        for name, one in (("psc", psc), ("dmp", dmp), ("annuaire", annuaire), ("mssante", mssante))
    }
    gateway = segur_gateway.settings.Settings(
        **told(), edge_http_port=edge_http, edge_tls_port=edge_tls, upstreams=upstreams
    )
    operator = segur_mssante.service.build(mssante)
    with (
        InThread(
            segur_psc.service.build(psc),
            segur_dmp.service.build(dmp),
            segur_annuaire.service.build(annuaire),
            operator,
            segur_gateway.service.build(gateway),
        ) as thread,
        httpx.Client(base_url=f"http://127.0.0.1:{edge_http}/annuaire/api", trust_env=False, timeout=30) as api,
    ):
        yield Country(api, f"https://localhost:{edge_tls}", Operator(mssante, operator, thread), dmp, thread)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for an effect of a fact, for a bounded time."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_new_professional_signs_in_gets_mail_and_has_a_post_in_the_dmp(country: Country) -> None:
    made = country.register(situations=[{"structure": "ST1", "mode": "S"}])
    id_nat, address = made["id_nat"], made["mailboxes"][0]["address"]
    until(lambda: country.mailbox(address) is not None, "the operator opens the mailbox")
    until(lambda: country.directory_of_the_dmp(id_nat).usual_structure(id_nat) != "", "the DMP knows the post")

    def signs_in() -> bool:
        try:
            return bool(country.sign_in(id_nat).access_token)
        except psc_client.NotSignedIn:
            return False

    until(signs_in, "PSC knows the newcomer")
    signed_in = country.sign_in(id_nat)
    activity = signed_in.userinfo["SubjectRefPro"]["exercices"][0]["activities"][0]
    hospital = COUNTRY.structure("ST1")
    assert (activity["raisonSocialeSite"], activity["numeroFinessSite"]) == (hospital.name, hospital.finess_site)
    assert signed_in.userinfo["SubjectRefPro"]["exercices"][0]["codeSavoirFaire"] == "SM54"

    with country.operator.smtp() as session:
        session.auth("XOAUTH2", lambda _challenge=None: xoauth2(address, signed_in.access_token))
        assert session.send_message(mail(address, COUNTRY.professional("PS3").mailbox)) == {}
    shared = country.mailbox("cardiologie@ch-clairval.emulateur.mssante.fr")
    assert shared is not None
    assert id_nat in shared["holders"]

    directory = country.directory_of_the_dmp(id_nat)
    assert not directory.unlinked(id_nat, str(hospital.struct_id))
    assert directory.unlinked(id_nat, str(COUNTRY.structure("ST2").struct_id))
    assert directory.profession(id_nat) == "10"


def test_a_change_reaches_the_claims_and_a_withdrawal_ends_it_all(country: Country) -> None:
    doctor = COUNTRY.professional("PS9")
    changed = country.api.patch("/professionals/PS9", json={"family_name": "Renommee"})
    assert changed.status_code == 200

    def renamed() -> bool:
        return country.sign_in(str(doctor.id_nat)).userinfo["family_name"] == "RENOMMEE"

    until(renamed, "PSC follows the change")
    token = country.sign_in(str(doctor.id_nat)).access_token
    assert country.api.delete("/professionals/PS9").json()["active"] is False

    def closed() -> bool:
        box = country.mailbox(doctor.mailbox)
        return box is not None and not box["open"]

    until(closed, "the operator closes the mailbox")

    def barred() -> bool:
        try:
            country.sign_in(str(doctor.id_nat))
        except psc_client.NotSignedIn:
            return True
        return False

    until(barred, "PSC bars who left")
    until(
        lambda: country.directory_of_the_dmp(str(doctor.id_nat)).unlinked(
            str(doctor.id_nat), str(doctor.structure.struct_id)
        ),
        "the DMP knows no post any more",
    )
    with country.operator.smtp() as session, pytest.raises(smtplib.SMTPAuthenticationError):
        session.auth("XOAUTH2", lambda _challenge=None: xoauth2(doctor.mailbox, token))


def test_a_structure_that_opens_is_known_to_the_dmp_and_its_mailboxes_to_the_operator(country: Country) -> None:
    place = country.api.post("/structures", json={"name": "Officine Neuve", "sector": "SA33"}).json()
    address = next(box["address"] for box in place["mailboxes"] if box["kind"] == "APP")
    until(lambda: country.mailbox(address) is not None, "the operator opens the mailboxes")
    until(lambda: country.directory_of_the_dmp(place["id"]).knows(place["id"]), "the DMP knows the structure")
    box = country.mailbox(address)
    assert box is not None
    assert box["structure"] == place["id"]
