use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::gateway::routes::{self, Parent};
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route names, in `parentRefs`, a Gateway, a ListenerSet or a Service that does not exist. A reference without a namespace means the route's
    /// own namespace, not the gateway's.
    ///
    /// # Why it matters
    ///
    /// The route takes effect nowhere. At a gateway its hosts answer 404; on a Service, requests go their way as if there were no route.
    ///
    /// # How to fix it
    ///
    /// Correct the name, or add the parent's namespace.
    ///
    /// # Example
    ///
    /// ```yaml
    /// parentRefs:
    /// - name: public            # looked up beside the route
    /// - name: public
    ///   namespace: ingress      # where the Gateway is
    /// ```
    ///
    /// Sources: KIA1401, KIA1402; kiali `checkers/k8shttproutes/no_k8sgateway_checker.go`, `no_host_checker.go`.
    "gateway-route-parent-not-found",
    summary: "Route on a Gateway or Service that does not exist",
    aliases: &["KIA1401", "KIA1402"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::Service, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_name: HashMap<(Kind, &str), Vec<&str>> = HashMap::new();
    for gateway in [Kind::Gateway, Kind::ListenerSet].into_iter().flat_map(|kind| world.index.objects(kind)) {
        by_name.entry((gateway.kind, &gateway.meta.name)).or_default().push(&gateway.meta.namespace);
    }
    for route in routes::all(&world.index) {
        for parent in routes::parents(route) {
            let exists = match parent.kind {
                Kind::Service => world.index.service(parent.namespace, parent.name).is_some(),
                kind => world.index.object(kind, parent.namespace, parent.name).is_some(),
            };
            if !exists {
                let elsewhere = by_name.get(&(parent.kind, parent.name)).map(Vec::as_slice).unwrap_or_default();
                report(findings, route, &parent, &elsewhere[..elsewhere.len().min(3)]);
            }
        }
    }
}

fn report(findings: &mut Findings<'_>, route: &Object, parent: &Parent<'_>, elsewhere: &[&str]) {
    let codes: &[&'static str] = match parent.kind {
        Kind::Gateway => &["KIA1401"],
        Kind::Service => &["KIA1402"],
        _ => &[],
    };
    let hint = if elsewhere.is_empty() {
        format!("Name an existing {}.", parent.kind)
    } else {
        format!("There is one of this name in {}: add its namespace if it is meant.", elsewhere.join(", "))
    };
    let finding = findings.missing_named(
        route,
        parent.field.path_of("name"),
        (parent.kind, parent.namespace, parent.name),
        format!("{} {:?} does not exist in namespace {:?}", parent.kind, parent.name, parent.namespace),
        hint,
    );
    finding.map(|f| f.codes(codes));
}
