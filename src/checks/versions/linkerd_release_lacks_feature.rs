use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Callers};
use crate::mesh::linkerd::{NATIVE_SIDECAR_ANNOTATIONS, annotations, release, routes};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The control plane's release, as `linkerd-config` names it, is older than what the manifests use: an annotation, a kind of object, a field or a
    /// version of a Linkerd resource.
    ///
    /// # Why it matters
    ///
    /// An older release passes over what it does not know without a word; objects of kinds and versions it does not serve are refused by the API
    /// server.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane, or use what the release knows.
    ///
    /// Sources: linkerd2 `pkg/k8s/labels.go`, `charts/linkerd-crds/templates`, `policy-controller`, through its releases.
    "linkerd-release-lacks-feature",
    summary: "Linkerd's release is too old for what the manifests use",
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

type Edge = [u32; 3];

/// Annotations with the edge release that first read each; what came before 2.12 is not listed.
const ANNOTATIONS: [(&str, Edge); 19] = [
    ("balancer.alpha.linkerd.io/failure-accrual-success-rate-threshold", [26, 6, 2]),
    ("balancer.linkerd.io/failure-accrual", [23, 4, 1]),
    ("config.linkerd.io/proxy-additional-env", [26, 4, 3]),
    ("config.linkerd.io/proxy-admin-shutdown", [24, 6, 2]),
    ("config.linkerd.io/proxy-cpu-ratio-limit", [25, 3, 3]),
    ("config.linkerd.io/proxy-disable-inbound-protocol-detect-timeout", [23, 11, 1]),
    ("config.linkerd.io/proxy-disable-outbound-protocol-detect-timeout", [23, 11, 1]),
    ("config.linkerd.io/proxy-gid", [24, 5, 4]),
    ("config.linkerd.io/proxy-inbound-discovery-cache-unused-timeout", [23, 5, 1]),
    ("config.linkerd.io/proxy-outbound-discovery-cache-unused-timeout", [23, 5, 1]),
    ("config.linkerd.io/proxy-log-http-headers", [24, 6, 2]),
    ("config.linkerd.io/proxy-metrics-hostname-labels", [25, 3, 4]),
    ("retry.linkerd.io/grpc", [24, 7, 5]),
    ("retry.linkerd.io/http", [24, 7, 5]),
    ("retry.linkerd.io/limit", [24, 7, 5]),
    ("retry.linkerd.io/timeout", [24, 7, 5]),
    ("timeout.linkerd.io/idle", [24, 7, 5]),
    ("timeout.linkerd.io/request", [24, 7, 5]),
    ("timeout.linkerd.io/response", [24, 7, 5]),
];

/// Kinds, or later versions of them where one is named, with the edge release that first served each.
const KINDS: [(Kind, &str, Edge); 8] = [
    (Kind::EgressNetwork, "", [24, 10, 4]),
    (Kind::ExternalWorkload, "", [24, 1, 1]),
    (Kind::ExternalWorkload, "v1beta1", [24, 2, 4]),
    (Kind::HttpLocalRateLimitPolicy, "", [24, 11, 2]),
    (Kind::Link, "v1alpha2", [24, 11, 1]),
    (Kind::Link, "v1alpha3", [25, 3, 3]),
    (Kind::Server, "v1beta2", [24, 1, 1]),
    (Kind::Server, "v1beta3", [24, 7, 4]),
];

/// Routes of the Gateway API with the edge release that first read them.
const ROUTES: [(Kind, Edge); 4] =
    [(Kind::HttpRoute, [23, 7, 1]), (Kind::GrpcRoute, [24, 6, 4]), (Kind::TlsRoute, [24, 10, 4]), (Kind::TcpRoute, [24, 10, 4])];

fn run(world: &World, findings: &mut Findings<'_>) {
    let [config] = world.linkerd.configs.as_slice() else { return };
    let (Some(version), Some(object)) = (config.version.as_deref(), &config.object) else { return };
    let lacks = |edge: Edge| release::has(version, edge) == Some(false);
    let hint = |edge: Edge| format!("Upgrade to {} or later, or use what {version} knows.", edge_name(edge));
    let newer: Vec<&(&str, Edge)> = ANNOTATIONS.iter().chain(&NATIVE_SIDECAR_ANNOTATIONS).filter(|(_, edge)| lacks(*edge)).collect();
    for annotated in annotated::all(world).filter(|_| !newer.is_empty()) {
        for (name, edge) in newer.iter().filter(|(name, _)| annotated.annotations().has(name)) {
            let known =
                NATIVE_SIDECAR_ANNOTATIONS.iter().filter(|(n, since)| n.ends_with("native-sidecar") && !lacks(*since)).map(|(n, _)| *n).next();
            let hint = known.filter(|_| name.ends_with("native-sidecar")).map_or_else(|| hint(*edge), |known| format!("This release reads {known}."));
            let message = format!("{version} does not read {name}, which came with {}", edge_name(*edge));
            annotated.add(findings, &annotations::path(name), message, hint).related(object.clone(), "names the release");
        }
    }
    for (kind, of_version, edge) in KINDS.into_iter().filter(|(_, _, edge)| lacks(*edge)) {
        // What comes from a cluster is served there.
        for o in world.index.objects(kind).iter().filter(|o| o.meta.origin.is_some()) {
            let own = o.meta.reference(kind).api_version();
            if of_version.is_empty() || own.ends_with(&format!("/{of_version}")) {
                let what = if of_version.is_empty() { kind.to_string() } else { format!("{of_version} of {kind}") };
                let message = format!("{version} does not know {what}, which came with {}", edge_name(edge));
                let path = if of_version.is_empty() { "kind" } else { "apiVersion" };
                findings.add(o, path, message, hint(edge)).related(object.clone(), "names the release");
            }
        }
    }
    let callers = Callers::of(world);
    for (kind, edge) in ROUTES.into_iter().filter(|(_, edge)| lacks(*edge)) {
        for route in world.index.objects(kind) {
            if routes::parents(route).iter().any(|p| callers.include(route, p)) {
                let message = format!("{version} does not read {kind}s of the Gateway API, which came with {}", edge_name(edge));
                findings.add(route, "kind", message, hint(edge)).related(object.clone(), "names the release");
            }
        }
    }
    let fields = [(Kind::Server, "accessPolicy", [24, 7, 5])];
    for (kind, name, edge) in fields.into_iter().filter(|(_, _, edge)| lacks(*edge)) {
        for field in world.index.objects(kind).iter().filter_map(|o| Some((o, o.spec().get(name)?))) {
            let message = format!("{version} does not read {name}, which came with {}: the Server refuses what no policy grants", edge_name(edge));
            findings.add(field.0, field.1.path(), message, hint(edge)).related(object.clone(), "names the release");
        }
    }
}

fn edge_name([year, month, number]: Edge) -> String {
    format!("edge-{year}.{month}.{number}")
}
