"""The pages, in French, from the templates beside this module: escaped, never framed, no foreign script or style."""

from __future__ import annotations

import secrets
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from segur.kernel.errors import SegurError
from segur_psc import errors

_ENVIRONMENT = Environment(
    loader=PackageLoader("segur_psc", "edges"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_IN_FRENCH = {
    errors.UNKNOWN_CLIENT.name: "Ce service n'est pas enregistré auprès de Pro Santé Connect (client_id inconnu).",
    errors.BAD_REDIRECT_URI.name: "L'adresse de retour (redirect_uri) n'est pas enregistrée pour ce service, à la "
    "lettre près.",
    errors.STALE_LOGIN.name: "La page de connexion a expiré ou a été ouverte dans un autre navigateur. Reprenez depuis "
    "votre logiciel.",
    errors.BAD_LOGOUT_URI.name: "L'adresse de retour après déconnexion n'est pas enregistrée pour ce service.",
    errors.BAD_HINT.name: "Le jeton qui désigne la session (id_token_hint) n'est pas valide.",
    errors.LOGOUT_TWICE.name: "La session est déjà fermée.",
    errors.CIBA_UNKNOWN.name: "Cette demande de connexion est inconnue ou déjà utilisée.",
    errors.CIBA_EXPIRED.name: "Cette demande de connexion a expiré ou a déjà reçu une réponse.",
    errors.UNKNOWN_PROFESSIONAL.name: "Aucun professionnel de test ne porte cet identifiant avec ce moyen de "
    "connexion.",
    errors.USER_DISABLED.name: "Ce professionnel est désactivé.",
}


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of `<template>.html`; `values` are escaped."""
    nonce = secrets.token_urlsafe(16)
    body = _ENVIRONMENT.get_template(f"{template}.html").render(nonce=nonce, **values)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return HTMLResponse(body, status, headers)


def in_french(error: SegurError) -> str:
    """The refusal in the words of an end user."""
    return _IN_FRENCH.get(error.refusal.name, "La demande a été refusée.")


def error_page(error: SegurError) -> Response:
    """A refusal nobody can be redirected with."""
    return page("error", error.kind.value, message=in_french(error), technical=error.text, code=error.code)
