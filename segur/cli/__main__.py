"""`python -m segur.cli` is the `segur` command."""

from segur.cli.app import main

main()
