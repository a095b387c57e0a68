
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'kubectl-mesh' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'kubectl-mesh'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'kubectl-mesh' {
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Find everything that is wrong with the mesh and its configuration')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Find everything that is wrong with the mesh and its configuration')
            [CompletionResult]::new('__complete', '__complete', [CompletionResultType]::ParameterValue, '__complete')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell, or install the helper for kubectl')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a rule: what it checks, why it matters, how to fix it')
            [CompletionResult]::new('injection', 'injection', [CompletionResultType]::ParameterValue, 'Show which workloads are in a mesh, which should be, and why')
            [CompletionResult]::new('mtls', 'mtls', [CompletionResultType]::ParameterValue, 'Show what is encrypted, and what decides that')
            [CompletionResult]::new('options', 'options', [CompletionResultType]::ParameterValue, 'List the flags that every command takes')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Tell who may call whom, and why')
            [CompletionResult]::new('rules', 'rules', [CompletionResultType]::ParameterValue, 'List the rules that check runs')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Save what this tool reads of a cluster to a file')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the meshes and what is in them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the versions of client, control planes and proxies')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Follow one request from a client to a server, and tell where it ends and why')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-mesh;check' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--category', '--category', [CompletionResultType]::ParameterName, 'Only rules of this category (can be repeated)')
            [CompletionResult]::new('--rule', '--rule', [CompletionResultType]::ParameterName, 'Only this rule, by id or by another tool''s code such as IST0101 (can be repeated)')
            [CompletionResult]::new('--skip-rule', '--skip-rule', [CompletionResultType]::ParameterName, 'Not this rule (can be repeated)')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 when there are findings of this severity or worse')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Leave out findings that this file knows')
            [CompletionResult]::new('--remote-context', '--remote-context', [CompletionResultType]::ParameterName, 'Compare with the cluster of this kubeconfig context (can be repeated)')
            [CompletionResult]::new('--remote-snapshot', '--remote-snapshot', [CompletionResultType]::ParameterName, 'Compare with another cluster''s saved state (can be repeated)')
            [CompletionResult]::new('--istio-namespace', '--istio-namespace', [CompletionResultType]::ParameterName, 'Namespace that Istio''s control plane is to live in (default: istio-system)')
            [CompletionResult]::new('--linkerd-namespace', '--linkerd-namespace', [CompletionResultType]::ParameterName, 'Namespace that Linkerd''s control plane is to live in (default: linkerd)')
            [CompletionResult]::new('--from-version', '--from-version', [CompletionResultType]::ParameterName, 'Version of Istio that is to be replaced, such as 1.20 (default: the one that runs)')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('--all-rules', '--all-rules', [CompletionResultType]::ParameterName, 'Opt-in rules too')
            [CompletionResult]::new('--show-passed', '--show-passed', [CompletionResultType]::ParameterName, 'List rules that found nothing too')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with 3 when anything could not be read or judged, be it for a rule that nobody misses')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write all findings to the baseline file instead of comparing')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Show the fixes that are certain as a diff of the files')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'With --fix, write them; comments and layout stay')
            [CompletionResult]::new('--all-findings', '--all-findings', [CompletionResultType]::ParameterName, 'With --with-cluster, report objects outside of the files too')
            [CompletionResult]::new('--pre', '--pre', [CompletionResultType]::ParameterName, 'Judge whether a mesh may be installed here (--mesh says which): versions, your rights, conflicts, remains')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;validate' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--category', '--category', [CompletionResultType]::ParameterName, 'Only rules of this category (can be repeated)')
            [CompletionResult]::new('--rule', '--rule', [CompletionResultType]::ParameterName, 'Only this rule, by id or by another tool''s code such as IST0101 (can be repeated)')
            [CompletionResult]::new('--skip-rule', '--skip-rule', [CompletionResultType]::ParameterName, 'Not this rule (can be repeated)')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 1 when there are findings of this severity or worse')
            [CompletionResult]::new('-S', '-S ', [CompletionResultType]::ParameterName, 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)')
            [CompletionResult]::new('--suppress', '--suppress', [CompletionResultType]::ParameterName, 'Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)')
            [CompletionResult]::new('--baseline', '--baseline', [CompletionResultType]::ParameterName, 'Leave out findings that this file knows')
            [CompletionResult]::new('--remote-context', '--remote-context', [CompletionResultType]::ParameterName, 'Compare with the cluster of this kubeconfig context (can be repeated)')
            [CompletionResult]::new('--remote-snapshot', '--remote-snapshot', [CompletionResultType]::ParameterName, 'Compare with another cluster''s saved state (can be repeated)')
            [CompletionResult]::new('--istio-namespace', '--istio-namespace', [CompletionResultType]::ParameterName, 'Namespace that Istio''s control plane is to live in (default: istio-system)')
            [CompletionResult]::new('--linkerd-namespace', '--linkerd-namespace', [CompletionResultType]::ParameterName, 'Namespace that Linkerd''s control plane is to live in (default: linkerd)')
            [CompletionResult]::new('--from-version', '--from-version', [CompletionResultType]::ParameterName, 'Version of Istio that is to be replaced, such as 1.20 (default: the one that runs)')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('--all-rules', '--all-rules', [CompletionResultType]::ParameterName, 'Opt-in rules too')
            [CompletionResult]::new('--show-passed', '--show-passed', [CompletionResultType]::ParameterName, 'List rules that found nothing too')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with 3 when anything could not be read or judged, be it for a rule that nobody misses')
            [CompletionResult]::new('--write-baseline', '--write-baseline', [CompletionResultType]::ParameterName, 'Write all findings to the baseline file instead of comparing')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Show the fixes that are certain as a diff of the files')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'With --fix, write them; comments and layout stay')
            [CompletionResult]::new('--all-findings', '--all-findings', [CompletionResultType]::ParameterName, 'With --with-cluster, report objects outside of the files too')
            [CompletionResult]::new('--pre', '--pre', [CompletionResultType]::ParameterName, 'Judge whether a mesh may be installed here (--mesh says which): versions, your rights, conflicts, remains')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;__complete' {
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            break
        }
        'kubectl-mesh;completion' {
            [CompletionResult]::new('--install', '--install', [CompletionResultType]::ParameterName, 'For kubectl: a directory of PATH to put the helper into')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;explain' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;injection' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;mtls' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'The client of one edge: deploy/NAME, NAME or NAME.NAMESPACE')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'What the client calls: svc/NAME[.NAMESPACE]:PORT, or host/HOST:PORT')
            [CompletionResult]::new('--subset', '--subset', [CompletionResultType]::ParameterName, 'The subset of a DestinationRule that a route chooses')
            [CompletionResult]::new('--plan', '--plan', [CompletionResultType]::ParameterName, 'Show what would break if the workloads, or those of the namespaces, took mutual TLS only (strict) or plaintext too (permissive)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;options' {
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy' {
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('can', 'can', [CompletionResultType]::ParameterValue, 'Decide one request, and show what led there')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write policies that admit exactly those who are to call')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List policies, the workloads they apply to, and where they are enforced')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show who can call whom')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Show every decision that a change of policies makes another')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Check assertions about decisions, as tests in CI')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-mesh;policy;can' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Calling workload, such as deploy/web or deploy/web.front, or service account, such as sa/front/web')
            [CompletionResult]::new('--from-identity', '--from-identity', [CompletionResultType]::ParameterName, 'Identity that the client''s certificate names')
            [CompletionResult]::new('--from-ip', '--from-ip', [CompletionResultType]::ParameterName, 'Address that the client calls from')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'What is called: KIND/NAME:PORT of its pods, or svc/NAME:PORT; NAME.NAMESPACE says where')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'HTTP method')
            [CompletionResult]::new('--path', '--path', [CompletionResultType]::ParameterName, 'HTTP path, with its query')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Host that the client asks for')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'HTTP header (can be repeated)')
            [CompletionResult]::new('--jwt-claim', '--jwt-claim', [CompletionResultType]::ParameterName, 'Claim of a valid JWT, a nested one as a.b=V (can be repeated, also for the values of one list)')
            [CompletionResult]::new('--sni', '--sni', [CompletionResultType]::ParameterName, 'Server name of the TLS handshake (default: as a sidecar would send it)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('--plaintext', '--plaintext', [CompletionResultType]::ParameterName, 'Call without mutual TLS, whatever the client is')
            [CompletionResult]::new('--jwt-invalid', '--jwt-invalid', [CompletionResultType]::ParameterName, 'Send a JWT that does not verify')
            [CompletionResult]::new('--tcp', '--tcp', [CompletionResultType]::ParameterName, 'Something that is not HTTP')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;generate' {
            [CompletionResult]::new('--edges', '--edges', [CompletionResultType]::ParameterName, 'File that names who is to call whom (default: what is allowed today)')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;list' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;matrix' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Only this client')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Only this server')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;simulate' {
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Object to take away, such as authorizationpolicy/NAME (can be repeated)')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Manifests that stand for the cluster (can be repeated)')
            [CompletionResult]::new('--from-git', '--from-git', [CompletionResultType]::ParameterName, 'Compare the files with what they were at this revision')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'What leads to exit code 1')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;test' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;policy;help' {
            [CompletionResult]::new('can', 'can', [CompletionResultType]::ParameterValue, 'Decide one request, and show what led there')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write policies that admit exactly those who are to call')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List policies, the workloads they apply to, and where they are enforced')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show who can call whom')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Show every decision that a change of policies makes another')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Check assertions about decisions, as tests in CI')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-mesh;policy;help;can' {
            break
        }
        'kubectl-mesh;policy;help;generate' {
            break
        }
        'kubectl-mesh;policy;help;list' {
            break
        }
        'kubectl-mesh;policy;help;matrix' {
            break
        }
        'kubectl-mesh;policy;help;simulate' {
            break
        }
        'kubectl-mesh;policy;help;test' {
            break
        }
        'kubectl-mesh;policy;help;help' {
            break
        }
        'kubectl-mesh;rules' {
            [CompletionResult]::new('--category', '--category', [CompletionResultType]::ParameterName, 'Only rules of this category (can be repeated)')
            [CompletionResult]::new('--severity', '--severity', [CompletionResultType]::ParameterName, 'Only rules of this severity: error, warning or info (can be repeated)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;snapshot' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'File to write, readable by you alone; - for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'File to write, readable by you alone; - for standard output')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace the file if it exists')
            [CompletionResult]::new('--pre', '--pre', [CompletionResultType]::ParameterName, 'Also ask what `check --pre` judges by: the server''s version and what you may do')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;status' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;version' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Only this program''s version; reads nothing')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;why' {
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'A header of the request (can be repeated)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'A header of the request (can be repeated)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod''s own account)')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Kubeconfig context')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Only this namespace (default: all); with -f, also the namespace of objects that name none (there `default`)')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'User to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate (can be repeated)')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Time allowed for one request, such as 10s or 1m; 0 means no limit')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time allowed for all requests of the command together; 0 means no limit')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Manifest file or directory, - for standard input (can be repeated)')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Saved cluster state, from `kubectl mesh snapshot`')
            [CompletionResult]::new('--mesh', '--mesh', [CompletionResultType]::ParameterName, 'Only this mesh')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Break lines at this width (default: the terminal''s; results that go elsewhere keep their lines)')
            [CompletionResult]::new('-A', '-A ', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('--all-namespaces', '--all-namespaces', [CompletionResultType]::ParameterName, 'All namespaces')
            [CompletionResult]::new('-R', '-R ', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Look into the directories below -f too')
            [CompletionResult]::new('--with-cluster', '--with-cluster', [CompletionResultType]::ParameterName, 'Lay the files over the live cluster: what it would be after `kubectl apply -f`')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'The built-in demo cluster')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more about what is read')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-mesh;help' {
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Find everything that is wrong with the mesh and its configuration')
            [CompletionResult]::new('__complete', '__complete', [CompletionResultType]::ParameterValue, '__complete')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell, or install the helper for kubectl')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a rule: what it checks, why it matters, how to fix it')
            [CompletionResult]::new('injection', 'injection', [CompletionResultType]::ParameterValue, 'Show which workloads are in a mesh, which should be, and why')
            [CompletionResult]::new('mtls', 'mtls', [CompletionResultType]::ParameterValue, 'Show what is encrypted, and what decides that')
            [CompletionResult]::new('options', 'options', [CompletionResultType]::ParameterValue, 'List the flags that every command takes')
            [CompletionResult]::new('policy', 'policy', [CompletionResultType]::ParameterValue, 'Tell who may call whom, and why')
            [CompletionResult]::new('rules', 'rules', [CompletionResultType]::ParameterValue, 'List the rules that check runs')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Save what this tool reads of a cluster to a file')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show the meshes and what is in them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the versions of client, control planes and proxies')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Follow one request from a client to a server, and tell where it ends and why')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-mesh;help;check' {
            break
        }
        'kubectl-mesh;help;__complete' {
            break
        }
        'kubectl-mesh;help;completion' {
            break
        }
        'kubectl-mesh;help;explain' {
            break
        }
        'kubectl-mesh;help;injection' {
            break
        }
        'kubectl-mesh;help;mtls' {
            break
        }
        'kubectl-mesh;help;options' {
            break
        }
        'kubectl-mesh;help;policy' {
            [CompletionResult]::new('can', 'can', [CompletionResultType]::ParameterValue, 'Decide one request, and show what led there')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write policies that admit exactly those who are to call')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List policies, the workloads they apply to, and where they are enforced')
            [CompletionResult]::new('matrix', 'matrix', [CompletionResultType]::ParameterValue, 'Show who can call whom')
            [CompletionResult]::new('simulate', 'simulate', [CompletionResultType]::ParameterValue, 'Show every decision that a change of policies makes another')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Check assertions about decisions, as tests in CI')
            break
        }
        'kubectl-mesh;help;policy;can' {
            break
        }
        'kubectl-mesh;help;policy;generate' {
            break
        }
        'kubectl-mesh;help;policy;list' {
            break
        }
        'kubectl-mesh;help;policy;matrix' {
            break
        }
        'kubectl-mesh;help;policy;simulate' {
            break
        }
        'kubectl-mesh;help;policy;test' {
            break
        }
        'kubectl-mesh;help;rules' {
            break
        }
        'kubectl-mesh;help;snapshot' {
            break
        }
        'kubectl-mesh;help;status' {
            break
        }
        'kubectl-mesh;help;version' {
            break
        }
        'kubectl-mesh;help;why' {
            break
        }
        'kubectl-mesh;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
