use std::collections::{BTreeSet, HashMap};

use crate::checks::Findings;
use crate::checks::support::clusters::named;
use crate::checks::support::istio::security::seen;
use crate::mesh::istio::authorization_policy::{self, Attribute, Place};
use crate::model::{Kind, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy names, in `source.principals`, an identity that nothing here has: its namespace or its service account does not
    /// exist, it is not of the form `<trust domain>/ns/<namespace>/sa/<service account>`, or its trust domain is neither this mesh's nor one of
    /// its aliases. `*` stands for any text at the beginning or the end only. Where other clusters are given (`--remote-context`,
    /// `--remote-snapshot`), theirs count too, and an identity of one of them is only worth knowing.
    ///
    /// # Why it matters
    ///
    /// A principal that nobody has matches nobody: the callers that were meant stay out, or the ones that were to be stopped get in.
    ///
    /// # How to fix it
    ///
    /// Write the service account that the calling pods run as (`spec.serviceAccountName`, `default` when it is empty). If it is one of another
    /// cluster, name that cluster with `--remote-context`.
    ///
    /// Sources: kiali KIA0106, KIA0107, KIA0108 `business/checkers/authorization/principals_checker.go`.
    "istio-policy-principal-not-found",
    summary: "AuthorizationPolicy names a principal that nothing has",
    aliases: &["KIA0106", "KIA0107", "KIA0108"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::ServiceAccount, Kind::Pod, Kind::Deployment, Kind::Gateway],
    remote: &[Kind::ServiceAccount, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let remotes = findings.remotes().to_vec();
    let unseen = findings.unseen().next();
    let clusters: Vec<Identities<'_>> = [Identities::here(world)].into_iter().chain(remotes.iter().map(|r| Identities::there(r, world))).collect();
    let domains: BTreeSet<&str> = [world].into_iter().chain(remotes.iter().copied()).flat_map(trust_domains).collect();
    let others = named(&remotes.iter().map(|remote| remote.source.name.as_str()).collect::<Vec<_>>());
    let mut homes: HashMap<&str, Option<&str>> = HashMap::new();
    for policy in authorization_policy::all(&world.index) {
        let principals = policy.values().filter(|value| value.attribute == Attribute::Principal && value.place == Place::Source && !value.except);
        let judged = |value: &str| !["", "*"].contains(&value) && !value.starts_with("spiffe://") && !is_literal(value);
        for (value, at) in principals.map(|value| (value.text, value.field)).filter(|(value, _)| judged(value)) {
            let home = *homes.entry(value).or_insert_with(|| clusters.iter().find(|c| c.has(value)).map(|c| c.cluster));
            match home {
                Some("") => continue,
                Some(cluster) => {
                    let message = format!("principal {value:?} is a service account of cluster {cluster}");
                    let hint = "Nothing, if the callers of that cluster are meant.";
                    findings.add(policy.object, at.path(), message, hint).severity(Severity::Info).codes(&["KIA0107"]);
                    continue;
                }
                None => {}
            }
            let problem = if is_wild(value) { Problem::NoMatch } else { Problem::of(world, &remotes, &domains, value) };
            if let (false, Some(why)) = (problem == Problem::Form, &unseen) {
                findings.cannot_tell(&policy.object.reference(), why);
                continue;
            }
            let (message, hint) = problem.words(value, &others);
            let home = Principal::parse(value).filter(|_| !is_wild(value)).map_or("", |p| p.namespace);
            if problem == Problem::Foreign {
                // Which domain the mesh has, files without its configuration do not tell.
                let guess = world.source.kind == SourceKind::Files && world.istio.config.object.is_none();
                let severity = if guess { Severity::Info } else { Severity::Warning };
                findings.add(policy.object, at.path(), message, hint).severity(severity).codes(&["KIA0108"]);
            } else if problem == Problem::Form {
                findings.add(policy.object, at.path(), message, hint).codes(&["KIA0106"]);
            } else if let Some(finding) = findings.missing(policy.object, at.path(), &[(Kind::ServiceAccount, home)], message, hint) {
                finding.codes(&["KIA0106"]);
                // Gateways bring their accounts along, apart from the control plane.
                if world.source.kind == SourceKind::Files && seen::is_customary(world, home) {
                    finding.severity(Severity::Info);
                }
            }
        }
    }
}

/// Whom a cluster's policies can mean: its service accounts under the trust domains that count as theirs.
struct Identities<'w> {
    /// Its name; empty for the one that is checked.
    cluster: &'w str,
    domains: BTreeSet<&'w str>,
    /// Whether `cluster.local` stands for its trust domain whatever that is, as in the policies of the checked cluster.
    by_default_domain: bool,
    accounts: BTreeSet<(Str, Str)>,
}

impl<'w> Identities<'w> {
    fn here(world: &'w World) -> Self {
        Self { cluster: "", domains: trust_domains(world).collect(), by_default_domain: true, accounts: service_accounts(world) }
    }

    /// Those of another cluster, by the names that policies of `world` have for them: its own trust domain as one of this mesh goes by all of
    /// them. A cluster without a mesh configuration has its control plane, and so its trust domain, in another one.
    fn there(remote: &'w World, world: &'w World) -> Self {
        let own = remote.istio.config.trust_domain.as_str();
        let shared = remote.istio.config.object.is_none() || trust_domains(world).any(|domain| domain == own);
        let domains = if shared { trust_domains(world).collect() } else { BTreeSet::from([own]) };
        Self { cluster: &remote.source.name, domains, by_default_domain: shared, accounts: service_accounts(remote) }
    }

    fn has(&self, value: &str) -> bool {
        if is_wild(value) {
            return self.accounts.iter().any(|(ns, sa)| self.domains.iter().any(|d| matches(value, &format!("{d}/ns/{ns}/sa/{sa}"))));
        }
        Principal::parse(value).is_some_and(|p| {
            (self.domains.contains(p.domain) || self.by_default_domain && p.domain == "cluster.local")
                && self.accounts.contains(&(p.namespace.into(), p.account.into()))
        })
    }
}

/// A cluster's trust domain and its aliases.
fn trust_domains(world: &World) -> impl Iterator<Item = &str> {
    let config = &world.istio.config;
    [config.trust_domain.as_str()].into_iter().chain(config.trust_domain_aliases.iter().map(Str::as_str))
}

/// A star at both ends is taken literally, as `istio-policy-wildcard-literal` says.
fn is_literal(value: &str) -> bool {
    value.len() > 1 && value.starts_with('*') && value.ends_with('*')
}

fn is_wild(value: &str) -> bool {
    value.starts_with('*') || value.ends_with('*')
}

/// A principal in its parts.
pub(in crate::checks) struct Principal<'a> {
    /// Trust domain.
    pub(in crate::checks) domain: &'a str,
    pub(in crate::checks) namespace: &'a str,
    /// Service account.
    pub(in crate::checks) account: &'a str,
}

impl<'a> Principal<'a> {
    /// Reads `<trust domain>/ns/<namespace>/sa/<service account>`.
    pub(in crate::checks) fn parse(text: &'a str) -> Option<Self> {
        let (domain, rest) = text.split_once("/ns/")?;
        let (namespace, account) = rest.split_once("/sa/")?;
        (!domain.is_empty() && !namespace.contains('/') && !account.contains('/')).then_some(Self { domain, namespace, account })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Problem {
    /// Not of the form of a principal, or with a wildcard where none is one.
    Form,
    /// Of another trust domain.
    Foreign,
    /// Its namespace does not exist.
    Namespace,
    /// Its namespace exists, its service account does not.
    Account,
    /// A pattern that fits no service account.
    NoMatch,
}

impl Problem {
    fn of(world: &World, remotes: &[&World], domains: &BTreeSet<&str>, value: &str) -> Self {
        let known = |namespace: &str| remotes.iter().chain([&world]).any(|cluster| cluster.istio.registry.knows_namespace(namespace));
        let domain = value.split_once("/ns/").map(|(domain, _)| domain).filter(|d| !d.is_empty());
        match (domain, Principal::parse(value)) {
            _ if value.contains('*') => Self::Form,
            (Some(domain), _) if !domains.contains(domain) && domain != "cluster.local" => Self::Foreign,
            (_, None) => Self::Form,
            (_, Some(p)) if !known(p.namespace) => Self::Namespace,
            _ => Self::Account,
        }
    }

    fn words(self, value: &str, others: &str) -> (String, &'static str) {
        let account = "Write the service account that the callers run as, or create it.";
        let looked = if others.is_empty() { String::new() } else { format!(" here or in {others}") };
        let foreign = if others.is_empty() { String::new() } else { format!(", nor of {others}") };
        match self {
            Self::Form if value.contains('*') => (
                format!("the * inside {value:?} is taken literally"),
                "Use * at the beginning or the end only, or name the service accounts one by one.",
            ),
            Self::Form => (
                format!("{value:?} is no principal: nothing has such an identity"),
                "Write <trust domain>/ns/<namespace>/sa/<service account>, or use source.serviceAccounts.",
            ),
            Self::Foreign => (
                format!("the trust domain of {value:?} is neither this mesh's nor an alias of it{foreign}"),
                "Check the trust domain, or add it to trustDomainAliases in the mesh configuration if its callers are to be trusted.",
            ),
            Self::Namespace => (format!("the namespace of principal {value:?} does not exist{looked}"), account),
            Self::Account => (format!("no service account is behind principal {value:?}{looked}"), account),
            Self::NoMatch => (format!("no service account fits {value:?}{looked}"), account),
        }
    }
}

/// Service accounts that exist, that pods run as, or that Istio makes for the proxies of a Gateway API Gateway: named like a waypoint, and like any
/// other Gateway with its class behind (istio `pilot/pkg/config/kube/gateway/deploymentcontroller.go`).
fn service_accounts(world: &World) -> BTreeSet<(Str, Str)> {
    let index = &world.index;
    let objects = index.objects(Kind::ServiceAccount).iter().map(|o| (o.meta.namespace.clone(), o.meta.name.clone()));
    let used = index.workloads().iter().filter_map(|w| Some((w.reference.namespace.clone(), index.pod_spec(w)?.service_account().into())));
    let made = index.objects(Kind::Gateway).iter().flat_map(|gateway| {
        let (name, class) = (&gateway.meta.name, gateway.spec().text("gatewayClassName"));
        [name.clone(), Str::from(format!("{name}-{class}"))].map(|account| (gateway.meta.namespace.clone(), account))
    });
    objects.chain(used).chain(made).collect()
}

/// Whether a pattern fits, every `*` standing for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
