//! `check`: everything that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use super::load::{RemoteArgs, Remotes};
use super::pre::{self, PreArgs};
use super::{Terminal, Wish, complete, fix, load, words};
use crate::checks::{self, Runs, Selection, SuppressArg, baseline};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{MeshId, ObjectRef};
use crate::output::{self, CheckFormat};
use crate::report::{Category, CheckReport, Severity};
use crate::world::{SourceKind, World};

/// Find everything that is wrong with the mesh and its configuration
///
/// Runs all rules over the live cluster, or over manifests (-f), a snapshot or the demo. `rules` lists them, `explain RULE` tells all about one.
///
/// An object's owner silences a finding with the annotation `mesh.kubectl.dev/ignore: "RULE until YYYY-MM-DD: reason"`; the annotations of
/// istioctl (galley.istio.io/analyze-suppress) and Kiali (kiali.io/ignore-validations) are honoured for the codes of those tools.
///
/// With --pre it answers another question before there is a mesh: may one be installed here?
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Only findings about these objects: TYPE/NAME, TYPE NAME, NAME or NAMESPACE/NAME (can be repeated)
    #[arg(value_name = "OBJECT")]
    pub objects: Vec<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: CheckFormat,
    /// Only rules of this category (can be repeated)
    #[arg(long, value_parser = parse_category, add = ArgValueCandidates::new(complete::categories))]
    pub category: Vec<Category>,
    /// Only this rule, by id or by another tool's code such as IST0101 (can be repeated)
    #[arg(long, value_name = "RULE", add = ArgValueCandidates::new(complete::rules))]
    pub rule: Vec<String>,
    /// Not this rule (can be repeated)
    #[arg(long, value_name = "RULE", add = ArgValueCandidates::new(complete::rules))]
    pub skip_rule: Vec<String>,
    /// Opt-in rules too
    #[arg(long)]
    pub all_rules: bool,
    /// List rules that found nothing too
    #[arg(long)]
    pub show_passed: bool,
    /// Exit with 1 when there are findings of this severity or worse
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Suppress findings of a code on objects that a glob matches, as istioctl does (can be repeated)
    #[arg(short = 'S', long, value_name = "CODE=KIND NS/NAME")]
    pub suppress: Vec<SuppressArg>,
    /// Leave out findings that this file knows
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to the baseline file instead of comparing
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// Show the fixes that are certain as a diff of the files
    #[arg(long, requires = "filename")]
    pub fix: bool,
    /// With --fix, write them; comments and layout stay
    #[arg(long, requires = "fix")]
    pub write: bool,
    /// With --with-cluster, report objects outside of the files too
    #[arg(long, requires = "with_cluster")]
    pub all_findings: bool,
    /// Which clusters to compare with.
    #[command(flatten)]
    pub remotes: RemoteArgs,
    /// What is to be installed.
    #[command(flatten)]
    pub pre: PreArgs,
}

/// The severity that makes `check` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Warnings and errors
    Warning,
    /// Anything
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    pub(super) fn threshold(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }

    pub(super) fn reached(self, worst: Option<Severity>) -> bool {
        self.threshold().is_some_and(|threshold| worst.is_some_and(|w| w >= threshold))
    }
}

pub(super) fn parse_category(text: &str) -> Result<Category, String> {
    let known = || Category::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    Category::ALL.iter().copied().find(|c| c.name() == text).ok_or_else(|| format!("known categories: {}", known()))
}

/// Runs the command.
pub async fn run(args: &CheckArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let install = args.pre.install(global)?;
    for name in args.rule.iter().chain(&args.skip_rule) {
        let Some(check) = checks::find(name) else {
            return Err(CliError::usage(format!("no rule or code is called {name:?}")).hint("`kubectl mesh rules` lists them"));
        };
        if check.runs == Runs::Pre && install.is_none() {
            return Err(CliError::usage(format!("{name} judges whether a mesh may be installed")).hint("add --pre"));
        }
    }
    let selection = Selection {
        categories: args.category.clone(),
        rules: args.rule.clone(),
        skip: args.skip_rule.clone(),
        all_rules: args.all_rules,
        mesh: global.source.mesh.only(),
        compare: !args.remotes.is_empty(),
        pre: install.is_some(),
    };
    let checks = selection.checks();
    let wish = Wish { kinds: checks.iter().flat_map(|c| c.needs.iter().copied()).collect(), install };
    let remotes = Remotes::open(&args.remotes, global).await?;
    let mut loaded = load::load(global, &wish, terminal).await?;
    if args.pre.pre {
        pre::require_answers(&loaded.world)?;
    }
    let kinds = checks.iter().flat_map(|c| c.remote.iter().copied()).collect();
    loaded.world.remotes = remotes.read(kinds, &loaded.world, terminal).await?;
    let named = words::objects(&loaded.world, &args.objects, global)?;
    let mut report = checks::run(&loaded.world, &selection);
    narrow(&mut report, named.as_ref(), args.all_findings, &loaded);
    checks::suppress(&mut report, &loaded.world, &args.suppress);
    if let Some(path) = &args.baseline {
        if args.write_baseline {
            let text = baseline::of(&report).map_err(CliError::internal)?;
            fs::write(path, text).map_err(|e| CliError::usage(format!("cannot write {}: {e}", path.display())))?;
            terminal.note(format!("{} findings written to {}", report.findings.len(), path.display()));
            return Ok(Exit::Ok);
        }
        compare(&mut report, path)?;
    }
    if args.fix {
        return fix::run(&report, &loaded.world, args.write, terminal);
    }
    if args.pre.pre && !selection.is_narrow() {
        report.verdicts = checks::verdicts(&loaded.world, &report);
    }
    output::check(args.output, args.show_passed, &report, &loaded.world, &terminal.style, &mut terminal.out)?;
    terminal.out.flush()?;
    if args.pre.pre {
        return Ok(pre::exit(args.fail_on, &report));
    }
    if let Some(advice) = no_mesh(&loaded.world) {
        terminal.note(advice);
    }
    loaded.refuse_misspelt()?;
    Ok(exit(args.fail_on, &report, &loaded.world))
}

/// What to tell somebody whose cluster has no mesh at all.
fn no_mesh(world: &World) -> Option<&'static str> {
    let cluster = matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot);
    let none = !world.traces_may_be_hidden() && !world.has_trace_of(MeshId::Istio) && !world.has_trace_of(MeshId::Linkerd);
    (cluster && none).then_some(
        "no mesh found: neither istiod nor linkerd-config, none of their webhooks, objects, labels or annotations\n\
         next: install one (istioctl install, linkerd install), look at manifests with -f DIR, or see an example with --demo",
    )
}

/// Keeps the findings that were asked for: of the named objects, and with files over a cluster of the files' objects.
fn narrow(report: &mut CheckReport, named: Option<&BTreeSet<ObjectRef>>, all: bool, loaded: &load::Loaded) {
    if let Some(files) = loaded.laid_over.as_ref().filter(|_| !all) {
        report.findings.retain(|f| files.contains(&f.object));
    }
    if let Some(named) = named {
        report.findings.retain(|f| named.contains(&f.object));
    }
}

fn compare(report: &mut CheckReport, path: &PathBuf) -> Result<(), CliError> {
    let unusable = |why: String| {
        CliError::usage(format!("cannot use the baseline {}: {why}", path.display()))
            .hint(format!("write one with `check --baseline {} --write-baseline`", path.display()))
    };
    let text = fs::read_to_string(path).map_err(|e| unusable(e.to_string()))?;
    baseline::apply(report, &text).map_err(unusable)
}

/// Findings come first; a run in which gaps left nothing to judge is no success, nor is one without a cluster that was to be compared with.
fn exit(fail_on: FailOn, report: &CheckReport, world: &World) -> Exit {
    let gaps = world.has_hiding_gaps() || world.remotes.iter().any(World::has_hiding_gaps);
    let silent = world.remotes.iter().any(|remote| remote.index.inventory().is_empty() && remote.has_hiding_gaps());
    let blind = silent || gaps && report.saw_nothing(world.index.inventory().len());
    match (fail_on.reached(report.worst()), blind) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Unreadable,
        (false, false) => Exit::Ok,
    }
}
