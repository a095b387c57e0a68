use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::security::tls::client_mode;
use crate::checks::support::istio::traffic::views::{Member, Views};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::hosts::{HostIndex, KialiHost, within_wildcard};
use crate::model::{FEW, Kind, Object, Subject};
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

struct Rule<'w> {
    member: Member<'w>,
    host: KialiHost,
    subsets: BTreeSet<&'w str>,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    let default = &world.istio.config.default_export_to[2];
    let all = world.index.objects(Kind::DestinationRule);
    let rules: Vec<Rule<'_>> = all
        .iter()
        .filter(|rule| !is_wide_mtls(world, rule))
        .map(|rule| Rule {
            member: Member::new(world, rule, vec![DestinationRule::of(rule).host()], default),
            host: registry.kiali_host(DestinationRule::of(rule).host(), &rule.meta.namespace),
            subsets: DestinationRule::of(rule).subsets().map(|subset| subset.name).collect(),
        })
        .collect();
    let index = HostIndex::new(rules.iter().enumerate().map(|(i, r)| (r.host.name.as_str(), i)));
    let views = Views::new(world);
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        let near = index.overlapping(&rule.host.name);
        for other in near.into_iter().filter(|o| *o > at) {
            // Enough is known of both: what more there is would not be named.
            let enough = |at: usize| found.get(&at).is_some_and(|others: &BTreeSet<usize>| others.len() >= FEW);
            if enough(at) && enough(other) || !collide(rule, &rules[other]) {
                continue;
            }
            let both = [&rule.member, &rules[other].member];
            if views.of(&both).iter().any(|view| view.len() == 2) {
                found.entry(at).or_default().insert(other);
                found.entry(other).or_default().insert(at);
            }
        }
    }
    for (at, others) in found {
        report(&rules, at, &others, findings);
    }
}

fn report(rules: &[Rule<'_>], at: usize, others: &BTreeSet<usize>, findings: &mut Findings<'_>) {
    let rule = rules[at].member.object;
    // The one that gets in each other's way, if there is one.
    let same = |o: &&usize| rules[**o].host == rules[at].host && rules[**o].member.object.meta.namespace == rule.meta.namespace;
    let first = &rules[*others.iter().find(same).or(others.first()).unwrap_or(&at)];
    let names = others.iter().take(FEW).map(|o| rules[*o].member.object.reference().to_string()).collect::<Vec<_>>().join(", ");
    let other = first.member.object;
    let by_design = other.meta.namespace != rule.meta.namespace || first.host != rules[at].host;
    let who = if other.meta.namespace != rule.meta.namespace {
        "clients get the one of their own namespace, else the service's, else the root's".to_owned()
    } else if first.host != rules[at].host {
        "the more specific host wins".to_owned()
    } else if rule.meta.creation_timestamp.is_some() && other.meta.creation_timestamp.is_some() {
        let oldest = [rule, other].into_iter().min_by_key(|r| r.meta.age_key()).unwrap_or(rule);
        format!("what both set is taken from {}, which is older", oldest.reference())
    } else {
        "what both set is taken from the one that is created first".to_owned()
    };
    let message = format!("covers the same host and subset as {names}: {who}");
    let hint = if by_design { "Nothing, if that is meant." } else { "Keep one rule for the host, in the namespace of its service." };
    let finding = findings.add(rule, "spec.host", message, hint);
    if by_design {
        finding.severity(Severity::Info);
    }
    for other in others.iter().take(FEW) {
        finding.related(rules[*other].member.object.reference(), "covers it too");
    }
}

/// Whether both are for some common host and subset.
fn collide(a: &Rule<'_>, b: &Rule<'_>) -> bool {
    let (x, y) = (a.host.name.as_str(), b.host.name.as_str());
    let hosts = x == y || x == "*" || y == "*" || within_wildcard(x, y) || within_wildcard(y, x);
    hosts && (a.subsets.is_empty() || b.subsets.is_empty() || !a.subsets.is_disjoint(&b.subsets))
}

/// `*.local`, or all of the rule's own namespace, with nothing but Istio's mutual TLS in mind.
fn is_wide_mtls(world: &World, rule: &Object) -> bool {
    let host = DestinationRule::of(rule).host();
    let wide = host == "*.local" || host == format!("*.{}.{}", rule.meta.namespace, world.istio.config.service_suffix());
    wide && client_mode(rule) == Some(TlsMode::IstioMutual)
}
