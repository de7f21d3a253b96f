"""A recorded body, indented where it is whole JSON or XML; else as it was."""

from __future__ import annotations

import orjson

from segur.wire import xml


def readable(body: str) -> str:
    """The body for a reader."""
    start = body.lstrip()[:1]
    if start in ("{", "["):
        try:
            return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
        except orjson.JSONDecodeError:
            return body
    if start == "<":
        try:
            return xml.serialize(xml.parse(body.strip().encode()), pretty=True).decode()
        except xml.XmlRefused:
            return body
    return body
