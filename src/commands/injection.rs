//! `injection`: who is in a mesh, and why.

use std::io::{self, Write};

use clap::Args;

use super::{ReadRequest, Terminal, load, watch, words};
use crate::cli::{GlobalArgs, ListArgs, SelectArgs};
use crate::error::{CliError, Exit};
use crate::model::{Evidence, Gap, ObjectRef};
use crate::output::{self, Page, Report, Table};
use crate::views::{self, InjectionReport, InjectionRow, MeshOrNone, Target};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh injection -n shop              # who is in a mesh, and who should be
  kubectl mesh injection deploy/cart -n shop  # why, label by label
  kubectl mesh injection -f deploy/ -o wide   # what the manifests will become
  kubectl mesh injection -l team=a -w         # and what becomes of it";

/// Show which workloads are in a mesh, which should be, and why
///
/// For each workload: what a new pod would become and which label, annotation or field decides that, what the running pods are, and whether they
/// have to be restarted. With a workload, the whole chain of reasons.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InjectionArgs {
    /// A workload: deploy/NAME, NAME, NAME.NAMESPACE, or TYPE NAME
    #[arg(value_name = "WORKLOAD", num_args = 0..=2)]
    pub workload: Vec<String>,
    /// Show changes as they come, until Ctrl-C
    #[arg(short, long)]
    pub watch: bool,
    /// Which workloads.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Runs the command.
pub async fn run(args: &InjectionArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    words::understood(&args.workload)?;
    let request = ReadRequest::membership();
    let report = |world: &World| report(args, world, global);
    if args.watch {
        return watch::follow(global, &request, &args.select, &args.list, terminal, report).await;
    }
    let mut loaded = load::load(global, &request, terminal).await?;
    words::select(&args.select, &args.workload, &mut loaded.world)?;
    let world = &loaded.world;
    let report = report(world)?;
    if report.workloads.is_empty() {
        words::nothing("workloads", world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    Ok(words::judged(world, views::MEMBERSHIP_KINDS, report.workloads.iter().all(|r| r.unknown.is_some()), terminal))
}

fn report(args: &InjectionArgs, world: &World, global: &GlobalArgs) -> Result<InjectionReport, CliError> {
    let only = global.source.mesh.id();
    let mut report = match words::target(world, &args.workload, global)? {
        None => views::injection(world, only),
        Some(Target::Workload(workload)) => views::injection_of(world, workload, only),
        Some(Target::Service(service)) => {
            let page = views::service_page(world, service, only);
            InjectionReport { workloads: page.workloads, gaps: page.gaps, in_full: false }
        }
    };
    report.in_full = !args.workload.is_empty();
    Ok(report)
}

impl Report for InjectionReport {
    const KIND: Option<&'static str> = Some("InjectionReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if self.workloads.is_empty() || (self.in_full && !page.wide) { Vec::new() } else { vec![table(&self.workloads, page)] }
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.in_full && !page.wide {
            chains(&self.workloads, page, out)?;
        }
        page.tables(&self.tables(page), out)?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.workloads.iter().map(InjectionRow::reference).collect()
    }
}

fn table(rows: &[InjectionRow], page: Page<'_>) -> Table {
    let name = |r: &InjectionRow| r.reference().short_name();
    let mesh = |r: &InjectionRow| if r.mesh == MeshOrNone::None { String::new() } else { r.mesh.to_string() };
    let unread = |r: &InjectionRow| page.world.is_some_and(|world| words::pods_unread(world, &r.namespace));
    let pods = |r: &InjectionRow| if unread(r) { "?".to_owned() } else { format!("{}/{}", r.pods.inside, r.pods.total) };
    let restart = |r: &InjectionRow| if r.restart_needed { "yes" } else { "no" }.to_owned();
    if !page.wide {
        let row = |r: &InjectionRow| {
            [r.namespace.to_string(), name(r), mesh(r), r.intended_cell().to_owned(), r.actual.to_string(), pods(r), restart(r), reason(r)]
        };
        return Table::new(["NAMESPACE", "WORKLOAD", "MESH", "INTENDED", "ACTUAL", "PODS", "RESTART", "REASON"], rows.iter().map(row));
    }
    let row = |r: &InjectionRow| {
        let at = r.reason().map(place).unwrap_or_default();
        let revision = r.revision.as_deref().unwrap_or_default().to_owned();
        let (intended, actual) = (r.intended_cell().to_owned(), r.actual.to_string());
        [r.namespace.to_string(), name(r), mesh(r), intended, actual, revision, pods(r), restart(r), at, reason(r)]
    };
    let header = ["NAMESPACE", "WORKLOAD", "MESH", "INTENDED", "ACTUAL", "REVISION", "PODS", "RESTART", "AT", "REASON"];
    Table::new(header, rows.iter().map(row))
}

/// What decided, said with the object it stands on.
fn reason(row: &InjectionRow) -> String {
    let Some(evidence) = row.reason() else { return "nothing asks for a mesh".to_owned() };
    match (&evidence.object, &evidence.path) {
        (Some(object), Some(path)) => format!("{} {}: {}", object.kind.name().to_ascii_lowercase(), last_key(path), evidence.text),
        (Some(object), None) => format!("{} {}", object.short_name(), evidence.text),
        (None, _) => evidence.text.clone(),
    }
}

/// The label, annotation or field at the end of a path.
fn last_key(path: &str) -> &str {
    match path.rsplit_once("[\"") {
        Some((_, key)) if path.ends_with("\"]") => key.trim_end_matches("\"]"),
        _ => path.rsplit('.').next().unwrap_or(path),
    }
}

/// The object and path of evidence.
fn place(evidence: &Evidence) -> String {
    let object = evidence.object.as_ref().map(ToString::to_string).unwrap_or_default();
    match &evidence.path {
        Some(path) => format!("{object} {path}"),
        None => object,
    }
}

/// The whole chain for each mesh.
pub(super) fn chains(rows: &[InjectionRow], page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        let revision = row.revision.as_ref().map(|r| format!("revision {r}"));
        let words: Vec<String> = revision.into_iter().chain(row.native.filter(|native| *native).map(|_| "native".to_owned())).collect();
        let how = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
        let of = if row.mesh == MeshOrNone::None { "any mesh" } else { row.mesh.name() };
        let subject = format!("{}  {of}: intended {}{how}, actual {}", row.reference(), row.intended_cell(), row.actual);
        let restart = if row.restart_needed { ", restart needed" } else { "" };
        page.line(&format!("{subject}, {} of {} in{restart}", row.pods.inside, output::counted(row.pods.total, "pod")), out)?;
        let drift = row.drift.iter().map(|d| (true, &d.evidence));
        for (differs, evidence) in row.because.iter().map(|e| (false, e)).chain(drift) {
            let at = place(evidence);
            let at = if at.is_empty() { "by default".to_owned() } else { at };
            let mark = if differs { "▲ " } else { "" };
            page.line(&format!("  {mark}{at}: {}", evidence.text), out)?;
        }
    }
    Ok(())
}
