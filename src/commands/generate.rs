//! `generate overlay`: manifests for those who bring workloads into a mesh by Git.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::inject::{ModeArg, texts};
use super::onboard::{self, ScopeArg, live, raw_objects};
use super::plan::{calls, material};
use super::{ReadRequest, Terminal, file, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::index::Workload;
use crate::mesh::istio::DEFAULT;
use crate::model::{MeshId, ObjectRef, Service};
use crate::plan::onboard::{Extras, Wanted as OnboardWanted};
use crate::plan::overlay::{self, File, Form, Part, Wanted};
use crate::plan::preflight::Verdict;
use crate::plan::way::Intention;
use crate::views::{self, Target};
use crate::world::{SourceKind, World};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh generate overlay -s cart -m istio -k base --output overlays/mesh       # an overlay over base
  kubectl mesh generate overlay -s cart -m linkerd -f deploy/ --output m --with all   # a Component, with all parts
  kubectl mesh generate overlay -s cart -m istio -n shop --output mesh --with policies,canary
  kubectl mesh generate overlay -s cart -m istio -k base --output out --opt-out       # kept out of the mesh";

/// Write manifests that bring workloads into a mesh
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GenerateArgs {
    /// What to write.
    #[command(subcommand)]
    pub command: GenerateCommand,
}

/// What to write.
#[derive(Clone, Debug, Subcommand)]
pub enum GenerateCommand {
    Overlay(Box<OverlayArgs>),
}

/// Write a set of manifests for Kustomize that brings a Service's workloads into a mesh
///
/// What `onboard` would write stands in patches, what is wanted besides in files of its own. With -k the set is an overlay over that base; from files
/// or from a cluster it is a Component for the kustomization that holds the workloads. `validate -k DIR` judges what it builds, `apply -k DIR` applies it
/// step by step.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OverlayArgs {
    /// The Service: NAME, svc/NAME
    #[arg(short, long, value_name = "NAME")]
    pub service: String,
    /// Directory to write into
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Parts beside the way into the mesh (a list with commas, or all)
    #[arg(long = "with", value_enum, value_delimiter = ',', value_name = "PART")]
    pub parts: Vec<PartArg>,
    /// A Component even where the base is known
    #[arg(long)]
    pub component: bool,
    /// How the workloads are to be in the mesh
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,
    /// Revision or tag of Istio's control plane (default: the default one)
    #[arg(long)]
    pub revision: Option<String>,
    /// What is labelled: each workload's template, or the namespace
    #[arg(long, value_enum, default_value_t)]
    pub scope: ScopeArg,
    /// Keep the workloads out of the mesh instead
    #[arg(long, conflicts_with_all = ["parts", "scope"])]
    pub opt_out: bool,
    /// Let a rate limit be an EnvoyFilter, which is bound to Istio's version
    #[arg(long)]
    pub allow_envoyfilter: bool,
    /// Replace files that are there and say something else
    #[arg(long)]
    pub overwrite: bool,
}

/// A part of the set; nothing for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartArg(Option<Part>);

impl ValueEnum for PartArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<PartArg>> =
            LazyLock::new(|| [PartArg(None)].into_iter().chain(Part::ALL.map(|(part, ..)| PartArg(Some(part)))).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self.0 {
            None => ("all", "All of them"),
            Some(part) => Part::ALL.into_iter().find(|(one, ..)| *one == part).map(|(_, name, help)| (name, help))?,
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// Runs the command.
pub async fn run(args: &GenerateArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let GenerateCommand::Overlay(args) = &args.command;
    let from_files = !global.source.paths().is_empty() && !global.source.with_cluster;
    let (global, connection) = if from_files { (global.clone(), None) } else { live(global).await? };
    let request = ReadRequest::of(&calls::kinds());
    let loaded = load::load(&global, &request, terminal).await?;
    let world = &loaded.world;
    words::refused(world, terminal);
    let intention = intention(args, &global, world)?;
    let (service, workloads) = behind(world, &args.service, &global)?;
    let namespace = service.metadata.namespace.as_str();
    let written = if from_files { raw_objects(world, &texts(&global)?, &global) } else { BTreeMap::new() };
    let material = if from_files {
        let mut raw = written.clone();
        // A namespace that stands in no file is labelled all the same.
        let at = crate::plan::namespace::reference(namespace);
        raw.entry(at).or_insert_with(|| serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
        material::of_files(raw)
    } else {
        material::of(connection.as_ref(), world, &material::objects(world, &workloads, namespace)).await
    };
    let whole_namespace = args.scope == ScopeArg::Namespace;
    let wanted_of_all = OnboardWanted { workloads: workloads.clone(), namespace: namespace.into(), whole_namespace, extras: Extras::default() };
    let plan = crate::plan::onboard::plan(world, &wanted_of_all, &intention, &material);
    for row in plan.preflight.iter().filter(|row| !args.opt_out && matches!(row.verdict, Verdict::Block | Verdict::Warn)) {
        let at = row.object.as_ref().map_or(String::new(), |object| format!("{}: ", object.short_name()));
        terminal.problem(format!("{} {}: {at}{}", row.verdict.mark(), row.id, row.text));
    }
    if !args.opt_out && !plan.changes() && plan.blocks(&[]).next().is_some() {
        return Err(CliError::refused("nothing is written: the workloads cannot be brought into the mesh as they are"));
    }
    let (callers, mut notes) = callers(world, intention.mesh, &workloads);
    let is_wanted = |part: &Part| args.parts.iter().any(|PartArg(one)| one.is_none_or(|one| one == *part));
    let parts: Vec<Part> = Part::ALL.into_iter().map(|(part, ..)| part).filter(is_wanted).collect();
    let namespaced =
        !from_files || written.get(&service.metadata.reference(crate::model::Kind::Service)).is_some_and(|s| s["metadata"]["namespace"].is_string());
    let (name, mesh) = (&service.metadata.name, intention.mesh.title());
    let title = if args.opt_out { format!("{name} kept out of {mesh}") } else { format!("{name} in {mesh} ({})", intention.mode.name()) };
    let wanted =
        Wanted { world, service, workloads, intention, parts, callers, namespaced, envoy_filter: args.allow_envoyfilter, opt_out: args.opt_out };
    let mut set = overlay::set(&wanted, &plan, |at: &ObjectRef| written.get(at).cloned());
    if wanted.parts.contains(&Part::Policies) {
        set.notes.append(&mut notes);
    }
    let form = match &global.source.kustomize {
        Some(base) if !args.component => Form::Overlay(way_to(base, &args.output)?),
        _ => Form::Component,
    };
    let files = overlay::files(&set, &form, (&title, &service.metadata.name), |value| serde_saphyr::to_string(value).map_err(CliError::internal))?;
    put(&files, &args.output, args.overwrite)?;
    for file in &files {
        writeln!(terminal.out, "{}", args.output.join(file.name).display())?;
    }
    terminal.out.flush()?;
    set.notes.iter().for_each(|note| terminal.note(note));
    Ok(Exit::Ok)
}

fn intention(args: &OverlayArgs, global: &GlobalArgs, world: &World) -> Result<Intention, CliError> {
    let mut intention = onboard::intention(args.mode, args.revision.as_deref(), global, world)?;
    // Files show no control plane: that there is one is what they are written for.
    if intention.mesh == MeshId::Istio && world.source.kind == SourceKind::Files && world.istio.injectors.is_empty() {
        intention.revision.get_or_insert_with(|| DEFAULT.into());
    }
    Ok(intention)
}

/// The Service, and the workloads behind it.
pub(super) fn behind<'w>(world: &'w World, name: &str, global: &GlobalArgs) -> Result<(&'w Service, Vec<&'w Workload>), CliError> {
    let service = match words::target(world, &[name.to_owned()], global)? {
        Some(Target::Service(service)) => service,
        Some(Target::Workload(workload)) => crate::plan::onboard::services(world, workload)
            .into_iter()
            .next()
            .ok_or_else(|| CliError::usage(format!("no Service selects {}", workload.reference)))?,
        None => return Err(CliError::usage("which Service?")),
    };
    let behind = world.index.select(Some(&service.metadata.namespace), &service.spec.selector);
    let workloads: Vec<&Workload> = behind.filter(|_| !service.spec.selector.is_empty()).collect();
    if workloads.is_empty() {
        return Err(CliError::usage(format!("Service {} selects no workload", service.metadata.name)));
    }
    Ok((service, workloads))
}

/// Policies and callers of a workload.
type Callers<'w> = (&'w Workload, Vec<Value>, Vec<&'w Workload>);

/// The known callers of each workload with the policies that admit them, and what no policy is made of.
fn callers<'w>(world: &'w World, mesh: MeshId, workloads: &[&'w Workload]) -> (Vec<Callers<'w>>, Vec<String>) {
    let (edges, rows) = calls::edges(world, workloads);
    let mut notes: Vec<String> = rows.into_iter().map(|row| row.text).collect();
    let mut all = Vec::new();
    for workload in workloads {
        let of = edges.iter().filter(|edge| edge.server == workload.reference).map(|edge| &edge.client);
        let clients: std::collections::BTreeSet<&ObjectRef> = of.collect();
        let clients: Vec<&Workload> = clients.into_iter().filter_map(|at| world.index.workload(&at.namespace, &at.name, Some(at.kind))).collect();
        let policies = match views::generate_for(world, mesh, workload, &edges) {
            // Who cannot be named would be refused; with Linkerd an audit refuses nobody.
            Ok(made) if made.notes.is_empty() || mesh == MeshId::Linkerd => made.objects,
            Ok(made) => {
                notes.extend(made.notes);
                Vec::new()
            }
            Err(by) => {
                notes.push(format!("{by} restricts {} already", workload.reference));
                Vec::new()
            }
        };
        all.push((*workload, policies, clients));
    }
    (all, notes)
}

/// The way from one directory to another, as Kustomize takes it.
fn way_to(base: &Path, output: &Path) -> Result<String, CliError> {
    let failed = |path: &Path, error| CliError::usage(format!("cannot write into {}: {error}", path.display()));
    fs::create_dir_all(output).map_err(|error| failed(output, error))?;
    let base = fs::canonicalize(base).map_err(|error| failed(base, error))?;
    let from = fs::canonicalize(output).map_err(|error| failed(output, error))?;
    if base == from {
        return Err(CliError::usage("an overlay lies beside its base, not in it").hint("name another directory with --output"));
    }
    let (base, from): (Vec<Component<'_>>, Vec<Component<'_>>) = (base.components().collect(), from.components().collect());
    let same = base.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let mut way: Vec<String> = from[same..].iter().map(|_| "..".to_owned()).collect();
    way.extend(base[same..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned()));
    Ok(way.join("/"))
}

/// Writes the files, unless others of their names are there.
fn put(files: &[File], directory: &Path, overwrite: bool) -> Result<(), CliError> {
    let failed = |path: &Path, error: std::io::Error| CliError::usage(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    let all = files.iter().map(|file| (file, directory.join(file.name)));
    let new: Vec<_> = all.filter(|(file, path)| fs::read_to_string(path).map_or(true, |text| text != file.text)).collect();
    if let Some((_, path)) = new.iter().find(|(_, path)| !overwrite && path.symlink_metadata().is_ok()) {
        return Err(CliError::usage(format!("{} is there and says something else", path.display())).hint("--overwrite replaces it"));
    }
    for (made, path) in new {
        file::put(&path, file::shared(), true, |out| out.write_all(made.text.as_bytes())).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
