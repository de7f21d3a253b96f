"""Opening a ZIP that a stranger sent: bounded in every way, names that stay inside, nothing encrypted.

The standard `zipfile` reads; it trusts declared sizes and names, hence the checks here. [MSSanté digest 3.5]
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

_ISO_FOLDER = re.compile(r"^[A-Z0-9_]{1,8}$")
_ISO_FILE = re.compile(r"^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?$")
_MAX_DEPTH: Final = 8
_JUNK_FOLDERS: Final = frozenset({"__macosx"})
_JUNK_FILES: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class XdmRefused(ValueError):
    """An archive that cannot be taken; `field` is the file or attribute at fault, `rule` the rule and the fix."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest archive, largest sum of unpacked files (both in bytes), most files, highest compression ratio.

    The ratio counts for files over `ratio_from` bytes: a short text may well shrink a hundred times.
    """

    archive: int = 50 * 1024 * 1024
    unpacked: int = 100 * 1024 * 1024
    entries: int = 1_000
    ratio: int = 200
    ratio_from: int = 1024 * 1024


def unpack(archive: bytes, *, strict: bool, limits: Limits) -> dict[str, bytes]:
    """Name -> content of every file of the archive, folders and system litter left out.

    With `strict`, names must be ISO 9660 level 1 and litter is refused; without, back slashes and any case are read.
    Raise `XdmRefused` for anything that is not a plain, bounded ZIP.
    """
    if len(archive) > limits.archive:
        raise XdmRefused("ZIP", f"{len(archive)} bytes, at most {limits.archive} are accepted")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return _read_all(opened, strict=strict, limits=limits)
    except XdmRefused:
        raise
    # What a damaged archive makes zipfile raise; ValueError covers its seeks to a negative place.
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, OSError, ValueError) as error:
        raise XdmRefused("ZIP", f"damaged or not a ZIP archive: {error}") from error


def _read_all(opened: zipfile.ZipFile, *, strict: bool, limits: Limits) -> dict[str, bytes]:
    infos = opened.infolist()
    if len(infos) > limits.entries:
        raise XdmRefused("ZIP", f"{len(infos)} entries, at most {limits.entries} are accepted")
    declared = sum(info.file_size for info in infos)
    if declared > limits.unpacked:
        raise XdmRefused("ZIP", f"{declared} bytes once unpacked, at most {limits.unpacked} are accepted")
    files: dict[str, bytes] = {}
    seen: set[str] = set()
    for info in infos:
        name = _safe_name(info, strict=strict)
        if name.casefold() in seen:
            raise XdmRefused(name, "the name occurs twice")
        seen.add(name.casefold())
        if info.is_dir() or _is_litter(name, strict=strict):
            continue
        _check_entry(info, name, limits)
        content = opened.read(info)
        if len(content) != info.file_size:
            raise XdmRefused(name, f"{len(content)} bytes found, {info.file_size} declared")
        files[name] = content
    return files


def _safe_name(info: zipfile.ZipInfo, *, strict: bool) -> str:
    # orig_filename still holds what zipfile cuts off or rewrites (after a NUL, path separators).
    if "\x00" in info.orig_filename:
        raise XdmRefused(repr(info.orig_filename), "a name must not hold a NUL character")
    name = info.filename if strict else info.filename.replace("\\", "/")
    if name.startswith(("/", "\\")) or re.match(r"^[A-Za-z]:", name):
        raise XdmRefused(name, "absolute names are not accepted")
    parts = name.rstrip("/").split("/")
    if ".." in parts or "\\" in name:
        raise XdmRefused(name, "names must not leave the archive ('..', back slash)")
    if len(parts) > _MAX_DEPTH + 1:
        raise XdmRefused(name, f"at most {_MAX_DEPTH} folder levels")
    if strict:
        folders, last = (parts, "") if info.is_dir() else (parts[:-1], parts[-1])
        if not all(map(_ISO_FOLDER.match, folders)) or (last and not _ISO_FILE.match(last)):
            raise XdmRefused(name, "ISO 9660 level 1 names only: capitals, digits, _ ; 8 characters and 3 of extension")
    return name


def _is_litter(name: str, *, strict: bool) -> bool:
    parts = name.casefold().split("/")
    return not strict and (parts[-1] in _JUNK_FILES or not _JUNK_FOLDERS.isdisjoint(parts))


def _check_entry(info: zipfile.ZipInfo, name: str, limits: Limits) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise XdmRefused(name, "encrypted files are not accepted")
    if info.compress_type not in _METHODS:
        raise XdmRefused(name, "only stored or deflated files are accepted")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise XdmRefused(name, "symbolic links are not accepted")
    if info.file_size > limits.ratio_from and info.file_size > limits.ratio * max(info.compress_size, 1):
        raise XdmRefused(name, f"compressed more than {limits.ratio} times: looks like a bomb")
