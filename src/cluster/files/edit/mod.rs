//! Keys put into and taken out of the mappings of a YAML or JSON text, and scalars made others. Comments, order, quotes, anchors and layout stay; what has to be shared with
//! other places to be changed is left alone. The result is read again: unless it differs from the text in exactly what was asked, there is none.
//!
//! Taking a key out undoes putting it in, byte by byte. Where the key's mapping had to be made, its own layout tells what stood there before: a
//! mapping over several lines stands where there was none, one in braces where the value was empty (`{}`, nothing, `null`, `~`).

mod prove;
mod put;
mod replace;
mod take;
#[cfg(test)]
mod tests;
mod tree;
mod written;

use std::collections::HashMap;

use serde_json::Value;

use super::yaml;
use crate::model::{Path, Seg, Spans};
use tree::Node;
use written::Cut;

/// A text to be edited, part by part (a file holds several documents, and one of them may be a List).
pub struct Text<'a> {
    parts: Vec<Part<'a>>,
}

/// The text between two `---`.
struct Part<'a> {
    /// Its first byte.
    start: usize,
    text: &'a str,
    /// Nothing where it cannot be read.
    documents: Option<(Vec<Value>, Vec<Spans>)>,
}

/// Which object of a text: its part, the document within it (there is more than one only in JSON), and its number in a List.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    part: usize,
    document: usize,
    item: Option<usize>,
}

/// What is to become of a field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The field, from the object's root.
    pub path: Vec<Step>,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is to hold this text, whether or not it was there; it is a key of a mapping.
    Put(String),
    /// A key and its value go, and with them the mappings that hold nothing else.
    Take,
    /// A scalar that is written out where it stands becomes this text.
    Replace(String),
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl Edit {
    /// The key at the end of `path` is to hold this text, or to go where there is none.
    pub fn new(path: Vec<Step>, value: Option<&str>) -> Self {
        Self { path, change: value.map_or(Change::Take, |value| Change::Put(value.to_owned())) }
    }

    /// The scalar at `path` becomes this text.
    pub fn replace(path: &Path<'_>, value: &str) -> Self {
        let step = |seg: &Seg<'_>| match seg {
            Seg::Key(key) => Step::Key((*key).to_owned()),
            Seg::Index(index) => Step::Index(*index),
        };
        Self { path: path.segments().iter().map(step).collect(), change: Change::Replace(value.to_owned()) }
    }
}

impl<'a> Text<'a> {
    /// Reads a text.
    pub fn of(text: &'a str) -> Self {
        let parts = yaml::chunks(text).into_iter().map(|(start, _, text)| {
            let read = yaml::documents("", text);
            let documents = read.broken.is_empty().then(|| read.nodes.into_iter().map(yaml::Node::split).unzip());
            Part { start, text, documents }
        });
        Self { parts: parts.collect() }
    }

    /// Its objects, those of Lists one by one.
    pub fn objects(&self) -> Vec<(Place, &Value)> {
        self.places().into_iter().map(|(place, value, _)| (place, value)).collect()
    }

    /// Where its objects stand, by the first byte of each.
    pub fn by_start(&self) -> HashMap<usize, Place> {
        self.places().into_iter().map(|(place, _, start)| (start, place)).collect()
    }

    /// Its objects, and the first byte of each.
    fn places(&self) -> Vec<(Place, &Value, usize)> {
        let mut found = Vec::new();
        for (part, read) in self.parts.iter().enumerate() {
            let (values, spans) = read.documents.as_ref().map(|(values, spans)| (&values[..], &spans[..])).unwrap_or_default();
            for (document, (value, spans)) in values.iter().zip(spans).enumerate() {
                let begin = |spans: &Spans| read.start + spans.at.start as usize;
                let list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
                match value["items"].as_array().filter(|_| list) {
                    Some(items) => {
                        let of_items = spans.inner.iter().find(|(key, _)| &**key == "items").map(|(_, items)| items.inner.iter());
                        let items = items.iter().zip(of_items.into_iter().flatten()).enumerate();
                        found.extend(items.map(|(i, (item, (_, spans)))| (Place { part, document, item: Some(i) }, item, begin(spans))));
                    }
                    None => found.push((Place { part, document, item: None }, value, begin(spans))),
                }
            }
        }
        found
    }

    /// Numbers of the parts that cannot be read as YAML, counted from 1.
    pub fn unreadable(&self) -> Vec<usize> {
        self.parts.iter().enumerate().filter(|(_, part)| part.documents.is_none()).map(|(i, _)| i + 1).collect()
    }

    /// The text with the edits made, and those of them that could not be made, by number and with the reason.
    pub fn edited(&self, edits: &[(Place, Vec<Edit>)]) -> (String, Vec<(usize, String)>) {
        let (mut text, mut refused) = (String::new(), Vec::new());
        for (number, part) in self.parts.iter().enumerate() {
            let (mut numbers, mut ours): (Vec<usize>, Vec<_>) =
                edits.iter().cloned().enumerate().filter(|(_, (place, _))| place.part == number).unzip();
            let made = loop {
                match part.with(&ours) {
                    Ok(made) => break made,
                    // One by one, so that an object that cannot be edited leaves the others.
                    Err((at, why)) => {
                        let at = at.or_else(|| ours.iter().position(|edit| part.with(std::slice::from_ref(edit)).is_err())).unwrap_or(0);
                        ours.remove(at);
                        refused.push((numbers.remove(at), why));
                    }
                }
            };
            text.push_str(&made);
        }
        (text, refused)
    }
}

impl Part<'_> {
    /// The part's text with all edits; otherwise which of them cannot be made, where that is known, and why.
    fn with(&self, edits: &[(Place, Vec<Edit>)]) -> Result<String, (Option<usize>, String)> {
        let mut text = self.text.to_owned();
        if edits.is_empty() {
            return Ok(text);
        }
        let rounds = edits.iter().map(|(_, edits)| edits.len()).max().unwrap_or(0);
        // An edit may need what the one before it made, so that each round reads the text anew.
        for round in 0..rounds {
            let documents = tree::parse(&text).map_err(|why| (None, why))?;
            let mut cuts: Vec<(Cut, usize)> = Vec::new();
            for (at, (place, edits)) in edits.iter().enumerate() {
                let Some(edit) = edits.get(round) else { continue };
                let object = object(&documents, *place).ok_or((Some(at), "it is not found again".to_owned()))?;
                let made = match &edit.change {
                    Change::Put(value) => put::put(&text, object, &edit.path, value, &documents),
                    Change::Take => take::take(&text, object, &edit.path),
                    Change::Replace(value) => {
                        let node = replace::find(object, &edit.path).map_err(|why| (Some(at), why))?;
                        replace::replace(&text, node, value, &documents).map(|cut| vec![cut])
                    }
                };
                cuts.extend(made.map_err(|why| (Some(at), why))?.into_iter().map(|cut| (cut, at)));
            }
            cuts.sort_by_key(|(cut, _)| cut.start);
            if let Some(pair) = cuts.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
                return Err((Some(pair[1].1), "another edit wants something else there".to_owned()));
            }
            for (cut, _) in cuts.iter().rev() {
                text.replace_range(cut.start..cut.end, &cut.text);
            }
        }
        let (before, _) = self.documents.as_ref().ok_or((None, "it cannot be read".to_owned()))?;
        prove::prove(before, &text, edits).map_err(|why| (None, why))?;
        Ok(text)
    }
}

fn object(documents: &[Node], place: Place) -> Option<&Node> {
    let document = documents.get(place.document)?;
    match place.item {
        None => Some(document),
        Some(item) => document.entry("items")?.value.item(item),
    }
}
