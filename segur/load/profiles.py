"""What the driver can send: deposits and searches at the DMP, introspections at Pro Santé Connect."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import httpx

from segur.kernel import tls
from segur.kernel.ids import new_id, new_oid
from segur.kernel.pki import Authority
from segur.load.driver import Failed, Profile, Verdict
from segur.personas import roles, samples_cda
from segur.personas.country import Country, build_country
from segur.personas.model import USUAL_DMP, Patient
from segur.personas.states import DmpState, MesState
from segur.platform.home import Running
from segur.scenario.actors import psc_client
from segur.scenario.actors.lps import Refused, Software
from segur.wire.saml_signature import SigningKey

_FACTS_PATIENCE_S = 30.0
_PAGE = 1_000
_PATIENTS = 24
_CONNECTIONS = 256
_TOKEN_AGE_S = 60.0
_MES_CODE = {"x-mes-code": "000000"}
INTROSPECTION = "/auth/realms/esante-wallet/protocol/openid-connect/token/introspect"


class DmpDesk:
    """A professional's software in front of the DMP, and the patients it is about."""

    def __init__(self, running: Running, professional: str) -> None:
        self.running = running
        ports = running.plan.ports
        self.https, self.http = f"https://localhost:{ports.edge_tls}", f"http://localhost:{ports.edge_http}"
        self.control = f"http://127.0.0.1:{ports.control}"
        self.country: Country = build_country()
        self.patients = [patient for patient in self.country.patients if can_be_fed(patient)][:_PATIENTS]
        user = self.country.professional(professional)
        authority = Authority.of_home(running.plan.home)
        identity, signer = Software.identities(authority, user)
        self.client = httpx.AsyncClient(
            verify=tls.client_context(authority.bundle, identity),
            trust_env=False,
            timeout=25,
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        )
        signing = SigningKey.load(signer.key.read_bytes(), signer.certificate.read_bytes())
        self.software = Software(self.client, self.https, user, signing)

    def patient(self, number: int) -> Patient:
        """The patient of the call of this number."""
        return self.patients[number % len(self.patients)]

    async def close(self) -> None:
        """Let the connections go."""
        await self.client.aclose()


def can_be_fed(patient: Patient) -> bool:
    """Whether documents come in, and the patient can list them: a space that is not activated lists nothing."""
    opened = patient.dmp is DmpState.ACTIF and patient.mes is not MesState.NOT_ACTIVATED
    # who stands for a case of the conformity set has decided something a load is not about
    usual = patient.dmp_case == USUAL_DMP and not patient.opposed_to_feeding
    return opened and usual and patient.carries_ins


class DmpDeposit:
    """TD2.1 over mutual TLS with a VIHF: one small CDA per call, spread over the patients of the country.

    Judged by the facts and by what each patient sees in Mon espace santé: every acknowledged deposit exactly once.
    """

    def __init__(self, running: Running) -> None:
        self._dmp = DmpDesk(running, roles.RADIOLOGIST)
        self._since = datetime.now(UTC) - timedelta(seconds=1)
        self._models: list[tuple[bytes, bytes]] = []

    async def open(self) -> None:
        """Write one report per patient; each call sends it under an identifier of its own."""
        self._models = await asyncio.to_thread(lambda: [self._model(patient) for patient in self._dmp.patients])

    async def send(self, number: int) -> str:
        """One deposit."""
        model, identifier = self._models[number % len(self._models)]
        document = model.replace(identifier, new_oid(1).encode())
        try:
            entry, answer = await self._dmp.software.submit(document)
        except Refused as refusal:
            raise Failed(refusal.code) from refusal
        except httpx.HTTPError as error:
            raise Failed(type(error).__name__) from error
        if not answer.succeeded:
            raise Failed(", ".join(error.code for error in answer.errors) or "not registered")
        return entry.unique_id

    async def judge(self, acknowledged: Sequence[str]) -> Verdict:
        """Facts first, as they may still be on their way; then the patients' lists."""
        wanted = set(acknowledged)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            lags = await self._facts(client, wanted)
            listed = Counter[str]()
            for patient in self._dmp.patients:
                url = f"{self._dmp.http}/mes/api/patients/{patient.ins.matricule}/documents"
                answer = (await client.get(url, headers=_MES_CODE)).raise_for_status().json()
                listed.update(document["uniqueId"] for document in answer["documents"])
        lost = sum(1 for key in wanted if not listed[key] or key not in lags)
        doubled = sum(1 for key in wanted if listed[key] > 1 or len(lags.get(key, ())) > 1)
        return Verdict(lost, doubled, [lag for key in wanted for lag in lags.get(key, ())])

    async def close(self) -> None:
        """Let the connections go."""
        await self._dmp.close()

    async def _facts(self, client: httpx.AsyncClient, wanted: set[str]) -> dict[str, list[float]]:
        """The lag of every `dmp.document.submitted` by document, once all wanted are there or patience ends."""
        asked = {"type": "dmp.document.submitted", "limit": str(_PAGE), "since": self._since.isoformat()}
        deadline = time.monotonic() + _FACTS_PATIENCE_S
        while True:
            await client.post(f"{self._dmp.control}/api/drain")
            found: dict[str, list[float]] = {}
            params, more = dict(asked), True
            while more:
                answer = await client.get(f"{self._dmp.control}/api/facts", params=params)
                page = answer.raise_for_status().json()
                for fact in page:
                    found.setdefault(fact["subject"], []).append(float(fact["lag_ms"]))
                more = len(page) == _PAGE
                if more:
                    params["after"] = page[-1]["cursor"]
            if wanted <= set(found) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.5)

    def _model(self, patient: Patient) -> tuple[bytes, bytes]:
        radiologist = self._dmp.software.user
        identifier = new_oid(1)
        document = samples_cda.imaging_report(
            patient,
            radiologist,
            radiologist.structure,
            document_id=identifier,
            study_uid=new_oid(2),
            accession=f"ACC{new_id()[-8:]}",
            order=f"DEM{new_id()[-8:]}",
            at=datetime.now(UTC),
            requester=self._dmp.country.professional(roles.GENERAL_PRACTITIONER),
        )
        return document, identifier.encode()


class DmpSearch:
    """TD3.1 FindDocuments by a doctor whom the patients let in."""

    def __init__(self, running: Running) -> None:
        self._dmp = DmpDesk(running, roles.GENERAL_PRACTITIONER)

    async def open(self) -> None:
        """Declare the patients' authorizations (TD0.3)."""
        for patient in self._dmp.patients:
            await self._dmp.software.authorize(patient)

    async def send(self, number: int) -> str:
        """One search."""
        try:
            await self._dmp.software.find(self._dmp.patient(number))
        except Refused as refusal:
            raise Failed(refusal.code) from refusal
        except httpx.HTTPError as error:
            raise Failed(type(error).__name__) from error
        return str(number)

    async def judge(self, acknowledged: Sequence[str]) -> Verdict:
        """An answer is all there is."""
        return Verdict()

    async def close(self) -> None:
        """Let the connections go."""
        await self._dmp.close()


class PscIntrospect:
    """Introspection of a live access token, as every API behind Pro Santé Connect does at each call."""

    def __init__(self, running: Running) -> None:
        self._base = f"http://localhost:{running.plan.ports.edge_http}"
        self._id_nat = str(build_country().professional(roles.GENERAL_PRACTITIONER).id_nat)
        self._token, self._token_at = "", float("-inf")
        self._renewing = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Sign in."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_CONNECTIONS))
        await self._fresh_token()

    async def send(self, number: int) -> str:
        """One introspection; only `active: true` counts."""
        assert self._session is not None
        token = await self._fresh_token()
        credentials = aiohttp.BasicAuth(psc_client.CLIENT_ID, psc_client.CLIENT_SECRET)
        try:
            async with self._session.post(
                self._base + INTROSPECTION, data={"token": token}, auth=credentials
            ) as answer:
                told = await answer.json() if answer.status == 200 else {}
        except aiohttp.ClientError as error:
            raise Failed(type(error).__name__) from error
        if not told.get("active"):
            raise Failed(f"{answer.status}, not active")
        return str(number)

    async def judge(self, acknowledged: Sequence[str]) -> Verdict:
        """An answer is all there is."""
        return Verdict()

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def _fresh_token(self) -> str:
        """A token with at least a minute to live."""
        async with self._renewing:
            if time.monotonic() - self._token_at > _TOKEN_AGE_S:
                async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
                    self._token = (await psc_client.sign_in(browser, self._base, self._id_nat)).access_token
                self._token_at = time.monotonic()
        return self._token


PROFILES: dict[str, Callable[[Running], Profile]] = {
    "dmp-deposit": DmpDeposit,
    "dmp-search": DmpSearch,
    "psc-introspect": PscIntrospect,
}
"""Name and what makes the profile for a running platform."""
