//! What a workload argument means: `deploy/x`, `TYPE NAME`, `x`, `x.ns`, `ns/x`.

use crate::index::{Body, Workload};
use crate::model::{Kind, Service};
use crate::world::World;

/// What was meant.
#[derive(Clone, Copy, Debug)]
pub enum Target<'w> {
    /// A workload; a pod stands for the workload that made it.
    Workload(&'w Workload),
    /// A Service.
    Service(&'w Service),
}

/// Why nothing, or too much, was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// Finds what `words` name; a namespace given by flag holds unless the words have one.
pub fn find<'w>(world: &'w World, words: &[String], namespace: Option<&str>) -> Result<Target<'w>, NotFound> {
    let wanted = Wanted::parse(words, namespace)?;
    let mut found = wanted.search(world);
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(wanted.nothing(world)),
        _ => {
            let names: Vec<String> = found.iter().map(described).collect();
            Err(NotFound {
                message: format!("{:?} is several: {}", words.join(" "), names.join(", ")),
                hint: "write TYPE/NAME and -n NAMESPACE".into(),
            })
        }
    }
}

fn described(target: &Target<'_>) -> String {
    match target {
        Target::Workload(w) => w.reference.to_string(),
        Target::Service(s) => s.metadata.reference(Kind::Service).to_string(),
    }
}

struct Wanted<'a> {
    kind: Option<Kind>,
    name: &'a str,
    namespace: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn parse(words: &'a [String], namespace: Option<&'a str>) -> Result<Self, NotFound> {
        let unknown = |word: &str| NotFound {
            message: format!("{word:?} is no kind of workload"),
            hint: "kinds are pod, deploy, sts, ds, rs, job, cronjob, rollout, dc, workloadentry, externalworkload and svc".into(),
        };
        match words {
            [one] => match one.split_once('/') {
                Some((first, name)) => match kind(first) {
                    Some(kind) => Ok(Self { kind: Some(kind), ..Self::named(name, namespace) }),
                    None if namespace.is_none() => Ok(Self { kind: None, name, namespace: Some(first) }),
                    None => Err(unknown(first)),
                },
                None => Ok(Self::named(one, namespace)),
            },
            [first, name] => {
                let kind = kind(first).ok_or_else(|| unknown(first))?;
                Ok(Self { kind: Some(kind), ..Self::named(name, namespace) })
            }
            _ => Err(NotFound { message: "one workload at a time".into(), hint: "write TYPE/NAME, NAME or NAME.NAMESPACE".into() }),
        }
    }

    /// A name, of which `.ns` may be a part.
    fn named(name: &'a str, namespace: Option<&'a str>) -> Self {
        Self { kind: None, name, namespace }
    }

    fn search<'w>(&self, world: &'w World) -> Vec<Target<'w>> {
        let found = self.exactly(world, self.name, self.namespace);
        if !found.is_empty() || self.namespace.is_some() {
            return found;
        }
        // A name may have dots of its own, so it comes first as it stands.
        self.name.rsplit_once('.').map(|(name, ns)| self.exactly(world, name, Some(ns))).unwrap_or_default()
    }

    fn exactly<'w>(&self, world: &'w World, name: &str, namespace: Option<&str>) -> Vec<Target<'w>> {
        let here = |ns: &str| namespace.map_or_else(|| world.in_scope(ns), |wanted| wanted == ns);
        let of_kind = |kind: Kind| self.kind.is_none_or(|wanted| wanted == kind);
        let named = world.index.workloads().iter().filter(|w| w.reference.name == name && of_kind(w.reference.kind) && here(&w.reference.namespace));
        let mut found: Vec<Target<'w>> = named.map(Target::Workload).collect();
        if found.is_empty() && of_kind(Kind::Pod) {
            let made = |w: &&Workload| here(&w.reference.namespace) && world.index.pods_of(w).any(|p| p.metadata.name == name);
            found.extend(world.index.workloads().iter().filter(|w| !matches!(w.body, Body::Object(_))).filter(made).map(Target::Workload));
        }
        let services = || world.index.services().iter().filter(|s| s.metadata.name == name && here(&s.metadata.namespace));
        if self.kind == Some(Kind::Service) || (found.is_empty() && self.kind.is_none()) {
            found.extend(services().map(Target::Service));
        }
        found
    }

    fn nothing(&self, world: &World) -> NotFound {
        let what = self.kind.map_or_else(|| "workload or Service".to_owned(), |k| k.to_string());
        let place = match self.namespace.or(world.only_namespace().map(crate::model::Str::as_str)) {
            Some(namespace) => format!("in namespace {namespace:?}"),
            None => "in any namespace that was read".to_owned(),
        };
        NotFound { message: format!("no {what} called {:?} {place}", self.name), hint: "`kubectl mesh injection` lists all workloads".into() }
    }
}

/// A kind by kubectl's words for it: singular, plural or short, with or without the group.
fn kind(word: &str) -> Option<Kind> {
    let lower = word.to_ascii_lowercase();
    let short = match lower.as_str() {
        "po" => Some(Kind::Pod),
        "deploy" => Some(Kind::Deployment),
        "sts" => Some(Kind::StatefulSet),
        "ds" => Some(Kind::DaemonSet),
        "rs" => Some(Kind::ReplicaSet),
        "cj" => Some(Kind::CronJob),
        "ro" => Some(Kind::Rollout),
        "dc" => Some(Kind::DeploymentConfig),
        "we" => Some(Kind::WorkloadEntry),
        "svc" => Some(Kind::Service),
        _ => None,
    };
    let named = |k: &Kind| {
        let (plural, resource) = (k.plural(), k.resource());
        lower == k.name().to_ascii_lowercase() || lower == plural || lower == resource || resource_of_one(*k) == lower
    };
    let all = [Kind::Pod, Kind::Service, Kind::WorkloadEntry, Kind::ExternalWorkload];
    short.or_else(|| Kind::ALL.iter().copied().filter(|k| k.is_controller() || all.contains(k)).find(named))
}

/// `deployment.apps`, as kubectl prints it.
fn resource_of_one(kind: Kind) -> String {
    format!("{}.{}", kind.name().to_ascii_lowercase(), kind.group())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use crate::model::{Inventory, Item};
    use crate::world::{SourceInfo, SourceKind};

    fn world() -> World {
        let mut inventory = Inventory::default();
        let objects = [
            (Kind::Deployment, "shop", "cart", "{}"),
            (Kind::StatefulSet, "shop", "db", "{}"),
            (Kind::Deployment, "shop", "db", "{}"),
            (Kind::Deployment, "other", "cart", "{}"),
            (Kind::Deployment, "shop", "a.b", "{}"),
            (Kind::Service, "shop", "front", "{}"),
            (Kind::Service, "shop", "cart", "{}"),
        ];
        for (kind, namespace, name, spec) in objects {
            let spec: serde_json::Value = serde_json::from_str(spec).unwrap();
            let value = serde_json::json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec});
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        let pod = serde_json::json!({"metadata": {"namespace": "shop", "name": "cart-1-x", "labels": {"pod-template-hash": "1"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-1", "controller": true}]}});
        inventory.push(Item::from_value(Kind::Pod, pod).unwrap());
        World::new(Index::new(inventory), SourceInfo { kind: SourceKind::Files, name: "x".into() }, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn all_spellings_are_understood() {
        let world = world();
        let of = |words: &[&str], namespace| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            find(&world, &words, namespace).map(|t| described(&t)).map_err(|e| e.message)
        };
        for words in [
            &["deploy/cart"][..],
            &["deployment", "cart"],
            &["deployments.apps/cart"],
            &["cart"],
            &["Deployment/cart"],
            &["cart-1-x"],
            &["po/cart-1-x"],
        ] {
            assert_eq!(of(words, Some("shop")).as_deref(), Ok("Deployment shop/cart"), "{words:?}");
        }
        assert_eq!(of(&["cart.other"], None).as_deref(), Ok("Deployment other/cart"));
        assert_eq!(of(&["other/cart"], None).as_deref(), Ok("Deployment other/cart"));
        assert_eq!(of(&["a.b"], None).as_deref(), Ok("Deployment shop/a.b"));
        assert_eq!(of(&["front"], None).as_deref(), Ok("Service shop/front"));
        assert_eq!(of(&["svc/cart"], None).as_deref(), Ok("Service shop/cart"));
        assert_eq!(of(&["sts/db"], None).as_deref(), Ok("StatefulSet shop/db"));
        assert!(of(&["cart"], None).unwrap_err().contains("is several: Deployment other/cart, Deployment shop/cart"));
        assert!(of(&["nothing"], Some("shop")).unwrap_err().contains("in namespace \"shop\""));
        assert!(of(&["gateway/x"], Some("shop")).unwrap_err().contains("no kind of workload"));
        assert!(of(&["a", "b", "c"], None).is_err());
    }
}
