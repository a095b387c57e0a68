//! `policy simulate`: every decision that a change makes another.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::words as policy_words;
use crate::cli::GlobalArgs;
use crate::commands::load::{Change, change};
use crate::commands::{Terminal, words};
use crate::error::{CliError, Exit};
use crate::model::{Gap, ObjectRef, first_of};
use crate::output::{self, Format, Page, Report, Writer, clean};
use crate::views::{self, ANYONE, ChangedRow, Effect, SimulationReport};

/// Show every decision that a change of policies makes another
///
/// The change is the files of -f (as after `kubectl apply`) and what --delete takes away. It is compared with the live cluster, or with the files of
/// --base, which may be a snapshot; with --from-git, with what the files were at a revision. Exit code 1 when something allowed is refused.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  kubectl mesh policy simulate -f new-policy.yaml -n shop
  kubectl mesh policy simulate -f policies/ --from-git origin/main --fail-on any -o github
  kubectl mesh policy simulate -f new-policy.yaml --base cluster.tar.zst
  kubectl mesh policy simulate --base manifests/ --delete authorizationpolicy/cart-allow -n shop")]
pub struct SimulateArgs {
    /// Object to take away, such as authorizationpolicy/NAME (can be repeated)
    #[arg(long, value_name = "OBJECT")]
    pub delete: Vec<String>,
    /// Manifests that stand for the cluster (can be repeated), or one snapshot of it
    #[arg(long, value_name = "FILE")]
    pub base: Vec<PathBuf>,
    /// Compare the files with what they were at this revision
    #[arg(long, value_name = "REVISION")]
    pub from_git: Option<String>,
    /// What leads to exit code 1
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<SimulationReport<'static>>(), default_value = "table")]
    pub output: Format,
}

/// What leads to exit code 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Something that was allowed is refused
    #[default]
    Broken,
    /// Something that was refused is allowed
    Widened,
    /// Any decision changes
    Any,
    /// Nothing does
    Never,
}

/// Runs the command.
pub async fn run(args: &SimulateArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if global.source.paths().is_empty() && args.delete.is_empty() {
        return Err(CliError::usage("no change is named").hint("name files with -f or -k, or objects with --delete"));
    }
    let wanted = Change { base: args.base.clone(), from_git: args.from_git.clone(), delete: args.delete.clone() };
    let (before, after) = change(global, &wanted, &policy_words::read_request(), terminal).await?;
    let report = views::simulation(&before.world, &after.world);
    terminal.show(&report, args.output, Some(&after.world))?;
    let has = |effect: Effect| report.changed.iter().any(|row| row.effect() == effect);
    let fails = match args.fail_on {
        FailOn::Broken => has(Effect::Broken),
        FailOn::Widened => has(Effect::Widened),
        FailOn::Any => !report.changed.is_empty(),
        FailOn::Never => false,
    };
    Ok(if fails { Exit::Findings } else { words::judged(&after.world, views::DECISION_KINDS, false, terminal) })
}

impl Report for SimulationReport<'_> {
    const KIND: Option<&'static str> = Some("SimulationReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        text(self, page, out)
    }

    /// The servers for whom something changes.
    fn objects(&self) -> Vec<ObjectRef> {
        self.changed.iter().map(|row| row.server.clone()).collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![(Format::Github, |report, _, out| github(report, out)), (Format::Markdown, |report, _, out| markdown(report, out))]
    }
}

/// Rows that differ in the client alone.
struct Group<'r> {
    first: &'r ChangedRow<'r>,
    clients: Vec<String>,
}

fn groups<'r>(report: &'r SimulationReport<'_>, each: bool) -> Vec<Group<'r>> {
    let mut found: BTreeMap<(Effect, String, u16, &str, &str, &str), Group<'r>> = BTreeMap::new();
    for row in &report.changed {
        let name = row.client.0.map_or_else(|| ANYONE.to_owned(), |c| format!("{}.{}", c.name, c.namespace));
        let key =
            (row.effect(), format!("{}{}", row.server, if each { &name } else { "" }), row.port, &*row.request, row.before.name(), row.after.name());
        found.entry(key).or_insert_with(|| Group { first: row, clients: Vec::new() }).clients.push(name);
    }
    found.into_values().collect()
}

impl Group<'_> {
    fn who(&self) -> String {
        first_of(&self.clients, 3)
    }

    /// The last proof: what decides after the change.
    fn why(&self) -> String {
        self.first.because.last().map_or_else(String::new, |b| match (&b.object, &b.rule) {
            (Some(object), Some(rule)) => format!("{object} {rule}: {}", b.text),
            (Some(object), None) => format!("{object}: {}", b.text),
            (None, _) => b.text.clone(),
        })
    }

    fn verb(&self) -> (&'static str, &'static str) {
        match self.first.effect() {
            Effect::Widened => ("+", "admits"),
            Effect::Broken => ("-", "refuses"),
            Effect::Other => ("~", "changes"),
        }
    }

    fn what(&self) -> String {
        let server = self.first.server;
        format!("{}.{}:{}", server.name, server.namespace, self.first.port)
    }
}

fn headline(report: &SimulationReport<'_>) -> String {
    let count = |effect: Effect| report.changed.iter().filter(|row| row.effect() == effect).count();
    let all = report.changed.len() + report.unchanged;
    match report.changed.len() {
        0 => format!("None of {all} decisions changes."),
        changed => {
            let parts = [(count(Effect::Widened), "widened"), (count(Effect::Broken), "broken"), (count(Effect::Other), "otherwise")];
            let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
            format!("{changed} of {all} decisions change: {}.", parts.join(", "))
        }
    }
}

/// Below what a change does.
const UNDER: &str = "             ";

fn text(report: &SimulationReport<'_>, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mark = if report.changed.is_empty() { '✔' } else { '✖' };
    page.line(&format!("{mark} {}", headline(report)), out)?;
    for group in groups(report, page.wide) {
        let (sign, verb) = group.verb();
        let change = format!("{} → {}", group.first.before.name(), group.first.after.name());
        let text = format!("{} → {}  {}  ({change})", group.who(), group.what(), group.first.request);
        writeln!(out, "{}", output::wrapped(&clean(&text), &format!("  {sign} {verb:<8} "), UNDER, page.style))?;
        let place = group.first.place.as_ref().map_or(String::new(), |p| format!("   {p}"));
        page.line(&format!("{UNDER}{}{place}", group.why()), out)?;
    }
    output::gaps(&report.gaps, page.style, out)
}

fn github(report: &SimulationReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    for group in groups(report, false) {
        let command = if group.first.effect() == Effect::Other { "notice" } else { "error" };
        let place = group.first.place.as_deref().and_then(|p| p.rsplit_once(':'));
        let place = place.map_or(String::new(), |(file, line)| format!("file={},line={line},", output::github_property(file)));
        let (_, verb) = group.verb();
        let text = format!("{verb} {} → {} {}", group.who(), group.what(), group.first.request);
        // GitHub's own sign for a line break.
        writeln!(out, "::{command} {place}title=policy simulate::{}%0A{}", output::github_data(&text), output::github_data(&group.why()))?;
    }
    writeln!(out, "::notice title=policy simulate::{}", output::github_data(&headline(report)))
}

fn markdown(report: &SimulationReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## kubectl mesh policy simulate\n\n{}\n", output::markdown_cell(&headline(report)))?;
    if !report.changed.is_empty() {
        writeln!(out, "| | Client | Server | Request | Before | After | Because |\n|---|---|---|---|---|---|---|")?;
    }
    for group in groups(report, false) {
        let (_, verb) = group.verb();
        let first = group.first;
        let place = first.place.as_ref().map_or(String::new(), |p| format!("<br>{}", output::markdown_cell(p)));
        let request = first.request.to_string();
        let why = group.why();
        let cells = [verb, &group.who(), &group.what(), &request, first.before.name(), first.after.name(), &why].map(output::markdown_cell);
        writeln!(out, "| {}{place} |", cells.join(" | "))?;
    }
    for gap in &report.gaps {
        writeln!(out, "\n> not seen: {}", output::markdown_cell(&gap.to_string()))?;
    }
    Ok(())
}
