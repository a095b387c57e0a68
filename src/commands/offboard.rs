//! `offboard`: workloads are taken out of a mesh.

use clap::Args;

use super::onboard::{chosen, live, mesh};
use super::plan::{self, PlanArgs, calls, material};
use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::plan::made;
use crate::views;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh offboard -s cart -n shop --dry-run=client    # who relies on it, and what would be taken away
  kubectl mesh offboard -s cart -n shop --yes
  kubectl mesh offboard -s cart -s payment -n shop --dry-run=server";

/// Take workloads out of a mesh, step by step, and back if that fails
///
/// Tells first who relies on their being in it: servers that admit mutual TLS only, policies that name their identity. Then the labels and
/// annotations that ask for the mesh go; where the namespace asks for it, the template gets an opt-out. New pods are waited for, and each is looked at.
/// What onboard made for them goes too: policies of its own, and what it alone wrote into Services and templates.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OffboardArgs {
    /// A Service or workload: NAME, TYPE/NAME (can be repeated)
    #[arg(short, long, value_name = "NAME", required = true)]
    pub service: Vec<String>,
    /// An object that is to go along, such as peerauthentication/cart (can be repeated)
    #[arg(long, value_name = "TYPE/NAME")]
    pub also: Vec<String>,
    /// How it is carried out.
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Runs the command.
pub async fn run(args: &OffboardArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if !global.source.paths().is_empty() {
        return Err(CliError::usage("offboard changes a cluster").hint("`kubectl mesh uninject -f FILE` takes out of manifests what asks for a mesh"));
    }
    let (global, connection) = live(global).await?;
    let request = ReadRequest::of(&calls::kinds());
    let loaded = load::load(&global, &request, terminal).await?;
    let world = &loaded.world;
    words::refused(world, terminal);
    let (workloads, namespace) = chosen(world, &args.service, false, &global)?;
    let inside = |mesh| workloads.iter().any(|w| world.injection(mesh, w).concerns());
    let here: Vec<_> = [crate::model::MeshId::Istio, crate::model::MeshId::Linkerd].into_iter().filter(|mesh| inside(*mesh)).collect();
    let mesh = match here.as_slice() {
        [only] if global.source.mesh.id().is_none() => *only,
        _ => mesh(&global, world)?,
    };
    let mut also = made::of(world, &workloads);
    if !args.also.is_empty() {
        also.extend(views::objects(world, &args.also, Some(&namespace)).map_err(words::not_found)?);
    }
    also.sort();
    also.dedup();
    let mut objects = material::objects(world, &workloads, &namespace);
    objects.extend(also.iter().cloned());
    let material = material::of(connection.as_ref(), world, &objects).await;
    let (known, more) = calls::known(world, &workloads);
    let plan = crate::plan::offboard::plan(world, &workloads, &namespace, mesh, &also, &material).with_calls(known, more);
    plan::carry_out(plan, &args.plan, &global, connection.as_ref(), terminal).await
}
