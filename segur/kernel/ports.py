"""One table of every port the platform listens on, so that two platforms can live on one machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass

SERVICES = ("annuaire", "dmp", "drim", "gateway", "ins", "mssante", "psc")
"""The national services, in alphabetical order; the control plane comes on top of them."""
ROLES = (*SERVICES, "control")
"""What a process can be: a national service or the control plane."""

DOOR_OWNERS = {
    "edge_http": "gateway",
    "edge_tls": "gateway",
    "control": "control",
    "smtp_submission": "mssante",
    "smtp_operator": "mssante",
    "imap": "mssante",
    "imaps": "mssante",
    "mllp": "drim",
}
"""The role that opens each outside door; the doors of broker and store belong to none."""

_INTERNAL_FIRST = 8101
_ADMIN_FIRST = 8121


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of the outside doors and of the two embedded servers (defaults of the command line contract)."""

    edge_http: int = 8080
    edge_tls: int = 8443
    control: int = 8090
    smtp_submission: int = 2587
    smtp_operator: int = 2525
    imap: int = 2143
    imaps: int = 2993
    mllp: int = 2575
    kafka: int = 19092
    mongo: int = 27117
    internal_first: int = _INTERNAL_FIRST
    admin_first: int = _ADMIN_FIRST

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """Thirty consecutive ports from `base`, in the order of the fields; raise `ValueError` outside 1024..65500."""
        if not 1024 <= base <= 65500:
            raise ValueError(f"port base {base}: choose one between 1024 and 65500")
        names = [name for name in cls.__dataclass_fields__ if not name.endswith("_first")]
        offsets = {name: base + index for index, name in enumerate(names)}
        return cls(**offsets, internal_first=base + 10, admin_first=base + 20)

    def internal(self, role: str) -> int:
        """The loopback port of a role's national surface, behind the gateway."""
        return self.internal_first + ROLES.index(role)

    def admin(self, role: str) -> int:
        """The loopback port of a role's admin routes."""
        return self.admin_first + ROLES.index(role)

    def opened_by(self, role: str) -> dict[str, int]:
        """The outside doors of a role, by name."""
        return {door: port for door, port in self.doors().items() if DOOR_OWNERS.get(door) == role}

    def doors(self) -> dict[str, int]:
        """The ports somebody outside may connect to, by name."""
        return {name: port for name, port in asdict(self).items() if not name.endswith("_first")}
