use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A match of an HTTPRoute or GRPCRoute has a `*` in a path, header or query parameter that is compared as it stands (`Exact`, `PathPrefix`). Only
    /// `RegularExpression` knows patterns.
    ///
    /// # Why it matters
    ///
    /// The star is a literal character: `PathPrefix` `/shop/*` does not match `/shop/cart`. Such requests go to another rule, or get 404. An Ingress
    /// of some controllers knows such patterns, and a route that was written after it does not.
    ///
    /// # How to fix it
    ///
    /// Leave the star out: `PathPrefix` `/shop` matches `/shop` and everything below. Elsewhere use `RegularExpression`.
    ///
    /// Sources: Gateway API specification, `HTTPPathMatch`, `HTTPHeaderMatch`; Kiali and istioctl do not look.
    "gateway-route-wildcard-literal",
    summary: "Route has a star in a match that knows no wildcards",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute].iter().flat_map(|kind| world.index.objects(*kind)) {
        for matching in route.spec().list("rules").flat_map(|rule| rule.list("matches").collect::<Vec<_>>()) {
            let path = matching.get("path").into_iter().filter_map(|path| compared(&path, "value"));
            let pairs = ["headers", "queryParams"].into_iter().flat_map(|name| matching.list(name).collect::<Vec<_>>());
            let pairs = pairs.filter_map(|pair| compared(&pair, "value"));
            for at in path.chain(pairs) {
                report(route, &at, findings);
            }
        }
    }
}

/// A value that is compared as it stands and has a star.
fn compared<'a>(item: &Field<'a>, name: &str) -> Option<Field<'a>> {
    let literal = item.text("type") != "RegularExpression";
    // As a value of the header Accept, "*/*" is what it looks like.
    item.get(name).filter(|value| literal && value.str().is_some_and(|text| text.contains('*') && text != "*/*"))
}

fn report(route: &Object, at: &Field<'_>, findings: &mut Findings<'_>) {
    let value = at.str().unwrap_or_default();
    let shorter = value.strip_suffix('*').map(|rest| rest.strip_suffix('/').filter(|r| !r.is_empty()).unwrap_or(rest));
    let hint = match shorter.filter(|rest| rest.starts_with('/') && !rest.contains('*')) {
        Some(rest) => format!("Write PathPrefix {rest:?}, which matches what is below too."),
        None => "Use RegularExpression, or leave the star out.".to_owned(),
    };
    findings.add(route, at.path(), format!("the star in {value:?} is no wildcard but a literal character: hardly any request has it"), hint);
}
