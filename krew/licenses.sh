#!/usr/bin/env bash
# licenses.sh
# Prints the licences of everything that is linked into the binary, on any platform: each text once, with the crates that it is for.
# Fails when a crate comes without a text and is under another licence than our own. Needs jq.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The platforms that are released, as deny.toml lists them.
targets=$(sed -n 's/^    "\([a-z0-9_-]*\)",$/\1/p' deny.toml | grep -e -linux- -e -apple- -e -windows-)
for target in $targets; do
    cargo tree --locked --edges normal,no-proc-macro --target "$target" --prefix none --format '{p}'
done | awk '{ print $1, substr($2, 2) }' | sort -u | grep -v '^kubectl-mesh ' >"$work/linked"

cargo metadata --locked --format-version 1 |
    jq -r '.packages[] | [.name, .version, (.license // "unknown"), (.manifest_path | rtrimstr("/Cargo.toml"))] | @tsv' >"$work/all"

mkdir "$work/texts"
while read -r name version; do
    IFS=$'\t' read -r license directory < <(awk -F '\t' -v n="$name" -v v="$version" '$1 == n && $2 == v { print $3 "\t" $4 }' "$work/all")
    # A crate that carries another project's sources has that project's licence one folder below.
    mapfile -t files < <(find "$directory" -maxdepth 2 -type f \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) \
        -not -name '*.rs' -not -name '*.toml' -not -name '*.html' -not -path '*/tests/*' | sort)
    if [[ ${#files[@]} -eq 0 ]]; then
        if [[ $license != Apache-2.0 ]]; then
            echo "$0: $name $version is under $license and comes without its text" >&2
            exit 1
        fi
        files=(LICENSE)
    fi
    for file in "${files[@]}"; do
        sum=$(tr -d '\r' <"$file" | sha256sum)
        tr -d '\r' <"$file" >"$work/texts/${sum%% *}"
        echo "$name $version ($license)" >>"$work/texts/${sum%% *}.crates"
    done
done <"$work/linked"

echo "kubectl mesh is under the Apache License 2.0, in the file LICENSE. Linked into it, besides Rust's standard library (MIT OR Apache-2.0) and, on Linux,"
echo "musl (MIT), are these crates, each under the licences that follow its name."
sort -u "$work"/texts/*.crates | while read -r line; do echo "- $line"; done
# The same order on every machine: by the first crate that a text is for.
for crates in "$work"/texts/*.crates; do
    printf '%s\t%s\n' "$(sort -u "$crates" | head -n 1)" "$(basename "$crates" .crates)"
done | sort | cut -f 2 | while read -r sum; do
    printf '\n%s\n' "================================================================================"
    sort -u "$work/texts/$sum.crates"
    printf '%s\n\n' "--------------------------------------------------------------------------------"
    cat "$work/texts/$sum"
done
