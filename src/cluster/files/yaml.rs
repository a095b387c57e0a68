//! YAML (and with it JSON) into values that remember where they stood.

use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Error, Spanned};

use super::FileError;
use crate::model::{Span, Spans};

/// A value with the place of everything in it.
#[derive(Debug)]
pub(super) struct Node {
    value: Value,
    spans: Spans,
}

impl Node {
    pub(super) fn joined(value: Value, spans: Spans) -> Self {
        Self { value, spans }
    }

    pub(super) fn split(self) -> (Value, Spans) {
        (self.value, self.spans)
    }

    pub(super) fn line(&self) -> u32 {
        self.spans.at.line
    }
}

/// The documents of a file.
pub(super) fn documents(file: &str, text: &str) -> Result<Vec<Node>, FileError> {
    // The default budget refuses files that clusters' exports easily reach; what aliases make of a file is bounded here.
    let options = serde_saphyr::options! { budget: None, with_snippet: false };
    LEFT.set(text.len() + ALIASED);
    let mut nodes = serde_saphyr::from_multiple_with_options::<Node>(text, options).map_err(|error| syntax_error(file, text, &error))?;
    if has_short_words(text.as_bytes()) {
        nodes.iter_mut().for_each(|node| short_words(&mut node.value, &node.spans, text));
    }
    Ok(nodes)
}

/// Bytes that a file's aliases may add to what stands in it. Manifests repeat labels by them; a bomb repeats itself.
const ALIASED: usize = 16 << 20;

thread_local! {
    /// What values may still be made of the file that is being read.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// Accounts for a value of so many bytes; without aliases no file makes more of them than it has itself.
fn spend<E: de::Error>(bytes: usize) -> Result<(), E> {
    match LEFT.get().checked_sub(bytes) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err(E::custom(format!("its aliases make more than {} MiB of it", ALIASED >> 20))),
    }
}

/// Words that YAML 1.1 took for truth values and YAML 1.2 takes for texts. They name things far more often than they answer a question.
const SHORT_WORDS: [&str; 4] = ["y", "Y", "n", "N"];

/// Whether such a word stands somewhere: most files hold none, and are not walked.
fn has_short_words(text: &[u8]) -> bool {
    let ends = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || b",]}".contains(b));
    let starts = |b: &u8| b.is_ascii_whitespace() || b"[,".contains(b);
    (1..text.len()).any(|at| b"yYnN".contains(&text[at]) && starts(&text[at - 1]) && ends(text.get(at + 1)))
}

fn short_words(value: &mut Value, spans: &Spans, text: &str) {
    let written = || text.get(spans.at.start as usize..spans.at.end as usize).map(str::trim);
    match value {
        Value::Bool(_) => {
            if let Some(word) = written().filter(|word| SHORT_WORDS.contains(word)) {
                *value = Value::String(word.to_owned());
            }
        }
        Value::Array(items) => items.iter_mut().zip(&spans.inner).for_each(|(item, (_, spans))| short_words(item, spans, text)),
        Value::Object(fields) => {
            for (key, spans) in &spans.inner {
                if let Some(field) = fields.get_mut(&**key) {
                    short_words(field, spans, text);
                }
            }
        }
        _ => {}
    }
}

fn syntax_error(file: &str, text: &str, error: &Error) -> FileError {
    let (line, column) = error.location().map_or((1, 1), |l| (l.line(), l.column()));
    let mut detail = error.without_snippet().to_string();
    let offending = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    if offending.contains("{{") || (text.contains("{{") && text.contains("}}")) {
        detail = format!("{detail}. This looks like a template: render it first, for instance `helm template . | kubectl mesh check -f -`");
    }
    FileError::Syntax { file: file.to_owned(), line, column, detail, snippet: super::snippet::draw(file, text, line, column) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Bare>::deserialize(deserializer)?;
        let location = spanned.referenced;
        let span = location.span();
        let (start, len) = (span.byte_offset().unwrap_or_default(), span.byte_len().unwrap_or_default());
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let at = Span { line: narrow(location.line()), column: narrow(location.column()), start: narrow(start), end: narrow(start + len) };
        let Bare { value, inner } = spanned.value;
        Ok(Self { value, spans: Spans { at, inner } })
    }
}

/// A value whose parts know their places; its own is put around it by [`Node`].
struct Bare {
    value: Value,
    inner: Vec<(Box<str>, Spans)>,
}

impl Bare {
    fn scalar(value: impl Into<Value>) -> Self {
        Self { value: value.into(), inner: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Bare, E> {
        Ok(Bare::scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Bare, E> {
        Ok(Bare::scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bare, D::Error> {
        Bare::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Bare, E> {
        Ok(Bare::scalar(Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bare, E> {
        spend(text.len())?;
        Ok(Bare::scalar(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let (mut values, mut inner) = (Vec::new(), Vec::new());
        while let Some(Node { value, spans }) = access.next_element()? {
            spend(1)?;
            values.push(value);
            inner.push((Box::from(""), spans));
        }
        Ok(Bare { value: Value::Array(values), inner })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let (mut values, mut inner) = (Map::new(), Vec::new());
        while let Some(key) = access.next_key_seed(Key)? {
            spend(key.len())?;
            let Node { value, spans } = access.next_value()?;
            inner.push((key.as_str().into(), spans));
            values.insert(key, value);
        }
        Ok(Bare { value: Value::Object(values), inner })
    }
}

/// A key, as text: `80:` and `true:` are legal YAML, and Kubernetes reads them as the text that was written.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn one_letter_is_a_name_and_not_a_truth_value() {
        let read = |text: &str| documents("x.yaml", text).unwrap().remove(0).split().0;
        let value = read("metadata: {name: n, labels: {a: y}}\nlist: [N, yes, true]\nspec:\n  b: Y\n");
        assert_eq!(value, serde_json::json!({"metadata": {"name": "n", "labels": {"a": "y"}}, "list": ["N", true, true], "spec": {"b": "Y"}}));
    }
}
