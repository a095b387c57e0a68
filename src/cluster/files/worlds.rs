//! Objects that stand in a folder several times, differently: steps of a tutorial, environments, alternatives. Nobody applies them together, so that
//! each file or subfolder is a world of its own, over what is common to all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::twice::{coverage, finish};
use crate::model::{Inventory, Item, Kind, Map, Meta, ObjectRef, Str, Subject};

/// Worlds that one run looks at; a tree of files with more choices than that is told so.
const MOST: usize = 256;

/// The objects of one file, or of one kustomization.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The place on the command line that led to it.
    pub root: usize,
    /// The file or directory.
    pub path: PathBuf,
    /// What it holds.
    pub inventory: Inventory,
}

type Identity = (Kind, Str, Str);

/// Children of one directory of which only one is applied: each holds something that another holds differently.
type Choice = BTreeSet<PathBuf>;

/// What files hold where the same objects stand in them differently.
#[derive(Debug, Default)]
pub struct Alternatives {
    units: Vec<Unit>,
    forks: Forks,
    /// The forks above each unit, each with its child that the unit lies in.
    ways: Vec<BTreeMap<PathBuf, PathBuf>>,
    /// The units of each world.
    worlds: Vec<Vec<usize>>,
}

impl Alternatives {
    /// Of all units; nothing where no two of them differ over an object.
    pub(super) fn of(units: &[Unit]) -> Self {
        let forks = forks(units);
        if forks.0.is_empty() {
            return Self::default();
        }
        let (ways, worlds) = (units.iter().map(|unit| forks.way(unit)).collect(), forks.worlds(units));
        Self { units: units.to_vec(), forks, ways, worlds }
    }

    /// Whether there is nothing to choose.
    pub fn is_empty(&self) -> bool {
        self.worlds.is_empty()
    }

    /// In how many worlds each alternative has been chosen once.
    pub fn count(&self) -> usize {
        self.worlds.len()
    }

    /// The objects of one of them. What only its alternatives hold is elsewhere in the files, and so not missing.
    pub fn world(&self, k: usize) -> Inventory {
        self.worlds.get(k).map(|world| inventory(&self.units, world)).unwrap_or_default()
    }

    /// All alternatives beside each other, for what any of them brings.
    pub fn union(&self) -> Inventory {
        let mut all = Inventory::default();
        self.units.iter().for_each(|unit| all.append(unit.inventory.clone()));
        all.coverage = coverage(&all);
        all
    }

    /// The unit that an object of world `k` comes from: of several the last, as `kubectl apply` leaves it.
    pub fn holder(&self, k: usize, object: &ObjectRef) -> Option<usize> {
        let is = |kind: Kind, meta: &Meta| kind == object.kind && meta.namespace == object.namespace && meta.name == object.name;
        self.worlds.get(k)?.iter().rev().copied().find(|at| self.units[*at].inventory.metas().any(|(kind, meta)| is(kind, meta)))
    }

    /// What is surely applied with a unit: what no fork parts it from, and of other forks the children that are called as those on its own way (`prod`
    /// goes with `prod`). Of what lies beside it at a fork, alternatives of each other or not, nobody knows which files belong together.
    pub fn company(&self, unit: usize) -> Inventory {
        let Some(own) = self.ways.get(unit) else { return Inventory::default() };
        let root = self.units[unit].root;
        let called_so = |child: &Path| own.values().any(|taken| taken.file_name() == child.file_name());
        let goes_along = |at: usize, fork: &Path, child: &Path| {
            let taken = own.get(fork).filter(|_| self.units[at].root == root);
            taken.map_or_else(|| called_so(child), |taken| taken == child)
        };
        let with = |at: &usize| self.ways[*at].iter().all(|(fork, child)| goes_along(*at, fork, child));
        let company: Vec<usize> = (0..self.units.len()).filter(with).collect();
        inventory(&self.units, &company)
    }

    /// The namespace of objects without one was given, and is no guess.
    pub fn namespace_is_known(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.inventory.assumed_namespace = None);
    }

    /// What there was to choose from, for people.
    pub(super) fn note(&self) -> String {
        let places = self.forks.places().join(", ");
        let left = if self.count() == MOST { ", and what goes beyond that was not" } else { "" };
        format!("files hold the same objects differently, and each choice was judged by itself ({}){left}: {places}", self.count())
    }
}

/// Where the ways of units that cannot be applied together part: the directory, and the choices to be made there, independently of each other.
#[derive(Debug, Default)]
struct Forks(BTreeMap<(usize, PathBuf), Vec<Choice>>);

/// Finds where units hold the same object differently.
fn forks(units: &[Unit]) -> Forks {
    let mut holders: HashMap<Identity, Vec<usize>> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        for (kind, meta) in unit.inventory.metas() {
            holders.entry((kind, meta.namespace.clone(), meta.name.clone())).or_default().push(at);
        }
    }
    let mut forks = Forks::default();
    let mut holders: Vec<(Identity, Vec<usize>)> = holders.into_iter().collect();
    holders.sort();
    for ((kind, namespace, name), mut apart) in holders {
        apart.dedup();
        if apart.len() < 2 {
            continue;
        }
        let items: Vec<(usize, Option<Item>)> = apart.iter().map(|at| (*at, bare(&units[*at].inventory, kind, &namespace, &name))).collect();
        for (i, (one, left)) in items.iter().enumerate() {
            for (other, right) in &items[i + 1..] {
                let (a, b) = (&units[*one], &units[*other]);
                if a.root == b.root && left != right && !(kind == Kind::Namespace && (is_plain(left) || is_plain(right))) {
                    forks.part(a.root, &a.path, &b.path);
                }
            }
        }
    }
    forks
}

impl Forks {
    /// The forks above a unit, each with its child that the unit lies in.
    fn way(&self, unit: &Unit) -> BTreeMap<PathBuf, PathBuf> {
        let steps = unit.path.ancestors().zip(unit.path.ancestors().skip(1)).map(|(child, up)| (up.to_owned(), child.to_owned()));
        steps.filter(|(up, _)| self.0.contains_key(&(unit.root, up.clone()))).collect()
    }

    /// The places where they part, for people.
    fn places(&self) -> Vec<String> {
        let number = |choices: &[Choice]| choices.iter().map(BTreeSet::len).max().unwrap_or_default();
        self.0.iter().map(|((_, directory), choices)| format!("{} ({} alternatives)", directory.display(), number(choices))).collect()
    }

    fn part(&mut self, root: usize, one: &Path, other: &Path) {
        let common: PathBuf = one.components().zip(other.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
        let next = |path: &Path| path.strip_prefix(&common).ok()?.components().next().map(|first| common.join(first));
        // Where one lies above the other there is no choice between them: it is the other's base.
        let (Some(one), Some(other)) = (next(one), next(other)) else { return };
        let choices = self.0.entry((root, common)).or_default();
        let (mut joined, rest): (Vec<Choice>, Vec<Choice>) = choices.drain(..).partition(|choice| choice.contains(&one) || choice.contains(&other));
        let mut all: Choice = joined.drain(..).flatten().collect();
        all.extend([one, other]);
        *choices = rest;
        choices.push(all);
    }

    /// The units of each world, by their positions: what is common, and what was chosen. Choices that have nothing to do with each other are gone through
    /// together: their products would be too many, and no two of them are known to be applied together.
    fn worlds(&self, units: &[Unit]) -> Vec<Vec<usize>> {
        let tops = self.0.keys().filter(|(root, at)| self.above(*root, at).is_none());
        let most = tops.map(|(root, at)| self.count(*root, at)).max().unwrap_or(1).min(MOST);
        (0..most).map(|k| self.world(units, k)).collect()
    }

    /// The fork above a place, with the child of it that the place lies in.
    fn above(&self, root: usize, place: &Path) -> Option<(PathBuf, PathBuf)> {
        place.ancestors().skip(1).find_map(|up| {
            let choices = self.0.get(&(root, up.to_owned()))?;
            let child = choices.iter().flatten().find(|child| place.starts_with(child))?;
            Some((up.to_owned(), child.clone()))
        })
    }

    /// How many worlds it takes to see every alternative at and below a fork.
    fn count(&self, root: usize, fork: &Path) -> usize {
        let choices = self.0.get(&(root, fork.to_owned())).map(Vec::as_slice).unwrap_or_default();
        choices.iter().map(|choice| self.size(root, choice)).max().unwrap_or(1)
    }

    fn size(&self, root: usize, choice: &Choice) -> usize {
        choice.iter().map(|child| self.below(root, child)).sum()
    }

    fn below(&self, root: usize, child: &Path) -> usize {
        let inner = self.0.keys().filter(|(r, at)| *r == root && at.starts_with(child));
        let nearest = inner.filter(|(_, at)| self.above(root, at).is_some_and(|(_, through)| through == child));
        nearest.map(|(_, at)| self.count(root, at)).max().unwrap_or(1)
    }

    /// The children that a fork takes in world `k`, each with what is left of `k` for the forks below it.
    fn chosen(&self, root: usize, fork: &Path, k: usize) -> Vec<(&PathBuf, usize)> {
        let choices = self.0.get(&(root, fork.to_owned())).map(Vec::as_slice).unwrap_or_default();
        let mut taken = Vec::new();
        for choice in choices {
            let mut left = k % self.size(root, choice).max(1);
            for child in choice {
                let below = self.below(root, child);
                if left < below {
                    taken.push((child, left));
                    break;
                }
                left -= below;
            }
        }
        taken
    }

    fn world(&self, units: &[Unit], k: usize) -> Vec<usize> {
        // What each fork takes, from the outermost to the innermost.
        let mut taken: BTreeMap<(usize, &Path), Vec<(&PathBuf, usize)>> = BTreeMap::new();
        for (root, fork) in self.0.keys() {
            let k = match self.above(*root, fork) {
                Some((above, through)) => {
                    let choice = taken.get(&(*root, above.as_path())).and_then(|taken| taken.iter().find(|(child, _)| **child == through));
                    choice.map_or(0, |(_, left)| *left)
                }
                None => k,
            };
            taken.insert((*root, fork.as_path()), self.chosen(*root, fork, k));
        }
        let in_world = |unit: &Unit| {
            unit.path.ancestors().all(|up| {
                let Some(choices) = self.0.get(&(unit.root, up.to_owned())) else { return true };
                let Some(child) = choices.iter().flatten().find(|child| unit.path.starts_with(child)) else { return true };
                taken.get(&(unit.root, up)).is_some_and(|taken| taken.iter().any(|(chosen, _)| *chosen == child))
            })
        };
        (0..units.len()).filter(|at| in_world(&units[*at])).collect()
    }
}

/// What an inventory says of an object, wherever that stands; of one given several times the last counts.
fn bare(inventory: &Inventory, kind: Kind, namespace: &str, name: &str) -> Option<Item> {
    let is = |object: &&dyn Subject| object.kind() == kind && object.meta().namespace == namespace && object.meta().name == name;
    let mut item = inventory.subjects().filter(is).last()?.to_item();
    let meta = item.meta_mut();
    (meta.origin, meta.api_version) = (None, Str::default());
    Some(item)
}

/// A namespace of which only the name is said, as files say it that only want it to be there.
fn is_plain(item: &Option<Item>) -> bool {
    item.as_ref().is_some_and(|item| {
        let meta = item.meta();
        // Labels that name it, or say what it belongs to, decide nothing.
        let decides = |key: &str| ["istio", "linkerd", "gateway", "pod-security"].iter().any(|word| key.contains(word));
        !meta.labels.iter().chain(meta.annotations.iter()).any(|(key, _)| decides(key))
    })
}

/// The objects of some units.
fn inventory(units: &[Unit], world: &[usize]) -> Inventory {
    let mut all = Inventory::default();
    for at in world {
        all.append(units[*at].inventory.clone());
    }
    let here: BTreeSet<Identity> = all.metas().map(|(kind, meta)| (kind, meta.namespace.clone(), meta.name.clone())).collect();
    let held: BTreeSet<usize> = world.iter().copied().collect();
    for (_, unit) in units.iter().enumerate().filter(|(at, _)| !held.contains(at)) {
        let elsewhere = unit.inventory.metas().map(|(kind, meta)| (kind, meta.namespace.clone(), meta.name.clone()));
        all.made.extend(elsewhere.filter(|identity| !here.contains(identity)));
        let labels = |meta: &Meta, labels: &Map| (meta.namespace.clone(), labels.clone());
        all.made_pods.extend(unit.inventory.controllers.iter().filter_map(|c| Some(labels(&c.metadata, &c.template()?.metadata.labels))));
        all.made_pods.extend(unit.inventory.pods.iter().map(|p| labels(&p.metadata, &p.metadata.labels)));
        all.made_pods.extend(unit.inventory.made_pods.iter().cloned());
        all.made.extend(unit.inventory.made.iter().cloned());
    }
    finish(&mut all);
    all
}
