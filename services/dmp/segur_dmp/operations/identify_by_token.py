"""Authentication at the FHIR door: a PSC access token, the client certificate, or both.

The national guides are silent on it: the rules of the SOAP modes are kept. A token alone reads as AIR does and cannot
feed; the structure's certificate feeds and cannot read; a CPS does both [DMP digest 2.3, 2.4, 4].

Through a Proxy e-Santé the token is one of the DMP's own, and the certificate the proxy's: it reads as a token alone
[PSC digest 1.17].
"""

from __future__ import annotations

from dataclasses import dataclass

from segur.kernel import request
from segur.vocab.ins import Ins
from segur.wire.saml import AuthenticationMode
from segur_dmp import errors
from segur_dmp.clients import Holder
from segur_dmp.context import Context
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import Act, is_nominative
from segur_dmp.operations.follow_directory import directory_now
from segur_dmp.pipeline import Attempt, Caller, accepted, guard

_FIX = "Envoyez Authorization: Bearer <jeton d'accès Pro Santé Connect>, ou présentez un certificat client."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who calls, before the patient is known: PS_IdNat, Struct_idNat, authentication mode, profession, speciality."""

    id_nat: str
    structure: str
    mode: AuthenticationMode
    profession: str = ""
    speciality: str = ""


async def identify_by_token(context: Context, authorization: str, act: Act) -> Visitor:
    """The visitor for an act; raise `NO_TOKEN`, `OTHER_HOLDER`, `NOT_LINKED`, `UNAVAILABLE` rows."""
    present = request.current()
    certificate = present.certificate
    found = await token_holder(context, authorization)
    if found is not None and found.through_proxy:
        directory = await directory_now(context, found.id_nat)
        return visitor_of(directory, found.id_nat, AuthenticationMode.REINFORCED)
    holder = found.id_nat if found is not None else ""
    carried = certificate.structure if certificate is not None else ""
    carrier = certificate.common_name if certificate is not None and certificate.kind == "ps-auth" else ""
    directory = await directory_now(context, holder, carrier, carried)
    if certificate is not None and certificate.kind == "ps-auth":
        if holder and holder != certificate.common_name:
            raise errors.OTHER_HOLDER.error(field="Authorization", rule="Le jeton et la carte sont de deux personnes.")
        id_nat = certificate.common_name
        return visitor_of(directory, id_nat, AuthenticationMode.DIRECT)
    structure = certificate.structure if certificate is not None else ""
    if not holder:
        if not structure or certificate is None:
            raise errors.NO_TOKEN.error(field="Authorization", fix=_FIX)
        return Visitor(f"{structure}/{certificate.common_name}", structure, AuthenticationMode.INDIRECT)
    if structure and directory.unlinked(holder, structure):
        raise errors.NOT_LINKED.error(field="TLS", fix="Utilisez le certificat de la structure d'exercice du PS.")
    # NOTE: over plain http nobody can show a certificate; as for the VIHF, the token then stands for the structure too.
    vouched = bool(structure) or not present.base.startswith("https")
    mode = AuthenticationMode.INDIRECT if vouched and act is Act.FEED else AuthenticationMode.REINFORCED
    return visitor_of(directory, holder, mode, structure)


def visitor_of(directory: Directory, id_nat: str, mode: AuthenticationMode, structure: str = "") -> Visitor:
    """A professional as the directory knows one, in `structure` or where they usually work.

    An employee without national number is of the structure the internal identifier begins with [DMP digest 2.1].
    """
    known = directory.person(id_nat)
    employer = "" if is_nominative(id_nat) else id_nat.partition("/")[0]
    where = structure or directory.usual_structure(id_nat) or employer
    return Visitor(id_nat, where, mode, known.profession, known.speciality)


def about(context: Context, trial: Attempt, visitor: Visitor, ins: Ins) -> Caller:
    """The visitor as the caller of an act about one patient; raise `PRODUCTION_IDENTITY`."""
    guard(context, ins)
    caller = Caller(
        id_nat=visitor.id_nat,
        structure=visitor.structure,
        mode=visitor.mode,
        door="fhir",
        about=ins,
        patient=context.floor.pseudonyms.of(ins),
        profession=visitor.profession,
        speciality=visitor.speciality,
    )
    return accepted(context, trial, caller)


async def token_holder(context: Context, authorization: str) -> Holder | None:
    """The holder of the bearer token, None without one; raise `NO_TOKEN` or `INTROSPECTION_AWAY`."""
    if not authorization:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.NO_TOKEN.error(field="Authorization", fix=_FIX)
    found = await context.tokens.holder(token.strip())
    if found is None or await context.records.sessions.is_closed(found.session):
        raise errors.NO_TOKEN.error(field="Authorization", fix="Demandez un nouveau jeton à Pro Santé Connect.")
    certificate = request.current().certificate
    if not found.may_use(certificate.sha256 if certificate is not None else ""):
        raise errors.NO_TOKEN.error(
            field="Authorization", rule="Ce jeton est lié au certificat client présenté à Pro Santé Connect."
        )
    return found
