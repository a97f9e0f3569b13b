#!/bin/sh
# Installs the locked packages, unless they are, and runs a program with Node.js: sh scripts/run.sh engine/cli.ts up
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh
# For this process and those that it starts, such as the engine's plugins: compiling takes a fifth of a short command's time.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$PWD/node_modules/.cache/node}"
exec node "$@"
