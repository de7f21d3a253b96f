"""Rules of Référentiel 2 that a mail may break and still be carried: told in its fact, so that an editor sees them.

Real operators deliver such mails; the receiving software stumbles over them [MSSanté digest 3.1 to 3.5, 8]. Findings
are French sentences that begin with the rule; they hold no name and no INS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from email.utils import parseaddr

from segur_mssante.domain.attachments import Carried, Cda
from segur_mssante.domain.mime_tree import Part, Undecodable

PREFIX = "XDM/1.0/DDM+"
LABEL_MAX = 40
_PDF_NAME = re.compile(r"\d{8}_.+_.+_.+\.pdf", re.IGNORECASE)
_PDF_A1 = re.compile(rb"pdfaid:part\W{1,4}1")
_DATE = re.compile(r" \d{2}/\d{2}/\d{4}\Z")


def findings(mail: Carried, sender: str, kind: str) -> tuple[str, ...]:
    """What the mail of a mailbox of this kind (PER, ORG, APP) breaks; nothing is asked of a citizen."""
    if kind == "CIT":
        return ()
    return (*_general(mail, sender, kind), *(_with_documents(mail) if mail.archives else _without(mail)))


def _general(mail: Carried, sender: str, kind: str) -> Iterator[str]:
    tree = mail.tree
    if not mail.envelope.message_id:
        yield "ECO.2.2.1 Message-ID : absent"
    if not tree.text("X-MSS-NIL"):
        yield "ECO.2.4.3 X-MSS-NIL : absent, il est attendu dans tous les courriels"
    label, address = parseaddr(tree.text("From"))
    if address.lower() != sender:
        yield "RFC 5322 From : ce n'est pas l'adresse de l'expéditeur authentifié"
    if not label:
        yield "ECO.2.2.7 From : le libellé manque"
    if kind == "APP" and not mail.envelope.reply_to:
        yield "ECO.2.2.5 Reply-To : obligatoire depuis une boîte applicative"
    if tree.has("X-MSS-MES") and tree.text("X-MSS-MES") != "FIN":
        yield "ECO.2.2.8 X-MSS-MES : seule la valeur FIN est comprise"
    for part in tree.walk():
        if part.type in ("text/plain", "text/html") and not part.filename:
            charset = str(part.about.get_content_charset("us-ascii"))
            if charset not in ("utf-8", "us-ascii"):
                yield f"ECO.2.2.3 charset {charset} : UTF-8 attendu"
    yield from _body(tree)


def _body(tree: Part) -> Iterator[str]:
    body = tree
    while body.type == "multipart/mixed" and body.children:
        body = body.children[0]
    if body.type == "multipart/alternative":
        if [part.type for part in body.children] != ["text/plain", "text/html"]:
            yield "ECO.2.2.4 corps : multipart/alternative avec text/plain puis text/html attendu"
    elif body.type not in ("text/plain", "multipart/report"):
        yield f"ECO.2.2.4 corps : text/plain ou multipart/alternative attendu, reçu {body.type}"


def _without(mail: Carried) -> Iterator[str]:
    for name, rule in (("X-MSS-CODECDA", "ECO.2.4.1"), ("X-MSS-INS", "ECO.2.4.2")):
        if mail.tree.has(name):
            yield f"{rule} {name} : présent sans CDA joint"


def _with_documents(mail: Carried) -> Iterator[str]:
    for defect in mail.defects:
        yield f"ECO.2.1.1 {defect}"
    if not mail.documents:
        if not mail.defects:
            yield "ECO.2.1.1 IHE_XDM.ZIP : aucun CDA"
        return
    tree, documents = mail.tree, mail.documents
    told = [code.strip() for code in tree.text("X-MSS-CODECDA").split(",") if code.strip()]
    if sorted(told) != sorted(document.header.code.code for document in documents):
        yield "ECO.2.4.1 X-MSS-CODECDA : les codes des CDA joints, séparés par des virgules, sont attendus"
    expected = "O" if all(document.header.patient.identity_is_complete for document in documents) else "N"
    if tree.text("X-MSS-INS") != expected:
        yield f"ECO.2.4.2 X-MSS-INS : {expected} attendu d'après les traits du CDA"
    yield from subject_findings(mail.envelope.subject, documents)
    yield from _pdfs(tree, documents)


def subject_findings(subject: str, documents: tuple[Cda, ...]) -> Iterator[str]:
    """Where the subject departs from `XDM/1.0/DDM+<libellé> <NOM> <prénom> [JJ/MM/AAAA]` [MSSanté digest 3.2]."""
    rule = "ECO.2.1.3 sujet :"
    if not subject.startswith(PREFIX):
        yield f"{rule} {PREFIX} attendu au début"
        return
    rest = _quotes(subject.removeprefix(PREFIX))
    header = documents[0].header
    label = f"{len(documents)} documents" if len(documents) > 1 else _quotes(header.code.display)[:LABEL_MAX].rstrip()
    if rest.startswith(" "):
        yield f"{rule} pas d'espace après le +"
    if not rest.startswith(label):
        yield f"{rule} libellé attendu « {label} » ({LABEL_MAX} caractères au plus)"
        return
    name = rest.removeprefix(label).strip()
    dated = _DATE.search(f" {name}")
    if dated:
        name = f" {name}"[: dated.start()].strip()
        birth = header.patient.birth_time[:8]
        if len(birth) == 8 and dated[0].strip() != f"{birth[6:]}/{birth[4:6]}/{birth[:4]}":
            yield f"{rule} la date n'est pas la date de naissance du CDA"
    family = plain(header.patient.birth_family).upper()
    if not name.startswith(family):
        yield f"{rule} NOM de naissance attendu après le libellé, en capitales sans accent"
    elif name.removeprefix(family).strip().upper() != plain(header.patient.first_given).upper():
        yield f"{rule} premier prénom de naissance attendu après le NOM, sans accent"


def plain(text: str) -> str:
    """The text without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _pdfs(tree: Part, documents: tuple[Cda, ...]) -> Iterator[str]:
    pdfs = [part for part in tree.walk() if part.type == "application/pdf" or part.filename.lower().endswith(".pdf")]
    if len(pdfs) < len(documents):
        yield f"ECO.2.1.1 PDF : {len(documents)} attendu(s), un par CDA, {len(pdfs)} joint(s)"
    contents = []
    for part in pdfs:
        try:
            contents.append(part.content())
        except Undecodable:
            yield "ECO.2.1.1 PDF : base64 illisible"
        if not _PDF_NAME.fullmatch(part.filename):
            yield "ECO.2.1.6 nom du PDF : <AAAAMMJJ>_<type>_<NOM>_<prénom>.pdf attendu"
    if any(not _PDF_A1.search(content) for content in contents):
        yield "ECO.2.1.1 PDF : le format PDF/A-1 est attendu"
    for document in documents:
        if document.pdf is not None and contents and document.pdf not in contents:
            yield "ECO.2.1.5 PDF : il doit être celui du CDA de niveau 1, octet pour octet"


def _quotes(text: str) -> str:
    return text.replace("’", "'")
