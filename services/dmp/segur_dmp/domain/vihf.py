"""What a VIHF must say, and how it must agree with the certificates of the call [DMP digest 2.1, 2.3, 9]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from segur.vocab import oids
from segur.wire import saml
from segur.wire.saml import AuthenticationMode, Vihf
from segur_dmp import errors
from segur_dmp.domain.directory import Directory
from segur_dmp.domain.rights import PURPOSES

SPECIALISTS = {"10": "médecin", "21": "pharmacien"}
"""Professions whose second role is mandatory."""


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate: its `kind` (`ps-sign`, `org-auth` …), the name in CN, the structure in OU."""

    kind: str
    common_name: str
    structure: str


def check_claims(vihf: Vihf) -> None:
    """Mandatory attributes, access mode and speciality; raise `SegurError` naming the attribute."""
    missing = saml.missing_attributes(vihf)
    if missing:
        raise errors.MISSING_ATTRIBUTE.error(names=", ".join(missing), field=missing[0], fix="Complétez le VIHF.")
    if vihf.purpose is not None and vihf.purpose.code not in PURPOSES:
        raise errors.NO_VIHF.error(
            reason=f"mode d'accès {vihf.purpose.code[:40]!r} inconnu",
            field=saml.PURPOSE_OF_USE,
            rule=f"Valeurs de TRE_R248 : {', '.join(PURPOSES)}.",
        )
    role = vihf.profession
    specialist = role is not None and role.system == oids.PROFESSION and SPECIALISTS.get(role.code)
    if specialist and vihf.speciality is None:
        raise errors.NO_SPECIALITY.error(profession=specialist, field=saml.ROLE)


def check_dates(vihf: Vihf, now: datetime, *, lifetime: timedelta, skew: timedelta) -> None:
    """The token must be of now, give or take the skew; raise `SegurError`."""
    if vihf.issue_instant > now + skew or (vihf.not_before is not None and vihf.not_before > now + skew):
        raise errors.STALE_VIHF.error(reason="il est daté dans le futur", fix="Vérifiez l'horloge du poste.")
    expired = vihf.not_on_or_after is not None and vihf.not_on_or_after <= now - skew
    if expired or vihf.issue_instant + lifetime <= now - skew:
        raise errors.STALE_VIHF.error(reason="il a expiré", fix="Émettez un nouveau VIHF.")


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


def check_posts(vihf: Vihf, directory: Directory) -> None:
    """A professional known to the directory must work in the structure; raise `SegurError`."""
    if directory.unlinked(vihf.name_id, vihf.structure):
        raise errors.NOT_LINKED.error(field="Identifiant_Structure", fix="Utilisez la structure d'exercice du PS.")


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
