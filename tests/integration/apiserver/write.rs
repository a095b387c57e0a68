//! Create, replace, patch, apply and delete, with what the real server does to an object on the way in.

use super::answer::{Answer, View};
use super::defaults;
use super::error::{ApiError, Problem, Result};
use super::patch;
use super::resources::Resource;
use super::route::{Query, Target};
use super::schema;
use super::ssa::{self, Writer};
use super::store::{Store, key, key_of};
use super::topology::Topology;
use super::validate;
use hyper::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// A write under way.
pub struct Write<'a> {
    pub store: &'a mut Store,
    pub resource: Resource,
    pub target: &'a Target,
    pub query: &'a Query,
    pub agent: &'a str,
    pub view: View,
    /// Text for a `Warning` header.
    pub warnings: Vec<String>,
}

pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Write<'_> {
    fn dry_run(&self) -> Result<bool> {
        let mut values = self.query.all("dryRun").filter(|v| !v.is_empty()).peekable();
        let any = values.peek().is_some();
        match values.find(|v| *v != "All") {
            Some(other) => Err(ApiError::invalid_options("CreateOptions", Problem::unsupported("dryRun", other, "\"All\""))),
            None => Ok(any),
        }
    }

    fn manager(&self) -> String {
        self.query.get("fieldManager").unwrap_or_else(|| self.agent.split('/').next().unwrap_or_default()).to_owned()
    }

    fn api_version(&self) -> String {
        self.resource.api_version(&self.target.version)
    }

    fn subresource(&self) -> Option<&str> {
        self.target.subresource.as_deref()
    }

    fn live(&self) -> Result<Arc<Value>> {
        let name = self.target.name.as_deref().unwrap_or_default();
        let namespace = self.target.namespace.as_deref().filter(|_| self.resource.namespaced);
        let found = self.store.get(&self.resource.group, &self.resource.plural, &key(namespace, name)).cloned();
        found.ok_or_else(|| ApiError::not_found(&self.resource.group, &self.resource.plural, name))
    }

    fn answer(&self, status: StatusCode, object: Value) -> Answer {
        Answer::Object(status, self.view.one(&self.resource, &self.target.version, object))
    }

    /// Type and place of the body must be those of the URL.
    fn check_body(&self, object: &mut Value) -> Result<()> {
        let expected = self.api_version();
        let (version, kind) = (object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default());
        if !object.is_object() || kind.is_empty() {
            return Err(ApiError::bad_request("Object 'Kind' is missing in the request body"));
        }
        if version != expected {
            return Err(ApiError::bad_request(format!(
                "the API version in the data ({version}) does not match the expected API version ({expected})"
            )));
        }
        if kind != self.resource.kind {
            return Err(ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {}", self.resource.kind)));
        }
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        if let Some(namespace) = self.target.namespace.as_ref().filter(|_| self.resource.namespaced) {
            match object["metadata"]["namespace"].as_str().filter(|n| !n.is_empty()) {
                Some(other) if other != namespace => {
                    return Err(ApiError::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
                }
                _ => object["metadata"]["namespace"] = json!(namespace),
            }
        }
        if let Some(name) = self.target.name.as_deref() {
            match object["metadata"]["name"].as_str().filter(|n| !n.is_empty()) {
                Some(other) if other != name => {
                    let why = format!("the name of the object ({other}) does not match the name on the URL ({name})");
                    return Err(ApiError::bad_request(why));
                }
                _ => object["metadata"]["name"] = json!(name),
            }
        }
        Ok(())
    }

    pub fn create(&mut self, mut object: Value) -> Result<Answer> {
        let dry_run = self.dry_run()?;
        if self.resource.namespaced && self.target.namespace.is_none() {
            return Err(ApiError::method_not_allowed());
        }
        self.check_body(&mut object)?;
        if object["metadata"]["name"].as_str().unwrap_or_default().is_empty()
            && let Some(prefix) = object["metadata"]["generateName"].as_str()
        {
            object["metadata"]["name"] = json!(format!("{prefix}{}", self.store.suffix()));
        }
        if object["metadata"]["resourceVersion"].as_str().is_some_and(|v| !v.is_empty()) {
            return Err(ApiError::new(500, "", "resourceVersion should not be set on objects to be created"));
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
        self.prepare_new(&mut object)?;
        if let Some(behaviour) = self.store.behaviour.clone().filter(|_| self.resource.is("", "pods")) {
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
            let namespace = self.store.get("", "namespaces", &namespace).cloned().unwrap_or_default();
            behaviour.admit(&mut object, &namespace, dry_run)?;
        }
        let (manager, version) = (self.manager(), self.api_version());
        let writer = Writer { manager: &manager, subresource: None, api_version: &version, now: &now() };
        ssa::record_update(None, &mut object, &writer, &Topology::of(&self.resource, &self.target.version));
        self.insert(object, dry_run)
    }

    fn prepare_new(&mut self, object: &mut Value) -> Result<()> {
        self.namespace_takes_new(object)?;
        if let Some(metadata) = object["metadata"].as_object_mut() {
            for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
                metadata.remove(field);
            }
        }
        object["metadata"]["uid"] = json!(self.store.uid());
        object["metadata"]["creationTimestamp"] = json!(now());
        if defaults::has_generation(&self.resource) {
            object["metadata"]["generation"] = json!(1);
        }
        if self.resource.status && self.resource.plural != "nodes" {
            object.as_object_mut().map(|map| map.remove("status"));
        }
        self.shape(object)?;
        defaults::on_create(self.store, &self.resource, object);
        validate::check(&self.resource, &self.target.version, object, None)
    }

    /// Defaults and pruning, with the complaint that `fieldValidation` asks for.
    fn shape(&mut self, object: &mut Value) -> Result<()> {
        defaults::fill(&self.resource, object);
        let Some((_, root)) = self.resource.schemas.iter().find(|(v, _)| *v == self.target.version) else { return Ok(()) };
        let dropped = schema::default_and_prune(root, object);
        match self.query.get("fieldValidation") {
            _ if dropped.is_empty() => {}
            Some("Strict") => {
                let unknown: Vec<String> = dropped.iter().map(|path| format!("unknown field {path:?}")).collect();
                let kind = &self.resource.kind;
                let why = format!(
                    "{kind} in version {:?} cannot be handled as a {kind}: strict decoding error: {}",
                    self.target.version,
                    unknown.join(", ")
                );
                return Err(ApiError::bad_request(why));
            }
            Some("Ignore") => {}
            _ => self.warnings.extend(dropped.iter().map(|path| format!("unknown field {path:?}"))),
        }
        Ok(())
    }

    fn namespace_takes_new(&self, object: &Value) -> Result<()> {
        if !self.resource.namespaced {
            return Ok(());
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        match self.store.get("", "namespaces", namespace) {
            None => Err(ApiError::not_found("", "namespaces", namespace)),
            Some(found) if found["metadata"]["deletionTimestamp"].is_string() => {
                let target = Target { name: object["metadata"]["name"].as_str().map(str::to_owned), ..self.target.clone() };
                let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
                Err(ApiError::forbidden_because(&target, &why))
            }
            Some(_) => Ok(()),
        }
    }

    fn insert(&mut self, object: Value, dry_run: bool) -> Result<Answer> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        if self.store.get(&self.resource.group, &self.resource.plural, &key_of(&object)).is_some() {
            return Err(ApiError::already_exists(&self.resource, name));
        }
        if dry_run {
            return Ok(self.answer(StatusCode::CREATED, object));
        }
        let stored = self.store.put(&self.resource.group, &self.resource.plural, object);
        Ok(self.answer(StatusCode::CREATED, stored.as_ref().clone()))
    }

    pub fn replace(&mut self, mut object: Value) -> Result<Answer> {
        let live = self.live()?;
        self.check_body(&mut object)?;
        let given = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if given.is_empty() && self.resource.custom {
            let problem = Problem::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
            return Err(ApiError::invalid(&self.resource, self.target.name.as_deref().unwrap_or_default(), &[problem]));
        }
        self.update(&live, object)
    }

    /// Stores what replaces `live`: the common end of PUT and of the classic patches.
    fn update(&mut self, live: &Value, mut object: Value) -> Result<Answer> {
        self.settle(live, &mut object)?;
        let (manager, version) = (self.manager(), self.api_version());
        let writer = Writer { manager: &manager, subresource: self.subresource(), api_version: &version, now: &now() };
        ssa::record_update(Some(live), &mut object, &writer, &Topology::of(&self.resource, &self.target.version));
        self.finish(live, object)
    }

    /// Preconditions, the fields a client cannot change, and the half (spec or status) that this door leaves alone.
    fn settle(&mut self, live: &Value, object: &mut Value) -> Result<()> {
        let name = live["metadata"]["name"].as_str().unwrap_or_default();
        let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let (given, uid) = (text(object, "resourceVersion"), text(object, "uid"));
        if !uid.is_empty() && live["metadata"]["uid"] != *uid {
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", text(live, "uid"));
            return Err(ApiError::conflict(&self.resource, name, &why));
        }
        if !given.is_empty() && live["metadata"]["resourceVersion"] != *given {
            return Err(ApiError::stale(&self.resource, name));
        }
        for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "generateName"]
        {
            copy(&live["metadata"], &mut object["metadata"], field);
        }
        if self.subresource() == Some("status") {
            let status = object.get("status").cloned();
            let managed = object["metadata"]["managedFields"].clone();
            *object = live.clone();
            if managed.is_array() {
                object["metadata"]["managedFields"] = managed;
            }
            if let (Some(status), Some(map)) = (status, object.as_object_mut()) {
                map.insert("status".into(), status);
            }
        } else if self.resource.status {
            copy(live, object, "status");
        }
        self.shape(object)?;
        defaults::on_update(live, &self.resource, object);
        validate::check(&self.resource, &self.target.version, object, Some(live))
    }

    fn finish(&mut self, live: &Value, mut object: Value) -> Result<Answer> {
        let dry_run = self.dry_run()?;
        if defaults::has_generation(&self.resource) && intent(&self.resource, live) != intent(&self.resource, &object) {
            object["metadata"]["generation"] = json!(live["metadata"]["generation"].as_u64().unwrap_or(0) + 1);
        }
        let live = View::Object.one(&self.resource, &self.target.version, live.clone());
        let object = View::Object.one(&self.resource, &self.target.version, object);
        if dry_run || object == live {
            return Ok(self.answer(StatusCode::OK, object));
        }
        let finalizers = object["metadata"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
        let stored = self.store.put(&self.resource.group, &self.resource.plural, object);
        if stored["metadata"]["deletionTimestamp"].is_string() && !finalizers {
            super::delete::erase(self.store, &self.resource, &stored, "Background");
        }
        Ok(self.answer(StatusCode::OK, stored.as_ref().clone()))
    }

    pub fn patch(&mut self, content_type: &str, body: &Value) -> Result<Answer> {
        let custom = self.resource.custom;
        let live = match content_type {
            "application/apply-patch+yaml" | "application/apply-patch+cbor" => return self.apply(body.clone()),
            "application/json-patch+json" | "application/merge-patch+json" => self.live()?,
            "application/strategic-merge-patch+json" if !custom => self.live()?,
            _ => {
                let strategic = if custom { "" } else { "application/strategic-merge-patch+json, " };
                let accepted = format!("application/json-patch+json, application/merge-patch+json, {strategic}application/apply-patch+yaml");
                return Err(ApiError::unsupported_media_type(&accepted));
            }
        };
        if self.query.get("force").is_some() {
            let problem = Problem::forbidden("force", "may not be specified for non-apply patch");
            return Err(ApiError::invalid_options("PatchOptions", problem));
        }
        let base = View::Object.one(&self.resource, &self.target.version, live.as_ref().clone());
        let mut object = match content_type {
            "application/json-patch+json" => patch::json_patch(&base, body)?,
            "application/merge-patch+json" => {
                let mut patched = base;
                patch::merge_patch(&mut patched, body);
                patched
            }
            _ => patch::strategic(&base, body)?,
        };
        self.check_body(&mut object)?;
        self.update(&live, object)
    }

    fn apply(&mut self, mut config: Value) -> Result<Answer> {
        let Some(manager) = self.query.get("fieldManager").map(str::to_owned) else {
            let problem = Problem::required("fieldManager");
            return Err(ApiError::invalid_options(
                "PatchOptions",
                Problem { message: "Required value: is required for apply patch".into(), ..problem },
            ));
        };
        self.check_body(&mut config)?;
        if config["metadata"]["managedFields"].as_array().is_some_and(|m| !m.is_empty()) {
            return Err(ApiError::bad_request("metadata.managedFields must be nil"));
        }
        let live = self.live();
        if let Err(error) = &live
            && self.subresource().is_some()
        {
            return Err(error.clone());
        }
        let live = live.ok();
        // A manifest's status does not count through the main door, nor its spec through the status one.
        let left_out = if self.subresource() == Some("status") { "spec" } else { "status" };
        if self.resource.status {
            config.as_object_mut().map(|map| map.remove(left_out));
        }
        let resource = self.resource.clone();
        let topology = Topology::of(&resource, &self.target.version);
        let (version, now) = (self.api_version(), now());
        let writer = Writer { manager: &manager, subresource: self.subresource(), api_version: &version, now: &now };
        let force = self.query.flag("force");
        if let (Some(live), Some(given)) = (&live, config["metadata"]["resourceVersion"].as_str().filter(|v| !v.is_empty()))
            && live["metadata"]["resourceVersion"] != *given
        {
            return Err(ApiError::stale(&self.resource, self.target.name.as_deref().unwrap_or_default()));
        }
        let mut object = ssa::apply(live.as_deref(), &config, &writer, force, &topology)?;
        match live {
            Some(live) => {
                self.settle(&live, &mut object)?;
                self.finish(&live, object)
            }
            None => {
                let dry_run = self.dry_run()?;
                self.prepare_new(&mut object)?;
                self.insert(object, dry_run)
            }
        }
    }
}

/// What a change of raises the generation: everything but metadata and status; of Deployments the annotations too.
fn intent(resource: &Resource, object: &Value) -> (Value, Value) {
    let mut object = object.clone();
    let annotations = if resource.is("apps", "deployments") { object["metadata"]["annotations"].take() } else { Value::Null };
    if let Some(map) = object.as_object_mut() {
        for field in ["metadata", "status", "apiVersion", "kind"] {
            map.remove(field);
        }
    }
    (object, annotations)
}

fn copy(from: &Value, to: &mut Value, field: &str) {
    if let Some(map) = to.as_object_mut() {
        match from.get(field) {
            Some(value) => map.insert(field.to_owned(), value.clone()),
            None => map.remove(field),
        };
    }
}
