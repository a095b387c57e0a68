//! Candidates from what is on the line instead of a cluster: manifests, a snapshot, the demo.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use super::{all_typed, typed};
use crate::cluster::{demo, files, snapshot};
use crate::model::{Inventory, Kind};

/// What the line names instead of a cluster; nothing where it names none, or it is laid over one.
pub(super) fn inventory(words: &[OsString]) -> Option<Inventory> {
    let flag = |flag: &str| words.iter().any(|word| word == flag);
    let build = typed(words, "kustomize", Some('k'));
    let named = build.map_or_else(|| all_typed(words, "filename", Some('f')), |directory| vec![directory]);
    if flag("--demo") {
        Some(demo::read())
    } else if let Some(path) = typed(words, "snapshot", None) {
        Some(File::open(path).ok().and_then(|file| snapshot::read(BufReader::new(file)).ok()).map(|(read, _)| read).unwrap_or_default())
    } else if !named.is_empty() && !flag("--with-cluster") {
        // Standard input belongs to the shell.
        let paths: Vec<PathBuf> = named.into_iter().filter(|name| *name != "-").map(PathBuf::from).collect();
        let recursive = flag("-R") || flag("--recursive");
        let namespace = typed(words, "namespace", Some('n')).unwrap_or("default");
        let search = files::Search { paths: &paths, recursive, excludes: &[], namespace, build: build.is_some() };
        Some(files::read(search, &mut io::empty()).map(|read| read.inventory).unwrap_or_default())
    } else {
        None
    }
}

/// Kind, namespace and name of every object.
fn all(inventory: &Inventory) -> Vec<(Kind, &str, &str)> {
    inventory.metas().map(|(kind, meta)| (kind, meta.namespace.as_str(), meta.name.as_str())).collect()
}

/// The namespaces that there are, be it that an object is in them.
pub(super) fn namespaces(inventory: &Inventory) -> BTreeSet<String> {
    let all = all(inventory);
    let named = all.iter().map(|(kind, namespace, name)| if *kind == Kind::Namespace { *name } else { *namespace });
    named.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `deploy/cart` for the objects of these kinds (of any, when there are none) in a namespace (in any, when there is none).
pub(super) fn names(inventory: &Inventory, kinds: &[Kind], namespace: Option<&str>) -> BTreeSet<String> {
    let here = |place: &str| namespace.is_none_or(|wanted| place.is_empty() || place == wanted);
    let fits = |(kind, place, _): &(Kind, &str, &str)| (kinds.is_empty() || kinds.contains(kind)) && here(place);
    all(inventory).into_iter().filter(fits).map(|(kind, _, name)| format!("{}/{name}", short(kind))).collect()
}

/// What people type for a kind.
pub(super) fn short(kind: Kind) -> String {
    kind.short_names().first().map_or_else(|| kind.name().to_ascii_lowercase(), |short| (*short).to_owned())
}
