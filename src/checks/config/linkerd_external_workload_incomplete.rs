use crate::checks::Findings;
use crate::mesh::linkerd::identity;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An ExternalWorkload without `meshTLS.identity`, `meshTLS.serverName`, `workloadIPs` or `ports`, or with an identity that is no valid name.
    ///
    /// # Why it matters
    ///
    /// Without an identity and a server name there is no mTLS to it, without addresses no endpoint, and without ports no Service selects it.
    ///
    /// # How to fix it
    ///
    /// Fill in all four.
    ///
    /// Sources: ExternalWorkload CRD; linkerd `controller/api/destination/external-workload`, `policy-controller/runtime/src/validation.rs`.
    "linkerd-external-workload-incomplete",
    summary: "ExternalWorkload that cannot be reached or authenticated",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ExternalWorkload],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.objects(Kind::ExternalWorkload) {
        let spec = workload.spec();
        // v1alpha1 wrote the field otherwise.
        let field = if spec.get("meshTLS").is_none() && spec.get("meshTls").is_some() { "meshTls" } else { "meshTLS" };
        let text = |name| spec.at([field, name]).and_then(|f| f.str()).unwrap_or_default();
        match text("identity") {
            "" => {
                findings.add(workload, format!("spec.{field}.identity"), "it has no identity", "Write the SPIFFE identity of its certificate.");
            }
            name => {
                if let Err(fault) = identity::validate(name) {
                    findings.add(
                        workload,
                        format!("spec.{field}.identity"),
                        format!("{name:?} is no identity: {}", fault.text()),
                        "Write its SPIFFE identity.",
                    );
                }
            }
        }
        if text("serverName").is_empty() {
            findings.add(workload, format!("spec.{field}.serverName"), "it has no serverName", "Write the DNS name of its certificate.");
        }
        let lists = [("workloadIPs", "it has no address", "List its addresses."), ("ports", "it has no ports", "List its ports.")];
        for (list, message, hint) in lists {
            if spec.list(list).next().is_none() {
                findings.add(workload, format!("spec.{list}"), message, hint).severity(Severity::Warning);
            }
        }
    }
}
