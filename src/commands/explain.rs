//! `explain`: one rule in full, or one line of a proxy's log.

use std::io::{self, Write};

use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;

use super::{Terminal, arguments, complete, explain_log, rules};
use crate::checks::{self, Answer};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{Gap, ObjectRef};
use crate::output::{self, Format, Page, Report, Writer};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh explain istio-gateway-host-conflict
  kubectl mesh explain KIA1102
  kubectl mesh explain IST0106 -o json
  kubectl logs cart-6d5f -c istio-proxy --tail 1 | kubectl mesh explain log -    # what it means";

/// Explain a rule: what it checks, why it matters, how to fix it; or a line of a proxy's log
///
/// A code of another tool that stands for several of our rules lists them. With `log`, a line of Istio's access log, ztunnel's log or a log of
/// linkerd-proxy: what its flags mean, and which of their causes the cluster (or files, with -f) really shows.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Rule id, or a code of another tool such as IST0101, KIA1102 or linkerd-check/l5d-existence-crd
    #[arg(add = ArgValueCandidates::new(complete::rules_and_codes))]
    pub rule: String,
    /// With `log`: the line, or - to read it from standard input
    #[arg(value_name = "LINE")]
    pub line: Option<String>,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<RulePages>(), default_value = "table")]
    pub output: Format,
}

/// Rules in full.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RulePages {
    /// The rules that are called so.
    rules: Vec<RulePage>,
    /// Of a check of `linkerd check` that no rule stands for: what answers it here, or why nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'static str>,
    /// What was typed.
    #[serde(skip)]
    typed: String,
}

/// A rule with its documentation, in Markdown.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RulePage {
    /// Its row in the catalogue.
    #[serde(flatten)]
    row: rules::Row,
    /// Its documentation, in Markdown.
    doc: String,
}

/// Runs the command.
pub async fn run(args: &ExplainArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if args.rule == "log" {
        return explain_log::run(args.line.as_deref(), args.output, global, terminal).await;
    }
    if args.line.is_some() {
        return Err(CliError::usage("explain tells of one rule at a time").hint("a line of a log is explained by `kubectl mesh explain log LINE`"));
    }
    // As people who come from `linkerd check` have it: the anchor of its hint.
    let typed = args.rule.strip_prefix("linkerd-check/").unwrap_or(&args.rule);
    let named: Vec<_> = checks::all().into_iter().filter(|c| c.id == typed || c.aliases.iter().any(|a| a.eq_ignore_ascii_case(typed))).collect();
    let answer = match checks::linkerd_check(typed) {
        Some(Answer::Words(words)) if named.is_empty() => Some(words),
        _ if named.is_empty() => return Err(arguments::unknown_rule(typed)),
        _ => None,
    };
    let rules = named.into_iter().map(|check| RulePage { row: rules::Row::from(check), doc: checks::doc_text(check) });
    terminal.show(&RulePages { rules: rules.collect(), answer, typed: typed.to_owned() }, args.output, None)?;
    Ok(Exit::Ok)
}

impl Report for RulePages {
    const KIND: Option<&'static str> = None;

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let text = match self.rules.as_slice() {
            [] => format!("`linkerd check` asks this under {}, and no rule here does: {}.\n", self.typed, self.answer.unwrap_or_default()),
            [one] => text(one),
            several => list(&self.typed, several),
        };
        output::page(&text, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// Ids.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.rules.iter().map(|rule| rule.row.check.id.to_owned()).collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![(Format::Markdown, |pages, _, out| pages.rules.iter().try_for_each(|rule| write!(out, "{}", rules::entry(rule.row.check))))]
    }
}

/// A rule's page: what it is in two lines, then its documentation.
fn text(rule: &RulePage) -> String {
    let check = rule.row.check;
    let codes = if check.aliases.is_empty() { String::new() } else { format!(", {}", check.aliases.join(", ")) };
    let facts = format!("{} · {} · {}{codes} · {}", check.severity, check.category, check.mesh.name(), rules::when(check));
    format!("# {}\n\n{}.\n\n{facts}\n\n{}", check.id, check.summary, rule.doc)
}

/// The rules that a code stands for.
fn list(code: &str, rules: &[RulePage]) -> String {
    let rows: String = rules.iter().map(|rule| rule.row.check).map(|c| format!("- `{}` ({}): {}\n", c.id, c.severity, c.summary)).collect();
    format!("{code} stands for {} rules; `kubectl mesh explain RULE` tells all about one:\n\n{rows}", rules.len())
}
