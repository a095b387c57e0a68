//! What the proxy lets in: encryption by port, and who may.

use std::collections::BTreeSet;

use super::{Comparison, DifferenceKind, of};
use crate::index::{Sight, Workload};
use crate::mesh::MeshView;
use crate::mesh::envoy::{Answers, Chain, Filter, Listener, Stage};
use crate::mesh::istio::authorization_policy::AuthorizationPolicy;
use crate::mesh::istio::policy::{Action, Enforcer, named_rule};
use crate::mesh::mtls::{Mtls, PortMode, ServerMode};
use crate::model::{Kind, MeshId, Subject};

const PORT: u32 = 15006;

/// The listener that takes everything in.
fn listener(answers: &Answers) -> Option<&Listener> {
    let in_use = answers.listeners.iter().filter(|listener| listener.stage == Stage::Active);
    let mut inbound = in_use.filter(|listener| listener.name == "virtualInbound" || listener.addresses.iter().any(|a| a.port() == Some(PORT)));
    inbound.next()
}

/// The chains that take connections to a port of the pod.
fn chains_of(listener: &Listener, port: u16) -> Vec<&Chain> {
    let of = |wanted: Option<u32>| listener.chains.iter().filter(|chain| chain.matches.destination_port == wanted).collect::<Vec<_>>();
    let own = of(Some(port.into()));
    if own.is_empty() { of(None) } else { own }
}

fn accepted(chains: &[&Chain]) -> Option<ServerMode> {
    let mutual = chains.iter().any(|chain| chain.tls.as_ref().is_some_and(|tls| tls.wants_certificate));
    let plain = chains.iter().any(|chain| chain.tls.is_none() && matches!(chain.matches.transport_protocol.as_str(), "" | "raw_buffer"));
    match (mutual, plain) {
        (true, true) => Some(ServerMode::Permissive),
        (true, false) => Some(ServerMode::Strict),
        (false, true) => Some(ServerMode::Disable),
        (false, false) => None,
    }
}

pub(super) fn encryption<'a>(view: MeshView<'a>, workload: &'a Workload, answers: &Answers, found: &mut Comparison) {
    let Some(listener) = listener(answers) else {
        found.not_compared.push("ports: the proxy has no listener for what comes in".to_owned());
        return;
    };
    let namespace = &workload.reference.namespace;
    let sidecar = view.istio.registry.imports.sidecar_of(view.index, namespace, &workload.labels);
    if let Some(sidecar) = sidecar.filter(|sidecar| sidecar.spec().list("ingress").next().is_some()) {
        found.not_compared.push(format!("encryption of ports: {} has ingress listeners of its own", sidecar.reference()));
        return;
    }
    let mut agreed = 0;
    let modes = Mtls::new(view).modes(workload);
    for mode in modes.iter().filter(|mode| mode.mesh == Some(MeshId::Istio)) {
        let Some(has) = accepted(&chains_of(listener, mode.port)) else { continue };
        match mode.mode {
            ServerMode::None | ServerMode::Unknown => {}
            expected if expected == has => agreed += 1,
            expected => {
                let text = format!("the proxy accepts {}, and should {}", words(has), words(expected));
                found.add(DifferenceKind::Encryption, format!("port {}", mode.port), text, mode.because.clone());
            }
        }
    }
    let unknown = modes.iter().find(|mode| mode.mode == ServerMode::Unknown);
    if let Some(PortMode { gap: Some(gap), .. }) = unknown {
        found.not_compared.push(format!("encryption of some ports: {gap}"));
    }
    found.agreed.push(("port", agreed));
}

fn words(mode: ServerMode) -> &'static str {
    match mode {
        ServerMode::Strict => "mutual TLS only",
        ServerMode::Permissive => "mutual TLS and plaintext",
        _ => "plaintext only",
    }
}

/// A policy by namespace and name.
type PolicyName = (String, String);

pub(super) fn policies(view: MeshView<'_>, workload: &Workload, answers: &Answers, found: &mut Comparison) {
    let Some(listener) = listener(answers) else { return };
    let namespace = workload.reference.namespace.as_str();
    for ns in [namespace, view.istio.root_namespace()] {
        if let Some(gap) = view.index.gap_hiding(Kind::AuthorizationPolicy, ns) {
            found.not_compared.push(format!("policies: {gap}"));
            return;
        }
    }
    let has = |shadow: bool| -> BTreeSet<PolicyName> {
        let all = listener.chains.iter().flat_map(Chain::rbac);
        all.flat_map(|rbac| if shadow { &rbac.shadow } else { &rbac.policies })
            .filter_map(|name| named_rule(name))
            .map(|(namespace, policy, _)| (namespace.to_owned(), policy.to_owned()))
            .collect()
    };
    let (enforced, tried) = (has(false), has(true));
    let http = listener.chains.iter().flat_map(|chain| &chain.filters).any(|filter| matches!(filter, Filter::Http(_)));
    let applying = view.authorization_policies().applying(workload, Enforcer::Sidecar);
    let mut agreed = 0;
    for policy in applying.iter().map(|object| AuthorizationPolicy::of(object)) {
        let object = policy.object;
        // Without rules there is nothing that carries its name; of connections, rules about requests are left out.
        let shown = policy.rules().next().is_some() && (http || policy.rules().all(|rule| rule.http_field().is_none()));
        if !shown || !matches!(policy.action, Action::Allow | Action::Deny) {
            continue;
        }
        let name = (object.meta.namespace.to_string(), object.meta.name.to_string());
        let there = if policy.dry_run { tried.contains(&name) } else { enforced.contains(&name) };
        if there {
            agreed += 1;
            continue;
        }
        let text = format!("the proxy does not {} it, though it is for this workload", if policy.dry_run { "try" } else { "enforce" });
        found.add(DifferenceKind::Missing, object.reference().to_string(), text, vec![of(object.reference(), "applies to the workload")]);
    }
    for (ns, name) in &enforced {
        let known = applying.iter().any(|object| object.meta.namespace == *ns.as_str() && object.meta.name == *name.as_str());
        if known || name.contains("istio-autogenerated") {
            continue;
        }
        let at = format!("AuthorizationPolicy {ns}/{name}");
        match view.index.object(Kind::AuthorizationPolicy, ns, name) {
            Some(object) => {
                let text = "the proxy enforces it, though it is not for this workload";
                found.add(DifferenceKind::Unexpected, at, text, vec![of(object.reference(), "does not apply to the workload")]);
            }
            None if view.index.sight(Kind::AuthorizationPolicy, ns) == Sight::Clear => {
                found.add(DifferenceKind::Unexpected, at, "the proxy enforces it, and it is not there any more", Vec::new());
            }
            None => {}
        }
    }
    found.agreed.push(("policy", agreed));
}
