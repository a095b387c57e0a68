//! Renderers: pure functions from reports to bytes.

mod check_table;
mod document;
mod github;
mod json;
mod junit;
mod markdown;
mod page;
mod rows;
mod sarif;
mod table;
mod text;

#[cfg(test)]
pub(crate) use document::{API_VERSION, CheckDocument};
pub use github::{data as github_data, property as github_property};
pub use json::{json, yaml};
pub use markdown::cell as markdown_cell;
pub use page::page;
#[cfg(test)]
pub(crate) use rows::Document;
pub use rows::{ListFormat, Page, Report, View, gaps, names, place, report, report_json, report_yaml, short_name};
pub use table::{Table, UnknownColumn};
pub use text::{clean, clean_lines, counted, line, marked, wrapped};

use std::io::{self, Write};

use clap::ValueEnum;

use crate::report::CheckReport;
use crate::world::World;

/// How text results look.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Plain ASCII instead of symbols.
    pub ascii: bool,
    /// Where lines are broken; nothing when they are left as they are.
    pub width: Option<usize>,
    /// Whether names of rules lead to their documentation when clicked.
    pub links: bool,
    /// Whether to say what to do next.
    pub advice: bool,
}

/// Forms of a check report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people, with notes and repetitions folded
    #[default]
    Table,
    /// For people, everything
    Wide,
    /// The machine contract, mesh.kubectl.dev/v1
    Json,
    /// The same document as json
    Yaml,
    /// Names of the objects at fault, one a line
    Name,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML
    Junit,
    /// GitHub workflow annotations
    Github,
    /// A table for comments and step summaries
    Markdown,
}

/// Renders a check report.
pub fn check(format: CheckFormat, show_passed: bool, report: &CheckReport, world: &World, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let folding = check_table::Folding { wide: format == CheckFormat::Wide, passed: show_passed };
    match format {
        CheckFormat::Table | CheckFormat::Wide => check_table::write(report, world, folding, style, out),
        CheckFormat::Json => json(&document::CheckDocument::new(report, world), out),
        CheckFormat::Yaml => yaml(&document::CheckDocument::new(report, world), out),
        CheckFormat::Name => names(report.findings.iter().map(|f| &f.object), world, out),
        CheckFormat::Sarif => sarif::write(report, out),
        CheckFormat::Junit => junit::write(report, out),
        CheckFormat::Github => github::write(report, out),
        CheckFormat::Markdown => markdown::write(report, out),
    }
}
