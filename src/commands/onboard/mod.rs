//! `onboard`: workloads are taken into a mesh.

mod deny;
mod files;
mod network;
mod strict;
mod tighten;

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::{Args, ValueEnum};

use super::inject::ModeArg;
use super::plan::{self, DryRun, PlanArgs, calls, material};
use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::index::Workload;
use crate::model::{Gap, MeshId, Mode, ObjectRef};
use crate::output::{Page, Report};
use crate::plan::onboard::{Extras, Wanted};
use crate::plan::way::Intention;
use crate::plan::{RunReport, RunState};
use crate::views::Target;
use crate::world::World;

pub(super) use files::{raw_objects, reference};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh onboard -s cart -n shop --dry-run=client      # what would be done, and what stands against it
  kubectl mesh onboard -s cart -n shop -m istio              # shows the plan, asks, does it, proves it pod by pod
  kubectl mesh onboard --all -n shop -m linkerd --yes
  kubectl mesh onboard -s cart -m istio -f deploy/ --write   # the same plan, into manifests
  kubectl mesh onboard --status -n shop                      # a run that was left behind; --resume, --undo";

/// Bring workloads into a mesh, step by step, and back if that fails
///
/// Looks first at what would break, rehearses the new pod with the API server's own injectors, quotas and admission, and shows every field that is
/// to change, with what stands there now. Then it writes, waits for the new pods and looks at each. When something fails, everything is put back to
/// what it was. A run that was killed is resumed or undone; what somebody else changed meanwhile is left alone.
///
/// Objects that Helm, Argo CD, Flux, Terraform or an operator owns are not written: the plan becomes patches for their source. With --mtls strict,
/// --deny-by-default and --network-policies plans of their own follow, each carried out only where objects, and a Prometheus if there is one, show
/// nobody who would be refused.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OnboardArgs {
    /// A Service or workload: NAME, TYPE/NAME (can be repeated)
    #[arg(short, long, value_name = "NAME", conflicts_with = "all")]
    pub service: Vec<String>,
    /// All workloads of the namespace
    #[arg(long)]
    pub all: bool,
    /// How the workloads are to be in the mesh
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,
    /// Revision or tag of Istio's control plane (default: the default one)
    #[arg(long)]
    pub revision: Option<String>,
    /// What is labelled: each workload's template, or the namespace
    #[arg(long, value_enum, default_value_t)]
    pub scope: ScopeArg,
    /// What they take once they are in it: mutual TLS and plaintext, or mutual TLS only, in a plan of its own that takes proof
    #[arg(long, value_enum, default_value_t, value_name = "MODE", conflicts_with = "write")]
    pub mtls: MtlsArg,
    /// Once they are in it: let in only who is known to call, in a plan of its own that takes proof
    #[arg(long, conflicts_with = "write")]
    pub deny_by_default: bool,
    /// Once they are in it: NetworkPolicies for the calls that are known, with what the mesh needs; with Linkerd also what --deny-by-default writes
    #[arg(long, conflicts_with = "write")]
    pub network_policies: bool,
    /// Call their Services through a waypoint, which is made where there is none (ambient)
    #[arg(long, conflicts_with = "write")]
    pub waypoint: bool,
    /// Bring one pod into the mesh beside the others first, and go on once it is ready there
    #[arg(long, conflicts_with = "write")]
    pub enable_canary: bool,
    /// How many workloads are replaced at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_parallel: u16,
    /// Wait for the new pods and look at each; without it everything is written and nothing is proved
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub wait: bool,
    /// Write the plan into the files of -f
    #[arg(long)]
    pub write: bool,
    /// Bring a run that was left behind to its end
    #[arg(long, conflicts_with_all = ["service", "all", "undo", "status"])]
    pub resume: bool,
    /// Take back a run that was left behind
    #[arg(long, conflicts_with_all = ["service", "all", "status"])]
    pub undo: bool,
    /// Show a run that is under way or was left behind
    #[arg(long, conflicts_with_all = ["service", "all"])]
    pub status: bool,
    /// How it is carried out.
    #[command(flatten)]
    pub plan: PlanArgs,
}

impl OnboardArgs {
    /// What is wanted besides the mesh itself.
    fn extras(&self, mode: Mode) -> Result<Extras, CliError> {
        if self.waypoint && mode != Mode::Ambient {
            return Err(CliError::usage("a waypoint is for workloads in ambient").hint("add --mode ambient, or leave --waypoint out"));
        }
        if self.enable_canary && !self.wait {
            return Err(CliError::usage("a canary is waited for").hint("leave --wait=false or --enable-canary out"));
        }
        Ok(Extras { at_once: usize::from(self.max_parallel), canary: self.enable_canary, waypoint: self.waypoint })
    }
}

/// What workloads take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MtlsArg {
    /// Mutual TLS from clients in the mesh, plaintext from all others
    #[default]
    Permissive,
    /// Mutual TLS only
    Strict,
}

/// What is labelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ScopeArg {
    /// Each workload's pod template
    #[default]
    Workload,
    /// The namespace; what is not selected is kept out by its template
    Namespace,
}

/// Runs the command.
pub async fn run(args: &OnboardArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if args.resume || args.undo || args.status {
        return left_behind(args, global, terminal).await;
    }
    if args.write {
        super::arguments::files(global, "--write puts the plan into files")?;
    }
    if args.service.is_empty() && !args.all {
        return Err(CliError::usage("which workloads?").hint("name them with -s NAME, or take --all of a namespace"));
    }
    if !global.source.paths().is_empty() && !global.source.with_cluster {
        return files::run(args, global, terminal).await;
    }
    let (global, connection) = live(global).await?;
    let request = ReadRequest::of(&calls::kinds());
    let loaded = load::load(&global, &request, terminal).await?;
    let world = &loaded.world;
    words::refused(world, terminal);
    let intention = intention(args.mode, args.revision.as_deref(), &global, world)?;
    let extras = args.extras(intention.mode)?;
    let (workloads, namespace) = chosen(world, &args.service, args.all, &global)?;
    let objects = material::objects(world, &workloads, &namespace);
    let material = match &connection {
        Some(connection) => {
            let everything: BTreeSet<ObjectRef> = if args.scope == ScopeArg::Namespace {
                material::objects(world, &world.index.workloads_in(&namespace).iter().collect::<Vec<_>>(), &namespace)
            } else {
                objects
            };
            let mut material = material::of_cluster(connection, &everything).await;
            let rehearse = args.plan.dry_run != Some(DryRun::Client);
            material::learn(connection, world, &workloads, &namespace, &intention, rehearse, &mut material).await;
            material
        }
        None => material::of_world(world, &objects),
    };
    let wanted = Wanted { workloads, namespace: namespace.as_str().into(), whole_namespace: args.scope == ScopeArg::Namespace, extras };
    let plan = crate::plan::onboard::plan(world, &wanted, &intention, &material);
    let plan = if args.wait {
        let (known, more) = calls::known(world, &wanted.workloads);
        plan.with_calls(known, more)
    } else {
        plan.without_waiting()
    };
    let changes = plan.changes();
    let exit = plan::carry_out(plan, &args.plan, &global, connection.as_ref(), terminal).await?;
    if exit != Exit::Ok || !tighten::is_wanted(args, intention.mesh) {
        return Ok(exit);
    }
    if changes && (args.plan.dry_run.is_some() || !args.wait || connection.is_none() || args.plan.output.is_document()) {
        terminal.note("what tightens is a plan of its own: it is made once they are in the mesh, by the same command");
        return Ok(exit);
    }
    tighten::run(args, intention.mesh, &global, connection.as_ref(), terminal).await
}

/// The flags with the namespace that kubectl would take, and the way to the cluster; nothing for a snapshot or the demo.
pub(super) async fn live(global: &GlobalArgs) -> Result<(GlobalArgs, Option<crate::cluster::live::Connection>), CliError> {
    let mut global = global.clone();
    if global.cluster.namespace.len() > 1 {
        return Err(CliError::usage("a plan is for one namespace").hint("name one with -n"));
    }
    if global.source.demo || global.source.snapshot.is_some() {
        return Ok((global, None));
    }
    let connection = plan::connection(&global).await?;
    if global.cluster.namespace.is_empty() {
        global.cluster.namespace = vec![connection.namespace().to_owned()];
    }
    global.cluster.all_namespaces = false;
    Ok((global, Some(connection)))
}

/// The mesh that is meant: the one that is there, where nothing is said.
pub(super) fn mesh(global: &GlobalArgs, world: &World) -> Result<MeshId, CliError> {
    if let Some(mesh) = global.source.mesh.id() {
        return Ok(mesh);
    }
    let here: Vec<MeshId> =
        [MeshId::Istio, MeshId::Linkerd].into_iter().filter(|mesh| world.control_planes().any(|plane| plane.mesh == *mesh)).collect();
    match here.as_slice() {
        [only] => Ok(*only),
        [] => Err(CliError::usage("no control plane of a mesh is visible").hint("choose the mesh with -m istio or -m linkerd")),
        _ => Err(CliError::usage("Istio and Linkerd are both here").hint("choose with -m istio or -m linkerd")),
    }
}

/// Where workloads are to be, by what was said.
pub(super) fn intention(mode: ModeArg, revision: Option<&str>, global: &GlobalArgs, world: &World) -> Result<Intention, CliError> {
    let mesh = mesh(global, world)?;
    if mesh == MeshId::Linkerd && revision.is_some() {
        return Err(CliError::usage("Linkerd has no revisions").hint("leave --revision out, or choose Istio with -m istio"));
    }
    Ok(Intention { mesh, mode: mode.mode(mesh)?, revision: revision.map(Into::into) })
}

/// The workloads that are meant, all in one namespace.
pub(super) fn chosen<'w>(world: &'w World, names: &[String], all: bool, global: &GlobalArgs) -> Result<(Vec<&'w Workload>, String), CliError> {
    let mut found: Vec<&Workload> = Vec::new();
    if all {
        let Some(namespace) = words::namespace(global).or(world.only_namespace().map(crate::model::Str::as_str)) else {
            return Err(CliError::usage("--all of which namespace?").hint("name it with -n NAMESPACE"));
        };
        let made = |w: &&Workload| crate::plan::way::template_path(w.reference.kind).is_some_and(|path| !path.is_empty()) || w.has_live_pods();
        found.extend(world.index.workloads_in(namespace).iter().filter(made));
        if found.is_empty() {
            return Err(CliError::usage(format!("no workloads in namespace {namespace}")));
        }
        return Ok((found, namespace.to_owned()));
    }
    for name in names {
        match words::target(world, std::slice::from_ref(name), global)? {
            Some(Target::Workload(workload)) => found.push(workload),
            Some(Target::Service(service)) => {
                let behind: Vec<&Workload> = world
                    .index
                    .select(Some(&service.metadata.namespace), &service.spec.selector)
                    .filter(|_| !service.spec.selector.is_empty())
                    .collect();
                if behind.is_empty() {
                    return Err(CliError::usage(format!("Service {} selects no workload", service.metadata.name)));
                }
                found.extend(behind);
            }
            None => {}
        }
    }
    let spaces: BTreeSet<&str> = found.iter().map(|w| w.reference.namespace.as_str()).collect();
    match spaces.iter().next() {
        Some(one) if spaces.len() == 1 => {
            let namespace = (*one).to_owned();
            Ok((found, namespace))
        }
        _ => Err(CliError::usage("one namespace at a time").hint("name it with -n NAMESPACE")),
    }
}

/// Shows, resumes or undoes what was left behind.
async fn left_behind(args: &OnboardArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let (global, connection) = live(global).await?;
    let Some(connection) = connection else { return Err(CliError::usage("runs are found in a cluster only")) };
    let namespace = global.cluster.namespace.first().cloned().unwrap_or_default();
    if !args.status {
        return plan::go_on(&namespace, args.undo, &args.plan, &global, &connection, terminal).await;
    }
    let found = plan::find(&namespace, &connection).await?;
    terminal.show(&RunReport::new(&namespace, found.as_ref().map(|(journal, _)| journal)), args.plan.output, None)?;
    Ok(Exit::Ok)
}

impl Report for RunReport<'_> {
    const KIND: Option<&'static str> = Some("RunReport");

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let namespace = self.namespace;
        let Some(run) = &self.progress else { return page.line(&format!("✔ No run is under way in namespace {namespace}."), out) };
        let doing = if self.state == RunState::Back { "being taken back" } else { "under way" };
        page.line(&format!("▲ A run is {doing} in namespace {namespace}: {}", run.title), out)?;
        let times = format!("{}, since {}, last heard of {}", run.holder, run.started, run.heard);
        page.line(&format!("  {} of {} steps are done; {times}", run.done, run.steps), out)?;
        writeln!(out)?;
        page.line(&format!("next: kubectl mesh onboard --resume -n {namespace}    or --undo"), out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// The plan's name.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.progress.iter().map(|run| run.id.to_owned()).collect()
    }
}
