"""How tokens and user-info may differ from the usual, one entry per fault point [PSC digest 1.8 to 1.11, 4.1, 4.2].

Each entry is a pure change of claims; which of them apply to a call is decided where tokens are made. None makes PSC
accept what it should refuse: they are answers that software must cope with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from segur_psc.domain.session import CARD

Claims = dict[str, Any]
Change = Callable[[Claims], Claims]

SHORT_LIFE_S = 60
"""Lifetime of access tokens in the capture of 2021 [PSC digest 1.8]."""


def _same(claims: Claims) -> Claims:
    return claims


def _with(**fields: object) -> Change:
    return lambda claims: claims | fields


def _without(*names: str) -> Change:
    return lambda claims: {name: value for name, value in claims.items() if name not in names}


def _expiring_soon(claims: Claims) -> Claims:
    return claims | {"exp": min(claims["exp"], claims["iat"] + SHORT_LIFE_S)}


def _eidas2_for_card(claims: Claims) -> Claims:
    return claims | {"acr": "eidas2", "auth_level": "1"}


@dataclass(frozen=True, slots=True)
class TokenTwist:
    """What becomes of the access token's claims, of the id_token's, and of the answer around them."""

    access: Change = _same
    identity: Change = _same
    answer: Change = _same
    card_only: bool = False


TOKENS: Mapping[str, TokenTwist] = MappingProxyType(
    {
        "psc.token.acr_eidas2": TokenTwist(_eidas2_for_card, _eidas2_for_card, card_only=True),
        "psc.token.acr_eidas3": TokenTwist(access=_with(acr="eidas3")),
        "psc.token.acr_absent": TokenTwist(_without("acr", "auth_level"), _without("acr", "auth_level")),
        "psc.token.nonce_not_in_access_token": TokenTwist(access=_without("nonce")),
        "psc.token.nonce_empty": TokenTwist(_with(nonce=""), _with(nonce="")),
        "psc.token.nonce_wrong": TokenTwist(_with(nonce="not-the-nonce"), _with(nonce="not-the-nonce")),
        "psc.token.short_lived": TokenTwist(
            _expiring_soon,
            _expiring_soon,
            lambda answer: answer | {"expires_in": min(answer["expires_in"], SHORT_LIFE_S)},
        ),
        "psc.token.aud_array": TokenTwist(identity=lambda claims: claims | {"aud": [claims["aud"]]}),
        "psc.token.no_sid": TokenTwist(_without("sid"), _without("sid")),
        "psc.token.no_refresh_expires_in": TokenTwist(answer=_without("refresh_expires_in")),
        "psc.token.no_refresh_token": TokenTwist(answer=_without("refresh_token", "refresh_expires_in")),
        "psc.token.no_session_state": TokenTwist(answer=_without("session_state")),
    }
)


def applies(twist: TokenTwist, means: str) -> bool:
    """Whether a twist is about a login by these means."""
    return not twist.card_only or means == CARD


def _reference(change: Callable[[Claims], Claims]) -> Change:
    """A change of `SubjectRefPro`; nothing for people who have none."""

    def changed(found: Claims) -> Claims:
        reference = found.get("SubjectRefPro")
        return found if reference is None else found | {"SubjectRefPro": change(reference)}

    return changed


def _exercises(change: Change) -> Change:
    return _reference(lambda reference: reference | {"exercices": [change(one) for one in reference["exercices"]]})


def _several(reference: Claims) -> Claims:
    """A second profession, and two more places for the first: which one counts is the client's to ask."""
    first = reference["exercices"][0]
    place = first["activities"][0]
    hospital = {
        "codeModeExercice": "S", "codeSecteurDactivite": "SA01", "numeroFinessSite": "990000119",
        "identifiantTechniqueDeLaStructure": "F990000119", "raisonSocialeSite": "CH DE TEST",
        "ancienIdentifiantDeLaStructure": "1990000119",
    }  # fmt: skip
    volunteer = {"codeModeExercice": "B", "codeSecteurDactivite": "SA28", "raisonSocialeSite": "ASSOCIATION DE TEST"}
    more = [*first["activities"], place | hospital, place | volunteer]
    second = first | {"codeProfession": "60", "codeCiviliteDexercice": "M", "codeTypeSavoirFaire": "",
                      "codeSavoirFaire": "", "activities": [place | hospital]}  # fmt: skip
    return reference | {"exercices": [first | {"activities": more}, second]}


def _layout_2023(found: Claims) -> Claims:
    """The capture of 2023: `codeCivilite` and `codeGenreActivite` at the root, no `email_verified`."""
    reference = found.get("SubjectRefPro")
    moved = _without("email_verified")(found)
    if reference is None:
        return moved
    exercises = [
        one | {"activities": [_without("codeGenreActivite")(activity) for activity in one["activities"]]}
        for one in reference["exercices"]
    ]
    genres = [a["codeGenreActivite"] for one in reference["exercices"] for a in one["activities"]]
    return moved | {
        "codeCivilite": reference["codeCivilite"],
        "codeGenreActivite": genres[0] if genres else "",
        "SubjectRefPro": _without("codeCivilite")(reference) | {"exercices": exercises},
    }


def _other_origin(found: Claims) -> Claims:
    return found | {"otherIds": [one | {"origine": "EDIT"} for one in found["otherIds"]]}


USERINFO: Mapping[str, Change] = MappingProxyType(
    {
        "psc.userinfo.no_subjectrefpro": _without("SubjectRefPro"),
        "psc.userinfo.empty_exercices": _reference(lambda reference: reference | {"exercices": []}),
        "psc.userinfo.no_activities": _exercises(_without("activities")),
        "psc.userinfo.empty_activities": _exercises(_with(activities=[])),
        "psc.userinfo.several_exercices": _reference(_several),
        "psc.userinfo.layout_2023": _layout_2023,
        "psc.userinfo.unknown_fields": _with(
            champInconnu="valeur", objetInconnu={"niveau": 1}, listeInconnue=["a", "b"], nulInconnu=None
        ),
        "psc.userinfo.no_other_ids": _without("otherIds"),
        "psc.userinfo.other_origin": _other_origin,
    }
)
