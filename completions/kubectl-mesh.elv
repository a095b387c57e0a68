# Completion of kubectl-mesh for elvish. It asks the program itself, so that it never tells of another version.
use str
set edit:completion:arg-completer[kubectl-mesh] = {|command @words|
    kubectl-mesh __complete $@words 2>/dev/null | from-lines | each {|line|
        if (not (str:has-prefix $line ':')) {
            var value @help = (str:split &max=2 "\t" $line)
            edit:complex-candidate $value &display=(str:join '  ' [$value $@help])
        }
    }
}
