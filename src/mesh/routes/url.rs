//! Paths, queries and hosts of requests: taken apart, normalised, rewritten.

use regex::{Captures, Regex};

/// The path without its query.
pub(super) fn path_only(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The query with its question mark; empty when there is none.
pub(super) fn query(path: &str) -> &str {
    path.find('?').map_or("", |at| &path[at..])
}

/// The first value of a parameter, as written.
pub(in crate::mesh) fn parameter<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query(path).strip_prefix('?')?.split('#').next()?.split('&');
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// What a proxy does to paths before it looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Normalization {
    /// Resolves `.` and `..`, turns backslashes, decodes what needs no encoding.
    pub base: bool,
    /// Makes one slash of several.
    pub merge_slashes: bool,
    /// Decodes `%2F` and `%5C` first.
    pub decode_slashes: bool,
}

impl Normalization {
    /// As `pathNormalization.normalization` of the mesh configuration names it.
    pub(super) fn of(word: &str) -> Self {
        let base = word != "NONE";
        let decode_slashes = word == "DECODE_AND_MERGE_SLASHES";
        Self { base, merge_slashes: decode_slashes || word == "MERGE_SLASHES", decode_slashes }
    }

    /// The path as it is matched, query included.
    pub(super) fn apply(self, path: &str) -> String {
        let (mut only, rest) = (path_only(path).to_owned(), &path[path_only(path).len()..]);
        if self.decode_slashes {
            only = only.replace("%2F", "/").replace("%2f", "/").replace("%5C", "\\").replace("%5c", "\\");
        }
        if self.base {
            only = without_dots(&decoded(&only).replace('\\', "/"));
        }
        if self.merge_slashes {
            while only.contains("//") {
                only = only.replace("//", "/");
            }
        }
        format!("{only}{rest}")
    }
}

/// `%61` becomes `a`; what is not a letter, a digit or one of `-._~` stays encoded.
fn decoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(char::from(byte)),
            Some(_) => out.push_str(&rest[at..at + 3]),
            None => {
                out.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 3..];
    }
    out.push_str(rest);
    out
}

/// Resolves `.` and `..`; empty segments stay.
fn without_dots(path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let segments: Vec<&str> = path[1..].split('/').collect();
    let mut kept: Vec<&str> = Vec::new();
    for (i, segment) in segments.iter().enumerate() {
        let last = i + 1 == segments.len();
        match *segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Replaces all that `pattern` finds by `substitution`, in which `\1` stands for the first group (RE2's notation).
pub(super) fn substituted(pattern: &str, substitution: &str, text: &str) -> String {
    let Ok(regex) = Regex::new(pattern) else { return text.to_owned() };
    let expand = |found: &Captures<'_>| {
        let mut out = String::new();
        let mut chars = substitution.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some(digit) if digit.is_ascii_digit() => {
                        let group = digit.to_digit(10).unwrap_or_default() as usize;
                        out.push_str(found.get(group).map_or("", |m| m.as_str()));
                    }
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
                other => out.push(other),
            }
        }
        out
    };
    regex.replace_all(text, expand).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_as_the_mesh_is_set() {
        let base = |path| Normalization::of("DEFAULT").apply(path);
        for (path, expected) in [
            ("/a/../admin?x=/../y", "/admin?x=/../y"),
            ("/./admin", "/admin"),
            ("//admin", "//admin"),
            ("/%61dmin", "/admin"),
            ("/admin%2fx", "/admin%2fx"),
            ("/a\\b", "/a/b"),
            ("/a/..", "/"),
            ("/100%", "/100%"),
        ] {
            assert_eq!(base(path), expected, "{path}");
        }
        assert_eq!(Normalization::of("NONE").apply("/a/../b"), "/a/../b");
        assert_eq!(Normalization::of("MERGE_SLASHES").apply("//a///b"), "/a/b");
        assert_eq!(Normalization::of("DECODE_AND_MERGE_SLASHES").apply("/a%2F/b"), "/a/b");
    }

    #[test]
    fn parameters_are_read_as_written() {
        assert_eq!(parameter("/a?x=1&y=%20&x=2", "x"), Some("1"));
        assert_eq!(parameter("/a?x=1&y=%20", "y"), Some("%20"));
        assert_eq!([parameter("/a?flag", "flag"), parameter("/a", "x")], [Some(""), None]);
    }

    #[test]
    fn groups_are_put_in() {
        assert_eq!(substituted("/u/([^/]+)/(.*)", "/\\2/of/\\1", "/u/ann/a/b"), "/a/b/of/ann");
        assert_eq!(substituted("/u/x", "/y", "/other"), "/other");
    }
}
