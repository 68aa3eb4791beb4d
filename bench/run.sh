#!/bin/sh
# Build what is measured and what measures it, and measure: all of it, or what is named
# (`quick`, `ready`, `relay`, `idle`, `durable`).
set -eu
cd "$(dirname "$0")/.."
cargo build --release --package bedside --package bedside-bench
exec "${CARGO_TARGET_DIR:-target}/release/bedside-bench" "$@"
