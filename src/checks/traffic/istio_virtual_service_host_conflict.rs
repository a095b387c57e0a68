use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{hosts, in_mesh};
use crate::checks::support::istio::traffic::views::{Member, Views};
use crate::mesh::istio::hosts::HostIndex;
use crate::mesh::istio::visibility::Visibility;
use crate::model::{FEW, Kind, Object, Str, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Several VirtualServices are for the same host, for hosts that overlap by a wildcard, or one names the same host twice.
    ///
    /// # Why it matters
    ///
    /// For sidecars one VirtualService decides about a host: the oldest, and the others are ignored (error). Of a wildcard and a name
    /// inside it, the name wins (warning). On a gateway the routes of all are joined, older ones first, which is often wanted (info).
    ///
    /// # How to fix it
    ///
    /// Put the routes of a host into one VirtualService, or split it with delegates, or export each only to the namespaces it is for.
    ///
    /// Sources: IST0109: istio `pkg/config/analysis/analyzers/virtualservice/conflictingmeshgatewayhosts.go`;
    /// KIA1106: kiali `checkers/virtualservices/single_host_checker.go` (for which `mesh` is another gateway than none).
    "istio-virtual-service-host-conflict",
    summary: "Several VirtualServices claim the same host",
    aliases: &["IST0109", "KIA1106"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Sidecar, Kind::Namespace],
    run: run,
}

/// How two claims on a host go together, the harmless first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Clash {
    /// On a gateway: the routes are joined.
    #[default]
    Joined,
    /// A wildcard and a name in it: the name wins.
    Overlap,
    /// For sidecars: the oldest wins.
    Same,
}

#[derive(Debug, Default)]
struct Claim<'w> {
    codes: BTreeSet<&'static str>,
    clash: Clash,
    host: String,
    /// All that claim the host together, this one among them; shared by all of them, since a list of its own for each would take the square of their
    /// number.
    groups: Vec<Rc<Group<'w>>>,
}

/// VirtualServices that some sidecar or gateway sees claim one host.
#[derive(Debug)]
struct Group<'w> {
    /// In the order of namespace and name, each once.
    members: Vec<&'w Object>,
    oldest: Option<&'w Object>,
    dated: bool,
}

impl<'w> Group<'w> {
    fn new(all: &'w [Object], members: &[usize]) -> Self {
        let mut members: Vec<&Object> = members.iter().map(|at| &all[*at]).collect();
        members.sort_by_key(|vs| (vs.meta.namespace.as_str(), vs.meta.name.as_str()));
        members.dedup_by_key(|vs| std::ptr::from_ref(*vs));
        let oldest = members.iter().copied().min_by_key(|vs| vs.meta.age_key());
        let dated = members.iter().all(|vs| vs.meta.creation_timestamp.is_some());
        Self { members, oldest, dated }
    }
}

impl<'w> Claim<'w> {
    /// The first of the others, and how many there are.
    fn others(&self, own: &Object) -> (Vec<&'w Object>, usize) {
        let mut first: Vec<&Object> = self.groups.iter().flat_map(|group| group.members.iter().take(FEW + 1)).copied().collect();
        first.sort_by_key(|vs| (vs.meta.namespace.as_str(), vs.meta.name.as_str()));
        first.dedup_by_key(|vs| std::ptr::from_ref(*vs));
        first.retain(|vs| !std::ptr::eq(*vs, own));
        let most = self.groups.iter().map(|group| group.members.len() - 1).max().unwrap_or_default().max(first.len());
        first.truncate(FEW);
        (first, most)
    }
}

/// The gateway that stands for all sidecars; a VirtualService without any is on it.
const MESH: &str = "mesh";

/// Claims by position of the VirtualService.
type Claims<'w> = BTreeMap<usize, Claim<'w>>;

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::VirtualService);
    let mut claims = Claims::new();
    as_istioctl(world, all, &mut claims);
    as_kiali(world, all, &mut claims);
    for (at, claim) in claims {
        report(&all[at], &claim, findings);
    }
}

fn report(vs: &Object, claim: &Claim<'_>, findings: &mut Findings<'_>) {
    let codes: Vec<&'static str> = claim.codes.iter().copied().collect();
    let host = &claim.host;
    let (others, total) = claim.others(vs);
    if others.is_empty() {
        let (message, hint) = if hosts(vs).contains(&"*") && host != "*" {
            (format!("names host {host:?} beside \"*\", which takes it in"), "Keep \"*\" alone, or the names.")
        } else {
            (format!("names host {host:?} twice"), "Keep one spelling of each host.")
        };
        findings.add(vs, "spec.hosts", message, hint).codes(&codes).severity(Severity::Warning);
        return;
    }
    let names = few(others.iter().map(|o| o.reference()), total);
    let oldest = claim.groups.iter().filter_map(|group| group.oldest).min_by_key(|o| o.meta.age_key()).unwrap_or(vs);
    let dated = claim.groups.iter().all(|group| group.dated);
    let winner = if dated { oldest.reference().to_string() } else { "the oldest".to_owned() };
    let (message, hint, severity) = match claim.clash {
        Clash::Same => (
            format!("host {host:?} is claimed by {names} too: sidecars use only one, {winner}"),
            "Put all routes of this host into one VirtualService, or use delegates.",
            Severity::Error,
        ),
        Clash::Overlap => (
            format!("host {host:?} overlaps with a host of {names}: the more specific one wins, the other's routes are not used for it"),
            "Make sure that the more specific VirtualService has all the routes that its hosts need.",
            Severity::Warning,
        ),
        Clash::Joined => (
            format!("host {host:?} is on the same gateway as in {names}: the routes are joined, those of {winner} first"),
            "Check that no route hides one of a younger VirtualService, or put them into one.",
            Severity::Info,
        ),
    };
    let finding = findings.add(vs, "spec.hosts", message, hint);
    finding.codes(&codes).severity(severity);
    for other in others {
        finding.related(other.reference(), "claims the host too");
    }
    finding.related_of(total);
}

fn claim<'w>(claims: &mut Claims<'w>, all: &'w [Object], members: &[usize], code: &'static str, clash: Clash, host: &str) {
    let group = Rc::new(Group::new(all, members));
    for at in members {
        let claim = claims.entry(*at).or_default();
        if claim.groups.last().is_some_and(|last| Rc::ptr_eq(last, &group)) {
            continue;
        }
        if claim.codes.is_empty() || clash > claim.clash {
            claim.clash = clash;
            claim.host = host.to_owned();
        }
        claim.codes.insert(code);
        claim.groups.push(group.clone());
    }
}

/// Full names per namespace that sidecars live in; what is exported to all also meets what is exported to one.
fn as_istioctl<'w>(world: &World, all: &'w [Object], claims: &mut Claims<'w>) {
    let mut public: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut scoped: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, vs) in all.iter().enumerate().filter(|(_, vs)| in_mesh(vs)) {
        let visibility = Visibility::of_object(vs, &[]);
        for host in hosts(vs) {
            let name = world.istio.registry.fqdn(host, &vs.meta.namespace).into_owned();
            match &visibility {
                Visibility::Everyone => public.entry(name).or_default().push(at),
                Visibility::Namespaces(named) => {
                    let scopes: BTreeSet<&str> = named.iter().map(Str::as_str).collect();
                    scopes.into_iter().for_each(|ns| scoped.entry((ns.to_owned(), name.clone())).or_default().push(at));
                }
            }
        }
    }
    for (name, members) in public.iter().filter(|(_, m)| m.len() > 1) {
        claim(claims, all, members, "IST0109", Clash::Same, name);
    }
    let names: Vec<&String> = public.keys().collect();
    let index = HostIndex::new(names.iter().enumerate().map(|(i, n)| (n.as_str(), i)));
    for ((_, name), members) in &scoped {
        let mut together = members.clone();
        let mut exact = true;
        for other in index.overlapping(name) {
            exact &= names[other] == name;
            together.extend(&public[names[other]]);
        }
        if together.len() > 1 {
            claim(claims, all, &together, "IST0109", if exact { Clash::Same } else { Clash::Overlap }, name);
        }
    }
}

/// Hosts per gateway as it is written, and among them `*` against all others of a namespace.
fn as_kiali<'w>(world: &'w World, all: &'w [Object], claims: &mut Claims<'w>) {
    let views = Views::new(world);
    let default = &world.istio.config.default_export_to[1];
    let members: Vec<Member<'w>> = all.iter().map(|vs| Member::new(world, vs, hosts(vs), default)).collect();
    let mut groups: HashMap<(&str, String), BTreeMap<String, Vec<usize>>> = HashMap::new();
    for (at, vs) in all.iter().enumerate() {
        let gateways = gateways(vs);
        for host in &members[at].hosts {
            let host = world.istio.registry.kiali_host(host, &vs.meta.namespace);
            for gateway in &gateways {
                groups.entry((gateway, host.namespace.clone())).or_default().entry(host.service.clone()).or_default().push(at);
            }
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort();
    for ((gateway, _), services) in &groups {
        let clash = if *gateway == MESH { Clash::Same } else { Clash::Joined };
        for (service, at) in services.iter().filter(|(_, at)| at.len() > 1) {
            for seen in views_of(&views, &members, at) {
                claim(claims, all, &seen, "KIA1106", clash, service);
            }
        }
        let Some(stars) = services.get("*").filter(|_| services.len() > 1) else { continue };
        let clash = clash.min(Clash::Overlap);
        for (service, at) in services.iter().filter(|(service, _)| *service != "*") {
            let together: Vec<usize> = stars.iter().chain(at).copied().collect();
            for seen in views_of(&views, &members, &together) {
                let both = seen.iter().any(|i| stars.contains(i)) && seen.iter().any(|i| at.contains(i));
                if both {
                    claim(claims, all, &seen, "KIA1106", clash, service);
                }
            }
        }
    }
}

/// The gateways of a VirtualService as written.
fn gateways(vs: &Object) -> Vec<&str> {
    let mut named: Vec<&str> = vs.spec().texts("gateways").map(|(name, _)| name).collect();
    // Twice the same is no conflict with itself.
    named.sort_unstable();
    named.dedup();
    if named.is_empty() { vec![MESH] } else { named }
}

/// The members that some namespace sees together, two at least.
fn views_of<'w>(views: &Views<'w>, members: &[Member<'w>], at: &[usize]) -> Vec<Vec<usize>> {
    let picked: Vec<&Member<'w>> = at.iter().map(|i| &members[*i]).collect();
    let views = views.of(&picked).into_iter().filter(|view| view.len() > 1);
    views.map(|view| view.into_iter().map(|i| at[i]).collect()).collect()
}
