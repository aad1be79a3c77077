# make demo    the main job on real input          make test     all tests
# make check   all that CI runs                    make help     every target
# They set up .venv in the checkout when it is missing or does not fit the lock; nothing outside the checkout is touched,
# but for Debian packages that the tests need (requirements/debian.txt), and those only when run as root.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
BIN := .venv/bin
PYTEST_WORKERS ?= 2
export PYTHONUTF8 := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help set-up set-up-dev demo test test-all faults check check-rest format lint types contracts docs wheel bench bench-dashboards bench-web serve lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

set-up: ## .venv for using hengtan
	@$(PYTHON) scripts/set_up.py run

set-up-dev: ## .venv for tests, checks and docs
	@$(PYTHON) scripts/set_up.py dev

demo: set-up ## the main job on real input: a city's filing and a Chinese company's
	@sh scripts/demo.sh

test: set-up-dev ## all tests; ARGS="-k words" for some
	@$(BIN)/pytest -n $(PYTEST_WORKERS) $(ARGS)

faults: set-up-dev ## the long form of the fault suite: a kill at every write, full disks, failing fsyncs, lost power
	@$(BIN)/pytest tests/faults -n $(PYTEST_WORKERS) -m "faults_long or not faults_long" $(ARGS)

test-all: set-up-dev ## all tests: the browser's too, and the Chinese pages of the documentation
	@$(BIN)/pytest -n $(PYTEST_WORKERS) -m "not faults_long" $(ARGS)

check: test check-rest ## all that CI runs: tests, format, lint, types, import contracts, docs, wheel

check-rest: format lint types contracts docs wheel

format: set-up-dev ## is it formatted? (mend: .venv/bin/ruff format)
	@$(BIN)/ruff format --check --output-format concise .

lint: set-up-dev ## ruff
	@$(BIN)/ruff check --output-format concise .

types: set-up-dev ## mypy, strict
	@$(BIN)/mypy

contracts: set-up-dev ## imports only go down
	@$(BIN)/lint-imports --no-cache

docs: set-up-dev ## the site, in site/
	@$(BIN)/mkdocs build --quiet --strict

wheel: set-up-dev ## the wheel, in dist/
	@$(BIN)/python -m hatchling build --target wheel >/dev/null && ls -l dist/*.whl

bench: set-up-dev ## speed and memory; BENCH_SIZES="1 10 100" in million rows
	@$(BIN)/python -m benchmarks

bench-dashboards: set-up-dev ## pages of a run by its size; BENCH_DASHBOARDS="0.1 1 10" in million rows
	@$(BIN)/python -m benchmarks.dashboards

bench-web: set-up-dev ## the web application under load: 16 people, PostgreSQL; BENCH_WEB_SECONDS=60
	@$(BIN)/python -m benchmarks.web

serve: set-up ## the web application (comes with the extra [web])
	@$(BIN)/hengtan serve

lock: set-up-dev ## requirements/*.txt from pyproject.toml; UPGRADE=--upgrade for newer versions
	@UPGRADE="$(UPGRADE)" sh scripts/lock.sh

clean: ## all that was made here, .venv included
	@rm -rf .venv .set-up.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build site out benchmarks/data benchmarks/work benchmarks/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
