//! Where in an object something stands: `spec.http[0].route[1].destination.host`.

use std::fmt;

use smallvec::SmallVec;

/// One step into an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Seg<'a> {
    /// A field of a map.
    Key(&'a str),
    /// An item of a list.
    Index(usize),
}

/// A path from the root of an object; keys that are not plain words print as `metadata.annotations["a.b/c"]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path<'a>(SmallVec<[Seg<'a>; 8]>);

impl<'a> Path<'a> {
    /// The path one step further in.
    pub fn with(mut self, seg: Seg<'a>) -> Self {
        self.0.push(seg);
        self
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[Seg<'a>] {
        &self.0
    }

    /// Reads what [`fmt::Display`] writes; text that is no path yields the steps up to the fault.
    pub fn parse(text: &'a str) -> Self {
        let mut segs = SmallVec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix("[\"") {
                let Some((key, after)) = quoted.split_once("\"]") else { break };
                segs.push(Seg::Key(key));
                rest = after;
            } else if let Some(indexed) = rest.strip_prefix('[') {
                let Some((digits, after)) = indexed.split_once(']') else { break };
                let Ok(index) = digits.parse() else { break };
                segs.push(Seg::Index(index));
                rest = after;
            } else {
                let word = rest.strip_prefix('.').unwrap_or(rest);
                let end = word.find(['.', '[']).unwrap_or(word.len());
                if end == 0 {
                    break;
                }
                segs.push(Seg::Key(&word[..end]));
                rest = &word[end..];
            }
        }
        Self(segs)
    }
}

impl<'a> FromIterator<Seg<'a>> for Path<'a> {
    fn from_iter<I: IntoIterator<Item = Seg<'a>>>(segs: I) -> Self {
        Self(segs.into_iter().collect())
    }
}

/// Formats one key the way a [`Path`] does, for rules that build a path by hand: `.name` or `["a.b/c"]`.
pub fn key(name: &str) -> String {
    let mut text = String::new();
    let _ = write_key(&mut text, name, false);
    text
}

fn write_key(f: &mut impl fmt::Write, key: &str, first: bool) -> fmt::Result {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (plain, first) {
        (true, true) => f.write_str(key),
        (true, false) => write!(f, ".{key}"),
        (false, _) => write!(f, "[\"{key}\"]"),
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, seg) in self.0.iter().enumerate() {
            match seg {
                Seg::Key(key) => write_key(f, key, i == 0)?,
                Seg::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["spec.http[0].route[12].destination.host", "metadata.annotations[\"sidecar.istio.io/inject\"]", "spec[0][1]", ""] {
            assert_eq!(Path::parse(text).to_string(), text);
        }
    }

    #[test]
    fn broken_text_yields_its_sound_beginning() {
        assert_eq!(Path::parse("spec.a[x].b").to_string(), "spec.a");
        assert_eq!(Path::parse("spec[\"a").to_string(), "spec");
    }
}
