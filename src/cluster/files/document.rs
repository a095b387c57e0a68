//! A document of a file, with the place of everything in it; patches of other files may have been laid over it.

use serde_json::{Map, Value};

use super::yaml::Node;
use crate::model::{Span, Spans, Str};

/// A document that can be changed, and still knows where each of its values stands.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The file it stands in.
    pub file: Str,
    /// What it says.
    pub value: Value,
    /// Where that stands.
    pub spans: Spans,
    /// Other files that parts of it come from, in the order in which [`Span::patch`] counts them.
    pub patches: Vec<Str>,
    /// Names that it had before prefixes and suffixes, by which patches may still call it.
    pub names: Vec<String>,
}

impl Document {
    pub(super) fn new(file: &Str, node: Node) -> Self {
        let (value, spans) = node.split();
        Self { file: file.clone(), value, spans, patches: Vec::new(), names: Vec::new() }
    }

    /// A text field at the top.
    pub(super) fn text(&self, name: &str) -> &str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text field of the metadata.
    pub(super) fn metadata(&self, name: &str) -> &str {
        self.value.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    /// The group of its `apiVersion`.
    pub(super) fn group(&self) -> &str {
        self.text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Spans of another document's value, as they count in this one.
    pub(super) fn taken_over(&mut self, file: &Str, spans: &Spans) -> Spans {
        let mut spans = spans.clone();
        if *file == self.file {
            return spans;
        }
        let known = self.patches.iter().position(|patch| patch == file);
        let at = known.unwrap_or_else(|| {
            self.patches.push(file.clone());
            self.patches.len() - 1
        });
        mark(&mut spans, u16::try_from(at + 1).unwrap_or(u16::MAX));
        spans
    }

    /// Sets the value at `path`, making the maps on the way; nothing happens where something else is in the way.
    pub(super) fn set(&mut self, path: &[&str], value: Value, at: &Spans) {
        let Some((last, way)) = path.split_last() else { return };
        let (mut node, mut spans) = (&mut self.value, &mut self.spans);
        for key in way {
            let Some((inner, inner_spans)) = entry(node, spans, key, at) else { return };
            (node, spans) = (inner, inner_spans);
        }
        if let Value::Object(fields) = node {
            fields.insert((*last).to_owned(), value);
            put(spans, last, Spans { at: at.at, inner: Vec::new() });
        }
    }
}

fn mark(spans: &mut Spans, patch: u16) {
    spans.at.patch = patch;
    spans.inner.iter_mut().for_each(|(_, inner)| mark(inner, patch));
}

/// The map under a key, made where there is none.
fn entry<'a>(node: &'a mut Value, spans: &'a mut Spans, key: &str, at: &Spans) -> Option<(&'a mut Value, &'a mut Spans)> {
    let fields = node.as_object_mut()?;
    let field = fields.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if field.is_null() {
        *field = Value::Object(Map::new());
    }
    if !spans.inner.iter().any(|(name, _)| &**name == key) {
        spans.inner.push((key.into(), Spans { at: at.at, inner: Vec::new() }));
    }
    let inner = spans.inner.iter_mut().find(|(name, _)| &**name == key).map(|(_, inner)| inner)?;
    Some((field, inner))
}

/// The spans of a field.
pub(super) fn spans_of<'a>(spans: &'a mut Spans, key: &str) -> Option<&'a mut Spans> {
    spans.inner.iter_mut().find(|(name, _)| &**name == key).map(|(_, inner)| inner)
}

/// Sets the spans of a field.
pub(super) fn put(spans: &mut Spans, key: &str, inner: Spans) {
    match spans_of(spans, key) {
        Some(old) => *old = inner,
        None => spans.inner.push((key.into(), inner)),
    }
}

/// The span of the field at `path`, the nearest one around it where it is not there.
pub(super) fn span_at(spans: &Spans, path: &[&str]) -> Span {
    let mut node = spans;
    for key in path {
        match node.inner.iter().find(|(name, _)| &**name == *key) {
            Some((_, inner)) => node = inner,
            None => break,
        }
    }
    node.at
}
