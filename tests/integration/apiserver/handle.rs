//! From an authenticated request to an answer.

use super::answer::{Answer, Format, View, full, negotiate};
use super::error::{ApiError, Result};
use super::rbac::{self, Action, Identity};
use super::resources::Resource;
use super::route::{Query, Route, Target, verb};
use super::selectors::Selectors;
use super::write::Write;
use super::{Content, Shared, delete, discovery, list, protobuf, scale, watch, ws};
use hyper::HeaderMap;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// One request, read whole.
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: Query,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub who: Identity,
    pub route: Route,
}

impl Call {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn verb(&self) -> &'static str {
        match &self.route {
            Route::Resource(target) => verb(&self.method, target, &self.query),
            Route::Path => match self.method.as_str() {
                "GET" => "get",
                "POST" => "post",
                "PUT" => "put",
                "DELETE" => "delete",
                _ => "head",
            },
        }
    }

    /// The body as a value: JSON, or YAML where the content type says so.
    pub fn value(&self) -> Result<Value> {
        let kind = self.header("content-type");
        let text = std::str::from_utf8(&self.body).map_err(|e| ApiError::bad_request(e.to_string()))?;
        if kind.contains("protobuf") {
            return Err(ApiError::unsupported_media_type("application/json, application/yaml"));
        }
        if kind.contains("yaml") {
            return serde_saphyr::from_str(text).map_err(|e| ApiError::bad_request(format!("error converting YAML to JSON: {e}")));
        }
        serde_json::from_str(text).map_err(|e| ApiError::bad_request(format!("couldn't get version/kind; json parse error: {e}")))
    }
}

/// The answer, the format to encode it in and the texts of `Warning` headers.
pub type Handled = (Answer, Format, Vec<String>);

pub fn handle(shared: &Arc<Shared>, call: &Call) -> Result<Handled> {
    authorise(shared, call)?;
    let Route::Resource(target) = &call.route else {
        return Ok((discovery::answer(shared, call)?, Format::Json, Vec::new()));
    };
    let resource = shared.store().find(&target.group, &target.version, &target.resource).cloned().ok_or_else(ApiError::unknown_path)?;
    if target.namespace.is_some() && !resource.namespaced && !resource.is("", "namespaces") {
        return Err(ApiError::unknown_path());
    }
    if target.name.is_some() && target.namespace.is_none() && resource.namespaced {
        return Err(ApiError::unknown_path());
    }
    if resource.review {
        if call.method != "POST" {
            return Err(ApiError::method_not_allowed());
        }
        let asked = if call.header("content-type").contains("protobuf") { protobuf::review(&call.body)? } else { call.value()? };
        let answer = rbac::review(&shared.store(), &call.who, &resource, &asked)?;
        return Ok((Answer::Object(StatusCode::CREATED, answer), Format::Json, Vec::new()));
    }
    let protobuf = !resource.custom && matches!(shared.content, Content::Protobuf(_)) && call.verb() != "watch";
    let (view, format) = negotiate(call.header("accept"), protobuf, true)?;
    let (answer, warnings) = dispatch(shared, call, target, &resource, view)?;
    Ok((answer, format, warnings))
}

fn authorise(shared: &Shared, call: &Call) -> Result<()> {
    let verb = call.verb();
    match &call.route {
        Route::Path => {
            let action = Action { verb, path: Some(&call.path), ..Action::default() };
            let allowed = rbac::allowed(&shared.store(), &call.who, &action);
            if allowed { Ok(()) } else { Err(ApiError::forbidden_path(&call.who.user, verb, &call.path)) }
        }
        Route::Resource(target) => {
            let mut target = target.clone();
            if target.name.is_none() && matches!(verb, "list" | "watch" | "deletecollection") {
                target.name = Selectors::name(call.query.get("fieldSelector"));
            }
            let action = Action {
                verb,
                group: &target.group,
                resource: &target.resource,
                subresource: target.subresource.as_deref(),
                namespace: target.namespace.as_deref(),
                name: target.name.as_deref(),
                path: None,
            };
            let allowed = rbac::allowed(&shared.store(), &call.who, &action);
            if allowed { Ok(()) } else { Err(ApiError::forbidden(&call.who.user, verb, &target)) }
        }
    }
}

fn dispatch(shared: &Arc<Shared>, call: &Call, target: &Target, resource: &Resource, view: View) -> Result<(Answer, Vec<String>)> {
    let quiet = |answer: Result<Answer>| answer.map(|answer| (answer, Vec::new()));
    match target.subresource.as_deref() {
        None => {}
        Some("status") if resource.status && matches!(call.verb(), "get" | "update" | "patch") => {}
        Some("scale") if resource.scale.is_some() => return quiet(scale::answer(shared, call, target, resource)),
        Some("log") if resource.is("", "pods") && call.method == "GET" => return quiet(log(shared, call, target)),
        Some("proxy") if resource.is("", "pods") => return quiet(ws::proxy(shared, call, target).map(Answer::Raw)),
        Some("exec" | "portforward") if resource.is("", "pods") => return Err(ApiError::bad_request("Upgrade request required")),
        Some(_) => return Err(ApiError::unknown_path()),
    }
    let verb = call.verb();
    match verb {
        "list" => {
            let page = list::list(&shared.store(), resource, target, &call.query)?;
            return quiet(Ok(Answer::ok(view.many(resource, &target.version, page))));
        }
        "watch" => return quiet(watch::watch(shared.clone(), resource, target, &call.query, view).map(Answer::Raw)),
        "get" => {
            let name = target.name.as_deref().unwrap_or_default();
            let key = super::store::key(target.namespace.as_deref().filter(|_| resource.namespaced), name);
            let found = shared.store().get(&resource.group, &resource.plural, &key).cloned();
            let found = found.ok_or_else(|| ApiError::not_found(&resource.group, &resource.plural, name))?;
            return quiet(Ok(Answer::ok(view.one(resource, &target.version, found.as_ref().clone()))));
        }
        _ => {}
    }
    let options = if verb.starts_with("delete") && !call.body.is_empty() { call.value()? } else { json!({}) };
    let answer = {
        let mut store = shared.store();
        let mut write = Write {
            store: &mut store,
            resource: resource.clone(),
            target,
            query: &call.query,
            agent: call.header("user-agent"),
            view,
            warnings: Vec::new(),
        };
        let answer = match verb {
            "create" if target.name.is_none() => write.create(call.value()?),
            "update" => write.replace(call.value()?),
            "patch" if target.name.is_some() => {
                let content_type = call.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
                write.patch(&content_type, &call.value()?)
            }
            "delete" => delete::delete(write.store, resource, target, &call.query, &options),
            "deletecollection" => delete::delete_collection(write.store, resource, target, &call.query, &options),
            _ => Err(ApiError::method_not_allowed()),
        };
        answer.map(|answer| (answer, write.warnings))
    };
    shared.announce();
    answer
}

fn log(shared: &Shared, call: &Call, target: &Target) -> Result<Answer> {
    let name = target.name.as_deref().unwrap_or_default();
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let pod = shared.store().get("", "pods", &format!("{namespace}/{name}")).cloned().ok_or_else(|| ApiError::not_found("", "pods", name))?;
    let names: Vec<&str> = pod["spec"]["containers"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    let container = match (call.query.get("container"), names.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => only,
        (None, many) => {
            let why = format!("a container name must be specified for pod {name}, choose one of: [{}]", many.join(" "));
            return Err(ApiError::bad_request(why));
        }
    };
    let text = shared.scripts().log(namespace, name, container);
    let text = text.ok_or_else(|| ApiError::bad_request(format!("container {container} is not valid for pod {name}")))?;
    let tail = call.query.get("tailLines").and_then(|n| n.parse::<usize>().ok());
    let text = match tail {
        Some(n) => {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            lines[lines.len().saturating_sub(n)..].concat()
        }
        None => text,
    };
    Ok(Answer::Raw(full(StatusCode::OK, "text/plain", text)))
}
