//! Small things about fields, and Istio's `StringMatch`.

use crate::mesh::istio::validation::{Judge, regex};
use crate::model::Field;

/// Whether the field `name` is set: neither absent nor empty.
pub(crate) fn has(field: &Field<'_>, name: &'static str) -> bool {
    field.get(name).is_some_and(|f| !f.is_empty())
}

/// An error when the text `name` is empty.
pub(crate) fn required(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str, what: &str) {
    if field.text(name).is_empty() {
        judge.error(field.path_of(name), format!("{what} is missing"), format!("Write {name}."));
    }
}

/// Of these fields the API server takes one alone, and Istio cannot read an object that has two.
pub(crate) fn either(judge: &mut Judge<'_>, field: &Field<'_>, names: &[&str]) {
    let mut written = names.iter().filter(|name| field.get(name).is_some());
    if let (Some(first), Some(second)) = (written.next(), written.next()) {
        judge.refused(field.path_of(second), format!("{first} and {second} are used together"), "Keep one of the two.");
    }
}

/// Judges a `StringMatch`; an empty prefix is refused unless `empty_prefix` says it is good for something.
pub(crate) fn string_match(judge: &mut Judge<'_>, field: &Field<'_>, empty_prefix: bool) {
    either(judge, field, &["exact", "prefix", "regex"]);
    if let Some(prefix) = field.get("prefix").filter(|p| !empty_prefix && p.is_empty()) {
        judge.error(prefix.path(), "an empty prefix matches everything and is refused", "Write a prefix, or remove this match.");
    }
    if let Some(pattern) = field.get("regex") {
        match pattern.str() {
            Some("") => judge.error(pattern.path(), "the regular expression is empty", "Write an expression, or remove this match."),
            Some(text) => judge.judge(&pattern, regex(text)),
            None => {}
        }
    }
}
