"""PATCH of a DocumentReference (PDSm flow 03): JSON Patch and FHIRPath Patch become one change. [DMP digest 4.4]

Only `status`, `securityLabel` and the isArchived extension may change; anything else is refused with 405. Of FHIRPath
the paths one needs for these three are read: names, indexes, `where(element='value')`, `extension('url')`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from segur.wire.fhir_json import FhirRefused, Node, Resource
from segur.wire.fhir_pdsm_read import codes_of, status_of
from segur.wire.fhir_pdsm_write import IS_ARCHIVED
from segur.wire.xds_values import Code

CHANGEABLE: Final = ("status", "securityLabel", "extension")
JSON_PATCH: Final = "application/json-patch+json"
_LEVELS: Final = ("N", "R", "V")
_MOST: Final = 50
_STEP: Final = re.compile(
    r"(?P<name>[A-Za-z]+)"
    r"(?:\[(?P<index>\d{1,3})\]"
    r"|\.where\((?P<key>[A-Za-z.]{1,60})\s*=\s*'(?P<value>[^']{0,200})'\)"
    r"|\('(?P<url>[^']{1,200})'\))?(?:\.|$)",
    re.ASCII,
)
Pointer = tuple[str, ...]


def patched_by_json(resource: Resource, patch: object) -> Resource:
    """The resource after a JSON Patch (RFC 6902); raise `FhirRefused` naming the operation and the rule."""
    if not isinstance(patch, list) or not patch:
        raise FhirRefused("patch", "an array of operations is expected", issue="structure", status=400)
    result = copy.deepcopy(resource)
    for number, operation in enumerate(patch[: _MOST + 1]):
        node = Node(operation, f"patch[{number}]")
        if number == _MOST:
            raise FhirRefused(node.path, f"at most {_MOST} operations are read", issue="too-long")
        kind, pointer = node.text("op", required=True), _pointer(node, "path")
        match kind:
            case "test":
                if _at(result, pointer, node.path) != _value(node):
                    raise FhirRefused(node.path, "the test does not hold, read the resource again", issue="conflict")
            case "add":
                _add(result, pointer, _value(node), node.path)
            case "replace":
                _replace(result, pointer, _value(node), node.path)
            case "remove":
                _remove(result, pointer, node.path)
            case "copy" | "move":
                source = _pointer(node, "from")
                value = copy.deepcopy(_at(result, source, node.path))
                if kind == "move":
                    _remove(result, source, node.path)
                _add(result, pointer, value, node.path)
            case _:
                raise FhirRefused(f"{node.path}.op", f"{kind[:20]!r} is no operation of JSON Patch", status=400)
    return result


def patched_by_fhirpath(resource: Resource, parameters: Resource) -> Resource:
    """The resource after a FHIRPath Patch (a Parameters resource); raise `FhirRefused`."""
    root = Node(parameters, "Parameters")
    if root.text("resourceType") != "Parameters":
        raise FhirRefused("resourceType", "a Parameters resource is expected", issue="structure", status=400)
    result = copy.deepcopy(resource)
    operations = list(root.items("parameter"))
    if not operations or len(operations) > _MOST:
        raise FhirRefused("Parameters.parameter", f"between 1 and {_MOST} operations are expected", status=400)
    for operation in operations:
        if operation.text("name") != "operation":
            raise FhirRefused(f"{operation.path}.name", "operation is expected", status=400)
        parts = {part.text("name"): part for part in operation.items("part")}
        told = {name: _any_value(part) for name, part in parts.items()}
        path = told.get("path")
        if not isinstance(path, str):
            raise FhirRefused(f"{operation.path}.part", "the part path is required", issue="required", status=400)
        _fhirpath_operation(result, told, path, operation.path)
    return result


def change_of(before: Resource, after: Resource) -> tuple[tuple[Code, ...], str]:
    """What a patch changes: (confidentiality codes it gives, status it gives), each empty when it stays as it is.

    Where the new labels name no level (N, R, V) the level stays, for national examples replace `securityLabel` by
    MASQUE_PS alone. Raise `FhirRefused` when both change at once, or when what is left is no DocumentReference.
    """
    old, new = Node(before, "DocumentReference"), Node(after, "DocumentReference")
    for item in new.items("extension"):
        if item.text("url") != IS_ARCHIVED or not isinstance(item.get("valueBoolean").value, bool):
            raise _forbidden(item.path)
    labels, given = codes_of(old, "securityLabel"), codes_of(new, "securityLabel")
    if not any(code.code in _LEVELS for code in given):
        given = (*(code for code in labels if code.code in _LEVELS), *given)
    status = status_of(new)
    changed = {code.code for code in given} != {code.code for code in labels}
    if changed and status != status_of(old):
        raise FhirRefused(
            "patch", "labels and status change in two requests, one after the other", issue="not-supported"
        )
    if changed:
        return given, ""
    return ((), status) if status != status_of(old) else (labels, "")


def _fhirpath_operation(result: Resource, told: Mapping[str, Any], path: str, where: str) -> None:
    kind, value = told.get("type"), told.get("value")
    if kind == "add":
        name = told.get("name")
        if not isinstance(name, str):
            raise FhirRefused(where, "the part name is required to add", issue="required", status=400)
        _assign(result, (*_found(result, path, where), name), value, where, append=True)
    elif kind == "insert":
        index = told.get("index")
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise FhirRefused(where, "the part index is required to insert", issue="required", status=400)
        _add(result, (*_found(result, path, where), str(index)), _needed(value, where), where)
    elif kind == "replace":
        _assign(result, _found(result, path, where), value, where, append=False)
    elif kind == "delete":
        pointer = _found(result, path, where, absent_ok=True)
        if pointer:
            _remove(result, pointer, where)
    else:
        raise FhirRefused(where, f"{str(kind)[:20]!r}: add, insert, replace or delete is expected", status=400)


def _assign(result: Resource, pointer: Pointer, value: object, where: str, *, append: bool) -> None:
    """Set an element; where it repeats, add to it or give it that one value."""
    value = _needed(value, where)
    if pointer and pointer[-1] in ("securityLabel", "extension"):
        listed = result.get(pointer[-1], []) if append else []
        value = [*listed, value] if isinstance(listed, list) else value
    _check_allowed(pointer, where)
    if len(pointer) == 1:
        result[pointer[0]] = value
    elif append:
        _add(result, pointer, value, where)
    else:
        _replace(result, pointer, value, where)


def _found(result: Resource, path: str, where: str, *, absent_ok: bool = False) -> Pointer:
    """The JSON pointer of a FHIRPath on this resource; () for the resource itself, or for nothing when allowed."""
    steps = _steps(path, where)
    found: list[str] = []
    here: Any = result
    for step in steps:
        name, url = step["name"], step["url"]
        if isinstance(here, list) and len(here) == 1:
            found, here = [*found, "0"], here[0]
        if not found:
            _check_allowed((name,), where)
        if name == "value" and isinstance(here, dict) and "valueBoolean" in here:
            name = "valueBoolean"
        found.append(name)
        here = here.get(name) if isinstance(here, dict) else None
        if step["index"] is not None:
            index: int | None = int(step["index"])
            index = index if isinstance(here, list) and index is not None and index < len(here) else None
        elif url is not None or step["key"] is not None:
            key, wanted = ("url", url) if url is not None else (step["key"], step["value"])
            listed = here if isinstance(here, list) else []
            index = next((at for at, item in enumerate(listed) if wanted in _values(item, str(key).split("."))), None)
        else:
            if here is None and step is not steps[-1] and not absent_ok:
                raise FhirRefused(where, f"{path[:80]!r} leads to nothing in this resource")
            continue
        if index is None:
            if absent_ok:
                return ()
            raise FhirRefused(where, f"{path[:80]!r} leads to nothing in this resource")
        found, here = [*found, str(index)], here[index]
    return tuple(found)


def _steps(path: str, where: str) -> list[dict[str, str | Any]]:
    text = path.removeprefix("DocumentReference").removeprefix(".")
    steps = []
    while text:
        step = _STEP.match(text)
        if step is None:
            rule = f"{path[:80]!r}: a path such as DocumentReference.securityLabel[0] is expected"
            raise FhirRefused(where, rule, issue="not-supported", status=400)
        steps.append(step.groupdict())
        text = text[step.end() :]
    return steps


def _values(item: object, names: Sequence[str]) -> list[object]:
    found: list[object] = [item]
    for name in names:
        found = [part.get(name) for part in found if isinstance(part, dict)]
        found = [one for part in found for one in (part if isinstance(part, list) else [part])]
    return found


def _pointer(node: Node, member: str) -> Pointer:
    text = node.get(member).value
    if not isinstance(text, str) or (text and not text.startswith("/")) or len(text) > 300:
        raise FhirRefused(f"{node.path}.{member}", "a JSON pointer is expected", issue="value", status=400)
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def _value(node: Node) -> Any:
    if not isinstance(node.value, dict) or "value" not in node.value:
        raise FhirRefused(f"{node.path}.value", "required", issue="required", status=400)
    return copy.deepcopy(node.value["value"])


def _any_value(part: Node) -> Any:
    """The value[x] of a part, or the object that its own parts make."""
    if not isinstance(part.value, dict):
        raise FhirRefused(part.path, "an object is expected", issue="structure", status=400)
    nested = {inner.text("name"): _any_value(inner) for inner in part.items("part")}
    if nested:
        return nested
    return next((value for name, value in part.value.items() if name.startswith("value")), None)


def _needed(value: object, where: str) -> Any:
    if value is None:
        raise FhirRefused(where, "the part value is required", issue="required", status=400)
    return value


def _check_allowed(pointer: Pointer, where: str) -> None:
    if not pointer or pointer[0] not in CHANGEABLE:
        raise _forbidden(f"{where} {'.'.join(pointer)[:80]}".strip())


def _forbidden(path: str) -> FhirRefused:
    rule = "only status, securityLabel and the isArchived extension may change: replace the document for the rest"
    return FhirRefused(path, rule, issue="not-supported", status=405)


def _at(resource: Any, pointer: Iterable[str], where: str) -> Any:
    here = resource
    for token in pointer:
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list) and _is_index(token, len(here) - 1):
            here = here[int(token)]
        else:
            raise FhirRefused(where, f"{token[:40]!r} leads to nothing in this resource")
    return here


def _add(resource: Resource, pointer: Pointer, value: Any, where: str) -> None:
    _check_allowed(pointer, where)
    if len(pointer) == 2 and pointer[0] != "status":  # FHIR has no empty array: the first one makes it
        resource.setdefault(pointer[0], [])
    holder, last = _at(resource, pointer[:-1], where), pointer[-1]
    if isinstance(holder, list) and (last == "-" or _is_index(last, len(holder))):
        holder.insert(len(holder) if last == "-" else int(last), value)
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise FhirRefused(where, f"nothing can be added at {last[:40]!r}")


def _replace(resource: Resource, pointer: Pointer, value: Any, where: str) -> None:
    _check_allowed(pointer, where)
    _at(resource, pointer, where)
    holder, last = _at(resource, pointer[:-1], where), pointer[-1]
    holder[int(last) if isinstance(holder, list) else last] = value


def _remove(resource: Resource, pointer: Pointer, where: str) -> None:
    _check_allowed(pointer, where)
    _at(resource, pointer, where)
    holder, last = _at(resource, pointer[:-1], where), pointer[-1]
    del holder[int(last) if isinstance(holder, list) else last]


def _is_index(token: str, last: int) -> bool:
    return token.isascii() and token.isdigit() and len(token) <= 4 and int(token) <= last
