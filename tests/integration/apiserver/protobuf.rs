//! The few protobuf bodies that kubectl sends: its typed client writes self-reviews (`auth can-i`, `auth whoami`) so.

use super::error::{ApiError, Result};
use serde_json::{Map, Value, json};

/// A review as JSON, from the envelope `k8s\0` + `Unknown {typeMeta, raw}`.
pub fn review(bytes: &[u8]) -> Result<Value> {
    read(bytes).ok_or_else(|| ApiError::bad_request("provided data does not appear to be a protobuf message of a self-review"))
}

fn read(bytes: &[u8]) -> Option<Value> {
    let envelope = fields(bytes.strip_prefix(b"k8s\0")?)?;
    let kind = fields(first(&envelope, 1)?)?;
    let (version, kind) = (text(first(&kind, 1)?)?, text(first(&kind, 2)?)?);
    let object = fields(first(&envelope, 2).unwrap_or_default())?;
    let spec = fields(first(&object, 2).unwrap_or_default())?;
    let named = |number: u64, names: &[(u64, &str)]| -> Option<Value> {
        let inner = fields(first(&spec, number)?)?;
        let pairs = names.iter().filter_map(|(n, name)| Some(((*name).to_owned(), json!(text(first(&inner, *n)?)?))));
        Some(Value::Object(pairs.collect::<Map<_, _>>()))
    };
    let spec = match kind.as_str() {
        "SelfSubjectAccessReview" => {
            let resource = [(1, "namespace"), (2, "verb"), (3, "group"), (4, "version"), (5, "resource"), (6, "subresource"), (7, "name")];
            json!({"resourceAttributes": named(1, &resource), "nonResourceAttributes": named(2, &[(1, "path"), (2, "verb")])})
        }
        "SelfSubjectRulesReview" => json!({"namespace": first(&spec, 1).and_then(text)}),
        "SelfSubjectReview" => json!({}),
        _ => return None,
    };
    Some(json!({"apiVersion": version, "kind": kind, "metadata": {}, "spec": spec}))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn first<'a>(fields: &[(u64, &'a [u8])], number: u64) -> Option<&'a [u8]> {
    fields.iter().find(|(n, _)| *n == number).map(|(_, bytes)| *bytes)
}

/// The length-delimited fields of a message; numbers are skipped.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match tag & 7 {
            0 => drop(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                all.push((tag >> 3, value));
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(all)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
