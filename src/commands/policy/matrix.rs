//! `policy matrix`: everybody against everybody.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use clap::Args;

use super::words as policy_words;
use crate::cli::{GlobalArgs, TableArgs};
use crate::commands::{Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::index::Workload;
use crate::mesh::authorization::Verdict;
use crate::model::{Gap, ObjectRef, first_of};
use crate::output::{self, Format, Page, Report, Table, Writer, clean};
use crate::views::{self, ANYONE, MatrixReport, MatrixRow, Target};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh policy matrix -n shop                     # who can reach whom
  kubectl mesh policy matrix -n shop --to deploy/cart    # who can reach one of them
  kubectl mesh policy matrix -f deploy/ -o csv";

/// Show who can call whom
///
/// Every workload, and anyone without a mesh identity, against every port. Requests are told apart exactly as the policies and routes that apply
/// tell them apart: each row says for which it stands.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MatrixArgs {
    /// Only this client
    #[arg(long, value_name = "WORKLOAD")]
    pub from: Option<String>,
    /// Only this server
    #[arg(long, value_name = "WORKLOAD")]
    pub to: Option<String>,
    /// Output format
    #[arg(short, long, value_parser = output::formats::<MatrixReport<'static>>(), default_value = "table")]
    pub output: Format,
    /// How its table is wanted.
    #[command(flatten)]
    pub table: TableArgs,
}

/// Runs the command.
pub async fn run(args: &MatrixArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.table.view(args.output)?;
    let loaded = load::load(global, &policy_words::read_request(), terminal).await?;
    let world = &loaded.world;
    let (client, server) = (workload(args.from.as_ref(), world, global)?, workload(args.to.as_ref(), world, global)?);
    let report = views::matrix(world, client, server);
    if report.rows.is_empty() {
        words::nothing("ports of workloads", world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    let unknown = !report.rows.is_empty() && report.rows.iter().all(|r| r.decision == Verdict::Unknown);
    Ok(words::judged(world, views::DECISION_KINDS, unknown, terminal))
}

impl Report for MatrixReport<'_> {
    const KIND: Option<&'static str> = Some("MatrixReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if self.rows.is_empty() { Vec::new() } else { vec![table(self, page.wide)] }
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The servers.
    fn objects(&self) -> Vec<ObjectRef> {
        let mut servers: Vec<&ObjectRef> = self.rows.iter().map(|row| row.server).collect();
        servers.dedup();
        servers.into_iter().cloned().collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![(Format::Markdown, |report, _, out| markdown(report, out)), (Format::Csv, |report, _, out| csv(report, out))]
    }
}

fn workload<'w>(word: Option<&String>, world: &'w World, global: &GlobalArgs) -> Result<Option<&'w Workload>, CliError> {
    match word.map(|word| words::target(world, std::slice::from_ref(word), global)).transpose()?.flatten() {
        None => Ok(None),
        Some(Target::Workload(workload)) => Ok(Some(workload)),
        Some(Target::Service(service)) => {
            Err(CliError::usage(format!("{} is a Service", service.metadata.name)).hint("name a workload: deploy/NAME"))
        }
    }
}

fn client(row: &MatrixRow<'_>) -> String {
    row.client.0.map_or_else(|| ANYONE.to_owned(), |c| format!("{}.{}", c.name, c.namespace))
}

/// Lines of one port and class, with clients by what becomes of them.
struct Line<'r> {
    first: &'r MatrixRow<'r>,
    clients: BTreeMap<Verdict, Vec<String>>,
    all: usize,
}

fn lines<'r>(report: &'r MatrixReport<'_>) -> Vec<Line<'r>> {
    let mut lines: Vec<Line<'r>> = Vec::new();
    for row in &report.rows {
        let same = lines.last().is_some_and(|l| l.first.server == row.server && l.first.port == row.port && l.first.class == row.class);
        if !same {
            lines.push(Line { first: row, clients: BTreeMap::new(), all: 0 });
        }
        if let Some(line) = lines.last_mut() {
            line.clients.entry(row.decision).or_default().push(client(row));
            line.all += 1;
        }
    }
    lines
}

fn who(line: &Line<'_>, verdicts: &[Verdict], wide: bool) -> String {
    let names: Vec<&String> = verdicts.iter().filter_map(|v| line.clients.get(v)).flatten().collect();
    let shown = if wide { names.len() } else { 3 };
    match names.len() {
        0 => "nobody".to_owned(),
        all if all == line.all => "everybody".to_owned(),
        all if all * 2 > line.all && !wide && line.all > 6 => {
            let others: Vec<&String> = line.clients.iter().filter(|(v, _)| !verdicts.contains(v)).flat_map(|(_, c)| c).collect();
            format!("{all}: all but {}", first_of(&others, 3))
        }
        _ => first_of(&names, shown),
    }
}

fn table(report: &MatrixReport<'_>, wide: bool) -> Table {
    let row = |line: &Line<'_>| {
        let server = line.first.server;
        let unknown = who(line, &[Verdict::Unknown], wide);
        let unknown = if unknown == "nobody" { String::new() } else { unknown };
        let allowed = who(line, &[Verdict::Allow], wide);
        [server.namespace.to_string(), server.short_name(), line.first.port.to_string(), line.first.class.to_string(), allowed, unknown]
    };
    Table::new(["NAMESPACE", "SERVER", "PORT", "REQUEST", "ALLOWED", "UNKNOWN"], lines(report).iter().map(row))
}

/// Millions of lines repeat a few thousand names: each is made fit for a spreadsheet once.
fn csv(report: &MatrixReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "client,client_namespace,client_kind,server,server_namespace,server_kind,port,request,decision")?;
    let mut clients: HashMap<Option<usize>, String> = HashMap::new();
    for group in report.rows.chunk_by(|a, b| std::ptr::eq(a.server, b.server) && a.port == b.port && a.class == b.class) {
        let Some(first) = group.first() else { continue };
        let server = object_fields(first.server);
        let called = format!("{server},{},{}", first.port, field(&first.class));
        for row in group {
            let address = row.client.0.map(|client| std::ptr::from_ref(client).addr());
            let client = clients.entry(address).or_insert_with(|| row.client.0.map_or_else(|| format!("{},,Anyone", field(ANYONE)), object_fields));
            writeln!(out, "{client},{called},{}", row.decision.name())?;
        }
    }
    Ok(())
}

fn object_fields(object: &ObjectRef) -> String {
    [object.name.as_str(), object.namespace.as_str(), object.kind.name()].map(field).join(",")
}

/// A field that no spreadsheet takes for a formula.
fn field(text: &str) -> String {
    let text = clean(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t']);
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn markdown(report: &MatrixReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## kubectl mesh policy matrix\n")?;
    writeln!(out, "| Server | Port | Request | Allowed | Unknown |\n|---|---|---|---|---|")?;
    for line in lines(report) {
        let cells = [
            line.first.server.to_string(),
            line.first.port.to_string(),
            line.first.class.to_string(),
            who(&line, &[Verdict::Allow], true),
            who(&line, &[Verdict::Unknown], true),
        ];
        writeln!(out, "| {} |", cells.map(|c| output::markdown_cell(&c)).join(" | "))?;
    }
    for gap in &report.gaps {
        writeln!(out, "\n> not seen: {}", output::markdown_cell(&gap.to_string()))?;
    }
    Ok(())
}
