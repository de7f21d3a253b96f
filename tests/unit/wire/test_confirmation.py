"""The two encodings of a certificate's thumbprint in `cnf`."""

from __future__ import annotations

import base64
import hashlib

from segur.wire.confirmation import HEX, RFC8705, bound_to, confirms, thumbprint

SHA256 = hashlib.sha256(b"a certificate").hexdigest()


def test_the_edc_form_is_padded_base64_of_the_hexadecimal_text() -> None:
    assert base64.b64decode(thumbprint(SHA256, HEX), validate=True).decode() == SHA256


def test_the_rfc_form_is_unpadded_base64url_of_the_bytes() -> None:
    value = thumbprint(SHA256, RFC8705)
    assert "=" not in value
    assert base64.urlsafe_b64decode(value + "=").hex() == SHA256


def test_a_resource_server_takes_both_forms_and_no_other_certificate() -> None:
    other = hashlib.sha256(b"another").hexdigest()
    for encoding in (HEX, RFC8705):
        assert confirms(thumbprint(SHA256, encoding), SHA256)
        assert not confirms(thumbprint(SHA256, encoding), other)
    assert not confirms("", SHA256)
    assert not confirms(thumbprint(SHA256, HEX), "")


def test_a_token_without_cnf_is_bound_to_nothing() -> None:
    assert bound_to({"cnf": {"x5t#S256": "abc"}}) == "abc"
    assert bound_to({}) == bound_to({"cnf": "x"}) == bound_to({"cnf": {"x5t#S256": None}}) == ""
