"""What is to run: the processes of one platform, with their commands, environments and order."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from segur.kernel.ids import new_id
from segur.kernel.ports import SERVICES, Ports
from segur.platform import embedded

EMBEDDED_BROKER, EMBEDDED_STORE = "kafka", "mongo"


@dataclass(frozen=True, slots=True)
class Process:
    """A child process: `critical` order is that of the plan; it stops in the reverse order."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    """The port that shows it is up."""
    admin_port: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One platform. `kafka` and `mongo` name outside servers; None means the embedded ones."""

    home: Path
    ports: Ports = field(default_factory=Ports)
    kafka: str | None = None
    mongo: str | None = None

    @property
    def kafka_url(self) -> str:
        """Bootstrap servers."""
        return self.kafka or f"127.0.0.1:{self.ports.kafka}"

    @property
    def mongo_url(self) -> str:
        """Connection string."""
        return self.mongo or f"mongodb://127.0.0.1:{self.ports.mongo}/?directConnection=true"

    @property
    def addresses(self) -> dict[str, str]:
        """Where an editor's software connects, by door."""
        ports = self.ports
        return {
            "edge_http": f"http://localhost:{ports.edge_http}",
            "edge_tls": f"https://localhost:{ports.edge_tls}",
            "console": f"http://localhost:{ports.control}",
            "smtp": f"localhost:{ports.smtp_submission}",
            "imap": f"localhost:{ports.imap}",
            "imaps": f"localhost:{ports.imaps}",
            "mllp": f"localhost:{ports.mllp}",
            "kafka": self.kafka_url,
            "mongo": self.mongo_url,
        }

    @property
    def services(self) -> list[str]:
        """The national services this installation has."""
        return [name for name in SERVICES if _is_wired(name)]

    def servers(self) -> list[Process]:
        """The embedded servers this plan needs; a broker started anew is a new cluster."""
        processes = []
        if self.mongo is None:
            command = embedded.store_command(self.ports.mongo, self.home / "store")
            processes.append(Process(EMBEDDED_STORE, tuple(command), self._marked(), self.ports.mongo))
        if self.kafka is None:
            command = embedded.broker_command(self.ports.kafka, f"segur-{new_id()}")
            processes.append(Process(EMBEDDED_BROKER, tuple(command), self._marked(), self.ports.kafka))
        return processes

    def roles(self) -> list[Process]:
        """The control plane, then the services, the gateway last: a door opens when what is behind it is there."""
        order = ["control", *(name for name in self.services if name != "gateway"), "gateway"]
        return [
            Process(
                name,
                (sys.executable, "-m", "segur.platform.role", name),
                self.environment(name),
                self.ports.control if name == "control" else self.ports.internal(name),
                self.ports.admin(name),
            )
            for name in order
        ]

    def _marked(self) -> dict[str, str]:
        """The environment of a server: it only bears the home it belongs to, by which `leftovers` knows it."""
        return {**os.environ, "SEGUR_HOME": str(self.home)}

    def environment(self, role: str) -> dict[str, str]:
        """What a role's process is told, over what the user set."""
        ports = self.ports
        control = f"http://127.0.0.1:{ports.control}"
        told = {
            "SEGUR_HOME": str(self.home),
            "SEGUR_PORT": str(ports.control if role == "control" else ports.internal(role)),
            "SEGUR_ADMIN_PORT": str(ports.admin(role)),
            "SEGUR_KAFKA_URL": self.kafka_url,
            "SEGUR_MONGO_URL": self.mongo_url,
            **(
                {} if self.kafka else {f"SEGUR_{name.upper()}": str(ms) for name, ms in embedded.BROKER_MANNERS.items()}
            ),
            "SEGUR_GATEWAY_URL": f"http://127.0.0.1:{ports.edge_http}",
            "SEGUR_GATEWAY_TLS_URL": f"https://127.0.0.1:{ports.edge_tls}",
            "SEGUR_CONTROL_URL": control,
            "SEGUR_EDGE_HTTP_PORT": str(ports.edge_http),
            "SEGUR_EDGE_TLS_PORT": str(ports.edge_tls),
            "SEGUR_SMTP_PORT": str(ports.smtp_submission),
            "SEGUR_SMTP_OPERATOR_PORT": str(ports.smtp_operator),
            "SEGUR_IMAP_PORT": str(ports.imap),
            "SEGUR_IMAPS_PORT": str(ports.imaps),
            "SEGUR_MLLP_PORT": str(ports.mllp),
            "SEGUR_UPSTREAMS": json.dumps({name: f"http://127.0.0.1:{ports.internal(name)}" for name in self.services}),
            "SEGUR_ADMINS": json.dumps(
                {name: f"http://127.0.0.1:{ports.admin(name)}" for name in ("control", *self.services)}
            ),
            "SEGUR_ADDRESSES": json.dumps(self.addresses),
        }
        return {**os.environ, **told}


def _settings(values: Mapping[str, int]) -> dict[str, str]:
    """Settings by name, as environment variables."""
    return {f"SEGUR_{name.upper()}": str(value) for name, value in values.items()}


def _is_wired(service: str) -> bool:
    """Whether this installation has the service: a package with a `service` module."""
    return find_spec(f"segur_{service}") is not None and find_spec(f"segur_{service}.service") is not None
