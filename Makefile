# Everything that a person types. A fresh machine needs Python 3.11, 3.12 or 3.13 and make.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do $$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$each; break; }; done)
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: run test check format bench install lock clean

run: install
	@$(BIN)/convene up

test: install
	-@$(BIN)/python -m tests.readers
	@$(BIN)/pytest

check: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.checks

format: install
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install
	@$(BIN)/python -m tests.load

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Convene needs Python 3.11, 3.12 or 3.13; none was found on the PATH." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock:
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev --output-file requirements.lock pyproject.toml
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --output-file tests/readers/requirements.txt tests/readers/requirements.in

clean:
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
