"""The compose file says what the code says: every role, its ports, its neighbours; and it lets nobody else in."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from segur.kernel.ports import ROLES, SERVICES, Ports
from segur.platform.plan import Plan
from tests.containers import IMAGES

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install -c constraints.txt pyyaml")

ROOT = Path(__file__).parents[2]
PORTS = Ports()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()

DOOR_SETTINGS = {
    "edge_http": "SEGUR_EDGE_HTTP_PORT",
    "edge_tls": "SEGUR_EDGE_TLS_PORT",
    "control": "SEGUR_PORT",
    "smtp_submission": "SEGUR_SMTP_PORT",
    "smtp_operator": "SEGUR_SMTP_OPERATOR_PORT",
    "imap": "SEGUR_IMAP_PORT",
    "imaps": "SEGUR_IMAPS_PORT",
    "mllp": "SEGUR_MLLP_PORT",
}


def told(role: str) -> dict[str, str]:
    """The environment of a role's container, as the process sees it."""
    return {name: str(value) for name, value in CONTAINERS[role]["environment"].items()}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_runs_the_one_image_with_a_health_check_limits_and_a_restart(role: str) -> None:
    container = CONTAINERS[role]
    assert container["command"] == [role]
    assert container["image"] == CONTAINERS["control"]["image"]
    assert container["build"]["dockerfile"] == "deploy/Dockerfile"
    assert container["healthcheck"]["test"] == ["CMD", "python", "-m", "segur.platform.probe"]
    assert container["restart"] == "unless-stopped"
    assert {"kafka", "mongo"} <= set(container["depends_on"])
    assert "home:/var/lib/segur" in container["volumes"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_has_limits_and_waits_for_health(name: str) -> None:
    container = CONTAINERS[name]
    assert re.fullmatch(r"\d+[mg]", container["mem_limit"])
    assert 0 < container["cpus"] <= 2
    for needed, condition in container.get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}, f"{name} waits for {needed}"
        assert "healthcheck" in CONTAINERS[needed]


@pytest.mark.parametrize("name", CONTAINERS)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in CONTAINERS[name].get("ports", []))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_listens_where_the_table_of_ports_says(role: str) -> None:
    environment = told(role)
    assert environment["SEGUR_PORT"] == str(PORTS.control if role == "control" else PORTS.internal(role))
    assert environment["SEGUR_ADMIN_PORT"] == str(PORTS.admin(role))
    doors = PORTS.opened_by(role)
    assert {door: environment[DOOR_SETTINGS[door]] for door in doors} == {d: str(p) for d, p in doors.items()}
    assert CONTAINERS[role].get("ports", []) == [f"127.0.0.1:{port}:{port}" for port in doors.values()]


def test_the_doors_of_the_laptop_are_all_open() -> None:
    published = {int(port.split(":")[1]) for container in CONTAINERS.values() for port in container.get("ports", [])}
    assert set(PORTS.doors().values()) <= published


def test_the_roles_find_each_other_by_name() -> None:
    assert json.loads(told("gateway")["SEGUR_UPSTREAMS"]) == {s: f"http://{s}:{PORTS.internal(s)}" for s in SERVICES}
    assert json.loads(told("control")["SEGUR_ADMINS"]) == {r: f"http://{r}:{PORTS.admin(r)}" for r in ROLES}
    for role in ROLES:
        environment = told(role)
        assert environment["SEGUR_CONTROL_URL"] == f"http://control:{PORTS.control}"
        assert environment["SEGUR_GATEWAY_URL"] == f"http://gateway:{PORTS.edge_http}"
        assert environment["SEGUR_GATEWAY_TLS_URL"] == f"https://gateway:{PORTS.edge_tls}"
        assert environment["SEGUR_EDGE_TLS_URL"] == f"https://localhost:{PORTS.edge_tls}"
    assert set(CONTAINERS["gateway"]["depends_on"]) == {*ROLES, "kafka", "mongo"} - {"gateway"}


def test_a_role_is_told_all_that_the_launcher_tells() -> None:
    """Except the doors of the others, and the home and host that the image sets."""
    everything = {*Plan(Path("/home"), kafka="kafka:9092", mongo="mongodb://mongo").environment("control")} - {
        *os.environ
    }
    image = {"SEGUR_HOME"}
    some = {*DOOR_SETTINGS.values(), "SEGUR_UPSTREAMS", "SEGUR_ADMINS", "SEGUR_ADDRESSES"}
    for role in ROLES:
        assert everything - image - some <= set(told(role))
    assert everything - image <= {name for role in ROLES for name in told(role)}


def test_the_page_shows_the_addresses_of_the_laptop() -> None:
    shown = json.loads(told("control")["SEGUR_ADDRESSES"])
    laptop = {
        name: address.replace("127.0.0.1", "localhost") for name, address in Plan(Path("/home")).addresses.items()
    }
    assert {name: shown[name] for name in laptop} == laptop


def test_spans_go_to_the_collector_which_hands_them_to_the_control_plane_and_the_trace_ui() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "otel-collector.yaml").read_text())
    port = config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].split(":")[1]
    assert {told(role)["SEGUR_OTLP_URL"] for role in ROLES} == {f"http://otel-collector:{port}"}
    targets = {exporter["endpoint"] for exporter in config["exporters"].values()}
    assert targets == {f"http://control:{PORTS.control}", "http://jaeger:4318"}
    assert set(config["service"]["pipelines"]["traces"]["exporters"]) == set(config["exporters"])


def test_the_image_runs_as_a_user_without_rights_checks_its_health_and_names_no_index() -> None:
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.M) == ["segur"]
    assert 'CMD ["python", "-m", "segur.platform.probe"]' in DOCKERFILE
    assert 'ENTRYPOINT ["python", "-m", "segur.platform.role"]' in DOCKERFILE
    assert "-c constraints.txt" in DOCKERFILE
    assert "://" not in DOCKERFILE
    assert re.search(r"^ARG BASE=python:3\.\d+-slim-\w+$", DOCKERFILE, re.M)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_right_it_does_not_need(role: str) -> None:
    container = CONTAINERS[role]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


def test_the_suite_and_the_compose_file_use_the_same_images() -> None:
    named = {container["image"] for container in CONTAINERS.values()}
    assert {f"${{{variable}:-{image}}}" for variable, image in IMAGES.items()} <= named
