//! What the admin interface of an Envoy answers, read as far as questions about a proxy ask: `/config_dump` whole or in parts, `/clusters`, `/certs`,
//! `/server_info`, `/memory`. Everything in it is somebody else's text; keys and tokens are not among the fields that are read.

pub(crate) mod address;
pub(crate) mod bootstrap;
pub(crate) mod cluster;
pub(crate) mod endpoint;
pub(crate) mod extension;
pub(crate) mod listener;
mod read;
pub(crate) mod route;
pub(crate) mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Kind, ObjectRef, Str};
pub(crate) use address::Address;
pub(crate) use bootstrap::{Bootstrap, Memory, Server};
pub(crate) use cluster::{Cluster, ClusterName};
pub(crate) use endpoint::{Assigned, Assignment, Host};
pub(crate) use extension::Extension;
pub(crate) use listener::{Chain, Filter, Listener};
pub(crate) use read::List;
pub(crate) use route::{Route, RouteMatch, RouteTable, RouteTarget};
pub(crate) use secret::{Content, Secret};

/// Parts of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Bootstrap,
    Clusters,
    Listeners,
    Routes,
    /// What istiod assigned: `EndpointsConfigDump`, only with `include_eds`.
    Assignments,
    Secrets,
    Extensions,
    /// What Envoy really has: `/clusters?format=json`.
    Hosts,
}

impl Section {
    /// Every part.
    pub(crate) const ALL: [Self; 8] =
        [Self::Bootstrap, Self::Clusters, Self::Listeners, Self::Routes, Self::Assignments, Self::Secrets, Self::Extensions, Self::Hosts];

    /// One of its elements, as people call it.
    pub(crate) const fn called(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Clusters => "cluster",
            Self::Listeners => "listener",
            Self::Routes => "route",
            Self::Assignments | Self::Hosts => "endpoint",
            Self::Secrets => "secret",
            Self::Extensions => "extension",
        }
    }
}

/// How far Envoy is with a piece of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ProxyConfigState"))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It is in use.
    Active,
    /// It is in use, and came with the bootstrap.
    Static,
    /// It is accepted and waits for something, its endpoints or a secret.
    Warming,
    /// It is replaced or removed, and serves what it serves already.
    Draining,
}

/// Configuration that Envoy was sent and did not take.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rejection {
    pub(crate) section: Section,
    /// What it is called; empty where nothing says that.
    pub(crate) name: Str,
    /// Envoy's words.
    pub(crate) details: String,
    /// When.
    pub(crate) at: Str,
    /// Whether an older one of the name goes on serving.
    pub(crate) serving: bool,
    /// The object it was made of.
    pub(crate) made_of: Option<MadeOf>,
}

/// One element that makes no sense to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undecoded {
    pub(crate) section: Section,
    /// Which of its list, from 1.
    pub(crate) nth: usize,
    pub(crate) why: String,
}

/// What was read, in the order in which it came.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// What was there, be it empty.
    pub(crate) sections: BTreeSet<Section>,
    pub(crate) bootstrap: Option<Bootstrap>,
    pub(crate) server: Option<Server>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) listeners: Vec<Listener>,
    pub(crate) routes: Vec<RouteTable>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) undecoded: Vec<Undecoded>,
    /// Whether anything had the form of an answer.
    pub(crate) answered: bool,
    /// Types of sections that are not known.
    pub(crate) strange: BTreeSet<Str>,
}

/// The object of Istio's that a piece of configuration was made of, as its metadata names it: a path of the Kubernetes API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(transparent)]
pub(crate) struct MadeOf(Str);

impl MadeOf {
    /// Pieces of a path such as `/apis/networking.istio.io/v1/namespaces/shop/destination-rule/cart`.
    fn pieces(&self) -> Option<[&str; 3]> {
        match self.0.split('/').collect::<Vec<_>>().as_slice() {
            ["", "apis", "networking.istio.io", _, "namespaces", namespace, kind, name] => Some([namespace, kind, name]),
            _ => None,
        }
    }

    /// `NAME.NAMESPACE`, as istioctl writes it.
    pub(crate) fn short(&self) -> String {
        match self.pieces() {
            Some([namespace, _, name]) => format!("{name}.{namespace}"),
            None if self.0.starts_with("/apis/networking.istio.io/") => String::new(),
            None => "<unknown>".to_owned(),
        }
    }

    /// The object, where it is of a kind that we know.
    pub(crate) fn object(&self) -> Option<ObjectRef> {
        let [namespace, kind, name] = self.pieces()?;
        let kind = match kind {
            "destination-rule" => Kind::DestinationRule,
            "virtual-service" => Kind::VirtualService,
            "service-entry" => Kind::ServiceEntry,
            "envoy-filter" => Kind::EnvoyFilter,
            _ => return None,
        };
        Some(ObjectRef { kind, namespace: namespace.into(), name: name.into(), api_version: "networking.istio.io/v1".into() })
    }
}

/// `metadata`, of which Istio's own part is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    filter_metadata: FilterMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FilterMetadata {
    istio: OfIstio,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OfIstio {
    config: Option<MadeOf>,
}
