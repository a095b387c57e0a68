//! What of an object may leave the cluster in a snapshot: where people put secrets, only what rules read stays, and everywhere else what looks like one
//! goes. Keys and shapes stay, so that rules judge a snapshot as they judge the cluster.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::model::{Kind, env_matters};

pub(super) const REDACTED: &str = "<redacted>";

/// Keys of control planes' ConfigMaps that are read.
const DATA: &[&str] = &["mesh", "meshNetworks", "values", "config", "ca-bundle.crt", "ca.crt", "root-cert.pem", "EXCLUDE_NAMESPACES"];
/// Of the injector's `config`, what is read; the templates are programs and text of many kinds.
const INJECTOR: &[&str] = &["policy", "neverInjectSelector", "alwaysInjectSelector", "defaultTemplates"];
/// Fields of an Envoy configuration that name things instead of holding them.
const ENVOY_NAMES: &[&str] = &["@type", "name", "type_url", "cluster", "stat_prefix", "operation"];
/// Fields that hold free text or another program's settings wherever they stand.
const OPAQUE: &[&str] = &["pluginconfig", "inlinecode", "inlinestring", "inlinebytes", "sourcecode", "luascript", "directresponse", "proxymetadata"];
/// Ends of names under which secrets stand.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "secretkey",
    "secretaccesskey",
    "accesskey",
    "apikey",
    "privatekey",
    "clientsecret",
    "sharedsecret",
    "authorization",
    "credentials",
    "keypem",
    "signature",
    "webhookurl",
    "connectionstring",
    "dsn",
];

/// Takes out of an object, in the API's own form, what must not leave.
pub(super) fn redact(kind: Kind, object: &mut Value) {
    match kind {
        Kind::ConfigMap => config_map(object),
        Kind::EnvoyFilter => {
            each(object, "configPatches", |patch| {
                if let Some(value) = patch.pointer_mut("/patch/value") {
                    opaque(value, ENVOY_NAMES);
                }
            });
        }
        Kind::RequestAuthentication => each(object, "jwtRules", |rule| {
            if let Some(jwks) = rule.get_mut("jwks") {
                public_keys(jwks);
            }
        }),
        Kind::AuthorizationPolicy => each(object, "rules", |rule| {
            for condition in rule.get_mut("when").and_then(Value::as_array_mut).into_iter().flatten() {
                let header = condition.get("key").and_then(Value::as_str).and_then(|key| key.strip_prefix("request.headers[")?.strip_suffix(']'));
                if header.is_some_and(is_secret_header) {
                    for values in ["values", "notValues"] {
                        condition.get_mut(values).into_iter().for_each(|values| opaque(values, &[]));
                    }
                }
            }
        }),
        Kind::ProxyConfig => {
            if let Some(variables) = object.pointer_mut("/spec/environmentVariables").and_then(Value::as_object_mut) {
                environment(variables);
            }
        }
        _ => {}
    }
    general(object);
}

fn each(object: &mut Value, list: &str, change: impl Fn(&mut Value)) {
    object.get_mut("spec").and_then(|spec| spec.get_mut(list)).and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}

fn config_map(object: &mut Value) {
    if let Some(data) = object.get_mut("binaryData") {
        opaque(data, &[]);
    }
    for (key, value) in object.get_mut("data").and_then(Value::as_object_mut).into_iter().flatten() {
        match key.as_str() {
            "config" => of_text(value, |config| {
                if let Value::Object(fields) = config {
                    fields.iter_mut().filter(|(key, _)| !INJECTOR.contains(&key.as_str())).for_each(|(_, value)| opaque(value, &[]));
                }
            }),
            "mesh" | "meshNetworks" | "values" => of_text(value, general),
            key if DATA.contains(&key) => {}
            _ => *value = REDACTED.into(),
        }
    }
}

/// Changes YAML that stands in a text; where nothing changes the text stays as it was written, and what is no YAML goes.
fn of_text(text: &mut Value, change: impl Fn(&mut Value)) {
    let Some(written) = text.as_str() else { return };
    let Ok(before) = serde_saphyr::from_str::<Value>(written) else {
        *text = REDACTED.into();
        return;
    };
    let mut after = before.clone();
    change(&mut after);
    if after != before {
        // JSON is YAML, and has one way to be written.
        *text = after.to_string().into();
    }
}

/// Wherever it stands: free text and foreign settings, names under which secrets stand, and texts that look like one.
fn general(value: &mut Value) {
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter_mut().for_each(general),
        Value::Object(fields) => {
            let own = fields.get("name").or_else(|| fields.get("header")).and_then(Value::as_str).is_some_and(is_secret_name);
            for (key, field) in fields.iter_mut() {
                let bare = bare(key);
                if key == "proxy.istio.io/config" {
                    // An annotation of pods and of templates that holds YAML.
                    of_text(field, general);
                } else if bare == "proxymetadata" {
                    field.as_object_mut().into_iter().for_each(environment);
                } else if OPAQUE.contains(&bare.as_str())
                    || is_secret_header(key)
                    || SECRET.iter().any(|end| bare.ends_with(end))
                    || (own && matches!(key.as_str(), "value" | "exact" | "regex"))
                {
                    opaque(field, &[]);
                } else if bare == "vmconfig" {
                    vm(field);
                } else {
                    general(field);
                }
            }
        }
        _ => {}
    }
}

/// The environment of a WebAssembly plugin.
fn vm(config: &mut Value) {
    for variable in config.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        variable.get_mut("value").into_iter().for_each(|value| opaque(value, &[]));
    }
}

fn environment(variables: &mut Map<String, Value>) {
    variables.iter_mut().filter(|(name, _)| !env_matters(name)).for_each(|(_, value)| opaque(value, &[]));
}

/// Replaces every text below but those under the names that are `kept`.
fn opaque(value: &mut Value, kept: &[&str]) {
    match value {
        Value::String(text) if !text.is_empty() => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| opaque(item, kept)),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if kept.contains(&key.as_str()) => plain(text),
                    field => opaque(field, kept),
                }
            }
        }
        _ => {}
    }
}

/// The public parts of JSON Web Keys; all of a text that is none.
fn public_keys(jwks: &mut Value) {
    const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let Some(text) = jwks.as_str() else { return };
    let Ok(mut set) = serde_json::from_str::<Value>(text) else {
        *jwks = REDACTED.into();
        return;
    };
    let mut found = false;
    for key in set.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        for private in PRIVATE {
            found |= key.remove(*private).is_some();
        }
    }
    if found {
        *jwks = set.to_string().into();
    }
}

/// A text of any field: private keys, users in URLs, secrets in queries, tokens that carry their form.
fn plain(text: &mut String) {
    static LOOKS: LazyLock<Option<[Regex; 3]>> = LazyLock::new(|| {
        Some([
            Regex::new(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@?#]+@").ok()?,
            Regex::new(r#"(?i)([?&;](?:[a-z0-9_-]*(?:token|key|secret|password|passwd|pwd|sig|signature|auth|code))=)[^&\s#;"'\\]+"#).ok()?,
            Regex::new(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*|(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}|\b(?:gh[pousr]_|xox[abprs]-|AKIA|glpat-|sk_live_)[A-Za-z0-9_-]{8,}").ok()?,
        ])
    });
    if text.contains("PRIVATE KEY") {
        REDACTED.clone_into(text);
        return;
    }
    let Some([user, query, token]) = LOOKS.as_ref() else {
        REDACTED.clone_into(text);
        return;
    };
    if text.contains("://") {
        *text = user.replace_all(text, "${1}").into_owned();
    }
    if text.contains('=') {
        *text = query.replace_all(text, format!("${{1}}{REDACTED}")).into_owned();
    }
    if token.is_match(text) {
        *text = token.replace_all(text, REDACTED).into_owned();
    }
}

/// Whether a header carries who somebody is: those of HTTP, and those that call themselves so.
fn is_secret_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let own =
        lower.starts_with("x-") && ["secret", "token", "key", "auth", "password", "session", "credential"].iter().any(|word| lower.contains(word));
    own || matches!(lower.as_str(), "authorization" | "proxy-authorization" | "cookie" | "set-cookie" | "api-key" | "apikey" | "private-token")
}

fn is_secret_name(name: &str) -> bool {
    let bare = bare(name);
    is_secret_header(name) || SECRET.iter().any(|end| bare.ends_with(end))
}

/// A name without case and separators.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redacted(kind: Kind, mut object: Value) -> Value {
        redact(kind, &mut object);
        object
    }

    #[test]
    fn what_rules_read_of_control_planes_stays_and_the_rest_goes() {
        let map = json!({"data": {
            "mesh": "trustDomain: td\ndefaultConfig: {proxyMetadata: {ISTIO_META_DNS: 'true', API: planted}}",
            "config": "policy: enabled\ntemplates: {sidecar: planted}",
            "other": "planted",
        }});
        let after = redacted(Kind::ConfigMap, map);
        let mesh: Value = serde_json::from_str(after["data"]["mesh"].as_str().unwrap()).unwrap();
        assert_eq!(mesh["defaultConfig"]["proxyMetadata"], json!({"ISTIO_META_DNS": "true", "API": REDACTED}));
        assert!(after["data"]["config"].as_str().unwrap().contains(r#""policy":"enabled""#) && !after.to_string().contains("planted"), "{after}");
        let kept = json!({"data": {"mesh": "trustDomain: td   # as it was written"}});
        assert_eq!(redacted(Kind::ConfigMap, kept.clone()), kept);
    }

    #[test]
    fn envoys_types_and_names_stay() {
        let filter = json!({"spec": {"configPatches": [{"applyTo": "HTTP_FILTER", "patch": {"operation": "ADD", "value": {
            "name": "envoy.filters.http.lua", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "inlineCode": "planted", "default_source_code": {"inline_string": "planted"}}}}}]}});
        let after = redacted(Kind::EnvoyFilter, filter).to_string();
        assert!(
            after.contains("envoy.filters.http.lua") && after.contains("v3.Lua") && after.contains("HTTP_FILTER") && !after.contains("planted"),
            "{after}"
        );
    }

    #[test]
    fn public_keys_stay_and_private_parts_go() {
        let rule = |jwks: &str| json!({"spec": {"jwtRules": [{"jwks": jwks}]}});
        let public = rule(r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}"#);
        assert_eq!(redacted(Kind::RequestAuthentication, public.clone()), public);
        let after = redacted(Kind::RequestAuthentication, rule(r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"planted","p":"planted"}]}"#));
        assert_eq!(after["spec"]["jwtRules"][0]["jwks"], r#"{"keys":[{"e":"AQAB","kty":"RSA","n":"x"}]}"#);
    }

    #[test]
    fn texts_lose_what_looks_like_a_secret_and_nothing_else() {
        for (before, after) in [
            ("https://user:planted@example.com/a", "https://example.com/a"),
            ("/a?x=1&api_key=planted&y=2", "/a?x=1&api_key=<redacted>&y=2"),
            ("Bearer planted.planted", "<redacted>"),
            ("outbound|80||cart.shop.svc.cluster.local", "outbound|80||cart.shop.svc.cluster.local"),
            ("spiffe://cluster.local/ns/shop/sa/cart", "spiffe://cluster.local/ns/shop/sa/cart"),
            ("user@example.com", "user@example.com"),
            ("key=value", "key=value"),
        ] {
            let mut text = before.to_owned();
            plain(&mut text);
            assert_eq!(text, after);
        }
    }
}
