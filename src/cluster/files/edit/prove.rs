//! The proof of an edit: the result, read again, holds what was asked for, and nothing else differs.

use serde_json::{Map, Value};

use super::{Change, Edit, Place, Step, yaml};

/// Holds an edited text against what was read of it before.
pub(super) fn prove(before: &[Value], text: &str, edits: &[(Place, Vec<Edit>)]) -> Result<(), String> {
    let mut expected = before.to_vec();
    for (place, edits) in edits {
        let document = expected.get_mut(place.document).ok_or("it is not found again")?;
        let object = match place.item {
            Some(item) => document["items"].get_mut(item).ok_or("it is not found again")?,
            None => document,
        };
        for edit in edits {
            set(object, edit)?;
        }
    }
    let read = yaml::documents("", text);
    if !read.broken.is_empty() {
        return Err("the result could not be read again".to_owned());
    }
    let after: Vec<Value> = read.nodes.into_iter().map(|node| node.split().0).collect();
    // Taking a key out may leave an empty mapping where there was nothing; a scalar leaves nothing behind.
    let replaces = edits.iter().flat_map(|(_, edits)| edits).all(|edit| matches!(edit.change, Change::Replace(_)));
    let same = after.len() == expected.len() && after.iter().zip(&expected).all(|(a, b)| if replaces { a == b } else { alike(a, b) });
    if same { Ok(()) } else { Err("something else would change with it: the place is shared by an alias or a merge".to_owned()) }
}

/// Whether two values mean the same; an empty mapping and nothing do.
fn alike(a: &Value, b: &Value) -> bool {
    fn void(value: &Value) -> bool {
        value.is_null() || value.as_object().is_some_and(|map| map.values().all(void))
    }
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let absent = Value::Null;
            a.iter().all(|(key, value)| alike(value, b.get(key).unwrap_or(&absent)))
                && b.iter().all(|(key, value)| a.contains_key(key) || void(value))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        _ => a == b || (void(a) && void(b)),
    }
}

/// Changes a value as an edit asks for it.
fn set(object: &mut Value, edit: &Edit) -> Result<(), String> {
    if let Change::Replace(text) = &edit.change {
        let old = edit.path.iter().try_fold(object, |at, step| match step {
            Step::Key(key) => at.get_mut(key),
            Step::Index(index) => at.get_mut(*index),
        });
        let new = Value::from(text.as_str());
        return match old {
            Some(old) if *old == new => Err("it would not change what the file means".to_owned()),
            Some(old) => {
                *old = new;
                Ok(())
            }
            None => Err("it is not found again".to_owned()),
        };
    }
    let Some((last, parents)) = edit.path.split_last() else { return Ok(()) };
    let mut at = object;
    for step in parents {
        at = match step {
            Step::Key(key) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                let Some(map) = at.as_object_mut() else { return Ok(()) };
                map.entry(key.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => match at.get_mut(*index) {
                Some(item) => item,
                None => return Ok(()),
            },
        };
    }
    if at.is_null() {
        *at = Value::Object(Map::new());
    }
    if let (Step::Key(key), Some(map)) = (last, at.as_object_mut()) {
        match &edit.change {
            Change::Put(value) | Change::Replace(value) => drop(map.insert(key.clone(), Value::from(value.as_str()))),
            Change::Take => drop(map.remove(key)),
        }
    }
    Ok(())
}
