"""A test identity in one go, as ANS's EDIT gives them: number, card, e-CPS, mailboxes, certificates [PSC digest 1.1].

The person is registered in the Annuaire; the other services follow its facts. PSC does so before it answers, so that
the identity can sign in at once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from segur.contracts.directory_records import ProfessionalRecord
from segur.kernel import request
from segur.kernel.pki import Authority
from segur.vocab.professions import PROFESSION_LABELS
from segur_psc import errors
from segur_psc.clients import Annuaire
from segur_psc.context import Context
from segur_psc.operations.follow_directory import keep_professional

CARD_KINDS = ("ps-auth", "ps-sign")
"""The two certificates of a CPS card: to sign in, and to sign."""
PASSWORD = "segur"  # noqa: S105 - protects the keys of invented people on their way into a browser
_GIVEN = ("ALIX", "CAMILLE", "CLAUDE", "DOMINIQUE", "MAXIME", "SACHA")
_ASKED = ("family_name", "given_name", "civility", "speciality", "category", "rpps")
_SWITCHES = ("card", "has_ecps", "mailbox", "certificates")


def profession_code(wanted: str) -> str:
    """The TRE_G15 code of a profession told by code or by the beginning of its name; raise `BAD_IDENTITY`."""
    if wanted in PROFESSION_LABELS:
        return wanted
    plain = _plain(wanted)
    found = [code for code, label in PROFESSION_LABELS.items() if plain and _plain(label).startswith(plain)]
    exact = [code for code in found if _plain(PROFESSION_LABELS[code]) == plain]
    if len(exact or found) != 1:
        known = ", ".join(f"{code} {label}" for code, label in PROFESSION_LABELS.items())
        raise errors.BAD_IDENTITY.error(problem=f"profession: one of {known}", field="profession")
    return (exact or found)[0]


async def create_identity(context: Context, annuaire: Annuaire, asked: Any) -> dict[str, Any]:
    """Register, issue, and tell all of it; raise `BAD_IDENTITY` naming the field, or `UNAVAILABLE`.

    Read: `profession` (needed), `family_name`, `given_name`, `civility`, `speciality`, `category`, `rpps`, `structure`
    (Struct_idNat; empty: a practice of their own), and the switches `card`, `has_ecps`, `mailbox`, `certificates`.
    """
    if not isinstance(asked, dict):
        raise errors.BAD_IDENTITY.error(problem="The body is not a JSON object")
    unknown = asked.keys() - {"profession", "structure", *_ASKED, *_SWITCHES}
    if unknown:
        raise errors.BAD_IDENTITY.error(problem=f"{min(unknown)}: not known here", field=min(unknown))
    for name in _SWITCHES:
        if not isinstance(asked.get(name, True), bool):
            raise errors.BAD_IDENTITY.error(problem=f"{name}: true or false", field=name)
    for name in ("profession", "structure", *_ASKED):
        if not isinstance(asked.get(name, ""), str):
            raise errors.BAD_IDENTITY.error(problem=f"{name}: a text", field=name)
    code = profession_code(str(asked.get("profession", "")).strip())
    told: dict[str, Any] = {name: asked[name] for name in _ASKED if asked.get(name)}
    told.setdefault("given_name", secrets.choice(_GIVEN))
    told.setdefault("family_name", f"TEST {_plain(PROFESSION_LABELS[code]).split(' ')[0].upper()}")
    told |= {name: asked.get(name, True) for name in _SWITCHES[:3]}
    if structure := asked.get("structure"):
        told["situations"] = [{"structure": structure, "mode": "S"}]
    entry = await annuaire.register({**told, "profession": code})
    record = ProfessionalRecord.model_validate(entry)
    await keep_professional(context, record)
    request.note(actor=record.id_nat, operation="identity:create")
    certificates = await asyncio.to_thread(_certificates, context, record) if _wants_certificates(asked) else {}
    return _described(context, record, entry, certificates)


def _wants_certificates(asked: Mapping[str, Any]) -> bool:
    return bool(asked.get("card", True) and asked.get("certificates", True))


def _described(
    context: Context, record: ProfessionalRecord, entry: Mapping[str, Any], certificates: Mapping[str, Any]
) -> dict[str, Any]:
    phone = f"{context.addresses.base}/psc/ciba?{urlencode({'login_hint': record.id_nat})}"
    return {
        "id_nat": record.id_nat,
        "rpps": record.rpps,
        "family_name": record.family_name,
        "given_name": record.given_name,
        "profession": record.profession,
        "profession_label": record.profession_label,
        "speciality": record.speciality,
        "structure": {name: getattr(record.situations[0].structure, name) for name in ("id", "name", "sector")},
        "card": {"number": record.card, "pin": "1234"} if record.card else None,
        "e_cps": {"phone": phone} if record.has_ecps else None,
        "mailboxes": [box["address"] for box in entry.get("mailboxes", ())],
        "certificates": dict(certificates),
        "fhir": entry.get("fhir", {}),
    }


def _certificates(context: Context, record: ProfessionalRecord) -> dict[str, Any]:
    """The card's certificates with their keys: PEM, and PKCS#12 under `PASSWORD`."""
    authority = Authority.of_home(context.settings.home)
    issued: dict[str, Any] = {}
    for kind in CARD_KINDS:
        # another sandbox may have somebody else under the same number
        who = f"{record.id_nat} {record.family_name} {record.given_name} {record.profession_label}"
        name = f"cps-{record.id_nat}-{hashlib.sha256(who.encode()).hexdigest()[:8]}-{kind}"
        identity = authority.issue(
            name, kind, common_name=record.id_nat, organisation="SégurStack", unit=record.profession_label[:64],
            surname=record.family_name, given_name=record.given_name,
        )  # fmt: skip
        issued[kind] = {
            "certificate": identity.chain.read_text(),
            "key": identity.key.read_text(),
            "pkcs12": base64.b64encode(authority.pkcs12(identity, PASSWORD.encode())).decode(),
            "password": PASSWORD,
        }
    return issued


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().strip()
