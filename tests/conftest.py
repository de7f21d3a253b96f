"""The embedded servers, once per test worker; with SEGUR_KAFKA_URL and SEGUR_MONGO_URL set, whatever those name.

With SEGUR_TEST_CONTAINERS set, Apache Kafka and MongoDB in containers (`make test-containers`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from segur.kernel.ids import new_id
from segur.kernel.settings import KernelSettings
from segur.platform import embedded, launch
from tests.distribution import UnitScheduling, turn_of

# How fast examples are drawn is the machine's business: what is slow on a busy one is no failure.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker, put the long units of work first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> UnitScheduling | None:
    """With `--dist loadgroup`, keep what shares fixtures on one worker, so that what they start is started once."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # by number of tests: the journeys, few and long, would come last
    return UnitScheduling(config, log)


def free_port() -> int:
    """A port nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_base() -> int:
    """A free port base for a platform, from a range of this test worker's own: two workers may start one at once."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return launch.free_base(20_000 + 2_000 * int(worker))


@dataclass
class Servers:
    """Where the broker and the store are, and how to make the broker lose its log."""

    kafka_port: int
    mongo_url: str
    log: Path
    broker: subprocess.Popen[bytes] | None = None

    @property
    def kafka_url(self) -> str:
        return os.environ.get("SEGUR_KAFKA_URL") or f"127.0.0.1:{self.kafka_port}"

    def start_broker(self) -> None:
        """Start the embedded broker with an empty log, as a new cluster."""
        command = embedded.broker_command(self.kafka_port, f"test-{new_id()}")
        with self.log.open("ab") as output:
            self.broker = subprocess.Popen(command, stdout=output, stderr=output)
        wait_port(self.kafka_port)

    def kill_broker(self) -> None:
        """kill -9."""
        assert self.broker is not None
        self.broker.kill()
        self.broker.wait()

    def settings(self, home: Path, **more: object) -> KernelSettings:
        """Settings of a service of its own namespace, so that tests do not meet."""
        told: dict[str, object] = {
            "home": home,
            "namespace": f"t{new_id().lower()}",
            "kafka_url": self.kafka_url,
            "mongo_url": self.mongo_url,
            **({} if os.environ.get("SEGUR_KAFKA_URL") else embedded.BROKER_MANNERS),
            "port": free_port(),
            "admin_port": free_port(),
            "control_url": "http://127.0.0.1:9",
            **more,
        }
        return KernelSettings(**told)  # type: ignore[arg-type]


def wait_port(port: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


@pytest.fixture(scope="session")
def outside_servers() -> Iterator[None]:
    """When the tests are to run on containers: start them and name them where everybody looks."""
    if not os.environ.get("SEGUR_TEST_CONTAINERS"):
        yield
        return
    from tests import containers

    with containers.kafka_and_mongo(free_port()) as told, pytest.MonkeyPatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def servers(outside_servers: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The broker and the store of this test worker."""
    folder = tmp_path_factory.mktemp("servers")
    started: list[subprocess.Popen[bytes]] = []
    mongo_url = os.environ.get("SEGUR_MONGO_URL", "")
    if not mongo_url:
        port = free_port()
        with (folder / "mongo.log").open("wb") as output:
            command = embedded.store_command(port, folder / "store")
            started.append(subprocess.Popen(command, stdout=output, stderr=output))
        wait_port(port)
        mongo_url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    servers = Servers(free_port(), mongo_url, folder / "kafka.log")
    if not os.environ.get("SEGUR_KAFKA_URL"):
        servers.start_broker()
    yield servers
    for process in [*started, *([servers.broker] if servers.broker else [])]:
        process.kill()
        process.wait()
