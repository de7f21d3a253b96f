"""Which service answers: by national host name first, else by path. Data, read top to bottom."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segur.kernel.sandbox import NAME
from segur.vocab.hosts import NATIONAL_TEST_HOSTS

PATHS: tuple[tuple[str, str], ...] = (
    ("/auth", "psc"),
    ("/realms", "psc"),
    ("/login", "psc"),
    ("/psc", "psc"),
    ("/si-dmp-server", "dmp"),
    ("/dmp", "dmp"),
    ("/AccesDirect", "dmp"),
    ("/mes", "dmp"),
    ("/insi", "ins"),
    ("/fhir", "annuaire"),
    ("/annuaire", "annuaire"),
    ("/annuaire-sante-webservices", "annuaire"),
    ("/drim", "drim"),
    ("/drimbox", "drim"),
    ("/wado", "drim"),
    ("/dicom-web", "drim"),
    ("/mssante", "mssante"),
    ("/mail", "mssante"),
    ("/liste-blanche", "mssante"),
)
"""First path segment and service."""

TEST_HOSTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(auth|wallet)\.bas\.psc\.esante\.gouv\.fr$"), "psc"),
    (re.compile(r"^(auth\.server\.api|proxy-exemple)\.edc-psc\.esante\.gouv\.fr$"), "psc"),
    (re.compile(r"^(dev|formation)\d\.lps2?\.dmp\.gouv\.fr$"), "dmp"),
    (re.compile(r"^dev6\.lps-igc-sante\.dmp\.gouv\.fr$"), "dmp"),
    (re.compile(r"^lps\.dev\d\.dmp\.gouv\.fr$"), "dmp"),
    (re.compile(r"^gateway\.api\.esante\.gouv\.fr$"), "annuaire"),
    (re.compile(r"^qualiflps(\.services-ps|-services-ps-tlsm)\.ameli\.fr$"), "ins"),
    (re.compile(r"^autoconfig\.[a-z0-9.-]+$"), "mssante"),
)
"""National test host names that unmodified clients hard-code [PSC digest 1.2, 1.17, DMP digest 0, INS digest 3.1]."""

PRODUCTION_HOSTS = re.compile(
    r"^((auth|wallet)\.esw\.esante\.gouv\.fr|(ledmp|lps2?)\.dmp\.gouv\.fr|(?!qualif).*\.ameli\.fr)$"
)
"""Never served: pointing production software at a stand-in is a mistake to be told, not helped. `ledmp`: the Web-PS."""

NATIONAL_DOMAINS = re.compile(r"(^|\.)(esante\.gouv|dmp\.gouv|ameli|dmp|monespacesante)\.fr$")
"""A name under these that is no test name above is refused too: it is production, retired, or misspelt."""

CERTIFICATE_NAMES: tuple[str, ...] = tuple(NATIONAL_TEST_HOSTS)
"""Names in the certificate of the TLS edge beside the local ones."""

_SERVICE_OF = dict(PATHS)
_SANDBOX_PATH = re.compile(rf"^/s/(?P<sandbox>{NAME})(?P<rest>/.*)?$")
_SANDBOX_HOST = re.compile(rf"^(?P<sandbox>{NAME})\.localhost$")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes: `service` is empty when nothing answers there, `path` is what the service sees."""

    service: str
    sandbox: str
    path: str
    prefix: str


def is_unserved(host: str) -> bool:
    """Whether `host` is a national name that is not among the test names."""
    return bool(NATIONAL_DOMAINS.search(host)) and not any(pattern.match(host) for pattern, _ in TEST_HOSTS)


def resolve(host: str, path: str) -> Target:
    """The target of a call to `host` (no port, lower case) and `path`.

    The sandbox is the first label of `<id>.localhost`, else the path prefix `/s/<id>`, else `default`.
    """
    sandbox, prefix = "default", ""
    if match := _SANDBOX_HOST.match(host):
        sandbox = match["sandbox"]
    elif match := _SANDBOX_PATH.match(path):
        sandbox, path = match["sandbox"], match["rest"] or "/"
        prefix = f"/s/{sandbox}"
    for pattern, service in TEST_HOSTS:
        if pattern.match(host):
            return Target(service, sandbox, path, prefix)
    first = "/" + path.lstrip("/").split("/", 1)[0]
    return Target(_SERVICE_OF.get(first, ""), sandbox, path, prefix)
