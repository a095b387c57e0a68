//! Rules that a VirtualService leaves to another one, merged (istio `pilot/pkg/model/virtualservice.go`).

use std::collections::BTreeMap;

use super::super::text::Text;
use super::rules::{HttpMatch, HttpRule};
use crate::model::Map;

/// The delegate's rules under the rule that names it; those that contradict it are dropped.
pub(super) fn merged<'a>(root: &HttpRule<'a>, delegate: Vec<HttpRule<'a>>) -> Vec<HttpRule<'a>> {
    delegate.into_iter().filter_map(|rule| merge(root, rule)).collect()
}

/// What the delegate says for itself wins; its conditions must lie within the root's.
fn merge<'a>(root: &HttpRule<'a>, rule: HttpRule<'a>) -> Option<HttpRule<'a>> {
    let matches = matches(&root.matches, &rule.matches)?;
    Some(HttpRule {
        matches,
        rewrite: rule.rewrite.or_else(|| root.rewrite.clone()),
        direct_response: rule.direct_response.or(root.direct_response),
        timeout: rule.timeout.or(root.timeout),
        retries: rule.retries.or_else(|| root.retries.clone()),
        faults: if rule.faults.is_empty() { root.faults.clone() } else { rule.faults },
        mirrors: if rule.mirrors.is_empty() { root.mirrors.clone() } else { rule.mirrors },
        authority: rule.authority.or_else(|| root.authority.clone()),
        ..rule
    })
}

fn matches(root: &[HttpMatch], leaf: &[HttpMatch]) -> Option<Vec<HttpMatch>> {
    if root.is_empty() {
        return Some(leaf.to_vec());
    }
    if leaf.is_empty() {
        return Some(root.to_vec());
    }
    let mut merged = Vec::new();
    for narrow in leaf {
        let before = merged.len();
        merged.extend(root.iter().filter(|wide| !conflict(wide, narrow)).map(|wide| both(wide, narrow)));
        // One condition of the delegate that fits nowhere drops the whole rule.
        if merged.len() == before {
            return None;
        }
    }
    Some(merged)
}

fn both(root: &HttpMatch, leaf: &HttpMatch) -> HttpMatch {
    let maps = |a: &BTreeMap<String, Text>, b: &BTreeMap<String, Text>| a.iter().chain(b).map(|(k, v)| (k.clone(), v.clone())).collect();
    HttpMatch {
        path: leaf.path.clone(),
        uri: leaf.uri.clone().or_else(|| root.uri.clone()),
        scheme: leaf.scheme.clone().or_else(|| root.scheme.clone()),
        method: leaf.method.clone().or_else(|| root.method.clone()),
        authority: leaf.authority.clone().or_else(|| root.authority.clone()),
        headers: maps(&root.headers, &leaf.headers),
        without: maps(&root.without, &leaf.without),
        query: maps(&root.query, &leaf.query),
        port: if leaf.port == 0 { root.port } else { leaf.port },
        source_labels: Map::new(root.source_labels.iter().chain(leaf.source_labels.iter()).map(|(k, v)| (k.clone(), v.clone())).collect()),
        source_namespace: if leaf.source_namespace.is_empty() { root.source_namespace.clone() } else { leaf.source_namespace.clone() },
        gateways: if leaf.gateways.is_empty() { root.gateways.clone() } else { leaf.gateways.clone() },
        ignore_case: leaf.ignore_case,
        segments: false,
    }
}

fn conflict(root: &HttpMatch, leaf: &HttpMatch) -> bool {
    let texts = [(&root.uri, &leaf.uri), (&root.scheme, &leaf.scheme), (&root.method, &leaf.method), (&root.authority, &leaf.authority)];
    let maps = [(&root.headers, &leaf.headers), (&root.without, &leaf.without), (&root.query, &leaf.query)];
    texts.into_iter().any(|(r, l)| apart(r.as_ref(), l.as_ref()))
        || maps.into_iter().any(|(r, l)| l.iter().any(|(key, value)| apart(r.get(key), Some(value))))
        || root.ignore_case != leaf.ignore_case
        || (root.port > 0 && leaf.port > 0 && root.port != leaf.port)
        || (!root.source_namespace.is_empty() && leaf.source_namespace != root.source_namespace)
        || leaf.source_labels.iter().any(|(key, value)| root.source_labels.get(key).is_some_and(|v| v != value.as_str()))
        || (!root.gateways.is_empty() && !leaf.gateways.is_empty() && !leaf.gateways.iter().all(|g| root.gateways.contains(g)))
}

/// Whether the delegate's condition does not lie within the root's.
fn apart(root: Option<&Text>, leaf: Option<&Text>) -> bool {
    let (Some(root), Some(leaf)) = (root, leaf) else { return false };
    let filled = |text: &str| !text.is_empty();
    match (root, leaf) {
        (Text::Exact(r), Text::Exact(l)) if filled(r) => l != r,
        (Text::Exact(r), _) if filled(r) => true,
        (Text::Prefix(r), Text::Prefix(l) | Text::Exact(l)) if filled(r) && filled(l) => !l.starts_with(r.as_str()),
        // Regular expressions go with nothing, and empty conditions are taken for a contradiction.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delegates_condition_must_lie_within_the_roots() {
        let (exact, prefix, regex) = (|t: &str| Text::Exact(t.into()), |t: &str| Text::Prefix(t.into()), |t: &str| Text::Regex(t.into()));
        for (root, leaf) in [(prefix("/a"), prefix("/a/b")), (prefix("/a"), exact("/a")), (exact("/a"), exact("/a"))] {
            assert!(!apart(Some(&root), Some(&leaf)), "{root:?} {leaf:?}");
        }
        for (root, leaf) in [
            (prefix("/a/b"), prefix("/a")),
            (exact("/a"), prefix("/a")),
            (exact("/a"), exact("/b")),
            (regex("/a.*"), exact("/a")),
            (prefix("/a"), regex("/a.*")),
            (exact("/a"), regex("/a")),
        ] {
            assert!(apart(Some(&root), Some(&leaf)), "{root:?} {leaf:?}");
        }
        assert!(!apart(None, Some(&exact("/a"))) && !apart(Some(&exact("/a")), None));
    }
}
