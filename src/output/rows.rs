//! Reports that are lists: kubectl's kind of table, the machine contract, or names.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::document::{API_VERSION, Source};
use super::table::{Table, UnknownColumn};
use super::{Format, Style, clean, json, line, wrapped, yaml};
use crate::model::{Gap, ObjectRef};
use crate::world::{SourceKind, World};

/// How a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct View<'a> {
    /// Its form.
    pub format: Format,
    /// Whether tables are to have no headers.
    pub no_headers: bool,
    /// The column that the rows of tables are sorted by; in the order of the report, where there is none.
    pub sort_by: Option<&'a str>,
}

impl From<Format> for View<'_> {
    fn from(format: Format) -> Self {
        Self { format, ..Self::default() }
    }
}

/// Writes a report in one form.
pub type Writer<R> = fn(&R, Page<'_>, &mut dyn Write) -> io::Result<()>;

/// What a command answers: its fields are the document, its text is for people.
pub trait Report: Serialize + Sized {
    /// `kind` of the document; nothing for one that tells of this program and of no cluster.
    const KIND: Option<&'static str>;

    /// The tables that its text is made of, of those that can be empty without those that are.
    fn tables(&self, _: Page<'_>) -> Vec<Table> {
        Vec::new()
    }

    /// What could not be read.
    fn gaps(&self) -> &[Gap];

    /// Writes it for people: its tables, or lines.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.tables(&self.tables(page), out)?;
        gaps(self.gaps(), page.style, out)
    }

    /// The objects it is about.
    fn objects(&self) -> Vec<ObjectRef>;

    /// The lines of `-o name`.
    fn names(&self, page: Page<'_>) -> Vec<String> {
        let mut names: Vec<String> = self.objects().iter().map(|object| page.name(object)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Forms that it has beside the usual ones, and what writes each.
    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        Vec::new()
    }
}

/// How a text is wanted, and about what.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Whether all columns are wanted.
    pub wide: bool,
    /// What was read; nothing for answers that this program has by itself.
    pub world: Option<&'a World>,
    /// Looks.
    pub style: &'a Style,
    /// Whether tables have headers.
    headers: bool,
    sort_by: Option<&'a str>,
}

impl<'a> Page<'a> {
    /// A page for what `view` wants.
    pub fn new(view: &View<'a>, world: Option<&'a World>, style: &'a Style) -> Self {
        Self { wide: view.format == Format::Wide, world, style, headers: !view.no_headers, sort_by: view.sort_by }
    }

    /// An object's name, with its namespace where the command line did not tell that.
    fn name(self, object: &ObjectRef) -> String {
        self.world.map_or_else(|| object.to_string(), |world| full_name(object, world))
    }

    /// Writes a table, sorted as the command line wants it.
    pub fn table(self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        match self.sort_by.and_then(|typed| table.column(typed)) {
            Some(column) => {
                let mut sorted = table.clone();
                sorted.sort(column);
                sorted.write(self.headers, self.style, out)
            }
            None => table.write(self.headers, self.style, out),
        }
    }

    /// Writes tables, with a line between them.
    pub fn tables(self, tables: &[Table], out: &mut dyn Write) -> io::Result<()> {
        tables.iter().enumerate().try_for_each(|(nth, table)| {
            if nth > 0 {
                writeln!(out)?;
            }
            self.table(table, out)
        })
    }

    /// Whether the command line says how tables are to be, so that nothing may stand in the place of one.
    pub fn shapes_tables(self) -> bool {
        !self.headers || self.sort_by.is_some()
    }

    /// The same with other looks.
    #[must_use]
    pub fn in_style<'s>(self, style: &'s Style) -> Page<'s>
    where
        'a: 's,
    {
        Page { style, ..self }
    }

    /// The same without headers, for what follows an earlier page.
    #[must_use]
    pub fn without_headers(self) -> Self {
        Self { headers: false, ..self }
    }

    /// Writes what a part of the page is about, and what is said of that at once; the words break under their beginning.
    pub fn title(self, text: &str, more: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = clean(text);
        let line = wrapped(&format!("{text}{}", clean(more)), "", "  ", self.style);
        match line.strip_prefix(text.as_ref()).filter(|_| self.style.color) {
            Some(rest) => writeln!(out, "{}{rest}", text.bold()),
            None => writeln!(out, "{line}"),
        }
    }

    /// Writes a line of our own making.
    pub fn line(self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", line(&clean(text), self.style))
    }
}

/// Writes a report in the form that is wanted.
pub fn report<'a, R: Report>(report: &R, view: &View<'a>, world: Option<&'a World>, style: &'a Style, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::new(view, world, style);
    if let Some(typed) = view.sort_by {
        let tables = report.tables(page);
        let known: Vec<&str> = tables.iter().flat_map(|table| table.header().iter().copied()).collect();
        if !tables.iter().any(|table| table.column(typed).is_some()) && !known.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, UnknownColumn { typed: typed.to_owned(), known }));
        }
    }
    match view.format {
        Format::Table | Format::Wide => report.text(page, out)?,
        Format::Json => json(&Written::new(report, world), out)?,
        Format::Yaml => yaml(&Written::new(report, world), out)?,
        Format::Name => report.names(page).iter().try_for_each(|name| writeln!(out, "{}", clean(name)))?,
        other => match R::more_formats().into_iter().find(|(format, _)| *format == other) {
            Some((_, write)) => write(report, page, out)?,
            None => return Err(io::Error::new(io::ErrorKind::InvalidInput, "the answer is not written in this form")),
        },
    }
    out.flush()
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

/// A report as it is written for programs.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a, R> {
    Document(Document<'a, R>),
    Plain(&'a R),
}

impl<'a, R: Report> Written<'a, R> {
    fn new(report: &'a R, world: Option<&'a World>) -> Self {
        match R::KIND {
            Some(kind) => Self::Document(Document { api_version: API_VERSION, kind, source: world.map(Source::from), report }),
            None => Self::Plain(report),
        }
    }
}

/// `deployment.apps/cart`, as `kubectl get -o name` writes it and kubectl takes it back. Where the command line did not name the object's namespace,
/// nothing of that form would tell it, so it stands in front: `shop/deployment.apps/cart`. Every command of ours takes both.
fn full_name(object: &ObjectRef, world: &World) -> String {
    let name = format!("{}/{}", object.kind.singular_resource(), object.name);
    let told = object.namespace.is_empty() || world.only_namespace() == Some(&object.namespace);
    if told { name } else { format!("{}/{name}", object.namespace) }
}

/// Lists what could not be read, below a table.
pub fn gaps(gaps: &[Gap], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nnot known:")?;
    gaps.iter().try_for_each(|gap| writeln!(out, "{}", line(&clean(&format!("  ? {gap}")), style)))
}

/// Where was looked, in words.
pub fn place(world: &World) -> String {
    let place = match world.source.kind {
        SourceKind::Cluster => format!("in cluster {}", world.source.name),
        SourceKind::Demo => "in the demo".to_owned(),
        SourceKind::Files | SourceKind::Snapshot | SourceKind::Overlay => format!("in {}", world.source.name),
    };
    let scope: Vec<&str> = world.scope().iter().map(crate::model::Str::as_str).collect();
    match scope.as_slice() {
        [] => place,
        [only] => format!("{place}, namespace {only}"),
        several => format!("{place}, namespaces {}", several.join(", ")),
    }
}
