//! What istiod says of the proxies that are connected to it: the answer of `/debug/syncz`.

use std::fmt;
use std::io::Read;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use crate::model::{Str, words};

words! {
    /// How far a proxy is with one type of configuration.
    Sync {
        /// It has what was sent last.
        Synced = "synced",
        /// It has not taken the last yet.
        Stale = "stale",
        /// Nothing was sent yet.
        NotSent = "not-sent",
        /// It refused the last.
        Error = "error",
    }
}

/// One type of configuration that a proxy subscribes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSync {
    /// `CDS`, `LDS`, …
    pub name: Str,
    /// How far it is.
    pub state: Sync,
    /// When the last was sent, as RFC 3339; absent where istiod is too old to say.
    pub sent_at: Option<Timestamp>,
    /// Why the proxy refused it; empty when it did not.
    pub error: Str,
    /// Whether nothing was ever taken.
    pub never_taken: bool,
}

/// A proxy that is connected to the istiod that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Its pod.
    pub pod: Str,
    /// The pod's namespace.
    pub namespace: Str,
    /// `sidecar`, `router`, `waypoint`, `ztunnel`, …
    pub kind: Str,
    /// Its version, as it says itself.
    pub version: Str,
    /// What it subscribes to, by name.
    pub types: Vec<TypeSync>,
}

/// Reads an answer of any size; each proxy is reduced before the next is read.
pub fn read(answer: &mut dyn Read) -> Result<Vec<Connected>, serde_json::Error> {
    struct Proxies;
    impl<'de> Visitor<'de> for Proxies {
        type Value = Vec<Connected>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the list that /debug/syncz answers with")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut proxies: A) -> Result<Self::Value, A::Error> {
            let mut read = Vec::new();
            while let Some(proxy) = proxies.next_element::<Proxy>()? {
                read.push(proxy.reduced());
            }
            Ok(read)
        }
    }
    let mut json = serde_json::Deserializer::from_reader(answer);
    let read = json.deserialize_any(Proxies)?;
    json.end()?;
    Ok(read)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Proxy {
    proxy: String,
    proxy_type: Str,
    istio_version: Str,
    /// Absent before 1.23.
    #[serde(deserialize_with = "resources")]
    resources: Option<Vec<TypeSync>>,
    cluster_sent: String,
    cluster_acked: String,
    listener_sent: String,
    listener_acked: String,
    route_sent: String,
    route_acked: String,
    endpoint_sent: String,
    endpoint_acked: String,
    extensionconfig_sent: String,
    extensionconfig_acked: String,
}

impl Proxy {
    fn reduced(self) -> Connected {
        // Names of pods may hold dots, those of namespaces none.
        let (pod, namespace) = self.proxy.rsplit_once('.').unwrap_or((&self.proxy, ""));
        let old = || {
            let pairs = [
                ("CDS", &self.cluster_sent, &self.cluster_acked),
                ("ECDS", &self.extensionconfig_sent, &self.extensionconfig_acked),
                ("EDS", &self.endpoint_sent, &self.endpoint_acked),
                ("LDS", &self.listener_sent, &self.listener_acked),
                ("RDS", &self.route_sent, &self.route_acked),
            ];
            pairs.into_iter().map(|(name, sent, acked)| judged(name, sent, acked, None, Str::default())).collect()
        };
        Connected {
            pod: pod.into(),
            namespace: namespace.into(),
            types: self.resources.clone().unwrap_or_else(old),
            kind: self.proxy_type,
            version: self.istio_version,
        }
    }
}

fn judged(name: &str, sent: &str, acked: &str, sent_at: Option<Timestamp>, error: Str) -> TypeSync {
    let state = match (error.is_empty(), sent.is_empty(), sent == acked) {
        (false, _, _) => Sync::Error,
        (_, true, _) => Sync::NotSent,
        (_, _, true) => Sync::Synced,
        _ => Sync::Stale,
    };
    TypeSync { name: name.into(), state, sent_at, error, never_taken: acked.is_empty() }
}

/// The states by the type's address.
fn resources<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<TypeSync>>, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Resource {
        sent: String,
        acked: String,
        sent_time: String,
        last_error: Str,
    }
    let named: Option<std::collections::BTreeMap<String, Resource>> = Option::deserialize(from)?;
    Ok(named.map(|named| {
        let one = |(address, resource): (String, Resource)| {
            // Go's zero time means never.
            let sent_at = resource.sent_time.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0);
            judged(short_name(&address), &resource.sent, &resource.acked, sent_at, resource.last_error)
        };
        let mut types: Vec<TypeSync> = named.into_iter().map(one).collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        types
    }))
}

/// What a type is called for short.
fn short_name(address: &str) -> &str {
    match address.rsplit(['/', '.']).next().unwrap_or(address) {
        "Cluster" => "CDS",
        "Listener" => "LDS",
        "ClusterLoadAssignment" => "EDS",
        "RouteConfiguration" => "RDS",
        "TypedExtensionConfig" => "ECDS",
        "Secret" => "SDS",
        "NameTable" => "NDS",
        "ProxyConfig" => "PCDS",
        "Address" | "Workload" => "WDS",
        "Authorization" => "WADS",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(text: &str) -> Vec<Connected> {
        read(&mut text.as_bytes()).unwrap()
    }

    fn states(proxy: &Connected) -> Vec<(&str, Sync)> {
        proxy.types.iter().map(|t| (t.name.as_str(), t.state)).collect()
    }

    #[test]
    fn types_are_judged_by_what_was_sent_and_taken() {
        let answer = r#"[{"proxy":"web-1.2.shop","proxy_type":"sidecar","istio_version":"1.27.1","cluster_sent":"ignored","resources":{
            "type.googleapis.com/envoy.config.cluster.v3.Cluster":{"sent":"a","acked":"a","sentTime":"2026-11-28T10:00:00Z"},
            "type.googleapis.com/envoy.config.listener.v3.Listener":{"sent":"b","acked":"a","sentTime":"2026-11-28T10:00:00.25Z","lastError":"unknown filter"},
            "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment":{"sent":"b","acked":"","sentTime":"2026-11-28T10:00:00Z"},
            "type.googleapis.com/envoy.config.route.v3.RouteConfiguration":{"sentTime":"0001-01-01T00:00:00Z"}}}]"#;
        let [proxy] = &connected(answer)[..] else { panic!("one") };
        assert_eq!((proxy.pod.as_str(), proxy.namespace.as_str(), proxy.version.as_str()), ("web-1.2", "shop", "1.27.1"));
        assert_eq!(states(proxy), [("CDS", Sync::Synced), ("EDS", Sync::Stale), ("LDS", Sync::Error), ("RDS", Sync::NotSent)]);
        assert!(proxy.types[1].never_taken && proxy.types[3].sent_at.is_none() && proxy.types[0].sent_at.is_some());
    }

    #[test]
    fn old_answers_have_pairs_and_no_times() {
        let answer = r#"[{"proxy":"web.shop","cluster_sent":"a","cluster_acked":"a","listener_sent":"b","listener_acked":"","endpoint_sent":"c"}]"#;
        let proxies = connected(answer);
        let expected = [("CDS", Sync::Synced), ("ECDS", Sync::NotSent), ("EDS", Sync::Stale), ("LDS", Sync::Stale), ("RDS", Sync::NotSent)];
        assert_eq!(states(&proxies[0]), expected);
    }

    #[test]
    fn nobody_and_nonsense_are_told_apart() {
        assert_eq!((connected("[]"), connected("null")), (Vec::new(), Vec::new()));
        for broken in ["", "{}", "[{\"proxy\":7}]", "[{}", "[] x"] {
            assert!(read(&mut broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
