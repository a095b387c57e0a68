#!/usr/bin/env bash
# sbom.sh VERSION TARGET
# Prints what is linked into the binary for TARGET as a CycloneDX 1.5 document: every crate with its licence, checksum and what it depends on.
# The same sources and SOURCE_DATE_EPOCH (the last commit's time if unset) give the same bytes. Needs jq.
set -euo pipefail
export LC_ALL=C

if [[ $# -ne 2 ]]; then
    echo "usage: $0 VERSION TARGET" >&2
    exit 2
fi
version=${1#v} target=$2

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo tree --locked --edges normal,no-proc-macro --target "$target" --prefix none --format '{p}' |
    awk '{ print $1 "@" substr($2, 2) }' | sort -u | jq -R . | jq -s . >"$work/linked"
awk -F '"' '/^name = / { name = $2 } /^version = / { version = $2 } /^checksum = / { print name "@" version "\t" $2 }' Cargo.lock |
    jq -R 'split("\t") | {key: .[0], value: .[1]}' | jq -s from_entries >"$work/sums"

cargo metadata --locked --format-version 1 --filter-platform "$target" | jq --sort-keys \
    --slurpfile linked "$work/linked" --slurpfile sums "$work/sums" --arg version "$version" --arg time "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" \
    --arg target "$target" '
    ($linked[0] | map({key: ., value: true}) | from_entries) as $in
    | (.packages | map({key: .id, value: "\(.name)@\(.version)"}) | from_entries) as $names
    | (.packages[] | select(.name == "kubectl-mesh")) as $own
    | def ref: if startswith("kubectl-mesh@") then "kubectl-mesh" else "pkg:cargo/" + . end;
    {
        bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
        metadata: {
            timestamp: $time,
            component: {
                type: "application", "bom-ref": "kubectl-mesh", name: "kubectl-mesh", version: $version,
                licenses: [{license: {id: $own.license}}],
                externalReferences: [{type: "vcs", url: $own.repository}],
                properties: [{name: "cargo:target", value: $target}]
            }
        },
        components: [
            .packages[] | "\(.name)@\(.version)" as $key | select($in[$key] and .name != "kubectl-mesh")
            | {
                type: "library", "bom-ref": ($key | ref), name, version, purl: ($key | ref),
                licenses: [{expression: (.license // "NOASSERTION" | gsub("/"; " OR "))}]
            }
            + (if $sums[0][$key] then {hashes: [{alg: "SHA-256", content: $sums[0][$key]}]} else {} end)
            + (if .repository then {externalReferences: [{type: "vcs", url: .repository}]} else {} end)
        ] | sort_by(."bom-ref"),
        dependencies: [
            .resolve.nodes[] | $names[.id] as $key | select($in[$key])
            | {
                ref: ($key | ref),
                dependsOn: [.deps[] | select(any(.dep_kinds[]; .kind == null)) | $names[.pkg] | select($in[.]) | ref] | unique
            }
        ] | sort_by(.ref)
    }' >"$work/sbom"

# Named by its content, so that a second run gives the same number: version 8 of a UUID is for such.
sum=$(sha256sum <"$work/sbom")
serial="urn:uuid:${sum:0:8}-${sum:8:4}-8${sum:13:3}-a${sum:17:3}-${sum:20:12}"
jq --sort-keys --arg serial "$serial" '.serialNumber = $serial' "$work/sbom"
