"""Apache Kafka and MongoDB in containers, for the same suite that runs on the embedded servers.

The images are those of docker-compose.yml and follow the same variables, so that what is tested is what is run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import pytest
from docker.errors import DockerException
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

IMAGES = {"SEGUR_KAFKA_IMAGE": "apache/kafka:4.0.0", "SEGUR_MONGO_IMAGE": "mongo:8.0"}
"""The images, by the variable that names another."""

_PRIMARY_PATIENCE_S = 60.0


@contextmanager
def kafka_and_mongo(kafka_port: int) -> Iterator[dict[str, str]]:
    """Both servers, started; gives the settings that name them. Skip the test when no Docker daemon answers.

    Kafka tells its clients where to come back to, so its port on the host is chosen beforehand.
    """
    try:
        docker.from_env().ping()
    except DockerException as error:
        pytest.skip(f"SEGUR_TEST_CONTAINERS is set, but no Docker daemon answers: {error}")
    host = DockerClient().host()
    with _kafka(host, kafka_port), _mongo() as mongo:
        mongo_url = f"mongodb://{host}:{mongo.get_exposed_port(27017)}/?directConnection=true"
        _wait_primary(mongo_url)
        yield {"SEGUR_KAFKA_URL": f"{host}:{kafka_port}", "SEGUR_MONGO_URL": mongo_url}


def _image(variable: str) -> str:
    return os.environ.get(variable) or IMAGES[variable]


def _kafka(host: str, port: int) -> DockerContainer:
    container = DockerContainer(_image("SEGUR_KAFKA_IMAGE")).with_bind_ports(19092, port)
    settings = {
        "CLUSTER_ID": "c2VndXJzdGFjay1rYWZrYQ",
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "CONTROLLER://localhost:9093,OUTSIDE://:19092",
        "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://{host}:{port}",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "OUTSIDE",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
    }
    for name, value in settings.items():
        container.with_env(name, value)
    return container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(90))


def _mongo() -> DockerContainer:
    container = DockerContainer(_image("SEGUR_MONGO_IMAGE")).with_exposed_ports(27017)
    return container.with_command("mongod --replSet segur --bind_ip_all --wiredTigerCacheSizeGB 0.25")


def _wait_primary(url: str) -> None:
    """Make the one-member replica set that transactions need, and wait until its member takes writes."""
    deadline = time.monotonic() + _PRIMARY_PATIENCE_S
    said: object = None
    with MongoClient(url, serverSelectionTimeoutMS=1_000) as client:
        while time.monotonic() < deadline:
            try:
                said = hello = client.admin.command("hello")
                if hello["isWritablePrimary"]:
                    return
                if "setName" not in hello:
                    members = [{"_id": 0, "host": "localhost:27017"}]
                    client.admin.command("replSetInitiate", {"_id": "segur", "members": members})
            except PyMongoError as error:
                said = error
            time.sleep(0.2)
    raise TimeoutError(f"MongoDB takes no writes after {_PRIMARY_PATIENCE_S:.0f} s: {said}")
