#!/bin/sh
# Make .venv with the first of the named Pythons that fits; else say in one sentence what is missing.
set -eu

for name in "$@"; do
  if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    if ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$name has no venv or no pip of its own; install them (Debian: apt install python3-venv)" >&2
      exit 1
    fi
    exec "$name" -m venv .venv
  fi
done
found=$("$name" --version 2>/dev/null) || found="not there"
echo "Rolecall needs Python 3.11, 3.12 or 3.13; $name is $found (another one: make PYTHONS=/path/to/python3.11)" >&2
exit 1
