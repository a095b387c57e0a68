use crate::checks::Findings;
use crate::checks::support::istio::platform::envoy_patches;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An EnvoyFilter puts an HTTP filter or a network filter at the end of its list: with `ADD`, with `INSERT_AFTER` and no filter to go after, or with
    /// `INSERT_AFTER` the router, the HTTP connection manager or the TCP proxy.
    ///
    /// # Why it matters
    ///
    /// The last filter of a list is the one that sends the request on; nothing may stand behind it. Envoy refuses the whole listener
    /// ("terminal filter … must be the last filter"), and the proxy goes on with its old configuration or, when it starts, without one.
    ///
    /// # How to fix it
    ///
    /// Use `INSERT_BEFORE` with a match for `envoy.filters.http.router` (`subFilter`), or `INSERT_FIRST`.
    ///
    /// Sources: istio `pilot/pkg/networking/core/envoyfilter/listener_patch.go`; Envoy, terminal filters; istioctl and Kiali do not look.
    "istio-envoy-filter-behind-router",
    summary: "EnvoyFilter adds a filter behind the one that ends the list",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter],
    run: run,
}

const ROUTER: &str = "envoy.filters.http.router";
const ENDS: [&str; 3] = [ROUTER, "envoy.filters.network.http_connection_manager", "envoy.filters.network.tcp_proxy"];

fn run(world: &World, findings: &mut Findings<'_>) {
    for filter in world.index.objects(Kind::EnvoyFilter) {
        // Whoever takes the router away may put it back.
        let removed = envoy_patches::of(filter).any(|p| p.operation == "REMOVE" && ENDS.contains(&anchor(&p.item, p.apply_to)));
        for patch in envoy_patches::of(filter).filter(|p| !removed && matches!(p.apply_to, "HTTP_FILTER" | "NETWORK_FILTER")) {
            let anchor = anchor(&patch.item, patch.apply_to);
            let last = match patch.operation {
                "ADD" => true,
                "INSERT_AFTER" => anchor.is_empty() || ENDS.contains(&anchor),
                _ => false,
            };
            let is_end = patch.item.at(["patch", "value"]).is_some_and(|value| ENDS.contains(&value.text("name")));
            if last && !is_end {
                let end = if patch.apply_to == "HTTP_FILTER" { "the router" } else { "the filter that ends the connection" };
                let message = format!("{} puts the filter behind {end}, where none may stand: Envoy refuses the listener", patch.operation);
                let hint = "Use INSERT_BEFORE with a match for the filter at the end, or INSERT_FIRST.";
                findings.add(filter, patch.item.path_of("applyTo"), message, hint);
            }
        }
    }
}

/// The filter that a patch goes before or after; empty for none.
fn anchor<'a>(item: &Field<'a>, apply_to: &str) -> &'a str {
    let filter = item.at(["match", "listener", "filterChain", "filter"]);
    match apply_to {
        "HTTP_FILTER" => filter.and_then(|f| f.get("subFilter")).map(|f| f.text("name")).unwrap_or_default(),
        _ => filter.map(|f| f.text("name")).unwrap_or_default(),
    }
}
