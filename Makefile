# Every target sets up what it needs, can be repeated, and needs no root. `make` lists them; CONTRIBUTING.md says more.

PYTHON := .venv/bin/python
JOBS ?= 2
SEEDS ?= 50
FIRST_SEED ?= 1
# COVER=1 measures coverage while tests run, and adds to what `make test` measured; `make coverage` judges it as well.
COVER ?=
COVER_OPTIONS := $(if $(COVER),--cov=bot --cov-branch --cov-report=,)
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.DEFAULT_GOAL := help
.PHONY: help setup run test end-to-end chaos chaos-storm lint types contract contract-documents coverage coverage-report bench fuzz mutation lock clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-20s %s\n", $$1, $$2 }'

setup: ## make .venv with the pinned packages; does nothing when they are there
	@sh scripts/setup

run: setup ## the whole service: with a sandbox GitHub, or for the real App when its variables are set
	@$(PYTHON) -m demo $(RUN_OPTIONS)

test: setup ## the quick tests: all but those of `make end-to-end`, `make contract` and `make chaos`
	@rm -f .coverage .coverage.*
	@$(PYTHON) -m pytest -m "not chaos and not end_to_end and not contract" -n $(JOBS) --dist worksteal $(COVER_OPTIONS) $(PYTEST_OPTIONS)

end-to-end: setup contract-documents ## the tests of the sandbox, of the running service, and all that take long
	@$(PYTHON) -m pytest -m "end_to_end and not chaos" -n $(JOBS) --dist worksteal $(if $(COVER),$(COVER_OPTIONS) --cov-append) $(PYTEST_OPTIONS)

chaos: setup ## the tests that start and kill processes and databases
	@$(PYTHON) -m pytest -m chaos $(if $(COVER),$(COVER_OPTIONS) --cov-append) $(PYTEST_OPTIONS)

chaos-storm: setup ## SEEDS=50 storms in which processes are killed at drawn moments; figures in var/chaos.json
	@$(PYTHON) -m tests.chaos.many_storms --seeds $(SEEDS) --first $(FIRST_SEED) --json var/chaos.json

lint: setup ## style, formatting, workflow files, and nothing in the tree that does not belong there
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) scripts/check_tree.py
	@$(PYTHON) scripts/check_workflows.py

types: setup ## static types, strictly
	@$(PYTHON) -m mypy

contract: setup ## only the checks against GitHub's published descriptions; these must run, not skip
	@$(PYTHON) tests/contract/fetch.py
	@TRACKGATE_CONTRACT=1 $(PYTHON) -m pytest -m "contract and not end_to_end" -n $(JOBS) --dist worksteal $(if $(COVER),$(COVER_OPTIONS) --cov-append) $(PYTEST_OPTIONS)

contract-documents: setup ## fetch those descriptions with npm; without npm their tests are skipped
	@$(PYTHON) tests/contract/fetch.py || { test -z "$$TRACKGATE_CONTRACT$$CI" \
		&& echo "The contract tests will be skipped: the descriptions they need are not here."; }

coverage: ## test, contract, end-to-end and chaos, with coverage of lines and branches: 90 % of bot, 100 % of bot/core
	@$(MAKE) --no-print-directory test COVER=1
	@$(MAKE) --no-print-directory contract COVER=1
	@$(MAKE) --no-print-directory end-to-end COVER=1
	@$(MAKE) --no-print-directory chaos COVER=1
	@$(MAKE) --no-print-directory coverage-report

coverage-report: setup ## judge the coverage that was measured with COVER=1
	@$(PYTHON) -m coverage report --skip-covered --fail-under=90
	@$(PYTHON) -m coverage report --include='bot/core/*' --skip-covered --show-missing --fail-under=100

bench: setup contract-documents ## measure requests, times, memory and growth; docs/benchmarks.md shows the last run
	@$(PYTHON) -m bench $(BENCH_OPTIONS)

fuzz: setup ## the property tests with 50 times as many examples
	@FUZZ_FACTOR=50 $(PYTHON) -m pytest -n $(JOBS) -p tests.support.fuzz_profile --hypothesis-profile=fuzz tests/core $(PYTEST_OPTIONS)

mutation: setup ## change the two gates in thousands of small ways, and see that the tests notice
	@.venv/bin/mutmut run --max-children $(JOBS) $(MUTATION_OPTIONS)
	@$(PYTHON) scripts/mutation_score.py --survivors

lock: setup ## resolve requirements/*.in again, with hashes and without addresses
	@$(COMPILE) requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) -c requirements/dev.txt requirements/laptop.in -o requirements/laptop.txt
	@$(COMPILE) -c requirements/dev.txt requirements/tracing.in -o requirements/tracing.txt
	@$(COMPILE) -c requirements/dev.txt requirements/runtime.in -o requirements/runtime.txt
	@$(PYTHON) scripts/check_tree.py

clean: ## remove what can be made again; var/ with its database stays
	@rm -rf .venv .contract .coverage .coverage.* htmlcov build *.egg-info .mypy_cache .ruff_cache .hypothesis mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
