//! `mtls`: is it encrypted.

mod plan;

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::{Args, ValueEnum};

use super::observed::{self, ObservedArgs};
use super::{ReadRequest, Terminal, load, words};
use crate::cli::{GlobalArgs, ListArgs, SelectArgs};
use crate::error::{CliError, Exit};
use crate::index::Workload;
use crate::mesh::mtls::{Outcome, ServerMode};
use crate::mesh::resolve::{self, Name};
use crate::model::{Encryption, Evidence, Gap, Kind, ObjectRef, Observed, ObservedCall};
use crate::output::{self, Page, Report, Table, View};
use crate::views::{self, ClientRow, EdgeRow, ModeRow, MtlsReport, MtlsRow, Target, UNKNOWN, Wanted};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh mtls -n shop                       # every port, and who decides
  kubectl mesh mtls deploy/cart -n shop -o wide   # one workload, with its clients
  kubectl mesh mtls --from deploy/frontend --to svc/cart:80 -n shop
  kubectl mesh mtls --plan strict -n shop         # whom STRICT would refuse
  kubectl mesh mtls --observed --since 1d -n shop # which plaintext was really seen";

/// Show what is encrypted, and what decides that
///
/// For each port of a workload: whether it takes mutual TLS only, plaintext too, or plaintext only, the policy that decides, and how the clients
/// fare that objects name. With --from and --to, what becomes of the calls of one client: what its side sends, and whether the server takes it.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MtlsArgs {
    /// Workloads or Services: deploy/NAME, svc/NAME, NAME, NAME.NAMESPACE, or TYPE NAME (can be repeated)
    #[arg(value_name = "WORKLOAD")]
    pub workload: Vec<String>,
    /// The client of one edge: deploy/NAME, NAME or NAME.NAMESPACE
    #[arg(long, value_name = "CLIENT", requires = "to", conflicts_with = "workload")]
    pub from: Option<String>,
    /// What the client calls: svc/NAME[.NAMESPACE]:PORT, or host/HOST:PORT
    #[arg(long, value_name = "SERVER", requires = "from")]
    pub to: Option<String>,
    /// The subset of a DestinationRule that a route chooses
    #[arg(long, value_name = "NAME", requires = "to")]
    pub subset: Option<String>,
    /// Show what would break if the workloads, or those of the namespaces, took mutual TLS only (strict) or plaintext too (permissive)
    #[arg(long, value_name = "MODE", conflicts_with = "from")]
    pub plan: Option<PlannedMode>,
    /// Which metrics are asked.
    #[command(flatten)]
    pub observed: ObservedArgs,
    /// Which workloads.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// A mode to plan for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlannedMode {
    /// Mutual TLS only
    Strict,
    /// Mutual TLS and plaintext
    Permissive,
}

/// What it reads.
pub(super) fn request() -> ReadRequest {
    let kinds = [views::MEMBERSHIP_KINDS, views::MTLS_KINDS, views::CLIENT_KINDS];
    ReadRequest { everywhere: true, ..ReadRequest::of(kinds.into_iter().flatten()) }
}

/// Runs the command.
pub async fn run(args: &MtlsArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    words::understood(&args.workload)?;
    let mut loaded = load::load(global, &request(), terminal).await?;
    words::select(&args.select, &args.workload, &mut loaded.world)?;
    let world = &loaded.world;
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let client = client(world, from, global)?;
        let (name, port) = server(world, client, to)?;
        let report = views::mtls_edge(world, client, &name, port, args.subset.as_deref());
        return show(&report, world, view, terminal);
    }
    let workloads = wanted(world, &args.workload, global)?;
    let wanted = Wanted { workloads, namespaces: global.cluster.namespaces().iter().map(|name| name.as_str().into()).collect() };
    let observed = observed::ask(&args.observed, world, global, terminal).await?;
    if let Some(mode) = args.plan {
        let mode = match mode {
            PlannedMode::Strict => ServerMode::Strict,
            PlannedMode::Permissive => ServerMode::Permissive,
        };
        let mut report = views::mtls_plan(world, mode, &wanted, global.source.mesh.id());
        if let Some(observed) = observed {
            views::add_observed(world, &mut report, observed);
        }
        return plan::show(&report, world, view, terminal);
    }
    let mut report = views::mtls(world, &wanted, global.source.mesh.id());
    report.observed = observed.map(|observed| views::observed_of(world, &wanted, observed));
    if report.workloads.is_empty() {
        words::nothing("workloads", world, terminal);
    }
    show(&report, world, view, terminal)
}

fn show(report: &MtlsReport, world: &World, view: View<'_>, terminal: &mut Terminal) -> Result<Exit, CliError> {
    terminal.show(report, view, Some(world))?;
    let edge_unknown = |e: &EdgeRow| e.outcome == Outcome::Unknown;
    let port_unknown = |w: &MtlsRow| w.ports.iter().all(|p| p.mode == ServerMode::Unknown);
    let nothing_known = if report.workloads.is_empty() { report.edges.iter().all(edge_unknown) } else { report.workloads.iter().all(port_unknown) };
    let kinds = [views::MEMBERSHIP_KINDS, views::MTLS_KINDS].concat();
    if let Some(why) = report.observed.as_ref().and_then(|o| o.missing.first()) {
        terminal.problem(format!("what really happened was not seen: {why}"));
        return Ok(Exit::Unreadable);
    }
    Ok(words::judged(world, &kinds, nothing_known, terminal))
}

impl Report for MtlsReport {
    const KIND: Option<&'static str> = Some("MtlsReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if self.workloads.is_empty() {
            return Vec::new();
        }
        let edges = (page.wide && !self.edges.is_empty()).then(|| edges(self));
        std::iter::once(ports(self)).chain(edges).collect()
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Workloads with their ports; where only a call was asked for, that.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.workloads.is_empty() {
            edge_text(self, page, out)?;
        } else {
            let tables = self.tables(page);
            page.tables(&tables[..1], out)?;
            losing(self, page, out)?;
            for table in &tables[1..] {
                writeln!(out)?;
                page.table(table, out)?;
            }
            summary(self, page, out)?;
        }
        self.observed.as_ref().map_or(Ok(()), |observed| observed_text(observed, page, out))?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.workloads.iter().map(MtlsRow::reference).collect()
    }
}

/// Calls that really happened: those in plaintext one by one, the rest counted unless all are wanted.
fn observed_text(observed: &Observed, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let source = if observed.source.is_empty() { String::new() } else { format!(", by {}", observed.source) };
    writeln!(out)?;
    page.line(&format!("really seen in the last {}{source}", observed.since), out)?;
    let plaintext: Vec<&ObservedCall> = observed.plaintext().collect();
    let encrypted: Vec<&ObservedCall> = observed.calls.iter().filter(|c| c.encryption == Encryption::MutualTls).collect();
    let line = |call: &ObservedCall| {
        let place =
            if call.client.name.is_empty() || call.client.namespace.is_empty() { String::new() } else { format!(" ({})", call.client.namespace) };
        let port = call.port.map_or(String::new(), |p| format!(":{p}"));
        let quiet = call.quiet_for.as_ref().map_or(String::new(), |part| format!(", none in the last {part}"));
        format!("{}{place} → {}.{}{port}   {} times{quiet}", views::caller(&call.client), call.server.name, call.server.namespace, call.count)
    };
    for call in &plaintext {
        page.line(&format!("  ▲ plaintext   {}", line(call)), out)?;
    }
    if plaintext.is_empty() && observed.missing.is_empty() {
        page.line("  ✔ no plaintext was counted", out)?;
    }
    if page.wide {
        encrypted.iter().try_for_each(|call| page.line(&format!("  ✔ mutual TLS  {}", line(call)), out))?;
    } else if !encrypted.is_empty() {
        let noun = if encrypted.len() == 1 { "pair" } else { "pairs" };
        page.line(&format!("  ✔ {} {noun} of client and server in mutual TLS     -o wide: each", encrypted.len()), out)?;
    }
    if observed.calls.is_empty() && observed.missing.is_empty() {
        page.line("  · no call was counted at all", out)?;
    }
    for why in &observed.missing {
        page.line(&format!("  ? {why}"), out)?;
    }
    observed.not_shown.iter().try_for_each(|what| page.line(&format!("  · not shown: {what}"), out))
}

/// The workloads that the words of the command line name: themselves, by a pod of theirs, or by a Service.
fn wanted(world: &World, words: &[String], global: &GlobalArgs) -> Result<Option<BTreeSet<ObjectRef>>, CliError> {
    let Some(named) = words::objects(world, words, global)? else { return Ok(None) };
    let index = &world.index;
    let mut wanted = BTreeSet::new();
    for object in &named {
        match object.kind {
            Kind::Service => {
                let service = index.service(&object.namespace, &object.name).filter(|s| !s.spec.selector.is_empty());
                let behind = service.into_iter().flat_map(|s| index.select(Some(&s.metadata.namespace), &s.spec.selector));
                wanted.extend(behind.map(|w| w.reference.clone()));
            }
            Kind::Pod => {
                let owner = index.workloads_in(&object.namespace).iter().find(|w| index.pods_of(w).any(|p| p.metadata.name == object.name));
                wanted.extend(owner.map(|w| w.reference.clone()));
            }
            kind => {
                let workload = index.workload(&object.namespace, &object.name, Some(kind));
                wanted.extend(workload.map(|w| w.reference.clone()));
            }
        }
    }
    if wanted.is_empty() {
        return Err(CliError::usage(format!("{:?} is no workload, and no workload is behind it", words.join(" ")))
            .hint("`kubectl mesh mtls` lists all workloads"));
    }
    Ok(Some(wanted))
}

fn client<'w>(world: &'w World, from: &str, global: &GlobalArgs) -> Result<&'w Workload, CliError> {
    match words::target(world, &[from.to_owned()], global)? {
        Some(Target::Workload(workload)) => Ok(workload),
        _ => Err(CliError::usage(format!("--from {from:?} is a Service: what calls is a workload")).hint("write deploy/NAME or another workload")),
    }
}

/// What `--to` names, as the client means it, and the port.
fn server<'w>(world: &'w World, client: &Workload, to: &str) -> Result<(Name<'w>, u16), CliError> {
    let wrong = || CliError::usage(format!("--to {to:?} names no server")).hint("write svc/NAME:PORT, svc/NAME.NAMESPACE:PORT or host/HOST:PORT");
    let (kind, rest) = to.split_once('/').ok_or_else(wrong)?;
    let (host, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let namespace = &client.reference.namespace;
    if kind == "host" {
        let port = port
            .parse()
            .map_err(|_| CliError::usage(format!("--to {to:?} has no port")).hint("write host/HOST:PORT, such as host/api.example.com:443"))?;
        return Ok((resolve::name(world.view(), namespace, host), port));
    }
    if !matches!(kind, "svc" | "service" | "services") {
        return Err(wrong());
    }
    let name = resolve::name(world.view(), namespace, host);
    let Some(service) = name.aliases.first().copied().or(name.service()) else {
        // Found by the same words as elsewhere, so that the suggestion is the same.
        let (short, ns) = host.split_once('.').map_or((host, namespace.as_str()), |(short, rest)| (short, rest.split('.').next().unwrap_or(rest)));
        views::find(world, &[format!("svc/{short}")], Some(ns)).map_err(words::not_found)?;
        return Err(wrong());
    };
    let ports = &service.spec.ports;
    let chosen = match (port, ports.as_slice()) {
        ("", [only]) => u16::try_from(only.port).ok(),
        ("", _) => None,
        (port, _) => port.parse().ok().or_else(|| ports.iter().find(|p| p.name == port).and_then(|p| u16::try_from(p.port).ok())),
    };
    let all = || ports.iter().map(|p| p.port.to_string()).collect::<Vec<_>>().join(", ");
    chosen
        .map(|port| (name.clone(), port))
        .ok_or_else(|| CliError::usage(format!("--to {to:?} does not say which port")).hint(format!("its ports are {}", all())))
}

fn ports(report: &MtlsReport) -> Table {
    let one_namespace = report.workloads.iter().all(|w| w.namespace == report.workloads[0].namespace);
    let rows = report.workloads.iter().flat_map(|w| w.ports.iter().map(move |p| (w, p)));
    let cells = |w: &MtlsRow, p: &ModeRow| [w.reference().short_name(), p.port.to_string(), mode(p), decider(p), clients(p)];
    if one_namespace {
        return Table::new(["WORKLOAD", "PORT", "MODE", "DECIDED BY", "CLIENTS"], rows.map(|(w, p)| cells(w, p)));
    }
    let row = |(w, p): (&MtlsRow, &ModeRow)| {
        let [name, port, mode, decider, clients] = cells(w, p);
        [w.namespace.to_string(), name, port, mode, decider, clients]
    };
    Table::new(["NAMESPACE", "WORKLOAD", "PORT", "MODE", "DECIDED BY", "CLIENTS"], rows.map(row))
}

fn edges(report: &MtlsReport) -> Table {
    let row = |e: &EdgeRow| {
        let client = if e.client.namespace.is_empty() { e.client.text() } else { format!("{} ({})", e.client.text(), e.client.namespace) };
        [client, server_text(e), e.outcome.text().to_owned(), e.because.last().map(said).unwrap_or_default()]
    };
    Table::new(["CLIENT", "SERVER", "OUTCOME", "BECAUSE"], report.edges.iter().map(row))
}

/// What is wrong among the edges, in words.
fn summary(report: &MtlsReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let broken: Vec<&EdgeRow> = report.edges.iter().filter(|e| e.outcome == Outcome::Broken).collect();
    let Some(first) = broken.first() else { return Ok(()) };
    let clients: BTreeSet<&ClientRow> = broken.iter().map(|e| &e.client).collect();
    let count = if clients.len() == 1 { "1 client is".to_owned() } else { format!("{} clients are", clients.len()) };
    let noun = if broken.len() == 1 { "" } else { ", and others" };
    let place = if first.client.namespace.is_empty() { String::new() } else { format!(" (namespace {})", first.client.namespace) };
    let why = first.because.last().map(|e| format!(": {}", e.text)).unwrap_or_default();
    let hint = if page.wide { "" } else { "     -o wide: every edge" };
    let line = format!("✖ {count} refused: {}{place} → {}{why}{noun}{hint}", first.client.text(), server_text(first));
    writeln!(out)?;
    page.line(&line, out)
}

fn losing(report: &MtlsReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = report.workloads.iter().flat_map(|w| &w.ports).flat_map(|p| &p.losing);
    let lines: BTreeSet<String> = all.map(said).collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    lines.iter().try_for_each(|line| page.line(&format!("▲ {line}"), out))
}

fn edge_text(report: &MtlsReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    for edge in &report.edges {
        let mark = match edge.outcome {
            Outcome::MutualTls => "✔",
            Outcome::Broken => "✖",
            Outcome::Unknown => "?",
            Outcome::Plaintext | Outcome::AppTls | Outcome::Mixed => "▲",
        };
        let counts: Vec<String> = edge.endpoints.iter().map(|(outcome, pods)| format!("{pods} {}", outcome.name())).collect();
        let counts = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
        page.line(&format!("{mark} {} → {}: {}{counts}", edge.client.text(), server_text(edge), edge.outcome.text()), out)?;
        edge.because.iter().try_for_each(|e| page.line(&format!("  {}", said(e)), out))?;
    }
    Ok(())
}

fn server_text(edge: &EdgeRow) -> String {
    let server = &edge.server;
    let place = if server.namespace.is_empty() { String::new() } else { format!(".{}", server.namespace) };
    let subset = server.subset.as_ref().map(|s| format!(" subset {s}")).unwrap_or_default();
    format!("{}{place}:{}{subset}", server.name, server.port)
}

fn said(evidence: &Evidence) -> String {
    match (&evidence.object, &evidence.path) {
        (Some(object), Some(path)) => format!("{object} {path}: {}", evidence.text),
        (Some(object), None) => format!("{object}: {}", evidence.text),
        (None, _) => evidence.text.clone(),
    }
}

fn mode(port: &ModeRow) -> String {
    match port.mode {
        ServerMode::None => "none".to_owned(),
        ServerMode::Unknown => UNKNOWN.to_owned(),
        mode => mode.name().to_ascii_uppercase(),
    }
}

fn decider(port: &ModeRow) -> String {
    use crate::mesh::mtls::Level;
    let Some(evidence) = port.decider() else { return String::new() };
    match (&evidence.object, port.level) {
        (_, Level::Pod) => evidence.text.clone(),
        (Some(object), Level::Port) => format!("{object} port"),
        (Some(object), _) => object.to_string(),
        (None, _) => "default".to_owned(),
    }
}

/// `3 mutual TLS, 1 refused (tools/report)`.
fn clients(port: &ModeRow) -> String {
    let told = |(outcome, names): (&Outcome, &Vec<String>)| {
        let word = if *outcome == Outcome::Broken { "refused" } else { outcome.text() };
        let named = if names.len() == 1 && *outcome != Outcome::MutualTls { format!(" ({})", names[0]) } else { String::new() };
        format!("{} {word}{named}", names.len())
    };
    port.clients.iter().map(told).collect::<Vec<_>>().join(", ")
}
