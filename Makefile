# The verbs of the project. Each makes its own .venv when that is missing or older than pyproject.toml.
#
#   make PYTHON=python3.13 test      with another interpreter
#   make QUICK=1 bench               small sizes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: demo test simulate chaos fuzz lint types docs pictures bench all help

demo: $(READY) ## simulate services, braid their logs, prove the result
	@PATH="$(abspath $(BIN)):$$PATH" bash examples/demo.sh

test: $(READY) ## run every test
	$(BIN)/python -m pytest

lint: $(READY) ## style, format and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: $(READY) ## mypy --strict
	$(BIN)/mypy

docs: $(READY) ## run every code block of README.md and docs/
	$(BIN)/python -m pytest tests/test_docs.py

pictures: $(READY) ## draw the pictures of docs/ again
	$(BIN)/python examples/pictures.py

simulate: $(READY) ## ten thousand lives of a run in memory, with crashes; SEED=n tells one of them, SHRINK=1 shortly
	PYTHONPATH=tests $(BIN)/python -m simulation $(if $(SEED),--seed $(SEED)) $(if $(SHRINK),--shrink) $(if $(RUNS),--runs $(RUNS))

chaos: $(READY) ## kill it, stop it, starve it while others write: the long form, some 20 minutes
	CHAOS=long $(BIN)/python -m pytest tests/chaos

fuzz: $(READY) ## hostile input, a hundred times as much of it as in the tests
	LOGBRAID_FUZZ=$(or $(ROUNDS),100) $(BIN)/python -m pytest tests/hostile --timeout 3600

bench: $(READY) ## time logbraid and its peers side by side, update docs/performance.md
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

all: lint types test ## what must pass before a change is merged

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "logbraid needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	  exit 1; }
	@echo "making $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
