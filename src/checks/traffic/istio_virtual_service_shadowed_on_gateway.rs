use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{GatewayName, hosts};
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two VirtualServices on the same gateway have a rule that takes everything (no match, or prefix `/` alone) for the same host.
    ///
    /// # Why it matters
    ///
    /// The gateway joins the routes of a host, moves those that take everything to the end and uses the first of them: the one of the
    /// older VirtualService. The other one is dead.
    ///
    /// # How to fix it
    ///
    /// Keep one rule that takes everything per host, or give the other a match.
    ///
    /// Sources: istio `pilot/pkg/networking/core/gateway.go`, `pilot/pkg/networking/core/route/route.go` (SortVHostRoutes).
    "istio-virtual-service-shadowed-on-gateway",
    summary: "Rule for everything is hidden by an older VirtualService of the same gateway and host",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut claims: BTreeMap<(String, String, String), Vec<(&Object, Field<'_>)>> = BTreeMap::new();
    for vs in world.index.objects(Kind::VirtualService) {
        let Some(rule) = vs.spec().list("http").find(takes_everything) else { continue };
        for (text, _) in vs.spec().texts("gateways") {
            let GatewayName::Object { namespace, name, .. } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            for host in hosts(vs) {
                let host = world.istio.registry.fqdn(host, &vs.meta.namespace).into_owned();
                claims.entry((namespace.to_owned(), name.to_owned(), host)).or_default().push((vs, rule));
            }
        }
    }
    for ((namespace, name, host), mut sharers) in claims {
        sharers.sort_by(|(a, _), (b, _)| a.meta.age_key().cmp(&b.meta.age_key()));
        let Some(((winner, _), rest)) = sharers.split_first() else { continue };
        for (vs, rule) in rest.iter().filter(|(vs, _)| !std::ptr::eq(*vs, *winner)) {
            let dated = vs.meta.creation_timestamp.is_some() && winner.meta.creation_timestamp.is_some();
            let who = if dated { "which is older" } else { "if that is older" };
            let message = format!("takes no request for {host:?} on gateway {namespace}/{name}: the rule of {} takes all, {who}", winner.reference());
            let hint = "Keep one rule for everything per host, or give this one a match.";
            findings.add(*vs, rule.path(), message, hint).related(winner.reference(), "takes everything too");
        }
    }
}

/// Whether a rule has no match, or one that asks for nothing but prefix `/`.
fn takes_everything(rule: &Field<'_>) -> bool {
    let mut matches = rule.list("match").peekable();
    let anything = |m: Field<'_>| m.entries().all(|(key, value)| key == "name" || (key == "uri" && value.text("prefix") == "/"));
    matches.peek().is_none() || matches.any(anything)
}
