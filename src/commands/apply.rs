//! `apply`: a set of manifests goes into the cluster step by step.

use clap::Args;
use futures::future::join_all;
use serde_json::Value;

use super::generate::behind;
use super::inject::texts;
use super::onboard::{live, mesh, reference};
use super::plan::{self, PlanArgs, calls, material};
use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::cluster::files::edit::Text;
use crate::cluster::live::Resource;
use crate::error::{CliError, Exit};
use crate::model::MeshId;
use crate::plan::apply::Wanted;
use crate::plan::{Target, apply};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh apply -s cart -n shop -k overlays/mesh --dry-run=server   # the API server checks every write
  kubectl mesh apply -s cart -n shop -k overlays/mesh                    # shows the plan, asks, does and proves it
  kubectl mesh apply -s cart -n shop -f mesh/ --yes";

/// Apply a set of manifests step by step, and back if that fails
///
/// What permits goes first, then workloads, each of which is waited for, then what sends traffic elsewhere, and what refuses last. Of workloads,
/// Services and namespaces that are there only labels, annotations and protocols are written. When something fails, everything is put back to what it
/// was; a run that was killed is resumed or undone by `onboard --resume`, `--undo`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ApplyArgs {
    /// The Service that the set is for: NAME, svc/NAME
    #[arg(short, long, value_name = "NAME")]
    pub service: String,
    /// How it is carried out.
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Runs the command.
pub async fn run(args: &ApplyArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let texts = texts(global)?;
    let (global, connection) = live(global).await?;
    let Some(connection) = connection else { return Err(CliError::usage("a set is applied to a cluster").hint("name one with --context")) };
    let request = ReadRequest::of(&calls::kinds());
    let (before, after) = load::change(&global, &load::Change::default(), &request, terminal).await?;
    let (before, after) = (&before.world, &after.world);
    words::refused(before, terminal);
    let (service, workloads) = behind(before, &args.service, &global)?;
    let namespace = service.metadata.namespace.to_string();
    let mesh = meant(&global, after, &workloads)?;
    let mut set = Vec::new();
    for (_, text) in &texts {
        for (_, value) in Text::of(text).objects() {
            set.push(wanted(after, value, &namespace, &global));
        }
    }
    let known = set.iter().filter_map(|wanted: &Wanted| wanted.target.reference()).collect();
    let mut material = material::of_cluster(&connection, &known).await;
    let others = set.iter().filter(|wanted| wanted.target.known_kind().is_none()).filter_map(|wanted| Some((wanted, plan::address(&wanted.target)?)));
    let others: Vec<(&Wanted, Resource)> = others.collect();
    for ((wanted, _), found) in others.iter().zip(join_all(others.iter().map(async |(_, at)| connection.get(at).await)).await) {
        if let Ok(found) = found {
            material.others.insert(wanted.target.clone(), found);
        }
    }
    let plan = apply::plan(before, after, &workloads, &namespace, set, &material, mesh);
    let (known, more) = calls::known(before, &workloads);
    plan::carry_out(plan.with_calls(known, more), &args.plan, &global, Some(&connection), terminal).await
}

/// The mesh that the set is for: the one that its workloads are in afterwards.
fn meant(global: &GlobalArgs, after: &crate::world::World, workloads: &[&crate::index::Workload]) -> Result<MeshId, CliError> {
    let inside = |mesh: &MeshId| {
        let of = workloads.iter().filter_map(|w| after.index.workload(&w.reference.namespace, &w.reference.name, Some(w.reference.kind)));
        of.into_iter().any(|workload| after.injection(*mesh, workload).intended.value().and_then(crate::model::Intent::mode).is_some())
    };
    let all: Vec<MeshId> = [MeshId::Istio, MeshId::Linkerd].into_iter().filter(inside).collect();
    match all.as_slice() {
        [only] if global.source.mesh.id().is_none() => Ok(*only),
        _ => mesh(global, after),
    }
}

/// An object of the set, in the namespace that it goes to.
fn wanted(world: &crate::world::World, value: &Value, namespace: &str, global: &GlobalArgs) -> Wanted {
    let mut manifest = value.clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let target = match reference(world, value, global) {
        Some(at) => Target { uid: String::new(), ..Target::of(&at, value) },
        None => Target {
            api_version: text(&value["apiVersion"]),
            kind: text(&value["kind"]),
            namespace: value["metadata"]["namespace"].as_str().unwrap_or(namespace).to_owned(),
            name: text(&value["metadata"]["name"]),
            uid: String::new(),
        },
    };
    if !target.namespace.is_empty() {
        manifest["metadata"]["namespace"] = Value::from(target.namespace.as_str());
    }
    Wanted { manifest, target }
}
