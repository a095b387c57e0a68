use crate::checks::Findings;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule of a VirtualService replaces a path's prefix (`rewrite.uri`) so that a slash is doubled or lost: prefix and replacement do not both end
    /// with a slash, or both without one. A prefix whose subpaths an earlier match of the same rule takes (`/shop/` before `/shop`) is left alone.
    ///
    /// # Why it matters
    ///
    /// Istio replaces text, not segments. With prefix `/shop` and rewrite `/`, `/shop/cart` becomes `//cart`; with prefix `/shop/` and rewrite `/v2`,
    /// it becomes `/v2cart`. Many servers answer 404 then.
    ///
    /// # How to fix it
    ///
    /// End both with a slash or neither. To strip a prefix, match `/shop/` with rewrite `/` (and, before or beside it, `exact: /shop`), or use
    /// `uriRegexRewrite`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// match: [{uri: {prefix: /shop/}}, {uri: {exact: /shop}}]
    /// rewrite: {uri: /}
    /// ```
    ///
    /// Sources: istio `pilot/pkg/networking/core/route/route.go` (PrefixRewrite); Envoy, `prefix_rewrite`; istioctl and Kiali do not look.
    "istio-virtual-service-rewrite-slashes",
    summary: "VirtualService rewrites paths with a doubled or lost slash",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for rule in vs.spec().list("http") {
            let Some(to) = rule.at(["rewrite", "uri"]).filter(|to| !to.is_empty() && rule.at(["rewrite", "uriRegexRewrite"]).is_none()) else {
                continue;
            };
            let replacement = to.str().unwrap_or_default();
            if let Some((prefix, becomes)) = damaged(&rule, replacement) {
                let example = format!("{}/x", prefix.trim_end_matches('/'));
                let message = format!("with prefix {prefix:?}, {example:?} becomes {becomes:?}");
                let hint = "End prefix and rewrite both with a slash, or neither; to strip a prefix, match it with its slash and rewrite to \"/\".";
                findings.add(vs, to.path(), message, hint);
            }
        }
    }
}

/// The first prefix of a rule that does not go with its replacement, and what becomes of a path below it.
fn damaged<'a>(rule: &Field<'a>, replacement: &str) -> Option<(&'a str, String)> {
    let matches: Vec<Field<'a>> = rule.list("match").collect();
    let prefixes: Vec<&'a str> = if matches.is_empty() {
        vec!["/"]
    } else {
        matches.iter().filter_map(|m| m.get("uri")?.get("prefix")?.str()).filter(|prefix| prefix.starts_with('/')).collect()
    };
    for (i, prefix) in prefixes.iter().enumerate() {
        let becomes = match (prefix.ends_with('/'), replacement.ends_with('/')) {
            (false, true) if !prefixes[..i].iter().any(|earlier| earlier.strip_suffix('/') == Some(*prefix)) => format!("{replacement}/x"),
            (true, false) => format!("{replacement}x"),
            _ => continue,
        };
        return Some((*prefix, becomes));
    }
    None
}
