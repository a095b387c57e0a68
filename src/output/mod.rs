//! Renderers: pure functions from reports to bytes.

mod check;
mod check_table;
mod document;
mod format;
mod github;
mod json;
mod junit;
mod markdown;
mod page;
mod rows;
mod sarif;
mod table;
mod text;

pub use check::CheckAnswer;
#[cfg(test)]
pub(crate) use document::{API_VERSION, CheckDocument};
pub use format::{Format, formats, usual_formats};
pub use github::{data as github_data, property as github_property};
pub use json::yaml;
pub use markdown::cell as markdown_cell;
pub use page::page;
#[cfg(test)]
pub(crate) use rows::Document;
pub use rows::{Page, Report, View, Writer, gaps, place, report};
pub use table::{Table, UnknownColumn};
pub use text::{clean, clean_lines, counted, line, marked, wrapped};

use json::json;

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
