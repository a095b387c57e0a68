//! What is sent for the changes of a step, and for taking them back: each as small as it can be, with its preconditions.

use serde_json::{Map, Value, json};

use super::{Change, Seg, Target};

/// How an object stands to a change.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// As it was when the plan was made.
    Before,
    /// As the plan wants it.
    After,
    /// Somebody else has changed it.
    Other(Option<Value>),
}

/// The value at a path.
pub fn find<'v>(object: &'v Value, path: &[Seg]) -> Option<&'v Value> {
    path.iter().try_fold(object, |at, seg| match seg {
        Seg::Key(key) => at.get(key),
        Seg::Port { port, protocol } => at.as_array()?.iter().find(|item| is_port(item, *port, protocol)),
    })
}

fn is_port(item: &Value, port: i64, protocol: &str) -> bool {
    item["port"].as_i64() == Some(port) && item["protocol"].as_str().unwrap_or("TCP") == protocol
}

/// A change of an object as it stands.
pub fn change(object: &Value, path: Vec<Seg>, after: Option<Value>) -> Change {
    let there = (0..=path.len()).rev().find(|n| find(object, &path[..*n]).is_some_and(|value| !value.is_null())).unwrap_or(0);
    let before = find(object, &path).filter(|value| !value.is_null()).cloned();
    Change { managers: super::managers(object, &path), before, after, there, path }
}

/// How far a change is.
pub fn state(object: &Value, change: &Change) -> State {
    let now = find(object, &change.path).filter(|value| !value.is_null());
    if now == change.after.as_ref() {
        State::After
    } else if now == change.before.as_ref() {
        State::Before
    } else {
        State::Other(now.cloned())
    }
}

/// Whether server-side apply is to make the changes. A second one by the same manager would take away what the first one said and this one does not.
pub fn by_apply(live: &Value, changes: &[Change]) -> bool {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    only_adds(changes) && !entries.into_iter().any(|entry| entry["manager"] == super::MANAGER && entry["operation"] == "Apply")
}

/// Whether server-side apply can make the changes: it adds fields, and neither takes away nor overwrites what others wrote.
fn only_adds(changes: &[Change]) -> bool {
    changes.iter().all(|change| change.after.is_some() && (change.before.is_none() || change.before == change.after))
}

/// The body of a server-side apply: our fields and nothing else.
pub fn apply_body(target: &Target, changes: &[Change]) -> Value {
    let mut body = json!({"apiVersion": target.api_version, "kind": target.kind, "metadata": {"name": target.name}});
    if !target.namespace.is_empty() {
        body["metadata"]["namespace"] = json!(target.namespace);
    }
    if !target.uid.is_empty() {
        // Another object of the same name is none of ours.
        body["metadata"]["uid"] = json!(target.uid);
    }
    for change in changes {
        if let Some(after) = &change.after {
            put(&mut body, &change.path, after.clone());
        }
    }
    body
}

/// Puts a value at a path, of which everything is made that is not there.
pub fn put(body: &mut Value, path: &[Seg], value: Value) {
    let mut at = body;
    for seg in path {
        at = match seg {
            Seg::Key(key) => {
                if !at.is_object() {
                    *at = Value::Object(Map::new());
                }
                &mut at[key.as_str()]
            }
            Seg::Port { port, protocol } => {
                if !at.is_array() {
                    *at = json!([]);
                }
                let Some(items) = at.as_array_mut() else { return };
                let position = items.iter().position(|item| is_port(item, *port, protocol)).unwrap_or_else(|| {
                    items.push(json!({"port": port, "protocol": protocol}));
                    items.len() - 1
                });
                &mut items[position]
            }
        };
    }
    *at = value;
}

/// The JSON patch that makes those of the changes that are not made yet; every value is tested before it is touched.
pub fn forward(live: &Value, changes: &[Change]) -> Vec<Value> {
    let wanted = changes.iter().filter(|change| state(live, change) == State::Before);
    let mut patch = Patch::of(live);
    wanted.for_each(|change| patch.turn(change, change.before.as_ref(), change.after.as_ref()));
    patch.operations()
}

/// The JSON patch that takes back those of the changes that are made and that nobody has changed since.
pub fn backward(live: &Value, changes: &[Change]) -> Vec<Value> {
    let made = changes.iter().rev().filter(|change| change.before != change.after && state(live, change) == State::After);
    let mut patch = Patch::of(live);
    made.for_each(|change| patch.turn(change, change.after.as_ref(), change.before.as_ref()));
    patch.operations()
}

/// Operations, and the object as it is after them.
struct Patch {
    object: Value,
    done: Vec<Value>,
    uid: Value,
}

impl Patch {
    fn of(live: &Value) -> Self {
        Self { object: live.clone(), done: Vec::new(), uid: live["metadata"]["uid"].clone() }
    }

    fn operations(self) -> Vec<Value> {
        if self.done.is_empty() || self.uid.is_null() {
            return self.done;
        }
        let uid = json!({"op": "test", "path": "/metadata/uid", "value": self.uid});
        [uid].into_iter().chain(self.done).collect()
    }

    fn turn(&mut self, change: &Change, from: Option<&Value>, to: Option<&Value>) {
        let path = &change.path;
        if let (Some(from), Some(at)) = (from, pointer(&self.object, path)) {
            self.done.push(json!({"op": "test", "path": at, "value": from}));
        }
        match to {
            Some(to) => {
                self.make_parents(path);
                let Some(at) = pointer(&self.object, path) else { return };
                let op = if from.is_some() { "replace" } else { "add" };
                self.done.push(json!({"op": op, "path": at, "value": to}));
                put(&mut self.object, path, to.clone());
            }
            None => {
                self.remove(path);
                // What was made for it goes with the last thing in it.
                for depth in (change.there + 1..path.len()).rev() {
                    let empty = find(&self.object, &path[..depth]).is_some_and(|value| value.as_object().is_some_and(Map::is_empty));
                    if !empty {
                        break;
                    }
                    self.remove(&path[..depth]);
                }
            }
        }
    }

    fn remove(&mut self, path: &[Seg]) {
        let (Some(at), Some((Seg::Key(last), above))) = (pointer(&self.object, path), path.split_last()) else { return };
        self.done.push(json!({"op": "remove", "path": at}));
        if let Some(map) = find_mut(&mut self.object, above).and_then(Value::as_object_mut) {
            map.remove(last);
        }
    }

    fn make_parents(&mut self, path: &[Seg]) {
        for depth in 1..path.len() {
            if find(&self.object, &path[..depth]).is_none_or(Value::is_null)
                && let Some(at) = pointer(&self.object, &path[..depth])
            {
                self.done.push(json!({"op": "add", "path": at, "value": {}}));
                put(&mut self.object, &path[..depth], json!({}));
            }
        }
    }
}

fn find_mut<'v>(object: &'v mut Value, path: &[Seg]) -> Option<&'v mut Value> {
    path.iter().try_fold(object, |at, seg| match seg {
        Seg::Key(key) => at.get_mut(key),
        Seg::Port { port, protocol } => at.as_array_mut()?.iter_mut().find(|item| is_port(item, *port, protocol)),
    })
}

/// A path as JSON patch writes it; nothing where a list has no such item.
fn pointer(object: &Value, path: &[Seg]) -> Option<String> {
    let (mut text, mut at) = (String::new(), Some(object));
    for seg in path {
        match seg {
            Seg::Key(key) => {
                text.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
                at = at.and_then(|at| at.get(key));
            }
            Seg::Port { port, protocol } => {
                let position = at?.as_array()?.iter().position(|item| is_port(item, *port, protocol))?;
                text.push_str(&format!("/{position}"));
                at = at.and_then(|at| at.get(position));
            }
        }
    }
    Some(text)
}

/// A path of keys.
pub fn keys(words: &[&str]) -> Vec<Seg> {
    words.iter().map(|word| Seg::Key((*word).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{State, apply_body, backward, by_apply, change, forward, keys, only_adds, state};
    use crate::plan::{Change, Seg, Target};

    /// A small JSON patch, as a server applies it.
    fn patched(mut object: Value, operations: &[Value]) -> Result<Value, String> {
        for operation in operations {
            let path = operation["path"].as_str().unwrap();
            let (above, last) = path.rsplit_once('/').unwrap();
            let last = last.replace("~1", "/").replace("~0", "~");
            match operation["op"].as_str().unwrap() {
                "test" if object.pointer(path) == Some(&operation["value"]) => {}
                "test" => return Err(format!("{path} is {:?}", object.pointer(path))),
                "remove" => {
                    object.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(&last).unwrap();
                }
                _ => object.pointer_mut(above).unwrap()[&last] = operation["value"].clone(),
            }
        }
        Ok(object)
    }

    fn label(object: &Value, value: Option<&str>) -> Change {
        change(object, keys(&["spec", "template", "metadata", "labels", "a/b"]), value.map(Value::from))
    }

    #[test]
    fn what_is_taken_back_leaves_the_object_as_it_was() {
        for template in [
            json!({}),
            json!({"metadata": {}}),
            json!({"metadata": {"labels": {}}}),
            json!({"metadata": {"labels": {"x": "y"}, "name": "n"}}),
            json!({"metadata": {"labels": {"a/b": "old"}}}),
        ] {
            let before = json!({"metadata": {"uid": "1"}, "spec": {"template": template}});
            let second = change(&before, keys(&["spec", "template", "metadata", "labels", "c"]), Some(json!("2")));
            let changes = [label(&before, Some("true")), second];
            let after = patched(before.clone(), &forward(&before, &changes)).unwrap();
            assert!(changes.iter().all(|change| state(&after, change) == State::After), "{after}");
            assert_eq!(patched(after.clone(), &backward(&after, &changes)).unwrap(), before);
            assert_eq!((backward(&before, &changes).len(), forward(&after, &changes).len()), (0, 0), "nothing twice");
        }
    }

    #[test]
    fn what_somebody_else_changed_is_left_alone() {
        let before = json!({"metadata": {"uid": "1"}, "spec": {"template": {"metadata": {"labels": {"a/b": "old"}}}}});
        let changes = [label(&before, None)];
        let other = json!({"metadata": {"uid": "1"}, "spec": {"template": {"metadata": {"labels": {"a/b": "theirs"}}}}});
        assert_eq!(state(&other, &changes[0]), State::Other(Some(json!("theirs"))));
        assert!(forward(&other, &changes).is_empty() && backward(&other, &changes).is_empty());
        let raced = forward(&before, &changes);
        assert!(patched(other, &raced).is_err(), "the value is tested by the server as well");
        assert!(!only_adds(&changes));
    }

    #[test]
    fn apply_names_only_our_fields() {
        let service = json!({"spec": {"ports": [{"port": 80}, {"port": 81, "name": "x"}]}});
        let port = Seg::Port { port: 81, protocol: "TCP".to_owned() };
        let path = [keys(&["spec", "ports"]), vec![port], keys(&["appProtocol"])].concat();
        let changes = [change(&service, path, Some(json!("tcp")))];
        let target = Target { api_version: "v1".into(), kind: "Service".into(), namespace: "shop".into(), name: "db".into(), uid: "7".into() };
        let body = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop", "uid": "7"},
            "spec": {"ports": [{"port": 81, "protocol": "TCP", "appProtocol": "tcp"}]}});
        assert!(only_adds(&changes) && by_apply(&service, &changes));
        let mut applied = service.clone();
        applied["metadata"]["managedFields"] = json!([{"manager": "mesh-plugin", "operation": "Apply"}]);
        assert!(!by_apply(&applied, &changes), "what an earlier plan said stays");
        assert_eq!(apply_body(&target, &changes), body);
        assert_eq!(forward(&service, &changes), [json!({"op": "add", "path": "/spec/ports/1/appProtocol", "value": "tcp"})]);
    }
}
