"""Letters by e-mail and SMS: they say that there is news, never what is in it."""

from __future__ import annotations

from segur_dmp.domain.mes.notices import Notice
from segur_dmp.domain.mes.spaces import Channel

_SIGNED = "Mon espace santé (émulateur SégurStack, personne fictive). Ne répondez pas à ce message."


def letter_of(notice: Notice, base: str, channel: Channel) -> tuple[str, str]:
    """Subject and text of the letter of a notice; `base` is the address of the platform."""
    address = f"{base.rstrip('/')}/mes/"
    if channel is Channel.SMS:
        return "", f"Mon espace santé : {notice.letter_label}. {address}"
    text = f"Bonjour,\n\n{notice.letter_label}.\n\nPour en savoir plus, connectez-vous : {address}\n\n{_SIGNED}\n"
    return f"Mon espace santé : {notice.letter_label}", text


def code_letter(code: str, minutes: int, channel: Channel) -> tuple[str, str]:
    """Subject and text of the letter that brings a one-time code."""
    line = f"Votre code à usage unique : {code}. Il est valable {minutes} minutes."
    if channel is Channel.SMS:
        return "", f"Mon espace santé : {line}"
    return "Mon espace santé : votre code à usage unique", f"Bonjour,\n\n{line}\n\n{_SIGNED}\n"


def information_letter(opens_on: str) -> tuple[str, str]:
    """Subject and text of the letter of information before a space opens; `opens_on` is a date in French."""
    return (
        "Mon espace santé : votre espace s'ouvre bientôt",
        f"Bonjour,\n\nVotre espace s'ouvrira automatiquement le {opens_on}. Vous pouvez vous y opposer jusque-là, sans "
        f"motif.\n\n{_SIGNED}\n",
    )
