use crate::checks::Findings;
use crate::checks::support::istio::security::reach::Reach;
use crate::checks::support::istio::security::seen;
use crate::checks::support::kubernetes::runtime_labels;
use crate::index::Workload;
use crate::mesh::istio::{groups, policy};
use crate::model::{Intent, Kind, Map, Membership, MeshId, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The selector of an AuthorizationPolicy, PeerAuthentication, RequestAuthentication or Sidecar fits no workload of its namespace. In the
    /// root namespace a selector is for every namespace, so nothing in any of them may fit. Machines of a WorkloadGroup count with its labels.
    /// An AuthorizationPolicy without selector or target is reported when no pod of its namespace is in the mesh. Unlike istioctl this counts
    /// revisions, labels that ask for ambient and WorkloadEntries as the mesh, and leaves policies with `targetRefs` to the rule about targets.
    /// Labels that Kubernetes puts on pods itself (`statefulset.kubernetes.io/pod-name` and its like) count as there, and so do the pods of a
    /// Gateway that `gateway.networking.k8s.io/gateway-name` names. In manifests, a label of an operator (`cnpg.io/cluster`) is only information.
    ///
    /// # Why it matters
    ///
    /// The object has no effect, while whoever reads it believes that the workload is protected.
    ///
    /// # How to fix it
    ///
    /// Write labels that the pods carry; those of the pod template count, not those of the Deployment itself.
    ///
    /// Sources: istio IST0127 `pkg/config/analysis/analyzers/authz/authorizationpolicies.go`, IST0101 `analyzers/sidecar`; kiali KIA0004
    /// `business/checkers/common/workload_selector_checker.go` (which looks in the root namespace alone for policies that stand there).
    "istio-policy-selects-nothing",
    summary: "The selector of a security policy or Sidecar fits no workload",
    aliases: &["IST0101", "IST0127", "KIA0004"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[
        Kind::AuthorizationPolicy,
        Kind::PeerAuthentication,
        Kind::RequestAuthentication,
        Kind::Sidecar,
        Kind::Pod,
        Kind::Deployment,
        Kind::StatefulSet,
        Kind::DaemonSet,
    ],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut in_mesh = Reach::new(world, |w| is_in_mesh(world, w));
    for kind in [Kind::AuthorizationPolicy, Kind::PeerAuthentication, Kind::RequestAuthentication, Kind::Sidecar] {
        for object in world.index.objects(kind) {
            check(world, object, &mut in_mesh, findings);
        }
    }
}

fn check<'a>(world: &'a World, object: &Object, in_mesh: &mut Reach<'a, impl Fn(&'a Workload) -> bool>, findings: &mut Findings<'_>) {
    let namespace = object.meta.namespace.as_str();
    let (path, labels) = match object.kind {
        Kind::Sidecar => ("spec.workloadSelector.labels", object.spec().get("workloadSelector").map(|s| policy::labels(s.get("labels")))),
        _ if !policy::targets(object).is_empty() => return,
        _ => ("spec.selector.matchLabels", policy::selector(object)),
    };
    let mesh_wide = namespace == world.istio.root_namespace() && object.kind != Kind::Sidecar;
    if labels.is_none() && (mesh_wide || object.kind != Kind::AuthorizationPolicy) {
        return;
    }
    let labels = labels.unwrap_or_default();
    let home = Some(namespace).filter(|_| !mesh_wide);
    let at_home = labels.is_empty() || world.index.select(home, &labels).next().is_some();
    if !at_home && (groups::may_register(&world.index, home, &labels) || runtime_labels::may_fit(world, home, &labels)) {
        return;
    }
    let codes: &[&'static str] = match object.kind {
        Kind::AuthorizationPolicy => match (at_home, in_mesh.first(object).is_some()) {
            (true, true) => return,
            (true, false) => &["IST0127"],
            (false, _) => &["IST0127", "KIA0004"],
        },
        _ if at_home => return,
        Kind::Sidecar => &["IST0101", "KIA0004"],
        _ => &["KIA0004"],
    };
    let whom = if mesh_wide { "any namespace".to_owned() } else { format!("namespace {namespace:?}") };
    let message = match (labels.is_empty(), at_home) {
        (true, _) => format!("no pod of {whom} is in the mesh, so the policy holds for nothing"),
        (false, true) => format!("the selector {} fits only pods outside of the mesh", text(&labels)),
        (false, false) => format!("no workload of {whom} has the labels {}", text(&labels)),
    };
    let hint = "Select labels of a pod template in the mesh, or delete the object.";
    let kinds = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::WorkloadGroup]
        .map(|kind| (kind, if mesh_wide { "" } else { namespace }));
    let path = if labels.is_empty() { "" } else { path };
    if let Some(finding) = findings.missing(object, path, &kinds, message, hint) {
        finding.codes(codes);
        let alone = |k: &str, v: &str| world.index.select(home, &[(k, v)].into_iter().collect()).next().is_none();
        let of_operator = labels.iter().any(|(k, v)| runtime_labels::is_of_operator(world, k) && alone(k, v));
        // Where a namespace's own manifest is not among the files, who is in the mesh is not known either.
        let files = world.source.kind == SourceKind::Files;
        let unknown = || files && at_home && world.index.select(home, &labels).any(|w| world.membership(MeshId::Istio, w).is_err());
        if of_operator || seen::is_beyond_files(world, namespace) || unknown() {
            finding.severity(Severity::Info);
        }
        if let Some(elsewhere) = (!at_home && !mesh_wide).then(|| world.index.select(None, &labels).next()).flatten() {
            finding.related(elsewhere.reference.clone(), "has these labels in another namespace");
        }
    }
}

/// Whether a workload is in the mesh, will be once its pods are replaced, or may be.
fn is_in_mesh(world: &World, workload: &Workload) -> bool {
    let intended = &world.injection(MeshId::Istio, workload).intended;
    world.view().membership_by_files(MeshId::Istio, workload) != Ok(Membership::None) || intended.value().is_some_and(|i| *i != Intent::Out)
}

fn text(labels: &Map) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}
