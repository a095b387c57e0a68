//! A check report for people.

use std::io::{self, Write};

use super::{Style, clean};
use crate::report::CheckReport;

/// Writes findings, worst first, and a line of what was looked at.
pub(super) fn write(report: &CheckReport, _style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let path = finding.path.as_deref().unwrap_or_default();
        writeln!(out, "{} {} {}", finding.severity, clean(&finding.object.to_string()), clean(path))?;
        if let Some(at) = &finding.location {
            writeln!(out, "  {}:{}:{}", clean(&at.file), at.span.line, at.span.column)?;
        }
        writeln!(out, "  {} [{}]", clean(&finding.message), finding.rule)?;
        writeln!(out, "  {}", clean(&finding.hint))?;
    }
    writeln!(out, "{} findings, {} rules evaluated, {} skipped", report.findings.len(), report.evaluated.len(), report.skipped.len())
}
