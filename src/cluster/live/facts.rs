//! What is asked before an installation: the server's version and clock, and what the user may do. Nothing of it changes anything.

use futures::future::join_all;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Connection;
use super::http::{Ask, Failure};
use crate::model::{Access, Review, ServerFacts, ServerVersion, Str, YesNo};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const AGGREGATION: &str = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

impl Connection {
    /// Asks for everything at once; whatever has no usable answer is unknown, with the reason.
    pub async fn facts(&self, accesses: &[Access]) -> ServerFacts {
        let reviews = join_all(accesses.iter().map(async |access| Review { access: access.clone(), allowed: self.may(access).await }));
        // The clocks are compared, so the time is taken at once and not when the last answer is here.
        let version = async { (self.version().await, Timestamp::now()) };
        let ((version, now), reviews, aggregation) = tokio::join!(version, reviews, self.aggregation());
        let (version, date) = match version {
            Ok(version) => (ServerVersion::Known(version.git_version.into()), version.date),
            Err(why) => (ServerVersion::Unknown(why.into()), None),
        };
        let answered_at = date.and_then(|date| rfc2822::parse(&date).ok()).map(|zoned| Str::from(zoned.timestamp().to_string()));
        let asked_at = Some(Str::from(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        ServerFacts { version, reviews, aggregation, asked_at, answered_at }
    }

    /// Whether whoever asks may do something.
    pub async fn may(&self, access: &Access) -> YesNo {
        #[derive(Deserialize)]
        struct Reviewed {
            status: Status,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Status {
            allowed: bool,
            #[serde(default)]
            reason: Str,
            #[serde(default)]
            evaluation_error: Str,
        }
        let question = question(access).to_string();
        match self.http.read(Ask::question(REVIEWS, &question)).await {
            Ok(answer) => match serde_json::from_slice::<Reviewed>(&answer.body) {
                Ok(Reviewed { status: Status { allowed: true, .. } }) => YesNo::Yes,
                Ok(Reviewed { status: Status { reason, evaluation_error, .. } }) => {
                    YesNo::No(if reason.is_empty() { evaluation_error } else { reason })
                }
                Err(error) => YesNo::Unknown(format!("the access review makes no sense: {error}").into()),
            },
            Err(Failure::NotFound) => YesNo::Unknown("the server answers no access reviews (HTTP 404)".into()),
            Err(failure) => YesNo::Unknown(failure.to_string().into()),
        }
    }

    async fn aggregation(&self) -> YesNo {
        #[derive(Deserialize)]
        struct Map {
            #[serde(default)]
            data: Value,
        }
        match self.http.read(Ask::json(AGGREGATION)).await {
            Ok(answer) => match serde_json::from_slice::<Map>(&answer.body) {
                Ok(map) if map.data["requestheader-client-ca-file"].as_str().is_some_and(|ca| !ca.is_empty()) => YesNo::Yes,
                Ok(_) => YesNo::No("--requestheader-client-ca-file is not set".into()),
                Err(error) => YesNo::Unknown(format!("the ConfigMap makes no sense: {error}").into()),
            },
            Err(Failure::NotFound) => YesNo::No("there is no such ConfigMap".into()),
            Err(failure) => YesNo::Unknown(failure.to_string().into()),
        }
    }
}

fn question(access: &Access) -> Value {
    let Access { verb, group, resource, namespace } = access;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let attributes = json!({"verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": namespace});
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}})
}
