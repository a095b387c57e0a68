use crate::checks::Findings;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A match of a VirtualService has a `*` in an `exact` or `prefix`: of the path, the authority, the method, a header or a query parameter. Only
    /// `regex` knows patterns; hosts of the VirtualService itself may have a star, matches may not.
    ///
    /// # Why it matters
    ///
    /// The star is compared literally. `prefix: /shop/*` does not match `/shop/cart`: such requests go to another rule, or get 404.
    ///
    /// # How to fix it
    ///
    /// Leave the star out of a prefix (`prefix: /shop/`), or write a `regex`.
    ///
    /// Sources: istio `pilot/pkg/networking/core/route/route.go` (StringMatch); istioctl and Kiali do not look.
    "istio-virtual-service-wildcard-literal",
    summary: "VirtualService has a star in a match that knows no wildcards",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for matching in vs.spec().list("http").flat_map(|rule| rule.list("match").collect::<Vec<_>>()) {
            let plain = ["uri", "scheme", "method", "authority"].into_iter().filter_map(|name| matching.get(name));
            let keyed = ["headers", "withoutHeaders", "queryParams"].into_iter().filter_map(|name| matching.get(name));
            let keyed = keyed.flat_map(|map| map.entries().map(|(_, value)| value).collect::<Vec<_>>());
            for (value, at) in plain.chain(keyed).flat_map(|text| literals(&text)) {
                let message = format!("the star in {value:?} is no wildcard but a literal character: hardly any request has it");
                findings.add(vs, at.path(), message, hint(value, &at));
            }
        }
    }
}

fn literals<'a>(text: &Field<'a>) -> Vec<(&'a str, Field<'a>)> {
    let values = ["exact", "prefix"].into_iter().filter_map(|name| text.get(name)).filter_map(|field| Some((field.str()?, field)));
    // As a value of the header Accept, "*/*" is what it looks like.
    values.filter(|(value, _)| value.contains('*') && *value != "*/*").collect()
}

fn hint(value: &str, at: &Field<'_>) -> String {
    let path = at.path();
    match value.strip_suffix('*').filter(|rest| !rest.is_empty() && !rest.contains('*')) {
        Some(rest) => format!("Write prefix: {rest:?}."),
        None if value == "*" && path.contains("eaders") => "Write an empty match ({}) to ask for the header alone.".to_owned(),
        None => "Write a regex.".to_owned(),
    }
}
