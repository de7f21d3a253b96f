"""What a request sends and wants back: media types, how strict, how much of it [FHIR R4, RESTful API, 3.1.0.1]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from starlette.requests import Request

from segur.wire.fhir_json import FhirRefused

FHIR_JSON: Final = "application/fhir+json"
JSON: Final = (FHIR_JSON, "application/json", "json", "text/json")
XML: Final = ("application/fhir+xml", "application/xml", "xml", "text/xml")
FORM: Final = "application/x-www-form-urlencoded"
_ANY: Final = ("*/*", "application/*")
_FHIR_VERSION: Final = ("", "4.0", "4.0.1")
_PREFERENCE: Final = re.compile(r"(\w+)\s*=\s*\"?([\w-]+)", re.ASCII)


def check_media_types(request: Request, *, with_body: bool) -> None:
    """Only JSON of FHIR R4 is spoken; raise `FhirRefused` 415 or 406."""
    if with_body:
        sent = content_type(request)
        if sent not in JSON:
            raise FhirRefused(
                "Content-Type", f"{sent[:60]!r}: {FHIR_JSON} is expected", issue="not-supported", status=415
            )
    given = request.query_params.get("_format", "")
    check_format(given) if given else _check_accept(request)


def check_format(given: str) -> None:
    """The `_format` of a request, which goes before its Accept; raise `FhirRefused` 406."""
    if not any(name in (*JSON, *_ANY) for name in _ranges(given.replace(" ", "+"))):  # a + that was not encoded
        raise FhirRefused("_format", f"{given[:60]!r}: only {FHIR_JSON} is given", issue="not-supported", status=406)


def content_type(request: Request) -> str:
    """The media type of the body; raise `FhirRefused` 415 for another version of FHIR."""
    name, *parameters = _parts(request.headers.get("content-type", ""))
    if _version(parameters) not in _FHIR_VERSION:
        raise FhirRefused("Content-Type", "fhirVersion=4.0 is spoken here", issue="not-supported", status=415)
    return name


def wants_raw(request: Request, stored: str) -> bool:
    """Whether contents go as the bytes they are, else as a Binary resource; raise `FhirRefused` 406.

    The resource is for who names a media type of FHIR first; whatever else is named, the bytes have the type they have.
    """
    given = request.query_params.get("_format", "")
    if given:
        check_format(given)
        return False
    for name in _ranges(request.headers.get("accept", "*/*")):
        if name in JSON:
            return name == stored
        if name == XML[0]:
            continue
        return True
    rule = f"{stored} as it is, or a Binary as {FHIR_JSON}, is given"
    raise FhirRefused("Accept", rule, issue="not-supported", status=406)


def preference(request: Request, name: str) -> str:
    """The value of a preference of the header Prefer, `return` or `handling`; empty when none is told."""
    told = _PREFERENCE.findall(",".join(request.headers.getlist("prefer")))
    return next((value for key, value in told if key == name), "")


def check_handled(request: Request, ignored: tuple[str, ...]) -> None:
    """Raise `FhirRefused` for parameters that are not known, where `Prefer: handling=strict` asks for it."""
    if ignored and preference(request, "handling") == "strict":
        rule = "not supported, and Prefer: handling=strict is asked for: leave it out, /metadata names what there is"
        raise FhirRefused(ignored[0][:80], rule, issue="not-supported", status=400)


def is_met(header: str, tag: str) -> bool:
    """Whether an If-Match or If-None-Match names this version: weakly compared, as FHIR's tags are weak."""
    if header.strip() == "*":
        return True
    return tag.removeprefix("W/") in (one.strip().removeprefix("W/") for one in header.split(","))


def _check_accept(request: Request) -> None:
    accepted = request.headers.get("accept", "*/*")
    if not any(name in (*JSON, *_ANY) for name in _ranges(accepted)):
        raise FhirRefused("Accept", f"{accepted[:60]!r}: only {FHIR_JSON} is given", issue="not-supported", status=406)


def _ranges(header: str) -> Iterator[str]:
    """The media ranges of an Accept header, best first, without those refused by q=0 or of another FHIR version."""
    found: list[tuple[float, str]] = []
    for each in (header or "*/*").split(","):
        name, *parameters = _parts(each)
        weight = _quality(parameters)
        if name and weight > 0 and _version(parameters) in _FHIR_VERSION:
            found.append((weight, name))
    return (name for _, name in sorted(found, key=lambda one: -one[0]))


def _parts(header: str) -> list[str]:
    return [part.strip().lower() for part in header.split(";")]


def _quality(parameters: list[str]) -> float:
    text = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
    try:
        return float(text)
    except ValueError:
        return 1.0


def _version(parameters: list[str]) -> str:
    text = next((part.partition("=")[2] for part in parameters if part.startswith("fhirversion=")), "")
    return text.strip('"')
