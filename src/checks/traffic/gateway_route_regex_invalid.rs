use regex::Regex;

use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A match of type RegularExpression, for a path, a header, a query parameter or a gRPC method, that is no valid expression of the RE2 kind
    /// which Envoy and Linkerd's proxy understand. Look-ahead, look-behind and back-references are not part of it.
    ///
    /// # Why it matters
    ///
    /// The rule is refused, and with some implementations the whole route or the configuration of the whole gateway.
    ///
    /// # How to fix it
    ///
    /// Correct the expression, or use a prefix or exact match.
    ///
    /// Sources: Gateway API specification, `HTTPPathMatch`; RE2 syntax; Kiali and istioctl do not look.
    "gateway-route-regex-invalid",
    summary: "Match of a route whose regular expression is not valid",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for matching in route.spec().list("rules").flat_map(|rule| rule.list("matches").collect::<Vec<_>>()) {
            let values = matching.get("path").into_iter().chain(matching.list("headers")).chain(matching.list("queryParams"));
            for typed in values.filter(|v| is_regex(v)) {
                judge(findings, route, &typed, "value");
            }
            if let Some(method) = matching.get("method").filter(is_regex) {
                judge(findings, route, &method, "service");
                judge(findings, route, &method, "method");
            }
        }
    }
}

fn is_regex(typed: &Field<'_>) -> bool {
    typed.text("type") == "RegularExpression"
}

fn judge(findings: &mut Findings<'_>, route: &Object, typed: &Field<'_>, name: &'static str) {
    let text = typed.text(name);
    if let Err(error) = Regex::new(text) {
        // The last line says what is wrong; those above draw the place.
        let why = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let path = typed.path_of(name);
        findings.add(route, path, format!("{text:?} is not a valid regular expression: {why}"), "Correct it, or use a prefix or exact match.");
    }
}
