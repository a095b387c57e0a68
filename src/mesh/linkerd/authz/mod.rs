//! Who is let in: AuthorizationPolicies, ServerAuthorizations and the authentications they require.

use std::collections::HashMap;

use super::ClusterInfo;
use super::identity::{self, IdentityMatch};
use super::ineffective::Ineffective;
use super::network::{self, Network};
use super::server::{InboundPolicy, Server};
use crate::index::Index;
use crate::mesh::MeshView;
use crate::model::{Field, Kind, LabelSelector, Map, Object, ObjectRef, Str, Subject};

/// Kinds that say who is let in.
pub const KINDS: [Kind; 5] =
    [Kind::Server, Kind::ServerAuthorization, Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication];

/// What a reference names, by group and kind; both compare without regard to case, and no group is the core one.
pub fn referenced_kind(reference: &Field<'_>) -> Option<Kind> {
    let group = reference.text("group");
    let group = if group.eq_ignore_ascii_case("core") { "" } else { group };
    let kind = reference.text("kind");
    Kind::ALL.iter().copied().find(|k| k.name().eq_ignore_ascii_case(kind) && k.group().eq_ignore_ascii_case(group))
}

/// `kind.group`, for messages.
pub fn written_kind(reference: &Field<'_>) -> String {
    match reference.text("group") {
        "" => reference.text("kind").to_owned(),
        group => format!("{}.{group}", reference.text("kind")),
    }
}

/// What an AuthorizationPolicy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A Server of its namespace.
    Server(&'a str),
    /// All Servers of its namespace.
    Namespace,
    /// A route of its namespace: HTTPRoute of either group, or GRPCRoute.
    Route(Kind, &'a str),
}

/// Why a target is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetFault<'a> {
    /// A namespace other than its own.
    ForeignNamespace(&'a str),
    /// A kind that policies cannot be about.
    Unsupported(String),
}

/// The target of a policy.
pub fn target(policy: &Object) -> Result<Target<'_>, TargetFault<'_>> {
    let Some(reference) = policy.spec().get("targetRef") else { return Err(TargetFault::Unsupported(String::new())) };
    let name = reference.text("name");
    match referenced_kind(&reference) {
        Some(Kind::Server) => Ok(Target::Server(name)),
        Some(Kind::Namespace) if policy.meta.namespace == name => Ok(Target::Namespace),
        Some(Kind::Namespace) => Err(TargetFault::ForeignNamespace(name)),
        Some(kind @ (Kind::HttpRoute | Kind::LinkerdHttpRoute | Kind::GrpcRoute)) => Ok(Target::Route(kind, name)),
        _ => Err(TargetFault::Unsupported(written_kind(&reference))),
    }
}

/// An authentication that a policy requires.
#[derive(Clone, Debug)]
pub struct Required<'a> {
    /// MeshTLSAuthentication, NetworkAuthentication or ServiceAccount; nothing for any other kind.
    pub kind: Option<Kind>,
    /// Its namespace: the policy's own unless it says otherwise.
    pub namespace: &'a str,
    pub name: &'a str,
    /// The reference.
    pub field: Field<'a>,
}

impl Required<'_> {
    /// Whether it says who clients are, and not where they come from.
    pub fn is_identity(&self) -> bool {
        matches!(self.kind, Some(Kind::MeshTlsAuthentication | Kind::ServiceAccount))
    }
}

/// The authentications that a policy requires, all of them together.
pub fn required(policy: &Object) -> Vec<Required<'_>> {
    let supported = |kind: &Kind| matches!(kind, Kind::MeshTlsAuthentication | Kind::NetworkAuthentication | Kind::ServiceAccount);
    let of = |field: Field<'_>| referenced_kind(&field).filter(supported);
    let references = policy.spec().list("requiredAuthenticationRefs");
    references
        .map(|field| {
            let namespace = Some(field.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&policy.meta.namespace);
            Required { kind: of(field), namespace, name: field.text("name"), field }
        })
        .collect()
}

/// Which clients a grant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// Everybody, without TLS too.
    Anyone,
    /// Everybody who speaks mesh TLS, with a name or without.
    AnyTls,
    /// Those who go by one of these names.
    Named(Vec<IdentityMatch>),
}

impl Clients {
    /// Whether all of `narrow` are among them. Clients without a name are not among those of any name.
    pub fn cover(&self, narrow: &Self) -> bool {
        match (self, narrow) {
            (Self::Anyone, _) | (Self::AnyTls, Self::AnyTls | Self::Named(_)) => true,
            (Self::Named(wide), Self::Named(narrow)) => narrow.iter().all(|n| wide.iter().any(|w| w.covers(n))),
            (Self::AnyTls | Self::Named(_), _) => false,
        }
    }
}

/// Clients that are let in.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The policy; the Server itself for its `accessPolicy`.
    pub source: ObjectRef,
    /// Who.
    pub clients: Clients,
    /// From where.
    pub networks: Vec<Network>,
}

impl Grant {
    /// Whether it lets in everybody from everywhere.
    pub fn is_open(&self) -> bool {
        self.clients == Clients::Anyone && network::is_anywhere(&self.networks)
    }

    /// Whether it lets in everybody whom `narrow` lets in, so that `narrow` adds nothing to it.
    pub fn covers(&self, narrow: &Self) -> bool {
        self.clients.cover(&narrow.clients) && (network::is_anywhere(&self.networks) || network::covers(&self.networks, &narrow.networks))
    }

    /// What an inbound policy grants, on behalf of `source`.
    pub fn of_policy(policy: InboundPolicy, source: ObjectRef, cluster: &ClusterInfo) -> Option<Self> {
        use InboundPolicy::*;
        let anyone = || Clients::Named(vec![IdentityMatch::Suffix(String::new())]);
        let in_cluster = || cluster.networks.iter().copied().map(Network::from).collect();
        let (clients, networks) = match policy {
            AllUnauthenticated | Audit => (Clients::Anyone, Network::everywhere()),
            AllAuthenticated => (anyone(), Network::everywhere()),
            ClusterUnauthenticated => (Clients::Anyone, in_cluster()),
            ClusterAuthenticated => (anyone(), in_cluster()),
            Deny => return None,
        };
        Some(Self { source, clients, networks })
    }
}

/// Why a policy grants nothing at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGrant {
    /// An authentication that does not exist.
    Missing(Kind, String, String),
    /// An authentication that Linkerd takes no notice of, since it names nobody or cannot be read.
    Invalid(Kind, String, String),
    /// A kind of authentication that does not exist.
    Unsupported(String),
    /// Two sources of identities or of networks.
    Contradiction,
}

/// What a policy grants, or why it grants nothing.
pub fn grant(policy: &Object, index: &Index, cluster: &ClusterInfo) -> Result<Grant, NoGrant> {
    let (mut identities, mut networks) = (None, None);
    for required in required(policy) {
        let Some(kind) = required.kind else { return Err(NoGrant::Unsupported(written_kind(&required.field))) };
        let (namespace, name) = (required.namespace, required.name);
        if kind == Kind::ServiceAccount {
            let exact = IdentityMatch::Exact(identity::of_service_account(cluster, namespace, name));
            if identities.replace(vec![exact]).is_some() {
                return Err(NoGrant::Contradiction);
            }
            continue;
        }
        let Some(object) = index.object(kind, namespace, name) else {
            return Err(NoGrant::Missing(kind, namespace.to_owned(), name.to_owned()));
        };
        let invalid = || NoGrant::Invalid(kind, namespace.to_owned(), name.to_owned());
        let again = if kind == Kind::MeshTlsAuthentication {
            identities.replace(identities_of(object, cluster).ok_or_else(invalid)?).is_some()
        } else {
            networks.replace(networks_of(object).ok_or_else(invalid)?).is_some()
        };
        if again {
            return Err(NoGrant::Contradiction);
        }
    }
    Ok(Grant {
        source: policy.reference(),
        clients: identities.map_or(Clients::Anyone, Clients::Named),
        networks: networks.unwrap_or_else(Network::everywhere),
    })
}

/// Whom a MeshTLSAuthentication names; nothing when that is nobody, or a reference of an unsupported kind is among them.
pub fn identities_of(authentication: &Object, cluster: &ClusterInfo) -> Option<Vec<IdentityMatch>> {
    let spec = authentication.spec();
    let mut names: Vec<IdentityMatch> = spec.texts("identities").map(|(text, _)| IdentityMatch::parse(text)).collect();
    for reference in spec.list("identityRefs") {
        let name = reference.text("name");
        let namespace = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&authentication.meta.namespace);
        names.push(match referenced_kind(&reference)? {
            Kind::ServiceAccount => IdentityMatch::Exact(identity::of_service_account(cluster, namespace, name)),
            Kind::Namespace => identity::of_namespace(cluster, name),
            _ => return None,
        });
    }
    Some(names).filter(|n| !n.is_empty())
}

/// The networks of a NetworkAuthentication; nothing when there are none or one cannot be read.
pub fn networks_of(authentication: &Object) -> Option<Vec<Network>> {
    let networks: Option<Vec<Network>> = authentication.spec().list("networks").map(|n| Network::of(&n)).collect();
    networks.filter(|n| !n.is_empty())
}

/// Which Servers of its namespace a ServerAuthorization is for.
#[derive(Clone, Debug)]
pub enum Selected<'a> {
    /// The one of this name.
    Named(&'a str),
    /// All with these labels.
    Labelled(LabelSelector),
}

/// Which Servers a ServerAuthorization is for; nothing where that cannot be read.
pub fn selected_servers(authorization: &Object) -> Option<Selected<'_>> {
    let server = authorization.spec().get("server")?;
    match server.get("name").and_then(|n| n.str()) {
        Some(name) => Some(Selected::Named(name)),
        None => server.get("selector").map_or(Some(LabelSelector::default()), LabelSelector::read).map(Selected::Labelled),
    }
}

/// Whether a ServerAuthorization is for a Server of its namespace with this name and these labels.
pub fn server_authorization_selects(authorization: &Object, name: &str, labels: &Map) -> bool {
    match selected_servers(authorization) {
        Some(Selected::Named(named)) => named == name,
        Some(Selected::Labelled(selector)) => selector.matches(labels),
        None => false,
    }
}

/// What a ServerAuthorization grants; nothing when Linkerd takes no notice of it.
pub fn server_authorization_grant(authorization: &Object, cluster: &ClusterInfo) -> Option<Grant> {
    let client = authorization.spec().get("client")?;
    let written: Option<Vec<Network>> = client.list("networks").map(|n| Network::of(&n)).collect();
    let networks = written.map(|n| if n.is_empty() { cluster.networks.iter().copied().map(Network::from).collect() } else { n })?;
    let is_true = |field: Option<Field<'_>>| field.and_then(|f| f.bool()) == Some(true);
    let clients = if is_true(client.get("unauthenticated")) {
        Clients::Anyone
    } else {
        let tls = client.get("meshTLS")?;
        if is_true(tls.get("unauthenticatedTLS")) {
            Clients::AnyTls
        } else {
            let mut names: Vec<IdentityMatch> = tls.texts("identities").map(|(text, _)| IdentityMatch::parse(text)).collect();
            for account in tls.list("serviceAccounts") {
                let namespace = Some(account.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&authorization.meta.namespace);
                names.push(IdentityMatch::Exact(identity::of_service_account(cluster, namespace, account.text("name"))));
            }
            Some(Clients::Named(names)).filter(|c| *c != Clients::Named(Vec::new()))?
        }
    };
    Some(Grant { source: authorization.reference(), clients, networks })
}

/// Something of a namespace and a name.
type ByName<T> = HashMap<Str, HashMap<Str, Vec<T>>>;

fn named<'m, T>(map: &'m ByName<T>, namespace: &str, name: &str) -> &'m [T] {
    map.get(namespace).and_then(|names| names.get(name)).map(Vec::as_slice).unwrap_or_default()
}

/// All grants, under what they are for.
#[derive(Clone, Debug, Default)]
pub struct Authorizations {
    by_server: ByName<Grant>,
    by_namespace: HashMap<Str, Vec<Grant>>,
    by_route: ByName<(Kind, Grant)>,
    /// With the selector of the Servers.
    by_label: HashMap<Str, Vec<(LabelSelector, Grant)>>,
    ineffective: HashMap<Str, Vec<Ineffective>>,
}

impl<'a> MeshView<'a> {
    /// What Linkerd's policies grant, found out once for a run.
    pub fn linkerd_authorizations(self) -> &'a Authorizations {
        self.cache.authorizations.get_or_init(|| Authorizations::read(self.index, &self.linkerd.cluster))
    }
}

impl Authorizations {
    /// Reads all policies; those that grant nothing are kept apart.
    fn read(index: &Index, cluster: &ClusterInfo) -> Self {
        let mut all = Self::default();
        for policy in index.objects(Kind::LinkerdAuthorizationPolicy) {
            let Ok(target) = target(policy) else { continue };
            let namespace = policy.meta.namespace.clone();
            let grant = match grant(policy, index, cluster) {
                Ok(grant) => grant,
                Err(why) => {
                    all.ineffective.entry(namespace).or_default().push(Ineffective::new(policy, &target, &why));
                    continue;
                }
            };
            match target {
                Target::Server(name) => all.by_server.entry(namespace).or_default().entry(name.into()).or_default().push(grant),
                Target::Namespace => all.by_namespace.entry(namespace).or_default().push(grant),
                Target::Route(kind, name) => all.by_route.entry(namespace).or_default().entry(name.into()).or_default().push((kind, grant)),
            }
        }
        for authorization in index.objects(Kind::ServerAuthorization) {
            let Some(grant) = server_authorization_grant(authorization, cluster) else { continue };
            let namespace = authorization.meta.namespace.clone();
            match selected_servers(authorization) {
                Some(Selected::Named(name)) => all.by_server.entry(namespace).or_default().entry(name.into()).or_default().push(grant),
                Some(Selected::Labelled(selector)) => all.by_label.entry(namespace).or_default().push((selector, grant)),
                None => {}
            }
        }
        all
    }

    /// Grants that hold for everything a Server serves, its `accessPolicy` included.
    pub fn of_server(&self, server: Server<'_>, cluster: &ClusterInfo) -> Vec<Grant> {
        let meta = &server.object.meta;
        let (namespace, name) = (meta.namespace.as_str(), meta.name.as_str());
        let own = named(&self.by_server, namespace, name).iter().cloned();
        let wide = self.by_namespace.get(namespace).into_iter().flatten().cloned();
        let labelled = self.by_label.get(namespace).into_iter().flatten();
        let labelled = labelled.filter(|(selector, _)| selector.matches(&meta.labels)).map(|(_, grant)| grant.clone());
        let access = server.access.and_then(|policy| Grant::of_policy(policy, server.object.reference(), cluster));
        own.chain(wide).chain(labelled).chain(access).collect()
    }

    /// Policies that are about a Server and grant nothing.
    pub fn ineffective(&self, namespace: &str, server: &str) -> impl Iterator<Item = &Ineffective> {
        self.ineffective.get(namespace).into_iter().flatten().filter(move |v| v.is_for(server))
    }

    /// Grants that hold for one route alone.
    pub fn of_route(&self, namespace: &str, kind: Kind, name: &str) -> impl Iterator<Item = &Grant> {
        named(&self.by_route, namespace, name).iter().filter(move |(k, _)| *k == kind).map(|(_, grant)| grant)
    }
}

#[cfg(test)]
mod tests;
