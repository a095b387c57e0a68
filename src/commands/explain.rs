//! `explain`: one rule in full.

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;

use super::{Terminal, arguments, complete, rules};
use crate::checks::{self, Check};
use crate::error::{CliError, Exit};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh explain istio-gateway-host-conflict
  kubectl mesh explain KIA1102
  kubectl mesh explain IST0106 -o json";

/// Explain a rule: what it checks, why it matters, how to fix it
///
/// A code of another tool that stands for several of our rules lists them.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Rule id, or a code of another tool such as IST0101, KIA1102 or linkerd-check/l5d-existence-crd
    #[arg(add = ArgValueCandidates::new(complete::rules_and_codes))]
    pub rule: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ExplainFormat,
}

/// Forms of a rule's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    #[default]
    Text,
    /// The machine contract
    Json,
    /// The same document as json
    Yaml,
    /// As it stands in the catalogue
    Markdown,
}

/// Rules in full.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Document {
    /// The rules that are called so.
    rules: Vec<Page>,
}

/// A rule with its documentation, in Markdown.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RulePage"))]
pub(crate) struct Page {
    /// Its row in the catalogue.
    #[serde(flatten)]
    row: rules::Row,
    /// Its documentation, in Markdown.
    doc: String,
}

/// Runs the command.
pub fn run(args: &ExplainArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    // As people who come from `linkerd check` have it: the anchor of its hint.
    let typed = args.rule.strip_prefix("linkerd-check/").unwrap_or(&args.rule);
    let named: Vec<_> = checks::all().into_iter().filter(|c| c.id == typed || c.aliases.iter().any(|a| a.eq_ignore_ascii_case(typed))).collect();
    if named.is_empty() {
        return Err(arguments::unknown_rule(typed));
    }
    let document = || Document { rules: named.iter().map(|c| Page { row: rules::Row::from(*c), doc: checks::doc_text(c) }).collect() };
    let (style, out) = (&terminal.style, &mut terminal.out);
    match args.output {
        ExplainFormat::Json => output::json(&document(), out)?,
        ExplainFormat::Yaml => output::yaml(&document(), out)?,
        ExplainFormat::Markdown => named.iter().try_for_each(|check| write!(out, "{}", rules::entry(check)))?,
        ExplainFormat::Text => match named.as_slice() {
            [one] => output::page(&text(one), style, out)?,
            several => output::page(&list(typed, several), style, out)?,
        },
    }
    terminal.out.flush()?;
    Ok(Exit::Ok)
}

/// A rule's page: what it is in two lines, then its documentation.
fn text(check: &Check) -> String {
    let codes = if check.aliases.is_empty() { String::new() } else { format!(", {}", check.aliases.join(", ")) };
    let facts = format!("{} · {} · {}{codes} · {}", check.severity, check.category, check.mesh.name(), rules::when(check));
    format!("# {}\n\n{}.\n\n{facts}\n\n{}", check.id, check.summary, checks::doc_text(check))
}

/// The rules that a code stands for.
fn list(code: &str, rules: &[&Check]) -> String {
    let rows: String = rules.iter().map(|c| format!("- `{}` ({}): {}\n", c.id, c.severity, c.summary)).collect();
    format!("{code} stands for {} rules; `kubectl mesh explain RULE` tells all about one:\n\n{rows}", rules.len())
}
