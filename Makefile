# `make help` lists what there is. demo, test and check call setup, which does nothing when the
# locks, the vendored scripts and the catalogues have not changed.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
CODE := app dicom_gateway scheduler migrations benchmarks tests conftest.py
CATALOGUES := $(wildcard app/web/locale/*/LC_MESSAGES/*.po)

# How the suite is run: two processes, a file of tests stays in one of them; which file comes first,
# tests/plugins/order.py says.
PYTEST ?= -n 2 --dist loadfile --no-loadscope-reorder
# The tests start hundreds of processes: what these import is compiled once, also where the environment
# wants no compiled files (python3(1), an empty PYTHONDONTWRITEBYTECODE says nothing).
COMPILE = @$(BIN)/python -m compileall -q $(filter-out tests conftest.py,$(CODE))
test cover: export PYTHONDONTWRITEBYTECODE =
# What is run: all of it, or `make test TESTS=tests/unit`.
TESTS ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------- set-up

.PHONY: setup
setup: .venv/.made app/web/static/vendor/.made $(CATALOGUES:.po=.mo) ## make .venv, fetch the scripts of the pages, compile the texts

.venv/.made: requirements-dev.lock requirements-build.lock pyproject.toml .ci/venv
	@.ci/venv
	@touch $@

app/web/static/vendor/.made: app/web/vendor.lock .ci/vendor
	@.ci/vendor all
	@touch $@

%.mo: %.po | .venv/.made
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --statistics

# ------------------------------------------------------------------------------------ use

.PHONY: demo
demo: setup ## start everything and play the main job with real peers (ONCE=1: end after it)
	@$(BIN)/astreinte demo $(if $(filter-out 0,$(ONCE)),--once)

.PHONY: bench
bench: setup ## measure: NAME=program JSON=file; without a name, list the programs
	@$(BIN)/python -m benchmarks $(NAME) $(if $(JSON),--json $(JSON))

.PHONY: soak
soak: setup ## hours of load on the three processes, and of restless nights: JSON=file
	@$(BIN)/python -m benchmarks soak $(if $(JSON),--json $(JSON))
	@$(BIN)/python -m pytest --hypothesis-profile=soak tests/integration/dispatch/test_restless_night.py

# ----------------------------------------------------------------------------------- tests

.PHONY: test
test: setup ## run the whole suite (TESTS=folder for a part of it)
	$(COMPILE)
	@$(BIN)/python -m pytest $(PYTEST) $(TESTS)

.PHONY: cover
cover: setup ## run the suite with branch coverage, and fail below the bar
	$(COMPILE)
	@$(BIN)/python -m pytest $(PYTEST) --cov --cov-report=term $(TESTS)

.PHONY: check format lint types contracts templates dependencies dead-code spelling
check: format lint types contracts templates dependencies dead-code spelling ## format, lint, types, layers, templates, dependencies, spelling

format: setup
	@$(BIN)/ruff format --check $(CODE)

lint: setup
	@$(BIN)/ruff check $(CODE)

types: setup
	@$(BIN)/mypy

contracts: setup
	@$(BIN)/lint-imports --no-logo

templates: setup
	@$(BIN)/djlint --quiet --check app/web/templates
	@$(BIN)/djlint --quiet --lint app/web/templates

dependencies: setup
	@$(BIN)/deptry .

dead-code: setup
	@.ci/dead-code

spelling: setup
	@$(BIN)/codespell

# ----------------------------------------------------------------------------------- house

.PHONY: fix
fix: setup ## format code and templates, and mend what ruff can mend
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/djlint --quiet --reformat app/web/templates || true

.PHONY: lock
lock: setup ## write the locks again from pyproject.toml
	@.ci/lock

.PHONY: messages
messages: setup ## bring the catalogues of texts up to date with the code
	@$(BIN)/pybabel --quiet extract --mapping pyproject.toml --no-location --omit-header \
		--output .venv/messages.pot .
	@$(BIN)/pybabel --quiet update --input-file .venv/messages.pot \
		--output-dir app/web/locale --no-fuzzy-matching --omit-header

.PHONY: clean
clean: ## remove what the targets made; the data folder stays
	@rm -rf .venv app/web/static/vendor build dist .coverage .coverage.* coverage.xml
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
	@find app dicom_gateway scheduler migrations benchmarks tests -name __pycache__ -prune -exec rm -rf {} +
	@find app -name '*.mo' -delete
