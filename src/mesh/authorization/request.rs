//! What is asked: who calls, and with what.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::index::Workload;
use crate::model::Str;

/// How a client proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// As its workload does, by its membership in the server's mesh.
    #[default]
    Membership,
    /// Not at all: it speaks plaintext.
    Plaintext,
    /// By mutual TLS with this identity: `cluster.local/ns/NS/sa/NAME` for Istio, a DNS-like name for Linkerd, `spiffe://…` for either.
    Identity(String),
    /// By mutual TLS as a service account of the server's mesh.
    Account {
        /// Its namespace.
        namespace: Str,
        /// Its name.
        name: Str,
    },
}

/// Claims of a JWT by name, nested ones with dots between the names; a list has several values.
pub type Claims = BTreeMap<String, Vec<String>>;

/// The JWT that comes with a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// None.
    #[default]
    None,
    /// One whose signature or dates are not right.
    Invalid,
    /// One that verifies, if its issuer is known.
    Valid(Claims),
    /// One that verifies, of which nothing else is said.
    Unsaid,
}

/// Who calls.
#[derive(Clone, Debug, Default)]
pub struct Client<'a> {
    /// The workload, when it is one of the cluster's.
    pub workload: Option<&'a Workload>,
    /// How it proves who it is.
    pub credential: Credential,
    /// Its address, or the addresses of its pods; empty when they are not known.
    pub addresses: Vec<IpAddr>,
}

/// An HTTP request; what is not said of it is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Http {
    /// The method.
    pub method: Option<String>,
    /// Path and query.
    pub path: Option<String>,
    /// `Host` or `:authority`.
    pub host: Option<String>,
    /// All other headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The JWT.
    pub token: Token,
}

impl Http {
    /// The values of a header, joined as proxies join them; nothing when it is absent.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Whatever the port speaks.
    #[default]
    Any,
    /// Something that is not HTTP.
    Tcp,
    /// An HTTP request.
    Http(Box<Http>),
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// Who calls.
    pub client: Client<'a>,
    /// What is sent.
    pub call: Call,
    /// The server name of the TLS handshake; that of the mesh when it is not said.
    pub sni: Option<Str>,
}
