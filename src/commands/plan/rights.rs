//! The rights that a plan takes, asked for before anything changes.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::material;
use crate::cluster::live::Connection;
use crate::error::CliError;
use crate::model::{Access, Kind, YesNo};
use crate::plan::{Action, Plan, made};

/// Refuses a plan for which a right is missing, and names all that are.
pub(super) async fn see_to(plan: &Plan, connection: &Connection) -> Result<(), CliError> {
    let wanted = of(plan);
    let answers = join_all(wanted.iter().map(async |access| (access, connection.may(access).await))).await;
    let missing: Vec<String> = answers
        .into_iter()
        .filter_map(|(access, answer)| match answer {
            YesNo::Yes => None,
            YesNo::No(_) => Some(format!("{} {} {}", access.verb, access.full_resource(), place(access))),
            YesNo::Unknown(why) => Some(format!("{} {} {}: not known, {why}", access.verb, access.full_resource(), place(access))),
        })
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let error = CliError::refused("not carried out: rights are missing, and nothing has changed").detail(missing.join("\n"));
    let of_namespace = plan.steps.iter().any(|step| step.object.kind == "Namespace");
    Err(if of_namespace { error.hint("without rights on namespaces, --scope workload labels each template instead") } else { error })
}

fn place(access: &Access) -> String {
    if access.namespace.is_empty() { "cluster-wide".to_owned() } else { format!("in namespace {}", access.namespace) }
}

/// Exactly the verbs of the plan, its journal included.
fn of(plan: &Plan) -> BTreeSet<Access> {
    let mut wanted: BTreeSet<Access> = JOURNAL.map(|verb| Access::of(verb, Kind::ConfigMap, &plan.namespace)).into();
    for step in &plan.steps {
        let Some((group, plural)) = step.object.resource() else { continue };
        // A Namespace is in itself, as far as rights go.
        let object = &step.object;
        let namespace = if object.known_kind() == Some(Kind::Namespace) { &object.name } else { &object.namespace };
        let (own, on_pods) = verbs(step.action, step.object.known_kind());
        wanted.extend(own.iter().map(|verb| Access {
            verb: (*verb).into(),
            group: group.into(),
            resource: plural.into(),
            namespace: namespace.as_str().into(),
        }));
        wanted.extend(on_pods.iter().map(|verb| Access::of(verb, Kind::Pod, namespace)));
    }
    wanted
}

/// What the journal takes, a ConfigMap.
const JOURNAL: [&str; 4] = ["create", "get", "update", "delete"];

type Verbs = &'static [&'static str];

/// What a step takes of the object that it is about, and of pods.
fn verbs(action: Action, kind: Option<Kind>) -> (Verbs, Verbs) {
    match action {
        // A pod that is broken has to go before its controller makes it anew.
        Action::Wait | Action::Verify if kind == Some(Kind::StatefulSet) => (&["get", "list", "watch"], &["delete", "list", "watch"]),
        Action::Wait | Action::Verify => (&["get", "list", "watch"], &["list", "watch"]),
        Action::Calls => (&[], &[]),
        // Each takes what taking it back takes.
        Action::Create | Action::Delete => (&["create", "delete", "get"], &[]),
        _ => (&["get", "patch"], &[]),
    }
}

/// Kinds whose pods are replaced when their template changes; a CronJob's next run takes what it says.
const WAITED_FOR: [Kind; 4] = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Rollout];

/// What plans about namespaces may take, whatever is found there.
pub(in crate::commands) fn of_namespaces() -> BTreeSet<Access> {
    taken([(Action::Label, Kind::Namespace)])
}

/// The objects that a plan may change, whole.
pub(in crate::commands) fn of_objects() -> BTreeSet<Access> {
    let kinds = WAITED_FOR.into_iter().chain([Kind::CronJob, Kind::Service, Kind::Namespace]);
    kinds.map(|kind| Access::of("get", kind, "")).collect()
}

/// What plans about workloads may take, whatever is found there: the rehearsal of a pod and a look at what was warned of included.
pub(in crate::commands) fn of_workloads() -> BTreeSet<Access> {
    let rolled = WAITED_FOR.iter().flat_map(|kind| [(Action::Label, *kind), (Action::Wait, *kind)]);
    let written = [Kind::CronJob, Kind::Service, Kind::Namespace].map(|kind| (Action::Patch, kind));
    let mut all = taken(rolled.chain(written).chain(made::KINDS.map(|kind| (Action::Create, kind))));
    // Those that were there before are changed.
    all.extend([Kind::PeerAuthentication, Kind::Server].map(|kind| Access::of("patch", kind, "")));
    all.extend(material::asked());
    all.insert(Access::of("list", Kind::EndpointSlice, ""));
    let core = |verb: &str, resource: &str| Access { verb: verb.into(), resource: resource.into(), ..Access::default() };
    all.extend([core("list", "events"), core("get", "pods/log")]);
    all
}

/// What a waypoint takes.
pub(in crate::commands) fn of_waypoints() -> BTreeSet<Access> {
    taken([(Action::Create, Kind::Gateway), (Action::Wait, Kind::Gateway)])
}

/// What the set of an overlay takes beside: its objects are made, or changed where they are there.
pub(in crate::commands) fn of_sets() -> BTreeSet<Access> {
    let made = made::KINDS.iter().chain(&[Kind::Gateway, Kind::HttpLocalRateLimitPolicy, Kind::EnvoyFilter]);
    let mut all = taken(made.flat_map(|kind| [(Action::Create, *kind), (Action::Patch, *kind)]));
    for verb in ["create", "delete", "get", "patch"] {
        let monitoring = ["podmonitors", "prometheusrules"];
        all.extend(monitoring.map(|resource| Access {
            group: "monitoring.coreos.com".into(),
            resource: resource.into(),
            ..Access::of(verb, Kind::Pod, "")
        }));
    }
    all
}

fn taken(steps: impl IntoIterator<Item = (Action, Kind)>) -> BTreeSet<Access> {
    let journal = JOURNAL.map(|verb| Access::of(verb, Kind::ConfigMap, ""));
    let of_step = |(action, kind): (Action, Kind)| {
        let (own, on_pods) = verbs(action, Some(kind));
        let own = own.iter().map(move |verb| Access::of(verb, kind, ""));
        own.chain(on_pods.iter().map(|verb| Access::of(verb, Kind::Pod, "")))
    };
    steps.into_iter().flat_map(of_step).chain(journal).collect()
}
