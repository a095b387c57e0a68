//! Files laid over a cluster: what it would be after `kubectl apply -f`.

use std::collections::BTreeSet;

use crate::model::{Coverage, Inventory, Meta, ObjectRef, Subject};

/// Puts the objects of `files` in the place of the cluster's; also returns which they are.
///
/// An object that exists keeps its age, as it would under `apply`: of several policies the oldest may be the one that counts.
pub fn lay(files: Inventory, mut cluster: Inventory) -> (Inventory, BTreeSet<ObjectRef>) {
    let mut laid = BTreeSet::new();
    replace(files.pods, &mut cluster.pods, |o| &mut o.metadata, &mut laid);
    replace(files.services, &mut cluster.services, |o| &mut o.metadata, &mut laid);
    replace(files.namespaces, &mut cluster.namespaces, |o| &mut o.metadata, &mut laid);
    replace(files.nodes, &mut cluster.nodes, |o| &mut o.metadata, &mut laid);
    replace(files.controllers, &mut cluster.controllers, |o| &mut o.metadata, &mut laid);
    replace(files.objects, &mut cluster.objects, |o| &mut o.meta, &mut laid);
    cluster.gaps.extend(files.gaps);
    // A kind whose CRD is missing in the cluster is there once the files are: what they hold is all there is of it.
    for (kind, coverage) in files.coverage {
        if coverage == Coverage::Complete {
            cluster.coverage.entry(kind).or_insert(Coverage::Complete);
        }
    }
    (cluster, laid)
}

fn replace<T: Subject>(from: Vec<T>, onto: &mut Vec<T>, meta: impl Fn(&mut T) -> &mut Meta, laid: &mut BTreeSet<ObjectRef>) {
    let identity = |o: &T| (o.kind(), o.meta().namespace.clone(), o.meta().name.clone());
    let names: BTreeSet<_> = from.iter().map(identity).collect();
    let mut ages = std::collections::BTreeMap::new();
    onto.retain(|o| {
        let id = identity(o);
        let replaced = names.contains(&id);
        if replaced {
            ages.insert(id, o.meta().creation_timestamp.clone());
        }
        !replaced
    });
    for mut object in from {
        if let Some(age) = ages.remove(&identity(&object)) {
            meta(&mut object).creation_timestamp = age;
        }
        laid.insert(object.reference());
        onto.push(object);
    }
}

#[cfg(test)]
mod tests {
    use super::lay;
    use crate::cluster::files;

    #[test]
    fn files_replace_and_add_and_keep_the_age() {
        let parse = |text: &str| files::parse("x.yaml", text, "default").unwrap().inventory;
        let cluster = parse(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a, creationTimestamp: 2024-01-01T00:00:00Z}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
        );
        let files = parse(
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: c}\n",
        );
        let (all, laid) = lay(files, cluster);
        let names: Vec<_> = all.services.iter().map(|s| s.metadata.name.to_string()).collect();
        assert_eq!(names, ["b", "a", "c"]);
        assert!(all.services[1].is_headless() && all.services[1].metadata.creation_timestamp.as_deref() == Some("2024-01-01T00:00:00Z"));
        assert_eq!(laid.len(), 2);
    }
}
