"""Rules of the DMP."""

from __future__ import annotations

from segur_dmp.domain.rights import Act, allowed
from segur_dmp.domain.visibility import is_masked, seen_by_professional, with_masking

from segur.wire.saml import AuthenticationMode
from segur.wire.xds import Author, Code, DocumentEntry

ENTRY = DocumentEntry("e", "1.2", "p", authors=(Author("8001^A^B"),), confidentiality=(Code("N", "x"),))


def test_indirect_may_feed_but_not_read_and_air_the_other_way_round() -> None:
    indirect, air = AuthenticationMode.INDIRECT, AuthenticationMode.REINFORCED
    assert (allowed(indirect, Act.FEED), allowed(indirect, Act.READ)) == (True, False)
    assert (allowed(air, Act.FEED), allowed(air, Act.READ)) == (False, True)


def test_a_masked_document_is_seen_by_its_author_only() -> None:
    masked = with_masking(ENTRY, True)
    assert is_masked(masked)
    assert seen_by_professional(masked, "8001")
    assert not seen_by_professional(masked, "8002")
    assert with_masking(masked, False) == ENTRY
