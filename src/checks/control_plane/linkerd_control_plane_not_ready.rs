use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{configs, part};
use crate::mesh::counts;
use crate::mesh::linkerd::PARTS;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A component of the control plane (destination, identity, proxy-injector) has no ready pod, fewer than it should have, or does not exist.
    ///
    /// # Why it matters
    ///
    /// Without *identity*, certificates end after a day and no new proxy starts. Without *destination*, new connections go by the last known
    /// endpoints and policies. Without the *proxy-injector*, new pods start without a proxy, or not at all.
    ///
    /// # How to fix it
    ///
    /// Look at the component's events and logs; bring back a missing one by upgrading the control plane with its values.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane pods are ready).
    "linkerd-control-plane-not-ready",
    summary: "Component of the control plane is missing or not ready",
    aliases: &["l5d-api-control-ready"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Deployment, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for plane in &world.linkerd.control_planes {
        let parts = PARTS.map(|name| (name, part(world, &plane.namespace, name)));
        let some = parts.iter().any(|(_, workloads)| !workloads.is_empty());
        for (name, workloads) in parts {
            for workload in &workloads {
                let Some((ready, wanted)) = counts(&world.index, workload).filter(|(ready, wanted)| ready < wanted) else { continue };
                let what = if ready == 0 { format!("{name} has no ready pod") } else { format!("{name} has {ready} of {wanted} pods ready") };
                let finding = findings.add_workload(workload, "", what, "Look at its pods' events and logs.");
                if ready > 0 {
                    finding.severity(Severity::Warning).codes(&[]);
                }
            }
            // Files often hold the settings alone.
            if !workloads.is_empty() || !(some || matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot)) {
                continue;
            }
            let Some((_, object)) = configs(world).find(|(c, _)| c.namespace == plane.namespace) else { continue };
            let finding = findings.missing(
                object,
                "",
                &[(Kind::Deployment, &plane.namespace), (Kind::Pod, &plane.namespace)],
                format!("the control plane has no component {name}"),
                "Upgrade the control plane with its values; delete this ConfigMap if the control plane is gone.",
            );
            if let Some(finding) = finding {
                finding.detail(name);
            }
        }
    }
}
