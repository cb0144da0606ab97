# Everything runs in .venv, which is filled once and again when the pins change.
PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed

# Without bytecode every start costs seconds.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check dev docs picture bench install clean
.DEFAULT_GOAL := demo

demo: $(INSTALLED)  ## run the nights of a synthetic organization; ends by naming the report
	@$(BIN)/rolecall demo

test: $(INSTALLED)  ## run the tests
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(INSTALLED)  ## everything that must hold before a commit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 sql
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

dev: $(INSTALLED)  ## open Dagster on the synthetic organization
	@$(BIN)/python -m assets.cli.dev

docs: $(INSTALLED)  ## write the generated pages under docs/ anew
	@$(BIN)/python -m tools.docs

picture: demo  ## the overview of the demo as the picture of the README
	@cp var/demo/reports/latest/charts/overview.png docs/overview.png

bench: $(INSTALLED)  ## seconds of each stage of one night, how judging permissions and the report grow
	@$(BIN)/python -m tools.bench
	@$(BIN)/python -m tools.bench_policy
	@$(BIN)/python -m tools.bench_report

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the packages of requirements.lock into .venv (about a minute)"
	@$(BIN)/python -m pip install -qq --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --editable .
	@$(BIN)/python -m compileall -q pipeline reports assets demo tools
	@touch $@

clean:  ## remove what runs and installs have made
	rm -rf var .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
