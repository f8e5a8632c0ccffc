# Everything from a fresh machine with Python 3.11 or 3.12: `make demo`, `make test`.
# Another interpreter: make demo PYTHON=/path/to/python3.12

BIN := .venv/bin
STAMP := .venv/.set-up
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c '$(FITS)' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help setup demo test test-lowest test-offline lint docs lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 21

setup: $(STAMP) ## make .venv with every pinned package, if it is not up to date

demo: $(STAMP) ## set up, then run the main job on a synthetic competition (work/demo)
	@$(BIN)/mel demo --work work/demo

test: $(STAMP) ## set up, then run every test
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-lowest: ## run every test on the lowest versions that mel admits (needs uv and Python 3.12)
	@uv venv --quiet --clear --seed --python 3.12 .venv-lowest
	@printf 'protobuf==5.29.5\n' > .venv-lowest/kaggle.txt
	@uv pip compile --quiet pyproject.toml --all-extras --resolution lowest-direct \
		--python-version 3.12 --constraint .venv-lowest/kaggle.txt -o .venv-lowest/lowest.txt
	@VIRTUAL_ENV=.venv-lowest uv pip install --quiet -r .venv-lowest/lowest.txt --group dev
	@VIRTUAL_ENV=.venv-lowest uv pip install --quiet --no-deps -e .
	@.venv-lowest/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

test-offline: $(STAMP) ## run the offline notebook in an empty environment (a minute, 200 MB)
	@MEL_OFFLINE_PROOF=1 $(BIN)/python -m pytest tests/kaggle/offline/test_proof.py

lint: $(STAMP) ## set up, then ruff, mypy and import-linter
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(STAMP) ## set up, then build the documentation site, strictly (build/docs)
	@$(BIN)/python docs/build.py

lock: ## pin every package anew (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --group docs \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links -o requirements.lock

clean: ## remove .venv and every cache; work folders stay
	rm -rf .venv .venv-lowest .cache .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache build dist
	find mel tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@'$(PYTHON)' -c '$(FITS)' 2>/dev/null || { \
		echo "mel needs Python 3.11 or 3.12 with venv and pip, got '$(PYTHON)';" \
			"install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	@test -x $(BIN)/pip || '$(PYTHON)' -m venv .venv
	@echo "Setting up .venv from requirements.lock (once; some minutes) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
