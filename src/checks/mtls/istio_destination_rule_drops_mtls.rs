use std::collections::{HashMap, HashSet};

use crate::checks::Findings;
use crate::checks::support::istio::security::tls::{self, MESH_HOST};
use crate::checks::support::istio::traffic::views::{Member, Views};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::hosts::{KialiHost, covers};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule has no `tls` settings, while a wider one (for the whole mesh, for its namespace, or another one for the same host) turns
    /// mutual TLS on with `ISTIO_MUTUAL`.
    ///
    /// # Why it matters
    ///
    /// Rules for one host are not merged with wider ones: for this host the narrow rule holds alone, and with it no `tls` setting. Automatic
    /// mutual TLS, the default, takes its place, so this hurts only with `enableAutoMtls: false` or where automatic mutual TLS cannot work.
    ///
    /// # How to fix it
    ///
    /// Write `tls: {mode: ISTIO_MUTUAL}` into this rule's `trafficPolicy`, or drop it from the wider rule and rely on automatic mutual TLS.
    ///
    /// Sources: kiali KIA0204 `business/checkers/destinationrules/traffic_policy_checker.go` (for which `*.local` covers every
    /// host, external and incomplete ones too).
    "istio-destination-rule-drops-mtls",
    summary: "DestinationRule without tls settings replaces a wider one that turns mutual TLS on",
    aliases: &["KIA0204"],
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Sidecar, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let wide = Wide::read(world);
    for rule in world.index.objects(Kind::DestinationRule) {
        let policy = DestinationRule::of(rule).policy();
        let has_tls = policy.is_some_and(|policy| policy.tls().is_some() || policy.ports().any(|(_, settings)| settings.tls().is_some()));
        if has_tls {
            continue;
        }
        let replaced = wide.over(rule);
        let Some(first) = replaced.first() else { continue };
        let auto = world.istio.config.auto_mtls;
        let consequence = if auto { "automatic mutual TLS decides instead" } else { "callers send plaintext" };
        let message = format!("replaces {}, which turns mutual TLS on, and has no tls settings itself: {consequence}", first.reference());
        let finding = findings.add(rule, "spec.trafficPolicy", message, "Add tls with mode ISTIO_MUTUAL to this rule's trafficPolicy.");
        finding.severity(if auto { Severity::Info } else { Severity::Warning });
        for other in replaced.iter().take(5) {
            finding.related(other.reference(), "turns mutual TLS on for this host too");
        }
        finding.related_of(replaced.len());
    }
}

/// Rules that turn mutual TLS on, by host as written.
struct Wide<'a> {
    world: &'a World,
    views: Views<'a>,
    by_host: HashMap<&'a str, Vec<Member<'a>>>,
}

impl<'a> Wide<'a> {
    fn read(world: &'a World) -> Self {
        let mut wide = Self { world, views: Views::new(world), by_host: HashMap::new() };
        for rule in world.index.objects(Kind::DestinationRule).iter().filter(|r| tls::client_mode(r) == Some(TlsMode::IstioMutual)) {
            let member = wide.member(rule);
            wide.by_host.entry(DestinationRule::of(rule).host()).or_default().push(member);
        }
        wide
    }

    fn member(&self, rule: &'a Object) -> Member<'a> {
        Member::new(self.world, rule, vec![DestinationRule::of(rule).host()], &self.world.istio.config.default_export_to[2])
    }

    /// The rules that `rule` replaces for a namespace that sees both: for the mesh, for the namespace of its host, or for the very host.
    fn over(&self, rule: &'a Object) -> Vec<&'a Object> {
        let text = DestinationRule::of(rule).host();
        let namespace = rule.meta.namespace.as_str();
        let suffix = self.world.istio.config.service_suffix();
        let host = KialiHost::read_whole(text, namespace, &suffix);
        let mut hosts: HashSet<String> = [host.name.clone()].into();
        if covers(MESH_HOST, &host.name) {
            hosts.insert(MESH_HOST.to_owned());
        }
        if host.is_service() {
            hosts.insert(format!("*.{}.{suffix}", host.namespace));
        }
        let others = hosts.iter().filter_map(|h| self.by_host.get(h.as_str())).flatten();
        let member = self.member(rule);
        let together = |other: &&Member<'a>| !std::ptr::eq(other.object, rule) && self.views.of(&[&member, other]).iter().any(|view| view.len() == 2);
        let mut found: Vec<&Object> = others.filter(together).map(|other| other.object).collect();
        found.sort_by_key(|o| (o.meta.namespace.clone(), o.meta.name.clone()));
        found
    }
}
