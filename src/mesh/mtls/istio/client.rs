//! What a sidecar or gateway of Istio's sends: which host it takes the destination for, the DestinationRule that it gets, and what istiod tells
//! it of each endpoint.
//!
//! Sources: istio `pilot/pkg/networking/core/{cluster_tls,cluster_builder,cluster}.go`, `pilot/pkg/xds/endpoints/{mtls_checker,endpoint_builder}.go`,
//! `pilot/pkg/model/sidecar.go`, `push_context.go`.

use super::bypass::bypassed;
use super::peers::{Mode, unknown_mode};
use super::settings::{Settings, mark};
use super::{Istio, takes_tunnel, tls_mode};
use crate::mesh::istio::OutboundMode;
use crate::mesh::istio::backend_tls::{BackendTls, BackendTlsPolicies};
use crate::mesh::istio::destination_rule::{ClientTls, DestinationRule, TlsMode, TrafficPolicy};
use crate::mesh::istio::destination_rules::{Applied, Found};
use crate::mesh::istio::hosts;
use crate::mesh::istio::import_scope;
use crate::mesh::mtls::{Call, Caller, Sends, Sent, Side, Way, side};
use crate::mesh::resolve::Endpoint;
use crate::mesh::resolve::StandsFor;
use crate::model::{Evidence, Gap, Kind, Map, Object, Subject};

/// What istiod makes of the destination for one proxy: Envoy's cluster, as far as encryption goes.
pub(in crate::mesh::mtls) struct Cluster {
    tls: ClusterTls,
    /// Whether the rule makes Istio's mutual TLS of what goes to marked endpoints; that passes over port-level settings without `tls`.
    marked: Option<bool>,
    /// Whether connections keep the address that the application dialled.
    passthrough: bool,
    /// Whether endpoints that take the tunnel get it.
    tunnels: bool,
    /// The labels of the endpoints that it holds, where it is for a subset.
    subset: Option<Map>,
    because: Vec<Evidence>,
}

/// What a cluster does with every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClusterTls {
    /// Passes it on as it is.
    Plain,
    /// Wraps it in TLS that is not the mesh's.
    Rule,
    /// Istio's mutual TLS, whatever the endpoint.
    Mutual,
    /// Istio's mutual TLS for endpoints that are marked.
    Auto,
}

impl Cluster {
    /// Whether an endpoint with these labels is one of it.
    pub(in crate::mesh::mtls) fn holds(&self, labels: &Map) -> bool {
        self.subset.as_ref().is_none_or(|wanted| wanted.is_subset_of(labels))
    }

    fn plain(because: Vec<Evidence>) -> Self {
        Self { tls: ClusterTls::Plain, marked: None, passthrough: true, tunnels: false, subset: None, because }
    }
}

impl<'a> Istio<'a> {
    /// What the client's proxy makes of the destination.
    pub(in crate::mesh::mtls) fn client(&self, caller: &Caller<'a>, call: &Call<'_, 'a>) -> Way<Cluster> {
        if caller.side == Side::Sidecar
            && let Some(bypass) = bypassed(caller, call)
        {
            return Way::Open(Cluster::plain(vec![bypass]));
        }
        let (namespace, name) = (caller.namespace(), &call.to.full);
        let home = match call.to.stands_for {
            StandsFor::Service(service) => service.metadata.namespace.as_str(),
            StandsFor::Entry(entry) => entry.meta.namespace.as_str(),
            StandsFor::Pod(_) | StandsFor::Address(_) | StandsFor::Outside => {
                return self.beyond(caller, Evidence::default(format!("{name} is no host of the mesh")));
            }
        };
        if let Some(gap) = self.unread(caller, home) {
            return Way::Unknown(gap);
        }
        if let Some(why) = self.unseen(caller, call, home) {
            return self.beyond(caller, why);
        }
        if !call.port.declared {
            let text = format!("{name} declares no port {}: the proxy passes the connection on", call.port.number);
            return self.beyond(caller, Evidence::default(text));
        }
        let labels = caller.labels().cloned().unwrap_or_default();
        let config = &self.view.istio.config;
        let applied = self.view.istio.registry.rules.for_client(self.view.index, config, (namespace, &labels), name, home);
        let unread = applied.iter().flat_map(|a| &a.objects).find_map(|rule| Some(unknown_mode(rule, DestinationRule::of(rule).unknown_mode()?)));
        if let Some(gap) = unread {
            return Way::Unknown(gap);
        }
        if let Some(subset) = call.subset
            && applied.as_ref().is_none_or(|a| a.subset(subset).is_none())
        {
            return Way::Refused(vec![self.no_subset(applied.as_ref(), subset)]);
        }
        Way::Open(self.cluster(caller, call, home, applied.as_ref()))
    }

    /// The gap that hides what decides about the client's side.
    fn unread(&self, caller: &Caller<'a>, home: &str) -> Option<Gap> {
        let namespaces = [caller.namespace(), home, self.root()];
        let of = |kind: Kind, namespaces: &[&str]| namespaces.iter().find_map(|ns| self.view.index.gap_hiding(kind, ns));
        of(Kind::DestinationRule, &namespaces)
            .or_else(|| of(Kind::BackendTlsPolicy, &[home]))
            .or_else(|| self.peers.unread(home, None))
            .or_else(|| if caller.side == Side::Sidecar { of(Kind::Sidecar, &[namespaces[0], namespaces[2]]) } else { None })
    }

    /// Why the client's proxy does not know the destination, where it does not.
    fn unseen(&self, caller: &Caller<'a>, call: &Call<'_, 'a>, home: &str) -> Option<Evidence> {
        let (namespace, name) = (caller.namespace(), call.to.full.as_str());
        let object = match call.to.stands_for {
            StandsFor::Service(service) => service.reference(),
            StandsFor::Entry(entry) => entry.reference(),
            _ => return None,
        };
        if !self.discovers(home) {
            return Some(Evidence::object(object, format!("istiod does not look into namespace {home}: discoverySelectors leave it out")));
        }
        let named = self.view.istio.registry.named(name).find(|e| e.namespace == home);
        if named.is_some_and(|e| !e.visibility.includes(namespace)) {
            return Some(Evidence::object(object, format!("it is not exported to namespace {namespace}")));
        }
        if caller.side != Side::Sidecar {
            return None;
        }
        let sidecar = self.sidecar(caller)?;
        let alias = call.to.aliases.first();
        let hosts = [Some((name.to_owned(), home)), alias.map(|a| (crate::mesh::resolve::full_name(self.view, a), a.metadata.namespace.as_str()))];
        let hides = |(host, home): &(String, &str)| !import_scope::sees_port(sidecar, namespace, host, home, call.port.number);
        let hidden = hosts.into_iter().flatten().find(hides)?;
        Some(Evidence::field(
            sidecar.reference(),
            "spec.egress",
            format!("the client's Sidecar does not import {} on port {}", hidden.0, call.port.number),
        ))
    }

    fn sidecar(&self, caller: &Caller<'a>) -> Option<&'a Object> {
        let labels = caller.labels().cloned().unwrap_or_default();
        let sidecar = self.view.istio.registry.imports.sidecar_of(self.view.index, caller.namespace(), &labels);
        sidecar.filter(|s| self.discovers(&s.meta.namespace))
    }

    /// What becomes of a connection to what the proxy does not know.
    fn beyond(&self, caller: &Caller<'a>, why: Evidence) -> Way<Cluster> {
        let own = if caller.side == Side::Sidecar { self.sidecar(caller) } else { None };
        let policy = own.and_then(|s| s.spec().get("outboundTrafficPolicy"));
        let refused = match &policy {
            Some(policy) => policy.text("mode") != "ALLOW_ANY",
            None => self.view.istio.config.outbound == OutboundMode::RegistryOnly,
        };
        if !refused {
            return Way::Open(Cluster::plain(vec![why, Evidence::default("the client's proxy passes on what it does not know, in plaintext")]));
        }
        let text = "REGISTRY_ONLY: the client's proxy refuses what it does not know";
        let at = match (&policy, own, &self.view.istio.config.object) {
            (Some(_), Some(sidecar), _) => Evidence::field(sidecar.reference(), "spec.outboundTrafficPolicy.mode", text),
            (_, _, Some(map)) => Evidence::field(map.clone(), "data.mesh", text),
            _ => Evidence::default(text),
        };
        Way::Refused(vec![why, at])
    }

    fn no_subset(&self, applied: Option<&Applied<'a>>, subset: &str) -> Evidence {
        match applied.and_then(|a| a.objects.first()) {
            Some(rule) => Evidence::field(rule.reference(), "spec.subsets", format!("the client gets this rule, which has no subset {subset}")),
            None => Evidence::default(format!("the client gets no DestinationRule, so there is no subset {subset}")),
        }
    }

    fn cluster(&self, caller: &Caller<'a>, call: &Call<'_, 'a>, home: &str, applied: Option<&Applied<'a>>) -> Cluster {
        let port = i64::from(call.port.number);
        let top = applied.and_then(Applied::traffic_policy);
        let mut settings = Settings::default();
        let mut marked = None;
        let (backend, top) = self.backend(caller, call, home, applied, top);
        if let Some((object, policy)) = top {
            settings.apply(object, policy, port);
            marked = mark(policy, port);
        }
        settings.underlay(backend, top.map(|(_, policy)| policy), port);
        marked = marked.or_else(|| backend.of_port.or(backend.all).map(|_| false));
        let subset = call.subset.and_then(|s| applied?.subset(s));
        if let Some((object, subset)) = subset
            && let Some(policy) = subset.policy()
        {
            settings.apply(object, policy, port);
            marked = mark(policy, port).or(marked);
        }
        let headless = match call.to.stands_for {
            StandsFor::Service(service) => service.is_headless(),
            StandsFor::Entry(entry) => matches!(entry.spec().text("resolution"), "" | "NONE"),
            _ => false,
        };
        // Gateways look up the endpoints themselves.
        let passthrough = (headless && caller.side == Side::Sidecar) || settings.passthrough;
        let sends_tunnel =
            caller.pod.and_then(|p| p.spec.container("istio-proxy")).is_none_or(|c| c.env("ISTIO_META_DISABLE_HBONE_SEND") != Some("true"));
        let tunnels = !passthrough && sends_tunnel;
        let labels = subset.map(|(_, subset)| subset.labels());
        if let Some((object, tls)) = settings.tls {
            let bare = Cluster { tls: ClusterTls::Plain, marked, passthrough, tunnels, subset: labels, because: Vec::new() };
            return written(caller, applied, object, tls, bare);
        }
        // istiod asks the subset's own policy, or the rule's without a subset, and no settings of the port.
        let asked = match call.subset {
            Some(_) => subset.and_then(|(_, subset)| subset.policy()),
            None => top.map(|(_, policy)| policy),
        };
        let (tls, because) = self.automatic(call, home, headless || asked.is_some_and(|policy| policy.is_passthrough()));
        Cluster { tls, marked, passthrough, tunnels, subset: labels, because: settings.because.into_iter().chain(because).collect() }
    }

    /// What BackendTLSPolicies of the service's namespace say, and what is left of the rule beside them: istiod makes a rule of them there for exactly
    /// this host. It is put under one of the users' for the same host and clients, hides those for wider hosts and of the root namespace, and does
    /// not reach clients whose own namespace has a rule.
    fn backend(
        &self,
        caller: &Caller<'a>,
        call: &Call<'_, 'a>,
        home: &str,
        applied: Option<&Applied<'a>>,
        top: Option<(&'a Object, TrafficPolicy<'a>)>,
    ) -> (BackendTls<'a>, Option<(&'a Object, TrafficPolicy<'a>)>) {
        let (kind, name) = match call.to.stands_for {
            StandsFor::Service(service) => (Kind::Service, service.metadata.name.as_str()),
            StandsFor::Entry(entry) => (Kind::ServiceEntry, entry.meta.name.as_str()),
            _ => return (BackendTls::default(), top),
        };
        let policies = self.backends.get_or_init(|| BackendTlsPolicies::read(self.view.index));
        let backend = policies.of(kind, home, name, &call.port.name);
        let config = &self.view.istio.config;
        let private = config.default_export_to[2].iter().any(|e| *e == ".") && caller.namespace() != home;
        if private || (backend.all.is_none() && backend.of_port.is_none()) {
            return (BackendTls::default(), top);
        }
        let Some(rule) = applied.and_then(|a| a.objects.first()) else { return (backend, None) };
        let exact = hosts::fqdn(DestinationRule::of(rule).host(), &rule.meta.namespace, &config.service_suffix()) == call.to.full.as_str();
        let exported = rule.spec().texts("exportTo").next().is_some();
        match rule.meta.namespace == home {
            false if applied.is_some_and(|a| a.found == Found::Root) => (backend, None),
            false => (BackendTls::default(), top),
            true if !exact => (backend, None),
            true if exported || applied.is_some_and(|a| a.selects_client) => (BackendTls::default(), top),
            true => (backend, top),
        }
    }

    /// What no rule decides: automatic mutual TLS, which goes by the whole namespace of the service, not by its workloads.
    fn automatic(&self, call: &Call<'_, 'a>, home: &str, looks_at_all: bool) -> (ClusterTls, Vec<Evidence>) {
        let config = &self.view.istio.config;
        if let StandsFor::Entry(entry) = call.to.stands_for
            && entry.spec().text("location") != "MESH_INTERNAL"
        {
            let because =
                Evidence::field(entry.reference(), "spec.location", "the host is outside of the mesh, where there is no automatic mutual TLS");
            return (ClusterTls::Plain, vec![because]);
        }
        if !config.auto_mtls {
            let text = "enableAutoMtls is false: without a DestinationRule there is no mutual TLS";
            let because = config.object.clone().map_or_else(|| Evidence::default(text), |o| Evidence::field(o, "data.mesh", text));
            return (ClusterTls::Plain, vec![because]);
        }
        if looks_at_all {
            let disabled = |e: &&Endpoint<'a>| tls_mode(&side(self.view, e.workload, e.pod, &e.labels), e) == "disabled";
            if call.endpoints.is_empty() || call.endpoints.iter().any(|e| disabled(&e)) {
                let text = "the client dials pods one by one, and not all of them have a sidecar: none of them gets mutual TLS";
                return (ClusterTls::Plain, vec![Evidence::default(text)]);
            }
        }
        let decision = self.peers.for_namespace(home);
        let assumed = self.assumed.as_ref().is_some_and(|a| a.namespaces.contains(home));
        if decision.mode == Mode::Disable && !assumed {
            let text = format!("DISABLE for namespace {home} as a whole: clients send no mutual TLS there, whatever its workloads accept");
            let because =
                decision.policy.map_or_else(|| Evidence::default(text.clone()), |p| Evidence::field(p.reference(), "spec.mtls.mode", text.clone()));
            return (ClusterTls::Plain, vec![because]);
        }
        (ClusterTls::Auto, Vec::new())
    }

    /// What goes to one endpoint.
    pub(in crate::mesh::mtls) fn send(&self, caller: &Caller<'a>, cluster: &Cluster, endpoint: &Endpoint<'a>) -> Sent {
        let of_endpoint = side(self.view, endpoint.workload, endpoint.pod, &endpoint.labels);
        let mode = tls_mode(&of_endpoint, endpoint);
        let mut because = cluster.because.clone();
        let mut sent = |sends, text: Option<&str>| {
            because.extend(text.map(|t| Evidence {
                object: caller.workload.map(|w| w.reference.clone()),
                path: None,
                text: t.to_owned(),
                code: None,
            }));
            Sent { sends, because: std::mem::take(&mut because) }
        };
        if cluster.tunnels && mode != "istio" && takes_tunnel(of_endpoint, &endpoint.labels) {
            return sent(Sends::Hbone, Some("the client's proxy sends Istio's mutual TLS tunnel to servers that take it, whatever the rule says"));
        }
        match cluster.tls {
            ClusterTls::Plain => sent(Sends::Plaintext, None),
            ClusterTls::Rule => sent(Sends::RuleTls, None),
            ClusterTls::Mutual => sent(Sends::IstioMutual, None),
            ClusterTls::Auto if cluster.passthrough => {
                sent(Sends::IstioMutual, Some("the client's proxy uses mutual TLS by itself: all pods have a sidecar"))
            }
            ClusterTls::Auto => {
                let takes = mode == "istio";
                let wanted = match cluster.marked {
                    Some(mutual) => mutual,
                    None => !takes || endpoint.port.is_none_or(|p| !self.disables(endpoint, p)),
                };
                match (takes, wanted) {
                    (true, true) => sent(Sends::IstioMutual, Some("the client's proxy uses mutual TLS by itself towards servers with a sidecar")),
                    (true, false) => sent(
                        Sends::Plaintext,
                        Some("the client's proxy sends plaintext: the server's port is DISABLE, or a rule turns mutual TLS off"),
                    ),
                    (false, _) => {
                        sent(Sends::Plaintext, Some("the client's proxy sends plaintext: the server does not say that it takes mutual TLS"))
                    }
                }
            }
        }
    }

    /// Whether an endpoint's own PeerAuthentication turns mutual TLS off on a port.
    fn disables(&self, endpoint: &Endpoint<'a>, port: u16) -> bool {
        let decision = self.peers.accepts(endpoint.namespace, &endpoint.labels).on(port);
        decision.mode == Mode::Disable && self.assumed(endpoint.workload, decision.level).is_none()
    }

    /// What ztunnel sends to one endpoint: the tunnel where it is taken, else what the application writes; rules do not reach it.
    pub(in crate::mesh::mtls) fn send_from_ztunnel(&self, call: &Call<'_, 'a>, endpoint: &Endpoint<'a>) -> Sent {
        let external = matches!(call.to.stands_for, StandsFor::Entry(e) if e.spec().text("location") != "MESH_INTERNAL");
        let of_endpoint = side(self.view, endpoint.workload, endpoint.pod, &endpoint.labels);
        if !external && takes_tunnel(of_endpoint, &endpoint.labels) {
            return Sent { sends: Sends::Hbone, because: vec![Evidence::default("the client's ztunnel sends its mutual TLS tunnel (HBONE)")] };
        }
        let text = "the client's ztunnel sends plaintext: the server takes no HBONE (a pod with an older sidecar has to be made anew for that)";
        Sent { sends: Sends::Plaintext, because: vec![Evidence::default(text)] }
    }
}

/// What a rule's `tls` makes of a cluster.
fn written(caller: &Caller<'_>, applied: Option<&Applied<'_>>, object: &Object, tls: ClientTls<'_>, bare: Cluster) -> Cluster {
    let (at_mode, ClientTls { field: tls, mode, .. }) = (tls.path(), tls);
    let credential = tls.text("credentialName");
    let secret = !credential.is_empty() && !credential.starts_with("configmap://");
    let at = |text: String| vec![Evidence::field(object.reference(), at_mode.clone(), text)];
    let by_rule = matches!(mode, TlsMode::Simple | TlsMode::Mutual);
    if by_rule && secret && caller.side == Side::Sidecar && !applied.is_some_and(|a| a.selects_client) {
        let text = "credentialName is for gateways and for rules with a workloadSelector: a sidecar starts no TLS for it and sends plaintext";
        return Cluster { because: vec![Evidence::field(object.reference(), tls.path_of("credentialName"), text)], ..bare };
    }
    if mode == TlsMode::Mutual && credential.is_empty() && (tls.text("clientCertificate").is_empty() || tls.text("privateKey").is_empty()) {
        let text = "MUTUAL without a certificate and key: istiod cannot make TLS of it, so plaintext is sent".to_owned();
        return Cluster { tunnels: false, because: at(text), ..bare };
    }
    let (cluster, text) = match mode {
        // A rule with a word that Istio does not know does not get here.
        TlsMode::Disable | TlsMode::Unknown(_) => (ClusterTls::Plain, "the rule that the client gets turns TLS off"),
        TlsMode::Simple | TlsMode::Mutual => (ClusterTls::Rule, "the rule that the client gets starts TLS that is not the mesh's"),
        TlsMode::IstioMutual => (ClusterTls::Mutual, "the rule that the client gets asks for mutual TLS, whether or not the server has a sidecar"),
    };
    Cluster { tls: cluster, because: at(format!("{}: {text}", mode.name())), ..bare }
}
