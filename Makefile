# Every way to run, test and develop Qiantang; `make` alone lists them.

PROFILE ?= embedded
STORY ?=
REPLICAS ?= 1
TESTS ?=
FAULTS ?= tests/faults
ROUNDS ?= 5
ONLY ?=
SCALE ?= 3m
OVERLAY ?= laptop province
export QIANTANG_STATE ?= $(CURDIR)/.state

VENV := .venv
PY := $(VENV)/bin/python
# The stamp is newer than the lock file when the environment is up to date, so that a second
# `make demo` asks pip nothing.
INSTALLED := $(VENV)/installed
# What the faces load in a browser; the demo needs none of it.
FACES := services/gateway/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo run test faults bench setup lint manifests docs lock clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Run

demo: $(INSTALLED) ## Show the stories end to end (STORY=2, PROFILE=distributed REPLICAS=2)
	@$(VENV)/bin/qiantang demo --profile $(PROFILE) --replicas $(REPLICAS) $(if $(STORY),--story $(STORY))

run: $(INSTALLED) $(FACES) ## Serve the platform and its faces in the browser until Ctrl-C
	@$(VENV)/bin/qiantang run

##@ Test

test: $(INSTALLED) $(FACES) ## Pass every test on both profiles (TESTS="path or options" for some)
	@$(PY) -m deploy.system_packages rabbitmq-server postgresql prometheus fonts-noto-cjk chromium
	$(PY) -m pytest $(or $(TESTS),-n auto --dist loadfile --no-loadscope-reorder)

faults: $(INSTALLED) ## Kill, repeat, shuffle and block, and print what came of it (FAULTS="path or options")
	@$(PY) -m deploy.system_packages
	$(PY) -m pytest $(FAULTS) -s

bench: $(INSTALLED) ## Measure the platform beside others (ROUNDS=5, SCALE=10m, ONLY=import,decide)
	@$(PY) -m deploy.system_packages rabbitmq-server postgresql wrk
	@$(PY) -m tests.bench --rounds $(ROUNDS) --scale $(SCALE) $(if $(ONLY),--only $(ONLY))

##@ Develop

setup: $(INSTALLED) ## Build the virtual environment from the lock file, and nothing else

lint: $(INSTALLED) ## Check style, types, boundaries between packages, and the manifests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/hadolint deploy/Dockerfile
	@PYTHONWARNINGS=ignore $(PY) -m deploy.manifest_checks

manifests: $(INSTALLED) ## Write what kubectl applies to build/k8s/ (OVERLAY=laptop|province)
	@PYTHONWARNINGS=ignore $(PY) -m deploy.manifests $(OVERLAY)

docs: $(INSTALLED) ## Write the OpenAPI and AsyncAPI documents and the access table
	@$(VENV)/bin/qiantang docs

lock: $(INSTALLED) ## Renew requirements.lock from pyproject.toml, with hashes and no index address
	$(VENV)/bin/pip-compile --quiet --extra client --extra platform --extra dev --extra bench \
	  --generate-hashes --allow-unsafe --strip-extras \
	  --no-header --no-annotate --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --no-emit-options --output-file requirements.lock pyproject.toml

clean: ## Remove the demo's state, caches and generated documents (the environment stays)
	rm -rf .state build docs/generated *.egg-info .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache
	find deploy services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(FACES): services/gateway/package.json services/gateway/package-lock.json | $(INSTALLED)
	@$(PY) -m deploy.system_packages nodejs npm
	@echo "Installing what the faces load in a browser (once) ..."
	@npm ci --prefix services/gateway --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml
	@if [ ! -x $(PY) ] || ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	      && found=$$python && break; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo "Python 3.11 or newer is needed (Debian 12: apt-get install python3)," >&2; \
	    echo "or name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
	    exit 1; \
	  fi; \
	  echo "Building $(VENV) with $$($$found --version) ..."; \
	  $$found -m deploy.system_packages python3-venv && $$found -m venv --clear $(VENV) \
	    || exit 1; \
	fi
	@echo "Installing the locked dependencies (once; a minute or two) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  --requirement requirements.lock
	@# The platform runs from the checkout; what `pip install` brings is for other systems.
	@echo "$(CURDIR)" > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/qiantang.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m deploy.cli "$$@"\n' > $(VENV)/bin/qiantang
	@chmod +x $(VENV)/bin/qiantang
	@touch $@
