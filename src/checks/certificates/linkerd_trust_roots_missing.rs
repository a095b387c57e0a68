use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{configs, part};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A control plane whose identity component is here, without the ConfigMap `linkerd-identity-trust-roots`, or with one that has no key
    /// `ca-bundle.crt`.
    ///
    /// # Why it matters
    ///
    /// The control plane's own proxies take the trust anchors from there. Those that run go on; none starts anew, after a drained node for instance.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane with its values. With `identity.externalCA`, have whatever keeps the bundle (trust-manager, for instance) write it.
    ///
    /// Sources: linkerd `charts/linkerd-control-plane/templates/identity.yaml`, `charts/partials/templates/_proxy.tpl`.
    "linkerd-trust-roots-missing",
    summary: "Control plane without the ConfigMap that holds its trust anchors",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world).filter(|(c, _)| !part(world, &c.namespace, "identity").is_empty()) {
        let hint = "Upgrade the control plane with its values, or have whatever keeps the bundle write it.";
        match world.index.object(Kind::ConfigMap, &config.namespace, "linkerd-identity-trust-roots") {
            Some(roots) if roots.root().at(["data", "ca-bundle.crt"]).is_none() => {
                findings.add(roots, "data", "it has no key ca-bundle.crt: no proxy of the control plane can start", hint);
            }
            Some(_) => {}
            // What somebody else writes is not among the chart's manifests.
            None if world.source.kind == SourceKind::Files && config.root().at(["identity", "externalCA"]).and_then(|f| f.bool()) == Some(true) => {}
            None => {
                let what = "ConfigMap linkerd-identity-trust-roots does not exist: no proxy of the control plane can start";
                findings.missing(object, "", &[(Kind::ConfigMap, &config.namespace)], what, hint);
            }
        }
    }
}
