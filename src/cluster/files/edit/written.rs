//! How values are written.

use serde_json::Value;

/// Bytes to replace.
pub(super) struct Cut {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Cut {
    pub(super) fn insert(at: usize, text: String) -> Self {
        Self { start: at, end: at, text }
    }
}

/// What stands for nothing, by which spelling of it.
pub(super) const NOTHING: [(&str, &str); 3] = [("", ""), ("null", " "), ("~", "  ")];

pub(super) fn column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..at].chars().count()
}

pub(super) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Whether all readers of YAML, those of version 1.1 among them, take the text for itself.
pub(super) fn is_plain(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let holds = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    begins && holds && !words.contains(&text.to_ascii_lowercase().as_str())
}

/// Another text in the quotes of the old one; without quotes where all readers take it for itself.
pub(super) fn requoted(old: &str, value: &str) -> String {
    match old.chars().next() {
        Some('\'') if !value.contains(char::is_control) => format!("'{}'", value.replace('\'', "''")),
        Some('"' | '\'') => quoted(value),
        _ if is_plain(value) => value.to_owned(),
        _ => quoted(value),
    }
}
