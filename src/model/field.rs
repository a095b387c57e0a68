//! A cursor into a custom resource that knows its own path, so that every finding can name the exact field.

use serde_json::Value;

use super::path::{Path, Seg};

/// A value and where it stands; reading through a missing or wrongly typed field yields nothing, never an error.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    value: &'a Value,
    path: Path<'a>,
}

impl<'a> Field<'a> {
    /// The root of an object.
    pub fn root(value: &'a Value) -> Self {
        Self { value, path: Path::default() }
    }

    /// A top-level field that is not there: reading it yields nothing, and its path is right.
    pub fn absent(name: &'a str) -> Self {
        const NOTHING: &Value = &Value::Null;
        Self { value: NOTHING, path: Path::default().with(Seg::Key(name)) }
    }

    /// The field `name`, unless it is absent or null.
    pub fn get(&self, name: &'a str) -> Option<Field<'a>> {
        let value = self.value.get(name).filter(|v| !v.is_null())?;
        Some(Self { value, path: self.path.with(Seg::Key(name)) })
    }

    /// The field at the end of several steps.
    pub fn at<const N: usize>(&self, names: [&'a str; N]) -> Option<Field<'a>> {
        names.into_iter().try_fold(self.clone(), |field, name| field.get(name))
    }

    /// The items of the list `name`; nothing when it is absent or no list.
    pub fn list(&self, name: &'a str) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.get(name).into_iter().flat_map(|list| list.items())
    }

    /// The items, when this is a list; null items are kept, so that indexes stay true.
    pub fn items(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let path = self.path.clone();
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(move |(i, value)| Self { value, path: path.with(Seg::Index(i)) })
    }

    /// The entries, when this is a map.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        let path = self.path.clone();
        self.value.as_object().into_iter().flatten().map(move |(key, value)| (key.as_str(), Self { value, path: path.with(Seg::Key(key)) }))
    }

    /// The text, when this is one.
    pub fn str(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// The text of field `name`; empty when it is absent or no text.
    pub fn text(&self, name: &'a str) -> &'a str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts of the list `name` with their places.
    pub fn texts(&self, name: &'a str) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        self.list(name).filter_map(|item| Some((item.str()?, item)))
    }

    /// The whole number, also when it is written as text or as `80.0`.
    pub fn int(&self) -> Option<i64> {
        match self.value {
            Value::Number(n) => n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64)),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The number, also when it is written as text.
    pub fn number(&self) -> Option<f64> {
        self.value.as_f64().or_else(|| self.value.as_str()?.parse().ok())
    }

    /// The truth value, when this is one.
    pub fn bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Where it stands.
    pub fn path(&self) -> String {
        self.path.to_string()
    }

    /// Where the field `name` of it stands or would stand.
    pub fn path_of(&self, name: &'a str) -> String {
        self.path.with(Seg::Key(name)).to_string()
    }

    /// Whether it is an empty map, list or text.
    pub fn is_empty(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
            _ => false,
        }
    }
}
