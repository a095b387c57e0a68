//! GitHub workflow commands: one annotation a finding, on the line it is about.

use std::io::{self, Write};

use super::clean;
use crate::report::{CheckReport, Severity};

/// Writes the report; text is escaped so that no message can begin a command of its own.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    for f in &report.findings {
        let command = match f.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let place = f.location.as_ref().map_or(String::new(), |l| format!("file={},line={},col={},", property(&l.file), l.span.line, l.span.column));
        let field = f.path.as_deref().map_or(String::new(), |p| format!(" {p}"));
        let text = format!("{}{field}: {}", f.object, f.message);
        writeln!(out, "::{command} {place}title={}::{}%0A{}", property(f.rule), data(&text), data(&f.hint))?;
    }
    for bad in &report.bad_input {
        writeln!(out, "::error file={},line={},title=not understood::{}", property(&bad.file), bad.line, data(&bad.detail))?;
    }
    for gap in report.hiding_gaps() {
        writeln!(out, "::warning title=not read::{}", data(&gap.to_string()))?;
    }
    if report.rules_unjudged() > 0 {
        writeln!(out, "::warning title=not judged::{} rules could not be judged, or only in part", report.rules_unjudged())?;
    }
    Ok(())
}

/// Text that can begin no command.
pub fn data(text: &str) -> String {
    clean(text).replace('%', "%25")
}

/// Text that stays inside its property.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn no_text_can_begin_a_command() {
        assert_eq!(data("a%\n::error::b"), "a%25\u{fffd}::error::b");
        assert_eq!(property("a:b,c\r"), "a%3Ab%2Cc\u{fffd}");
    }
}
