//! Shared lists: pods of one workload differ in little but their names, so what they have in common is kept once.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::intern::Table;
use super::{Container, ContainerStatus, OwnerReference, Str};

/// A cheaply cloned, immutable list; equal lists decoded on one thread share their memory.
#[derive(PartialEq, Eq, Hash)]
pub struct Shared<T>(Arc<[T]>);

/// What lists are shared of: each type has a table of its own on every thread.
pub trait Intern: Eq + Hash + Sized + 'static {
    /// Calls `look` with this thread's table.
    fn with_table<R>(look: impl FnOnce(&mut Table<Shared<Self>>) -> R) -> R;
}

macro_rules! intern {
    ($($type:ty),+) => {$(
        impl Intern for $type {
            fn with_table<R>(look: impl FnOnce(&mut Table<Shared<Self>>) -> R) -> R {
                thread_local! {
                    static KNOWN: RefCell<Table<Shared<$type>>> = RefCell::default();
                }
                KNOWN.with_borrow_mut(look)
            }
        }
    )+};
}

intern!(Container, ContainerStatus, OwnerReference, (Str, Str));

impl<T: Intern> From<Vec<T>> for Shared<T> {
    fn from(items: Vec<T>) -> Self {
        if items.is_empty() {
            return Self::default();
        }
        T::with_table(|known| known.find(items.as_slice()).unwrap_or_else(|| known.keep(Self(items.into()))))
    }
}

impl<T: Intern> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> Shared<T> {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Borrow<[T]> for Shared<T> {
    fn borrow(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Intern + Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_one() {
        let list = |name: &str| Shared::from(vec![Container { name: name.into(), ..Container::default() }]);
        assert!(Arc::ptr_eq(&list("a").0, &list("a").0));
        assert_ne!(list("a"), list("b"));
    }

    #[test]
    fn lists_that_never_repeat_do_not_pile_up() {
        for n in 0..=super::super::intern::AT_MOST {
            drop(Shared::from(vec![(Str::from("n"), Str::from(n.to_string()))]));
        }
        assert!(<(Str, Str)>::with_table(|known| known.len()) < super::super::intern::AT_MOST);
    }
}
