//! What a ztunnel says of itself: its `/config_dump`, in the shapes of old and new releases. Its own process configuration is dropped.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::Str;

/// Its own port, open only to its pod.
pub const ADMIN_PORT: u16 = 15000;

/// What a ztunnel holds. Workloads, services and policies are the mesh's; certificates and captured pods are the node's own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ZtunnelDump {
    /// Workloads of the whole mesh.
    #[serde(deserialize_with = "many")]
    pub workloads: Vec<Workload>,
    /// Services of the whole mesh.
    #[serde(deserialize_with = "many")]
    pub services: Vec<Service>,
    /// Policies that ztunnels enforce.
    #[serde(deserialize_with = "many")]
    pub policies: Vec<Policy>,
    /// Certificates of the identities on its node.
    #[serde(deserialize_with = "many")]
    pub certificates: Vec<Certificate>,
    /// Pods that it captures, by uid.
    #[serde(deserialize_with = "or_default")]
    pub workload_state: BTreeMap<Str, Captured>,
}

/// A workload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workload {
    /// Its key.
    pub uid: Str,
    /// Addresses.
    #[serde(alias = "workloadIp", deserialize_with = "one_or_many")]
    pub workload_ips: Vec<Str>,
    /// The waypoint it is served by; empty for none.
    #[serde(deserialize_with = "destination")]
    pub waypoint: Str,
    /// `HBONE` or `TCP`.
    pub protocol: Str,
    /// Name.
    pub name: Str,
    /// Namespace.
    pub namespace: Str,
    /// Service account.
    pub service_account: Str,
    /// Node.
    pub node: Str,
    /// `Healthy` or `Unhealthy`.
    pub status: Str,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Name.
    pub name: Str,
    /// Namespace.
    pub namespace: Str,
    /// Hostname.
    pub hostname: Str,
    /// Virtual addresses, each with its network before a slash.
    #[serde(alias = "addresses", deserialize_with = "one_or_many")]
    pub vips: Vec<Str>,
    /// Ports, with those of the workloads.
    #[serde(deserialize_with = "or_default")]
    pub ports: BTreeMap<Str, Value>,
    /// The waypoint it is served by; empty for none.
    #[serde(deserialize_with = "destination")]
    pub waypoint: Str,
    /// Keys of the workloads behind it.
    #[serde(deserialize_with = "keys")]
    pub endpoints: Vec<Str>,
}

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Name.
    pub name: Str,
    /// Namespace.
    pub namespace: Str,
    /// `Global`, `Namespace` or `WorkloadSelector`.
    pub scope: Str,
    /// `Allow` or `Deny`.
    pub action: Str,
    /// Whether it only counts.
    pub dry_run: bool,
}

/// The certificate of an identity.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    /// SPIFFE id.
    pub identity: Str,
    /// `Available`, `Initializing`, or `Unavailable: ` with the authority's words.
    pub state: Str,
    /// Leaf first.
    #[serde(alias = "caCert", deserialize_with = "many")]
    pub cert_chain: Vec<CertificatePart>,
    /// Roots; an old ztunnel has its root at the end of the chain.
    #[serde(deserialize_with = "many")]
    pub root_certs: Vec<CertificatePart>,
}

/// One certificate of a chain.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificatePart {
    /// PEM in base64.
    pub pem: Str,
    /// Decimal.
    pub serial_number: Str,
    /// RFC 3339.
    pub valid_from: Str,
    /// RFC 3339.
    pub expiration_time: Str,
}

/// A pod that is captured, or about to be.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Captured {
    /// `Up` or `Pending`.
    pub state: Str,
    /// What is open now.
    #[serde(deserialize_with = "or_default")]
    pub connections: Connections,
    /// Whose it is.
    #[serde(deserialize_with = "or_default")]
    pub info: Info,
}

/// Connections of a pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Connections {
    /// To the pod.
    #[serde(deserialize_with = "many")]
    pub inbound: Vec<Open>,
    /// From the pod.
    #[serde(deserialize_with = "many")]
    pub outbound: Vec<Open>,
}

/// An open connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Open {
    /// Who opened it.
    pub src: Str,
    /// Where the client meant to go.
    pub original_dst: Str,
    /// Where it went.
    pub actual_dst: Str,
    /// `HBONE` or `TCP`.
    pub protocol: Str,
}

/// Whose pod it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Info {
    /// Name.
    pub name: Str,
    /// Namespace.
    pub namespace: Str,
    /// Service account.
    pub service_account: Str,
}

/// Whether a node's ztunnel carries the traffic of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// Yes.
    Captured,
    /// It knows of the pod and is not ready for it.
    Pending,
    /// It knows nothing of the pod: nothing of its traffic goes through the mesh.
    NotCaptured,
    /// This ztunnel is too old to say whom it captures.
    Unknown,
}

impl ZtunnelDump {
    /// Whether a pod of this ztunnel's node is captured.
    pub fn capture(&self, namespace: &str, name: &str) -> Capture {
        let of_pod = |captured: &&Captured| captured.info.namespace == namespace && captured.info.name == name;
        match self.workload_state.values().find(of_pod) {
            Some(captured) if captured.state == "Up" => Capture::Captured,
            Some(_) => Capture::Pending,
            None if self.workload_state.is_empty() && !self.workloads.is_empty() => Capture::Unknown,
            None => Capture::NotCaptured,
        }
    }

    /// Why an identity of this node has no certificate; nothing where it has one or is not of this node.
    pub fn without_certificate(&self, identity: &str) -> Option<&str> {
        let certificate = self.certificates.iter().find(|c| c.identity == identity)?;
        (certificate.state != "Available").then_some(certificate.state.as_str())
    }

    /// Of the workloads behind a service, how many are healthy, and all.
    pub fn endpoints<'d>(&'d self, by_uid: &BTreeMap<&'d str, &'d Workload>, service: &'d Service) -> (usize, usize) {
        let healthy = |uid: &&Str| by_uid.get(uid.as_str()).is_some_and(|workload| workload.status != "Unhealthy");
        (service.endpoints.iter().filter(healthy).count(), service.endpoints.len())
    }

    /// Its workloads by their keys.
    pub fn by_uid(&self) -> BTreeMap<&str, &Workload> {
        self.workloads.iter().map(|workload| (workload.uid.as_str(), workload)).collect()
    }
}

/// Reads a dump, as it comes or from a file.
pub fn read(dump: &mut dyn Read) -> Result<ZtunnelDump, serde_json::Error> {
    serde_json::from_reader(dump)
}

/// A list, which may be null, or a map of what would be the list's elements.
fn many<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Many<T> {
        List(Vec<T>),
        Map(BTreeMap<String, T>),
        Null,
    }
    Ok(match Many::deserialize(from)? {
        Many::List(list) => list,
        Many::Map(map) => map.into_values().collect(),
        Many::Null => Vec::new(),
    })
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Str>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Some {
        One(Str),
        Many(Vec<Str>),
        Null,
    }
    Ok(match Some::deserialize(from)? {
        Some::One(one) => vec![one],
        Some::Many(many) => many,
        Some::Null => Vec::new(),
    })
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// The keys of a map, or what a list's elements say is their workload.
fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Str>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Object(map) => map.into_iter().map(|(key, value)| value["workloadUid"].as_str().map_or_else(|| key.into(), Str::from)).collect(),
        Value::Array(list) => list.iter().filter_map(|one| one["workloadUid"].as_str()).map(Str::from).collect(),
        _ => Vec::new(),
    })
}

/// Where a waypoint is: `namespace/hostname` or `network/address`, as text or as an object of one of the two.
fn destination<'de, D: Deserializer<'de>>(from: D) -> Result<Str, D::Error> {
    let value = Value::deserialize(from)?;
    let place = value.get("destination").unwrap_or(&value);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let joined = |value: &Value, first: &str, second: &str| {
        let (first, second) = (value[first].as_str().unwrap_or_default(), value[second].as_str()?);
        Some(format!("{first}/{second}"))
    };
    let inner = ["Hostname", "hostname", "Address", "address"].iter().find_map(|key| place.get(*key)).unwrap_or(place);
    Ok(text(inner).or_else(|| joined(inner, "namespace", "hostname")).or_else(|| joined(inner, "network", "address")).unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(text: &str) -> ZtunnelDump {
        read(&mut text.as_bytes()).unwrap()
    }

    const NEW: &str = r#"{
        "workloads":[{"uid":"c1//Pod/shop/cart","workloadIps":["10.0.0.1"],"waypoint":{"destination":"shop/waypoint.shop.svc.cluster.local","hboneMtlsPort":15008},
            "protocol":"HBONE","name":"cart","namespace":"shop","node":"n1","status":"Healthy"}],
        "services":[{"name":"cart","namespace":"shop","hostname":"cart.shop.svc.cluster.local","vips":["net/10.1.0.1"],"ports":{"80":8080},
            "endpoints":{"c1//Pod/shop/cart":{"workloadUid":"c1//Pod/shop/cart","port":{"80":8080}},"gone":{"workloadUid":"gone"}},"waypoint":null}],
        "policies":[{"name":"p","namespace":"shop","scope":"Namespace","action":"Deny","rules":[]}],
        "certificates":[{"identity":"spiffe://cluster.local/ns/shop/sa/cart","state":"Unavailable: CA refused","certChain":[],"rootCerts":[]}],
        "workloadState":{"u1":{"state":"Up","connections":{"inbound":[{"src":"10.0.0.9:1","originalDst":"10.0.0.1:80","actualDst":"10.0.0.1:80","protocol":"HBONE"}],"outbound":[]},
            "info":{"name":"cart","namespace":"shop","trustDomain":"","serviceAccount":"cart"}},"u2":{"state":"Pending","connections":null,"info":{"name":"new","namespace":"shop"}}},
        "config":{"secret":"x"}}"#;

    #[test]
    fn capture_is_told_by_the_state_of_the_pod() {
        let dump = dump(NEW);
        assert_eq!(dump.capture("shop", "cart"), Capture::Captured);
        assert_eq!(dump.capture("shop", "new"), Capture::Pending);
        assert_eq!((dump.capture("shop", "other"), dump.capture("front", "cart")), (Capture::NotCaptured, Capture::NotCaptured));
        assert_eq!(dump.without_certificate("spiffe://cluster.local/ns/shop/sa/cart"), Some("Unavailable: CA refused"));
        assert_eq!(dump.endpoints(&dump.by_uid(), &dump.services[0]), (1, 2));
        assert_eq!(dump.workloads[0].waypoint, "shop/waypoint.shop.svc.cluster.local");
    }

    #[test]
    fn old_shapes_are_read_as_well() {
        let old = r#"{"workloads":{"10.0.0.1":{"workloadIp":"10.0.0.1","protocol":"TCP","name":"cart","namespace":"shop",
            "waypoint":{"destination":{"Hostname":{"namespace":"shop","hostname":"w.shop"}}}}},
            "services":{"a":{"name":"cart","namespace":"shop","addresses":["net/10.1.0.1"],"endpoints":[{"workloadUid":"u"}],
            "waypoint":{"destination":{"Address":{"network":"net","address":"10.2.0.1"}}}}},"policies":null}"#;
        let dump = dump(old);
        assert_eq!(dump.workloads[0].workload_ips, ["10.0.0.1"]);
        assert_eq!((dump.workloads[0].waypoint.as_str(), dump.services[0].waypoint.as_str()), ("shop/w.shop", "net/10.2.0.1"));
        assert_eq!((dump.services[0].endpoints.len(), dump.policies.len()), (1, 0));
        assert_eq!(dump.capture("shop", "cart"), Capture::Unknown);
    }

    #[test]
    fn what_is_no_dump_is_refused() {
        for broken in ["", "[1]", "{\"workloads\":7}", "{\"workloads\":[{}"] {
            assert!(read(&mut broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
