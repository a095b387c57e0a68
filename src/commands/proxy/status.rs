//! `proxy status`: does every proxy have what its control plane holds.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use futures::future::join_all;

use super::words::{self as proxy_words, Unasked};
use crate::cli::{GlobalArgs, ListArgs};
use crate::cluster::live::{Bounds, Connection, PodPort, Unreached};
use crate::commands::{Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::mesh::istio::syncz::{self, Connected};
use crate::model::{Gap, Kind, ObjectRef, Pod};
use crate::output::{self, Page, Report, Table};
use crate::views::{self, AskedIstiod, ProxyRow, ProxyState, ProxyStatusReport};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh proxy status                    # every proxy, of every revision
  kubectl mesh proxy status -n shop -o wide    # each type of configuration
  kubectl mesh proxy status deploy/cart -n shop
  kubectl mesh proxy status --revision canary  # proxies of one revision";

/// Istiod's monitoring port.
const PORT: u16 = 15014;
/// Between two answers that are compared.
const PAUSE: Duration = Duration::from_secs(1);

/// Show whether every proxy has what its control plane holds
///
/// Every istiod of every revision is asked which proxies are connected to it, what they were sent and what they took; beside that stand the pods there
/// are, so that one which no istiod knows is shown as well. Linkerd's control plane keeps no such account. Exit code 0: all have it; 1: some have not;
/// 3: not enough could be asked to tell.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ProxyStatusArgs {
    /// A pod, or a workload for its pods
    #[arg(value_name = "POD", num_args = 0..=2)]
    pub pod: Vec<String>,
    /// Only proxies of this revision, or of the one that this tag stands for
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// Saved answers of istiods to /debug/syncz to read instead of asking (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub syncz: Vec<PathBuf>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Runs the command.
pub async fn run(args: &ProxyStatusArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    words::understood(&args.pod)?;
    // Before anything is read that takes long.
    let saved: Vec<AskedIstiod> = args.syncz.iter().map(|path| from_file(path)).collect::<Result<_, _>>()?;
    let loaded = load::load(global, &proxy_words::read_request(), terminal).await?;
    let world = &loaded.world;
    if let Some(revision) = args.revision.as_deref().filter(|name| world.istio.revision(name).is_none()) {
        return Err(unknown_revision(revision, world));
    }
    let only = match args.pod.is_empty() {
        true => None,
        false => Some(
            proxy_words::pods(world, &args.pod, global)?.into_iter().map(|pod| pod.metadata.reference(Kind::Pod)).collect::<BTreeSet<ObjectRef>>(),
        ),
    };
    let mut unasked = Unasked::default();
    let asked = match (saved.is_empty(), proxy_words::connection(world, global).await?) {
        (false, _) => saved,
        (true, Some(connection)) => ask_all(&connection, world, &mut unasked).await,
        (true, None) => {
            return Err(proxy_words::no_cluster(
                "save one with `kubectl port-forward -n istio-system deploy/istiod 15014` and `curl localhost:15014/debug/syncz`, then name it with --syncz",
            ));
        }
    };
    let report = views::proxy_status(world, &asked, only.as_ref(), args.revision.as_deref());
    if report.proxies.is_empty() {
        words::nothing("proxies of Istio", world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    unasked.advise(terminal);
    let judged = words::judged(world, &[Kind::Pod], report.proxies.is_empty(), terminal);
    Ok(match (report.proxies.iter().any(|row| row.state.is_trouble()), report.is_open()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Unreadable,
        (false, false) => judged,
    })
}

fn unknown_revision(revision: &str, world: &crate::world::World) -> CliError {
    let known: Vec<&str> = world.istio.control_planes.iter().filter_map(|plane| plane.revision.as_deref()).collect();
    let known = if known.is_empty() { "no control plane of Istio is to be seen".to_owned() } else { format!("there are {}", known.join(", ")) };
    CliError::usage(format!("there is no revision or tag {revision:?}")).hint(known)
}

fn from_file(path: &Path) -> Result<AskedIstiod, CliError> {
    let unusable = |error: &dyn std::fmt::Display| CliError::usage(format!("cannot read {}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| unusable(&error))?;
    let connected = syncz::read(&mut io::BufReader::new(file)).map_err(|error| unusable(&error))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let object = ObjectRef { kind: Kind::Pod, namespace: "".into(), name: name.as_ref().into(), api_version: "v1".into() };
    Ok(AskedIstiod { object, first: Ok(connected), again: None })
}

/// Asks every istiod, and those that answered once more where a moment may make a difference.
async fn ask_all(connection: &Connection, world: &crate::world::World, unasked: &mut Unasked) -> Vec<AskedIstiod> {
    let istiods = views::istiods(world);
    let answers = join_all(istiods.iter().map(|pod| ask(connection, pod))).await;
    let mut asked: Vec<AskedIstiod> = Vec::new();
    for (pod, answer) in istiods.iter().zip(answers) {
        let first = answer.map_err(|why| gap(pod, why, unasked));
        asked.push(AskedIstiod { object: pod.metadata.reference(Kind::Pod), first, again: None });
    }
    if AskedIstiod::take_another(&asked, world.now) {
        tokio::time::sleep(PAUSE).await;
        let again = join_all(istiods.iter().zip(&asked).map(async |(pod, before)| match &before.first {
            Ok(_) => ask(connection, pod).await.ok(),
            Err(_) => None,
        }))
        .await;
        for (before, again) in asked.iter_mut().zip(again) {
            before.again = again;
        }
    }
    asked
}

async fn ask(connection: &Connection, pod: &Pod) -> Result<Vec<Connected>, Unreached> {
    if pod.status.phase != "Running" {
        return Err(Unreached::NotRunning(pod.status.phase.to_string()));
    }
    let mut http = connection.pod_http(&port(pod), Bounds::DUMP).await?;
    http.get("/debug/syncz").await?.ok().await?.decode(|body| syncz::read(body)).await
}

fn port(pod: &Pod) -> PodPort {
    PodPort::new(&pod.metadata.namespace, &pod.metadata.name, PORT)
}

/// Says what may be behind the statuses that istiod refuses with.
fn gap(pod: &Pod, why: Unreached, unasked: &mut Unasked) -> Gap {
    let behind = match &why {
        Unreached::Status { status: 404, .. } => "its debug endpoints are off: ENABLE_DEBUG_ON_HTTP=false",
        Unreached::Status { status: 401 | 403, .. } => "its debug endpoints let nobody in, not even from within the pod",
        _ => "",
    };
    match unasked.gap(&port(pod), &why) {
        Gap::Unanswered { object, detail } if !behind.is_empty() => Gap::Unanswered { object, detail: format!("{detail}; {behind}").into() },
        gap => gap,
    }
}

impl ProxyStatusReport {
    /// Whether the state of any proxy could not be told.
    fn is_open(&self) -> bool {
        let unanswered = self.gaps.iter().any(|gap| matches!(gap, Gap::Unanswered { .. }));
        unanswered && (self.proxies.is_empty() || self.proxies.iter().any(|row| row.state == ProxyState::Unknown))
    }

    fn headline(&self) -> String {
        let count = |wanted: &dyn Fn(ProxyState) -> bool| self.proxies.iter().filter(|row| wanted(row.state)).count();
        let (trouble, unknown) = (count(&|state| state.is_trouble()), count(&|state| state == ProxyState::Unknown));
        let all = match self.proxies.len() {
            1 => "1 proxy".to_owned(),
            n => format!("{n} proxies"),
        };
        match (trouble, unknown) {
            (0, 0) => format!("✔ {all}, and each has what its control plane holds."),
            (0, n) => format!("? {all}; of {n} it cannot be told whether they have what their control plane holds."),
            (n, _) => format!("✖ {n} of {all}: not what the control plane holds."),
        }
    }
}

impl Report for ProxyStatusReport {
    const KIND: Option<&'static str> = Some("ProxyStatusReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if self.proxies.is_empty() {
            return Vec::new();
        }
        let cells = |row: &ProxyRow| {
            let state = format!("{} {}", mark(row.state), row.state);
            let text = |value: &Option<crate::model::Str>| value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let (namespace, name) = (row.object.namespace.to_string(), row.object.name.to_string());
            [
                namespace,
                name,
                row.kind.to_string(),
                text(&row.revision),
                text(&row.istiod),
                text(&row.version),
                state,
                row.note.clone().unwrap_or_default(),
            ]
        };
        let usual = ["NAMESPACE", "POD", "KIND", "REVISION", "ISTIOD", "VERSION", "STATE", "NOTE"];
        if !page.wide {
            return vec![Table::new(usual, self.proxies.iter().map(cells))];
        }
        let header = ["NAMESPACE", "POD", "KIND", "REVISION", "ISTIOD", "VERSION", "STATE", "TYPES", "NOTE"];
        let rows = self.proxies.iter().map(|row| {
            let [namespace, name, kind, revision, istiod, version, state, note] = cells(row);
            [namespace, name, kind, revision, istiod, version, state, types(row), note]
        });
        vec![Table::new(header, rows)]
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let whole = !page.shapes_tables() && !self.proxies.is_empty();
        if whole {
            page.line(&self.headline(), out)?;
            writeln!(out)?;
        }
        page.tables(&self.tables(page), out)?;
        if self.linkerd_not_asked > 0 && whole {
            writeln!(out)?;
            page.line(&format!("· {} of Linkerd not asked: its control plane keeps no account of what each has", self.linkerd_not_asked), out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.proxies.iter().map(|row| row.object.clone()).collect()
    }
}

fn mark(state: ProxyState) -> char {
    match state {
        ProxyState::Synced => '✔',
        ProxyState::Updating | ProxyState::Orphan => '▲',
        ProxyState::Unknown => '?',
        _ => '✖',
    }
}

/// `CDS ✔ 12s, LDS ✖ refused`.
fn types(row: &ProxyRow) -> String {
    let one = |one: &views::TypeRow| {
        let age = one.age_seconds.map_or(String::new(), |age| format!(" {age}s"));
        format!("{} {}{age}", one.name, one.state)
    };
    row.types.iter().map(one).collect::<Vec<_>>().join(", ")
}
