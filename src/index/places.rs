//! Where things stand in sorted lists, so that nobody searches a list of a hundred thousand for one namespace.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::{Map, Str};

/// The part of a list that each namespace takes up.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<Str, Range<usize>>);

impl Places {
    /// Of a list sorted by namespace.
    pub(super) fn of<'a>(namespaces: impl IntoIterator<Item = &'a Str>) -> Self {
        let mut places: HashMap<Str, Range<usize>> = HashMap::new();
        let mut current: Option<(&Str, Range<usize>)> = None;
        for (at, namespace) in namespaces.into_iter().enumerate() {
            match &mut current {
                Some((same, range)) if *same == namespace => range.end = at + 1,
                _ => {
                    places.extend(current.replace((namespace, at..at + 1)).map(|(ns, range)| (ns.clone(), range)));
                }
            }
        }
        places.extend(current.map(|(ns, range)| (ns.clone(), range)));
        Self(places)
    }

    /// The part of one namespace.
    pub(super) fn get(&self, namespace: &str) -> Range<usize> {
        self.0.get(namespace).cloned().unwrap_or_default()
    }
}

/// Positions in a list by label, in the order of the list. Keys and values are apart, so that a look-up clones neither.
#[derive(Debug, Default)]
pub(super) struct Labelled(HashMap<Str, HashMap<Str, Vec<u32>>>);

impl Labelled {
    /// Every item under the pairs that are given for it.
    pub(super) fn of<'a, I: Iterator<Item = (&'a Str, &'a Str)>>(items: impl Iterator<Item = I>) -> Self {
        let mut labelled = Self::default();
        for (at, pairs) in items.enumerate() {
            for (key, value) in pairs {
                labelled.0.entry(key.clone()).or_default().entry(value.clone()).or_default().push(at as u32);
            }
        }
        labelled
    }

    /// What stands under a pair within a part of the list.
    pub(super) fn get(&self, key: &str, value: &str, within: &Range<usize>) -> &[u32] {
        let all = self.0.get(key).and_then(|values| values.get(value)).map(Vec::as_slice).unwrap_or_default();
        let start = all.partition_point(|at| (*at as usize) < within.start);
        let len = all[start..].partition_point(|at| (*at as usize) < within.end);
        &all[start..start + len]
    }

    /// The shortest list that holds all that has every one of these pairs.
    pub(super) fn rarest(&self, pairs: &Map, within: &Range<usize>) -> &[u32] {
        /// Few enough that looking for fewer costs more than it saves.
        const FEW: usize = 4;
        let mut rarest: Option<&[u32]> = None;
        for (key, value) in pairs.iter() {
            let found = self.get(key, value, within);
            rarest = Some(rarest.filter(|r| r.len() <= found.len()).unwrap_or(found));
            if found.len() <= FEW {
                break;
            }
        }
        rarest.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_one_part_of_the_list() {
        let list: Vec<Str> = ["", "a", "a", "b"].into_iter().map(Str::from).collect();
        let places = Places::of(&list);
        assert_eq!(["", "a", "b", "c"].map(|ns| places.get(ns)), [0..1, 1..3, 3..4, 0..0]);
        assert_eq!(Places::of([]).get(""), 0..0);
    }

    #[test]
    fn a_label_is_looked_up_within_a_part() {
        let maps: Vec<Map> =
            [[("app", "a"), ("v", "1")], [("app", "b"), ("v", "1")], [("app", "a"), ("v", "1")]].map(|m| m.into_iter().collect()).into();
        let labelled = Labelled::of(maps.iter().map(Map::iter));
        assert_eq!(labelled.get("v", "1", &(0..3)), [0, 1, 2]);
        assert_eq!(labelled.get("v", "1", &(1..2)), [1]);
        assert_eq!(labelled.get("v", "2", &(0..3)), [0; 0]);
        assert_eq!(labelled.rarest(&maps[0], &(0..3)), [0, 2]);
        assert_eq!(labelled.rarest(&maps[0], &(1..2)), [0; 0], "no app of that name is there");
        assert_eq!(labelled.rarest(&Map::default(), &(0..3)), [0; 0]);
    }
}
