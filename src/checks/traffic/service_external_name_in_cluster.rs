use crate::checks::Findings;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// A Service of type ExternalName that points at a Service of the same cluster, by a name that ends in `.svc` or in the cluster's domain. When the
    /// Service it points at does not exist, the finding is a warning.
    ///
    /// # Why it matters
    ///
    /// To a mesh it is another host: Linkerd does not resolve it, so that requests to it go out without mTLS, routes and retries. Istio takes it for
    /// an alias in current releases, for a host outside of the mesh in older ones. The Host header is that of the alias.
    ///
    /// # How to fix it
    ///
    /// Call the Service by its own name, or route to it with an HTTPRoute or a VirtualService.
    ///
    /// Sources: Kubernetes Service API; istio `ENABLE_EXTERNAL_NAME_ALIAS`; linkerd `controller/api/destination`; Kiali and istioctl do not look.
    "service-external-name-in-cluster",
    summary: "ExternalName Service that points into its own cluster",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let domains: Vec<&str> = world.linkerd.configs.iter().map(|c| c.cluster_domain.as_str()).chain(["cluster.local"]).collect();
    for service in world.index.services().iter().filter(|s| s.spec.kind == "ExternalName") {
        let target = service.spec.external_name.trim_end_matches('.');
        let short = domains.iter().find_map(|domain| target.strip_suffix(domain)?.strip_suffix('.')).unwrap_or(target);
        let Some((name, namespace)) = short.strip_suffix(".svc").and_then(|s| s.rsplit_once('.')) else { continue };
        match world.index.service(namespace, name) {
            Some(other) => {
                let message = format!("{target:?} is a Service of this cluster: a mesh does not treat requests to the alias as those to it");
                findings
                    .add(service, "spec.externalName", message, "Call that Service by its own name, or route to it.")
                    .related(other.reference(), "is what it points at");
            }
            None => {
                let message = format!("{target:?} would be a Service of this cluster, and it does not exist");
                let hint = "Correct the name.";
                let finding = findings.missing(service, "spec.externalName", &[(Kind::Service, namespace)], message, hint);
                if let Some(finding) = finding.filter(|_| world.sight(Kind::Service, namespace) == Sight::Clear) {
                    finding.severity(Severity::Warning);
                }
            }
        }
    }
}
