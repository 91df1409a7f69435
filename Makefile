# Everything a developer or an operator runs. `make` alone lists the targets.
# Nothing is installed twice: each step leaves a stamp, and once installed no target needs the network.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
GENERATED := proto/gen/.generated
BUF_INSTALLED := proto/node_modules/.package-lock.json
BUF := BUF_CACHE_DIR=$(CURDIR)/proto/node_modules/.cache proto/node_modules/.bin/buf
PROTOS := $(wildcard proto/viva/v1/*.proto)
WEB := edge-api/web
WEB_INSTALLED := $(WEB)/node_modules/.package-lock.json
WEB_CHECKED := $(WEB)/node_modules/.checked
WEB_BUILT := $(WEB)/dist/.built
WEB_FONTS := $(WEB)/node_modules/.fonts/.unpacked
WEB_SOURCES := edge-api/openapi.json $(filter-out %/schema.d.ts $(WEB)/src/typeface/%,$(shell find $(WEB)/src $(WEB)/public $(WEB)/scripts $(WEB)/tests -type f)) \
  $(wildcard $(WEB)/*.json $(WEB)/*.ts $(WEB)/index.html)
BENCHES ?= $(filter-out tests/bench/_%.py tests/bench/conftest.py,$(wildcard tests/bench/*.py))
TESTS ?= tests
DEMO ?=
VOICE ?=
MODELS ?=

# pip and uv read different settings: a folder of wheels named for pip serves uv too.
UV := UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" UV_HTTP_TIMEOUT=180 $(BIN)/uv

HAS_NODE := node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' && command -v npm >/dev/null || \
  { echo "npm is missing or old: install Node 20.19 or newer" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help up web demo models test check bench client proto lock install clean-client
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

up: install ## start the whole mesh on this machine and keep it up; Ctrl-C stops it
	@$(MAKE) --no-print-directory web || echo "The page could not be built (see above); everything else starts." >&2
	@$(BIN)/viva up

web: $(WEB_BUILT) $(WEB_FONTS) ## build the page into edge-api/web/dist, within its budget of script

demo: install ## one whole interview, its report in demo/ (VOICE=1 speaks it; DEMO="--via rest" over REST)
	@$(BIN)/viva demo $(if $(VOICE),--voice) $(DEMO)

models: install ## fetch model weights: those suggested, or MODELS="name name" (viva models list)
	@$(BIN)/viva models pull $(MODELS)

test: check web ## make check, the page, then every test: unit, integration, end to end, chaos, browser
	@deploy/local/test_prerequisites.sh
	npm test --prefix $(WEB)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

check: install $(BUF_INSTALLED) $(WEB_CHECKED) ## format, lint, types, architecture and contracts, in under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	$(BUF) lint proto

bench: install ## every measurement of tests/bench; the last line of each is JSON (BENCHES=... picks)
	@set -e; for each in $(BENCHES); do echo "== $$each"; $(BIN)/python $$each; done

client: install clean-client ## the stubs-only wheel viva-client, in dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist proto/client
	@ls dist/viva_client-*.whl

clean-client:
	@rm -f dist/viva_client-*.whl

proto: install ## generate proto/gen from proto/viva/v1
	@true

lock: $(INSTALLED) ## write constraints.txt anew from pyproject.toml
	env -u UV_FIND_LINKS $(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --universal \
	  --no-emit-index-url --no-annotate --no-header --upgrade -o constraints.txt

install: $(INSTALLED) $(GENERATED)

$(INSTALLED): pyproject.toml constraints.txt
	@deploy/local/prerequisites.sh "$(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "$$(sed -n 's/^\(uv==.*\)/\1/p' constraints.txt | grep . || echo uv)"
	@echo "Installing the Python packages (about 2 GB). llama-cpp-python is compiled: about 4 minutes on 2 cores."
	$(UV) pip install --python $(BIN)/python -r pyproject.toml --all-extras -e . -c constraints.txt
	@touch $@

$(GENERATED): $(PROTOS) $(INSTALLED)
	@rm -rf build/gen && mkdir -p build/gen/viva/v1
	@touch build/gen/viva/__init__.py build/gen/viva/v1/__init__.py build/gen/viva/py.typed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -I proto --python_out=build/gen \
	  --grpc_python_out=build/gen --mypy_out=quiet:build/gen --mypy_grpc_out=quiet:build/gen $(PROTOS)
	@rm -rf proto/gen && mv build/gen proto/gen
	@touch $@

$(BUF_INSTALLED): proto/package.json proto/package-lock.json
	@$(HAS_NODE)
	npm ci --prefix proto
	@touch $@

$(WEB_INSTALLED): $(WEB)/package.json $(WEB)/package-lock.json
	@$(HAS_NODE)
	npm ci --prefix $(WEB)
	@touch $@

$(WEB_CHECKED): $(WEB_INSTALLED) $(WEB_SOURCES)
	npm run check --silent --prefix $(WEB)
	@touch $@

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	npm run build --silent --prefix $(WEB)
	@touch $@

$(WEB_FONTS): $(WEB_INSTALLED) | $(INSTALLED)
	$(BIN)/python -m edge_api.typeface
	@touch $@
