"""Who calls INSi in these tests: structures with a certificate, a professional with a card, nobody at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from segur.kernel.pki import Authority, Identity
from segur.personas.country import build_country
from segur.scenario.actors import insi_client
from segur.wire import saml

STRUCTURE = build_country().structure("ST3")
ISSUER = str(STRUCTURE.struct_id)
CARD = "899700010038"


def der(identity: Identity) -> bytes:
    return x509.load_pem_x509_certificate(identity.certificate.read_bytes()).public_bytes(Encoding.DER)


def structure_certificate(home: Path, common_name: str = "INSI-AUTO") -> bytes:
    return der(insi_client.identity(Authority.of_home(home), STRUCTURE, common_name))


def card_assertion(
    home: Path,
    *,
    age: timedelta = timedelta(),
    lasts: timedelta | None = timedelta(hours=1),
    name_qualifier: str = "CPS",
    issuer_format: str = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName",
    signer: Identity | None = None,
) -> etree._Element:
    """An assertion signed by a card (or by somebody else), issued `age` ago."""
    card = signer or Authority.of_home(home).issue(
        "card", "ps-auth", common_name=CARD, given_name="PAUL", surname="GENEREUX"
    )
    issued = datetime.now(UTC) - age
    token = saml.write_assertion(
        saml.Assertion(
            "_a1",
            issued,
            f"CN={CARD}",
            CARD,
            issuer_format=issuer_format,
            name_qualifier=name_qualifier,
            not_on_or_after=None if lasts is None else issued + lasts,
        )
    )
    return saml.sign(token, saml.SigningKey.load(card.key.read_bytes(), card.certificate.read_bytes()))
