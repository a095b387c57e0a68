//! `check`: everything that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::load::{RemoteArgs, Remotes};
use super::pre::{self, PreArgs};
use super::wait::Wait;
use super::{ReadRequest, Terminal, arguments, complete, extensions, file, fix, load, words};
use crate::checks::{self, Selection, SuppressArg, baseline};
use crate::cli::{GlobalArgs, SelectArgs};
use crate::error::{CliError, Exit};
use crate::mesh::install::Install;
use crate::model::{FORMS, Gap, Kind, MeshId, ObjectRef};
use crate::output::{self, CheckAnswer, Format};
use crate::report::{Category, CheckReport, Settings, Severity};
use crate::views;
use crate::world::{SourceKind, World};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh check                              # everything that is wrong in the cluster
  kubectl mesh check deploy/cart -n shop -o wide  # one object, with notes
  kubectl mesh check -f deploy/ -R                # manifests, before they are applied
  kubectl mesh check -f deploy/ --fix             # what can be fixed without judgement, as a diff
  kubectl mesh check --pre --mesh linkerd         # may Linkerd be installed here?";

/// Find everything that is wrong with the mesh and its configuration
///
/// Runs all rules over the live cluster, or over manifests (-f), a snapshot or the demo. `rules` lists them, `explain RULE` tells all about one.
///
/// An object's owner silences a finding with the annotation `mesh.kubectl.dev/ignore: "RULE until YYYY-MM-DD: reason"`; the annotations of
/// istioctl (galley.istio.io/analyze-suppress) and Kiali (kiali.io/ignore-validations) are honoured for the codes of those tools.
///
/// With --pre it answers another question before there is a mesh: may one be installed here?
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Only findings about these objects: TYPE/NAME, TYPE NAME, NAME or NAMESPACE/NAME (can be repeated)
    #[arg(value_name = "OBJECT")]
    pub objects: Vec<String>,
    /// Which objects.
    #[command(flatten)]
    pub select: SelectArgs,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<CheckAnswer<'static>>(), default_value = "table")]
    pub output: Format,
    /// Only rules of this category (can be repeated)
    #[arg(long, value_parser = arguments::category, add = ArgValueCandidates::new(complete::categories))]
    pub category: Vec<Category>,
    /// Only this rule, by id or by another tool's code such as IST0101 (can be repeated)
    #[arg(long, value_name = "RULE", add = ArgValueCandidates::new(complete::rules_and_codes))]
    pub rule: Vec<String>,
    /// Not this rule (can be repeated)
    #[arg(long, value_name = "RULE", add = ArgValueCandidates::new(complete::rules_and_codes))]
    pub skip_rule: Vec<String>,
    /// Opt-in rules too
    #[arg(long)]
    pub all_rules: bool,
    /// List rules that found nothing too
    #[arg(long)]
    pub show_passed: bool,
    /// Exit with 1 when there are findings of this severity or worse (default: error, unless a configuration says otherwise)
    #[arg(long, value_enum, env = "KUBECTL_MESH_FAIL_ON", hide_env = true)]
    pub fail_on: Option<FailOn>,
    /// Exit with 3 when anything could not be read or judged, be it for a rule that nobody misses
    #[arg(long, env = "KUBECTL_MESH_STRICT", hide_env = true)]
    pub strict: bool,
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
    #[arg(long)]
    pub fix: bool,
    /// With --fix, write them; comments and layout stay
    #[arg(long, requires = "fix")]
    pub write: bool,
    /// With --with-cluster, report objects outside of the files too
    #[arg(long, requires = "with_cluster")]
    pub all_findings: bool,
    /// Look again until nothing fails the run, or --timeout is over; the exit code is that of the last look
    #[arg(long, conflicts_with_all = ["fix", "write_baseline", "pre"])]
    pub wait: bool,
    /// Run the programs of Linkerd's extensions (`linkerd-*` on PATH) and report what their own checks find
    #[arg(long)]
    pub extensions: bool,
    /// Which clusters to compare with.
    #[command(flatten)]
    pub remotes: RemoteArgs,
    /// What is to be installed.
    #[command(flatten)]
    pub pre: PreArgs,
}

/// The severity that makes `check` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
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

/// What the rules read that are to be run.
pub(super) fn request(selection: &Selection) -> ReadRequest {
    let mut request = ReadRequest::default();
    request.add_rules(&selection.checks());
    request
}

/// Runs the command.
pub async fn run(args: &CheckArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    words::understood(&args.objects)?;
    if args.fix {
        arguments::files(global, "--fix edits files")?;
    }
    let install = args.pre.install(global)?;
    let fail_on = args.fail_on.or(global.config.fail_on).unwrap_or_default();
    for name in args.rule.iter().chain(&args.skip_rule) {
        arguments::rule(name, install.is_some())?;
    }
    let selection = Selection {
        categories: args.category.clone(),
        rules: args.rule.clone(),
        skip: args.skip_rule.clone(),
        off: global.config.named(false),
        on: global.config.named(true),
        severities: global.config.severities(),
        all_rules: args.all_rules,
        mesh: global.source.mesh.only(),
        compare: !args.remotes.is_empty(),
        pre: install.is_some(),
    };
    let checks = selection.checks();
    if checks.is_empty() {
        return Err(CliError::usage("no rule is left to run")
            .hint("--rule, --category, --skip-rule and --mesh together leave none; `kubectl mesh rules` lists all"));
    }
    if args.remotes.is_empty() && checks.iter().all(|check| check.compares) {
        return Err(CliError::usage(format!("{} compares clusters, and there is only one", args.rule.join(", ")))
            .hint("name another with --remote-context or --remote-snapshot"));
    }
    let mut wait = args.wait.then(|| Wait::new(global)).transpose()?;
    let judged = loop {
        let judged = judge(args, global, &selection, install.as_ref(), terminal).await;
        let Some(wait) = &mut wait else { break judged? };
        let waited_for = match &judged {
            Ok(Judged { report, .. }) => failing(report, fail_on),
            Err(error) if error.exit == Exit::Unreadable => vec![error.message.clone()],
            Err(_) => break judged?,
        };
        let done = waited_for.is_empty() && judged.as_ref().is_ok_and(|judged| !judged.report.too_little);
        if done || !wait.pause(&waited_for, terminal).await {
            break judged?;
        }
    };
    let Judged { mut report, loaded, named } = judged;
    if !args.output.is_text() {
        say_void_suppressions(&report, terminal);
    }
    if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline) {
        let narrow = selection.is_narrow() || named.is_some() || global.source.mesh.only().is_some() || !loaded.world.scope().is_empty();
        return write_baseline(&report, path, narrow, terminal);
    }
    if args.fix {
        let namespace = global.cluster.default_namespace();
        return fix::run(&report, &loaded.world, namespace, args.write, terminal);
    }
    if args.pre.pre && !selection.is_narrow() {
        report.verdicts = checks::verdicts(&loaded.world, &report);
    }
    report.threshold = fail_on.threshold();
    report.bad_input = loaded.bad_input();
    if args.pre.pre {
        report.too_little = pre::exit(fail_on, &report) == Exit::Unreadable;
    }
    if named.as_ref().is_some_and(BTreeSet::is_empty) {
        // Rules have run, and over nothing that was asked about.
        report.evaluated.clear();
    }
    terminal.show(&CheckAnswer::new(&report, &loaded.world, args.show_passed), args.output, Some(&loaded.world))?;
    say_what_is_missing(args.output, &report, terminal);
    if args.pre.pre {
        return Ok(pre::exit(fail_on, &report));
    }
    for advice in no_mesh(&loaded.world) {
        terminal.note(advice);
    }
    // An object of a file that makes no sense is unreadable input; of a cluster, something that could not be read.
    let bad_input = loaded.world.source.kind == SourceKind::Files && report.gaps.iter().any(|gap| matches!(gap, Gap::Undecodable { .. }));
    Ok(match (fail_on.reached(report.worst()), bad_input, report.too_little) {
        (true, ..) => Exit::Findings,
        (false, true, _) => Exit::Usage,
        (false, false, true) => Exit::Unreadable,
        (false, false, false) => Exit::Ok,
    })
}

/// What was read, and what rules say of it.
struct Judged {
    report: CheckReport,
    loaded: load::Loaded,
    /// The objects that were asked about.
    named: Option<BTreeSet<ObjectRef>>,
}

/// Reads and judges once.
async fn judge(
    args: &CheckArgs,
    global: &GlobalArgs,
    selection: &Selection,
    install: Option<&Install>,
    terminal: &mut Terminal,
) -> Result<Judged, CliError> {
    let checks = selection.checks();
    let mut request = ReadRequest { install: install.cloned(), ..request(selection) };
    let needs = request.kinds.clone();
    request.kinds.extend(words::kinds(&args.objects));
    let remotes = Remotes::open(&args.remotes, global).await?;
    let mut loaded = load::load(global, &request, terminal).await?;
    if args.pre.pre {
        pre::require_answers(&loaded.world)?;
    }
    let kinds = checks.iter().flat_map(|c| c.remote.iter().copied()).collect();
    loaded.world.remotes = remotes.read(kinds, &loaded.world, terminal).await?;
    if args.extensions {
        loaded.world.extensions = extensions::run(&loaded.world, global).await;
    }
    words::select(&args.select, &args.objects, &mut loaded.world)?;
    let named = match &args.select.selector {
        Some(selector) => Some(views::selected(&loaded.world, selector)),
        None => named(args, &loaded.world, global, terminal)?,
    };
    let mut report =
        if loaded.alternatives.is_empty() { checks::run(&loaded.world, selection) } else { checks::run_alternatives(&loaded.choices(), selection) };
    if loaded.world.source.kind == SourceKind::Files {
        checks::tell_sources_once(&mut report);
    }
    narrow(&mut report, named.as_ref(), args.all_findings, &loaded);
    let suppress: Vec<SuppressArg> = args.suppress.iter().chain(&global.config.suppress).cloned().collect();
    checks::suppress(&mut report, &loaded.world, &suppress);
    report.settings = settings(&global.config, selection);
    if let Some(path) = args.baseline.as_ref().filter(|_| !args.write_baseline) {
        compare(&mut report, path)?;
    }
    report.too_little = !args.pre.pre && too_little(args, &report, &loaded.world, named.as_ref(), &needs);
    Ok(Judged { report, loaded, named })
}

/// What keeps a run from succeeding, the worst first.
fn failing(report: &CheckReport, fail_on: FailOn) -> Vec<String> {
    let mut failing: Vec<_> = report.findings.iter().filter(|finding| fail_on.reached(Some(finding.severity))).collect();
    failing.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    failing.into_iter().map(|finding| format!("{}: {}", finding.object, finding.message)).collect()
}

/// The objects that the command line names. All of a kind may be none, as with `kubectl get`.
fn named(args: &CheckArgs, world: &World, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Option<BTreeSet<ObjectRef>>, CliError> {
    if args.objects.is_empty() {
        return Ok(None);
    }
    match views::objects(world, &args.objects, words::namespace(global)) {
        Err(none) if none.empty && args.objects.len() == 1 => {
            terminal.note(format!("{}, so nothing was judged", none.message));
            if none.hint != FORMS {
                terminal.note(none.hint);
            }
            Ok(Some(BTreeSet::new()))
        }
        found => found.map(Some).map_err(words::not_found),
    }
}

/// What a configuration keeps from being judged.
fn settings(config: &Config, selection: &Selection) -> Option<Settings> {
    let everything = Selection { off: Vec::new(), ..selection.clone() };
    let running: BTreeSet<&str> = selection.checks().iter().map(|check| check.id).collect();
    let off = everything.checks().iter().map(|check| check.id).filter(|id| !running.contains(id)).collect();
    config.file.clone().map(|file| Settings { file, off })
}

/// Whether what could not be read leaves the question open. Findings come first: they are true whatever else there is.
///
/// Without --strict a run may lack what rules nobody asked for by name would read, since few may read a whole cluster. It may not lack what the user
/// named, nor what a server was asked for and failed to give, nor the pods, without which nothing is known of a mesh.
fn too_little(args: &CheckArgs, report: &CheckReport, world: &World, named: Option<&BTreeSet<ObjectRef>>, needs: &BTreeSet<Kind>) -> bool {
    let remote_gaps = world.remotes.iter().any(|remote| remote.index.has_hiding_gaps());
    let silent = world.remotes.iter().any(|remote| remote.index.inventory().is_empty() && remote.index.has_hiding_gaps());
    let nothing = (remote_gaps || world.index.has_hiding_gaps()) && report.saw_nothing(world.index.inventory().len());
    let unjudged = report.unjudged().next().is_some();
    let strict = args.strict && (remote_gaps || unjudged || world.index.has_hiding_gaps());
    let by_name = !args.rule.is_empty() && unjudged;
    let about_named = |object: &ObjectRef| named.is_some_and(|named| named.contains(object));
    let missed = report.gaps.iter().any(|gap| match gap {
        Gap::Incomplete { kind, .. } => needs.contains(kind),
        Gap::Forbidden { kind, namespace, .. } => *kind == Kind::Pod && needs.contains(kind) && world.in_scope(namespace),
        Gap::Undecodable { object, .. } => about_named(object) || needs.contains(&object.kind),
        Gap::NotServed(_) | Gap::Unanswered { .. } => false,
    });
    silent || nothing || strict || by_name || missed
}

/// Tables list these; whoever reads another format must not believe that they hold.
fn say_void_suppressions(report: &CheckReport, terminal: &mut Terminal) {
    for suppression in &report.suppressions {
        if let Some(why) = &suppression.void {
            let on = suppression.object.as_ref().map_or(String::new(), |object| format!(" on {object}"));
            terminal.problem(format!("suppression {}{on} has no effect: {why}", suppression.source));
        }
    }
}

/// What was not read stands in every table and document; lists of names and runs without a verdict say it on standard error.
fn say_what_is_missing(format: Format, report: &CheckReport, terminal: &mut Terminal) {
    let mut missing: BTreeSet<String> = report.hiding_gaps().map(ToString::to_string).collect();
    if missing.is_empty() {
        missing.extend(report.unjudged().map(|skipped| format!("{}: {}", skipped.rule, skipped.because)));
    }
    if missing.is_empty() || !(report.too_little || format == Format::Name) {
        return;
    }
    let few: Vec<&str> = missing.iter().take(5).map(String::as_str).collect();
    let more = if missing.len() > few.len() { format!("; and {} more", missing.len() - few.len()) } else { String::new() };
    let what = if report.too_little { "not enough could be read to judge" } else { "not read" };
    terminal.problem(format!("{what}: {}{more}", few.join("; ")));
}

/// What to tell somebody whose cluster has no mesh at all.
fn no_mesh(world: &World) -> &'static [&'static str] {
    let cluster = matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot);
    let none = !world.traces_may_be_hidden() && !world.has_trace_of(MeshId::Istio) && !world.has_trace_of(MeshId::Linkerd);
    if !(cluster && none) {
        return &[];
    }
    &[
        "no mesh found: neither istiod nor linkerd-config, none of their webhooks, objects, labels or annotations",
        "next: install one (istioctl install, linkerd install), look at manifests with -f DIR, or see an example with --demo",
    ]
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

/// Writes all findings to the baseline. One that knew more is not replaced by a run that looked at less, since what it knew may still be there.
fn write_baseline(report: &CheckReport, path: &Path, narrow: bool, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let before = fs::read_to_string(path).unwrap_or_default();
    let forgotten = if before.trim().is_empty() { Vec::new() } else { baseline::forgotten(report, &before).map_err(|why| unusable(path, &why))? };
    let unseen = narrow || report.rules_unjudged() > 0 || report.hiding_gaps().next().is_some();
    let few = forgotten.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    if unseen && !forgotten.is_empty() {
        let message = format!("{} knows {} findings that this run did not look for or could not: {few}", path.display(), forgotten.len());
        return Err(CliError::usage(message).hint("write it from a run over everything, or remove the file first"));
    }
    let text = baseline::of(report).map_err(CliError::internal)?;
    file::put(path, fs::metadata(path).ok().map(|meta| meta.permissions()).or_else(file::shared), true, |out| out.write_all(text.as_bytes()))
        .map_err(|e: io::Error| CliError::usage(format!("cannot write {}: {e}", path.display())))?;
    terminal.note(format!("{} findings written to {}", report.findings.len(), path.display()));
    if !forgotten.is_empty() {
        terminal.note(format!("{} findings are gone and no longer in it: {few}", forgotten.len()));
    }
    Ok(Exit::Ok)
}

fn unusable(path: &Path, why: &str) -> CliError {
    CliError::usage(format!("cannot use the baseline {}: {why}", path.display()))
        .hint(format!("write one with `check --baseline {} --write-baseline`", path.display()))
}

fn compare(report: &mut CheckReport, path: &Path) -> Result<(), CliError> {
    let text = fs::read_to_string(path).map_err(|e| unusable(path, &e.to_string()))?;
    baseline::apply(report, &text).map_err(|why| unusable(path, &why))
}
