//! `namespace enable|disable|status`: what a namespace says of a mesh.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::inject::ModeArg;
use super::onboard::{live, mesh};
use super::plan::{self, PlanArgs, material};
use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{Gap, Mode, ObjectRef};
use crate::output::{self, Format, Page, Report};
use crate::plan::namespace::{self as plans, reference};
use crate::plan::way::Intention;
use crate::views::{self, NamespaceReport};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh namespace status shop                          # what it asks for, and whose pods are behind
  kubectl mesh namespace enable shop -m istio --dry-run=client  # which label, and what stands against it
  kubectl mesh namespace disable shop -m linkerd";

/// Let a mesh take in a namespace, or leave it alone
///
/// The labels and annotations as each mesh reads them: the one that loses is taken away, a revision or tag is named where there is no default one.
/// Running pods stay as they are until they are restarted; `onboard --all --scope namespace` restarts them as well.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NamespaceArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: NamespaceCommand,
}

/// What to do with a namespace.
#[derive(Clone, Debug, Subcommand)]
pub enum NamespaceCommand {
    /// Let a mesh take in new pods of a namespace
    Enable(EnableArgs),
    /// Let a mesh leave new pods of a namespace alone
    Disable(DisableArgs),
    /// Show what a namespace asks for, and whose pods have to be restarted for it
    Status(StatusOfArgs),
}

/// Arguments of `enable`.
#[derive(Clone, Debug, Args)]
pub struct EnableArgs {
    /// The namespace
    #[arg(value_name = "NAMESPACE")]
    pub name: String,
    /// How its pods are to be in the mesh
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,
    /// Revision or tag of Istio's control plane (default: the default one)
    #[arg(long)]
    pub revision: Option<String>,
    /// How it is carried out.
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Arguments of `disable`.
#[derive(Clone, Debug, Args)]
pub struct DisableArgs {
    /// The namespace
    #[arg(value_name = "NAMESPACE")]
    pub name: String,
    /// How it is carried out.
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusOfArgs {
    /// The namespace
    #[arg(value_name = "NAMESPACE")]
    pub name: String,
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

/// Runs the command.
pub async fn run(command: &NamespaceCommand, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let (NamespaceCommand::Enable(EnableArgs { name, .. })
    | NamespaceCommand::Disable(DisableArgs { name, .. })
    | NamespaceCommand::Status(StatusOfArgs { name, .. })) = command;
    let mut global = global.clone();
    if global.cluster.namespace.iter().any(|flag| flag != name) {
        return Err(CliError::usage("-n names another namespace than the argument"));
    }
    global.cluster.namespace = vec![name.clone()];
    super::arguments::check(&global)?;
    let request = ReadRequest::membership();
    if let NamespaceCommand::Status(args) = command {
        let loaded = load::load(&global, &request, terminal).await?;
        if loaded.world.index.namespace(name).is_none() {
            return Err(CliError::usage(format!("namespace {name} is not there, or cannot be read")));
        }
        let report = views::namespace(&loaded.world, name, global.source.mesh.id());
        terminal.show(&report, args.output, Some(&loaded.world))?;
        return Ok(Exit::Ok);
    }
    if !global.source.paths().is_empty() {
        return Err(
            CliError::usage("a namespace is enabled in a cluster").hint("`kubectl mesh onboard --scope namespace -f DIR --write` edits manifests")
        );
    }
    let (global, connection) = live(&global).await?;
    let loaded = load::load(&global, &request, terminal).await?;
    let world = &loaded.world;
    words::refused(world, terminal);
    let mesh = mesh(&global, world)?;
    let objects = material::objects(world, &[], name);
    let material = material::of(connection.as_ref(), world, &objects).await;
    let Some(raw) = material.raw.get(&reference(name)) else {
        let why = material.refused.get(&reference(name)).map_or_else(String::new, |why| format!(": {why}"));
        return Err(CliError::unreadable(format!("namespace {name} cannot be read{why}")));
    };
    let (plan, args) = match command {
        NamespaceCommand::Enable(args) => {
            let intention = Intention { mesh, mode: args.mode.mode(mesh)?, revision: args.revision.as_deref().map(Into::into) };
            (plans::enable(world, name, &intention, raw), &args.plan)
        }
        NamespaceCommand::Disable(args) => (plans::disable(world, name, mesh, raw), &args.plan),
        NamespaceCommand::Status(_) => return Ok(Exit::Ok),
    };
    plan::carry_out(plan, args, &global, connection.as_ref(), terminal).await
}

impl Report for NamespaceReport {
    const KIND: Option<&'static str> = Some("NamespaceReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let name = &self.namespace;
        for row in &self.meshes {
            let how = if row.mode == Mode::Ambient { "by ztunnel (ambient)" } else { "with a proxy in each (sidecar)" };
            page.line(&format!("✔ Namespace {name} asks {} to take its pods in {how}.", row.mesh.title()), out)?;
            page.line(&format!("  {} of {} workloads are in it", row.inside, row.workloads), out)?;
            if !row.restart.is_empty() {
                let names: Vec<String> = row.restart.iter().map(ObjectRef::short_name).collect();
                page.line(&format!("  ▲ to be restarted: {}", names.join(", ")), out)?;
            }
        }
        if self.meshes.is_empty() {
            page.line(&format!("· Namespace {name} asks for no mesh."), out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    /// Workloads that have to be restarted.
    fn objects(&self) -> Vec<ObjectRef> {
        self.meshes.iter().flat_map(|row| &row.restart).cloned().collect()
    }
}
