use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A control plane of Linkerd runs in a namespace without the ConfigMap `linkerd-config`, or what stands under its key `values` is not YAML.
    ///
    /// # Why it matters
    ///
    /// Upgrades, the command line tool and extensions read the control plane's settings there. Without it they fail or assume defaults that are
    /// not those of this cluster.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane with the values it was installed with; that writes the ConfigMap anew.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` ('linkerd-config' config map exists).
    "linkerd-config-missing",
    summary: "Control plane without a readable linkerd-config",
    aliases: &["l5d-existence-linkerd-config"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        if let Some(error) = &config.error {
            let what = format!("the control plane's values cannot be read: {}", error.lines().next().unwrap_or_default());
            findings.add(object, "data.values", what, "Write them as YAML, or upgrade the control plane with its values.");
        }
    }
    for plane in world.linkerd.control_planes.iter().filter(|p| world.linkerd.config(&p.namespace).is_none()) {
        let shown = plane.evidence.iter().filter_map(|e| e.object.as_ref());
        let controller =
            |at: &crate::model::ObjectRef| world.index.controllers_in(&at.namespace).iter().find(|c| c.kind == at.kind && c.metadata.name == at.name);
        let Some(component) = shown.into_iter().find_map(controller) else { continue };
        findings.missing(
            component,
            "",
            &[(Kind::ConfigMap, &plane.namespace)],
            format!("a control plane runs in namespace {:?}, which has no ConfigMap linkerd-config", plane.namespace.as_str()),
            "Upgrade the control plane with the values it was installed with.",
        );
    }
}
