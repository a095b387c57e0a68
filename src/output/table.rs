//! Tables for people: kubectl's kind, with upper-case headers and without lines, broken at the terminal's width under their own columns.

use std::cmp::Ordering;
use std::fmt;
use std::io::{self, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Width};
use owo_colors::{OwoColorize, Style as Ink};
use textwrap::core::display_width;

use super::text::words_of;
use super::{Style, clean};

/// Between columns, where there is room and where there is little.
const GAPS: [usize; 2] = [3, 2];
/// A column of words is not made narrower than this: what follows goes below instead.
const READABLE: usize = 24;
/// So many rows are laid out at once; their widths are known.
const AT_ONCE: usize = 1000;
/// How far in the columns begin that go below.
const BELOW: usize = 4;

/// Rows under headers; every cell is clean and on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// `--sort-by` names no column of what was asked for.
#[derive(Debug)]
pub struct UnknownColumn {
    /// What was typed.
    pub typed: String,
    /// The columns there are.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no column \"{}\" to sort by", clean(&self.typed))
    }
}

impl std::error::Error for UnknownColumn {}

impl Table {
    /// A table of these rows.
    pub fn new<const N: usize>(header: [&'static str; N], rows: impl IntoIterator<Item = [String; N]>) -> Self {
        Self::of(header.to_vec(), rows.into_iter().map(Vec::from))
    }

    /// The same, where the number of columns is known only when it runs.
    pub fn of(header: Vec<&'static str>, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        Self { header, rows: rows.into_iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect() }
    }

    /// Its headers.
    pub fn header(&self) -> &[&'static str] {
        &self.header
    }

    /// Its rows.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The same with those rows only that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&[String]) -> bool) -> Self {
        Self { header: self.header.clone(), rows: self.rows.iter().filter(|row| keep(row)).cloned().collect() }
    }

    /// The column that `typed` means: by its header, or as kubectl's JSONPath has it.
    pub(super) fn column(&self, typed: &str) -> Option<usize> {
        let plain = typed.trim_matches(['{', '}', '.']).trim_start_matches("metadata.").to_ascii_lowercase().replace(['-', '_'], " ");
        let called = |wanted: &str| self.header.iter().position(|header| header.eq_ignore_ascii_case(wanted));
        let named = || ["NAME", "WORKLOAD", "POLICY", "SERVER", "RULE"].iter().find_map(|header| called(header));
        called(&plain).or_else(|| if plain == "name" { named() } else { None })
    }

    /// Sorts the rows by a column: numbers as numbers, the rest as text; equal ones stay as they are.
    pub(super) fn sort(&mut self, column: usize) {
        self.rows.sort_by(|a, b| natural(&a[column], &b[column]));
    }

    /// Writes it.
    pub(super) fn write(&self, headers: bool, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let layout = self.layout(headers, style.width);
        let bold = |text: &str| if style.color { text.style(Ink::new().bold()).to_string() } else { text.to_owned() };
        let header = headers.then(|| layout.cells(&self.header, |_, text| bold(text)));
        let rows = self.rows.iter().map(|row| layout.cells(row, |column, text| self.ink(column, text, style)));
        layout.write(header.into_iter().chain(rows), out)
    }

    /// A word of ours in a column of states has the colour of what it means, and what is not known stands out anywhere.
    fn ink(&self, column: usize, text: &str, style: &Style) -> String {
        const STATES: [&str; 11] =
            ["MODE", "MTLS", "INTENDED", "ACTUAL", "RESTART", "SEVERITY", "ENFORCED AT", "OUTCOME", "ACTION", "RESULT", "READY"];
        if !style.color {
            return text.to_owned();
        }
        let ink = match text {
            "?" | "<unknown>" => Ink::new().yellow(),
            "<none>" => Ink::new().dimmed(),
            _ if !STATES.contains(&self.header[column]) => return text.to_owned(),
            "STRICT" | "strict" | "automatic" | "mutual TLS" => Ink::new().green(),
            "PERMISSIVE" | "permissive" | "yes" | "warning" | "ambient-pending" | "mixed" | "plaintext" => Ink::new().yellow(),
            "DISABLE" | "disable" | "error" | "refused" | "broken" | "nowhere" => Ink::new().red(),
            "info" => Ink::new().blue(),
            // `1/3` replicas are ready.
            ready if self.header[column] == "READY" => match ready.split_once('/') {
                Some((ready, wanted)) if ready == wanted => Ink::new().green(),
                Some(_) => Ink::new().red(),
                None => return text.to_owned(),
            },
            _ => return text.to_owned(),
        };
        text.style(ink).to_string()
    }

    /// Where each column stands at this width.
    fn layout(&self, headers: bool, width: Option<usize>) -> Layout {
        let cells = |column: usize| {
            let header = headers.then_some(self.header[column]);
            header.into_iter().chain(self.rows.iter().map(move |row| row[column].as_str()))
        };
        let natural: Vec<usize> = (0..self.header.len()).map(|column| cells(column).map(display_width).max().unwrap_or(0)).collect();
        let whole = |gap: usize| Layout { lines: vec![(0..natural.len()).map(|column| (column, natural[column])).collect()], gap };
        let Some(limit) = width else { return whole(GAPS[0]) };
        if let Some(gap) = GAPS.into_iter().find(|gap| total(&natural, *gap) <= limit) {
            return whole(gap);
        }
        // Headers are broken before names are, and words only as far as they stay readable.
        let words = |column: usize| cells(column).flat_map(|cell| cell.split(' ')).map(display_width).max().unwrap_or(0);
        let body = |column: usize| self.rows.iter().map(|row| display_width(&row[column])).max().unwrap_or(0);
        let least: Vec<usize> = (0..natural.len()).map(|column| words(column).max(body(column).min(READABLE)).min(natural[column])).collect();
        let mut lines: Vec<Vec<(usize, usize)>> = Vec::new();
        let mut from = 0;
        while from < natural.len() {
            let room = limit.saturating_sub(if lines.is_empty() { 0 } else { BELOW });
            // As many columns as have room; what has none beside the others goes below them.
            let fitting = (from + 1..=natural.len()).rev().find(|until| total(&least[from..*until], GAPS[1]) <= room);
            let until = fitting.unwrap_or(from + 1);
            let mut widths = natural[from..until].to_vec();
            while total(&widths, GAPS[1]) > room {
                let widest = (0..widths.len()).filter(|at| widths[*at] > least[from + at]).max_by_key(|at| widths[*at]);
                let Some(widest) = widest else { break };
                widths[widest] -= 1;
            }
            lines.push((from..until).zip(widths).collect());
            from = until;
        }
        Layout { lines, gap: GAPS[1] }
    }
}

fn total(widths: &[usize], gap: usize) -> usize {
    widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1)
}

/// The lines of a row: which columns stand on each, and how wide they are.
struct Layout {
    lines: Vec<Vec<(usize, usize)>>,
    gap: usize,
}

impl Layout {
    /// The cells of a row, broken at the width of their columns.
    fn cells(&self, texts: &[impl AsRef<str>], ink: impl Fn(usize, &str) -> String) -> Vec<String> {
        let widths = self.lines.iter().flatten();
        widths
            .map(|(column, width)| words_of(texts[*column].as_ref(), *width).iter().map(|part| ink(*column, part)).collect::<Vec<_>>().join("\n"))
            .collect()
    }

    fn write(&self, rows: impl Iterator<Item = Vec<String>>, out: &mut dyn Write) -> io::Result<()> {
        let [only] = self.lines.as_slice() else {
            for mut row in rows {
                for (nth, line) in self.lines.iter().enumerate() {
                    let below = row.split_off(line.len());
                    self.block(line, std::iter::once(row), if nth == 0 { 0 } else { BELOW }, out)?;
                    row = below;
                }
            }
            return Ok(());
        };
        // Its library keeps what it is given until it is written: some thousand rows at a time.
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            self.block(only, rows.by_ref().take(AT_ONCE), 0, out)?;
        }
        Ok(())
    }

    /// Some columns of some rows.
    fn block(&self, line: &[(usize, usize)], rows: impl Iterator<Item = Vec<String>>, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).add_rows(rows);
        for (nth, (_, width)) in line.iter().enumerate() {
            if let (Some(column), Ok(width), Ok(gap)) = (table.column_mut(nth), u16::try_from(width + self.gap), u16::try_from(self.gap)) {
                column.set_padding((0, gap)).set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            }
        }
        table.trim_fmt().lines().try_for_each(|text| writeln!(out, "{}{text}", " ".repeat(if text.is_empty() { 0 } else { indent })))
    }
}

/// A cell's text: clean, without line breaks, never empty.
fn one_line(text: &str) -> String {
    let text = clean(text);
    if text.is_empty() { "<none>".to_owned() } else { text.into_owned() }
}

/// Numbers by size (`10/12` by what stands first), the rest as text.
fn natural(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.split('/').next().and_then(|first| first.parse::<f64>().ok());
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table, width: Option<usize>) -> String {
        let mut out = Vec::new();
        table.write(true, &Style { width, ..Style::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table() -> Table {
        let rows = [["shop", "deployment/cart", "10", "label asks for it, and so does the namespace"], ["a", "pod/x", "9", ""]];
        Table::new(["NAMESPACE", "WORKLOAD", "PODS", "REASON"], rows.map(|row| row.map(str::to_owned)))
    }

    #[test]
    fn a_table_looks_like_kubectls_and_cells_are_cleaned() {
        let table = Table::new(["NAME", "MESH"], [["a\u{1b}[31m\nb".to_owned(), String::new()], ["long-name".to_owned(), "istio".to_owned()]]);
        assert_eq!(written(&table, None), "NAME        MESH\na\u{fffd}[31m\u{fffd}b    <none>\nlong-name   istio\n");
    }

    #[test]
    fn words_are_wrapped_under_their_column_and_then_below_the_row() {
        assert_eq!(
            written(&table(), Some(64)),
            "NAMESPACE  WORKLOAD         PODS  REASON\n\
             shop       deployment/cart  10    label asks for it, and so does\n                                  the namespace\n\
             a          pod/x            9     <none>\n"
        );
        assert_eq!(
            written(&table(), Some(40)),
            "NAMESPACE  WORKLOAD         PODS\n    REASON\nshop       deployment/cart  10\n    label asks for it, and so does the\n    namespace\na          pod/x            9\n    <none>\n"
        );
        for width in 1..90 {
            let text = written(&table(), Some(width));
            assert!(text.lines().all(|line| line.chars().count() <= width.max(BELOW + READABLE)), "{width}: {text}");
        }
    }

    #[test]
    fn rows_are_sorted_by_a_column_as_kubectl_or_the_header_calls_it() {
        let mut table = table();
        for typed in ["PODS", "pods", "{.pods}"] {
            assert_eq!(table.column(typed), Some(2), "{typed}");
        }
        assert_eq!((table.column(".metadata.name"), table.column("metadata.namespace"), table.column("age")), (Some(1), Some(0), None));
        table.sort(2);
        assert_eq!(table.rows()[0][2], "9", "a number is no text");
    }

    #[test]
    fn states_are_coloured_and_names_are_not() {
        let table = Table::new(["WORKLOAD", "MODE", "READY"], [["STRICT", "STRICT", "1/2"].map(str::to_owned)]);
        let mut out = Vec::new();
        table.write(false, &Style { color: true, ..Style::default() }, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "STRICT   \u{1b}[32mSTRICT\u{1b}[0m   \u{1b}[31m1/2\u{1b}[0m\n");
    }
}
