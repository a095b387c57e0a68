use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::mesh::linkerd::annotations::{self, CONFIG_NAMES, INJECT, RETIRED_CONFIG_NAMES, RETRY, TIMEOUT};
use crate::mesh::linkerd::{NATIVE_SIDECAR_ANNOTATIONS, release};
use crate::mesh::names::meant;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation under `config.linkerd.io/`, `config.alpha.linkerd.io/`, `config.beta.linkerd.io/`, `retry.linkerd.io/` or
    /// `timeout.linkerd.io/` that no release of today reads; or one under another prefix of Linkerd's whose name is read under the right one, such as
    /// `linkerd.io/skip-outbound-ports`, or is but for a slip, such as `linkerd.io/injected`.
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

/// Prefixes of Linkerd's own and its extensions' under which nothing is known to be wrong by its name alone.
const OTHERS: &[&str] =
    &["balancer.linkerd.io", "balancer.alpha.linkerd.io", "mirror.linkerd.io", "multicluster.linkerd.io", "viz.linkerd.io", "jaeger.linkerd.io"];

fn run(world: &World, findings: &mut Findings<'_>) {
    let known = known();
    // Nobody is helped by a name that the release at hand does not read.
    let version = world.linkerd.configs.first().and_then(|c| c.version.as_deref()).unwrap_or_default();
    let late = |name: &str| NATIVE_SIDECAR_ANNOTATIONS.iter().any(|(n, since)| *n == name && release::has(version, *since) == Some(false));
    let names: Vec<&str> = known.iter().map(String::as_str).filter(|name| !late(name)).collect();
    for annotated in annotated::all(world) {
        for (name, _) in annotated.annotations().iter() {
            let Some((message, hint, severity)) = unknown(name, &known, &names) else { continue };
            annotated.add(findings, &annotations::path(name), message, hint).severity(severity);
        }
    }
}

/// Every annotation that is read, the preferred of several names for one setting first.
fn known() -> Vec<String> {
    let of = |host: &str, names: &[&str]| names.iter().map(|name| format!("{host}/{name}")).collect::<Vec<_>>();
    let mut all = of("config.linkerd.io", CONFIG_NAMES);
    all.extend(of("config.beta.linkerd.io", BETA));
    all.extend(of("config.alpha.linkerd.io", ALPHA));
    all.extend(RETRY.iter().chain(&TIMEOUT).chain(&[INJECT]).map(|name| (*name).to_owned()));
    all
}

/// What is to be said of an annotation that is not among those `known`; one of `names` may have been meant.
fn unknown(annotation: &str, known: &[String], names: &[&str]) -> Option<(String, String, Severity)> {
    let (host, name) = annotation.split_once('/')?;
    if host != "linkerd.io" && !host.ends_with(".linkerd.io") || known.iter().any(|k| k == annotation) || OTHERS.contains(&host) {
        return None;
    }
    if host == "linkerd.io" && PLAIN.contains(&name) {
        return None;
    }
    if host == "config.linkerd.io" && RETIRED_CONFIG_NAMES.contains(&name) {
        let message = format!("{annotation} was read by earlier releases, and no longer is");
        return Some((message, "Remove the annotation.".to_owned(), Severity::Info));
    }
    let under_host: Vec<&str> = names.iter().copied().filter(|k| k.strip_prefix(host).is_some_and(|rest| rest.starts_with('/'))).collect();
    let meant = meant(annotation, &under_host).or_else(|| meant(annotation, names));
    let Some(meant) = meant else {
        let own =
            ["config.linkerd.io", "config.alpha.linkerd.io", "config.beta.linkerd.io", "retry.linkerd.io", "timeout.linkerd.io"].contains(&host);
        let hint = "Correct the name, or remove the annotation.".to_owned();
        return own.then(|| (format!("nothing reads {annotation}"), hint, Severity::Warning));
    };
    // A pod without a proxy is more than one without a setting.
    let severity = if meant == INJECT && host == "linkerd.io" { Severity::Error } else { Severity::Warning };
    Some((format!("nothing reads {annotation}; {meant} was probably meant"), format!("Write {meant}, or remove the annotation."), severity))
}
