//! `--observed`: which calls really happened, as a Prometheus counted them.

use std::collections::BTreeSet;

use clap::Args;
use futures::future::join_all;

use super::{Terminal, load};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Prometheus};
use crate::error::CliError;
use crate::mesh::observed::{self, DOWN, PROXIES, Query};
use crate::model::{MeshId, Observed, ObservedCall, Pod, Sample, Service, Str, first_of};
use crate::world::{SourceKind, World};

/// Which metrics are asked.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Metrics")]
pub struct ObservedArgs {
    /// Also ask a Prometheus which calls really happened
    #[arg(long)]
    pub observed: bool,
    /// Prometheus to ask: a URL, or svc/NAME.NAMESPACE:PORT (default: the one of the cluster that has metrics of a mesh)
    #[arg(long, value_name = "URL", requires = "observed")]
    pub prometheus: Option<String>,
    /// How far to look back, such as 30m or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = window)]
    pub since: String,
}

/// A duration as PromQL writes it.
fn window(text: &str) -> Result<String, String> {
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let unit = ["ms", "s", "m", "h", "d", "w", "y"].iter().find(|unit| rest[digits..].starts_with(**unit));
        match unit {
            Some(unit) if digits > 0 && rest[..digits].chars().any(|c| c != '0') => rest = &rest[digits + unit.len()..],
            _ => return Err("write a number and s, m, h, d or w, such as 30m".to_owned()),
        }
    }
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// What was counted; nothing where nobody asks.
pub(super) async fn ask(args: &ObservedArgs, world: &World, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Option<Observed>, CliError> {
    if !args.observed {
        return Ok(None);
    }
    let live = matches!(world.source.kind, SourceKind::Cluster | SourceKind::Overlay);
    let timeout = load::request_timeout(global)?;
    let named = args.prometheus.as_deref();
    if let Some(url) = named.filter(|named| named.contains("://")) {
        let prometheus = Prometheus::at(url, timeout).map_err(CliError::usage)?;
        return Ok(Some(questions(&prometheus, args, world, global).await));
    }
    if !live {
        return Err(CliError::usage("files tell nothing of what happened, and no Prometheus is named").hint("add --prometheus http://HOST:9090"));
    }
    let connection = load::connection(global, global.cluster.context.as_deref()).await?;
    let candidates = match named {
        Some(named) => vec![service(named, world)?],
        None => candidates(world),
    };
    let mut missing = match first(&connection, &candidates, named.is_some()).await {
        Ok(prometheus) => return Ok(Some(questions(&prometheus, args, world, global).await)),
        Err(missing) => missing,
    };
    if candidates.is_empty() {
        missing.push("no Service of the cluster looks like a Prometheus: name one with --prometheus".to_owned());
    }
    terminal.note("--prometheus URL names a Prometheus that is not found by itself");
    Ok(Some(Observed { since: args.since.clone(), missing, ..Observed::default() }))
}

/// The Prometheus of a cluster that has metrics of a mesh; otherwise what each that looks like one says instead.
pub(super) async fn of_cluster<'c>(connection: &'c Connection, world: &World) -> Result<Prometheus<'c>, Vec<String>> {
    first(connection, &candidates(world), false).await
}

/// The first that has metrics of proxies, or that is there at all.
async fn first<'c>(connection: &'c Connection, candidates: &[(&Service, String)], any: bool) -> Result<Prometheus<'c>, Vec<String>> {
    let mut missing = Vec::new();
    for (service, port) in candidates {
        let prometheus = Prometheus::behind(connection, service, port);
        match proxies(&prometheus).await {
            Ok(proxies) if proxies > 0 || any => return Ok(prometheus),
            Ok(_) => missing.push(format!("{} has no metrics of a mesh's proxies", prometheus.name())),
            Err(why) => missing.push(why),
        }
    }
    Err(missing)
}

async fn questions(prometheus: &Prometheus<'_>, args: &ObservedArgs, world: &World, global: &GlobalArgs) -> Observed {
    let wanted = |mesh: MeshId| global.source.mesh.id().is_none_or(|only| only == mesh) && world.has_trace_of(mesh);
    let mut seen = Observed { source: prometheus.name().to_owned(), since: args.since.clone(), ..Observed::default() };
    let of = |since: &str| observed::queries(since).into_iter().filter(|q| wanted(q.mesh)).collect::<Vec<Query>>();
    (seen.calls, seen.missing) = calls(prometheus, of(&args.since)).await;
    if seen.missing.is_empty() {
        how_far_back(prometheus, &mut seen).await;
        if let Some(part) = observed::lately(&seen.since) {
            let (recent, missing) = calls(prometheus, of(&part)).await;
            if missing.is_empty() {
                observed::mark_quiet(&mut seen.calls, &recent, &part);
            }
        }
    }
    coverage(prometheus, world, &mut seen).await;
    seen.missing.sort();
    seen.missing.dedup();
    let meshes = [MeshId::Istio, MeshId::Linkerd].into_iter().filter(|mesh| wanted(*mesh));
    seen.not_shown.extend(meshes.flat_map(observed::not_shown).map(|text| (*text).to_owned()));
    seen
}

/// The calls that the answers tell of, and why some were not answered.
pub(super) async fn calls(prometheus: &Prometheus<'_>, queries: Vec<Query>) -> (Vec<ObservedCall>, Vec<String>) {
    let answers = join_all(queries.iter().map(|q| prometheus.query(&q.text))).await;
    let mut read: Vec<(MeshId, Vec<Sample>)> = Vec::new();
    let mut missing = Vec::new();
    for (query, answer) in queries.iter().zip(answers) {
        match answer {
            Ok(samples) => read.push((query.mesh, samples)),
            Err(why) => missing.push(why),
        }
    }
    (observed::calls(read.iter().map(|(mesh, samples)| (*mesh, samples.as_slice()))), missing)
}

/// Cuts the window to what it still knows.
async fn how_far_back(prometheus: &Prometheus<'_>, seen: &mut Observed) {
    let oldest = match prometheus.query(&observed::oldest(&seen.since)).await.map(|samples| samples.first().cloned()) {
        Ok(Some(oldest)) => oldest,
        Ok(None) => return seen.not_shown.push(format!("whether its metrics reach back {}: it does not say when it scraped (up)", seen.since)),
        Err(why) => return seen.not_shown.push(format!("whether its metrics reach back {}: {why}", seen.since)),
    };
    if let Some(known) = observed::shorter(&seen.since, oldest.value) {
        seen.not_shown.push(format!("what happened before: its metrics begin {known} ago, and {} were asked for", seen.since));
        seen.since = known;
    }
}

/// Which running proxies it has no metrics of, and whether they are fresh at all.
async fn coverage(prometheus: &Prometheus<'_>, world: &World, seen: &mut Observed) {
    let running: Vec<&Pod> = world.index.pods().iter().filter(|p| p.status.phase == "Running" && has_proxy(p)).collect();
    let proxies = match prometheus.query(PROXIES).await {
        Ok(proxies) => proxies,
        Err(why) => return seen.missing.push(why),
    };
    let counted = proxies.iter().filter(|s| s.value > 0.0).count();
    if counted == 0 {
        seen.missing.push(if seen.calls.is_empty() {
            format!("{} has no metrics of a mesh's proxies", prometheus.name())
        } else {
            format!("{} has had no metrics of a mesh's proxies for 5 minutes or more: what it counted is old", prometheus.name())
        });
        return;
    }
    let label = |s: &Sample, name: &str| s.labels.get(name).cloned().unwrap_or_default();
    let named: BTreeSet<(String, String)> =
        proxies.iter().map(|s| (label(s, "namespace"), label(s, "pod"))).filter(|(_, pod)| !pod.is_empty()).collect();
    if named.is_empty() && counted < running.len() {
        let all = running.len();
        seen.not_shown.push(format!("what the other {} of {all} running proxies counted: their metrics are not in it", all - counted));
    } else if !named.is_empty() {
        let key = |p: &&&Pod| (p.metadata.namespace.to_string(), p.metadata.name.to_string());
        let unseen: Vec<&&Pod> = running.iter().filter(|p| !named.contains(&key(p))).collect();
        if !unseen.is_empty() {
            let names: Vec<String> = unseen.iter().map(|p| format!("{}/{}", p.metadata.namespace, p.metadata.name)).collect();
            let pods = first_of(&names, 3);
            seen.not_shown.push(format!("what the proxies of {pods} counted: their metrics are not in it"));
        }
        seen.unseen_pods = unseen.iter().map(|p| (p.metadata.namespace.clone(), p.metadata.name.clone())).collect();
    }
    if let Ok(down) = prometheus.query(DOWN).await {
        let of: Vec<String> = down.iter().map(|s| label(s, "instance")).filter(|name| !name.is_empty()).collect();
        if !of.is_empty() {
            seen.not_shown.push(format!("what the proxies at {} count now: they cannot be scraped", first_of(&of, 3)));
        }
    }
}

fn has_proxy(pod: &Pod) -> bool {
    ["istio-proxy", "linkerd-proxy"].iter().any(|name| pod.spec.container(name).is_some())
}

/// How many proxies it has metrics of.
async fn proxies(prometheus: &Prometheus<'_>) -> Result<usize, String> {
    Ok(prometheus.query(PROXIES).await?.iter().filter(|s| s.value > 0.0).count())
}

/// `svc/NAME.NAMESPACE:PORT`.
fn service<'w>(named: &str, world: &'w World) -> Result<(&'w Service, String), CliError> {
    let wrong = || {
        CliError::usage(format!("--prometheus {named:?} is neither a URL nor a Service")).hint("write http://HOST:PORT, or svc/NAME.NAMESPACE:PORT")
    };
    let rest = named.strip_prefix("svc/").ok_or_else(wrong)?;
    let (name, port) = rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port)));
    let (name, namespace) = name.split_once('.').ok_or_else(wrong)?;
    let service =
        world.index.service(namespace, name).ok_or_else(|| CliError::usage(format!("there is no Service {namespace}/{name} that was read")))?;
    Ok((service, port.map_or_else(|| web_port(service), str::to_owned)))
}

/// Whether some Service looks like a Prometheus.
pub(super) fn has_candidates(world: &World) -> bool {
    !candidates(world).is_empty()
}

/// The namespaces of Services that look like a Prometheus.
pub(super) fn namespaces(world: &World) -> BTreeSet<Str> {
    candidates(world).into_iter().map(|(service, _)| service.metadata.namespace.clone()).collect()
}

/// Services that may be a Prometheus, the likeliest first.
fn candidates(world: &World) -> Vec<(&Service, String)> {
    const NOT: [&str; 7] = ["node-exporter", "operator", "alertmanager", "pushgateway", "adapter", "grafana", "kube-state"];
    let score = |service: &Service| {
        let (name, labels) = (service.metadata.name.as_str(), &service.metadata.labels);
        let is = |label: &str| labels.is(label, "prometheus");
        if NOT.iter().any(|not| name.contains(not) && name != "prometheus-operated") {
            return None;
        }
        match name {
            "prometheus" => Some(0),
            _ if is("app.kubernetes.io/name") || is("app") || labels.has("self-monitor") => Some(1),
            _ if name.ends_with("-prometheus") || name == "prometheus-server" => Some(2),
            "prometheus-operated" | "thanos-query" | "thanos-query-frontend" => Some(3),
            _ => None,
        }
    };
    let mut found: Vec<(u8, &Service)> = world.index.services().iter().filter_map(|s| Some((score(s)?, s))).collect();
    found.sort_by_key(|(score, service)| (*score, &service.metadata.namespace, &service.metadata.name));
    found.into_iter().map(|(_, service)| (service, web_port(service))).collect()
}

/// The port of its web interface, as the service proxy takes it.
fn web_port(service: &Service) -> String {
    let ports = &service.spec.ports;
    let named = |name: &str| ports.iter().find(|p| p.name == name);
    let chosen =
        ports.iter().find(|p| p.port == 9090).or_else(|| ["http-web", "web", "http", "admin"].iter().find_map(|n| named(n))).or(ports.first());
    chosen.map_or_else(|| "9090".to_owned(), |p| p.port.to_string())
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn windows_are_durations_of_promql() {
        assert!(["30m", "1h30m", "7d", "90s", "500ms"].iter().all(|text| window(text).is_ok()));
        assert!(["", "1", "h", "0s", "1x", "-1h", "1h]", "1.5h"].iter().all(|text| window(text).is_err()));
    }
}
