"""How an envelope is written: the prefixes that the real service is seen to use, one after the other [I7].

Clients that read by namespace do not notice; clients that search the text do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from segur.wire.xml import SOAP12
from segur_ins import faults


@dataclass(frozen=True, slots=True)
class Dress:
    """`envelope` and `body` are the prefixes of the two elements of an answer (empty for none), `result` that of
    RESULTAT (None for the default namespace); `fault` and `lang` are those of a fault."""

    envelope: str = "soap"
    body: str = "S"
    result: str | None = None
    fault: str = "S"
    lang: str = "en"


USUAL: Final = Dress()
"""What captures show most: `soap:Envelope` around `S:Body`, RESULTAT in the default namespace, faults under `S:`."""

BY_POINT: Final = {
    faults.PREFIXES: Dress(result="ns2", fault="soap", lang="fr"),
    faults.PREFIX_S: Dress(envelope="S"),
    faults.PREFIX_ENV: Dress(body="env", result="ns2", fault="env"),
    faults.PREFIX_NONE: Dress(envelope="", body="", result="ns2", fault=""),
}


def answer_in(dress: Dress, text: bytes) -> bytes:
    """An answer, written under `soap:`, with the prefixes of the dress."""
    text = _renamed(text, "soap", dress.envelope)
    if dress.body == dress.envelope:
        return text
    old, new = _tag(dress.envelope, "Body"), _tag(dress.body, "Body")
    opened = b"<%s xmlns:%s=%s" % (new, dress.body.encode(), b'"%s"' % SOAP12.encode())
    return text.replace(b"<" + old, opened, 1).replace(b"</%s>" % old, b"</%s>" % new)


def fault_in(dress: Dress, text: bytes) -> bytes:
    """A fault, written under `soap:` when the dress has no prefix for it: then without any.

    The values of its codes are qualified names and need a prefix all the same.
    """
    return text if dress.fault else _renamed(text, "soap", "", keep_declaration=True)


def written_prefix(dress: Dress) -> str:
    """The prefix a fault is first written under."""
    return dress.fault or "soap"


def _renamed(text: bytes, old: str, new: str, *, keep_declaration: bool = False) -> bytes:
    if old == new:
        return text
    declared = b'xmlns:%s="%s"' % (old.encode(), SOAP12.encode())
    fresh = (b"xmlns:%s=" % new.encode() if new else b"xmlns=") + b'"%s"' % SOAP12.encode()
    text = re.sub(rb"<(/?)%s:" % old.encode(), rb"<\1" + (b"%s:" % new.encode() if new else b""), text)
    return text.replace(declared, fresh + (b" " + declared if keep_declaration else b""), 1)


def _tag(prefix: str, local: str) -> bytes:
    return (f"{prefix}:{local}" if prefix else local).encode()
