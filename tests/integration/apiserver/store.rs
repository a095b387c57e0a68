//! The objects, their one counter of resource versions and the log of changes that watches and old list pages are answered from.

use super::resources::{self, Resource};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub type Objects = BTreeMap<String, Arc<Value>>;

/// One change: `old` is none for a create, `new` for a delete.
pub struct Change {
    pub version: u64,
    pub group: String,
    pub plural: String,
    pub key: String,
    pub old: Option<Arc<Value>>,
    pub new: Option<Arc<Value>>,
}

pub struct Store {
    built_in: Vec<Resource>,
    custom: Vec<Resource>,
    objects: HashMap<(String, String), Objects>,
    changes: Vec<Change>,
    version: u64,
    compacted: u64,
    issued: u64,
    /// What controllers, kubelets and injectors do, once they work.
    pub behaviour: Option<super::machinery::Behaviour>,
}

impl Default for Store {
    fn default() -> Self {
        // A fresh cluster's counter is never at zero; neither is this one, so that "0" stays a word of its own.
        Store {
            built_in: resources::built_in(),
            custom: Vec::new(),
            objects: HashMap::new(),
            changes: Vec::new(),
            version: 100,
            compacted: 0,
            issued: 0,
            behaviour: None,
        }
    }
}

/// The key etcd would order by.
pub fn key(namespace: Option<&str>, name: &str) -> String {
    namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

pub fn key_of(object: &Value) -> String {
    key(object["metadata"]["namespace"].as_str(), object["metadata"]["name"].as_str().unwrap_or_default())
}

impl Store {
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Forgets every change up to now: older list pages and watches then get 410.
    pub fn compact(&mut self) {
        self.compacted = self.version;
        self.changes.clear();
    }

    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.built_in.iter().chain(&self.custom)
    }

    /// The resource if this version of it is served.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Resource> {
        self.resources().find(|r| r.is(group, plural) && r.serves(version))
    }

    pub fn kind(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.resources().find(|r| r.group == group && r.kind == kind)
    }

    pub fn get(&self, group: &str, plural: &str, key: &str) -> Option<&Arc<Value>> {
        self.objects.get(&(group.to_owned(), plural.to_owned()))?.get(key)
    }

    pub fn all(&self, group: &str, plural: &str) -> impl Iterator<Item = &Arc<Value>> {
        self.objects.get(&(group.to_owned(), plural.to_owned())).into_iter().flat_map(BTreeMap::values)
    }

    /// The objects as they were at `version`: the present ones with every later change undone.
    pub fn at(&self, group: &str, plural: &str, version: u64) -> Objects {
        let mut objects = self.objects.get(&(group.to_owned(), plural.to_owned())).cloned().unwrap_or_default();
        for change in self.changes.iter().rev().take_while(|c| c.version > version).filter(|c| c.group == group && c.plural == plural) {
            match &change.old {
                Some(old) => objects.insert(change.key.clone(), old.clone()),
                None => objects.remove(&change.key),
            };
        }
        objects
    }

    pub fn since(&self, group: &str, plural: &str, version: u64) -> impl Iterator<Item = &Change> {
        let from = self.changes.partition_point(|c| c.version <= version);
        self.changes[from..].iter().filter(move |c| c.group == group && c.plural == plural)
    }

    /// Stores `object` under a new resource version, which it carries afterwards.
    pub fn put(&mut self, group: &str, plural: &str, mut object: Value) -> Arc<Value> {
        self.version += 1;
        if object["metadata"].is_object() {
            object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        }
        let key = key_of(&object);
        let object = Arc::new(object);
        let old = self.objects.entry((group.to_owned(), plural.to_owned())).or_default().insert(key.clone(), object.clone());
        self.note(group, plural, key, old, Some(object.clone()));
        object
    }

    pub fn remove(&mut self, group: &str, plural: &str, key: &str) -> Option<Arc<Value>> {
        let old = self.objects.get_mut(&(group.to_owned(), plural.to_owned()))?.remove(key)?;
        self.version += 1;
        self.note(group, plural, key.to_owned(), Some(old.clone()), None);
        if plural == "customresourcedefinitions" {
            let spec = &old["spec"];
            let gone = (spec["group"].as_str().unwrap_or_default().to_owned(), spec["names"]["plural"].as_str().unwrap_or_default().to_owned());
            self.objects.remove(&gone);
        }
        Some(old)
    }

    fn note(&mut self, group: &str, plural: &str, key: String, old: Option<Arc<Value>>, new: Option<Arc<Value>>) {
        self.changes.push(Change { version: self.version, group: group.into(), plural: plural.into(), key, old, new });
        if plural == "customresourcedefinitions" {
            self.custom = self.all(group, plural).filter_map(|d| resources::of_definition(d)).collect();
        }
    }

    /// Every object that names `uid` as an owner, with its resource.
    pub fn dependents(&self, uid: &Value) -> Vec<(String, String, Arc<Value>)> {
        let owned = |object: &Value| object["metadata"]["ownerReferences"].as_array().is_some_and(|refs| refs.iter().any(|r| r["uid"] == *uid));
        let rows = self.objects.iter().flat_map(|((group, plural), objects)| objects.values().map(move |o| (group, plural, o)));
        rows.filter(|(.., o)| owned(o)).map(|(g, p, o)| (g.clone(), p.clone(), o.clone())).collect()
    }

    /// Everything in a namespace.
    pub fn in_namespace(&self, namespace: &str) -> Vec<(String, String, Arc<Value>)> {
        let rows = self.objects.iter().flat_map(|((group, plural), objects)| objects.values().map(move |o| (group, plural, o)));
        rows.filter(|(.., o)| o["metadata"]["namespace"] == namespace).map(|(g, p, o)| (g.clone(), p.clone(), o.clone())).collect()
    }

    fn issue(&mut self) -> u64 {
        self.issued += 1;
        self.issued
    }

    pub fn uid(&mut self) -> String {
        let n = self.issue();
        format!("{:08x}-5eed-4000-8000-{n:012x}", n.wrapping_mul(0x9e37_79b9) & 0xffff_ffff)
    }

    /// The five characters that `generateName` ends in.
    pub fn suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut n = self.issue().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let mut next = || {
            let letter = LETTERS[(n % LETTERS.len() as u64) as usize];
            n /= LETTERS.len() as u64;
            char::from(letter)
        };
        (0..5).map(|_| next()).collect()
    }

    /// An address for a Service, as the allocator would give.
    pub fn cluster_ip(&mut self) -> String {
        let n = self.issue();
        format!("10.96.{}.{}", (n >> 8) & 0xff, n & 0xff)
    }
}
