//! How istiod merges the matches of a delegate VirtualService into those of the rule that hands over to it.
//!
//! Source: istio `pilot/pkg/model/virtualservice.go` (mergeHTTPMatchRequests).

use std::collections::BTreeSet;

use crate::model::Field;

/// Why no request can satisfy both a match of the root's rule and one of the delegate's, so that istiod drops the delegate's: the field at which they
/// part. Nothing when the two can be merged.
pub fn conflict<'a>(root: &Field<'a>, delegate: &Field<'a>) -> Option<&'static str> {
    let texts = ["uri", "scheme", "method", "authority"].into_iter().find(|name| {
        let pair = root.get(name).zip(delegate.get(name));
        pair.is_some_and(|(root, delegate)| parts(&root, &delegate))
    });
    let keyed = || {
        ["headers", "withoutHeaders", "queryParams"].into_iter().find(|name| {
            let (Some(root), Some(delegate)) = (root.get(name), delegate.get(name)) else { return false };
            delegate.entries().any(|(key, of_delegate)| root.entries().any(|(k, of_root)| k == key && parts(&of_root, &of_delegate)))
        })
    };
    texts.or_else(keyed).or_else(|| plain(root, delegate))
}

fn plain<'a>(root: &Field<'a>, delegate: &Field<'a>) -> Option<&'static str> {
    let ignores_case = |m: &Field<'a>| m.get("ignoreUriCase").and_then(|f| f.bool()).unwrap_or_default();
    let port = |m: &Field<'a>| m.get("port").and_then(|f| f.int()).filter(|n| *n > 0);
    let labels = |m: &Field<'a>| m.get("sourceLabels");
    let gateways = |m: &Field<'a>| m.texts("gateways").map(|(name, _)| name).collect::<BTreeSet<_>>();
    if ignores_case(root) != ignores_case(delegate) {
        return Some("ignoreUriCase");
    }
    if port(root).zip(port(delegate)).is_some_and(|(a, b)| a != b) {
        return Some("port");
    }
    let namespace = root.text("sourceNamespace");
    if !namespace.is_empty() && delegate.text("sourceNamespace") != namespace {
        return Some("sourceNamespace");
    }
    let labels = labels(root).zip(labels(delegate));
    let differ = |(root, delegate): (Field<'a>, Field<'a>)| {
        delegate.entries().any(|(key, value)| root.entries().any(|(k, of_root)| k == key && of_root.str() != value.str()))
    };
    if labels.is_some_and(differ) {
        return Some("sourceLabels");
    }
    let (of_root, of_delegate) = (gateways(root), gateways(delegate));
    (!of_root.is_empty() && !of_delegate.is_subset(&of_root)).then_some("gateways")
}

/// Whether istiod takes two text matches for irreconcilable. It does not look into regular expressions: one beside any other match always is.
fn parts(root: &Field<'_>, delegate: &Field<'_>) -> bool {
    let regex = |m: &Field<'_>| !m.text("regex").is_empty();
    let filled = |m: &Field<'_>| regex(m) || !m.text("prefix").is_empty() || !m.text("exact").is_empty();
    if (regex(root) && filled(delegate)) || (regex(delegate) && filled(root)) {
        return true;
    }
    let (exact, prefix) = (root.text("exact"), root.text("prefix"));
    if !exact.is_empty() {
        return delegate.text("exact") != exact;
    }
    let inner = [delegate.text("prefix"), delegate.text("exact")].into_iter().find(|text| !text.is_empty());
    prefix.is_empty() || inner.is_none_or(|inner| !inner.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::conflict;
    use crate::model::Json;

    fn told(root: &str, delegate: &str) -> Option<&'static str> {
        let parse = |text: &str| Json::from(serde_json::from_str::<serde_json::Value>(text).unwrap());
        let (root, delegate) = (parse(root), parse(delegate));
        conflict(&root.root(), &delegate.root())
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
