//! `proxy stats`: a proxy's own counters.

use clap::Args;
use regex::Regex;
use serde::Serialize;

use super::pod;
use super::words::{self as proxy_words, Unasked};
use crate::cli::{GlobalArgs, ListArgs};
use crate::cluster::live::{Bounds, Connection, PodPort, Unreached};
use crate::commands::{Terminal, load};
use crate::error::{CliError, Exit};
use crate::mesh::pod_proxy::ProxyKind;
use crate::model::{Gap, MeshId, ObjectRef};
use crate::output::{Page, Report, Table};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh proxy stats cart-6d5f -n shop
  kubectl mesh proxy stats cart-6d5f -n shop --filter 'update_rejected|rbac'";

/// Show a proxy's own counters
///
/// Of Envoy those that were ever used, of linkerd-proxy its metrics. Exit code 3: the proxy could not be asked.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatsArgs {
    /// A pod: NAME or NAME.NAMESPACE; of deploy/NAME the first that is ready
    #[arg(value_name = "POD")]
    pub pod: String,
    /// Only those whose line matches this regular expression
    #[arg(long, value_name = "REGEX", value_parser = Regex::new)]
    pub filter: Option<Regex>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// A proxy's counters.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProxyStatsReport {
    /// Its pod.
    object: ObjectRef,
    /// Its mesh.
    mesh: MeshId,
    /// Counters, as the proxy sorts them.
    stats: Vec<Stat>,
    /// What could not be asked.
    gaps: Vec<Gap>,
}

/// A counter.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Stat {
    /// Name, with labels where it has any.
    name: String,
    /// As the proxy writes it.
    value: String,
}

/// Runs the command.
pub async fn run(args: &StatsArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    let source = &global.source;
    if source.demo || source.snapshot.is_some() || !source.paths().is_empty() {
        return Err(proxy_words::no_cluster("leave out -f, --snapshot and --demo"));
    }
    let connection = load::connection(global, global.cluster.context.as_deref()).await?;
    let found = pod::find(&args.pod, global, &connection).await?;
    let (mesh, path) = match found.proxy.kind {
        ProxyKind::Envoy => (MeshId::Istio, "/stats?usedonly"),
        ProxyKind::Linkerd => (MeshId::Linkerd, "/metrics"),
        ProxyKind::Ztunnel => {
            return Err(CliError::usage("a ztunnel counts on its metrics port only").hint("`kubectl mesh proxy ztunnel` shows what it holds"));
        }
    };
    let at = PodPort::new(&found.pod.namespace, &found.pod.name, found.proxy.admin_port);
    let mut unasked = Unasked::default();
    let (stats, gaps) = match ask(&connection, &at, path).await {
        Ok(text) => (stats(&text, args.filter.as_ref()), Vec::new()),
        Err(why) => (Vec::new(), vec![unasked.gap(&at, &why)]),
    };
    let report = ProxyStatsReport { object: found.pod, mesh, stats, gaps };
    if report.stats.is_empty() && report.gaps.is_empty() {
        terminal.note("No counter matches.");
    }
    terminal.show(&report, view, None)?;
    unasked.advise(terminal);
    Ok(if report.gaps.is_empty() { Exit::Ok } else { Exit::Unreadable })
}

async fn ask(connection: &Connection, at: &PodPort, path: &str) -> Result<String, Unreached> {
    let body = connection.pod_get(at, path, Bounds::DUMP).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Envoy writes `name: value`, linkerd-proxy `name{labels} value` with comments in between.
fn stats(text: &str, filter: Option<&Regex>) -> Vec<Stat> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && filter.is_none_or(|filter| filter.is_match(line)));
    let one = |line: &str| {
        let (name, value) = line.split_once(": ").filter(|(name, _)| !name.contains('{')).or_else(|| line.rsplit_once(' '))?;
        Some(Stat { name: name.to_owned(), value: value.to_owned() })
    };
    lines.filter_map(one).collect()
}

impl Report for ProxyStatsReport {
    const KIND: Option<&'static str> = Some("ProxyStatsReport");

    fn tables(&self, _: Page<'_>) -> Vec<Table> {
        if self.stats.is_empty() {
            return Vec::new();
        }
        vec![Table::new(["NAME", "VALUE"], self.stats.iter().map(|stat| [stat.name.clone(), stat.value.clone()]))]
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn objects(&self) -> Vec<ObjectRef> {
        vec![self.object.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_counters_are_read() {
        let names = |text: &str, filter: Option<&str>| {
            let read = stats(text, filter.map(|f| Regex::new(f).unwrap()).as_ref());
            read.into_iter().map(|stat| (stat.name, stat.value)).collect::<Vec<_>>()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let envoy = "cluster_manager.cds.update_rejected: 1\nserver.live: 1\nh: P0(1,2) P25(3,4)\n";
        assert_eq!(names(envoy, Some("rejected|^h")), [pair("cluster_manager.cds.update_rejected", "1"), pair("h", "P0(1,2) P25(3,4)")]);
        let linkerd = "# HELP x: y\ntcp_open_total{peer=\"src\",to=\"a: b\"} 7\nprocess_start 1.5\n";
        assert_eq!(names(linkerd, None), [pair("tcp_open_total{peer=\"src\",to=\"a: b\"}", "7"), pair("process_start", "1.5")]);
    }
}
