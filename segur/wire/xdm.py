"""IHE_XDM.ZIP archives, as carried by MSSanté mails: reading and writing. [MSSanté digest 3.5, 3.6, 3.9]"""

from __future__ import annotations

import hashlib
import html
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from segur.wire import xml
from segur.wire.xdm_archive import Limits, XdmRefused, unpack
from segur.wire.xds_datatypes import InvalidDtm, parse_dtm
from segur.wire.xds_read import read_submission
from segur.wire.xds_values import DocumentEntry, MetadataRefused, Submission
from segur.wire.xds_write import write_submission

__all__ = ["Limits", "XdmPackage", "XdmRefused", "XdmSender", "read_package", "write_package"]

SUBSET: Final = "IHE_XDM/SUBSET01"
METADATA: Final = "METADATA.XML"
INDEX: Final = "INDEX.HTM"
README: Final = "README.TXT"

_EXTENSIONS: Final = {
    "text/xml": "XML",
    "application/xslt+xml": "XML",
    "application/pdf": "PDF",
    "application/dicom": "DCM",
    "text/plain": "TXT",
    "text/rtf": "RTF",
    "image/jpeg": "JPG",
    "image/tiff": "TIF",
}


@dataclass(frozen=True, slots=True)
class XdmSender:
    """Who sends, and with which software: the mandatory content of README and INDEX. [MSSanté digest 3.5]"""

    name: str
    organization: str
    software: str
    software_version: str
    editor: str
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class XdmPackage:
    """An archive: one submission, `documents` by the URI of their entry, and the two texts for people."""

    submission: Submission
    documents: Mapping[str, bytes]
    index: str = ""
    readme: str = ""

    def content(self, entry: DocumentEntry) -> bytes:
        """The bytes an entry describes."""
        return self.documents[entry.uri]


def read_package(archive: bytes, *, strict: bool = False, limits: Limits | None = None) -> XdmPackage:
    """Read an IHE_XDM.ZIP and check every document against its hash and size.

    Without `strict`, oddities of real archives pass: any case, an enclosing folder, system litter, missing README or
    INDEX, missing hash or size. Raise `XdmRefused` naming the file or attribute and the rule.
    """
    files = unpack(archive, strict=strict, limits=limits or Limits())
    by_name = {(name if strict else name.casefold()): content for name, content in files.items()}
    metadata_name = _metadata_name(files, strict=strict)
    folder = PurePosixPath(metadata_name).parent
    root = folder.parent.parent
    index = _text(by_name, root / INDEX, strict=strict)
    readme = _text(by_name, root / README, strict=strict)
    try:
        submission = read_submission(xml.parse(files[metadata_name]))
    except (xml.XmlRefused, MetadataRefused) as error:
        raise XdmRefused(METADATA, str(error)) from error
    documents: dict[str, bytes] = {}
    for entry in submission.entries:
        documents[entry.uri] = _document(entry, folder, by_name, strict=strict)
    return XdmPackage(submission, MappingProxyType(documents), index, readme)


def write_package(submission: Submission, documents: Mapping[str, bytes], sender: XdmSender) -> bytes:
    """Write an archive of the French layout; `documents` are by `entry_uuid`.

    URI, hash and size of the entries are set here (DOC00001.XML, DOC00002.XML …). The same input gives the same bytes.
    Raise `XdmRefused` when an entry has no document.
    """
    entries: list[DocumentEntry] = []
    for number, entry in enumerate(submission.entries, start=1):
        content = documents.get(entry.entry_uuid)
        if content is None:
            raise XdmRefused(entry.entry_uuid, "no document given for this entry")
        uri = f"DOC{number:05d}.{_EXTENSIONS.get(entry.mime_type, 'BIN')}"
        entries.append(replace(entry, uri=uri, hash=_sha1(content), size=len(content)))
    complete = replace(submission, entries=tuple(entries))
    files = {
        INDEX: _index(complete, sender).encode(),
        README: _readme(complete, sender).encode(),
        f"{SUBSET}/{METADATA}": xml.serialize(write_submission(complete), declaration=True),
    } | {f"{SUBSET}/{entry.uri}": documents[entry.entry_uuid] for entry in entries}
    return _zip(files, submission.submission_set.submission_time)


def _metadata_name(files: Mapping[str, bytes], *, strict: bool) -> str:
    """The METADATA.XML of the only sub-folder of IHE_XDM; an enclosing folder is accepted unless strict."""
    found = []
    for name in files:
        parts = (name if strict else name.upper()).split("/")
        if parts[-1] == METADATA and len(parts) >= 3 and parts[-3] == "IHE_XDM" and (len(parts) == 3 or not strict):
            found.append(name)
    if not found:
        raise XdmRefused(f"IHE_XDM/…/{METADATA}", "missing: this is not an IHE_XDM archive")
    if len(found) > 1:
        raise XdmRefused("IHE_XDM", f"{len(found)} submission sets, a mail carries one")
    return found[0]


def _text(files: Mapping[str, bytes], path: PurePosixPath, *, strict: bool) -> str:
    content = files.get(str(path) if strict else str(path).casefold())
    if content is None:
        if strict:
            raise XdmRefused(path.name, "missing at the root of the archive")
        return ""
    return content.decode("utf-8", errors="replace")


def _document(entry: DocumentEntry, folder: PurePosixPath, files: Mapping[str, bytes], *, strict: bool) -> bytes:
    if not entry.uri:
        raise XdmRefused("URI", f"required in {entry.entry_uuid!r}: the name of the document beside {METADATA}")
    path = PurePosixPath(entry.uri)
    if path.is_absolute() or ".." in path.parts or ":" in entry.uri or "\\" in entry.uri:
        raise XdmRefused("URI", f"{entry.uri!r}: a name relative to {METADATA}, inside the archive, is expected")
    name = str(folder / path)
    content = files.get(name if strict else name.casefold())
    if content is None:
        raise XdmRefused("URI", f"{entry.uri!r} is not in the archive")
    if strict and (not entry.hash or entry.size is None):
        raise XdmRefused("hash, size", f"required in {entry.entry_uuid!r}")
    if entry.size is not None and entry.size != len(content):
        raise XdmRefused("size", f"{entry.uri}: {len(content)} bytes found, {entry.size} in the metadata")
    if entry.hash and entry.hash != _sha1(content):
        raise XdmRefused("hash", f"{entry.uri}: the SHA-1 of the file is {_sha1(content)}, not {entry.hash}")
    return content


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _index(submission: Submission, sender: XdmSender) -> str:
    links = "\n".join(
        f'<p><a href="{SUBSET}/{entry.uri}">{html.escape(entry.title or entry.uri)}</a></p>'
        for entry in submission.entries
    )
    who = html.escape(f"{sender.organization} ({sender.name})")
    return (
        '<html><head><meta charset="utf-8"/><title>IHE_XDM</title></head><body>\n'
        f"<p>Documents transmis par {who}</p>\n"
        f'<p><a href="{README}">{README}</a></p>\n{links}\n</body></html>\n'
    )


def _readme(submission: Submission, sender: XdmSender) -> str:
    contact = " - ".join(part for part in (sender.name, sender.organization, sender.address, sender.phone) if part)
    names = [INDEX, README, f"{SUBSET}/{METADATA}", *(f"{SUBSET}/{entry.uri}" for entry in submission.entries)]
    listing = "\r\n".join(f"  {name}" for name in names)
    return (
        f"EMETTEUR : {contact}\r\n"
        f"LOGICIEL : {sender.software} version {sender.software_version}, éditeur {sender.editor}\r\n"
        "UTILISATION : ouvrir INDEX.HTM, ou importer le dossier IHE_XDM dans un logiciel compatible IHE XDM.\r\n"
        f"CONTENU :\r\n{listing}\r\n"
    )


def _zip(files: Mapping[str, bytes], submission_time: str) -> bytes:
    try:
        instant = parse_dtm(submission_time)
    except InvalidDtm:
        instant = parse_dtm("1980")
    # ZIP dates begin in 1980.
    stamp = (max(instant.year, 1980), *instant.timetuple()[1:6])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()
