# Everything runs in .venv, which is filled once and again when the pins change.
PYTHONS ?= python3.11 python3.12 python3.13 python3
BIN := .venv/bin
INSTALLED := .venv/.installed
TESTS := -n auto --dist loadfile --no-loadscope-reorder
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

# Without bytecode every start costs seconds.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test control mutants mutants-python check lint types style sql templates definitions tests coverage slow soak wheel lock dev docs site faults knowledge picture bench bench-quick \
	bench-parts install clean
.DEFAULT_GOAL := demo

demo: $(INSTALLED)  ## run the nights of a synthetic organization; ends by naming the report
	@$(BIN)/rolecall demo

test: $(INSTALLED)  ## the everyday tests: all but those marked slow
	@$(BIN)/python -m pytest $(TESTS) -m "not slow and not soak"

control: $(INSTALLED)  ## the cases of one control: make control NAME=key_rotation
	@$(BIN)/python -m pytest -q tests/sql/test_cases.py -k "$(NAME)"

mutants: $(INSTALLED)  ## change one thing at a time in every control, or in NAME=key_rotation: do its cases notice?
	@$(BIN)/python -m tools.mutants $(NAME)

SAMPLE ?= 0
mutants-python: $(INSTALLED)  ## the same for Python: make mutants-python NAME=pipeline/policy/tri.py SAMPLE=20
	@$(BIN)/python -m tools.mutants_python $(NAME) --sample $(SAMPLE)

check: $(INSTALLED)  ## everything that must hold before a commit; what .ci/run runs
	@$(MAKE) --jobs 2 --output-sync lint definitions
	@$(MAKE) tests

lint: types style sql templates  ## style, types, SQL and templates

types: $(INSTALLED)
	$(BIN)/mypy

style: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

sql: $(INSTALLED)
	$(BIN)/sqlfluff lint sql

templates: $(INSTALLED)
	$(BIN)/djlint --lint --quiet reports/templates

definitions: $(INSTALLED)  ## Dagster's own checks of the code location; a warning fails
	@sh tools/definitions.sh

tests: $(INSTALLED)  ## everyday and slow tests in one run, coverage by the everyday ones
	$(BIN)/python -m pytest $(TESTS) -m "not soak" --cov --cov-report=term:skip-covered

coverage: $(INSTALLED)  ## the everyday tests, with the share of lines that they run
	$(BIN)/python -m pytest $(TESTS) -m "not slow and not soak" --cov --cov-report=term:skip-covered

slow: $(INSTALLED)  ## the slow tests: whole nights, every page in a browser, the wheel
	$(BIN)/python -m pytest $(TESTS) -m "slow and not soak"

soak: $(INSTALLED)  ## a month of nights in which much goes wrong, and every list of AWS less any entry
	$(BIN)/python -m pytest -m soak

wheel: $(INSTALLED)  ## build dist/rolecall-*.whl and its SBOM; refused where knowledge of AWS is past its date
	@$(BIN)/python -m tools.knowledge --release
	@rm -rf build dist
	@$(BIN)/python -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir dist .
	@$(BIN)/python -m tools.supply audit
	@$(BIN)/python -m tools.supply sbom dist/rolecall.cdx.json
	@ls dist/*.whl dist/*.json

lock: $(INSTALLED)  ## write both locks anew from pyproject.toml; `make lock UPGRADE=--upgrade` for the newest releases
	@$(BIN)/$(LOCK) $(UPGRADE) --extra demo --extra otel --extra dev --output-file requirements-dev.lock pyproject.toml
	@cp requirements-dev.lock requirements.lock  # what it begins with, it keeps
	@$(BIN)/$(LOCK) --output-file requirements.lock pyproject.toml

dev: $(INSTALLED)  ## open Dagster on the synthetic organization
	@$(BIN)/python -m assets.cli.dev

docs: $(INSTALLED)  ## write the generated pages under docs/ anew
	@$(BIN)/python -m tools.docs

site: $(INSTALLED)  ## README.md and docs/ as a site in site/; a warning fails
	@$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees . site
	@echo "The site is site/index.html"

faults: $(INSTALLED)  ## every operation under every fault, once and for ever; writes docs/reliability.md
	@$(BIN)/python -m tools.faults

knowledge: $(INSTALLED)  ## rebuild what is known of AWS from the installed packages: show what would change, WRITE=--write writes it
	@$(BIN)/python -m tools.knowledge $(WRITE)

picture: demo  ## the overview of the demo as the picture of the README
	@cp var/demo/reports/latest/charts/overview.png docs/overview.png

bench: $(INSTALLED)  ## what a night costs and how that grows; writes docs/performance.md
	@$(BIN)/python -m tools.bench

bench-quick: $(INSTALLED)  ## the same for the two smallest sizes
	@$(BIN)/python -m tools.bench --quick

bench-parts: $(INSTALLED)  ## how judging permissions and the report grow by themselves
	@$(BIN)/python -m tools.bench_policy
	@$(BIN)/python -m tools.bench_report

install: $(INSTALLED)

$(INSTALLED): requirements-dev.lock pyproject.toml
	@test -x $(BIN)/python || sh tools/venv.sh $(PYTHONS)
	@echo "Installing the packages of requirements-dev.lock into .venv (about a minute)"
	@$(BIN)/python -m pip install -qq --no-deps --no-compile --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -qq -j 0 .venv/lib pipeline reports assets demo tools
	@touch $@

clean:  ## remove what runs and installs have made
	rm -rf var .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist site *.egg-info
