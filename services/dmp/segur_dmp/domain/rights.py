"""Which authentication mode allows which act [DMP digest 2.3]."""

from __future__ import annotations

from enum import Enum

from segur.wire.saml import AuthenticationMode


class Act(Enum):
    """What a caller wants to do in a DMP."""

    FEED = "feed"
    READ = "read"
    TEST = "test"
    AUTHORIZE = "authorize"


def allowed(mode: AuthenticationMode, act: Act) -> bool:
    """Direct mode may all, indirect may not read, AIR may not feed."""
    if act is Act.READ:
        return mode is not AuthenticationMode.INDIRECT
    if act is Act.FEED:
        return mode is not AuthenticationMode.REINFORCED
    return True
