"""National host names of test environments that unmodified software has built in, and who answers to them.

Sources: PSC digest 1.2, 1.17, DMP digest 0, INS digest 3.1, Annuaire digest 1. No production name is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WALLET_HOST: Final = "wallet.bas.psc.esante.gouv.fr"
"""Where browsers sign in to Pro Santé Connect."""
DMP_DOMAIN: Final = ".dmp.gouv.fr"
"""What the names of the DMP end in."""

NATIONAL_TEST_HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "auth.bas.psc.esante.gouv.fr": "psc",
        WALLET_HOST: "psc",
        "auth.server.api.edc-psc.esante.gouv.fr": "psc",
        "proxy-exemple.edc-psc.esante.gouv.fr": "psc",
        **{f"dev{n}.lps2.dmp.gouv.fr": "dmp" for n in (1, 6, 9)},
        **{f"formation{n}.lps2.dmp.gouv.fr": "dmp" for n in range(1, 6)},
        "dev6.lps-igc-sante.dmp.gouv.fr": "dmp",
        "lps.dev9.dmp.gouv.fr": "dmp",
        "gateway.api.esante.gouv.fr": "annuaire",
        "qualiflps.services-ps.ameli.fr": "ins",
        "qualiflps-services-ps-tlsm.ameli.fr": "ins",
    }
)
"""Name and service; the certificate of the TLS edge carries these names, `segur hosts` prints them."""
