# Completion of @BINARY@ for fish. It asks the program itself, so that it never tells of another version.
function __@NAME@
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    @BINARY@ __complete $words[2..-1] "$current" 2>/dev/null | string match -v -r '^:[0-9]+$'
end
complete -c @BINARY@ -f -a '(__@NAME@)'
