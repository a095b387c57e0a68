//! Bodies of objects: JSON in two allocations.
//!
//! A map of maps puts every field somewhere else in memory, and rules that walk thousands of objects then wait for memory most of the time.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Number, Value};

use super::{Field, Path, Seg};

/// A document that is only read, to be walked with [`Field`]. Keys of maps are sorted.
#[derive(Clone, PartialEq)]
pub struct Json {
    /// Every value before those inside it.
    nodes: Box<[Node]>,
    /// Keys and texts, in the order of the nodes.
    text: Box<str>,
    /// Where `spec` stands at the top, where nearly every question begins; 0 when there is none.
    spec: u32,
}

#[derive(Clone, PartialEq)]
struct Node {
    /// In a map, its key; in a list, its position stands in `start`.
    key: Slice,
    /// The list or map that it is in; its own place for the root.
    parent: u32,
    /// The first node that is not inside it.
    end: u32,
    leaf: Leaf,
}

#[derive(Clone, PartialEq)]
enum Leaf {
    Null,
    Bool(bool),
    Number(Number),
    Text(Slice),
    List,
    Map,
}

/// A part of a document's text.
#[derive(Clone, Copy, PartialEq, Default)]
struct Slice {
    start: u32,
    len: u32,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data<'a> {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(&'a Number),
    /// Text.
    Text(&'a str),
    /// A list.
    List,
    /// A map.
    Map,
}

impl Json {
    /// The whole document.
    pub fn root(&self) -> Field<'_> {
        Field::new(self, 0)
    }

    /// The field `spec` at the top, unless it is absent or null.
    pub(super) fn spec(&self) -> Option<Field<'_>> {
        (self.spec != 0).then(|| Field::new(self, self.spec))
    }

    pub(super) fn data(&self, at: u32) -> Data<'_> {
        match &self.node(at).leaf {
            Leaf::Null => Data::Null,
            Leaf::Bool(value) => Data::Bool(*value),
            Leaf::Number(number) => Data::Number(number),
            Leaf::Text(text) => Data::Text(self.slice(*text)),
            Leaf::List => Data::List,
            Leaf::Map => Data::Map,
        }
    }

    /// What is directly inside a list or map.
    pub(super) fn children(&self, at: u32) -> impl Iterator<Item = u32> + use<'_> {
        let (mut next, end) = (at + 1, self.node(at).end);
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.node(child).end;
                child
            })
        })
    }

    /// The key of what is in a map.
    pub(super) fn key(&self, at: u32) -> &str {
        self.slice(self.node(at).key)
    }

    /// What stands under a key, if this is a map.
    pub(super) fn entry(&self, at: u32, key: &str) -> Option<u32> {
        if self.data(at) != Data::Map {
            return None;
        }
        self.children(at).find(|child| self.key(*child) == key)
    }

    pub(super) fn path(&self, mut at: u32) -> Path<'_> {
        let mut steps = Vec::new();
        while at != 0 {
            let node = self.node(at);
            let listed = matches!(self.node(node.parent).leaf, Leaf::List);
            steps.push(if listed { Seg::Index(node.key.start as usize) } else { Seg::Key(self.slice(node.key)) });
            at = node.parent;
        }
        steps.into_iter().rev().collect()
    }

    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    fn slice(&self, slice: Slice) -> &str {
        &self.text[slice.start as usize..][..slice.len as usize]
    }
}

/// A document under construction. Positions are 32 bits wide: four billion values or bytes of text are far beyond what one document may weigh.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    text: String,
}

impl Builder {
    fn add(&mut self, parent: u32, key: Slice, value: &Value) {
        let at = self.nodes.len();
        let leaf = match value {
            Value::Null => Leaf::Null,
            Value::Bool(value) => Leaf::Bool(*value),
            Value::Number(number) => Leaf::Number(number.clone()),
            Value::String(text) => Leaf::Text(self.write(text)),
            Value::Array(_) => Leaf::List,
            Value::Object(_) => Leaf::Map,
        };
        self.nodes.push(Node { key, parent, end: 0, leaf });
        match value {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.add(at as u32, Slice { start: i as u32, len: 0 }, item);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    let key = self.write(name);
                    self.add(at as u32, key, field);
                }
            }
            _ => {}
        }
        self.nodes[at].end = self.nodes.len() as u32;
    }

    fn write(&mut self, text: &str) -> Slice {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Slice { start, len: text.len() as u32 }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        let mut builder = Builder::default();
        builder.add(0, Slice::default(), value);
        let mut json = Self { nodes: builder.nodes.into(), text: builder.text.into(), spec: 0 };
        json.spec = json.entry(0, "spec").filter(|at| json.data(*at) != Data::Null).unwrap_or_default();
        json
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::from(Value::Null)
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.root(), f)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.data() {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(value),
            Data::Number(number) => number.serialize(serializer),
            Data::Text(text) => serializer.serialize_str(text),
            Data::List => {
                let mut list = serializer.serialize_seq(None)?;
                self.items().try_for_each(|item| list.serialize_element(&item))?;
                list.end()
            }
            Data::Map => {
                let mut map = serializer.serialize_map(None)?;
                self.entries().try_for_each(|(key, field)| map.serialize_entry(key, &field))?;
                map.end()
            }
        }
    }
}

/// A part of a document fills a struct without being written out first.
impl<'de> Deserializer<'de> for Field<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.data() {
            Data::Null => visitor.visit_unit(),
            Data::Bool(value) => visitor.visit_bool(value),
            Data::Number(number) => number.deserialize_any(visitor),
            Data::Text(text) => visitor.visit_borrowed_str(text),
            Data::List => visitor.visit_seq(de::value::SeqDeserializer::new(self.items())),
            Data::Map => visitor.visit_map(de::value::MapDeserializer::new(self.entries())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple tuple_struct
        map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Field<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::LabelSelector;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-c./é]{0,3}", inner, 0..6).prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    /// Every field under `field`, against the value that it was made of.
    fn agree(field: Field<'_>, value: &Value, path: &str) {
        assert_eq!(field.path(), path);
        assert_eq!(field.str(), value.as_str());
        assert_eq!(field.items().count(), value.as_array().map_or(0, Vec::len));
        assert_eq!(field.entries().count(), value.as_object().map_or(0, serde_json::Map::len));
        for (i, (item, expected)) in field.items().zip(value.as_array().into_iter().flatten()).enumerate() {
            agree(item, expected, &format!("{path}[{i}]"));
        }
        for (key, expected) in value.as_object().into_iter().flatten() {
            let found = field.entries().find(|(name, _)| name == key).unwrap().1;
            agree(found, expected, &field.path_of(key));
            assert_eq!(field.get(key).map(|f| f.to_value()), (!expected.is_null()).then(|| expected.clone()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn nothing_is_lost_and_every_field_is_where_it_was(value in any_value()) {
            let json = Json::from(&value);
            prop_assert_eq!(&json.root().to_value(), &value);
            prop_assert_eq!(json.root().to_string(), value.to_string());
            agree(json.root(), &value, "");
        }
    }

    #[test]
    fn spec_is_found_unless_it_says_nothing() {
        let path = |value| Json::from(value).spec().map(|f| f.path());
        assert_eq!(path(json!({"data": {"spec": 1}, "spec": {"a": 1}})).as_deref(), Some("spec"));
        assert_eq!([path(json!({"spec": null})), path(json!({"data": {"spec": 1}})), path(json!([]))], [None, None, None]);
    }

    #[test]
    fn a_part_fills_a_struct() {
        let json = Json::from(json!({"selector": {"matchLabels": {"version": 1}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}}));
        let selector = LabelSelector::read(json.root().get("selector").unwrap()).unwrap();
        assert!(selector.matches(&[("version", "1"), ("a", "")].into_iter().collect()));
        assert_eq!(LabelSelector::read(json.root().at(["selector", "matchLabels", "version"]).unwrap()), None);
    }
}
