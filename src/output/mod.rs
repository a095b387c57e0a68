//! Renderers: pure functions from reports to bytes.

mod check_table;
mod json;
mod text;

pub use text::clean;

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
    /// For people
    #[default]
    Table,
    /// The machine contract, mesh.kubectl.dev/v1
    Json,
}

/// Renders a check report.
pub fn check(format: CheckFormat, report: &CheckReport, world: &World, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        CheckFormat::Table => check_table::write(report, style, out),
        CheckFormat::Json => json::check(report, world, out),
    }
}
