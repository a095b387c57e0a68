//! `status`: the meshes at a glance, or everything about one workload or Service.

use std::io::{self, Write};

use clap::Args;

use super::injection::chains;
use super::{Terminal, Wish, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::facts::{self, ComponentRow, ControlPlaneRow, NamespaceRow, ServicePage, StatusReport, Target, UNKNOWN, WorkloadPage};
use crate::model::{Kind, ObjectRef};
use crate::output::{self, ListFormat, clean};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh status                    # meshes, versions, namespaces
  kubectl mesh status deploy/cart -n shop  # everything about one workload
  kubectl mesh status svc/cart -n shop   # a Service and what stands behind it";

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
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ListFormat,
}

/// Runs the command.
pub async fn run(args: &StatusArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let kinds = facts::MEMBERSHIP_KINDS.iter().chain(facts::POLICY_KINDS).chain(&[Kind::Gateway]);
    let loaded = load::load(global, &Wish { kinds: kinds.copied().collect(), ..Wish::default() }, terminal).await?;
    let world = &loaded.world;
    let only = global.source.mesh.id();
    match words::target(world, &args.workload, global)? {
        None => overview(&facts::status(world, only), world, args.output, terminal),
        Some(Target::Workload(workload)) => {
            let page = facts::workload_page(world, workload, only);
            show(args.output, &page, &page.workload, world, terminal, |out| workload_text(&page, out))
        }
        Some(Target::Service(service)) => {
            let page = facts::service_page(world, service, only);
            show(args.output, &page, &page.service, world, terminal, |out| service_text(&page, out))
        }
    }
}

fn show(
    format: ListFormat,
    page: &impl serde::Serialize,
    object: &ObjectRef,
    world: &World,
    terminal: &mut Terminal,
    text: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<Exit, CliError> {
    let out = &mut terminal.out;
    match format {
        ListFormat::Json => output::report_json("StatusReport", page, world, out)?,
        ListFormat::Yaml => output::report_yaml("StatusReport", page, world, out)?,
        ListFormat::Name => output::names([object], world, out)?,
        ListFormat::Table | ListFormat::Wide => text(out)?,
    }
    out.flush()?;
    Ok(words::judged(world, &question(), false, terminal))
}

/// The kinds that the answer stands on.
fn question() -> Vec<Kind> {
    facts::MEMBERSHIP_KINDS.iter().chain(facts::POLICY_KINDS).copied().collect()
}

fn overview(report: &StatusReport, world: &World, format: ListFormat, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if report.meshes.is_empty() {
        words::no_mesh(world, terminal);
        if report.namespaces.is_empty() {
            words::nothing("workloads", world, terminal);
        }
    }
    let out = &mut terminal.out;
    match format {
        ListFormat::Json => output::report_json("StatusReport", report, world, out)?,
        ListFormat::Yaml => output::report_yaml("StatusReport", report, world, out)?,
        ListFormat::Name => output::names(&report.namespaces.iter().map(namespace_ref).collect::<Vec<_>>(), world, out)?,
        ListFormat::Table | ListFormat::Wide => table(report, world, format == ListFormat::Wide, out)?,
    }
    out.flush()?;
    Ok(words::judged(world, &question(), report.namespaces.is_empty(), terminal))
}

fn namespace_ref(row: &NamespaceRow) -> ObjectRef {
    ObjectRef { namespace: "".into(), kind: Kind::Namespace, name: row.namespace.clone(), api_version: "".into() }
}

fn table(report: &StatusReport, world: &World, wide: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut begun = false;
    if !report.meshes.is_empty() {
        control_planes(&report.meshes, wide, out)?;
        begun = true;
    }
    if !report.components.is_empty() {
        separate(&mut begun, out)?;
        components(&report.components, out)?;
    }
    if !report.namespaces.is_empty() {
        separate(&mut begun, out)?;
        let row = |n: &NamespaceRow| {
            let policies = n.policies.map_or_else(|| "?".to_owned(), |p| p.to_string());
            let unread = words::pods_unread(world, &n.namespace);
            let counted = |n: usize| if unread { "?".to_owned() } else { n.to_string() };
            [
                n.namespace.to_string(),
                known(&n.modes),
                counted(n.pods.inside),
                counted(n.pods.total - n.pods.inside),
                known(&n.mtls),
                policies,
                counted(n.restart_needed),
            ]
        };
        output::table(["NAMESPACE", "MODE", "PODS IN", "PODS OUT", "MTLS", "POLICIES", "TO RESTART"], report.namespaces.iter().map(row), out)?;
    }
    output::gaps(&report.gaps, out)
}

fn separate(begun: &mut bool, out: &mut dyn Write) -> io::Result<()> {
    if std::mem::replace(begun, true) { writeln!(out) } else { Ok(()) }
}

fn known(words: &[&str]) -> String {
    words.iter().map(|w| if *w == "unknown" { UNKNOWN } else { w }).collect::<Vec<_>>().join(",")
}

/// The table of control planes; with `wide`, what each version was read from.
pub(super) fn control_planes(planes: &[ControlPlaneRow], wide: bool, out: &mut dyn Write) -> io::Result<()> {
    let cells = |p: &ControlPlaneRow| {
        let version = p.version.as_deref().unwrap_or(UNKNOWN).to_owned();
        let revision = p.revision.as_deref().unwrap_or_default().to_owned();
        [p.mesh.to_string(), p.namespace.to_string(), revision, p.tags.join(","), version, ready(p.ready, p.replicas)]
    };
    if !wide {
        return output::table(["MESH", "NAMESPACE", "REVISION", "TAGS", "VERSION", "READY"], planes.iter().map(cells), out);
    }
    let row = |p: &ControlPlaneRow| {
        let [mesh, namespace, revision, tags, version, ready] = cells(p);
        let source = p.version_source.as_ref().map(|e| e.text.clone()).unwrap_or_default();
        [mesh, namespace, revision, tags, version, ready, source]
    };
    output::table(["MESH", "NAMESPACE", "REVISION", "TAGS", "VERSION", "READY", "VERSION FROM"], planes.iter().map(row), out)
}

/// The table of what runs beside the control planes.
pub(super) fn components(components: &[ComponentRow], out: &mut dyn Write) -> io::Result<()> {
    let row = |c: &ComponentRow| {
        let version = c.version.as_deref().unwrap_or_default().to_owned();
        let counted = if c.ready.is_some() { ready(c.ready, c.replicas) } else { String::new() };
        [c.mesh.to_string(), c.name.to_string(), c.object.to_string(), version, counted]
    };
    output::table(["MESH", "COMPONENT", "OBJECT", "VERSION", "READY"], components.iter().map(row), out)
}

fn ready(ready: Option<usize>, replicas: Option<usize>) -> String {
    match (ready, replicas) {
        (Some(ready), Some(replicas)) => format!("{ready}/{replicas}"),
        (Some(ready), None) => ready.to_string(),
        (None, _) => UNKNOWN.to_owned(),
    }
}

fn section(title: &str, lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {}", clean(line)))
}

fn workload_text(page: &WorkloadPage, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} (service account {})\n", clean(&page.workload.to_string()), clean(&page.service_account))?;
    chains(&page.injection, out)?;
    let versions: Vec<String> = page.versions.iter().map(|v| format!("{} {} in {} pods", v.mesh, v.version, v.pods)).collect();
    section("proxies", &versions, out)?;
    let ports: Vec<String> = page.ports.iter().map(port).collect();
    section("ports", &ports, out)?;
    let services: Vec<String> = page.services.iter().map(service).collect();
    section("services", &services, out)?;
    let policies: Vec<String> = page.policies.iter().map(|p| format!("{}: {}", p.object, p.effect)).collect();
    section("policies", &policies, out)?;
    section("waypoint", page.waypoint.as_slice(), out)?;
    output::gaps(&page.gaps, out)
}

fn service(row: &facts::ServiceRow) -> String {
    let waypoint = row.waypoint.as_deref().map_or(String::new(), |w| format!("  through waypoint {w}"));
    format!("{} ({}) {}{waypoint}", row.name, row.kind, row.ports.join(", "))
}

fn port(row: &facts::PortRow) -> String {
    let name = if row.name.is_empty() { String::new() } else { format!(" {}", row.name) };
    let accepts = row.accepts.as_deref().map_or(String::new(), |a| format!("  accepts {}", if a == "unknown" { UNKNOWN } else { a }));
    let decider = row.decider.as_deref().map_or(String::new(), |d| if accepts.is_empty() { format!("  governed by {d}") } else { format!(" ({d})") });
    format!("{}{name}{accepts}{decider}", row.port)
}

fn service_text(page: &ServicePage, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n", clean(&page.service.to_string()), clean(&page.row.kind))?;
    section("ports", &page.row.ports, out)?;
    if page.workloads.is_empty() {
        writeln!(out, "no workload stands behind it")?;
    }
    chains(&page.workloads, out)?;
    let policies: Vec<String> = page.policies.iter().map(|p| format!("{}: {}", p.object, p.effect)).collect();
    section("policies", &policies, out)?;
    section("waypoint", page.row.waypoint.as_slice(), out)?;
    output::gaps(&page.gaps, out)
}
