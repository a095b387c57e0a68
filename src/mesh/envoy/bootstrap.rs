//! What a proxy began with, and what it says of itself.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::model::Str;

/// Who a proxy is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bootstrap {
    /// `sidecar~10.1.2.3~POD.NS~NS.svc.DOMAIN`.
    pub(crate) node: Str,
    pub(crate) istio_version: Str,
    /// Of the image that carries it.
    pub(crate) proxy_version: Str,
    pub(crate) envoy_version: String,
    /// Name of what made the pod.
    pub(crate) workload: Str,
}

/// `/server_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) version: Str,
    pub(crate) state: Str,
}

/// `/memory`, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    #[serde(deserialize_with = "number")]
    pub(crate) total_physical_bytes: u64,
}

/// 64-bit numbers are strings in the JSON of Protobuf.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Str::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    node: Node,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Node {
    id: Str,
    metadata: NodeMetadata,
    user_agent_build_version: Build,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct NodeMetadata {
    istio_version: Str,
    istio_proxy_sha: Str,
    workload_name: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Build {
    version: Numbers,
    metadata: BuildMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Numbers {
    major_number: u32,
    minor_number: u32,
    patch: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BuildMetadata {
    #[serde(rename = "build.label")]
    label: Str,
    #[serde(rename = "revision.status")]
    status: Str,
    #[serde(rename = "build.type")]
    kind: Str,
    #[serde(rename = "ssl.version")]
    ssl: Str,
}

pub(super) fn read(raw: &RawValue) -> serde_json::Result<Bootstrap> {
    let Node { id, metadata, user_agent_build_version: Build { version: n, metadata: build } } = serde_json::from_str::<Raw>(raw.get())?.node;
    let label = if build.label.is_empty() { String::new() } else { format!("-{}", build.label) };
    let told = n.major_number > 0;
    let more = [build.status, build.kind, build.ssl].into_iter().filter(|part| !part.is_empty()).map(|part| format!("/{part}"));
    let numbers = format!("{}.{}.{}{label}", n.major_number, n.minor_number, n.patch);
    Ok(Bootstrap {
        node: id,
        istio_version: metadata.istio_version,
        proxy_version: metadata.istio_proxy_sha.split_once(':').map_or_else(|| metadata.istio_proxy_sha.clone(), |(_, sha)| sha.into()),
        envoy_version: if told { std::iter::once(numbers).chain(more).collect() } else { String::new() },
        workload: metadata.workload_name,
    })
}
