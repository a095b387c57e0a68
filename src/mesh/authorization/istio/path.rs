//! A path as Envoy rewrites it before it looks at policies (`pathNormalization` of MeshConfig).

/// How far Envoy goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Normalization {
    /// Not at all.
    None,
    /// As RFC 3986 asks, backslashes included; the default.
    #[default]
    Base,
    /// And runs of slashes become one.
    MergeSlashes,
    /// And escaped slashes are slashes.
    DecodeAndMergeSlashes,
}

impl Normalization {
    /// Reads `pathNormalization.normalization`.
    pub(super) fn of(text: &str) -> Self {
        match text {
            "NONE" => Self::None,
            "MERGE_SLASHES" => Self::MergeSlashes,
            "DECODE_AND_MERGE_SLASHES" => Self::DecodeAndMergeSlashes,
            _ => Self::Base,
        }
    }

    /// The path, its query untouched behind it.
    pub(super) fn apply(self, path: &str) -> String {
        if self == Self::None {
            return path.to_owned();
        }
        let cut = path.find(['?', '#']).unwrap_or(path.len());
        let (path, query) = path.split_at(cut);
        let mut path = path.to_owned();
        if self == Self::DecodeAndMergeSlashes {
            path = unescape_slashes(&path);
        }
        path = without_dots(&unreserved(&path.replace('\\', "/")));
        if matches!(self, Self::MergeSlashes | Self::DecodeAndMergeSlashes) {
            path = merged(&path);
        }
        path + query
    }
}

fn unescape_slashes(path: &str) -> String {
    let mut out = path.to_owned();
    for (escaped, slash) in [("%2F", "/"), ("%2f", "/"), ("%5C", "\\"), ("%5c", "\\")] {
        out = out.replace(escaped, slash);
    }
    out
}

/// Escapes of characters that need none are undone; what must be escaped and is not becomes so.
fn unreserved(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        let code = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(code) if code.is_ascii_alphanumeric() || b"-._~".contains(&code) => out.push(char::from(code)),
            Some(_) => out.push_str(&path[at..at + 3]),
            None if byte.is_ascii_graphic() && !b"\"<>`{}".contains(byte) => out.push(char::from(*byte)),
            None => out.push_str(&format!("%{byte:02X}")),
        }
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// Segments `.` and `..` are taken out; empty segments are segments.
fn without_dots(path: &str) -> String {
    let Some(rest) = path.strip_prefix('/') else { return path.to_owned() };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

fn merged(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_form_follows_rfc_3986() {
        for (written, seen) in [
            ("/x/../admin", "/admin"),
            ("/./admin", "/admin"),
            ("/%61dmin", "/admin"),
            ("/x/%2e%2e/admin", "/admin"),
            ("/x\\..\\admin", "/admin"),
            ("//admin", "//admin"),
            ("/admin%2F", "/admin%2F"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/admin?a=/../b", "/admin?a=/../b"),
            ("//x//..//admin", "//x//admin"),
            ("/../../a", "/a"),
        ] {
            assert_eq!(Normalization::Base.apply(written), seen, "{written}");
        }
    }

    #[test]
    fn slashes_are_merged_and_decoded_only_when_asked() {
        assert_eq!(Normalization::of("MERGE_SLASHES").apply("//x//..//admin"), "/x/admin");
        assert_eq!(Normalization::of("MERGE_SLASHES").apply("/x%2F..%2Fadmin"), "/x%2F..%2Fadmin");
        assert_eq!(Normalization::of("DECODE_AND_MERGE_SLASHES").apply("/x%2F..%2Fadmin"), "/admin");
        assert_eq!(Normalization::of("NONE").apply("/x/../admin"), "/x/../admin");
        assert_eq!(Normalization::of(""), Normalization::Base);
    }
}
