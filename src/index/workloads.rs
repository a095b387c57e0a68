//! Who made which pod: the owner chain, followed by name where intermediate objects are not read.

use std::collections::HashMap;

use super::{Body, Variant, Variants, Workload};
use crate::model::{Field, Inventory, Kind, Map, Meta, ObjectRef, Pod, Str};

type Key = (Str, Kind, Str);

/// All workloads, sorted by namespace, name and kind, each with its pods.
pub(super) fn of(inventory: &Inventory) -> Vec<Workload> {
    let mut found: HashMap<Key, Workload> = HashMap::new();
    for (i, controller) in inventory.controllers.iter().enumerate() {
        let meta = &controller.metadata;
        if is_intermediate(controller.kind, meta) {
            continue;
        }
        let template = controller.template();
        let workload = Workload {
            reference: meta.reference(controller.kind),
            labels: template.map(|t| t.metadata.labels.clone()).unwrap_or_default(),
            annotations: template.map(|t| t.metadata.annotations.clone()).unwrap_or_default(),
            body: Body::Controller(i),
            pods: Vec::new(),
            variants: Variants::new(),
            position: 0,
        };
        found.insert((meta.namespace.clone(), controller.kind, meta.name.clone()), workload);
    }
    for (i, object) in inventory.objects.iter().enumerate() {
        let labels = match object.kind {
            Kind::WorkloadEntry => object.spec().get("labels").map_or_else(|| object.meta.labels.clone(), |l| text_map(l)),
            Kind::ExternalWorkload => object.meta.labels.clone(),
            _ => continue,
        };
        let key = (object.meta.namespace.clone(), object.kind, object.meta.name.clone());
        let reference = object.meta.reference(object.kind);
        found.insert(
            key,
            Workload {
                reference,
                labels,
                annotations: object.meta.annotations.clone(),
                body: Body::Object(i),
                pods: Vec::new(),
                variants: Variants::new(),
                position: 0,
            },
        );
    }
    let owners = Owners::new(inventory);
    for (i, pod) in inventory.pods.iter().enumerate() {
        let (kind, name) = owners.of(pod);
        let meta = &pod.metadata;
        let workload = found.entry((meta.namespace.clone(), kind, name.clone())).or_insert_with(|| Workload {
            reference: ObjectRef { namespace: meta.namespace.clone(), kind, name, api_version: Str::default() },
            labels: meta.labels.clone(),
            annotations: meta.annotations.clone(),
            body: Body::Pod(i),
            pods: Vec::new(),
            variants: Variants::new(),
            position: 0,
        });
        workload.pods.push(i as u32);
        // Pods of one ReplicaSet stand together, so looking at the last variant finds nearly all that are alike.
        match workload.variants.last_mut() {
            _ if pod.is_over() => {}
            Some(last) if inventory.pods[last.first as usize].is_like(pod) => last.pods += 1,
            _ => workload.variants.push(Variant { first: i as u32, pods: 1, owned: meta.controller().is_some() }),
        }
    }
    let mut workloads: Vec<Workload> = found.into_values().collect();
    workloads.sort_unstable_by(|a, b| {
        let key = |w: &Workload| (w.reference.namespace.clone(), w.reference.name.clone(), w.reference.kind);
        key(a).cmp(&key(b))
    });
    workloads.iter_mut().enumerate().for_each(|(i, workload)| workload.position = i);
    workloads
}

/// ReplicaSets of Deployments, ReplicationControllers of DeploymentConfigs and Jobs of CronJobs are not what their users call a workload.
fn is_intermediate(kind: Kind, meta: &Meta) -> bool {
    matches!(kind, Kind::ReplicaSet | Kind::ReplicationController | Kind::Job)
        && meta.controller().is_some_and(|o| Kind::of(&o.api_version, &o.kind).is_some())
}

fn text_map(field: Field<'_>) -> Map {
    field.entries().filter_map(|(k, v)| Some((k, v.str()?))).collect()
}

struct Owners<'a> {
    /// Owners of the ReplicaSets and Jobs that were read.
    parents: HashMap<(&'a str, Kind, &'a str), (Kind, Str)>,
    /// Controllers by namespace, under the first pair of their selector, for pods without an owner (manifests).
    selectors: HashMap<(&'a str, &'a Str, &'a Str), Vec<usize>>,
    cron_jobs: HashMap<(&'a str, &'a str), ()>,
    inventory: &'a Inventory,
}

impl<'a> Owners<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let mut owners = Self { parents: HashMap::new(), selectors: HashMap::new(), cron_jobs: HashMap::new(), inventory };
        for (i, controller) in inventory.controllers.iter().enumerate() {
            let meta = &controller.metadata;
            if let Some(parent) = meta.controller().and_then(|o| Some((Kind::of(&o.api_version, &o.kind)?, o.name.clone()))) {
                owners.parents.insert((meta.namespace.as_str(), controller.kind, meta.name.as_str()), parent);
                continue;
            }
            if controller.kind == Kind::CronJob {
                owners.cron_jobs.insert((meta.namespace.as_str(), meta.name.as_str()), ());
            }
            if let Some((k, v)) = controller.spec.selector.match_labels.iter().next() {
                owners.selectors.entry((meta.namespace.as_str(), k, v)).or_default().push(i);
            }
        }
        owners
    }

    /// The kind and name under which a pod's workload is known.
    fn of(&self, pod: &Pod) -> (Kind, Str) {
        let meta = &pod.metadata;
        let Some(owner) = meta.controller() else {
            return self.by_selector(pod).unwrap_or((Kind::Pod, meta.name.clone()));
        };
        let Some(kind) = Kind::of(&owner.api_version, &owner.kind) else {
            // A foreign owner leaves the pod on its own.
            return (Kind::Pod, meta.name.clone());
        };
        if let Some(parent) = self.parents.get(&(meta.namespace.as_str(), kind, owner.name.as_str())) {
            return parent.clone();
        }
        match kind {
            Kind::ReplicaSet => by_template_hash(meta, &owner.name).unwrap_or((kind, owner.name.clone())),
            // A DeploymentConfig's label names it.
            Kind::ReplicationController => match meta.labels.get("deploymentconfig") {
                Some(config) => (Kind::DeploymentConfig, config.into()),
                None => (kind, owner.name.clone()),
            },
            Kind::Job => match owner.name.rsplit_once('-') {
                Some((cron, _)) if self.cron_jobs.contains_key(&(meta.namespace.as_str(), cron)) => (Kind::CronJob, cron.into()),
                _ => (kind, owner.name.clone()),
            },
            _ => (kind, owner.name.clone()),
        }
    }

    fn by_selector(&self, pod: &Pod) -> Option<(Kind, Str)> {
        let meta = &pod.metadata;
        let candidates = meta.labels.iter().filter_map(|(k, v)| self.selectors.get(&(meta.namespace.as_str(), k, v))).flatten();
        let first = candidates.copied().filter(|i| self.inventory.controllers[*i].spec.selector.matches(&meta.labels)).min()?;
        let controller = &self.inventory.controllers[first];
        Some((controller.kind, controller.metadata.name.clone()))
    }
}

/// ReplicaSets are many and say nothing the pod does not: a Deployment names them `<deployment>-<pod-template-hash>`.
fn by_template_hash(meta: &Meta, replica_set: &str) -> Option<(Kind, Str)> {
    [("rollouts-pod-template-hash", Kind::Rollout), ("pod-template-hash", Kind::Deployment)].into_iter().find_map(|(label, kind)| {
        let name = replica_set.strip_suffix(meta.labels.get(label)?)?.strip_suffix('-')?;
        Some((kind, name.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use crate::model::Item;

    #[test]
    fn a_replication_controller_is_a_workload_unless_a_deployment_config_made_it() {
        let pod = |owner: &str, label: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"namespace":"shop","name":"{owner}-x","labels":{{"app":"{owner}"{label}}},
                "ownerReferences":[{{"apiVersion":"v1","kind":"ReplicationController","name":"{owner}","controller":true}}]}}}}"#
            )
        };
        let plain = r#"{"apiVersion":"v1","kind":"ReplicationController","metadata":{"namespace":"shop","name":"old"},
            "spec":{"selector":{"app":"loose"},"template":{"metadata":{"labels":{"app":"loose"}}}}}"#;
        let loose = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"loose","labels":{"app":"loose"}}}"#;
        let index = index(&[&pod("rc", ""), &pod("dc-1", r#","deploymentconfig":"dc""#), plain, loose]);
        let names: Vec<String> = index.workloads().iter().map(|w| format!("{} ({})", w.reference, w.pods.len())).collect();
        assert_eq!(names, ["DeploymentConfig shop/dc (1)", "ReplicationController shop/old (1)", "ReplicationController shop/rc (1)"]);
    }

    fn index(objects: &[&str]) -> Index {
        let mut inventory = Inventory::default();
        for text in objects {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        Index::new(inventory)
    }

    fn names(index: &Index) -> Vec<(String, usize)> {
        index.workloads().iter().map(|w| (w.reference.to_string(), w.pods.len())).collect()
    }

    #[test]
    fn a_deployments_pods_are_found_without_reading_replica_sets() {
        let index = index(&[
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"shop","name":"cart"}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"cart-5d4f-x","labels":{"pod-template-hash":"5d4f"},
                "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"cart-5d4f","controller":true}]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"solo"}}"#,
        ]);
        assert_eq!(names(&index), [("Deployment shop/cart".into(), 1), ("Pod shop/solo".into(), 1)]);
    }

    #[test]
    fn a_pod_in_a_manifest_belongs_to_the_controller_that_selects_it() {
        let index = index(&[
            r#"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"namespace":"shop","name":"db"},"spec":{"selector":{"matchLabels":{"app":"db"}}}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"db-0","labels":{"app":"db","x":"y"}}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"other","name":"db-0","labels":{"app":"db"}}}"#,
        ]);
        assert_eq!(names(&index), [("Pod other/db-0".into(), 1), ("StatefulSet shop/db".into(), 1)]);
    }

    #[test]
    fn a_job_pod_belongs_to_its_cron_job() {
        let index = index(&[
            r#"{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"shop","name":"nightly"}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"nightly-288-x",
                "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"nightly-288","controller":true}]}}"#,
        ]);
        assert_eq!(names(&index), [("CronJob shop/nightly".into(), 1)]);
    }

    #[test]
    fn selecting_by_labels_stays_in_the_namespace() {
        let pod = |ns: &str, name: &str, app: &str| {
            format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"namespace":"{ns}","name":"{name}","labels":{{"app":"{app}","v":"1"}}}}}}"#)
        };
        let (a, b, c) = (pod("one", "a", "web"), pod("two", "b", "web"), pod("two", "c", "db"));
        let index = index(&[&a, &b, &c]);
        let web: Map = [("app", "web")].into_iter().collect();
        let picked = |ns: Option<&str>, selector: &Map| index.select(ns, selector).map(|w| w.reference.name.to_string()).collect::<Vec<_>>();
        assert_eq!(picked(None, &web), ["a", "b"]);
        assert_eq!(picked(Some("two"), &web), ["b"]);
        assert_eq!(picked(Some("two"), &Map::default()), ["b", "c"]);
        assert!(picked(Some("none"), &web).is_empty());
    }
}
