//! Shared strings: labels, images and names repeat a thousandfold in a cluster.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::intern::Table;

/// A cheaply cloned, immutable string; equal strings decoded on one thread share their memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Arc<str>);

/// Longer text is kept only when it is known to repeat; trust anchors do, most long annotations do not.
const INTERNED_LENGTH: usize = 4096;

thread_local! {
    static INTERNED: RefCell<Table<Str>> = RefCell::default();
}

impl Str {
    /// Returns the shared copy of `text`.
    pub fn intern(text: &str) -> Self {
        if text.len() > INTERNED_LENGTH {
            return Self(Arc::from(text));
        }
        INTERNED.with_borrow_mut(|known| known.find(text).unwrap_or_else(|| known.keep(Self(Arc::from(text)))))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Str {
    fn default() -> Self {
        Self::intern("")
    }
}

impl Deref for Str {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self::intern(text)
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::intern(&text)
    }
}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

super::written_as!(Str, str);

impl Serialize for Str {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Manifests write `version: 1` and `inject: true` where the API wants text; both are taken as the text that was meant.
impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Str;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Str, E> {
                Ok(Str::intern(text))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Str, E> {
                Ok(Str::intern(if value { "true" } else { "false" }))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Str, E> {
                Ok(value.to_string().into())
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Str, E> {
                Ok(value.to_string().into())
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Str, E> {
                Ok(value.to_string().into())
            }
            fn visit_unit<E: de::Error>(self) -> Result<Str, E> {
                Ok(Str::default())
            }
        }
        deserializer.deserialize_any(Text)
    }
}
