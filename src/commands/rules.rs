//! `rules`: the catalogue.

use std::io::{self, Write};

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;

use super::{Terminal, arguments, complete};
use crate::checks::{self, Check, Runs};
use crate::cli::TableArgs;
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, ObjectRef};
use crate::output::{self, Format, Page, Report, Table, Writer};
use crate::report::{Category, MeshTag, Severity};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh rules                        # all of them
  kubectl mesh rules retry --mesh linkerd   # those about retries
  kubectl mesh rules IST0101 -o wide        # those that answer to a code of another tool";

/// List the rules that check runs
///
/// With words, those rules whose id, summary or codes hold each of them. `explain RULE` tells all about one.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RulesArgs {
    /// Words to look for: part of an id or summary, or another tool's code
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// Only rules of this category (can be repeated)
    #[arg(long, value_parser = arguments::category, add = ArgValueCandidates::new(complete::categories))]
    pub category: Vec<Category>,
    /// Only rules of this severity: error, warning or info (can be repeated)
    #[arg(long, value_parser = parse_severity)]
    pub severity: Vec<Severity>,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<RuleList>(), default_value = "table")]
    pub output: Format,
    /// How its table is wanted.
    #[command(flatten)]
    pub table: TableArgs,
}

/// The catalogue of rules.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleList {
    /// Rules, sorted by id.
    rules: Vec<Row>,
}

/// A rule in the machine contract.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RuleRow"))]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// Permanent id.
    id: &'static str,
    /// Codes of other tools that it answers to.
    aliases: &'static [&'static str],
    /// How bad its findings are, most of them.
    severity: Severity,
    /// What it is about.
    category: Category,
    /// Meshes that it judges.
    meshes: &'static [&'static str],
    /// Whether it runs only when asked for.
    opt_in: bool,
    /// When it runs.
    runs: Runs,
    /// Version of this program that brought it.
    since: &'static str,
    /// What it finds, in a sentence.
    summary: &'static str,
    /// The rule itself.
    #[serde(skip)]
    pub(super) check: &'static Check,
}

impl From<&'static Check> for Row {
    fn from(c: &'static Check) -> Self {
        let meshes: &[&str] = match c.mesh {
            MeshTag::Any => &["istio", "linkerd"],
            MeshTag::Istio => &["istio"],
            MeshTag::Linkerd => &["linkerd"],
        };
        Self {
            id: c.id,
            aliases: c.aliases,
            severity: c.severity,
            category: c.category,
            meshes,
            opt_in: c.opt_in,
            runs: c.runs,
            since: c.since,
            summary: c.summary,
            check: c,
        }
    }
}

/// Runs the command.
pub fn run(args: &RulesArgs, mesh: Option<MeshTag>, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut rules = checks::all();
    rules.retain(|c| mesh.is_none_or(|m| c.mesh == m || c.mesh == MeshTag::Any) && args.pick(c));
    if rules.is_empty() {
        terminal.note("no rule is like that; without words and filters all are listed");
    }
    terminal.show(&RuleList { rules: rules.into_iter().map(Row::from).collect() }, args.table.view(args.output)?, None)?;
    Ok(Exit::Ok)
}

impl Report for RuleList {
    const KIND: Option<&'static str> = None;

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        vec![table(&self.rules, page.wide)]
    }

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let narrow_terminal = page.style.width.is_some_and(|width| width < ROOM_FOR_COLUMNS);
        if narrow_terminal && !page.shapes_tables() { narrow(&self.rules, page, out) } else { page.tables(&self.tables(page), out) }
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// Ids.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.rules.iter().map(|rule| rule.id.to_owned()).collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![(Format::Markdown, |list, _, out| markdown(&list.rules, out))]
    }
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    all.into_iter().find(|s| s.name() == text).ok_or_else(|| "a rule is an error, a warning or info".to_owned())
}

impl RulesArgs {
    fn pick(&self, check: &Check) -> bool {
        let holds = |word: &String| {
            let word = word.to_lowercase();
            check.id.contains(&word)
                || check.summary.to_lowercase().contains(&word)
                || check.aliases.iter().any(|alias| alias.to_lowercase().contains(&word))
        };
        self.words.iter().all(holds)
            && (self.category.is_empty() || self.category.contains(&check.category))
            && (self.severity.is_empty() || self.severity.contains(&check.severity))
    }
}

/// Below this width a table would break every summary into a column of words.
const ROOM_FOR_COLUMNS: usize = 130;

/// A rule in two lines, for narrow terminals.
fn narrow(rules: &[Row], page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    rules.iter().try_for_each(|rule| {
        let codes = if page.wide && !rule.aliases.is_empty() { format!("  {}", rule.aliases.join(",")) } else { String::new() };
        page.title(rule.id, &format!("  {}  {}{codes}", rule.severity, rule.category), out)?;
        page.line(&format!("    {}", rule.summary), out)
    })
}

fn table(rules: &[Row], wide: bool) -> Table {
    let row = |rule: &Row| {
        let when = match (rule.runs, rule.opt_in) {
            (Runs::Pre, _) => " (--pre)",
            (_, true) => " (opt-in)",
            (_, false) => "",
        };
        let row = [rule.id.to_owned(), format!("{}{when}", rule.severity), rule.category.name().to_owned(), rule.summary.to_owned()];
        row.into_iter().chain(wide.then(|| rule.aliases.join(","))).collect()
    };
    let header = ["RULE", "SEVERITY", "CATEGORY", "SUMMARY"].into_iter().chain(wide.then_some("CODES"));
    Table::of(header.collect(), rules.iter().map(row))
}

fn markdown(rules: &[Row], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Rules\n")?;
    rules.iter().try_for_each(|rule| write!(out, "{}", entry(rule.check)))
}

/// When a rule runs.
pub(super) const fn when(c: &Check) -> &'static str {
    match (c.runs, c.compares, c.opt_in) {
        (Runs::Pre, ..) => "only with --pre",
        (_, true, _) => "where other clusters are given (--remote-context, --remote-snapshot)",
        (Runs::Both, _, true) => "only with --all-rules, by name, or with --pre",
        (Runs::Check, _, true) => "only with --all-rules or by name",
        (Runs::Both, _, false) => "by default, and with --pre",
        (Runs::Check, _, false) => "by default",
    }
}

/// One rule's page: a table of facts, then its doc comment with headings one level down.
pub(super) fn entry(c: &Check) -> String {
    let codes = if c.aliases.is_empty() { "none".to_owned() } else { c.aliases.join(", ") };
    let list = |kinds: &[Kind]| kinds.iter().map(|k| k.resource()).collect::<Vec<_>>().join(", ");
    let elsewhere = if c.remote.is_empty() { String::new() } else { format!("\n| reads of other clusters | {} |", list(c.remote)) };
    let body: String = checks::doc_text(c).lines().map(|l| if l.starts_with("# ") { format!("##{l}\n") } else { format!("{l}\n") }).collect();
    format!(
        "## {}\n\n{}.\n\n| | |\n|---|---|\n| severity | {} |\n| category | {} |\n| mesh | {} |\n| codes of other tools | {codes} |\n| runs | {} |\n| reads | {} |{elsewhere}\n| since | {} |\n\n{body}\n",
        c.id,
        c.summary,
        c.severity,
        c.category,
        c.mesh.name(),
        when(c),
        if c.needs.is_empty() { "what the API server says of itself".to_owned() } else { list(c.needs) },
        c.since,
    )
}
