//! `offboard`: workloads are taken out of a mesh.

use clap::Args;

use super::onboard::{chosen, kinds, live, mesh};
use super::plan::{self, PlanArgs, material};
use super::{ReadRequest, Terminal, load};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh offboard -s cart -n shop --dry-run=client    # who relies on it, and what would be taken away
  kubectl mesh offboard -s cart -n shop --yes";

/// Take workloads out of a mesh, step by step, and back if that fails
///
/// Tells first who relies on their being in it: servers that admit mutual TLS only, policies that name their identity. Then the labels and
/// annotations that ask for the mesh go; where the namespace asks for it, the template gets an opt-out. New pods are waited for, and each is looked at.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OffboardArgs {
    /// A Service or workload: NAME, TYPE/NAME (can be repeated)
    #[arg(short, long, value_name = "NAME", required = true)]
    pub service: Vec<String>,
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
    let request = ReadRequest { kinds: kinds(), ..ReadRequest::default() };
    let loaded = load::load(&global, &request, terminal).await?;
    let world = &loaded.world;
    let (workloads, namespace) = chosen(world, &args.service, false, &global)?;
    let inside = |mesh| workloads.iter().any(|w| world.injection(mesh, w).concerns());
    let here: Vec<_> = [crate::model::MeshId::Istio, crate::model::MeshId::Linkerd].into_iter().filter(|mesh| inside(*mesh)).collect();
    let mesh = match here.as_slice() {
        [only] if global.source.mesh.id().is_none() => *only,
        _ => mesh(&global, world)?,
    };
    let objects = material::objects(world, &workloads, &namespace);
    let material = match &connection {
        Some(connection) => material::of_cluster(connection, &objects).await,
        None => material::of_world(world, &objects),
    };
    let plan = crate::plan::offboard::plan(world, &workloads, &namespace, mesh, &material);
    plan::carry_out(plan, &args.plan, connection.as_ref(), terminal).await
}
