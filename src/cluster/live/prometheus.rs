//! Questions to a Prometheus: one at a URL, or one of the cluster's through the API server's service proxy.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::Connection;
use super::http::{Ask, Failure, Http, causes};
use super::limits::Limits;
use crate::model::{Sample, Service};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to a Prometheus.
pub struct Prometheus<'c> {
    http: Way<'c>,
    /// What stands before `/api/v1`.
    base: String,
    name: String,
}

enum Way<'c> {
    Direct(Box<Http>),
    Cluster(&'c Http),
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    error: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    #[serde(default)]
    result: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    metric: BTreeMap<String, String>,
    value: (f64, String),
}

impl<'c> Prometheus<'c> {
    /// One at a URL; credentials of the cluster are never sent there.
    pub fn at(url: &str, timeout: Option<Duration>) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let uri: http::Uri = url.trim_end_matches('/').parse().map_err(|error| format!("{url:?} is no URL: {error}"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(format!("{url:?} is no URL: write http://HOST:PORT or https://HOST"));
        }
        let mut config = kube::Config::new(uri);
        (config.connect_timeout, config.read_timeout) = (Some(PATIENCE), Some(PATIENCE));
        let client = kube::Client::try_from(config).map_err(|error| causes(&error))?;
        // kube puts the path of the URL before that of every request.
        Ok(Self {
            http: Way::Direct(Box::new(Http::new(client, timeout.or(Some(PATIENCE)), None, Limits::default(), None))),
            base: String::new(),
            name: url.to_owned(),
        })
    }

    /// A Service of the cluster.
    pub fn behind(connection: &'c Connection, service: &Service, port: &str) -> Self {
        let (namespace, name) = (&service.metadata.namespace, &service.metadata.name);
        let base = format!("/api/v1/namespaces/{namespace}/services/{name}:{port}/proxy");
        Self { http: Way::Cluster(&connection.http), base, name: format!("Service {namespace}/{name}") }
    }

    /// What to call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The series that a question is answered with.
    pub async fn query(&self, text: &str) -> Result<Vec<Sample>, String> {
        let uri = format!("{}/api/v1/query?query={}", self.base, encoded(text));
        let http = match &self.http {
            Way::Direct(http) => http,
            Way::Cluster(http) => *http,
        };
        let answer = http.read(Ask::json(&uri)).await.map_err(|failure| self.words(&failure))?;
        let answer: Answer =
            serde_json::from_slice(&answer.body).map_err(|error| format!("{} does not answer like a Prometheus: {error}", self.name))?;
        match answer.data {
            Some(data) if answer.status == "success" && data.result_type == "vector" => data.result.into_iter().map(|row| self.sample(row)).collect(),
            _ if answer.status == "error" => Err(format!("{} refuses the question: {}", self.name, answer.error)),
            _ => Err(format!("{} does not answer like a Prometheus", self.name)),
        }
    }

    fn sample(&self, row: Row) -> Result<Sample, String> {
        let value = row.value.1.parse().map_err(|_| format!("{} does not answer like a Prometheus: {:?} is no number", self.name, row.value.1))?;
        Ok(Sample { labels: row.metric, value })
    }

    fn words(&self, failure: &Failure) -> String {
        let rule = "that takes the permission to get services/proxy there";
        match (failure, &self.http) {
            (Failure::Forbidden(text), Way::Cluster(_)) => format!("may not ask {}: {text}; {rule}", self.name),
            (Failure::Forbidden(text) | Failure::Unauthorized(text), _) => format!("{} does not let in: {text}", self.name),
            (failure, _) => format!("{} does not answer: {failure}", self.name),
        }
    }
}

/// A text as a value of a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
