# Completion of kubectl-mesh for fish. It asks the program itself, so that it never tells of another version.
function __kubectl_mesh
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    kubectl-mesh __complete $words[2..-1] "$current" 2>/dev/null | string match -v -r '^:[0-9]+$'
end
complete -c kubectl-mesh -f -a '(__kubectl_mesh)'
