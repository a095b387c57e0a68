# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_mesh_global_optspecs
    string join \n kubeconfig= context= n/namespace= A/all-namespaces as= as-group= request-timeout= timeout= f/filename= R/recursive exclude= with-cluster snapshot= demo m/mesh= color= width= v/verbose q/quiet h/help V/version
end

function __fish_kubectl_mesh_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_mesh_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_mesh_using_subcommand
    set -l cmd (__fish_kubectl_mesh_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -s V -l version -d 'Print version'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "check" -d 'Find everything that is wrong with the mesh and its configuration'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "validate" -d 'Find everything that is wrong with the mesh and its configuration'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "__complete"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "completion" -d 'Print a completion script for a shell, or install the helper for kubectl'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "explain" -d 'Explain a rule: what it checks, why it matters, how to fix it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "inject" -d 'Make manifests ask for a mesh, with everything else as it was'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "injection" -d 'Show which workloads are in a mesh, which should be, and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "mtls" -d 'Show what is encrypted, and what decides that'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "namespace" -d 'Let a mesh take in a namespace, or leave it alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "ns" -d 'Let a mesh take in a namespace, or leave it alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "offboard" -d 'Take workloads out of a mesh, step by step, and back if that fails'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "onboard" -d 'Bring workloads into a mesh, step by step, and back if that fails'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "options" -d 'List the flags that every command takes'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "policy" -d 'Tell who may call whom, and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "rules" -d 'List the rules that check runs'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "snapshot" -d 'Save what this tool reads of a cluster to a file'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "status" -d 'Show the meshes and what is in them'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "uninject" -d 'Take out of manifests what asks for a mesh'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "version" -d 'Show the versions of client, control planes and proxies'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "why" -d 'Follow one request from a client to a server, and tell where it ends and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s o -l output -d 'Output format' -r -f -a "table\t'For people, with notes and repetitions folded'
wide\t'For people, everything'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects at fault, one a line'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML'
github\t'GitHub workflow annotations'
markdown\t'A table for comments and step summaries'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l category -d 'Only rules of this category (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l rule -d 'Only this rule, by id or by another tool\'s code such as IST0101 (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l skip-rule -d 'Not this rule (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l fail-on -d 'Exit with 1 when there are findings of this severity or worse' -r -f -a "error\t'Errors'
warning\t'Warnings and errors'
info\t'Anything'
never\t'Nothing'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s S -l suppress -d 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l baseline -d 'Leave out findings that this file knows' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l remote-context -d 'Compare with the cluster of this kubeconfig context (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l remote-snapshot -d 'Compare with another cluster\'s saved state (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l istio-namespace -d 'Namespace that Istio\'s control plane is to live in (default: istio-system)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l linkerd-namespace -d 'Namespace that Linkerd\'s control plane is to live in (default: linkerd)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l from-version -d 'Version of Istio that is to be replaced, such as 1.20 (default: the one that runs)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l all-rules -d 'Opt-in rules too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l show-passed -d 'List rules that found nothing too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l strict -d 'Exit with 3 when anything could not be read or judged, be it for a rule that nobody misses'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l write-baseline -d 'Write all findings to the baseline file instead of comparing'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l fix -d 'Show the fixes that are certain as a diff of the files'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l write -d 'With --fix, write them; comments and layout stay'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l all-findings -d 'With --with-cluster, report objects outside of the files too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l pre -d 'Judge whether a mesh may be installed here (--mesh says which): versions, your rights, conflicts, remains'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s o -l output -d 'Output format' -r -f -a "table\t'For people, with notes and repetitions folded'
wide\t'For people, everything'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects at fault, one a line'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML'
github\t'GitHub workflow annotations'
markdown\t'A table for comments and step summaries'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l category -d 'Only rules of this category (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l rule -d 'Only this rule, by id or by another tool\'s code such as IST0101 (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l skip-rule -d 'Not this rule (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l fail-on -d 'Exit with 1 when there are findings of this severity or worse' -r -f -a "error\t'Errors'
warning\t'Warnings and errors'
info\t'Anything'
never\t'Nothing'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s S -l suppress -d 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l baseline -d 'Leave out findings that this file knows' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l remote-context -d 'Compare with the cluster of this kubeconfig context (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l remote-snapshot -d 'Compare with another cluster\'s saved state (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l istio-namespace -d 'Namespace that Istio\'s control plane is to live in (default: istio-system)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l linkerd-namespace -d 'Namespace that Linkerd\'s control plane is to live in (default: linkerd)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l from-version -d 'Version of Istio that is to be replaced, such as 1.20 (default: the one that runs)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l all-rules -d 'Opt-in rules too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l show-passed -d 'List rules that found nothing too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l strict -d 'Exit with 3 when anything could not be read or judged, be it for a rule that nobody misses'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l write-baseline -d 'Write all findings to the baseline file instead of comparing'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l fix -d 'Show the fixes that are certain as a diff of the files'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l write -d 'With --fix, write them; comments and layout stay'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l all-findings -d 'With --with-cluster, report objects outside of the files too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l pre -d 'Judge whether a mesh may be installed here (--mesh says which): versions, your rights, conflicts, remains'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand __complete" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l install -d 'For kubectl: a directory of PATH to put the helper into' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'The machine contract'
yaml\t'The same document as json'
markdown\t'As it stands in the catalogue'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l mode -d 'How the workloads are to be in the mesh' -r -f -a "sidecar\t'A proxy in each pod'
ambient\t'The ztunnel of the node (Istio)'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l revision -d 'Revision or tag of Istio\'s control plane (default: the default one)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand inject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand injection" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l from -d 'The client of one edge: deploy/NAME, NAME or NAME.NAMESPACE' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l to -d 'What the client calls: svc/NAME[.NAMESPACE]:PORT, or host/HOST:PORT' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l subset -d 'The subset of a DestinationRule that a route chooses' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l plan -d 'Show what would break if the workloads, or those of the namespaces, took mutual TLS only (strict) or plaintext too (permissive)' -r -f -a "strict\t'Mutual TLS only'
permissive\t'Mutual TLS and plaintext'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l prometheus -d 'Prometheus to ask: a URL, or svc/NAME.NAMESPACE:PORT (default: the one of the cluster that has metrics of a mesh)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l since -d 'How far to look back, such as 30m or 7d' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l observed -d 'Also ask a Prometheus which calls really happened'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand mtls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -f -a "enable" -d 'Let a mesh take in new pods of a namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -f -a "disable" -d 'Let a mesh leave new pods of a namespace alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -f -a "status" -d 'Show what a namespace asks for, and whose pods have to be restarted for it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and not __fish_seen_subcommand_from enable disable status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l mode -d 'How its pods are to be in the mesh' -r -f -a "sidecar\t'A proxy in each pod'
ambient\t'The ztunnel of the node (Istio)'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l revision -d 'Revision or tag of Istio\'s control plane (default: the default one)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Let a mesh take in new pods of a namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Let a mesh leave new pods of a namespace alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what a namespace asks for, and whose pods have to be restarted for it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand namespace; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -f -a "enable" -d 'Let a mesh take in new pods of a namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -f -a "disable" -d 'Let a mesh leave new pods of a namespace alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -f -a "status" -d 'Show what a namespace asks for, and whose pods have to be restarted for it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and not __fish_seen_subcommand_from enable disable status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l mode -d 'How its pods are to be in the mesh' -r -f -a "sidecar\t'A proxy in each pod'
ambient\t'The ztunnel of the node (Istio)'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l revision -d 'Revision or tag of Istio\'s control plane (default: the default one)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Let a mesh take in new pods of a namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Let a mesh leave new pods of a namespace alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what a namespace asks for, and whose pods have to be restarted for it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand ns; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s s -l service -d 'A Service or workload: NAME, TYPE/NAME (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand offboard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s s -l service -d 'A Service or workload: NAME, TYPE/NAME (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l mode -d 'How the workloads are to be in the mesh' -r -f -a "sidecar\t'A proxy in each pod'
ambient\t'The ztunnel of the node (Istio)'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l revision -d 'Revision or tag of Istio\'s control plane (default: the default one)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l scope -d 'What is labelled: each workload\'s template, or the namespace' -r -f -a "workload\t'Each workload\'s pod template'
namespace\t'The namespace; what is not selected is kept out by its template'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l dry-run -d 'Show the plan and change nothing' -r -f -a "client\t'Nothing is sent that writes, not even for show'
server\t'The API server checks every write and does none of them'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l force -d 'Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l rollout-timeout -d 'Time for the pods of one workload to be replaced' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l all -d 'All workloads of the namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l write -d 'Write the plan into the files of -f'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l resume -d 'Bring a run that was left behind to its end'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l undo -d 'Take back a run that was left behind'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l status -d 'Show a run that is under way or was left behind'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s y -l yes -d 'Carry the plan out without asking'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l force-conflicts -d 'Change what other managers wrote'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l direct -d 'Write objects that Helm, Argo CD, Flux, Terraform or an operator owns'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand onboard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand options" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "can" -d 'Decide one request, and show what led there'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "generate" -d 'Write policies that admit exactly those who are to call'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "list" -d 'List policies, the workloads they apply to, and where they are enforced'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "matrix" -d 'Show who can call whom'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "simulate" -d 'Show every decision that a change of policies makes another'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "test" -d 'Check assertions about decisions, as tests in CI'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and not __fish_seen_subcommand_from can generate list matrix simulate test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l from -d 'Calling workload, such as deploy/web or deploy/web.front, or service account, such as sa/front/web' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l from-identity -d 'Identity that the client\'s certificate names' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l from-ip -d 'Address that the client calls from' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l to -d 'What is called: KIND/NAME:PORT of its pods, or svc/NAME:PORT; NAME.NAMESPACE says where' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l method -d 'HTTP method' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l path -d 'HTTP path, with its query' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l host -d 'Host that the client asks for' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l header -d 'HTTP header (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l jwt-claim -d 'Claim of a valid JWT, a nested one as a.b=V (can be repeated, also for the values of one list)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l sni -d 'Server name of the TLS handshake (default: as a sidecar would send it)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l plaintext -d 'Call without mutual TLS, whatever the client is'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l jwt-invalid -d 'Send a JWT that does not verify'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l tcp -d 'Something that is not HTTP'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from can" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l edges -d 'File that names who is to call whom (default: what is allowed today)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l prometheus -d 'Prometheus to ask: a URL, or svc/NAME.NAMESPACE:PORT (default: the one of the cluster that has metrics of a mesh)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l since -d 'How far to look back, such as 30m or 7d' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l observed -d 'Also ask a Prometheus which calls really happened'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l from -d 'Only this client' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l to -d 'Only this server' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s o -l output -d 'Output format' -r -f -a "table\t'For people: a line for each port and class of requests'
wide\t'For people, all names'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
csv\t'A line for each client, port and class'
markdown\t'A table for comments and step summaries'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from matrix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l delete -d 'Object to take away, such as authorizationpolicy/NAME (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l base -d 'Manifests that stand for the cluster (can be repeated), or one snapshot of it' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l from-git -d 'Compare the files with what they were at this revision' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l fail-on -d 'What leads to exit code 1' -r -f -a "broken\t'Something that was allowed is refused'
widened\t'Something that was refused is allowed'
any\t'Any decision changes'
never\t'Nothing does'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, a line for each client'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
github\t'GitHub workflow annotations'
markdown\t'A table for comments and step summaries'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
junit\t'JUnit XML'
github\t'GitHub workflow annotations'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "can" -d 'Decide one request, and show what led there'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "generate" -d 'Write policies that admit exactly those who are to call'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "list" -d 'List policies, the workloads they apply to, and where they are enforced'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "matrix" -d 'Show who can call whom'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "simulate" -d 'Show every decision that a change of policies makes another'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "test" -d 'Check assertions about decisions, as tests in CI'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l category -d 'Only rules of this category (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l severity -d 'Only rules of this severity: error, warning or info (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with the codes of other tools'
json\t'The machine contract'
yaml\t'The same document as json'
name\t'Ids, one a line'
markdown\t'Every rule\'s documentation in one document'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s o -l output -d 'File to write, readable by you alone; - for standard output' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l force -d 'Replace the file if it exists'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l pre -d 'Also ask what `check --pre` judges by: the server\'s version and what you may do'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand uninject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l client -d 'Only this program\'s version; reads nothing'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s H -l header -d 'A header of the request (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
wide\t'For people, with more columns'
json\t'The machine contract, mesh.kubectl.dev/v1'
yaml\t'The same document as json'
name\t'Names of the objects, one a line'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l kubeconfig -d 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod\'s own account)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l context -d 'Kubeconfig context' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s n -l namespace -d 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l as -d 'User to impersonate' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l as-group -d 'Group to impersonate (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l request-timeout -d 'Time allowed for one request, such as 10s or 1m; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l timeout -d 'Time allowed for all requests of the command together; 0 means no limit' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s f -l filename -d 'Manifest file or directory, - for standard input (can be repeated)' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l exclude -d 'Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l snapshot -d 'Saved cluster state, from `kubectl mesh snapshot`' -r -F
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s m -l mesh -d 'Only this mesh' -r -f -a "auto\t'Whatever is there'
istio\t'Istio'
linkerd\t'Linkerd'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l color -d 'Colour' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l width -d 'Break lines at this width (default: the terminal\'s; results that go elsewhere keep their lines)' -r
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s A -l all-namespaces -d 'All namespaces'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s R -l recursive -d 'Look into the directories below -f too'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l with-cluster -d 'Lay the files over the live cluster: what it would be after `kubectl apply -f`'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -l demo -d 'The built-in demo cluster'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s v -l verbose -d 'Say more about what is read'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s q -l quiet -d 'Say only what is wrong'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "check" -d 'Find everything that is wrong with the mesh and its configuration'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "__complete"
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "completion" -d 'Print a completion script for a shell, or install the helper for kubectl'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "explain" -d 'Explain a rule: what it checks, why it matters, how to fix it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "inject" -d 'Make manifests ask for a mesh, with everything else as it was'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "injection" -d 'Show which workloads are in a mesh, which should be, and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "mtls" -d 'Show what is encrypted, and what decides that'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "namespace" -d 'Let a mesh take in a namespace, or leave it alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "offboard" -d 'Take workloads out of a mesh, step by step, and back if that fails'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "onboard" -d 'Bring workloads into a mesh, step by step, and back if that fails'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "options" -d 'List the flags that every command takes'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "policy" -d 'Tell who may call whom, and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "rules" -d 'List the rules that check runs'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "snapshot" -d 'Save what this tool reads of a cluster to a file'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "status" -d 'Show the meshes and what is in them'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "uninject" -d 'Take out of manifests what asks for a mesh'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "version" -d 'Show the versions of client, control planes and proxies'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "why" -d 'Follow one request from a client to a server, and tell where it ends and why'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and not __fish_seen_subcommand_from check __complete completion explain inject injection mtls namespace offboard onboard options policy rules snapshot status uninject version why help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from namespace" -f -a "enable" -d 'Let a mesh take in new pods of a namespace'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from namespace" -f -a "disable" -d 'Let a mesh leave new pods of a namespace alone'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from namespace" -f -a "status" -d 'Show what a namespace asks for, and whose pods have to be restarted for it'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "can" -d 'Decide one request, and show what led there'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "generate" -d 'Write policies that admit exactly those who are to call'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "list" -d 'List policies, the workloads they apply to, and where they are enforced'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "matrix" -d 'Show who can call whom'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "simulate" -d 'Show every decision that a change of policies makes another'
complete -c kubectl-mesh -n "__fish_kubectl_mesh_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "test" -d 'Check assertions about decisions, as tests in CI'
