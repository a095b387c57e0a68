use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::istio::labels::{DATAPLANE_MODE, asks_for_ambient, has_captured_pods, is_gateway, is_waypoint};
use crate::mesh::istio::{ambient, policy};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy with HTTP fields holds for a workload in ambient (by selector, for the whole namespace, or through a Service it
    /// targets), and no working waypoint stands before that workload.
    ///
    /// # Why it matters
    ///
    /// ztunnel cannot read HTTP fields. Attached to it, an ALLOW rule with one of them is dropped whole and everybody is denied; a DENY rule
    /// may deny nothing. A policy that targets a Service is not enforced at all.
    ///
    /// # How to fix it
    ///
    /// Put a waypoint before the workload and target it, or write the policy for layer 4.
    ///
    /// Sources: kiali KIA1317 `business/checkers/ambient/ambient_workload_checker.go` (which does not see the waypoint of a targeted Service);
    /// istio `pilot/pkg/serviceregistry/ambient/authorization.go`.
    "istio-ambient-workload-http-policy",
    summary: "An HTTP policy holds for an ambient workload that has no waypoint",
    aliases: &["KIA1317"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::AuthorizationPolicy, Kind::Service, Kind::Gateway, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    // Policies without HTTP fields are the many: only namespaces with others are walked.
    let http: Vec<&Object> = index.objects(Kind::AuthorizationPolicy).iter().filter(|p| ambient::http_field(p).is_some()).collect();
    let mut namespaces: Vec<&str> = http.iter().map(|p| p.meta.namespace.as_str()).collect();
    namespaces.dedup();
    for workload in namespaces.into_iter().flat_map(|ns| index.workloads_in(ns)) {
        if !is_plain_ambient(world, workload) {
            continue;
        }
        if let Some(policy) = first(world, workload) {
            let targeted = !policy::targets(policy).is_empty();
            let effect = match (targeted, policy::Action::of(policy)) {
                (true, _) => "is not enforced",
                (false, policy::Action::Allow) => "denies every caller that no other rule admits",
                _ => "may deny nothing, or more than it says",
            };
            let message = format!("{} needs HTTP and no waypoint stands before this workload: it {effect}", policy.reference());
            let hint = "Put a waypoint before the workload and target it, or write the policy without HTTP fields.";
            findings.add_workload(workload, "", message, hint).related(policy.reference(), "has HTTP fields");
        }
    }
}

/// Whether a workload is in ambient, without a waypoint, and no gateway itself.
fn is_plain_ambient(world: &World, workload: &Workload) -> bool {
    let index = &world.index;
    let labels = &workload.labels;
    let infrastructure = is_waypoint(labels) || is_gateway(workload);
    let member = has_captured_pods(index, workload) || asks_for_ambient(index, workload);
    !infrastructure && !labels.is(DATAPLANE_MODE, "none") && member && !ambient::waypoint(index, labels, &workload.reference.namespace).works()
}

/// The first of the policies of the workload's own namespace that holds for it and needs HTTP.
fn first<'a>(world: &'a World, workload: &Workload) -> Option<&'a Object> {
    let policies = world.view().authorization_policies();
    let needs_http = |policy: &&Object| ambient::http_field(policy).is_some();
    let namespace = workload.reference.namespace.as_str();
    let own = policies.selecting(namespace, &workload.labels).into_iter().find(|p| p.meta.namespace == namespace && needs_http(p));
    own.or_else(|| {
        let mut services = world.index.services_selecting(namespace, &workload.labels);
        services.find_map(|s| {
            let served = ambient::waypoint(&world.index, &s.metadata.labels, namespace).works();
            policies.targeting(Kind::Service, namespace, &s.metadata.name).find(needs_http).filter(|_| !served)
        })
    })
}
