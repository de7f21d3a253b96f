# Needs Python 3.11 or later and make. `make demo` and `make test` do all their set-up.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt $(wildcard services/*/segur_*/__init__.py)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[embedded,dev]"
	touch $@

demo: setup
	$(BIN)/segur demo

test: setup check
	$(BIN)/python -m pytest -n 2

check: setup
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv
