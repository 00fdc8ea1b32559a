# `make demo` and `make test` need Python 3.11 or newer and this file; everything else goes into .venv from the lock.

PYTHON ?= python3
# One more than processors: some tests wait for clusters, processes and clocks. The tests of a file stay together: they
# share a service or a world.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
CODE := $(sort $(foreach package,solver planner api dispatcher benchmarks tests,\
  $(shell find $(package) -name '*.py' 2>/dev/null | head -1 | cut -d/ -f1)))
KERNELS := $(shell grep -rlE 'import numba|solver[.]compiled' --include='*.py' solver 2>/dev/null)

# A real Kubernetes API server for the tests of the dispatcher: built once, and kept outside of the work tree.
APISERVER_CODE := $(wildcard tests/kubernetes/apiserver/go.* tests/kubernetes/apiserver/*.go)
APISERVER := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bayplan/apiserver-$(shell cat $(sort $(APISERVER_CODE)) | sha256sum | cut -c1-16)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help apiserver demo test tests lint types contracts format bench install clean lock
.NOTPARALLEL:

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.warm ## play a small edge cloud through the HTTP API
	@$(BIN)/bayplan demo $(ARGS)

test: lint types contracts tests ## check format, lint, types and import contracts, then run the tests

tests: $(VENV)/.warm ## run the tests only (ARGS='-k spread' and the like are passed on)
	@echo '== tests'
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.installed ## check format and lint
	@echo '== format'
	@$(BIN)/ruff format --check $(CODE)
	@echo '== lint'
	@$(BIN)/ruff check $(CODE)

format: $(VENV)/.installed ## rewrite the code to the common format
	@$(BIN)/ruff check --fix-only --quiet $(CODE)
	@$(BIN)/ruff format $(CODE)

types: $(VENV)/.installed ## check the types
	@echo '== types'
	@$(BIN)/mypy $(CODE)

contracts: $(VENV)/.installed ## check who may import whom
	@echo '== import contracts'
	@$(BIN)/lint-imports --no-logo

apiserver: $(APISERVER) ## build the Kubernetes API server of the tests (needs Go; once, some ten minutes)

$(APISERVER):
	@echo '== kube-apiserver, etcd, controllers and scheduler (once, some ten minutes): $@'
	@mkdir -p $(@D)
	@go build -C tests/kubernetes/apiserver -buildvcs=false -ldflags='-s -w' -o $@.part .
	@mv $@.part $@

bench: $(VENV)/.warm ## run the micro benchmarks
	@$(BIN)/pytest benchmarks --benchmark-only -p no:xdist $(ARGS)

install: $(VENV)/.warm ## make .venv and nothing more

clean: ## remove .venv, caches and builds
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp per step: nothing is done twice, and a step that was interrupted is done again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Bayplan needs Python 3.11 or newer, but "$(PYTHON)" is not: try "make PYTHON=python3.12 ..."' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '"$(PYTHON)" cannot make virtual environments: install its venv package (on Debian: python3-venv).' >&2; exit 1; }
	@echo '== environment: $(VENV)'
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml requirements.lock $(VENV)/.made
	@echo '== packages from requirements.lock (once, some minutes)'
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.warm: $(VENV)/.installed $(KERNELS)
	@echo '== compile the hot loops'
	@$(BIN)/python -m solver.warmup
	@touch $@

# Exact versions with hashes of every file, for the package, its tools and its build; nothing about where they come from.
lock: export CUSTOM_COMPILE_COMMAND := make lock
lock: ## pin every package anew (ARGS=--upgrade for newer versions)
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install --quiet 'pip-tools>=7.6,<8'
	@build/lock/bin/pip-compile --quiet --generate-hashes --strip-extras --all-extras --all-build-deps \
	  --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(ARGS) \
	  --output-file requirements.lock pyproject.toml
	@! grep -n '://' requirements.lock
