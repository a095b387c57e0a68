#!/usr/bin/env bash
# package.sh VERSION OS ARCH BIN_DIR LICENSES OUT_DIR
# Packs one platform's release archive from the binary in BIN_DIR, with the helper that kubectl runs to complete it, our licence and those of what is
# linked in (the file LICENSES, which licenses.sh prints), and prints its path.
# KUBECTL_PLUGIN_NAME is the plugin's name, `mesh` unless it is set. The program says the name of its file; nothing has to be built for it.
# The same input and SOURCE_DATE_EPOCH (the last commit's time if unset) give the same bytes. Needs GNU tar.
set -euo pipefail
umask 022

if [[ $# -ne 6 ]]; then
    echo "usage: $0 VERSION OS ARCH BIN_DIR LICENSES OUT_DIR" >&2
    exit 2
fi
version=$1 os=$2 arch=$3 bin_dir=$4 licenses=$5 out_dir=$6

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
plugin=${KUBECTL_PLUGIN_NAME:-mesh}
file=${plugin//-/_}
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
exe=
[[ $os == windows ]] && exe=.exe

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
# kubectl finds a plugin by the name of its file, in which a dash of the plugin's name is an underscore.
install -m 755 "$bin_dir/kubectl-mesh$exe" "$stage/kubectl-$file$exe"
if [[ $os == windows ]]; then
    helper=kubectl_complete-$file.cmd
    printf '@echo off\r\nkubectl-%s __complete %%*\r\n' "$file" >"$stage/$helper"
else
    helper=kubectl_complete-$file
    sed "s/kubectl mesh/kubectl $plugin/; s/kubectl-mesh/kubectl-$file/" "$root/completions/kubectl_complete-mesh" >"$stage/$helper"
fi
chmod 755 "$stage/$helper"
install -m 644 "$root/LICENSE" "$stage"
install -m 644 "$licenses" "$stage/THIRD-PARTY-LICENSES"

mkdir -p "$out_dir"
archive=$out_dir/kubectl-${plugin}_${version}_${os}_${arch}.tar.gz
LC_ALL=C tar --create --format=ustar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
    --directory="$stage" "LICENSE" "THIRD-PARTY-LICENSES" "kubectl-$file$exe" "$helper" | gzip -9 -n >"$archive"
echo "$archive"
