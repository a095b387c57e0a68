//! What the metrics of both meshes say of calls that happened: which series to ask a Prometheus for, and what its answers mean.
//!
//! Servers' proxies are asked alone: only they know whether a call came in by mutual TLS, and each call is counted once.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Encryption, MeshId, ObservedCall, Party, Sample, Str};

/// A question to a Prometheus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The mesh whose proxies count it.
    pub mesh: MeshId,
    /// In PromQL.
    pub text: String,
}

/// The proxies that a Prometheus has fresh metrics of, one series each.
pub const PROXIES: &str = "count by (namespace,pod,instance) (istio_build{component!=\"pilot\"} or proxy_build_info)";

/// Proxies that it cannot scrape now, by the ports that they show metrics on.
pub const DOWN: &str = "up{instance=~\".*:(15020|15090|4191)\"} == 0";

/// How many seconds ago the oldest of what it still knows of a window was scraped.
pub fn oldest(since: &str) -> String {
    let step = (seconds(since) / 60).max(1);
    format!("time() - min(min_over_time(timestamp(up)[{since}:{step}s]))")
}

/// How far back all that is known reaches, where that is less than was asked for.
pub fn shorter(since: &str, oldest: f64) -> Option<String> {
    let asked = seconds(since);
    // A scrape more or less, and the steps in which it was looked for.
    (oldest.is_finite() && oldest >= 0.0 && (oldest as u64) + asked / 20 + 60 < asked).then(|| words((oldest as u64).max(1)))
}

/// The end of a window by which is told what happens no more; nothing for windows too short for that.
pub fn lately(since: &str) -> Option<String> {
    let part = (seconds(since) / 10).max(300);
    (part * 3 <= seconds(since)).then(|| words(part))
}

/// A duration of PromQL in seconds.
fn seconds(window: &str) -> u64 {
    const UNITS: [(&str, u64); 7] = [("ms", 0), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000)];
    let (mut rest, mut sum) = (window, 0_u64);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some((unit, size)) = UNITS.iter().find(|(unit, _)| rest[digits..].starts_with(unit)) else { break };
        sum = sum.saturating_add(rest[..digits].parse::<u64>().unwrap_or_default().saturating_mul(*size));
        rest = &rest[digits + unit.len()..];
    }
    sum
}

/// Seconds as a duration of PromQL, in the largest unit of which there is more than one.
fn words(seconds: u64) -> String {
    let (size, unit) = [(86_400, "d"), (3_600, "h"), (60, "m")].into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1, "s"));
    format!("{}{unit}", seconds / size)
}

const ISTIO: &str = "source_workload,source_workload_namespace,source_principal,destination_workload,destination_workload_namespace,\
                     destination_service_name,destination_service_namespace,connection_security_policy";
const LINKERD: &str = "tls,client_id,namespace,deployment,statefulset,daemonset,replicaset,k8s_job,pod,target_port";

/// The questions that tell who called whom within `since`.
pub fn queries(since: &str) -> Vec<Query> {
    // A series that began within the window counts as a whole: `increase` alone would lose its first value.
    let counted = |metric: &str, by: &str| {
        format!("sum by ({by}) ((last_over_time({metric}[{since}]) unless {metric} offset {since}) or increase({metric}[{since}])) > 0")
    };
    let istio = |metric: &str| Query { mesh: MeshId::Istio, text: counted(&format!("{metric}{{reporter=~\"destination|waypoint\"}}"), ISTIO) };
    let linkerd =
        |metric: &str, more: &str| Query { mesh: MeshId::Linkerd, text: counted(&format!("{metric}{{direction=\"inbound\"{more}}}"), LINKERD) };
    vec![
        istio("istio_requests_total"),
        istio("istio_tcp_connections_opened_total"),
        linkerd("request_total", ""),
        linkerd("tcp_open_total", ",peer=\"src\""),
    ]
}

/// What metrics of a mesh never show.
pub const fn not_shown(mesh: MeshId) -> &'static [&'static str] {
    match mesh {
        MeshId::Istio => &[
            "ports: Istio's metrics name the Service that was called",
            "calls that were refused in the handshake, and those to ports that bypass the proxy",
        ],
        MeshId::Linkerd => {
            &["who sends plaintext: a client without an identity has no name in Linkerd's metrics", "calls to ports that bypass the proxy"]
        }
    }
}

/// The calls that the answers to a mesh's questions tell of, each client and server once; requests and connections of one pair are not added up.
pub fn calls<'s>(answers: impl IntoIterator<Item = (MeshId, &'s [Sample])>) -> Vec<ObservedCall> {
    let mut found: BTreeMap<Key, Counted> = BTreeMap::new();
    for (mesh, samples) in answers {
        let mut of_answer = BTreeMap::new();
        for sample in samples.iter().filter(|s| s.value > 0.0 && s.value.is_finite()) {
            let Some((key, service)) = (match mesh {
                MeshId::Istio => istio(sample),
                MeshId::Linkerd => linkerd(sample),
            }) else {
                continue;
            };
            let (count, of) = of_answer.entry(key).or_insert((0.0, None));
            *count += sample.value;
            *of = service.or(of.take());
        }
        for (key, (count, service)) in of_answer {
            let (most, of) = found.entry(key).or_insert((0.0, None));
            *most = most.max(count);
            *of = service.or(of.take());
        }
    }
    let made = found.into_iter().map(|((mesh, client, server, encryption, port), (count, service))| ObservedCall {
        mesh,
        client,
        server,
        service,
        port,
        encryption,
        // Whatever was seen was seen once at least.
        count: (count.round() as u64).max(1),
        quiet_for: None,
    });
    made.collect()
}

/// Marks the calls that are not among those of the last part of the window.
pub fn mark_quiet(calls: &mut [ObservedCall], lately: &[ObservedCall], part: &str) {
    let key = |c: &ObservedCall| (c.mesh, c.client.clone(), c.server.clone(), c.encryption, c.port);
    let still: BTreeSet<_> = lately.iter().map(key).collect();
    for call in calls {
        if !still.contains(&key(call)) {
            call.quiet_for = Some(part.into());
        }
    }
}

type Key = (MeshId, Party, Party, Encryption, Option<u16>);
/// How often, and the Service that was called.
type Counted = (f64, Option<(Str, Str)>);

fn label<'s>(sample: &'s Sample, name: &str) -> &'s str {
    sample.labels.get(name).map(String::as_str).filter(|text| *text != "unknown").unwrap_or_default()
}

fn istio(sample: &Sample) -> Option<(Key, Option<(Str, Str)>)> {
    let party = |side: &str, identity: &str| Party {
        namespace: label(sample, &format!("{side}_workload_namespace")).into(),
        name: label(sample, &format!("{side}_workload")).into(),
        identity: identity.into(),
    };
    let server = party("destination", "");
    if server.name.is_empty() {
        return None;
    }
    // Envoy says `none`, ztunnel `unknown` of what is not mutual TLS.
    let encrypted = label(sample, "connection_security_policy") == "mutual_tls";
    let principal = label(sample, "source_principal");
    let mut client = party("source", principal.strip_prefix("spiffe://").unwrap_or(principal));
    if client.namespace.is_empty() {
        client.namespace = client.identity.split("/ns/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().into();
    }
    let (service, home) = (label(sample, "destination_service_name"), label(sample, "destination_service_namespace"));
    let service = (!service.is_empty() && !service.contains("Cluster")).then(|| (Str::from(home), Str::from(service)));
    let encryption = if encrypted { Encryption::MutualTls } else { Encryption::Plaintext };
    Some(((MeshId::Istio, client, server, encryption, None), service))
}

fn linkerd(sample: &Sample) -> Option<(Key, Option<(Str, Str)>)> {
    const WORKLOADS: [&str; 6] = ["deployment", "statefulset", "daemonset", "k8s_job", "replicaset", "pod"];
    let name = WORKLOADS.iter().map(|kind| label(sample, kind)).find(|name| !name.is_empty())?;
    let server = Party { namespace: label(sample, "namespace").into(), name: name.into(), identity: Str::default() };
    let identity = label(sample, "client_id");
    let encrypted = label(sample, "tls") == "true";
    // `ACCOUNT.NAMESPACE.serviceaccount.identity.…`
    let namespace = identity.split('.').nth(1).filter(|_| identity.contains(".serviceaccount.")).unwrap_or_default();
    let client = Party { namespace: namespace.into(), name: Str::default(), identity: identity.into() };
    let encryption = if encrypted { Encryption::MutualTls } else { Encryption::Plaintext };
    Some(((MeshId::Linkerd, client, server, encryption, label(sample, "target_port").parse().ok()), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(labels: &[(&str, &str)], value: f64) -> Sample {
        Sample { labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(), value }
    }

    #[test]
    fn istio_tells_workloads_and_whether_they_were_encrypted() {
        let of = |policy: &str, principal: &str, source: &str| {
            sample(
                &[
                    ("source_workload", source),
                    ("source_workload_namespace", if source == "unknown" { "unknown" } else { "web" }),
                    ("source_principal", principal),
                    ("destination_workload", "cart"),
                    ("destination_workload_namespace", "shop"),
                    ("destination_service_name", "cart"),
                    ("destination_service_namespace", "shop"),
                    ("connection_security_policy", policy),
                ],
                2.6,
            )
        };
        let all = [
            of("mutual_tls", "spiffe://td/ns/web/sa/front", "front"),
            of("none", "unknown", "unknown"),
            of("mutual_tls", "spiffe://td/ns/jobs/sa/j", "unknown"),
        ];
        let calls = calls([(MeshId::Istio, &all[..])]);
        let told: Vec<_> = calls.iter().map(|c| (c.client.namespace.as_str(), c.client.name.as_str(), c.encryption, c.count)).collect();
        assert_eq!(told, [("", "", Encryption::Plaintext, 3), ("jobs", "", Encryption::MutualTls, 3), ("web", "front", Encryption::MutualTls, 3)]);
        assert_eq!(calls[2].service, Some(("shop".into(), "cart".into())));
    }

    #[test]
    fn ztunnels_unknown_is_plaintext_and_what_has_no_server_is_nothing() {
        let plain =
            sample(&[("destination_workload", "db"), ("destination_workload_namespace", "shop"), ("connection_security_policy", "unknown")], 1.0);
        let lost = sample(&[("destination_workload", "unknown"), ("connection_security_policy", "none")], 1.0);
        let calls = calls([(MeshId::Istio, &[plain, lost][..])]);
        assert_eq!(calls.iter().map(|c| (c.server.name.as_str(), c.encryption)).collect::<Vec<_>>(), [("db", Encryption::Plaintext)]);
    }

    #[test]
    fn linkerd_tells_identities_and_ports_and_counts_a_pair_once() {
        let of = |tls: &str, id: &str, value| {
            sample(
                &[("tls", tls), ("client_id", id), ("namespace", "shop"), ("deployment", "cart"), ("pod", "cart-1"), ("target_port", "8080")],
                value,
            )
        };
        let (requests, connections) = (
            [of("true", "front.web.serviceaccount.identity.linkerd.cluster.local", 7.0), of("no_identity", "", 0.2)],
            [of("true", "front.web.serviceaccount.identity.linkerd.cluster.local", 1.0), of("no_identity", "", f64::NAN)],
        );
        let calls = calls([(MeshId::Linkerd, &requests[..]), (MeshId::Linkerd, &connections[..])]);
        let told: Vec<_> = calls.iter().map(|c| (c.client.namespace.as_str(), c.encryption, c.port, c.count)).collect();
        assert_eq!(told, [("", Encryption::Plaintext, Some(8080), 1), ("web", Encryption::MutualTls, Some(8080), 7)]);
    }

    #[test]
    fn windows_that_reach_further_back_than_the_metrics_are_cut() {
        assert_eq!([seconds("1h30m"), seconds("7d"), seconds("500ms"), seconds("90s")], [5_400, 604_800, 0, 90]);
        assert_eq!(shorter("7d", 2.0 * 86_400.0 + 5.0).as_deref(), Some("2d"));
        assert_eq!([shorter("7d", 604_000.0), shorter("1h", 3_590.0), shorter("1h", f64::NAN)], [None, None, None], "a little is no difference");
        assert_eq!([lately("7d"), lately("1h"), lately("10m")], [Some("16h".to_owned()), Some("6m".to_owned()), None]);
    }

    #[test]
    fn calls_that_have_ended_are_told_from_those_that_go_on() {
        let of = |name: &str| {
            sample(
                &[
                    ("source_workload", name),
                    ("source_workload_namespace", "web"),
                    ("destination_workload", "cart"),
                    ("destination_workload_namespace", "shop"),
                    ("connection_security_policy", "mutual_tls"),
                ],
                1.0,
            )
        };
        let mut all = calls([(MeshId::Istio, &[of("front"), of("old")][..])]);
        mark_quiet(&mut all, &calls([(MeshId::Istio, &[of("front")][..])]), "16h");
        let told: Vec<_> = all.iter().map(|c| (c.client.name.as_str(), c.quiet_for.as_deref())).collect();
        assert_eq!(told, [("front", None), ("old", Some("16h"))]);
    }

    #[test]
    fn questions_name_the_window_and_the_servers_alone() {
        let all = queries("30m");
        assert!(all.len() == 4 && all.iter().all(|q| q.text.matches("30m").count() == 3 && !q.text.contains("source\"")));
        assert!(all[0].text.contains("istio_requests_total{reporter=~\"destination|waypoint\"}") && all[3].text.contains("peer=\"src\""));
    }
}
