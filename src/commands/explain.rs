//! `explain`: one rule in full.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Terminal, rules};
use crate::checks::{self, Check};
use crate::error::{CliError, Exit};
use crate::output;

/// Explain a rule: what it checks, why it matters, how to fix it
///
/// A code of another tool that stands for several of our rules lists them.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Rule id, or a code of another tool such as IST0101, KIA1102
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

#[derive(Serialize)]
struct Document {
    rules: Vec<Page>,
}

/// A rule with its documentation, in Markdown.
#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    row: rules::Row,
    doc: String,
}

/// Runs the command.
pub fn run(args: &ExplainArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let typed = &args.rule;
    let named: Vec<_> = checks::all().into_iter().filter(|c| c.id == typed || c.aliases.iter().any(|a| a.eq_ignore_ascii_case(typed))).collect();
    if named.is_empty() {
        let near = nearest(typed);
        let error = CliError::usage(format!("no rule or code is called {typed:?}")).hint("`kubectl mesh rules` lists them");
        return Err(if near.is_empty() { error } else { error.hint(format!("did you mean {}?", near.join(", "))) });
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

/// Up to three rules that share most words with what was typed.
fn nearest(typed: &str) -> Vec<&'static str> {
    let words: Vec<String> = typed.to_ascii_lowercase().split('-').map(str::to_owned).collect();
    let shared = |id: &str| id.split('-').filter(|w| words.iter().any(|typed| typed == w)).count();
    let mut scored: Vec<_> = checks::all().into_iter().map(|c| (shared(c.id), c.id)).filter(|(n, _)| *n >= 2).collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, id)| id).collect()
}
