# What a person types. `make` alone lists it.
#
#   make demo SOURCE=~/chats        the weekly DAG on your own files
#   make demo ENDPOINTS=my.yaml     … with your own model instead of the simulator
#   make demo ARGS="--once"         ends with the DAG run's verdict instead of leaving Airflow running

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
SOURCE ?=
ENDPOINTS ?=
LIVE_DATA ?=
WEEK ?=
# Two more than cores: tests that start real processes or servers wait a third of their time.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)

.PHONY: help
help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

.PHONY: demo
demo: $(READY) ## run the weekly DAG in a real Airflow on the sample; SOURCE=path for your own files, ENDPOINTS=my.yaml, WEEK=2026-W40, ARGS=--once
	@exec $(BIN)/semtel demo $(if $(SOURCE),--source "$(SOURCE)") $(if $(ENDPOINTS),--endpoints "$(ENDPOINTS)") $(if $(WEEK),--week "$(WEEK)") $(ARGS)

.PHONY: install
install: $(READY) ## create .venv with everything needed

.PHONY: test
test: $(READY) ## lint, then all tests, a file of them to each worker in turn, the long ones first
	@$(MAKE) --no-print-directory -j2 lint compiled
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Each worker, and each of the hundreds of processes that tests start, would compile all sources again, where the environment
# forbids to keep what was compiled and in a new checkout. mypy, which takes longer, leaves a core for it.
test: export PYTHONDONTWRITEBYTECODE =
.PHONY: compiled
compiled: $(READY)
	@$(BIN)/pytest --collect-only -qq -p no:xdist >/dev/null 2>&1 || true # what cannot be collected is said by the tests themselves

.PHONY: simulations
simulations: $(READY) ## simulate with known truth how often intervals and tests are right; ARGS="corrected_cover" for one; a few minutes
	@$(BIN)/python -m tests.simulations $(ARGS)

.PHONY: live
live: $(READY) ## label conversations with real servers on this machine; the first time installs them, which compiles for some ten minutes
	@$(BIN)/python -m tests.live.installation
	$(BIN)/pytest --durations=0 -rs tests/live $(ARGS)
	$(if $(LIVE_DATA),$(BIN)/python -m tests.live.measure "$(LIVE_DATA)")

.PHONY: lint
lint: $(READY) ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: pages
pages: $(READY) ## write the reference pages and the schemas again, from the code
	$(BIN)/semtel config docs --write docs/reference/configuration.md
	$(BIN)/semtel config schema --write include/schemas
	$(BIN)/python scripts/cli_reference.py
	$(BIN)/python scripts/write_data_dictionary.py
	$(BIN)/python scripts/write_scrub_page.py

.PHONY: lock
lock: $(READY) ## write requirements.lock again: what the image installs, with hashes, for all supported Pythons and systems
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(PIP_INSTALL) uv
	PATH="$$PATH:$(BIN)" uv pip compile --quiet pyproject.toml --extra alerts --extra azure --extra cluster --extra s3 \
	  -c constraints.txt --generate-hashes --universal --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate -o requirements.lock

# In an environment of its own, which has what the image has, installed as the image installs it.
SBOM := build/sbom
.PHONY: sbom
sbom: $(READY) ## list what the image contains, as CycloneDX, and its licences, into build/sbom; fails for strong copyleft
	rm -rf $(SBOM) && mkdir -p $(SBOM)
	$(BIN)/python -m venv $(SBOM)/tool && $(BIN)/python -m venv --without-pip $(SBOM)/image
	$(SBOM)/tool/bin/pip install --quiet --disable-pip-version-check "cyclonedx-bom==7.5.0"
	$(SBOM)/tool/bin/pip --python $(SBOM)/image/bin/python install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	$(SBOM)/tool/bin/cyclonedx-py environment --output-reproducible -o $(SBOM)/sbom.cdx.json $(SBOM)/image/bin/python
	rm -rf $(SBOM)/tool $(SBOM)/image
	$(BIN)/python scripts/licenses.py $(SBOM)/sbom.cdx.json $(SBOM)/licenses.md

.PHONY: docs
docs: $(READY) ## build the documentation into site/, from the files of this checkout alone
	$(BIN)/python scripts/cli_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open site/index.html; to search as well: $(BIN)/python -m http.server --bind 127.0.0.1 --directory site"

.PHONY: clean
clean: ## remove .venv, the servers of `make live`, the demo's state and caches; leaves your data alone
	rm -rf $(VENV) $(VENV)-live .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist site

# uv takes a third of the time that pip takes. It does not read pip's configuration: where a package index is named there alone,
# uv fails and pip does the work.
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
INSTALL_WITH_UV = pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev]'

# The stamp is written last, so an interrupted installation starts again.
$(READY): pyproject.toml constraints.txt
	@python=""; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then python="$$name"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "make: no Python 3.11, 3.12 or 3.13 found; install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version); the first time takes a minute or two."; \
	if command -v uv >/dev/null; then \
	  { test -x $(BIN)/python || uv venv --quiet --python "$$python" $(VENV); } && \
	  uv $(INSTALL_WITH_UV); \
	else \
	  { $(BIN)/python -m pip --version || $(BIN)/python -m ensurepip || "$$python" -m venv $(VENV); } >/dev/null 2>&1 || \
	    { echo "make: $$python cannot create virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	  { $(PIP_INSTALL) uv && $(BIN)/uv $(INSTALL_WITH_UV); } 2>/dev/null || $(PIP_INSTALL) -e '.[dev]'; \
	fi
	@touch $@
