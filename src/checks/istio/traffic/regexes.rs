//! The regular expressions of a VirtualService.

use crate::model::{Field, Object};

/// Every regular expression in matches, rewrites and CORS origins.
pub(super) fn of(vs: &Object) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    for rule in vs.spec().list("http") {
        for condition in rule.list("match") {
            found.extend(conditions(&condition));
        }
        found.extend(rule.at(["rewrite", "uriRegexRewrite", "match"]));
        found.extend(rule.get("corsPolicy").into_iter().flat_map(|c| c.list("allowOrigins").filter_map(|o| o.get("regex")).collect::<Vec<_>>()));
    }
    found
}

/// The regular expressions of one match, which have to fit the whole of what they are compared with.
pub(super) fn conditions<'a>(condition: &Field<'a>) -> Vec<Field<'a>> {
    let single = ["uri", "scheme", "method", "authority"].into_iter().filter_map(|name| condition.get(name)?.get("regex"));
    let maps = ["headers", "withoutHeaders", "queryParams"].into_iter().filter_map(|name| condition.get(name));
    let named = maps.flat_map(|map| map.entries().filter_map(|(_, value)| value.get("regex")).collect::<Vec<_>>());
    single.chain(named).collect()
}
