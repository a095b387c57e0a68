use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::security::tls::client_mode;
use crate::checks::support::istio::traffic::views::{Member, Views};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::hosts::{HostIndex, KialiHost};
use crate::mesh::istio::visibility::Visibility;
use crate::model::{FEW, Kind, Object, Str, Subject, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two DestinationRules that a namespace sees are for the same host, or one for a wildcard over the other's host, and define the same
    /// subset, or one of them defines none and so is for all of the host. Rules that only turn on mutual TLS for the mesh or a namespace
    /// (`*.local`, `*.shop.svc.cluster.local`) are meant to stand beside others.
    ///
    /// # Why it matters
    ///
    /// A client gets the rules of one namespace only: its own, else the service's, else the root's. Of one namespace the most specific host
    /// wins; rules for an equal host are joined: all subsets (of equal names the oldest), the traffic policy of the oldest that has one.
    /// The rest is ignored without a word.
    ///
    /// # How to fix it
    ///
    /// Keep one rule per host, next to its service.
    ///
    /// Sources: KIA0201: kiali `checkers/destinationrules/multi_match_checker.go`; istiod `pilot/pkg/model/push_context.go`.
    "istio-destination-rule-conflict",
    summary: "Two DestinationRules cover the same host and subset",
    aliases: &["KIA0201"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Sidecar, Kind::Namespace],
    run: run,
}

/// DestinationRules that this question does not tell apart: one host, one namespace, the same `exportTo` and subsets. What many rules have in common is
/// asked once for them all.
struct Group<'w> {
    member: Member<'w>,
    host: KialiHost,
    subsets: BTreeSet<&'w str>,
    /// In the order of the world.
    rules: Vec<&'w Object>,
}

impl<'w> Group<'w> {
    /// The only ones that see it; none where everybody does.
    fn namespaces(&self) -> Vec<&str> {
        match &self.member.visibility {
            Visibility::Everyone => Vec::new(),
            Visibility::Namespaces(named) => named.iter().map(Str::as_str).collect(),
        }
    }

    /// What it is limited to; none where it is for all of the host.
    fn subsets(&self) -> Vec<&str> {
        self.subsets.iter().copied().collect()
    }
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = groups(world);
    let near = Near::new(&all);
    let views = Views::new(world);
    for own in &all {
        let seen_together = |other: &&Group<'_>| views.of(&[&own.member, &other.member]).iter().any(|view| view.len() == 2);
        let met: Vec<&Group<'_>> = near.of(own).into_iter().map(|at| &all[at]).filter(seen_together).collect();
        for rule in &own.rules {
            report(rule, own, &met, findings);
        }
    }
}

fn groups(world: &World) -> Vec<Group<'_>> {
    let registry = &world.istio.registry;
    let default = &world.istio.config.default_export_to[2];
    let mut all: BTreeMap<_, Group<'_>> = BTreeMap::new();
    for rule in world.index.objects(Kind::DestinationRule).iter().filter(|rule| !is_wide_mtls(world, rule)) {
        let view = DestinationRule::of(rule);
        let member = Member::new(world, rule, vec![view.host()], default);
        if member.visibility == Visibility::Namespaces(Vec::new()) {
            continue;
        }
        let host = registry.kiali_host(view.host(), &rule.meta.namespace);
        let subsets: BTreeSet<&str> = view.subsets().map(|subset| subset.name).collect();
        let key = (host.name.clone(), host.clone(), view.host(), &rule.meta.namespace, member.visibility.clone(), subsets.clone());
        all.entry(key).or_insert_with(|| Group { member, host, subsets, rules: Vec::new() }).rules.push(rule);
    }
    all.into_values().collect()
}

/// What limits a rule, by its namespaces or by its subsets: two can only meet where neither is limited or both by the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Limit<'w> {
    Any,
    None,
    By(&'w str),
}

impl<'w> Limit<'w> {
    /// What a rule with these limits is kept under.
    fn kept(names: &[&'w str]) -> Vec<Self> {
        let own = if names.is_empty() { vec![Self::None] } else { names.iter().copied().map(Self::By).collect() };
        own.into_iter().chain([Self::Any]).collect()
    }

    /// Under what those are kept that it may meet.
    fn asked(names: &[&'w str]) -> Vec<Self> {
        if names.is_empty() { vec![Self::Any] } else { names.iter().copied().map(Self::By).chain([Self::None]).collect() }
    }
}

/// Hosts, and their rules by what limits them, so that what each of many namespaces or subsets keeps to itself is not held against that of all others.
struct Near<'w> {
    hosts: HostIndex,
    limited: Vec<BTreeMap<(Limit<'w>, Limit<'w>), Vec<usize>>>,
}

impl<'w> Near<'w> {
    /// Groups of one host stand beside each other.
    fn new(all: &'w [Group<'w>]) -> Self {
        let (mut hosts, mut limited) = (Vec::new(), Vec::<BTreeMap<_, Vec<usize>>>::new());
        for (at, group) in all.iter().enumerate() {
            if at == 0 || all[at - 1].host.name != group.host.name {
                hosts.push((group.host.name.as_str(), limited.len()));
                limited.push(BTreeMap::new());
            }
            let (subsets, here) = (Limit::kept(&group.subsets()), limited.len() - 1);
            for namespace in Limit::kept(&group.namespaces()) {
                subsets.iter().for_each(|subset| limited[here].entry((namespace, *subset)).or_default().push(at));
            }
        }
        Self { hosts: HostIndex::new(hosts), limited }
    }

    /// Those with an overlapping host that may meet `own`, which is one of them.
    fn of(&self, own: &Group<'w>) -> BTreeSet<usize> {
        let (namespaces, subsets) = (Limit::asked(&own.namespaces()), Limit::asked(&own.subsets()));
        let keys = || namespaces.iter().flat_map(|namespace| subsets.iter().map(move |subset| (*namespace, *subset)));
        let hosts = self.hosts.overlapping(&own.host.name);
        hosts.into_iter().flat_map(|host| keys().filter_map(move |key| self.limited[host].get(&key))).flatten().copied().collect()
    }
}

/// Reports one rule of `own`; `met` are all that it conflicts with, its own kind among them.
fn report(rule: &Object, own: &Group<'_>, met: &[&Group<'_>], findings: &mut Findings<'_>) {
    let others = first_others(met, rule);
    let Some(first) = others.first() else { return };
    let total = met.iter().map(|m| m.rules.len()).sum::<usize>() - 1;
    let same: Vec<&Group<'_>> = met.iter().copied().filter(|m| m.host == own.host && m.member.object.meta.namespace == rule.meta.namespace).collect();
    // The one that gets in each other's way, if there is one.
    let (other, by_design) = first_others(&same, rule).first().map_or((*first, true), |other| (*other, false));
    let who = if other.meta.namespace != rule.meta.namespace {
        "clients get the one of their own namespace, else the service's, else the root's".to_owned()
    } else if by_design {
        "the more specific host wins".to_owned()
    } else if rule.meta.creation_timestamp.is_some() && other.meta.creation_timestamp.is_some() {
        let oldest = [rule, other].into_iter().min_by_key(|r| r.meta.age_key()).unwrap_or(rule);
        format!("what both set is taken from {}, which is older", oldest.reference())
    } else {
        "what both set is taken from the one that is created first".to_owned()
    };
    let names = few(others.iter().map(|o| o.reference()), total);
    let message = format!("covers the same host and subset as {names}: {who}");
    let hint = if by_design { "Nothing, if that is meant." } else { "Keep one rule for the host, in the namespace of its service." };
    let finding = findings.add(rule, "spec.host", message, hint);
    if by_design {
        finding.severity(Severity::Info);
    }
    for other in others.iter().take(FEW) {
        finding.related(other.reference(), "covers it too");
    }
    finding.related_of(total);
}

/// The first few of all but `rule`.
fn first_others<'w>(met: &[&Group<'w>], rule: &Object) -> Vec<&'w Object> {
    let first = met.iter().flat_map(|group| group.rules.iter().take(FEW + 1)).copied();
    let mut first: Vec<&Object> = first.filter(|other| !std::ptr::eq(*other, rule)).collect();
    first.sort_by_key(|other| (other.meta.namespace.as_str(), other.meta.name.as_str()));
    first
}

/// `*.local`, or all of the rule's own namespace, with nothing but Istio's mutual TLS in mind.
fn is_wide_mtls(world: &World, rule: &Object) -> bool {
    let host = DestinationRule::of(rule).host();
    let wide = host == "*.local" || host == format!("*.{}.{}", rule.meta.namespace, world.istio.config.service_suffix());
    wide && client_mode(rule) == Some(TlsMode::IstioMutual)
}
