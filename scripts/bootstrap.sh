#!/bin/sh
# Installs the locked packages once, so that every npm script works on a clean clone.
# npm writes node_modules/.package-lock.json last: it marks a finished install.
set -eu
cd "$(dirname "$0")/.."
mark=node_modules/.package-lock.json
# A linked node_modules belongs to another checkout, where npm ci would delete it.
if [ -L node_modules ]; then
  exit 0
fi
if [ -f "$mark" ] && [ ! package-lock.json -nt "$mark" ]; then
  exit 0
fi
echo "Installing the packages of package-lock.json" >&2
# The install script of onnxruntime-node only fetches GPU libraries.
ONNXRUNTIME_NODE_INSTALL=skip npm ci --no-fund --no-audit --loglevel=error >&2
touch "$mark"
