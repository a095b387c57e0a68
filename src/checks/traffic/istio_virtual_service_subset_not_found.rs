use std::collections::{HashMap, HashSet};

use crate::checks::Findings;
use crate::checks::support::istio::schema::is_name;
use crate::checks::support::istio::traffic::routes::{Destination, codes_of_absence, destinations, hosts, in_mesh, users};
use crate::checks::support::istio::traffic::views::{Member, Views, is_ambient};
use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::hosts::{KialiHost, suffixes};
use crate::mesh::istio::visibility::Visibility;
use crate::model::{Kind, Object, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route or mirror names a subset that no DestinationRule for its host defines, or none that the clients of this namespace get:
    /// a rule in the client's own namespace hides those of the service's namespace, and both hide those of the root namespace. Also a subset whose
    /// rule is exported to fewer namespaces than the VirtualService.
    ///
    /// Asked for every namespace that sees the VirtualService (`exportTo`, Sidecars), since each gets DestinationRules of its own.
    ///
    /// # Why it matters
    ///
    /// Without the subset there is no cluster, and the proxy answers 503 (`NC`) to all requests that take this route.
    ///
    /// # How to fix it
    ///
    /// Define the subset in the DestinationRule of the host, or correct its name.
    ///
    /// Sources: IST0101: istio `pkg/config/analysis/analyzers/virtualservice/destinationrules.go`;
    /// KIA1107: kiali `checkers/virtualservices/subset_presence_checker.go`; istiod `pilot/pkg/model/push_context.go` (lookup order).
    "istio-virtual-service-subset-not-found",
    summary: "VirtualService routes to a subset that no DestinationRule defines",
    aliases: &["IST0101", "KIA1107"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::DestinationRule],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (defined, views) = (Defined::read(world), Views::new(world));
    for vs in world.index.objects(Kind::VirtualService) {
        let own = vs.meta.namespace.as_str();
        let member = Member::new(world, vs, hosts(vs), &world.istio.config.default_export_to[1]);
        for destination in destinations(vs).into_iter().filter(|d| is_name(d.subset)) {
            let key = (istioctl_name(destination.host, own), destination.subset.to_owned());
            let mut codes = Vec::new();
            if !defined.istioctl.contains(&key) {
                codes.push("IST0101");
            }
            let blind = defined.blind(world, &views, &member, &destination);
            if blind.is_some() {
                codes.push("KIA1107");
            }
            let path = destination.field.path_of("subset");
            if codes.is_empty() {
                if in_mesh(vs) {
                    hidden(world, vs, &destination, &path, findings);
                }
                continue;
            }
            if let Some(viewer) = blind.filter(|viewer| *viewer != own && defined.defining(world, own, &destination).next().is_some()) {
                let (host, subset) = (destination.host, destination.subset);
                let message =
                    format!("clients in {viewer:?} see this VirtualService, but no DestinationRule that defines subset {subset:?} of {host:?}");
                let hint = "Export the DestinationRule to all namespaces that the VirtualService is exported to.";
                findings.add(vs, path, message, hint).codes(&codes).severity(Severity::Warning);
                continue;
            }
            if let Some(rule) = applying(world, vs, &destination).into_iter().find(|rule| defines(rule, destination.subset)) {
                let message = format!("subset {:?} comes from {}, which is not for this very host", destination.subset, rule.reference());
                let hint = "Nothing; a rule for this very host would take its place, with its subsets.";
                let finding = findings.add(vs, path, message, hint);
                finding.codes(&codes).severity(Severity::Info).related(rule.reference(), "defines it");
                continue;
            }
            let message = format!("no DestinationRule for {:?} defines subset {:?}", destination.host, destination.subset);
            let hint = format!("Add subset {:?} to the DestinationRule of this host, or correct the name.", destination.subset);
            let host = world.istio.registry.kiali_host(destination.host, own);
            let home = if host.is_service() { host.namespace.as_str() } else { own };
            if let Some(finding) = findings.missing(vs, path, &[(Kind::DestinationRule, own), (Kind::DestinationRule, home)], message, hint) {
                finding.codes(&codes_of_absence(world, &[Kind::DestinationRule], &codes));
            }
        }
    }
}

/// Reports a subset that is defined, but in a rule that another one hides from the clients of this namespace.
fn hidden(world: &World, vs: &Object, destination: &Destination<'_>, path: &str, findings: &mut Findings<'_>) {
    let rules = applying(world, vs, destination);
    let own = viewer(world, vs);
    let Some(winner) = rules.first().filter(|_| !rules.iter().any(|rule| defines(rule, destination.subset))) else { return };
    let message =
        format!("subset {:?} of {:?} is defined in a DestinationRule that clients in {own:?} do not get", destination.subset, destination.host);
    let hint = format!("Define the subset in {} too, which hides all others here.", winner.reference());
    findings.add(vs, path, message, hint).codes(&[]).related(winner.reference(), "is the rule that clients in this namespace get");
}

/// A namespace whose clients get a VirtualService: its own where it is exported there.
fn viewer(world: &World, vs: &Object) -> String {
    let own = &vs.meta.namespace;
    match users(world, vs) {
        Visibility::Namespaces(named) if !named.contains(own) => named.first().unwrap_or(own).to_string(),
        _ => own.to_string(),
    }
}

/// The rules that clients who get a VirtualService get for a destination.
fn applying<'w>(world: &'w World, vs: &Object, destination: &Destination<'_>) -> Vec<&'w Object> {
    let registry = &world.istio.registry;
    let own = vs.meta.namespace.as_str();
    let fqdn = registry.fqdn(destination.host, own);
    let home = registry.resolve_for(destination.host, own, &users(world, vs)).map(|e| e.namespace.as_str()).unwrap_or_default();
    registry.rules.for_any_client(&world.index, &world.istio.config, &viewer(world, vs), &fqdn, home).map(|(_, rules)| rules).unwrap_or_default()
}

fn defines(rule: &Object, subset: &str) -> bool {
    DestinationRule::of(rule).subset(subset).is_some()
}

/// Subsets as the two tools look for them.
struct Defined {
    /// Service and namespace of the host, and the subset.
    istioctl: HashSet<((String, String), String)>,
    /// By the host's full name and subset: the rules that define it.
    kiali: HashMap<(String, String), Vec<Rule>>,
}

struct Rule {
    namespace: String,
    written: String,
    host: KialiHost,
    visibility: Visibility,
}

impl Defined {
    fn read(world: &World) -> Self {
        let registry = &world.istio.registry;
        let mut defined = Self { istioctl: HashSet::new(), kiali: HashMap::new() };
        for rule in world.index.objects(Kind::DestinationRule) {
            let (own, written) = (rule.meta.namespace.as_str(), DestinationRule::of(rule).host());
            let host = registry.kiali_host(written, own);
            for subset in DestinationRule::of(rule).subsets() {
                let name = subset.name.to_owned();
                defined.istioctl.insert((istioctl_name(written, own), name.clone()));
                let visibility = Visibility::of_object(rule, &world.istio.config.default_export_to[2]);
                let rule = Rule { namespace: own.to_owned(), written: written.to_owned(), host: host.clone(), visibility };
                defined.kiali.entry((host.name.clone(), name)).or_default().push(rule);
            }
        }
        defined
    }

    /// The rules for the host, or for a wildcard over it, that define the subset.
    fn defining<'a>(&'a self, world: &World, own: &str, destination: &'a Destination<'_>) -> impl Iterator<Item = &'a Rule> + use<'a> {
        let host = world.istio.registry.kiali_host(destination.host, own);
        let wildcards: Vec<String> = suffixes(&host.name).filter(|s| s.starts_with('.') || s.is_empty()).map(|s| format!("*{s}")).collect();
        let names = [host.name].into_iter().chain(wildcards);
        names.filter_map(|name| self.kiali.get(&(name, destination.subset.to_owned()))).flatten()
    }

    /// A namespace that sees the VirtualService and none of the rules that define the subset, its own before others.
    fn blind<'w>(&self, world: &'w World, views: &Views<'w>, vs: &Member<'w>, destination: &Destination<'_>) -> Option<String> {
        let registry = &world.istio.registry;
        let own = vs.object.meta.namespace.as_str();
        let rules: Vec<&Rule> = self.defining(world, own, destination).collect();
        let usable = |ns: &str, r: &Rule| {
            r.visibility.includes(ns) && (is_ambient(world, ns) || registry.imports.of(ns).imports_host(&r.host, &r.written, &r.namespace))
        };
        let blind = |ns: &&str| views.sees(ns, vs) && !rules.iter().any(|r| usable(ns, r));
        let near = [Some(own), views.open()].into_iter().flatten().find(blind);
        let exported = || match &vs.visibility {
            Visibility::Namespaces(named) => named.iter().map(Str::as_str).filter(|ns| registry.knows_namespace(ns)).find(blind),
            Visibility::Everyone if rules.iter().any(|r| r.visibility.is_everyone()) => None,
            Visibility::Everyone => registry.namespaces().map(Str::as_str).find(blind),
        };
        // Who imports the VirtualService by the very host that it routes to imports the rules for that host too.
        let full = |host: &str| registry.kiali_host(host, own).name;
        let alone = vs.hosts.iter().all(|host| full(host) == full(destination.host));
        let importers = || if alone { None } else { views.importers(vs).into_iter().find(blind) };
        near.or_else(exported).or_else(importers).map(str::to_owned)
    }
}

/// istioctl's key of a host: service and namespace of a full name, else the text and the namespace of the rule.
fn istioctl_name(host: &str, namespace: &str) -> (String, String) {
    let full = host.strip_suffix(".svc.cluster.local").and_then(|name| name.rsplit_once('.')).filter(|(service, _)| !service.is_empty());
    let (service, namespace) = full.unwrap_or((host, namespace));
    (service.to_owned(), namespace.to_owned())
}
