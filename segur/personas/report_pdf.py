"""The PDF of a report: plain pages of text in PDF/A-1b, the format CDA level 1 bodies must have [DMP digest 5.3].

ReportLab lays out and embeds the font; what PDF/A adds (XMP metadata, output intent with its colour profile) is written
here. Text is black on DeviceGray, so a small grey profile is enough.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape  # only escapes text: nothing is parsed with it

_FONT, _SIZE, _LEADING, _MARGIN = "Vera", 10, 15, 56
_PRODUCER = "SegurStack"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:description></rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate><xmp:CreatorTool>{producer}</xmp:CreatorTool></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>{producer}</pdf:Producer>
<pdf:Keywords>{title}</pdf:Keywords></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def report_pdf(title: str, author: str, lines: Sequence[str], at: datetime) -> bytes:
    """A PDF/A-1b of `lines` under `title`; empty lines separate blocks, long lines wrap, pages follow as needed.

    `at` (with an offset) is the date written in the file. The same arguments give the same bytes.
    """
    # a tenth of a second to load: only those who make documents pay for it
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
    from reportlab.lib.utils import simpleSplit  # type: ignore[import-untyped]
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
    from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, "Vera.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1, pdfVersion=(1, 4), lang="fr-FR",
                    initialFontName=_FONT, initialFontSize=_SIZE)  # fmt: skip
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setSubject(title)
    canvas.setKeywords(title)
    canvas.setCreator(_PRODUCER)
    canvas.setProducer(_PRODUCER)
    offset = f"{at:%z}"
    canvas.setDateFormatter(lambda *_: f"D:{at:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:5]}'")

    width, height = A4
    y = height - _MARGIN
    canvas.setFont(_FONT, 14)
    for piece in simpleSplit(title, _FONT, 14, width - 2 * _MARGIN):
        canvas.drawString(_MARGIN, y, piece)
        y -= 20
    y -= _LEADING
    canvas.setFont(_FONT, _SIZE)
    for line in lines:
        for piece in simpleSplit(line, _FONT, _SIZE, width - 2 * _MARGIN) or [""]:
            if y < _MARGIN:
                canvas.showPage()
                canvas.setFont(_FONT, _SIZE)
                y = height - _MARGIN
            canvas.drawString(_MARGIN, y, piece)
            y -= _LEADING
    canvas.showPage()

    document = canvas._doc  # the only way to the catalog: ReportLab has no public call for metadata and intents
    metadata = PDFStream(
        PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}),
        _XMP.format(
            title=escape(title), author=escape(author), producer=_PRODUCER, date=at.isoformat(timespec="seconds")
        ).encode(),
    )
    profile = PDFStream(PDFDictionary({"N": 1}), _grey_profile())
    document.defaultStreamFilters = None  # PDF/A-1: metadata must be readable without any filter
    intent = PDFDictionary(
        {
            "Type": PDFName("OutputIntent"),
            "S": PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": PDFString("Gray gamma 2.2"),
            "DestOutputProfile": document.Reference(profile),
        }
    )
    catalog = document.Catalog
    catalog.Metadata = metadata
    catalog.OutputIntents = PDFArray([intent])
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]
    catalog.__Refs__ = [*catalog.__Refs__, "OutputIntents"]
    canvas.save()
    return out.getvalue()


def _grey_profile() -> bytes:
    """An ICC version 2 grey profile of gamma 2.2. Written by hand: the libraries at hand write version 4, which
    PDF/A-1 does not take."""
    text = b"Gray gamma 2.2\0"
    description = b"desc" + struct.pack(">II", 0, len(text)) + text + bytes(8 + 3 + 67)
    copyright_ = b"text" + bytes(4) + b"No copyright, use freely\0"
    white = b"XYZ " + bytes(4) + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x0233)
    table, body = b"", b""
    at = 128 + 4 + 12 * 4
    for name, data in ((b"desc", description), (b"cprt", copyright_), (b"wtpt", white), (b"kTRC", curve)):
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s6H4sI8sIIIIII",
        at + len(body), bytes(4), 0x02100000, b"mntr", b"GRAY", b"XYZ ", 2026, 1, 1, 0, 0, 0,
        b"acsp", 0, bytes(8), 0, 0, 0, 0xF6D6, 0x10000, 0xD32D,
    )  # fmt: skip
    return header.ljust(128, b"\0") + struct.pack(">I", 4) + table + body
