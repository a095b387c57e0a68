//! Secrets, reduced on reading to public certificates: private data never lives in an object of ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::model::{Item, Kind, Meta, Object, Str, may_say};

/// Keys under which meshes and gateways look for certificates.
const CERTIFICATES: &[&str] = &["tls.crt", "ca.crt", "cert", "cacert", "crt.pem", "ca-cert.pem", "root-cert.pem", "cert-chain.pem"];
/// Keys under which they look for private keys: only whether there is something is kept, as an empty value.
const KEYS: &[&str] = &["tls.key", "key", "key.pem", "ca-key.pem"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Lean {
    #[serde(rename = "kind")]
    own: Option<String>,
    metadata: Meta,
    #[serde(rename = "type")]
    kind: Str,
    data: Data,
}

/// The data that is kept, and the names of what is not; every other value is skipped by the decoder.
#[derive(Default)]
struct Data {
    kept: Map<String, Value>,
    other: Vec<String>,
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> serde::de::Visitor<'de> for Entries {
            type Value = Data;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_unit<E>(self) -> Result<Data, E> {
                Ok(Data::default())
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
                let mut data = Data::default();
                while let Some(name) = access.next_key::<std::borrow::Cow<'_, str>>()? {
                    if CERTIFICATES.contains(&&*name) {
                        data.kept.insert(name.into_owned(), Value::String(certificates(&access.next_value::<std::borrow::Cow<'_, str>>()?)));
                    } else if KEYS.contains(&&*name) {
                        // An empty key is as good as none.
                        if access.next_value::<Option<std::borrow::Cow<'_, str>>>()?.is_some_and(|value| !value.is_empty()) {
                            data.kept.insert(name.into_owned(), Value::String(String::new()));
                        }
                    } else {
                        access.next_value::<serde::de::IgnoredAny>()?;
                        data.other.push(name.into_owned());
                    }
                }
                Ok(data)
            }
        }
        deserializer.deserialize_any(Entries)
    }
}

/// The PEM certificates in base64 `data`, and nothing that stands around them: some write a private key into the same value.
fn certificates(data: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let bytes = STANDARD.decode(data.trim()).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut kept = String::new();
    let mut rest = &*text;
    while let Some(begin) = rest.find(BEGIN) {
        let Some(length) = rest[begin..].find(END) else { break };
        let end = begin + length + END.len();
        kept.push_str(&rest[begin..end]);
        kept.push('\n');
        rest = &rest[end..];
    }
    STANDARD.encode(kept)
}

/// Reduces a Secret of a manifest, where values may stand in plain text under `stringData` and then win over `data`.
pub fn from_value(mut secret: Value) -> Result<Item, serde_json::Error> {
    if let Some(Value::Object(plain)) = secret.get_mut("stringData").map(Value::take) {
        let mut data = secret.get_mut("data").and_then(Value::as_object_mut).map(std::mem::take).unwrap_or_default();
        data.extend(plain.into_iter().map(|(name, text)| (name, Value::String(STANDARD.encode(text.as_str().unwrap_or_default())))));
        secret["data"] = Value::Object(data);
    }
    from_json(&secret.to_string())
}

/// Decodes a Secret and keeps its type, its public certificates and which private keys it has.
pub fn from_json(json: &str) -> Result<Item, serde_json::Error> {
    // The decoder's words quote what they stumbled over, which may be what is secret.
    let read: Lean = serde_json::from_str(json).map_err(|_| serde::de::Error::custom("it does not have the shape of a Secret"))?;
    match &read.own {
        Some(found) if !may_say(Kind::Secret, found) => Err(serde::de::Error::custom(format!("it is a {found:?}"))),
        _ => Ok(lean(read)),
    }
}

fn lean(secret: Lean) -> Item {
    let Data { mut kept, other } = secret.data;
    // The keys of a remote cluster's Secret are the names by which that cluster goes.
    if secret.metadata.labels.is("istio/multiCluster", "true") {
        kept.extend(other.into_iter().map(|name| (name, Value::String(String::new()))));
    }
    let mut body = Map::new();
    body.insert("type".to_owned(), Value::String(secret.kind.to_string()));
    body.insert("data".to_owned(), Value::Object(kept));
    Item::Object(Object { kind: Kind::Secret, meta: secret.metadata, body: Value::Object(body).into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    #[test]
    fn only_certificates_and_the_presence_of_keys_survive() {
        let private = STANDARD.encode("-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n");
        let mixed = STANDARD.encode(format!("{PEM}-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n{PEM}"));
        let json = serde_json::json!({
            "metadata": {"name": "cert", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "planted"}},
            "type": "kubernetes.io/tls",
            "data": {"tls.crt": mixed, "tls.key": private, "password": "cGxhbnRlZA=="},
            "stringData": {"token": "planted"},
        });
        let Item::Object(object) = from_json(&json.to_string()).unwrap() else { panic!("a Secret is an object") };
        assert_eq!(
            object.root().to_value(),
            serde_json::json!({"type": "kubernetes.io/tls", "data": {"tls.crt": STANDARD.encode([PEM, PEM].concat()), "tls.key": ""}})
        );
        let everything = format!("{object:?}");
        assert!(!everything.contains("planted") && !everything.contains(&private) && !everything.contains("cGxhbnRlZA"));
    }

    #[test]
    fn what_does_not_decode_is_not_shown() {
        for json in [r#"{"data":"planted"}"#, r#"{"data":{"tls.crt":["planted"]}}"#, r#"{"metadata":{"labels":"planted"}}"#] {
            assert_eq!(from_json(json).unwrap_err().to_string(), "it does not have the shape of a Secret");
        }
    }

    #[test]
    fn an_empty_key_is_none_and_remote_clusters_keep_their_names() {
        let Item::Object(object) = from_json(r#"{"data":{"tls.key":"","key":null,"key.pem":"YQ=="}}"#).unwrap() else {
            panic!("a Secret is an object")
        };
        assert_eq!(object.root().to_value()["data"], serde_json::json!({"key.pem": ""}));
        let json = r#"{"metadata":{"labels":{"istio/multiCluster":"true"}},"data":{"west":"cGxhbnRlZA=="}}"#;
        let Item::Object(object) = from_json(json).unwrap() else { panic!("a Secret is an object") };
        assert_eq!(object.root().to_value()["data"], serde_json::json!({"west": ""}));
    }

    #[test]
    fn what_is_no_certificate_reads_as_empty() {
        let Item::Object(object) = from_json(r#"{"data":{"tls.crt":"!!!","ca.crt":"aGVsbG8="}}"#).unwrap() else { panic!("a Secret is an object") };
        assert_eq!(object.root().to_value()["data"], serde_json::json!({"tls.crt": "", "ca.crt": ""}));
    }
}
