//! What an API server answers when it says no: `kind: Status` objects with the codes, reasons and wording of the real one.

use super::resources::Resource;
use super::route::Target;
use serde_json::{Map, Value, json};

/// A refusal. Rendered as a `Status` unless it is the plain text 404 of an unknown path.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub code: u16,
    reason: String,
    message: String,
    details: Map<String, Value>,
    fresh_continue: Option<String>,
    plain: bool,
}

pub type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        ApiError { code, reason: reason.to_owned(), message: message.into(), details: Map::new(), fresh_continue: None, plain: false }
    }

    /// What a path outside every served group and resource gets: text, not a Status.
    pub fn unknown_path() -> Self {
        ApiError { plain: true, ..Self::new(404, "NotFound", "404 page not found\n") }
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn forbidden(user: &str, verb: &str, target: &Target) -> Self {
        let resource = match &target.subresource {
            Some(sub) => format!("{}/{sub}", target.resource),
            None => target.resource.clone(),
        };
        let scope = match &target.namespace {
            Some(namespace) => format!("in the namespace \"{namespace}\""),
            None => "at the cluster scope".to_owned(),
        };
        let why = format!("User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{}\" {scope}", target.group);
        Self::forbidden_because(target, &why)
    }

    pub fn forbidden_because(target: &Target, why: &str) -> Self {
        let subject = match &target.name {
            Some(name) => format!("{} \"{name}\"", qualified(&target.resource, &target.group)),
            None => qualified(&target.resource, &target.group),
        };
        Self::new(403, "Forbidden", format!("{subject} is forbidden: {why}")).about(&target.group, &target.resource, target.name.as_deref())
    }

    pub fn forbidden_path(user: &str, verb: &str, path: &str) -> Self {
        Self::new(403, "Forbidden", format!("forbidden: User \"{user}\" cannot {verb} path \"{path}\""))
    }

    pub fn not_found(group: &str, plural: &str, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", qualified(plural, group));
        Self::new(404, "NotFound", message).about(group, plural, Some(name))
    }

    pub fn already_exists(of: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", qualified(&of.plural, &of.group));
        Self::new(409, "AlreadyExists", message).about(&of.group, &of.plural, Some(name))
    }

    pub fn conflict(of: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", qualified(&of.plural, &of.group));
        Self::new(409, "Conflict", message).about(&of.group, &of.plural, Some(name))
    }

    pub fn stale(of: &Resource, name: &str) -> Self {
        Self::conflict(of, name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 422: each problem is (field path, reason word, sentence).
    pub fn invalid(of: &Resource, name: &str, problems: &[Problem]) -> Self {
        let kind = qualified(&of.kind, &of.group);
        let said: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.field, p.message)).collect();
        let said = if let [one] = said.as_slice() { one.clone() } else { format!("[{}]", said.join(", ")) };
        let mut error = Self::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {said}")).about(&of.group, &of.kind, Some(name));
        let causes: Vec<Value> = problems.iter().map(|p| json!({"reason": p.reason, "message": p.message, "field": p.field})).collect();
        error.details.insert("causes".into(), Value::Array(causes));
        error
    }

    /// 422 about the parameters of a request: `options` is the kind that the real server reads them into.
    pub fn invalid_options(options: &str, problem: Problem) -> Self {
        let of = Resource { group: "meta.k8s.io".into(), kind: options.into(), ..Resource::default() };
        Self::invalid(&of, "", &[problem])
    }

    /// A server-side apply met fields of other managers.
    pub fn apply_conflict(message: String, causes: Vec<Value>) -> Self {
        let mut error = Self::new(409, "Conflict", message);
        error.details.insert("causes".into(), Value::Array(causes));
        error
    }

    pub fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    pub fn not_acceptable() -> Self {
        let message = "only the following media types are accepted: application/json, application/yaml";
        Self::new(406, "NotAcceptable", message)
    }

    pub fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A list went on with a token of a revision already compacted; `fresh` allows an inconsistent rest.
    pub fn expired_continue(fresh: Option<String>) -> Self {
        let message = if fresh.is_some() {
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue \
             parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token \
             results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and \
             now may show up in the list."
        } else {
            "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."
        };
        ApiError { fresh_continue: fresh, ..Self::new(410, "Expired", message) }
    }

    pub fn expired_version(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    pub fn future_version(asked: u64, current: u64) -> Self {
        let mut error = Self::new(504, "Timeout", format!("Timeout: Too large resource version: {asked}, current: {current}"));
        error.details.insert("causes".into(), json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]));
        error.retry_after(1)
    }

    pub fn too_many_requests(seconds: u32) -> Self {
        Self::new(429, "TooManyRequests", "too many requests, please try again later").retry_after(seconds)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {}", message.into()))
    }

    pub fn unavailable() -> Self {
        Self::new(503, "ServiceUnavailable", "apiserver not ready")
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.details.insert("retryAfterSeconds".into(), json!(seconds));
        self
    }

    /// Seconds for the `Retry-After` header.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }

    fn about(mut self, group: &str, kind: &str, name: Option<&str>) -> Self {
        if let Some(name) = name {
            self.details.insert("name".into(), json!(name));
        }
        if !group.is_empty() {
            self.details.insert("group".into(), json!(group));
        }
        self.details.insert("kind".into(), json!(kind));
        self
    }

    /// The text answer of an unknown path, when this is one.
    pub fn plain(&self) -> Option<&str> {
        self.plain.then_some(self.message.as_str())
    }

    pub fn status(&self) -> Value {
        let metadata = self.fresh_continue.as_ref().map_or_else(|| json!({}), |token| json!({"continue": token}));
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_empty() {
            status["details"] = Value::Object(self.details.clone());
        }
        status
    }
}

/// One reason why an object is invalid.
pub struct Problem {
    pub field: String,
    pub reason: &'static str,
    pub message: String,
}

impl Problem {
    pub fn required(field: impl Into<String>) -> Self {
        Problem { field: field.into(), reason: "FieldValueRequired", message: "Required value".into() }
    }

    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Problem { field: field.into(), reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}") }
    }

    pub fn unsupported(field: &str, value: &str, supported: &str) -> Self {
        let message = format!("Unsupported value: {value:?}: supported values: {supported}");
        Problem { field: field.into(), reason: "FieldValueNotSupported", message }
    }

    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Problem { field: field.into(), reason: "FieldValueForbidden", message: format!("Forbidden: {why}") }
    }
}

fn qualified(word: &str, group: &str) -> String {
    if group.is_empty() { word.to_owned() } else { format!("{word}.{group}") }
}
