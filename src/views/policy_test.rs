//! Assertions about decisions, kept in a file beside the manifests.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::mesh::authorization::{Because, Call, Claims, Http, Token, Verdict};
use crate::model::Gap;

/// A file of assertions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertions {
    /// They.
    pub tests: Vec<Assertion>,
}

/// One assertion.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Assertion {
    /// What it is called; made of the request when absent.
    pub name: Option<String>,
    /// A workload, or `sa/NAMESPACE/NAME`; absent together with `identity` for anyone in plaintext.
    pub from: Option<String>,
    /// The client's identity.
    pub identity: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Whether the client speaks plaintext whatever it is.
    pub plaintext: bool,
    /// `KIND/NAME:PORT` or `svc/NAME:PORT`.
    pub to: String,
    /// The method.
    pub method: Option<String>,
    /// The path.
    pub path: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// Claims of a valid token; a list has several values.
    pub claims: BTreeMap<String, Values>,
    /// Whether it is something that is not HTTP.
    pub tcp: bool,
    /// `allow`, `deny`, `not-found` or `unknown`.
    pub expect: Option<Verdict>,
}

/// One value or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Assertion {
    /// What is sent.
    pub fn call(&self) -> Call {
        if self.tcp {
            return Call::Tcp;
        }
        let claims: Claims = self.claims.iter().map(|(name, values)| (name.clone(), values.all())).collect();
        let http = Http {
            method: self.method.clone(),
            path: self.path.clone(),
            host: self.host.clone(),
            headers: self.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect(),
            token: if claims.is_empty() { Token::None } else { Token::Valid(claims) },
        };
        if http == Http::default() { Call::Any } else { Call::Http(Box::new(http)) }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        let who = self.from.as_deref().or(self.identity.as_deref()).unwrap_or("anyone");
        let words = [self.method.as_deref(), self.path.as_deref(), self.tcp.then_some("tcp")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        self.name.clone().unwrap_or_else(|| format!("{who} → {} {words}", self.to).trim_end().to_owned())
    }
}

impl Values {
    fn all(&self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value.clone()],
            Self::Many(values) => values.clone(),
        }
    }
}

/// A PolicyTestReport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PolicyTestReport {
    /// In the order of the file.
    pub tests: Vec<TestRow>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// An assertion and what became of it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TestRow {
    /// What it is called.
    pub name: String,
    /// What was expected.
    pub expected: Verdict,
    /// What came out.
    pub got: Verdict,
    /// Whether they are the same.
    pub passed: bool,
    /// What decided.
    pub because: Vec<Because>,
    /// The decision in one sentence.
    #[serde(skip)]
    pub headline: String,
    /// The file it stands in.
    #[serde(skip)]
    pub file: String,
}
