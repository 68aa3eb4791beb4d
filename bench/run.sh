#!/bin/sh
# Build what is measured and what measures it, and measure: all of it, or what is named
# (`quick`, `ready`, `relay`, `idle`, `durable`, `assist`, `record`).
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --package bedside --package bedside-bench
cargo build --release --manifest-path bench/oxide/Cargo.toml --target-dir "$target"
exec "$target/release/bedside-bench" "$@"
