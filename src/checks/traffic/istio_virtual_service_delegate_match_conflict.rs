use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{delegate_target, hosts};
use crate::mesh::routes::istio::delegate_conflict;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule of a delegate VirtualService has a match that none of the matches of the rule handing over to it allows: another prefix, an exact path
    /// outside of the root's prefix, or a regular expression on either side, which Istio never merges. A delegate of several roots is reported when
    /// none of them allows the match.
    ///
    /// # Why it matters
    ///
    /// istiod drops the delegate's rule as a whole, with no more than a line in its log. Its requests fall to the next rule, or get 404.
    ///
    /// # How to fix it
    ///
    /// Repeat the root's prefix in the delegate's matches and go on from there, or leave `match` out of the delegate.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # root:      match: [{uri: {prefix: /cart}}], delegate: {name: cart, namespace: shop}
    /// # delegate:  match: [{uri: {prefix: /list}}]        wrong
    /// #            match: [{uri: {prefix: /cart/list}}]   right
    /// ```
    ///
    /// Sources: istio `pilot/pkg/model/virtualservice.go` (mergeHTTPMatchRequests); istioctl and Kiali do not look.
    "istio-virtual-service-delegate-match-conflict",
    summary: "Delegate VirtualService has a match that its root rules out",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    // The rules that hand over, by namespace and name of the delegate.
    let mut roots: BTreeMap<(&str, &str), Vec<(&Object, Field<'_>)>> = BTreeMap::new();
    for vs in index.objects(Kind::VirtualService).iter().filter(|vs| !hosts(vs).is_empty()) {
        for rule in vs.spec().list("http") {
            if let Some(delegate) = rule.get("delegate") {
                roots.entry(delegate_target(vs, &delegate)).or_default().push((vs, rule));
            }
        }
    }
    for ((namespace, name), roots) in roots {
        let Some(delegate) = index.object(Kind::VirtualService, namespace, name).filter(|vs| hosts(vs).is_empty()) else { continue };
        for matching in delegate.spec().list("http").flat_map(|rule| rule.list("match").collect::<Vec<_>>()) {
            let parting: Vec<Option<(&'static str, Field<'_>)>> =
                roots.iter().map(|(root, rule)| parting((root, rule), (delegate, &matching))).collect();
            let Some(Some((field, of_root))) = parting.first().filter(|_| parting.iter().all(Option::is_some)) else { continue };
            let written = matching.get(field).map_or_else(String::new, |f| format!(" ({f})"));
            let wanted = of_root.get(field).map_or_else(|| "no such condition".to_owned(), |f| f.to_string());
            let message = format!("its {field}{written} does not fit what it is handed ({wanted}): istiod drops the rule");
            let hint = match field.eq(&"uri") && !has_regex(of_root) && !has_regex(&matching) {
                true => "Begin the path with the root's, or leave the match out.",
                false => "Make the match narrow the root's (regular expressions are never merged), or leave it out.",
            };
            let finding = findings.add(delegate, matching.path(), message, hint);
            finding.related(roots[0].0.reference(), "hands over to it");
        }
    }
}

/// Where a delegate's match and those of a rule that hands over to it part, with the root's match; nothing when they go together.
fn parting<'a>((root, rule): (&Object, &Field<'a>), (delegate, matching): (&Object, &Field<'_>)) -> Option<(&'static str, Field<'a>)> {
    let leaf = (matching, delegate.meta.namespace.as_str());
    let conflicts: Vec<_> = rule.list("match").map(|of_root| Some((delegate_conflict((&of_root, &root.meta.namespace), leaf)?, of_root))).collect();
    conflicts.iter().all(Option::is_some).then(|| conflicts.into_iter().flatten().next()).flatten()
}

fn has_regex(matching: &Field<'_>) -> bool {
    matching.get("uri").is_some_and(|uri| !uri.text("regex").is_empty())
}
