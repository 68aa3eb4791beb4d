#!/bin/sh
# Install what the example needs beside it, once, and hold the visit.
set -eu
cd "$(dirname "$0")"
if ! cmp -s requirements.txt .venv/installed; then
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
    cp requirements.txt .venv/installed
fi
exec .venv/bin/python visit.py "$@"
