use crate::checks::Findings;
use crate::checks::support::linkerd::policy::carrier;
use crate::mesh::linkerd::annotations::{self, CONFIG_NAMES, INJECT, RETIRED_CONFIG_NAMES, RETRY, TIMEOUT, nearest};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation under `config.linkerd.io/`, `config.alpha.linkerd.io/`, `config.beta.linkerd.io/`, `retry.linkerd.io/` or
    /// `timeout.linkerd.io/` that no release of today reads, or one that is `linkerd.io/inject` but for a slip.
    ///
    /// # Why it matters
    ///
    /// Linkerd passes unknown annotations over without a word, and the default stays in force.
    ///
    /// # How to fix it
    ///
    /// Correct the spelling, or remove it.
    ///
    /// Sources: linkerd `pkg/k8s/labels.go`, `pkg/inject/inject.go`.
    "linkerd-annotation-unknown",
    summary: "Linkerd annotation that nothing reads",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service, Kind::EgressNetwork, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

const ALPHA: &[&str] = &["proxy-wait-before-exit-seconds", "proxy-enable-native-sidecar"];
const BETA: &[&str] = &["proxy-enable-native-sidecar"];
/// Everything else that is found under `linkerd.io/` in annotations.
const PLAIN: &[&str] = &["created-by", "proxy-version", "trust-root-sha256", "helm-release-version", "identity-issuer-expiry", "inject"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for carrier in carrier::all(world) {
        for (name, _) in carrier.annotations().iter() {
            let Some((message, severity)) = unknown(name) else { continue };
            carrier.add(findings, &annotations::path(name), message, "Correct the name, or remove the annotation.".to_owned()).severity(severity);
        }
    }
}

fn unknown(annotation: &str) -> Option<(String, Severity)> {
    let (host, name) = annotation.split_once('/')?;
    let (prefix, known): (&str, Vec<&str>) = match host {
        "config.linkerd.io" => (host, CONFIG_NAMES.to_vec()),
        "config.alpha.linkerd.io" => (host, ALPHA.to_vec()),
        "config.beta.linkerd.io" => (host, BETA.to_vec()),
        "retry.linkerd.io" => (host, RETRY.iter().filter_map(|n| n.strip_prefix("retry.linkerd.io/")).collect()),
        "timeout.linkerd.io" => (host, TIMEOUT.iter().filter_map(|n| n.strip_prefix("timeout.linkerd.io/")).collect()),
        "linkerd.io" if !PLAIN.contains(&name) => {
            return nearest(name, &["inject"]).map(|_| (format!("nothing reads {annotation}; {INJECT} was probably meant"), Severity::Error));
        }
        _ => return None,
    };
    if known.contains(&name) {
        return None;
    }
    if host == "config.linkerd.io" && RETIRED_CONFIG_NAMES.contains(&name) {
        return Some((format!("{annotation} was read by earlier releases, and no longer is"), Severity::Info));
    }
    let elsewhere = || [("config.linkerd.io", CONFIG_NAMES), ("config.alpha.linkerd.io", ALPHA)].into_iter().find(|(_, names)| names.contains(&name));
    let meant = match nearest(name, &known) {
        Some(meant) => format!("; {prefix}/{meant} was probably meant"),
        None => elsewhere().map_or_else(String::new, |(host, _)| format!("; {host}/{name} was probably meant")),
    };
    Some((format!("nothing reads {annotation}{meant}"), Severity::Warning))
}
