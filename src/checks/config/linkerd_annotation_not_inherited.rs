use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{self, NOT_INHERITED};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Namespace is annotated with a setting that Linkerd reads on pods only, and does not hand down to them: `proxy-cpu-ratio-limit`,
    /// `enable-gateway`, `close-wait-timeout`, `debug-image` and its like, and `config.beta.linkerd.io/proxy-enable-native-sidecar`.
    ///
    /// # Why it matters
    ///
    /// The injector copies most settings of a namespace to new pods, but not these. The default stays in force, and nothing says so.
    ///
    /// # How to fix it
    ///
    /// Put it on the pod templates. For native sidecars, write `config.linkerd.io/proxy-enable-native-sidecar`, which is handed down.
    ///
    /// Sources: linkerd `pkg/inject/inject.go`.
    "linkerd-annotation-not-inherited",
    summary: "Setting of pods on a Namespace, from which they do not inherit it",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces() {
        for (name, _) in namespace.metadata.annotations.iter() {
            let hint = match name.split_once('/') {
                Some(("config.beta.linkerd.io", "proxy-enable-native-sidecar")) => "Write config.linkerd.io/proxy-enable-native-sidecar.",
                // A label in its place is another rule's matter.
                Some(("config.linkerd.io", short)) if short != "admission-webhooks" && NOT_INHERITED.contains(&short) => {
                    "Put it on the pod templates of the workloads."
                }
                _ => continue,
            };
            let what = format!("pods do not inherit {name} from their namespace: it has no effect");
            findings.add(namespace, annotations::path(name), what, hint);
        }
    }
}
