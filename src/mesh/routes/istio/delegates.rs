//! Rules that a VirtualService leaves to another one, merged (istio `pilot/pkg/model/virtualservice.go`).

use std::collections::BTreeMap;

use super::super::text::Text;
use super::rules::{HttpMatch, HttpRule};
use crate::model::{Field, Map};

/// A rule of a delegate with its conditions put under those of the rule that names it: they must lie within those. Else the condition of it that
/// does not, with the field that parts them.
pub(super) fn narrowed<'a>(root: &HttpRule<'a>, rule: HttpRule<'a>) -> Result<HttpRule<'a>, (String, &'static str)> {
    let matches = matches(&root.matches, &rule.matches)?;
    Ok(HttpRule { matches, ..rule })
}

fn matches(root: &[HttpMatch], leaf: &[HttpMatch]) -> Result<Vec<HttpMatch>, (String, &'static str)> {
    if root.is_empty() {
        return Ok(leaf.to_vec());
    }
    if leaf.is_empty() {
        return Ok(root.to_vec());
    }
    let mut merged = Vec::new();
    for narrow in leaf {
        let mut parting = None;
        let before = merged.len();
        for wide in root {
            match conflict(wide, narrow) {
                Some(field) => parting = parting.or(Some(field)),
                None => merged.push(both(wide, narrow)),
            }
        }
        // One condition of the delegate that fits nowhere drops the whole rule.
        if let (Some(field), true) = (parting, merged.len() == before) {
            return Err((narrow.path.clone(), field));
        }
    }
    Ok(merged)
}

/// The field at which a match of a rule that hands over and one of the delegate part, each with the namespace of its VirtualService: no request
/// satisfies both, so that istiod drops the delegate's rule. Nothing when the two can be merged.
pub fn delegate_conflict(root: (&Field<'_>, &str), leaf: (&Field<'_>, &str)) -> Option<&'static str> {
    conflict(&HttpMatch::read(root.0, root.1), &HttpMatch::read(leaf.0, leaf.1))
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

/// The field by which no request can satisfy both.
fn conflict(root: &HttpMatch, leaf: &HttpMatch) -> Option<&'static str> {
    let texts = [("uri", &root.uri, &leaf.uri), ("scheme", &root.scheme, &leaf.scheme)];
    let more = [("method", &root.method, &leaf.method), ("authority", &root.authority, &leaf.authority)];
    let maps =
        [("headers", &root.headers, &leaf.headers), ("withoutHeaders", &root.without, &leaf.without), ("queryParams", &root.query, &leaf.query)];
    let keyed = |r: &BTreeMap<String, Text>, l: &BTreeMap<String, Text>| l.iter().any(|(key, value)| apart(r.get(key), Some(value)));
    let parts = texts.into_iter().chain(more).map(|(name, r, l)| (name, apart(r.as_ref(), l.as_ref())));
    let parts = parts.chain(maps.into_iter().map(|(name, r, l)| (name, keyed(r, l)))).chain([
        ("ignoreUriCase", root.ignore_case != leaf.ignore_case),
        ("port", root.port > 0 && leaf.port > 0 && root.port != leaf.port),
        ("sourceNamespace", !root.source_namespace.is_empty() && leaf.source_namespace != root.source_namespace),
        ("sourceLabels", leaf.source_labels.iter().any(|(key, value)| root.source_labels.get(key).is_some_and(|v| v != value.as_str()))),
        ("gateways", !root.gateways.is_empty() && !leaf.gateways.is_empty() && !leaf.gateways.iter().all(|g| root.gateways.contains(g))),
    ]);
    parts.into_iter().find(|(_, apart)| *apart).map(|(name, _)| name)
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
    use crate::model::Json;

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

    fn told(root: &str, delegate: &str) -> Option<&'static str> {
        let parse = |text: &str| Json::from(serde_json::from_str::<serde_json::Value>(text).unwrap());
        let (root, delegate) = (parse(root), parse(delegate));
        delegate_conflict((&root.root(), "shop"), (&delegate.root(), "shop"))
    }

    #[test]
    fn a_delegate_narrows_what_it_is_handed() {
        for (root, delegate) in [
            (r#"{"uri":{"prefix":"/a"}}"#, r#"{"uri":{"prefix":"/a/b"}}"#),
            (r#"{"uri":{"prefix":"/a"}}"#, r#"{"uri":{"exact":"/ab"}}"#),
            (r#"{"uri":{"prefix":"/a"}}"#, r#"{"method":{"exact":"GET"}}"#),
            (r#"{"headers":{"x":{"exact":"1"}}}"#, r#"{"headers":{"y":{"regex":".*"}}}"#),
            (r#"{"gateways":["a","b"]}"#, r#"{"gateways":["b"]}"#),
        ] {
            assert_eq!(told(root, delegate), None, "{root} {delegate}");
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped() {
        for (root, delegate, field) in [
            (r#"{"uri":{"prefix":"/a/b"}}"#, r#"{"uri":{"prefix":"/a"}}"#, "uri"),
            (r#"{"uri":{"regex":"/a/.*"}}"#, r#"{"uri":{"prefix":"/a/b"}}"#, "uri"),
            (r#"{"uri":{"prefix":"/a"}}"#, r#"{"uri":{"regex":"/a/.*"}}"#, "uri"),
            (r#"{"uri":{"exact":"/a"}}"#, r#"{"uri":{"prefix":"/a"}}"#, "uri"),
            (r#"{"headers":{"x":{"exact":"1"}}}"#, r#"{"headers":{"x":{"exact":"2"}}}"#, "headers"),
            (r#"{"port":80}"#, r#"{"port":81}"#, "port"),
            (r#"{"ignoreUriCase":true}"#, r#"{}"#, "ignoreUriCase"),
            (r#"{"sourceNamespace":"a"}"#, r#"{}"#, "sourceNamespace"),
            (r#"{"gateways":["a"]}"#, r#"{"gateways":["b"]}"#, "gateways"),
        ] {
            assert_eq!(told(root, delegate), Some(field), "{root} {delegate}");
        }
    }
}
