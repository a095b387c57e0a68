#compdef @BINARY@
# Completion of @BINARY@ for zsh. It asks the program itself, so that it never tells of another version.
_@NAME@() {
    local -a answer candidates suffix
    local line
    answer=("${(@f)$(@BINARY@ __complete "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    for line in "${answer[@]}"; do
        case $line in
            :<->) (( ${line#:} & 2 )) && suffix=(-S '') ;;
            *$'\t'*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
            ?*) candidates+=("${line//:/\\:}") ;;
        esac
    done
    _describe -t values '@BINARY@' candidates "${suffix[@]}"
}
if [[ $funcstack[1] == _@BINARY@ ]]; then
    _@NAME@ "$@"
else
    compdef _@NAME@ @BINARY@
fi
