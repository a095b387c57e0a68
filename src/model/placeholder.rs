//! Values that somebody has still to fill in: `$(NS)`, `${PORT}`, `{{ host }}`, `{CLASS_NAME}`, `__TAG__`, `X_PLACEHOLDER`, `<your-domain>`. The one place that knows
//! what such a value looks like. Nothing that hangs on one can be judged.

use serde_json::Value;

use super::{Path, Seg};

/// Fields of containers in which Kubernetes itself fills `$(NAME)` in, and texts that are programs or documents of their own.
const NOT_LOOKED_INTO: [&str; 8] = ["env", "args", "command", "status", "data", "stringData", "binaryData", "volumes"];
/// Fields that hold a name of the cluster or the network, in which nobody writes `SHOUTED_WORDS`.
const NAMES: [&str; 9] = ["host", "hosts", "hostname", "hostnames", "namespace", "namespaces", "serviceAccountName", "serviceName", "gateways"];
/// Words that are a placeholder wherever they stand.
const WORDS: [&str; 7] = ["PLACEHOLDER", "CHANGEME", "CHANGE_ME", "REPLACE_ME", "REPLACEME", "REPLACE_WITH_", "YOUR_"];

/// The placeholder in a text, if there is one.
pub fn of(text: &str) -> Option<&str> {
    // Longer texts are programs and configurations, in which these signs mean something else.
    if text.contains('\n') {
        return None;
    }
    let fenced = [("$(", ")"), ("${", "}"), ("{{", "}}"), ("{%", "%}"), ("#{", "}"), ("{", "}"), ("@", "@"), ("__", "__"), ("<", ">")];
    fenced.into_iter().find_map(|(open, close)| between(text, open, close)).or_else(|| variable(text)).or_else(|| word(text))
}

/// The placeholder in the value of the field `key`: in a name of the network `MY_HOST` is one too.
pub fn in_field<'a>(key: &str, text: &'a str) -> Option<&'a str> {
    of(text).or_else(|| text.split(['.', '/']).find(|part| NAMES.contains(&key) && is_shouted(part)))
}

/// Path and text of every value in a document that holds a placeholder.
pub fn all(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(document, &mut Path::default(), "", &mut found);
    found
}

/// The document without the values that are a placeholder and nothing else, so that a number may be one.
pub fn without(document: &mut Value) {
    match document {
        Value::Object(_) if bare(document).is_some() => *document = Value::Null,
        Value::Object(fields) => {
            let looked_into = fields.iter_mut().filter(|(key, _)| *key != "metadata" && !NOT_LOOKED_INTO.contains(&key.as_str()));
            looked_into.for_each(|(_, value)| without(value));
        }
        // A list of texts keeps its length.
        Value::Array(items) => items.iter_mut().filter(|item| !item.is_string()).for_each(without),
        Value::String(text) if of(text).is_some() => *document = Value::Null,
        _ => {}
    }
}

fn walk<'a>(value: &'a Value, at: &mut Path<'a>, key: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            let named = matches!(at.segments(), [Seg::Key("metadata"), Seg::Key("name")]) || is_reference(at);
            if in_field(if named { "host" } else { key }, text).is_some() {
                found.push((at.to_string(), text.clone()));
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| walk(item, &mut at.clone().with(Seg::Index(i)), key, found)),
        Value::Object(fields) => {
            if let Some(placeholder) = bare(value) {
                found.push((at.to_string(), placeholder));
                return;
            }
            for (name, field) in fields.iter().filter(|(name, _)| !NOT_LOOKED_INTO.contains(&name.as_str())) {
                walk(field, &mut at.clone().with(Seg::Key(name)), name, found);
            }
        }
        _ => {}
    }
}

/// `{CLASS_NAME}` without quotes, which YAML reads as a map of one key and no value.
fn bare(value: &Value) -> Option<String> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    let (name, _) = fields.iter().find(|(name, value)| value.is_null() && is_capitals(name))?;
    Some(format!("{{{name}}}"))
}

/// Whether this is the name in a reference to another object: `backendRefs[0].name`, `targetRef.name`.
fn is_reference(at: &Path<'_>) -> bool {
    let mut keys = at.segments().iter().rev().filter_map(|seg| if let Seg::Key(key) = seg { Some(*key) } else { None });
    keys.next() == Some("name") && keys.next().is_some_and(|key| key.ends_with("Ref") || key.ends_with("Refs"))
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = text[from..].find(open).map(|at| at + from) {
        let inner = &text[at + open.len()..];
        let end = inner.find(close)?;
        if is_name(open, &inner[..end]) && !is_group(&text[..at]) {
            return Some(&text[at..at + open.len() + end + close.len()]);
        }
        from = at + open.len();
    }
    None
}

/// Whether what stands between two signs is a name somebody gave, by what each pair of signs may mean otherwise.
fn is_name(open: &str, inner: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match open {
        "{{" | "{%" => !inner.trim().is_empty(),
        "${" | "#{" => begins,
        "{" => inner.len() > 1 && is_capitals(inner),
        "@" => begins && inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
        "<" => begins && inner.chars().all(|c| word(c) || c == ' '),
        _ => begins && !inner.ends_with('_') && inner.chars().all(word),
    }
}

/// `(?P<name>` is a group of a regular expression.
fn is_group(before: &str) -> bool {
    before.ends_with("(?P") || before.ends_with("(?")
}

/// `$NAME`, as a shell writes it.
fn variable(text: &str) -> Option<&str> {
    text.match_indices('$').find_map(|(at, _)| {
        let name = &text[at + 1..];
        let end = name.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(name.len());
        (end > 1 && name.starts_with(|c: char| c.is_ascii_uppercase())).then(|| &text[at..=at + end])
    })
}

fn word(text: &str) -> Option<&str> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    parts.into_iter().find(|part| WORDS.iter().any(|word| part.contains(word)))
}

/// `TILL_NAMESPACE`: capitals with a line below.
fn is_shouted(part: &str) -> bool {
    let known = ["NAMESPACE", "DOMAIN", "HOSTNAME"].contains(&part);
    known || (part.contains('_') && is_capitals(part))
}

fn is_capitals(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{all, in_field, of, without};

    #[test]
    fn what_templates_leave_is_seen() {
        for (text, placeholder) in [
            ("web.$(NS).svc", "$(NS)"),
            ("${PORT}", "${PORT}"),
            ("${TAG:-latest}", "${TAG:-latest}"),
            ("shop/web:$TAG", "$TAG"),
            ("{{ host }}", "{{ host }}"),
            ("v-__TAG__", "__TAG__"),
            ("WEB_PLACEHOLDER", "WEB_PLACEHOLDER"),
            ("<your-domain>", "<your-domain>"),
            ("<IP address>", "<IP address>"),
            ("@VERSION@", "@VERSION@"),
            ("#{Region}#", "#{Region}"),
            ("{GATEWAY_CLASS_NAME}", "{GATEWAY_CLASS_NAME}"),
        ] {
            assert_eq!(of(text), Some(placeholder), "{text}");
        }
    }

    #[test]
    fn what_means_something_else_is_none() {
        for text in [
            "^/api/v[0-9]+$",
            "(?P<user>[a-z]+)",
            "a{2}",
            "/users/{id}",
            "*.shop.example",
            "ISTIO_MUTUAL",
            "%PROTOCOL%",
            "user@example.com, b@example.com",
            "$1",
            "__name__",
            "<a href='x'>",
            "GET",
        ] {
            assert_eq!(of(text), (text == "__name__").then_some("__name__"), "{text}");
        }
        assert_eq!((in_field("mode", "ISTIO_MUTUAL"), in_field("host", "MY_HOST.svc")), (None, Some("MY_HOST")));
    }

    #[test]
    fn values_are_found_where_they_stand_and_a_number_may_be_one() {
        let mut document = json!({
            "metadata": {"name": "web", "labels": {"app": "${APP}"}},
            "spec": {"className": {"CLASS_NAME": null}, "replicas": "__N__", "containers": [{"args": ["$(POD_NAME)"]}], "backendRefs": [{"name": "MY_SERVICE"}], "hosts": ["a.MY_DOMAIN"]},
        });
        let paths: Vec<String> = all(&document).into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["metadata.labels.app", "spec.backendRefs[0].name", "spec.className", "spec.hosts[0]", "spec.replicas"]);
        without(&mut document);
        assert_eq!(document["spec"]["className"], json!(null));
        assert_eq!((document["spec"]["replicas"].clone(), document["metadata"]["labels"]["app"].as_str()), (json!(null), Some("${APP}")));
    }
}
