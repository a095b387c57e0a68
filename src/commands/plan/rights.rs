//! The rights that a plan takes, asked for before anything changes.

use std::collections::BTreeSet;

use futures::future::join_all;

use crate::cluster::live::Connection;
use crate::error::CliError;
use crate::model::{Access, Kind, YesNo};
use crate::plan::{Action, Plan};

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
fn of(plan: &Plan) -> Vec<Access> {
    let mut wanted = BTreeSet::new();
    let mut want = |verbs: &[&'static str], (group, plural): (&'static str, &'static str), namespace: &str| {
        for verb in verbs {
            wanted.insert((*verb, group, plural, namespace.to_owned()));
        }
    };
    let pods = (Kind::Pod.group(), Kind::Pod.plural());
    want(&["create", "get", "update", "delete"], (Kind::ConfigMap.group(), Kind::ConfigMap.plural()), &plan.namespace);
    for step in &plan.steps {
        let Some(kind) = step.object.resource() else { continue };
        match step.action {
            Action::Wait | Action::Verify => {
                want(&["get", "list", "watch"], kind, &step.object.namespace);
                want(&["list", "watch"], pods, &step.object.namespace);
                if step.object.kind == "StatefulSet" {
                    // A pod that is broken has to go before its controller makes it anew.
                    want(&["delete"], pods, &step.object.namespace);
                }
            }
            Action::Calls => {}
            // Each takes what taking it back takes.
            Action::Create | Action::Delete => want(&["create", "delete", "get"], kind, &step.object.namespace),
            _ => want(&["get", "patch"], kind, &step.object.namespace),
        }
    }
    let access = |(verb, group, resource, namespace): (&'static str, &'static str, &'static str, String)| Access {
        verb: verb.into(),
        group: group.into(),
        resource: resource.into(),
        namespace: namespace.as_str().into(),
    };
    wanted.into_iter().map(access).collect()
}
