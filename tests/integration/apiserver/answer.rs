//! The form of an answer: content negotiation, lists, metadata-only views, tables, bytes on the wire.

use super::Body;
use super::error::{ApiError, Result};
use super::list::Page;
use super::resources::Resource;
use super::table;
use futures::Stream;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// How core kinds are encoded when a client asks for `application/vnd.kubernetes.protobuf`.
#[derive(Clone, Copy, Default)]
pub enum Content {
    /// Not at all: the client gets JSON if it accepts that too, else 406.
    #[default]
    Json,
    /// By this function, from an object or list with its apiVersion and kind to the whole body; JSON where it answers none.
    Protobuf(fn(&Value) -> Option<Vec<u8>>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    Object,
    Partial,
    Table,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    Json,
    Yaml,
    Protobuf,
}

/// What a handler gives back.
pub enum Answer {
    Object(StatusCode, Value),
    Raw(Response<Body>),
}

impl Answer {
    pub fn ok(value: Value) -> Self {
        Answer::Object(StatusCode::OK, value)
    }
}

/// The first acceptable clause of an Accept header. `protobuf` says whether it can be offered here, `views` whether tables can.
pub fn negotiate(accept: &str, protobuf: bool, views: bool) -> Result<(View, Format)> {
    for clause in accept.split(',').map(str::trim).filter(|c| !c.is_empty()) {
        let mut parts = clause.split(';').map(str::trim);
        let format = match parts.next().unwrap_or_default() {
            "application/json" | "application/*" | "*/*" => Format::Json,
            "application/yaml" => Format::Yaml,
            "application/vnd.kubernetes.protobuf" if protobuf => Format::Protobuf,
            _ => continue,
        };
        let parameters: Vec<(&str, &str)> = parts.filter_map(|p| p.split_once('=')).collect();
        let get = |key: &str| parameters.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let view = match get("as") {
            None => View::Object,
            Some(_) if !views || get("g") != Some("meta.k8s.io") || !matches!(get("v"), Some("v1" | "v1beta1")) => continue,
            Some("Table") => View::Table,
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => View::Partial,
            Some(_) => continue,
        };
        return Ok((view, format));
    }
    if accept.trim().is_empty() { Ok((View::Object, Format::Json)) } else { Err(ApiError::not_acceptable()) }
}

impl View {
    pub fn one(self, resource: &Resource, version: &str, mut object: Value) -> Value {
        match self {
            View::Object => {
                if let Some(map) = object.as_object_mut() {
                    map.insert("apiVersion".into(), json!(resource.api_version(version)));
                    map.insert("kind".into(), json!(resource.kind));
                }
                object
            }
            View::Partial => json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"].take()}),
            View::Table => table::of(resource, &[object], json!({})),
        }
    }

    pub fn many(self, resource: &Resource, version: &str, page: Page) -> Value {
        let metadata = Value::Object(page.metadata);
        match self {
            View::Object => {
                // Typed lists leave apiVersion and kind out of their items; lists of custom resources carry them.
                let item = |mut object: Value| {
                    if resource.custom {
                        return self.one(resource, version, object);
                    }
                    if let Some(map) = object.as_object_mut() {
                        map.remove("apiVersion");
                        map.remove("kind");
                    }
                    object
                };
                let items: Vec<Value> = page.items.into_iter().map(item).collect();
                json!({"kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(version), "metadata": metadata, "items": items})
            }
            View::Partial => {
                let items: Vec<Value> = page.items.into_iter().map(|object| self.one(resource, version, object)).collect();
                json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items})
            }
            View::Table => table::of(resource, &page.items, metadata),
        }
    }
}

/// The bytes of `value` and their content type.
pub fn encode(value: &Value, format: Format, content: Content) -> (Vec<u8>, &'static str) {
    match (format, content) {
        (Format::Protobuf, Content::Protobuf(encode)) => match encode(value) {
            Some(bytes) => (bytes, "application/vnd.kubernetes.protobuf"),
            None => (json_line(value), "application/json"),
        },
        // JSON is YAML, and no client of ours reads more than that from it.
        (Format::Yaml, _) => (json_line(value), "application/yaml"),
        _ => (json_line(value), "application/json"),
    }
}

fn json_line(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

pub fn full(status: StatusCode, content_type: &str, bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(body(bytes));
    *response.status_mut() = status;
    if let Ok(value) = content_type.parse() {
        response.headers_mut().insert("content-type", value);
    }
    response
}

pub fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A JSON answer that goes on, piece by piece; an error cuts the connection.
pub fn chunked(pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static) -> Response<Body> {
    use futures::StreamExt;
    let mut response = Response::new(StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync());
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    response
}
