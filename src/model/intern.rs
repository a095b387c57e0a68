//! What one thread has decoded already: equal values share their memory.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::Hash;

/// How many values of a type one thread remembers before it starts afresh, so that those that never repeat (pod names) cannot pile up.
pub(super) const AT_MOST: usize = 1 << 14;

/// The values of one type that one thread remembers.
pub struct Table<S>(HashSet<S>);

impl<S> Default for Table<S> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<S: Eq + Hash + Clone> Table<S> {
    /// The one that equals `key`, if it is known.
    pub(super) fn find<K: ?Sized + Eq + Hash>(&self, key: &K) -> Option<S>
    where
        S: Borrow<K>,
    {
        self.0.get(key).cloned()
    }

    /// Remembers a new one.
    pub(super) fn keep(&mut self, new: S) -> S {
        if self.0.len() >= AT_MOST {
            self.0.clear();
        }
        self.0.insert(new.clone());
        new
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
