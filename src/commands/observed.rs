//! `--observed`: which calls really happened, as a Prometheus counted them.

use clap::Args;
use futures::future::join_all;

use super::{Terminal, load};
use crate::cli::GlobalArgs;
use crate::cluster::live::Prometheus;
use crate::error::CliError;
use crate::mesh::observed::{self, PROXIES, Query};
use crate::model::{MeshId, Observed, Sample, Service};
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
    let mut missing = Vec::new();
    for (service, port) in &candidates {
        let prometheus = Prometheus::behind(&connection, service, port);
        match proxies(&prometheus).await {
            Ok(proxies) if proxies > 0.0 || named.is_some() => return Ok(Some(questions(&prometheus, args, world, global).await)),
            Ok(_) => missing.push(format!("{} has no metrics of a mesh's proxies", prometheus.name())),
            Err(why) => missing.push(why),
        }
    }
    if candidates.is_empty() {
        missing.push("no Service of the cluster looks like a Prometheus: name one with --prometheus".to_owned());
    }
    terminal.note("--prometheus URL names a Prometheus that is not found by itself");
    Ok(Some(Observed { since: args.since.clone(), missing, ..Observed::default() }))
}

async fn questions(prometheus: &Prometheus<'_>, args: &ObservedArgs, world: &World, global: &GlobalArgs) -> Observed {
    let wanted = |mesh: MeshId| global.source.mesh.id().is_none_or(|only| only == mesh) && world.has_trace_of(mesh);
    let queries: Vec<Query> = observed::queries(&args.since).into_iter().filter(|q| wanted(q.mesh)).collect();
    let asked = queries.iter().map(|q| prometheus.query(&q.text));
    let (answers, proxies) = futures::future::join(join_all(asked), proxies(prometheus)).await;
    let mut seen = Observed { source: prometheus.name().to_owned(), since: args.since.clone(), ..Observed::default() };
    let mut read: Vec<(MeshId, Vec<Sample>)> = Vec::new();
    for (query, answer) in queries.iter().zip(answers) {
        match answer {
            Ok(samples) => read.push((query.mesh, samples)),
            Err(why) => seen.missing.push(why),
        }
    }
    seen.calls = observed::calls(read.iter().map(|(mesh, samples)| (*mesh, samples.as_slice())));
    let running = world.index.pods().iter().filter(|p| p.status.phase == "Running" && has_proxy(p)).count();
    match proxies {
        Ok(proxies) if proxies <= 0.0 && seen.calls.is_empty() => {
            seen.missing.push(format!("{} has no metrics of a mesh's proxies", prometheus.name()));
        }
        Ok(proxies) if (proxies as usize) < running && proxies > 0.0 => {
            seen.not_shown
                .push(format!("what the other {} of {running} running proxies counted: their metrics are not in it", running - proxies as usize));
        }
        Ok(_) => {}
        Err(why) => seen.missing.push(why),
    }
    seen.missing.sort();
    seen.missing.dedup();
    let meshes = [MeshId::Istio, MeshId::Linkerd].into_iter().filter(|mesh| wanted(*mesh));
    seen.not_shown.extend(meshes.flat_map(observed::not_shown).map(|text| (*text).to_owned()));
    seen
}

fn has_proxy(pod: &crate::model::Pod) -> bool {
    ["istio-proxy", "linkerd-proxy"].iter().any(|name| pod.spec.container(name).is_some())
}

/// How many proxies it has metrics of.
async fn proxies(prometheus: &Prometheus<'_>) -> Result<f64, String> {
    Ok(prometheus.query(PROXIES).await?.first().map_or(0.0, |sample| sample.value))
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
