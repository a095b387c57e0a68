//! `proxy ztunnel`: what the node proxies of ambient mode hold.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use futures::future::join_all;

use super::words::{self as proxy_words, Unasked};
use crate::cli::{GlobalArgs, ListArgs};
use crate::cluster::live::{Bounds, Connection, PodPort, Unreached};
use crate::commands::{Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::mesh::istio::ztunnel::{self as dump, ZtunnelDump};
use crate::model::{Gap, Kind, ObjectRef, Pod, Str};
use crate::output::{self, Page, Report, Table};
use crate::views::{self, Captured, ZtunnelAnswer, ZtunnelPart, ZtunnelReport, ZtunnelWanted};
use crate::world::World;

const EXAMPLES: &str = "\
Examples:
  kubectl mesh proxy ztunnel workloads                     # as the first ztunnel that answers knows them
  kubectl mesh proxy ztunnel connections cart-6d5f -n shop # of one pod; also tells whether it is captured
  kubectl mesh proxy ztunnel certificates node-1           # of one node
  kubectl mesh proxy ztunnel policies --ztunnel-dump dump.json";

/// Show what ztunnels hold
///
/// Workloads, services and policies are the mesh's and the same on every node; certificates and connections are a node's own. Of a pod it is also told
/// whether its node's ztunnel captures it. Exit code 1: the pod is not captured; 3: no ztunnel could be asked.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ZtunnelArgs {
    /// What to show
    #[arg(value_enum)]
    pub part: Part,
    /// A node, a ztunnel's pod, or a pod in the mesh
    #[arg(value_name = "NODE|POD")]
    pub of: Option<String>,
    /// A saved /config_dump of a ztunnel to read instead of asking (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub ztunnel_dump: Vec<PathBuf>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Workloads of the mesh
    Workloads,
    /// Services of the mesh
    Services,
    /// Policies that ztunnels enforce
    Policies,
    /// Certificates of the node's identities
    Certificates,
    /// Open connections of the node's pods
    Connections,
}

impl From<Part> for ZtunnelPart {
    fn from(part: Part) -> Self {
        match part {
            Part::Workloads => Self::Workloads,
            Part::Services => Self::Services,
            Part::Policies => Self::Policies,
            Part::Certificates => Self::Certificates,
            Part::Connections => Self::Connections,
        }
    }
}

/// Runs the command.
pub async fn run(args: &ZtunnelArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    let saved: Vec<ZtunnelAnswer> = args.ztunnel_dump.iter().map(|path| from_file(path)).collect::<Result<_, _>>()?;
    let mut unasked = Unasked::default();
    // A dump tells enough by itself; a cluster is read only when something is asked of it.
    if !saved.is_empty() {
        let namespaces = global.cluster.namespaces();
        let in_scope = |namespace: &str| namespaces.is_empty() || namespaces.iter().any(|one| one == namespace);
        let pod = args.of.as_deref().map(|name| saved_pod(&saved, name, global)).transpose()?;
        let wanted = ZtunnelWanted { part: args.part.into(), pod, in_scope: &in_scope, now: jiff::Timestamp::now() };
        let report = views::ztunnel(&saved, &wanted, Vec::new());
        terminal.show(&report, view, None)?;
        return Ok(verdict(&report));
    }
    let loaded = load::load(global, &proxy_words::read_request(), terminal).await?;
    let world = &loaded.world;
    let Some(connection) = proxy_words::connection(world, global).await? else {
        return Err(proxy_words::no_cluster(
            "save one with `kubectl port-forward -n istio-system ZTUNNEL 15000` and `curl localhost:15000/config_dump`, then name it with --ztunnel-dump",
        ));
    };
    let (asked, pod) = of_whom(world, args.of.as_deref(), global)?;
    if asked.is_empty() {
        words::nothing("ztunnel", world, terminal);
    }
    let mesh_wide = !matches!(args.part, Part::Certificates | Part::Connections) && pod.is_none();
    let (answers, gaps) = ask(&connection, &asked, mesh_wide, &mut unasked).await;
    let in_scope = |namespace: &str| world.in_scope(namespace);
    let report = views::ztunnel(&answers, &ZtunnelWanted { part: args.part.into(), pod, in_scope: &in_scope, now: world.now }, gaps);
    terminal.show(&report, view, Some(world))?;
    unasked.advise(terminal);
    Ok(match verdict(&report) {
        Exit::Ok => words::judged(world, &[Kind::Pod], report.ztunnels.is_empty(), terminal),
        bad => bad,
    })
}

fn verdict(report: &ZtunnelReport) -> Exit {
    match report.pod.as_ref().map(|pod| pod.state) {
        Some(Captured::No) => Exit::Findings,
        Some(Captured::Unknown) => Exit::Unreadable,
        _ if report.ztunnels.is_empty() && !report.gaps.is_empty() => Exit::Unreadable,
        _ => Exit::Ok,
    }
}

fn from_file(path: &Path) -> Result<ZtunnelAnswer, CliError> {
    let unusable = |error: &dyn std::fmt::Display| CliError::usage(format!("cannot read {}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| unusable(&error))?;
    let dump = dump::read(&mut io::BufReader::new(file)).map_err(|error| unusable(&error))?;
    Ok(ZtunnelAnswer { name: path.display().to_string().into(), node: Str::default(), dump })
}

/// A pod by what the dumps say of it.
fn saved_pod(saved: &[ZtunnelAnswer], name: &str, global: &GlobalArgs) -> Result<(ObjectRef, String), CliError> {
    let namespace = words::namespace(global);
    let (bare, namespace) = match (namespace, name.rsplit_once('.')) {
        (Some(namespace), _) => (name, Some(namespace)),
        (None, Some((bare, namespace))) => (bare, Some(namespace)),
        (None, None) => (name, None),
    };
    let known = saved.iter().flat_map(|answer| &answer.dump.workloads);
    let found = known.into_iter().find(|one| one.name == bare && namespace.is_none_or(|namespace| one.namespace == namespace));
    let found = found.ok_or_else(|| CliError::usage(format!("the dump knows no workload {name}")))?;
    let object = ObjectRef { kind: Kind::Pod, namespace: found.namespace.clone(), name: found.name.clone(), api_version: "v1".into() };
    Ok((object, identity(&found.namespace, &found.service_account)))
}

/// The end of a SPIFFE id, which is the same in every trust domain.
fn identity(namespace: &str, account: &str) -> String {
    let account = if account.is_empty() { "default" } else { account };
    format!("/ns/{namespace}/sa/{account}")
}

type OfPod = Option<(ObjectRef, String)>;

/// The ztunnels to ask, and the pod that is asked about, where it is one.
fn of_whom<'w>(world: &'w World, of: Option<&str>, global: &GlobalArgs) -> Result<(Vec<&'w Pod>, OfPod), CliError> {
    let is_ztunnel = |pod: &&Pod| pod.metadata.labels.is("app", "ztunnel") && !pod.is_over();
    let all: Vec<&Pod> = world.index.pods().iter().filter(is_ztunnel).collect();
    let Some(name) = of else { return Ok((all, None)) };
    let named = |pod: &&&Pod| pod.metadata.name == name || pod.spec.node_name == name;
    let some: Vec<&Pod> = all.iter().filter(named).copied().collect();
    if !some.is_empty() {
        return Ok((some, None));
    }
    let pods = proxy_words::pods(world, &[name.to_owned()], global)?;
    let [pod] = pods.as_slice() else {
        return Err(CliError::usage(format!("{name} is {} pods", pods.len())).hint("name one of them"));
    };
    let beside = all.into_iter().filter(|ztunnel| ztunnel.spec.node_name == pod.spec.node_name).collect();
    Ok((beside, Some((pod.metadata.reference(Kind::Pod), identity(&pod.metadata.namespace, &pod.spec.service_account_name)))))
}

/// Asks each; of what is the mesh's one answer is enough.
async fn ask(connection: &Connection, asked: &[&Pod], one_is_enough: bool, unasked: &mut Unasked) -> (Vec<ZtunnelAnswer>, Vec<Gap>) {
    let (mut answers, mut gaps) = (Vec::new(), Vec::new());
    let mut judge = |pod: &Pod, answer: Result<ZtunnelDump, Unreached>| match answer {
        Ok(dump) => answers.push(ZtunnelAnswer { name: pod.metadata.name.clone(), node: pod.spec.node_name.clone(), dump }),
        Err(why) => gaps.push(unasked.gap(&port(pod), &why)),
    };
    if one_is_enough {
        for pod in asked {
            let answer = dump_of(connection, &port(pod)).await;
            let done = answer.is_ok();
            judge(pod, answer);
            if done {
                break;
            }
        }
    } else {
        let all = join_all(asked.iter().map(async |pod| dump_of(connection, &port(pod)).await)).await;
        asked.iter().zip(all).for_each(|(pod, answer)| judge(pod, answer));
    }
    (answers, gaps)
}

/// What a ztunnel holds.
pub(in crate::commands) async fn dump_of(connection: &Connection, at: &PodPort) -> Result<ZtunnelDump, Unreached> {
    let mut http = connection.pod_http(at, Bounds::DUMP).await?;
    http.get("/config_dump").await?.ok().await?.decode(|body| dump::read(body)).await
}

fn port(pod: &Pod) -> PodPort {
    PodPort::new(&pod.metadata.namespace, &pod.metadata.name, dump::ADMIN_PORT)
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "None".to_owned() } else { text.to_owned() }
}

impl Report for ZtunnelReport {
    const KIND: Option<&'static str> = Some("ZtunnelReport");

    fn tables(&self, _: Page<'_>) -> Vec<Table> {
        let joined = |all: &[Str]| all.join(",");
        let table = match self.part {
            ZtunnelPart::Workloads => Table::new(
                ["NAMESPACE", "POD NAME", "ADDRESS", "NODE", "WAYPOINT", "PROTOCOL"],
                self.workloads.iter().map(|one| {
                    let (namespace, name, node) = (one.namespace.to_string(), one.name.to_string(), one.node.to_string());
                    [namespace, name, joined(&one.addresses), node, or_none(&one.waypoint), one.protocol.to_string()]
                }),
            ),
            ZtunnelPart::Services => Table::new(
                ["NAMESPACE", "SERVICE NAME", "SERVICE VIP", "WAYPOINT", "ENDPOINTS"],
                self.services.iter().map(|one| {
                    let endpoints = format!("{}/{}", one.healthy, one.endpoints);
                    [one.namespace.to_string(), one.name.to_string(), joined(&one.addresses), or_none(&one.waypoint), endpoints]
                }),
            ),
            ZtunnelPart::Policies => Table::new(
                ["NAMESPACE", "POLICY NAME", "ACTION", "SCOPE"],
                self.policies.iter().map(|one| {
                    let action = if one.dry_run { format!("{} (dry run)", one.action) } else { one.action.to_string() };
                    [one.namespace.to_string(), one.name.to_string(), action, one.scope.to_string()]
                }),
            ),
            ZtunnelPart::Certificates => Table::new(
                ["ZTUNNEL", "CERTIFICATE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE"],
                self.certificates.iter().map(|one| {
                    let (valid, role) = (one.valid.to_string(), one.role.to_string());
                    let (ztunnel, identity, status) = (one.ztunnel.to_string(), one.identity.to_string(), one.status.to_string());
                    [ztunnel, identity, role, status, valid, one.serial.clone(), one.not_after.to_string(), one.not_before.to_string()]
                }),
            ),
            ZtunnelPart::Connections => Table::new(
                ["WORKLOAD", "DIRECTION", "SOURCE", "DESTINATION", "TARGET", "PROTOCOL"],
                self.connections.iter().map(|one| {
                    let (source, destination, target) = (one.source.to_string(), one.destination.to_string(), one.target.to_string());
                    [format!("{}.{}", one.pod, one.namespace), one.direction.to_owned(), source, destination, target, one.protocol.to_string()]
                }),
            ),
        };
        let rows = self.workloads.len() + self.services.len() + self.policies.len() + self.certificates.len() + self.connections.len();
        if rows == 0 { Vec::new() } else { vec![table] }
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let by = self.ztunnels.first().map_or_else(String::new, |ztunnel| format!(" by {}", ztunnel.name));
        if let Some(pod) = self.pod.as_ref().filter(|_| !page.shapes_tables()) {
            let said = match pod.state {
                Captured::Yes => format!("✔ {} is captured{by}.", pod.object),
                Captured::Pending => format!("▲ {} is about to be captured{by}.", pod.object),
                Captured::No => format!("✖ {} is not captured{by}: its traffic does not go through the mesh.", pod.object),
                Captured::Unknown => format!("? Whether {} is captured cannot be told.", pod.object),
            };
            page.line(&said, out)?;
            writeln!(out)?;
        }
        let tables = self.tables(page);
        if tables.is_empty() && !self.ztunnels.is_empty() {
            page.line(&format!("no {}{by}", self.part), out)?;
        }
        page.tables(&tables, out)?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.pod.iter().map(|pod| pod.object.clone()).collect()
    }
}
