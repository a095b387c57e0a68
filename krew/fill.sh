#!/usr/bin/env bash
# fill.sh VERSION ARCHIVE_DIR
# Prints the krew manifest with the name, the version and the checksums of the archives in ARCHIVE_DIR filled in.
# Fails when an archive that the manifest names is missing. KUBECTL_PLUGIN_NAME is the plugin's name, `mesh` unless it is set.
set -euo pipefail

if [[ $# -ne 2 ]]; then
    echo "usage: $0 VERSION ARCHIVE_DIR" >&2
    exit 2
fi
version=$1 archive_dir=$2

if [[ ! $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
    echo "$0: '$version' is no version that krew takes: it wants v1.2.3 or v1.2.3-rc.1" >&2
    exit 2
fi

template=$(dirname "${BASH_SOURCE[0]}")/mesh.yaml
plugin=${KUBECTL_PLUGIN_NAME:-mesh}
manifest=$(sed "/^#/d; s/\${VERSION}/$version/g; s/\${PLUGIN}/$plugin/g; s/\${FILE}/kubectl-${plugin//-/_}/g" "$template")

platforms=$(sed -n 's/.*${SHA256_\([a-z0-9_]*\)}.*/\1/p' <<<"$manifest")
for platform in $platforms; do
    archive=$(sed -n "s|.*/\([^/]*_$platform\.tar\.gz\)\$|\1|p" <<<"$manifest")
    sum=$(sha256sum "$archive_dir/$archive")
    manifest=${manifest//"\${SHA256_$platform}"/${sum%% *}}
done
printf '%s\n' "$manifest"
