"""What a person types. `main` is the entry point of the `segur` command."""

from segur.cli.app import main

__all__ = ["main"]
