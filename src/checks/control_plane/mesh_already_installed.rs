use crate::checks::support::install::{SHOW_A_MESH, described, running};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::model::MeshId;
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A control plane of the mesh is here already, or the namespace meant for it exists. For Linkerd the first is an error, since a cluster has one
    /// Linkerd and its installer refuses a second; the second is a warning. For Istio a control plane is a note: installing means upgrading it, or
    /// adding a revision beside it.
    ///
    /// # Why it matters
    ///
    /// Installing over a control plane gives Linkerd a new trust anchor, and every meshed pod loses its connections until it is restarted. A second
    /// Istio of the same revision replaces the first with whatever settings the new one has.
    ///
    /// # How to fix it
    ///
    /// Upgrade instead (`linkerd upgrade`, `istioctl upgrade`, `helm upgrade`), or give Istio's new control plane a revision of its own.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane namespace does not already exist).
    "mesh-already-installed",
    summary: "The mesh that is to be installed is here already",
    aliases: &["pre-ns"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    needs: &SHOW_A_MESH,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for target in &world.install.targets {
        let mut found = false;
        for (plane, object) in running(world, target.mesh) {
            found = true;
            let what = described(plane);
            let finding = match target.mesh {
                MeshId::Istio => findings
                    .add_unread(
                        object,
                        "",
                        format!("Istio {what} is here: installing the same revision again replaces it"),
                        "Upgrade it, or install the new version beside it with --revision.",
                    )
                    .severity(Severity::Info)
                    .codes(&[]),
                MeshId::Linkerd => findings.add_unread(
                    object,
                    "",
                    format!("Linkerd {what} is here, and a cluster has only one"),
                    "Upgrade it with `linkerd upgrade` or `helm upgrade`; installing anew replaces its trust anchor.",
                ),
            };
            finding.about(target.mesh.into());
        }
        if !found {
            empty_namespace(world, target, findings);
        }
    }
}

fn empty_namespace(world: &World, target: &Target, findings: &mut Findings<'_>) {
    // One that is being deleted is left over, which another rule says.
    let existing = world.index.namespace(&target.namespace).filter(|n| n.metadata.deletion_timestamp.is_none());
    if let (MeshId::Linkerd, Some(namespace)) = (target.mesh, existing) {
        findings
            .add(
                namespace,
                "",
                "the namespace for Linkerd's control plane exists, without a control plane in it",
                "Install with Helm into it, or delete it if it is a remainder; `linkerd check --pre` wants it gone.",
            )
            .severity(Severity::Warning)
            .about(target.mesh.into());
    }
}
