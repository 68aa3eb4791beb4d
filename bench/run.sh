#!/bin/sh
# Build what is measured and what measures it, and measure: all of it, or what is named
# (`quick`, `ready`, `relay`, `idle`, `durable`, `assist`, `record`).
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
# As it is shipped.
cargo build --profile dist --package bedside --package bedside-bench
cargo build --profile dist --manifest-path bench/oxide/Cargo.toml --target-dir "$target"
exec "$target/dist/bedside-bench" "$@"
