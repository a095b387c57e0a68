use crate::checks::Findings;
use crate::mesh::istio::labels::{DATAPLANE_MODE, SYSTEM_NAMESPACES};
use crate::mesh::istio::{DEFAULT, INJECTION, REV};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace says nothing about the mesh: it has no `istio-injection` and no `istio.io/rev` label and is not in ambient. Depending on the
    /// injector's `enableNamespacesByDefault`, its pods get no sidecar, or get one without anybody having asked.
    ///
    /// # Why it matters
    ///
    /// Either may be what you want. As a list it shows which namespaces were forgotten; that is why the rule runs only when asked for.
    ///
    /// # How to fix it
    ///
    /// Label the namespace: `istio-injection=enabled` or `istio.io/rev=<revision>` for sidecars, `istio.io/dataplane-mode=ambient` for ambient,
    /// `istio-injection=disabled` to stay out.
    ///
    /// Sources: IST0102, IST0148; istio `pkg/config/analysis/analyzers/injection/injection.go`.
    "istio-namespace-not-injected",
    summary: "Namespace has no label that puts it into the mesh or keeps it out",
    aliases: &["IST0102", "IST0148"],
    severity: Severity::Info,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::ConfigMap],
    opt_in: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let by_default = world.istio.injector_config(DEFAULT).is_some_and(|c| c.namespaces_by_default);
    for namespace in world.index.namespaces() {
        let (name, labels) = (namespace.metadata.name.as_str(), &namespace.metadata.labels);
        let labelled = labels.get(INJECTION).is_some_and(|v| !v.is_empty()) || labels.has(REV) || labels.is(DATAPLANE_MODE, "ambient");
        if labelled || name == "istio-system" || SYSTEM_NAMESPACES.contains(&name) {
            continue;
        }
        let (message, hint, code) = if by_default {
            (
                "pods get sidecars although the namespace has no injection label, because the injector's enableNamespacesByDefault is on",
                "Label the namespace istio-injection=disabled if its pods are not meant to be in the mesh.",
                "IST0148",
            )
        } else {
            (
                "no label puts this namespace into the mesh, so its pods get no sidecar",
                "Label it istio-injection=enabled, istio.io/rev=<revision> or istio.io/dataplane-mode=ambient, or istio-injection=disabled to keep it out.",
                "IST0102",
            )
        };
        findings.add(namespace, "metadata.labels", message, hint).codes(&[code]);
    }
}
