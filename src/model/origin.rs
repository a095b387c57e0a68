//! Where an object was read from, down to line and column of each field.

use super::Str;
use super::path::{Path, Seg};

/// A place in a file; lines and columns count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Line.
    pub line: u32,
    /// Column, in characters.
    pub column: u32,
    /// First byte of the value.
    pub start: u32,
    /// The byte after the value's last; equal to `start` where it is not known.
    pub end: u32,
    /// 0 where it stands in the object's own file, otherwise which of [`Origin::patches`] it stands in, from 1.
    pub patch: u16,
}

/// Spans of a value and of everything inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spans {
    /// Where the value begins.
    pub at: Span,
    /// Fields by name or, for lists, items in order with empty names.
    pub inner: Vec<(Box<str>, Spans)>,
}

impl Spans {
    /// The span of the value at `path`, or of the innermost enclosing one that is there; the flag tells which.
    pub fn locate(&self, path: &Path<'_>) -> (Span, bool) {
        let mut node = self;
        for seg in path.segments() {
            let next = match *seg {
                Seg::Key(key) => node.inner.iter().find(|(name, _)| &**name == key),
                Seg::Index(index) => node.inner.get(index),
            };
            match next {
                Some((_, inner)) => node = inner,
                None => return (node.at, false),
            }
        }
        (node.at, true)
    }
}

/// The file an object stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The path as the user gave it (`-` for standard input).
    pub file: Str,
    /// Where each field stands.
    pub spans: Spans,
    /// Other files that fields come from: patches, and kustomizations that give labels or a namespace.
    pub patches: Vec<Str>,
}

impl Origin {
    /// The file that a span of this object stands in.
    pub fn file_of(&self, span: Span) -> &Str {
        usize::from(span.patch).checked_sub(1).and_then(|i| self.patches.get(i)).unwrap_or(&self.file)
    }
}
