//! A cursor into a custom resource that knows its own path, so that every finding can name the exact field.

use std::fmt;
use std::sync::LazyLock;

use serde::de::Deserialize;
use serde_json::Value;

use super::{Data, Json, Seg};

/// A value and where it stands; reading through a missing or wrongly typed field yields nothing, never an error.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    json: &'a Json,
    at: u32,
}

impl<'a> Field<'a> {
    pub(super) fn new(json: &'a Json, at: u32) -> Self {
        Self { json, at }
    }

    /// The `spec` of an object that has none: reading it yields nothing, and its path is right.
    pub fn no_spec() -> Self {
        static NO_SPEC: LazyLock<Json> = LazyLock::new(|| Json::from(serde_json::json!({"spec": null})));
        Self { json: &NO_SPEC, at: 1 }
    }

    /// The field `name`, unless it is absent or null.
    pub fn get(&self, name: &str) -> Option<Field<'a>> {
        self.entry(name).filter(|field| !field.is_null())
    }

    /// The field `name`, null or not.
    pub fn entry(&self, name: &str) -> Option<Field<'a>> {
        self.json.entry(self.at, name).map(|at| Self { json: self.json, at })
    }

    /// The field at the end of several steps.
    pub fn at<const N: usize>(&self, names: [&str; N]) -> Option<Field<'a>> {
        names.into_iter().try_fold(*self, |field, name| field.get(name))
    }

    /// The items of the list `name`; nothing when it is absent or no list.
    pub fn list(&self, name: &str) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.get(name).into_iter().flat_map(|list| list.items())
    }

    /// The items, when this is a list; null items are kept, so that indexes stay true.
    pub fn items(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let Self { json, at } = *self;
        let list = self.is_list().then(|| json.children(at));
        list.into_iter().flatten().map(move |at| Self { json, at })
    }

    /// The entries, when this is a map.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        let Self { json, at } = *self;
        let map = self.is_map().then(|| json.children(at));
        map.into_iter().flatten().map(move |at| (json.key(at), Self { json, at }))
    }

    /// What stands here.
    pub fn data(&self) -> Data<'a> {
        self.json.data(self.at)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.data() == Data::Null
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        self.data() == Data::List
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        self.data() == Data::Map
    }

    /// The text, when this is one.
    pub fn str(&self) -> Option<&'a str> {
        match self.data() {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of field `name`; empty when it is absent or no text.
    pub fn text(&self, name: &str) -> &'a str {
        self.entry(name).and_then(|field| field.str()).unwrap_or_default()
    }

    /// The texts of the list `name` with their places.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        self.list(name).filter_map(|item| Some((item.str()?, item)))
    }

    /// The whole number, also when it is written as text or as `80.0`.
    pub fn int(&self) -> Option<i64> {
        match self.data() {
            Data::Number(n) => n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64)),
            Data::Text(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The number, also when it is written as text.
    pub fn number(&self) -> Option<f64> {
        match self.data() {
            Data::Number(n) => n.as_f64(),
            Data::Text(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The truth value, when this is one.
    pub fn bool(&self) -> Option<bool> {
        match self.data() {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A copy that can be changed.
    pub fn to_value(&self) -> Value {
        Value::deserialize(*self).unwrap_or_default()
    }

    /// Where it stands.
    pub fn path(&self) -> String {
        self.json.path(self.at).to_string()
    }

    /// Where the field `name` of it stands or would stand.
    pub fn path_of(&self, name: &str) -> String {
        self.json.path(self.at).with(Seg::Key(name)).to_string()
    }

    /// Whether it is an empty map, list or text.
    pub fn is_empty(&self) -> bool {
        match self.data() {
            Data::Null => true,
            Data::Text(text) => text.is_empty(),
            Data::List | Data::Map => self.json.children(self.at).next().is_none(),
            Data::Bool(_) | Data::Number(_) => false,
        }
    }
}

/// As JSON.
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap_or_default())
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.path())
    }
}
