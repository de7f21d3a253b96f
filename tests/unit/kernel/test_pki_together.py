"""Containers of one platform start together on one volume: the authority and every certificate are made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from segur.kernel.pki import Authority, Identity

TOGETHER = 6


def test_an_authority_opened_by_many_at_once_is_one(tmp_path: Path) -> None:
    start = Barrier(TOGETHER)

    def open_and_issue(n: int) -> Identity:
        start.wait()
        authority = Authority(tmp_path)
        authority.issue(f"own-{n}", "org-auth", common_name=f"own {n}")
        return authority.issue("shared", "server", common_name="shared")

    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(open_and_issue, range(TOGETHER)))

    issuing, root = x509.load_pem_x509_certificates((tmp_path / "ca.pem").read_bytes())
    issuing.verify_directly_issued_by(root)
    for name in ("shared", *(f"own-{n}" for n in range(TOGETHER))):
        leaf = x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes())
        key = serialization.load_pem_private_key((tmp_path / f"{name}.key").read_bytes(), None)
        leaf.verify_directly_issued_by(issuing)
        assert leaf.public_key() == key.public_key()
