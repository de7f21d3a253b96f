"""What a child process executes: `python -m segur.platform.role dmp` runs one service."""

from __future__ import annotations

import importlib
import sys

from segur.kernel import runner
from segur.kernel.ports import ROLES


def main(arguments: list[str]) -> int:
    """Run the named role; 2 when it is none."""
    if len(arguments) != 1 or arguments[0] not in ROLES:
        print(f"usage: python -m segur.platform.role {{{','.join(ROLES)}}}", file=sys.stderr)
        return 2
    role = arguments[0]
    module = importlib.import_module("segur.console.service" if role == "control" else f"segur_{role}.service")
    settings = importlib.import_module("segur.console.settings" if role == "control" else f"segur_{role}.settings")
    runner.run(module.build(settings.Settings()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
