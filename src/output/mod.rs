//! Renderers: pure functions from reports to bytes.

mod check_table;
mod document;
mod github;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

pub use document::{API_VERSION, Source};
pub use json::{json, yaml};
pub use text::clean;

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::ValueEnum;

use crate::report::CheckReport;
use crate::world::World;

/// How text results look.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Columns, when they are known.
    pub width: Option<usize>,
    /// Plain ASCII instead of symbols.
    pub ascii: bool,
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
        CheckFormat::Name => names(report, out),
        CheckFormat::Sarif => sarif::write(report, out),
        CheckFormat::Junit => junit::write(report, out),
        CheckFormat::Github => github::write(report, out),
        CheckFormat::Markdown => markdown::write(report, out),
    }
}

/// `resource.group/name`, as `kubectl get -o name` writes it, with the namespace in front where there is one.
fn names(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let name = |f: &crate::report::Finding| {
        let resource = f.object.kind.resource();
        if f.object.namespace.is_empty() {
            format!("{resource}/{}", f.object.name)
        } else {
            format!("{}/{resource}/{}", f.object.namespace, f.object.name)
        }
    };
    let names: BTreeSet<String> = report.findings.iter().map(name).collect();
    names.iter().try_for_each(|n| writeln!(out, "{}", clean(n)))
}
