"""How a VIHF must agree with the certificates of the call and with the directory [DMP digest 2.1, 2.3, 9]."""

from __future__ import annotations

from dataclasses import dataclass

from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Vihf
from segur_dmp import errors
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import is_nominative


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate: its `kind` (`ps-sign`, `org-auth` …), the name in CN, the structure in OU."""

    kind: str
    common_name: str
    structure: str


def check_signer(vihf: Vihf, signer: Card, directory: Directory) -> None:
    """A card's signature key signs for its holder, an ORG_SIGN for its structure; raise `SegurError`."""
    if not signer.kind.endswith("-sign"):
        raise errors.BAD_CERTIFICATE.error(reason="c'est un certificat d'authentification ou de serveur")
    direct = vihf.mode is AuthenticationMode.DIRECT
    if direct != (signer.kind == "ps-sign"):
        wanted = "la clé de signature d'une carte CPS" if direct else "un certificat ORG_SIGN"
        raise errors.BAD_CERTIFICATE.error(reason=f"le mode {vihf.mode} demande {wanted}", field="ds:Signature")
    _check_holder(vihf, signer, directory, "ds:Signature")


def check_client(vihf: Vihf, client: Card, directory: Directory) -> None:
    """The same for the certificate of the TLS connection; raise `SegurError`."""
    direct = vihf.mode is AuthenticationMode.DIRECT
    if client.kind != ("ps-auth" if direct else "org-auth"):
        wanted = "la clé d'authentification d'une carte CPS" if direct else "un certificat ORG_AUTH_CLI"
        raise errors.BAD_CERTIFICATE_TLS.error(reason=f"le mode {vihf.mode} demande {wanted}")
    _check_holder(vihf, client, directory, "TLS")


def check_token(vihf: Vihf, holder: str) -> None:
    """An API token beside the VIHF is its professional's; no card is at the proxy. Raise `SegurError`."""
    if vihf.mode is AuthenticationMode.DIRECT:
        raise errors.BAD_CERTIFICATE_TLS.error(reason=f"le mode {vihf.mode} demande une carte CPS, pas un proxy")
    if vihf.name_id != holder:
        raise errors.OTHER_HOLDER.error(
            field="Authorization", rule="Le NameID doit être celui du porteur du jeton d'API."
        )


def check_posts(vihf: Vihf, directory: Directory, *, strict: bool = False) -> None:
    """A professional known to the directory must work in the structure; raise `SegurError`.

    A `strict` sandbox also compares the profession of the VIHF with that of the directory.
    """
    if directory.unlinked(vihf.name_id, vihf.structure):
        raise errors.NOT_LINKED.error(field="Identifiant_Structure", fix="Utilisez la structure d'exercice du PS.")
    if strict and _profession_differs(vihf, directory):
        raise errors.WRONG_ATTRIBUTE.error(
            name="role", reason="ce n'est pas la profession du PS dans l'annuaire", field=saml.ROLE
        )


def _profession_differs(vihf: Vihf, directory: Directory) -> bool:
    known, told = directory.profession(vihf.name_id), vihf.profession
    return bool(known) and is_nominative(vihf.name_id) and told is not None and told.code != known


def _check_holder(vihf: Vihf, card: Card, directory: Directory, where: str) -> None:
    if vihf.mode is AuthenticationMode.DIRECT:
        if card.common_name != vihf.name_id:
            raise errors.OTHER_HOLDER.error(field=where, rule="Le NameID doit être celui du porteur de la carte.")
    elif not directory.same_entity(vihf.structure, card.structure):
        raise errors.LEGAL_PERSON.error(
            field=where,
            rule=f"Identifiant_Structure {vihf.structure[:40]} et certificat {card.structure or 'sans structure'}.",
            fix="Utilisez les certificats de la structure nommée dans le VIHF.",
        )
