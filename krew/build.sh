#!/usr/bin/env bash
# build.sh TARGET
# Builds the binary of a release, which holds no path of the machine that built it: the same sources and toolchain give the same bytes anywhere.
set -euo pipefail

if [[ $# -ne 1 ]]; then
    echo "usage: $0 TARGET" >&2
    exit 2
fi
target=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset CARGO_INCREMENTAL CARGO_PROFILE_RELEASE_DEBUG
# Panics name the files of dependencies by where they were unpacked.
remap="--remap-path-prefix=$PWD=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }$remap"
cargo build --locked --release --bin kubectl-mesh --target "$target"
