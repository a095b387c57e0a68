//! Markdown for pull-request comments and step summaries.

use std::io::{self, Write};

use super::clean;
use super::document::docs_url;
use crate::report::{CheckReport, Installable, Severity};

/// Writes the report as a table, worst first.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let count = |severity| report.count(severity);
    writeln!(out, "## kubectl mesh check\n")?;
    writeln!(
        out,
        "{} errors, {} warnings, {} notes; {} rules judged, {} not or only in part.\n",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info),
        report.evaluated.len(),
        report.rules_unjudged()
    )?;
    for verdict in &report.verdicts {
        let answer = match verdict.installable {
            Installable::Yes => "yes",
            Installable::No => "no",
            Installable::Unknown => "not known",
        };
        writeln!(out, "- May {} be installed in namespace {}? **{answer}**", verdict.mesh, cell(&verdict.namespace))?;
    }
    if !report.verdicts.is_empty() {
        writeln!(out)?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "| | Object | Finding | How to fix it | Rule |\n|---|---|---|---|---|")?;
    }
    for f in &report.findings {
        let place = f.location.as_ref().map_or(String::new(), |l| format!("<br>{}:{}", cell(&l.file), l.span.line));
        let field = f.path.as_deref().map_or(String::new(), |p| format!("<br>{}", code(p)));
        writeln!(
            out,
            "| {} | {}{field}{place} | {} | {} | [{}]({}) |",
            f.severity,
            cell(&f.object.to_string()),
            cell(&f.message),
            cell(&f.hint),
            f.rule,
            docs_url(f.rule)
        )?;
    }
    for bad in &report.bad_input {
        writeln!(out, "\n> not understood: {}", cell(&bad.to_string()))?;
    }
    for gap in report.hiding_gaps() {
        writeln!(out, "\n> not seen: {}", cell(&gap.to_string()))?;
    }
    Ok(())
}

/// A code span. In one nothing is escaped but the bar that would end the cell, and a back-tick would end the span.
fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'").replace('|', "\\|"))
}

/// Text that stays inside its cell and is neither HTML nor a link nor a mention.
pub fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '|' | '[' | ']' | '*' | '_' | '`' | '\\' | '!' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{cell, code};

    #[test]
    fn a_code_span_has_no_backslashes_but_for_the_bar() {
        assert_eq!(code("spec.http[0].match_*"), "`spec.http[0].match_*`");
        assert_eq!(code("a`|\nb"), "`a'\\|\u{fffd}b`");
    }

    #[test]
    fn a_cell_holds_hostile_text() {
        assert_eq!(cell("a|b\n<script>@all [x](y)"), "a\\|b\u{fffd}&lt;script&gt;&#64;all \\[x\\](y)");
    }
}
