"""What a software knows of the documents it keeps: doubles, versions, deletions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segur.scenario.actors.dmp_store import FROM_MAIL, Altered, Known, LocalStore, digest_of
from segur.wire.xds import DocumentEntry


def entry(name: str, content: bytes = b"", *, line: str = "") -> DocumentEntry:
    """A listed document: `name` makes its identifiers, `line` its logicalId."""
    digest = digest_of(content) if content else ""
    return DocumentEntry(f"urn:uuid:{name}", f"1.2.{name}", "p", hash=digest, logical_id=line or f"urn:uuid:{name}")


def test_a_document_integrated_twice_is_here_and_the_first_copy_stays() -> None:
    store = LocalStore()
    assert store.keep(entry("1", b"a"), b"a") is Known.NEW
    assert store.keep(entry("1", b"a"), b"a") is Known.HERE
    assert len(store.documents) == 1


def test_bytes_that_do_not_have_the_registrys_digest_are_not_integrated() -> None:
    store = LocalStore()
    with pytest.raises(Altered, match=digest_of(b"a")):
        store.keep(entry("1", b"a"), b"b")
    assert store.documents == {}


def test_a_copy_that_came_by_mail_is_recognised_by_its_unique_id() -> None:
    store = LocalStore()
    mailed = DocumentEntry("Document01", "1.2.1", "p")
    store.keep(mailed, b"a", FROM_MAIL)
    assert store.judge(entry("1", b"a")) is Known.HERE
    assert store.documents["1.2.1"].origin == FROM_MAIL


def test_the_same_content_under_another_identifier_is_told() -> None:
    store = LocalStore()
    store.keep(entry("1", b"a"), b"a")
    assert store.judge(entry("2", b"a")) is Known.SAME_CONTENT


def test_new_metadata_of_the_same_line_are_a_change_not_a_document() -> None:
    store = LocalStore()
    first = entry("1", b"a")
    store.keep(first, b"a")
    moved = replace(first, entry_uuid="urn:uuid:1b", version=2)
    assert store.judge(moved) is Known.CHANGED
    store.remember(moved)
    assert store.judge(moved) is Known.HERE
    assert store.documents["1.2.1"].content == b"a"


def test_a_chain_of_replacements_is_climbed_to_its_end() -> None:
    store = LocalStore()
    store.keep(entry("1", b"a"), b"a")
    store.note_replacements({"urn:uuid:1": "urn:uuid:2", "urn:uuid:2": "urn:uuid:3"})
    assert store.latest("urn:uuid:1") == "urn:uuid:3"
    assert store.judge(entry("3", b"c")) is Known.NEWER
    [(old, newest)] = store.mark_replaced([entry("3", b"c")])
    assert (old.entry.unique_id, old.replaced_by, newest.unique_id) == ("1.2.1", "1.2.3", "1.2.3")
    assert store.mark_replaced([entry("3", b"c")]) == []


def test_a_ring_of_replacements_ends() -> None:
    store = LocalStore()
    store.note_replacements({"urn:uuid:1": "urn:uuid:2", "urn:uuid:2": "urn:uuid:1"})
    assert store.latest("urn:uuid:1") == "urn:uuid:2"
    assert store.judge(entry("2", b"b")) is Known.NEW


def test_a_replacement_of_somebody_elses_document_is_simply_new() -> None:
    store = LocalStore()
    store.keep(entry("1", b"a"), b"a")
    assert store.judge(entry("9", b"z"), replaces="urn:uuid:8") is Known.NEW


def test_a_deletion_is_told_once_and_the_copy_stays_until_the_user_decides() -> None:
    store = LocalStore()
    store.keep(entry("1", b"a"), b"a")
    assert [one.entry.unique_id for one in store.mark_deleted(["urn:uuid:1", "urn:uuid:7"])] == ["1.2.1"]
    assert store.mark_deleted(["urn:uuid:1"]) == []
    assert store.documents["1.2.1"].deleted
    store.forget("1.2.1")
    assert store.documents == {}
