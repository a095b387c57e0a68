//! Sets of field paths, as `managedFields` records them (FieldsV1), and how values are turned into them.

use super::topology::{List, Topology, key_default};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A tree of path elements in FieldsV1 spelling: `f:name`, `k:{"name":"x"}`, `v:"x"`. `own` marks the node itself as a member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSet {
    pub own: bool,
    pub children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    fn leaf() -> Self {
        FieldSet { own: true, children: BTreeMap::new() }
    }

    pub fn is_empty(&self) -> bool {
        !self.own && self.children.is_empty()
    }

    pub fn union(&mut self, other: &FieldSet) {
        self.own |= other.own;
        for (key, child) in &other.children {
            self.children.entry(key.clone()).or_default().union(child);
        }
    }

    pub fn without(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |mine, theirs| mine && !theirs)
    }

    pub fn intersection(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |mine, theirs| mine && theirs)
    }

    fn combine(&self, other: &FieldSet, keep: fn(bool, bool) -> bool) -> FieldSet {
        let none = FieldSet::default();
        let child = |(key, mine): (&String, &FieldSet)| {
            let combined = mine.combine(other.children.get(key).unwrap_or(&none), keep);
            (!combined.is_empty()).then(|| (key.clone(), combined))
        };
        FieldSet { own: keep(self.own, other.own), children: self.children.iter().filter_map(child).collect() }
    }

    pub fn to_json(&self) -> Value {
        let mut map: Map<String, Value> = self.children.iter().map(|(key, child)| (key.clone(), child.to_json())).collect();
        if self.own && !map.is_empty() {
            map.insert(".".into(), json!({}));
        }
        Value::Object(map)
    }

    /// The root is never a member; a node without children is.
    pub fn from_json(value: &Value) -> FieldSet {
        let mut set = FieldSet::node(value);
        set.own = false;
        set
    }

    fn node(value: &Value) -> FieldSet {
        let Some(map) = value.as_object() else { return FieldSet::leaf() };
        let children: BTreeMap<_, _> = map.iter().filter(|(k, _)| *k != ".").map(|(k, v)| (k.clone(), FieldSet::node(v))).collect();
        FieldSet { own: map.contains_key(".") || children.is_empty(), children }
    }

    /// The members as the real server prints paths: `.spec.containers[name="web"].image`.
    pub fn paths(&self) -> Vec<String> {
        let mut all = Vec::new();
        self.collect("", &mut all);
        all
    }

    fn collect(&self, at: &str, all: &mut Vec<String>) {
        if self.own && !at.is_empty() {
            all.push(at.to_owned());
        }
        for (key, child) in &self.children {
            child.collect(&format!("{at}{}", spell(key)), all);
        }
    }

    /// Everything a manifest states: what server-side apply makes its manager own.
    pub fn of(value: &Value, topology: &Topology<'_>) -> FieldSet {
        let mut set = walk(&strip(value), topology, &mut Vec::new(), false);
        set.own = false;
        set
    }
}

fn spell(element: &str) -> String {
    if let Some(name) = element.strip_prefix("f:") {
        return format!(".{name}");
    }
    if let Some(value) = element.strip_prefix("v:") {
        return format!("[={value}]");
    }
    let keys: Map<String, Value> = element.strip_prefix("k:").and_then(|k| serde_json::from_str(k).ok()).unwrap_or_default();
    let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", keys.join(","))
}

/// `value` without the fields nobody owns.
pub fn strip(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(root) = value.as_object_mut() {
        root.remove("apiVersion");
        root.remove("kind");
        if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
            const NOBODYS: &[&str] = &[
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "generation",
                "managedFields",
                "resourceVersion",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generateName",
            ];
            metadata.retain(|key, _| !NOBODYS.contains(&key.as_str()));
            if metadata.is_empty() {
                root.remove("metadata");
            }
        }
    }
    value
}

/// The FieldsV1 spelling of an item of a keyed list.
pub fn item_key(item: &Value, keys: &[String]) -> String {
    let map: Map<String, Value> = keys.iter().filter_map(|k| Some((k.clone(), item.get(k).cloned().or_else(|| key_default(k))?))).collect();
    format!("k:{}", Value::Object(map))
}

/// `containers`: whether the maps on the way are members as well, as they are when an update has added them.
fn walk(value: &Value, topology: &Topology<'_>, path: &mut Vec<String>, containers: bool) -> FieldSet {
    let mut set = FieldSet::default();
    match value {
        Value::Object(map) if !map.is_empty() && !topology.atomic_map(path) => {
            for (key, inner) in map {
                path.push(key.clone());
                let child = walk(inner, topology, path, containers);
                path.pop();
                set.children.insert(format!("f:{key}"), child);
            }
            set.own =
                containers && path.last().is_some_and(|last| matches!(last.as_str(), "labels" | "annotations" | "data" | "limits" | "requests"));
        }
        Value::Array(items) if !items.is_empty() => match topology.list(path) {
            List::Keyed(keys) => {
                for item in items {
                    let child = set.children.entry(item_key(item, &keys)).or_default();
                    *child = walk(item, topology, path, containers);
                    child.own = true;
                }
            }
            List::Set => set.children.extend(items.iter().map(|item| (format!("v:{item}"), FieldSet::leaf()))),
            List::Atomic => set.own = true,
        },
        _ => set.own = true,
    }
    set
}

/// What an update changed (or added), and what it removed.
pub fn compare(old: &Value, new: &Value, topology: &Topology<'_>) -> (FieldSet, FieldSet) {
    let mut found = Difference { topology, path: Vec::new() };
    let (mut changed, mut removed) = found.pair(Some(&strip(old)), Some(&strip(new)));
    (changed.own, removed.own) = (false, false);
    (changed, removed)
}

struct Difference<'a> {
    topology: &'a Topology<'a>,
    path: Vec<String>,
}

impl Difference<'_> {
    fn pair(&mut self, old: Option<&Value>, new: Option<&Value>) -> (FieldSet, FieldSet) {
        let mut changed = FieldSet::default();
        let mut removed = FieldSet::default();
        match (old, new) {
            (Some(old), Some(new)) if old == new => {}
            (None, Some(new)) => changed = walk(new, self.topology, &mut self.path, true),
            (Some(old), None) => {
                removed = walk(old, self.topology, &mut self.path, true);
                removed.own = true;
            }
            (Some(Value::Object(old)), Some(Value::Object(new))) if !self.topology.atomic_map(&self.path) => {
                for key in old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))) {
                    self.path.push(key.clone());
                    let (c, r) = self.pair(old.get(key), new.get(key));
                    self.path.pop();
                    insert(&mut changed, format!("f:{key}"), c);
                    insert(&mut removed, format!("f:{key}"), r);
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => match self.topology.list(&self.path) {
                List::Keyed(keys) => {
                    let index = |items: &[Value]| items.iter().map(|i| (item_key(i, &keys), i.clone())).collect::<BTreeMap<_, _>>();
                    let (old, new) = (index(old), index(new));
                    for key in old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))) {
                        let (mut c, r) = self.pair(old.get(key), new.get(key));
                        c.own |= !old.contains_key(key);
                        insert(&mut changed, key.clone(), c);
                        insert(&mut removed, key.clone(), r);
                    }
                }
                List::Set => {
                    let leaves = |from: &[Value], not: &[Value]| {
                        from.iter().filter(|v| !not.contains(v)).map(|v| (format!("v:{v}"), FieldSet::leaf())).collect()
                    };
                    changed.children = leaves(new, old);
                    removed.children = leaves(old, new);
                }
                List::Atomic => changed.own = true,
            },
            _ => changed.own = true,
        }
        (changed, removed)
    }
}

fn insert(set: &mut FieldSet, key: String, child: FieldSet) {
    if !child.is_empty() {
        set.children.insert(key, child);
    }
}
