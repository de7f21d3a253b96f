# Needs Python 3.11 or later and make. `make demo` and `make test` do all their set-up.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-containers check clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt $(wildcard services/*/segur_*/__init__.py)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[embedded,dev]"
	touch $@

demo: setup
	$(BIN)/segur demo

test: setup check
	$(BIN)/python -m pytest -n 3 --dist loadgroup

# The same promises on Apache Kafka and MongoDB, in containers; skipped with the reason where no Docker daemon answers.
test-containers: setup
	SEGUR_TEST_CONTAINERS=1 $(BIN)/python -m pytest -n 0 -rs --timeout 300 tests/contract tests/foreign

check: setup
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv
