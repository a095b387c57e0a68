//! Objects that stand in a folder several times, differently: steps of a tutorial, environments, alternatives. Nobody applies them together, so that
//! each file or subfolder is a world of its own, over what is common to all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::twice::{coverage, finish};
use crate::model::{Inventory, Item, Kind, Map, Meta, ObjectRef, Str, Subject};

/// Worlds that every run looks at, if there are so many, and objects of further ones. A tree of files with more choices than that is told so.
const FEWEST: usize = 48;
const OBJECTS: usize = 500_000;

/// The objects of one file, or of one kustomization.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The place on the command line that led to it.
    pub root: usize,
    /// The file or directory.
    pub path: PathBuf,
    /// What it holds.
    pub inventory: Inventory,
    /// Whether all its objects say which namespace they are for.
    pub named: bool,
}

type Identity = (Kind, Str, Str);

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
        let forks = Forks::of(units);
        if forks.0.is_empty() {
            return Self::default();
        }
        let ways: Vec<_> = units.iter().map(|unit| forks.way(unit)).collect();
        let mut objects = 0;
        let mut worlds: Vec<Vec<usize>> = Vec::new();
        for k in 0..forks.count() {
            let chosen = forks.world(k);
            let world: Vec<usize> = (0..units.len()).filter(|at| chosen(&units[*at], &ways[*at])).collect();
            objects += world.iter().map(|at| units[*at].inventory.len()).sum::<usize>();
            if worlds.len() >= FEWEST && objects > OBJECTS {
                break;
            }
            worlds.push(world);
        }
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
    /// goes with `prod`). Of what lies beside it at a fork, alternatives of each other or not, nobody knows which files belong together; those that are
    /// alternatives of nothing and say which namespace they are for tell at least what there is in that, and come along where `wide`.
    pub fn company(&self, unit: usize, wide: bool) -> Inventory {
        let Some(own) = self.ways.get(unit) else { return Inventory::default() };
        let root = self.units[unit].root;
        let called_so = |child: &Path| own.values().any(|taken| taken.file_name() == child.file_name());
        let beside =
            |at: usize, fork: &Path, child: &Path| wide && self.units[at].named && self.forks.at(root, fork).is_some_and(|f| !f.offers(child));
        let goes_along = |at: usize, fork: &Path, child: &Path| {
            let taken = own.get(fork).filter(|_| self.units[at].root == root);
            taken.map_or_else(|| called_so(child), |taken| taken == child || beside(at, fork, child))
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
        let (count, all) = (self.count(), self.forks.count());
        let number = if count < all { format!("the first {count} of {all}") } else { count.to_string() };
        format!("files hold the same objects differently, and each choice was judged by itself ({number}): {places}")
    }
}

/// Where the ways of units that cannot be applied together part: directories of each place on the command line, every one before those below it.
#[derive(Debug, Default)]
struct Forks(BTreeMap<usize, BTreeMap<PathBuf, Fork>>);

/// The choices to be made in one directory, independently of each other.
#[derive(Debug, Default)]
struct Fork {
    choices: Vec<Choice>,
    /// The fork above it, and the child of that which it lies in.
    above: Option<(PathBuf, PathBuf)>,
}

/// Children of one directory of which only one is applied, as each holds something that another holds differently; and how many worlds it takes to see
/// every alternative in each.
type Choice = BTreeMap<PathBuf, usize>;

impl Fork {
    /// Makes children that differ over an object alternatives of each other, and of those that each of them has differed from before.
    fn part<'a>(&mut self, children: impl Iterator<Item = &'a Path>) {
        let mut all: Choice = children.map(|child| (child.to_owned(), 1)).collect();
        let (joined, rest): (Vec<Choice>, Vec<Choice>) =
            self.choices.drain(..).partition(|choice| all.keys().any(|child| choice.contains_key(child)));
        joined.into_iter().for_each(|mut choice| all.append(&mut choice));
        self.choices = rest;
        self.choices.push(all);
    }

    fn offers(&self, child: &Path) -> bool {
        self.choices.iter().any(|choice| choice.contains_key(child))
    }

    /// How many worlds it takes to see every alternative in it and below.
    fn count(&self) -> usize {
        self.choices.iter().map(|choice| choice.values().sum()).max().unwrap_or(1)
    }

    /// The children that are taken in world `k`, each with what is left of `k` for the forks below it.
    fn taken(&self, k: usize) -> HashMap<&Path, usize> {
        let mut taken = HashMap::new();
        for choice in &self.choices {
            let mut left = k % choice.values().sum::<usize>().max(1);
            for (child, below) in choice {
                if left < *below {
                    taken.insert(child.as_path(), left);
                    break;
                }
                left -= below;
            }
        }
        taken
    }
}

impl Forks {
    /// Finds where units hold the same object differently.
    fn of(units: &[Unit]) -> Self {
        let mut holders: HashMap<Identity, Vec<(usize, &dyn Subject)>> = HashMap::new();
        for (at, unit) in units.iter().enumerate() {
            for object in unit.inventory.subjects() {
                let meta = object.meta();
                let held = holders.entry((object.kind(), meta.namespace.clone(), meta.name.clone())).or_default();
                // Of one that a unit gives several times the last counts.
                match held.last_mut() {
                    Some(last) if last.0 == at => last.1 = object,
                    _ => held.push((at, object)),
                }
            }
        }
        let mut forks = Self::default();
        holders.into_values().filter(|held| held.len() > 1).for_each(|held| forks.part(units, &held));
        forks.settle();
        forks
    }

    /// Parts the ways of the units that hold one object in different forms.
    fn part(&mut self, units: &[Unit], held: &[(usize, &dyn Subject)]) {
        let mut forms: Vec<Item> = Vec::new();
        let mut below: BTreeMap<(usize, &Path), BTreeMap<&Path, BTreeSet<usize>>> = BTreeMap::new();
        for (at, object) in held {
            let item = bare(*object);
            if is_plain_namespace(&item) {
                continue;
            }
            let form = forms.iter().position(|form| *form == item).unwrap_or_else(|| {
                forms.push(item);
                forms.len() - 1
            });
            for (up, child) in steps(&units[*at].path) {
                below.entry((units[*at].root, up)).or_default().entry(child).or_default().insert(form);
            }
        }
        for ((root, directory), children) in below {
            let several = children.values().flatten().collect::<BTreeSet<_>>().len() > 1;
            if children.len() > 1 && several {
                self.0.entry(root).or_default().entry(directory.to_owned()).or_default().part(children.keys().copied());
            }
        }
    }

    /// Finds out how the forks lie in each other, and how much is to be seen in each.
    fn settle(&mut self) {
        for forks in self.0.values_mut() {
            let above = |directory: &Path| {
                let up = steps(directory).find(|(up, child)| forks.get(*up).is_some_and(|fork| fork.offers(child)));
                up.map(|(up, child)| (up.to_owned(), child.to_owned()))
            };
            let all: Vec<(PathBuf, Option<(PathBuf, PathBuf)>)> = forks.keys().map(|directory| (directory.clone(), above(directory))).collect();
            for (directory, above) in all.into_iter().rev() {
                let Some(fork) = forks.get_mut(&directory) else { continue };
                fork.above.clone_from(&above);
                let count = fork.count();
                let Some((up, child)) = above else { continue };
                let outer = forks.get_mut(&up).into_iter().flat_map(|fork| &mut fork.choices);
                outer.filter_map(|choice| choice.get_mut(&child)).for_each(|below| *below = count.max(*below));
            }
        }
    }

    fn at(&self, root: usize, directory: &Path) -> Option<&Fork> {
        self.0.get(&root)?.get(directory)
    }

    /// The forks above a unit, each with its child that the unit lies in.
    fn way(&self, unit: &Unit) -> BTreeMap<PathBuf, PathBuf> {
        let forks = steps(&unit.path).filter(|(up, _)| self.at(unit.root, up).is_some());
        forks.map(|(up, child)| (up.to_owned(), child.to_owned())).collect()
    }

    /// The places where they part, for people.
    fn places(&self) -> Vec<String> {
        let number = |fork: &Fork| fork.choices.iter().map(BTreeMap::len).max().unwrap_or_default();
        let all = self.0.values().flatten();
        all.map(|(directory, fork)| format!("{} ({} alternatives)", directory.display(), number(fork))).collect()
    }

    /// How many worlds it takes to see every alternative. Choices that have nothing to do with each other are gone through together: their products
    /// would be too many, and no two of them are known to be applied together.
    fn count(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(Fork::count).max().unwrap_or_default()
    }

    /// Whether a unit that lies in these children of forks is in world `k`: what is common, and what was chosen.
    fn world(&self, k: usize) -> impl Fn(&Unit, &BTreeMap<PathBuf, PathBuf>) -> bool {
        let mut taken: HashMap<(usize, &Path), HashMap<&Path, usize>> = HashMap::new();
        for (root, forks) in &self.0 {
            for (directory, fork) in forks {
                let left = match &fork.above {
                    Some((above, through)) => {
                        taken.get(&(*root, above.as_path())).and_then(|taken| taken.get(through.as_path()).copied()).unwrap_or(0)
                    }
                    None => k,
                };
                taken.insert((*root, directory), fork.taken(left));
            }
        }
        move |unit, way| {
            way.iter().all(|(fork, child)| {
                let common = self.at(unit.root, fork).is_none_or(|fork| !fork.offers(child));
                common || taken.get(&(unit.root, fork.as_path())).is_some_and(|taken| taken.contains_key(child.as_path()))
            })
        }
    }
}

/// The directories above a path, each with its child on the way, from the nearest.
fn steps(path: &Path) -> impl Iterator<Item = (&Path, &Path)> {
    path.ancestors().skip(1).zip(path.ancestors())
}

/// What an object says, wherever it stands.
fn bare(object: &dyn Subject) -> Item {
    let mut item = object.to_item();
    let meta = item.meta_mut();
    (meta.origin, meta.api_version) = (None, Str::default());
    item
}

/// A namespace of which only the name is said, as files say it that only want it to be there.
fn is_plain_namespace(item: &Item) -> bool {
    // Labels that name it, or say what it belongs to, decide nothing.
    let decides = |key: &str| ["istio", "linkerd", "gateway", "pod-security"].iter().any(|word| key.contains(word));
    let meta = item.meta();
    item.kind() == Kind::Namespace && !meta.labels.iter().chain(meta.annotations.iter()).any(|(key, _)| decides(key))
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
