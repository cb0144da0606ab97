#!/bin/sh
# Dagster's own tools load the code location, and none of them warns of anything.
set -eu

said=$(mktemp)
DAGSTER_HOME=$(mktemp -d) # with the project's settings, so that its tools report nothing either
trap 'rm -rf "$said" "$DAGSTER_HOME"' EXIT
cp assets/dagster.yaml "$DAGSTER_HOME"
export DAGSTER_HOME
VIRTUAL_ENV=$PWD/.venv
PATH=$VIRTUAL_ENV/bin:$PATH
export VIRTUAL_ENV PATH

check() {
  if ! "$@" >"$said" 2>&1 || grep -Eq 'Warning:|- WARNING -|^WARNING|suppress this warning' "$said"; then
    cat "$said"
    echo "$*: failed or warned" >&2
    exit 1
  fi
  echo "$*: no warning"
}

# Of workspace.yaml only this one knows; it says of itself that `dg check defs` is to be used instead.
PYTHONWARNINGS='ignore:Function `definitions_validate_command` is superseded' check \
  dagster definitions validate --workspace workspace.yaml
check dg check defs
check dg list defs --json
