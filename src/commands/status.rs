//! `status`: the meshes at a glance, or everything about one workload or Service.

use std::io::{self, Write};

use clap::Args;

use super::injection::chains;
use super::{ReadRequest, Terminal, load, watch, words};
use crate::checks::{self, Selection};
use crate::cli::{GlobalArgs, ListArgs, SelectArgs};
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, ObjectRef};
use crate::output::{self, Page, Report, Table};
use crate::report::{Finding, Severity};
use crate::views::{
    self, ComponentRow, ControlPlaneRow, FindingRow, NamespaceRow, ProxyCount, ServicePage, StatusReport, Target, UNKNOWN, WorkloadPage,
};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh status                    # meshes, versions, namespaces
  kubectl mesh status deploy/cart -n shop  # everything about one workload
  kubectl mesh status svc/cart -n shop   # a Service and what stands behind it
  kubectl mesh status -w                 # and again whenever it changes";

/// Show the meshes and what is in them
///
/// Control planes with version and readiness, and for each namespace its mode, pods in and out, mTLS and policies. With a workload or a Service,
/// everything about it on one page.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    /// A workload or Service: deploy/NAME, svc/NAME, NAME, NAME.NAMESPACE, or TYPE NAME
    #[arg(value_name = "WORKLOAD", num_args = 0..=2)]
    pub workload: Vec<String>,
    /// Show changes as they come, until Ctrl-C
    #[arg(short, long, conflicts_with = "workload")]
    pub watch: bool,
    /// Which workloads.
    #[command(flatten)]
    pub select: SelectArgs,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Runs the command.
pub async fn run(args: &StatusArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    words::understood(&args.workload)?;
    let only = global.source.mesh.id();
    if args.watch {
        let request = request(None);
        return watch::follow(global, &request, &args.select, &args.list, terminal, |world: &World| Ok(views::status(world, only))).await;
    }
    let selection =
        Selection { off: global.config.named(false), on: global.config.named(true), severities: global.config.severities(), ..Selection::default() };
    let mut loaded = load::load(global, &request((!args.workload.is_empty()).then_some(&selection)), terminal).await?;
    words::select(&args.select, &args.workload, &mut loaded.world)?;
    let world = &loaded.world;
    let findings = || {
        let mut report = checks::run(world, &selection);
        checks::suppress(&mut report, world, &global.config.suppress);
        report.findings
    };
    match words::target(world, &args.workload, global)? {
        None => {
            let report = views::status(world, only);
            if report.meshes.is_empty() {
                words::no_mesh(world, terminal);
                if report.namespaces.is_empty() {
                    words::nothing("workloads", world, terminal);
                }
            }
            terminal.show(&report, view, Some(world))?;
            Ok(words::judged(world, &question(), report.namespaces.is_empty(), terminal))
        }
        Some(Target::Workload(workload)) => {
            let mut page = views::workload_page(world, workload, only);
            let about = views::objects_of_page(world, workload, &page);
            page.findings = findings().iter().filter(|finding| about.contains(&finding.object)).map(row).collect();
            terminal.show(&page, view, Some(world))?;
            Ok(words::judged(world, &question(), false, terminal))
        }
        Some(Target::Service(service)) => {
            let mut page = views::service_page(world, service, only);
            page.findings = findings().iter().filter(|finding| finding.object == page.service).map(row).collect();
            terminal.show(&page, view, Some(world))?;
            Ok(words::judged(world, &question(), false, terminal))
        }
    }
}

/// What it reads. Of one workload it is also told what is wrong with it, which takes what the rules read.
pub(super) fn request(of_one: Option<&Selection>) -> ReadRequest {
    let mut request = ReadRequest::of(views::MEMBERSHIP_KINDS.iter().chain(views::POLICY_KINDS).chain(&[Kind::Gateway]));
    if let Some(selection) = of_one {
        request.add_rules(&selection.checks());
    }
    request
}

fn row(finding: &Finding) -> FindingRow {
    FindingRow {
        rule: finding.rule,
        severity: finding.severity,
        object: finding.object.clone(),
        path: finding.path.clone(),
        message: finding.message.clone(),
        hint: finding.hint.clone(),
    }
}

/// What is wrong, worst first; notes are counted.
fn findings(findings: &[FindingRow], page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&FindingRow> = findings.iter().filter(|finding| page.wide || finding.severity != Severity::Info).collect();
    if findings.is_empty() {
        return Ok(());
    }
    page.title("findings:", "", out)?;
    for finding in &shown {
        let mark = match finding.severity {
            Severity::Error => "✖",
            Severity::Warning => "▲",
            Severity::Info => "·",
        };
        let path = finding.path.as_ref().map_or(String::new(), |path| format!(" {path}"));
        page.line(&format!("  {mark} {}{path}: {}", finding.object, finding.message), out)?;
        page.line(&format!("    → {}  {}", finding.hint, finding.rule), out)?;
    }
    match findings.len() - shown.len() {
        0 => Ok(()),
        notes => page.line(&format!("  · {} (-o wide shows them)", output::counted(notes, "note")), out),
    }
}

/// The kinds that the answer stands on.
fn question() -> Vec<Kind> {
    views::MEMBERSHIP_KINDS.iter().chain(views::POLICY_KINDS).copied().collect()
}

impl Report for StatusReport {
    const KIND: Option<&'static str> = Some("StatusReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        let planes = (!self.meshes.is_empty()).then(|| control_planes(&self.meshes, page.wide));
        let beside = (!self.components.is_empty()).then(|| components(&self.components));
        let namespaces = (!self.namespaces.is_empty()).then(|| {
            let rows = self.namespaces.iter().map(|n| namespace_cells(n, page));
            Table::new(["NAMESPACE", "MODE", "PODS IN", "PODS OUT", "NOT READY", "OUTDATED", "MTLS", "POLICIES", "TO RESTART"], rows)
        });
        planes.into_iter().chain(beside).chain(namespaces).collect()
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn objects(&self) -> Vec<ObjectRef> {
        let object =
            |row: &NamespaceRow| ObjectRef { kind: Kind::Namespace, name: row.namespace.clone(), namespace: "".into(), api_version: "".into() };
        self.namespaces.iter().map(object).collect()
    }
}

fn namespace_cells(n: &NamespaceRow, page: Page<'_>) -> [String; 9] {
    let policies = n.policies.map_or_else(|| "?".to_owned(), |p| p.to_string());
    let unread = page.world.is_some_and(|world| words::pods_unread(world, &n.namespace));
    let counted = |n: usize| if unread { "?".to_owned() } else { n.to_string() };
    let outside = n.pods.total - n.pods.inside;
    let inside = match (n.pods.inside * 100).checked_div(n.pods.total) {
        Some(share) if page.wide && !unread => format!("{} ({share}%)", n.pods.inside),
        _ => counted(n.pods.inside),
    };
    let (outside, restart, waiting) = (counted(outside), counted(n.restart_needed), counted(n.not_ready));
    let outdated = if unread { UNKNOWN.to_owned() } else { outdated(n.proxies) };
    [
        n.namespace.to_string(),
        known(n.modes.iter().map(|mode| mode.name())),
        inside,
        outside,
        waiting,
        outdated,
        known(n.mtls.iter().map(|accepted| accepted.name())),
        policies,
        restart,
    ]
}

/// Proxies of another version than their control plane, and how many of them are too far from it.
fn outdated(proxies: ProxyCount) -> String {
    match proxies.unsupported {
        0 => proxies.outdated.to_string(),
        unsupported => format!("{} ({unsupported} unsupported)", proxies.outdated),
    }
}

fn known<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| if word == "unknown" { UNKNOWN } else { word }).collect::<Vec<_>>().join(",")
}

/// The table of control planes; with `wide`, what each version was read from.
pub(super) fn control_planes(planes: &[ControlPlaneRow], wide: bool) -> Table {
    let cells = |p: &ControlPlaneRow| {
        let version = p.version.as_deref().unwrap_or(UNKNOWN).to_owned();
        let revision = p.revision.as_deref().unwrap_or_default().to_owned();
        let proxies = p.proxies.map_or_else(String::new, |proxies| match proxies.outdated {
            0 => proxies.total.to_string(),
            _ => format!("{}, {} outdated", proxies.total, outdated(proxies)),
        });
        [p.mesh.to_string(), p.namespace.to_string(), revision, p.tags.join(","), version, ready(p.ready, p.replicas), proxies]
    };
    if !wide {
        return Table::new(["MESH", "NAMESPACE", "REVISION", "TAGS", "VERSION", "READY", "PROXIES"], planes.iter().map(cells));
    }
    let row = |p: &ControlPlaneRow| {
        let [mesh, namespace, revision, tags, version, ready, proxies] = cells(p);
        let source = p.version_source.as_ref().map(|e| e.text.clone()).unwrap_or_default();
        [mesh, namespace, revision, tags, version, ready, proxies, source]
    };
    Table::new(["MESH", "NAMESPACE", "REVISION", "TAGS", "VERSION", "READY", "PROXIES", "VERSION FROM"], planes.iter().map(row))
}

/// The table of what runs beside the control planes.
pub(super) fn components(components: &[ComponentRow]) -> Table {
    let row = |c: &ComponentRow| {
        let version = c.version.as_deref().unwrap_or_default().to_owned();
        let counted = if c.ready.is_some() { ready(c.ready, c.replicas) } else { String::new() };
        [c.mesh.to_string(), c.name.to_string(), c.object.to_string(), version, counted]
    };
    Table::new(["MESH", "COMPONENT", "OBJECT", "VERSION", "READY"], components.iter().map(row))
}

fn ready(ready: Option<usize>, replicas: Option<usize>) -> String {
    match (ready, replicas) {
        (Some(ready), Some(replicas)) => format!("{ready}/{replicas}"),
        (Some(ready), None) => ready.to_string(),
        (None, _) => UNKNOWN.to_owned(),
    }
}

fn section(title: &str, lines: &[String], page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    page.title(&format!("{title}:"), "", out)?;
    lines.iter().try_for_each(|line| page.line(&format!("  {line}"), out))
}

impl Report for WorkloadPage {
    const KIND: Option<&'static str> = Some("WorkloadReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.title(&self.workload.to_string(), &format!(" (service account {})", self.service_account), out)?;
        writeln!(out)?;
        chains(&self.injection, page, out)?;
        let versions: Vec<String> = self.versions.iter().map(|v| format!("{} {} in {}", v.mesh, v.version, output::counted(v.pods, "pod"))).collect();
        section("proxies", &versions, page, out)?;
        let ports: Vec<String> = self.ports.iter().map(port).collect();
        section("ports", &ports, page, out)?;
        let services: Vec<String> = self.services.iter().map(service).collect();
        section("services", &services, page, out)?;
        let policies: Vec<String> = self.policies.iter().map(|p| format!("{}: {}", p.object, p.effect)).collect();
        section("policies", &policies, page, out)?;
        section("waypoint", self.waypoint.as_slice(), page, out)?;
        findings(&self.findings, page, out)?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        vec![self.workload.clone()]
    }
}

fn service(row: &views::ServiceRow) -> String {
    let waypoint = row.waypoint.as_deref().map_or(String::new(), |w| format!("  through waypoint {w}"));
    format!("{} ({}) {}{waypoint}", row.name, row.kind, row.ports.join(", "))
}

fn port(row: &views::PortRow) -> String {
    let name = if row.name.is_empty() { String::new() } else { format!(" {}", row.name) };
    let accepts = row.accepts.as_deref().map_or(String::new(), |a| format!("  accepts {}", if a == "unknown" { UNKNOWN } else { a }));
    let decider = row.decider.as_deref().map_or(String::new(), |d| if accepts.is_empty() { format!("  governed by {d}") } else { format!(" ({d})") });
    format!("{}{name}{accepts}{decider}", row.port)
}

impl Report for ServicePage {
    const KIND: Option<&'static str> = Some("ServiceReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.title(&self.service.to_string(), &format!(" ({})", self.row.kind), out)?;
        writeln!(out)?;
        section("ports", &self.row.ports, page, out)?;
        if self.workloads.is_empty() {
            writeln!(out, "no workload stands behind it")?;
        }
        chains(&self.workloads, page, out)?;
        let policies: Vec<String> = self.policies.iter().map(|p| format!("{}: {}", p.object, p.effect)).collect();
        section("policies", &policies, page, out)?;
        section("waypoint", self.row.waypoint.as_slice(), page, out)?;
        findings(&self.findings, page, out)?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        vec![self.service.clone()]
    }
}
