# Completion of kubectl-mesh for bash. It asks the program itself, so that it never tells of another version.
_kubectl_mesh() {
    local line=${COMP_LINE:0:COMP_POINT} words word prefix candidate directive=0
    read -ra words <<<"$line"
    case $line in *[[:space:]]) words+=("") ;; esac
    word=${words[${#words[@]} - 1]}
    # Bash replaces only what stands after the last = or :.
    prefix=${word%"${word##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r candidate; do
        case $candidate in
            :*) directive=${candidate#:} ;;
            *)
                candidate=${candidate%%$'\t'*}
                COMPREPLY+=("${candidate#"$prefix"}")
                ;;
        esac
    done < <(kubectl-mesh __complete "${words[@]:1}" 2>/dev/null)
    if ((directive & 2)) && type compopt >/dev/null 2>&1; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _kubectl_mesh kubectl-mesh
