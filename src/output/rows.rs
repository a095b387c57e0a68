//! Reports that are lists: kubectl's kind of table, the machine contract, or names.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::Serialize;

use super::document::{API_VERSION, Source};
use super::{clean, json, yaml};
use crate::model::{Gap, ObjectRef};
use crate::world::{SourceKind, World};

/// Forms of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    #[default]
    Table,
    /// For people, with more columns
    Wide,
    /// The machine contract, mesh.kubectl.dev/v1
    Json,
    /// The same document as json
    Yaml,
    /// Names of the objects, one a line
    Name,
}

/// What a command answers: its fields are the document, its text is for people.
pub trait Report: Serialize {
    /// `kind` of the document.
    const KIND: &'static str;

    /// Writes it for people: a table, or lines.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// The objects it is about.
    fn objects(&self) -> Vec<ObjectRef>;

    /// The lines of `-o name`.
    fn names(&self, page: Page<'_>) -> Vec<String> {
        let mut names: Vec<String> = self.objects().iter().map(|object| page.name(object)).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// How a text is wanted, and about what.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Whether all columns are wanted.
    pub wide: bool,
    /// What was read; nothing for answers that this program has by itself.
    pub world: Option<&'a World>,
}

impl Page<'_> {
    /// An object's name, with its namespace where the command line did not tell that.
    fn name(self, object: &ObjectRef) -> String {
        self.world.map_or_else(|| object.to_string(), |world| full_name(object, world))
    }
}

/// Writes a report in the form that is wanted.
pub fn report(report: &impl Report, format: ListFormat, world: Option<&World>, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { wide: format == ListFormat::Wide, world };
    match format {
        ListFormat::Json => json(&document(report, world), out)?,
        ListFormat::Yaml => yaml(&document(report, world), out)?,
        ListFormat::Name => report.names(page).iter().try_for_each(|name| writeln!(out, "{}", clean(name)))?,
        ListFormat::Table | ListFormat::Wide => report.text(page, out)?,
    }
    out.flush()
}

fn document<'a, R: Report>(report: &'a R, world: Option<&'a World>) -> Document<'a, R> {
    Document { api_version: API_VERSION, kind: R::KIND, source: world.map(Source::from), report }
}

/// A report in the machine contract's wrapping.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document<'a, T> {
    /// Version of the contract.
    api_version: &'static str,
    /// Kind of the document.
    kind: &'static str,
    /// Where the objects came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'a>>,
    #[serde(flatten)]
    report: &'a T,
}

/// Writes the document of a command with forms of its own as JSON.
pub fn report_json(kind: &'static str, report: &impl Serialize, world: &World, out: &mut dyn Write) -> io::Result<()> {
    json(&Document { api_version: API_VERSION, kind, source: Some(world.into()), report }, out)
}

/// Writes the document of a command with forms of its own as YAML.
pub fn report_yaml(kind: &'static str, report: &impl Serialize, world: &World, out: &mut dyn Write) -> io::Result<()> {
    yaml(&Document { api_version: API_VERSION, kind, source: Some(world.into()), report }, out)
}

/// Writes a table as kubectl does: upper-case headers, three spaces between columns, no lines.
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| one_line(&cell)));
    }
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 3));
    });
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// A cell's text: clean, without line breaks, never empty.
fn one_line(text: &str) -> String {
    let text = clean(text);
    if text.is_empty() { "<none>".to_owned() } else { text.into_owned() }
}

/// `kind/name` for people.
pub fn short_name(object: &ObjectRef) -> String {
    format!("{}/{}", object.kind.name().to_ascii_lowercase(), object.name)
}

/// `deployment.apps/cart`, as `kubectl get -o name` writes it and kubectl takes it back. Where the command line did not name the object's namespace,
/// nothing of that form would tell it, so it stands in front: `shop/deployment.apps/cart`. Every command of ours takes both.
pub fn full_name(object: &ObjectRef, world: &World) -> String {
    let name = format!("{}/{}", object.kind.singular_resource(), object.name);
    let told = object.namespace.is_empty() || world.only_namespace() == Some(&object.namespace);
    if told { name } else { format!("{}/{name}", object.namespace) }
}

/// Writes names, one a line.
pub fn names<'a>(objects: impl IntoIterator<Item = &'a ObjectRef>, world: &World, out: &mut dyn Write) -> io::Result<()> {
    let names: std::collections::BTreeSet<String> = objects.into_iter().map(|object| full_name(object, world)).collect();
    names.iter().try_for_each(|name| writeln!(out, "{}", clean(name)))
}

/// Lists what could not be read, below a table.
pub fn gaps(gaps: &[Gap], out: &mut dyn Write) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nnot known:")?;
    gaps.iter().try_for_each(|gap| writeln!(out, "  ? {}", clean(&gap.to_string())))
}

/// Where was looked, in words.
pub fn place(world: &World) -> String {
    let place = match world.source.kind {
        SourceKind::Cluster => format!("in cluster {}", world.source.name),
        SourceKind::Demo => "in the demo".to_owned(),
        SourceKind::Files | SourceKind::Snapshot => format!("in {}", world.source.name),
        SourceKind::Overlay => format!("in {}", world.source.name),
    };
    match world.only_namespace() {
        Some(only) => format!("{place}, namespace {only}"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn a_table_looks_like_kubectls_and_cells_are_cleaned() {
        let mut out = Vec::new();
        table(["NAME", "MESH"], [["a\u{1b}[31m\nb".to_owned(), String::new()], ["long-name".to_owned(), "istio".to_owned()]], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "NAME        MESH\na\u{fffd}[31m\u{fffd}b    <none>\nlong-name   istio\n");
    }
}
