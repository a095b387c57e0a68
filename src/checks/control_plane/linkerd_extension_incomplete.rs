use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The namespace of viz lacks one of its components: metrics-api, tap, tap-injector, web, or Prometheus unless the namespace names an external one
    /// (annotation `viz.linkerd.io/external-prometheus`).
    ///
    /// # Why it matters
    ///
    /// The commands of the extension fail or stay empty without saying what is missing.
    ///
    /// # How to fix it
    ///
    /// Upgrade the extension with its values; uninstall it and delete the namespace if it is not used any more.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (viz extension pods are running, prometheus is installed and configured correctly).
    "linkerd-extension-incomplete",
    summary: "Viz lacks one of its components",
    aliases: &["l5d-viz-pods-running", "l5d-viz-prometheus"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    run: run,
}

const PARTS: [&str; 4] = ["metrics-api", "tap", "tap-injector", "web"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for namespace in world.index.namespaces().iter().filter(|n| n.metadata.labels.is(EXTENSION, "viz")) {
        let workloads = world.index.workloads_in(&namespace.metadata.name);
        // Manifests often hold a part of it only, and one namespace that was read says nothing about others.
        if workloads.is_empty() && (matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) || !world.index.inventory().scope.is_empty())
        {
            continue;
        }
        let runs = |part: &str| workloads.iter().any(|w| w.labels.is("component", part));
        let external = namespace.metadata.annotations.has("viz.linkerd.io/external-prometheus");
        let missing: Vec<&str> = PARTS.into_iter().filter(|part| !runs(part)).collect();
        let hint = "Upgrade viz with its values, or uninstall it.";
        if !missing.is_empty() {
            findings.add(namespace, "", format!("viz lacks {}", missing.join(", ")), hint).codes(&["l5d-viz-pods-running"]);
        }
        if !runs("prometheus") && !external && missing.len() < PARTS.len() {
            let what = "viz has no Prometheus, and its namespace names no external one";
            findings.add(namespace, "metadata.annotations", what, hint).codes(&["l5d-viz-prometheus"]);
        }
    }
}
