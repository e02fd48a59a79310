# Everything happens in ./.venv, which is made when needed; no root, and nothing outside this folder
# but the cache of wheels (ARMSYM_CACHE, else the user's cache folder).

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BUNDLES := build/bundles
CPUS := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# The first of these that is Python 3.11 or later; `make PYTHON=...` chooses another.
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: prove audit table test museum fuzz lint lint-ruff lint-format lint-mypy lint-imports docs bench clean help setup compiled

help:
	@echo 'make prove   prove the examples, but for what is known from before (ARGS=--no-cache: all); a wheel that cannot be fetched is left out'
	@echo 'make audit   export all proofs and re-check them with code of its own; lists what is missing of the others'
	@echo 'make table   prove and audit them all and write docs/proofs.md'
	@echo 'make test    run the tests'
	@echo 'make museum  refute assembly that has shipped with faults, and prove the builds that mend them'
	@echo 'make fuzz    random terms (100,000), claims (20,000) and routines (2,000) against their meaning; COUNT=, SEED='
	@echo 'make lint    ruff, mypy --strict (tests and benchmarks too), import-linter'
	@echo 'make docs    the documentation as a site, in build/site; each link is checked'
	@echo 'make bench   the benchmarks'
	@echo 'make clean   remove what was made here'

setup: $(STAMP)

$(STAMP): pyproject.toml
	@test -n '$(PYTHON)' || { echo 'make: no Python 3.11 or later is found; name one: make PYTHON=...' >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,lint]'
	touch $@

# Where Python is told to write no compiled modules (PYTHONDONTWRITEBYTECODE), each process would compile them all: a
# second and more of each call.  What is kept here is compared with the source's hash at each import: it is never another's.
compiled: $(STAMP)
	$(BIN)/python -m compileall -q --invalidation-mode checked-hash \
		$(addprefix $(CURDIR)/,armsym semantics specs crypto_examples tests/support)

prove: $(STAMP)
	$(BIN)/armsym prove --offline-ok -j $(CPUS) $(ARGS)

table: $(STAMP)
	@bundles=$$(mktemp -d) && trap 'rm -rf "$$bundles"' EXIT && \
	$(BIN)/armsym prove --no-cache -j $(CPUS) --export "$$bundles" --gate pyproject.toml --table docs/proofs.md

audit: $(STAMP)
	rm -rf $(BUNDLES)
	$(BIN)/armsym prove --offline-ok -j $(CPUS) --export $(BUNDLES) $(ARGS)
	$(BIN)/armsym audit -j $(CPUS) $(BUNDLES)

# Neighbours share what they prepare: each process takes a half of its own, and what is left of the other's at the end.
test: compiled
	$(BIN)/python -m pytest -n $(CPUS) --dist worksteal $(ARGS)

museum: $(STAMP)
	$(BIN)/python tests/museum/museum.py

fuzz: $(STAMP)
	$(BIN)/python tests/terms/fuzz_terms.py $(or $(COUNT),100000) $(or $(SEED),0)
	$(BIN)/python tests/discharge/fuzz_dischargers.py $(or $(COUNT),20000) $(or $(SEED),0)
	$(BIN)/python tests/proof/fuzz_engine.py $(or $(COUNT),2000) $(or $(SEED),0)

# Separate targets, so that `make -k lint` tells everything.
lint: lint-ruff lint-format lint-mypy lint-imports

lint-ruff: $(STAMP)
	$(BIN)/ruff check .

lint-format: $(STAMP)
	$(BIN)/ruff format --check .

lint-mypy: $(STAMP)
	$(BIN)/mypy

lint-imports: $(STAMP)
	$(BIN)/lint-imports

# What only the site needs is installed when it is built.
docs: $(STAMP)
	$(BIN)/python -c 'import mkdocs, material, mkdocstrings' 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

bench: $(STAMP)
	@test -d bench || { echo 'make: there is no folder bench' >&2; exit 2; }
	$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
