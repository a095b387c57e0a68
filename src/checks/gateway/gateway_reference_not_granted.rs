use crate::checks::Findings;
use crate::checks::support::gateway::attachment;
use crate::checks::support::gateway::routes;
use crate::mesh::gateway_api::grants::Crossing;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route names a Service of another namespace, or a Gateway a Secret of another namespace, and no ReferenceGrant there permits it. A grant names
    /// the kind and namespace of the one who refers (`from`) and the kind, and perhaps the name, of what is referred to (`to`).
    ///
    /// # Why it matters
    ///
    /// A gateway answers 500 for such a backend, and does not open a listener whose certificate it may not read (RefNotPermitted). For routes on
    /// Services alone the meshes do not ask for a grant; then this is only worth knowing.
    ///
    /// # How to fix it
    ///
    /// Create a ReferenceGrant in the namespace that is referred to.
    ///
    /// # Example
    ///
    /// ```yaml
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata: {name: from-web, namespace: shop}
    /// spec:
    ///   from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}]
    ///   to: [{group: "", kind: Service}]
    /// ```
    ///
    /// Sources: KIA1402; kiali `checkers/k8shttproutes/no_host_checker.go`, `kubernetes/host.go` (which passes over mirrors, the groups in a grant
    /// and the names in it); Gateway API GEP-709, GEP-1426; istio `pilot/pkg/config/kube/gateway/conversion.go`.
    "gateway-reference-not-granted",
    summary: "Reference into another namespace that no ReferenceGrant permits",
    aliases: &["KIA1402"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::ReferenceGrant, Kind::HttpRoute, Kind::GrpcRoute, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        backends(world, findings, route);
    }
    for kind in [Kind::Gateway, Kind::ListenerSet] {
        for gateway in world.index.objects(kind) {
            certificates(world, findings, gateway);
        }
    }
}

fn backends(world: &World, findings: &mut Findings<'_>, route: &Object) {
    let parents = routes::parents(route);
    let mesh_only = !parents.is_empty() && parents.iter().all(|p| p.kind == Kind::Service);
    for backend in routes::backends(route) {
        let crossing = Crossing::of(route, Kind::Service, backend.namespace, backend.name);
        // For routes on Services neither mesh asks for a grant.
        if !mesh_only && route.meta.namespace != backend.namespace && !crossing.is_granted(&world.index) {
            report(world, findings, route, backend.field.path_of("namespace"), &crossing, &["KIA1402"]);
        }
    }
}

fn certificates(world: &World, findings: &mut Findings<'_>, gateway: &Object) {
    for listener in attachment::listeners(gateway) {
        for reference in listener.field.get("tls").iter().flat_map(|tls| tls.list("certificateRefs")) {
            let namespace = reference.text("namespace");
            let is_secret = matches!(reference.text("group"), "" | "core") && matches!(reference.text("kind"), "" | "Secret");
            let crossing = Crossing::of(gateway, Kind::Secret, namespace, reference.text("name"));
            if is_secret && !namespace.is_empty() && gateway.meta.namespace != namespace && !crossing.is_granted(&world.index) {
                report(world, findings, gateway, reference.path_of("namespace"), &crossing, &[]);
            }
        }
    }
}

fn report(world: &World, findings: &mut Findings<'_>, from: &Object, path: String, crossing: &Crossing<'_>, codes: &[&'static str]) {
    let what = format!("{} {:?}", crossing.to, crossing.name);
    let near: Vec<_> = world.index.objects_in(Kind::ReferenceGrant, crossing.to_namespace).iter().take(3).collect();
    let finding = findings.missing(
        from,
        path,
        &[(Kind::ReferenceGrant, crossing.to_namespace)],
        format!(
            "no ReferenceGrant in namespace {:?} permits {} of namespace {:?} to use {what}",
            crossing.to_namespace, from.kind, from.meta.namespace
        ),
        crossing.hint(),
    );
    let Some(finding) = finding else { return };
    finding.codes(codes);
    for grant in near {
        finding.related(grant.reference(), "does not permit it");
    }
}
