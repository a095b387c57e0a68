//! `rules`: the catalogue.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::Terminal;
use crate::checks::{self, Check, Runs};
use crate::error::{CliError, Exit};
use crate::model::Kind;
use crate::output;
use crate::report::{Category, MeshTag, Severity};

/// List the rules that check runs
#[derive(Clone, Debug, Args)]
pub struct RulesArgs {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: RulesFormat,
}

/// Forms of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For people
    #[default]
    Table,
    /// The machine contract
    Json,
    /// The same document as json
    Yaml,
    /// Ids, one a line
    Name,
    /// Every rule's documentation in one document
    Markdown,
}

#[derive(Serialize)]
struct Document {
    rules: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: &'static str,
    aliases: &'static [&'static str],
    severity: Severity,
    category: Category,
    meshes: &'static [&'static str],
    opt_in: bool,
    runs: Runs,
    since: &'static str,
    summary: &'static str,
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
        }
    }
}

/// Runs the command.
pub fn run(args: &RulesArgs, mesh: Option<MeshTag>, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut rules = checks::all();
    rules.retain(|c| mesh.is_none_or(|m| c.mesh == m || c.mesh == MeshTag::Any));
    let document = || Document { rules: rules.iter().copied().map(Row::from).collect() };
    let out = &mut terminal.out;
    match args.output {
        RulesFormat::Table => table(&rules, out)?,
        RulesFormat::Json => output::json(&document(), out)?,
        RulesFormat::Yaml => output::yaml(&document(), out)?,
        RulesFormat::Name => rules.iter().try_for_each(|c| writeln!(out, "{}", c.id))?,
        RulesFormat::Markdown => markdown(&rules, out)?,
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn table(rules: &[&Check], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["RULE", "SEVERITY", "CATEGORY", "CODES", "SUMMARY"]);
    for c in rules {
        let codes = if c.aliases.is_empty() { "-".to_owned() } else { c.aliases.join(",") };
        let when = match (c.runs, c.opt_in) {
            (Runs::Pre, _) => " (--pre)",
            (_, true) => " (opt-in)",
            (_, false) => "",
        };
        table.add_row([c.id.to_owned(), format!("{}{when}", c.severity), c.category.name().to_owned(), codes, c.summary.to_owned()]);
    }
    for line in table.trim_fmt().lines() {
        writeln!(out, "{}", line.trim())?;
    }
    Ok(())
}

fn markdown(rules: &[&Check], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Rules\n")?;
    rules.iter().try_for_each(|c| write!(out, "{}", entry(c)))
}

/// One rule's page: a table of facts, then its doc comment with headings one level down.
pub(super) fn entry(c: &Check) -> String {
    let codes = if c.aliases.is_empty() { "none".to_owned() } else { c.aliases.join(", ") };
    let default = match (c.runs, c.compares, c.opt_in) {
        (Runs::Pre, ..) => "only with --pre",
        (_, true, _) => "where other clusters are given (--remote-context, --remote-snapshot)",
        (Runs::Both, _, true) => "only with --all-rules, by name, or with --pre",
        (Runs::Check, _, true) => "only with --all-rules or by name",
        (Runs::Both, _, false) => "yes, and with --pre",
        (Runs::Check, _, false) => "yes",
    };
    let list = |kinds: &[Kind]| kinds.iter().map(|k| k.resource()).collect::<Vec<_>>().join(", ");
    let elsewhere = if c.remote.is_empty() { String::new() } else { format!("\n| reads of other clusters | {} |", list(c.remote)) };
    let body: String = checks::doc_text(c).lines().map(|l| if l.starts_with("# ") { format!("##{l}\n") } else { format!("{l}\n") }).collect();
    format!(
        "## {}\n\n{}.\n\n| | |\n|---|---|\n| severity | {} |\n| category | {} |\n| mesh | {} |\n| codes of other tools | {codes} |\n| runs by default | {default} |\n| reads | {} |{elsewhere}\n| since | {} |\n\n{body}\n",
        c.id,
        c.summary,
        c.severity,
        c.category,
        c.mesh.name(),
        if c.needs.is_empty() { "what the API server says of itself".to_owned() } else { list(c.needs) },
        c.since,
    )
}
