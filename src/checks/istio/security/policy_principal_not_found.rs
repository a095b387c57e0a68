use std::collections::{BTreeSet, HashMap};

use super::seen;
use crate::checks::Findings;
use crate::mesh::istio::policy;
use crate::model::{Kind, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy names, in `source.principals`, an identity that nothing here has: its namespace or its service account does not
    /// exist, it is not of the form `<trust domain>/ns/<namespace>/sa/<service account>`, or its trust domain is neither this mesh's nor one of
    /// its aliases. `*` stands for any text at the beginning or the end only.
    ///
    /// # Why it matters
    ///
    /// A principal that nobody has matches nobody: the callers that were meant stay out, or the ones that were to be stopped get in.
    ///
    /// # How to mend it
    ///
    /// Write the service account that the calling pods run as (`spec.serviceAccountName`, `default` when it is empty). An identity of another
    /// cluster is beyond what can be seen here.
    ///
    /// Sources: kiali KIA0106, KIA0108 `business/checkers/authorization/principals_checker.go`.
    "istio-policy-principal-not-found",
    summary: "AuthorizationPolicy names a principal that nothing has",
    aliases: &["KIA0106", "KIA0108"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::ServiceAccount, Kind::Pod, Kind::Deployment, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = &world.istio.config;
    let domains: BTreeSet<&str> = [config.trust_domain.as_str()].into_iter().chain(config.trust_domain_aliases.iter().map(Str::as_str)).collect();
    let accounts = service_accounts(world);
    let mut fits: HashMap<&str, bool> = HashMap::new();
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        for rule in ap.spec().list("rules") {
            for source in policy::sources(&rule) {
                for (value, at) in source.texts("principals").filter(|(value, _)| *value != "*" && !value.starts_with("spiffe://")) {
                    let wild = value.starts_with('*') || value.ends_with('*');
                    let found = *fits.entry(value).or_insert_with(|| match Principal::parse(value) {
                        _ if wild => accounts.iter().any(|(ns, sa)| domains.iter().any(|d| matches(value, &format!("{d}/ns/{ns}/sa/{sa}")))),
                        Some(p) => {
                            (domains.contains(p.domain) || p.domain == "cluster.local") && accounts.contains(&(p.namespace.into(), p.account.into()))
                        }
                        None => false,
                    });
                    if found {
                        continue;
                    }
                    let problem = if wild { Problem::NoMatch } else { Problem::of(world, &domains, value) };
                    let (message, hint) = problem.words(value);
                    let home = Principal::parse(value).filter(|_| !wild).map_or("", |p| p.namespace);
                    if let Problem::Foreign = problem {
                        findings.add(ap, at.path(), message, hint).severity(Severity::Warning).codes(&["KIA0108"]);
                    } else if let Problem::Form = problem {
                        findings.add(ap, at.path(), message, hint).codes(&["KIA0106"]);
                    } else if let Some(finding) =
                        findings.missing(ap, at.path(), &[(Kind::ServiceAccount, home), (Kind::Pod, home), (Kind::Deployment, home)], message, hint)
                    {
                        finding.codes(&["KIA0106"]);
                        if !home.is_empty() && seen::is_beyond_files(world, home) {
                            finding.severity(Severity::Info);
                        }
                    }
                }
            }
        }
    }
}

/// A principal in its parts.
pub(super) struct Principal<'a> {
    /// Trust domain.
    pub(super) domain: &'a str,
    /// Namespace.
    pub(super) namespace: &'a str,
    /// Service account.
    pub(super) account: &'a str,
}

impl<'a> Principal<'a> {
    /// Reads `<trust domain>/ns/<namespace>/sa/<service account>`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (domain, rest) = text.split_once("/ns/")?;
        let (namespace, account) = rest.split_once("/sa/")?;
        (!domain.is_empty() && !namespace.contains('/') && !account.contains('/')).then_some(Self { domain, namespace, account })
    }
}

#[derive(Clone, Copy)]
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
    fn of(world: &World, domains: &BTreeSet<&str>, value: &str) -> Self {
        let domain = value.split_once("/ns/").map(|(domain, _)| domain).filter(|d| !d.is_empty());
        match (domain, Principal::parse(value)) {
            _ if value.contains('*') => Self::Form,
            (Some(domain), _) if !domains.contains(domain) && domain != "cluster.local" => Self::Foreign,
            (_, None) => Self::Form,
            (_, Some(p)) if !world.istio.registry.knows_namespace(p.namespace) => Self::Namespace,
            _ => Self::Account,
        }
    }

    fn words(self, value: &str) -> (String, &'static str) {
        let account = "Write the service account that the callers run as, or create it.";
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
                format!("the trust domain of {value:?} is neither this mesh's nor an alias of it"),
                "Check the trust domain, or add it to trustDomainAliases in the mesh configuration if its callers are to be trusted.",
            ),
            Self::Namespace => (format!("the namespace of principal {value:?} does not exist"), account),
            Self::Account => (format!("no service account is behind principal {value:?}"), account),
            Self::NoMatch => (format!("no service account fits {value:?}"), account),
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
