"""What integrators trip on in user-info and identifiers [PSC digest 4.1]: the exact answer of each trip."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from segur_psc.domain import twists
from segur_psc.domain.session import Person

from tests.contract.psc.conftest import (
    BASE,
    CLIENT,
    PROTOCOL,
    RADIOLOGIST,
    REALM,
    Psc,
)
from tests.contract.psc.conftest import payload as claims_of
from tests.contract.psc.trips import Check, arm

pytestmark = pytest.mark.asyncio(loop_scope="session")
GENERAL_PRACTITIONER, BIOLOGIST, NURSE = "899700010038", "899700010053", "899700010103"


def exercises(claims: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = claims["SubjectRefPro"]["exercices"]
    return found


USERINFO: dict[str, Check] = {
    "psc.userinfo.no_subjectrefpro": lambda c: "SubjectRefPro" not in c,
    "psc.userinfo.empty_exercices": lambda c: c["SubjectRefPro"]["exercices"] == [],
    "psc.userinfo.no_activities": lambda c: "activities" not in c["SubjectRefPro"]["exercices"][0],
    "psc.userinfo.empty_activities": lambda c: c["SubjectRefPro"]["exercices"][0]["activities"] == [],
    "psc.userinfo.several_exercices": lambda c: [len(one["activities"]) for one in exercises(c)] == [3, 1],
    "psc.userinfo.layout_2023": lambda c: (
        c["codeCivilite"] == "MME" and c["codeGenreActivite"] == "GENR01" and "codeCivilite" not in c["SubjectRefPro"]
        and "email_verified" not in c and len(c["SubjectRefPro"]["exercices"][0]["activities"][0]) == 29
    ),
    "psc.userinfo.unknown_fields": lambda c: c["objetInconnu"] == {"niveau": 1} and c["nulInconnu"] is None,
    "psc.userinfo.no_other_ids": lambda c: "otherIds" not in c,
    "psc.userinfo.other_origin": lambda c: [o["origine"] for o in c["otherIds"]] == ["EDIT"],
}  # fmt: skip


@pytest.mark.parametrize("point", USERINFO)
async def test_userinfo_trips_the_client(psc: Psc, point: str) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    usual = (await psc.userinfo(token)).json()
    arm(psc, point, count=1, patient=RADIOLOGIST)
    tripped = (await psc.userinfo(token)).json()
    assert USERINFO[point](tripped), tripped
    assert tripped["sub"] == usual["sub"]
    assert (await psc.userinfo(token)).json() == usual


async def test_every_change_of_userinfo_is_tried() -> None:
    assert set(USERINFO) == set(twists.USERINFO)


async def test_userinfo_may_be_a_signed_jwt(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    arm(psc, "psc.userinfo.jwt", count=1, actor=CLIENT[0])
    await check_signed_userinfo(psc, await psc.userinfo(token))
    assert (await psc.userinfo(token)).headers["content-type"] == "application/json"


async def test_a_client_may_have_its_userinfo_signed(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    await psc.change("clients", CLIENT[0], userinfo_jwt=True)
    await check_signed_userinfo(psc, await psc.userinfo(token))


async def check_signed_userinfo(psc: Psc, answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
    keys = (await psc.http.get(f"{PROTOCOL}/certs")).json()
    told = jwt.decode(answer.text, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert (told["iss"], told["aud"], told["SubjectNameID"]) == (BASE + REALM, CLIENT[0], RADIOLOGIST)


async def test_userinfo_is_read_by_post_as_well(psc: Psc) -> None:
    token = (await psc.signed_in(prompt="login"))["access_token"]
    by_form = await psc.http.post(f"{PROTOCOL}/userinfo", data={"access_token": token})
    by_header = await psc.http.post(f"{PROTOCOL}/userinfo", headers={"authorization": f"Bearer {token}"})
    assert by_form.json() == by_header.json() == (await psc.userinfo(token)).json()


async def test_userinfo_has_every_shape_of_the_country(psc: Psc) -> None:
    async def read(id_nat: str) -> dict[str, Any]:
        tokens = (await psc.exchange(await psc.code(id_nat=id_nat, prompt="login"))).json()
        found: dict[str, Any] = (await psc.userinfo(tokens["access_token"])).json()
        return found

    several, pharmacist, nurse = [await read(id_nat) for id_nat in (GENERAL_PRACTITIONER, BIOLOGIST, NURSE)]
    (exercise,) = several["SubjectRefPro"]["exercices"]
    assert [place["codeSecteurDactivite"] for place in exercise["activities"]] == ["SA07", "SA17"]
    assert pharmacist["SubjectRefPro"]["exercices"][0]["activities"][0]["codeSectionPharmacien"] == "G"
    assert nurse["SubjectRefPro"]["exercices"][0]["codeSavoirFaire"] == ""
    for found in (several, pharmacist, nurse):
        for activity in found["SubjectRefPro"]["exercices"][0]["activities"]:
            assert len(activity) == 30
            assert all(isinstance(value, str) for value in activity.values())
            assert "" in activity.values()


FORMS = ("500000001815646/CPAT00045", "ANS20261124070000", "888700010046", "0123456789")
"""An employee of a structure, an identity of EDIT, an RPPS that begins with 8, an old ADELI."""


@pytest.mark.parametrize("id_nat", FORMS)
async def test_every_form_of_idnat_passes_unchanged(psc: Psc, id_nat: str) -> None:
    found = await psc.service.floor.store._collections["people"].find_one({"_id": f"default:{RADIOLOGIST}"})
    assert found is not None
    told = {name: found[name] for name in Person.__slots__ if name in found}
    claims = {**told["claims"], "SubjectNameID": id_nat, "preferred_username": id_nat}
    person = Person(**{**told, "id_nat": id_nat, "claims": claims})
    await psc.service.floor.store._collections["people"].put(
        {**found, "_id": f"default:{id_nat}", "id_nat": id_nat, "claims": dict(person.claims)}
    )
    try:
        tokens = (await psc.exchange(await psc.code(id_nat=id_nat, prompt="login"))).json()
        for kind in ("access_token", "id_token"):
            seen = claims_of(tokens[kind])
            assert (seen["SubjectNameID"], seen["preferred_username"]) == (id_nat, id_nat)
        assert (await psc.userinfo(tokens["access_token"])).json()["SubjectNameID"] == id_nat
        assert (await psc.introspect(tokens["access_token"]))["username"] == id_nat
    finally:
        await psc.service.floor.store._collections["people"].delete({"_id": f"default:{id_nat}"})


async def test_sub_names_the_federation_and_the_professional(psc: Psc) -> None:
    tokens = await psc.signed_in(prompt="login")
    subs = {claims_of(tokens[kind])["sub"] for kind in ("access_token", "id_token", "refresh_token")}
    subs |= {(await psc.userinfo(tokens["access_token"])).json()["sub"]}
    assert subs == {f"f:11111111-2222-4333-8444-555555555555:{RADIOLOGIST}"}
