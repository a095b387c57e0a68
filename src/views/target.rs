//! What an argument names: a workload or Service, or any objects, by the words that [`Named`] reads.

use std::collections::BTreeSet;

use crate::index::{Body, Workload};
use crate::model::{FEW, FORMS, Kind, LabelSelector, Misnamed, Named, ObjectRef, Service, did_you_mean, did_you_mean_kind, first_of, unknown_kind};
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
    /// What could not be read and may hold it: then it is not known to be absent.
    pub unread: Option<String>,
    /// Whether all objects of a kind were meant and there are none, which is no mistake.
    pub empty: bool,
}

impl From<Misnamed> for NotFound {
    fn from(Misnamed { message, hint }: Misnamed) -> Self {
        Self { message, hint, unread: None, empty: false }
    }
}

/// Finds the one workload or Service that `words` name; a namespace given by flag holds unless the words have one.
pub fn find<'w>(world: &'w World, words: &[String], namespace: Option<&str>) -> Result<Target<'w>, NotFound> {
    let mut named = Named::parse(words)?;
    let one = match (named.pop(), named.is_empty()) {
        (Some(one), true) => one,
        _ => {
            return Err(
                Misnamed { message: "one workload at a time".into(), hint: "write TYPE/NAME, TYPE NAME, NAME or NAME.NAMESPACE".into() }.into()
            );
        }
    };
    if !one.kinds.is_empty() && !one.kinds.iter().any(|kind| makes_target(*kind)) {
        let message = format!("{:?} is no workload and no Service", one.written);
        let hint = "kinds are pod, deploy, sts, ds, rs, job, cronjob, rollout, dc, workloadentry, externalworkload and svc";
        return Err(Misnamed { message, hint: hint.into() }.into());
    }
    let mut found = search(&one, namespace, |name, namespace| targets(world, &one, name, namespace));
    match found.len() {
        1 => Ok(found.remove(0)),
        0 if !one.all_of().is_empty() => Err(which(world, &one, namespace)),
        0 => Err(missing(world, &one, namespace, "workload or Service", makes_target)),
        _ => Err(NotFound {
            message: format!("{:?} is several: {}", one.written, some(found.iter().map(Target::reference))),
            hint: "write TYPE/NAME and -n NAMESPACE".into(),
            unread: None,
            empty: false,
        }),
    }
}

/// Finds all objects that `words` name, of any kind.
pub fn objects(world: &World, words: &[String], namespace: Option<&str>) -> Result<BTreeSet<ObjectRef>, NotFound> {
    let mut all = BTreeSet::new();
    for one in Named::parse(words)? {
        let mut found = search(&one, namespace, |name, namespace| matching(world, &one.kinds, Some(name), namespace));
        let kinds = one.all_of();
        if found.is_empty() && !kinds.is_empty() {
            found = matching(world, &kinds, None, namespace);
            if found.is_empty() {
                return Err(none_of(world, &kinds, namespace));
            }
        }
        if found.is_empty() {
            return Err(missing(world, &one, namespace, "object", |_| true));
        }
        all.extend(found);
    }
    Ok(all)
}

/// The objects in scope that carry these labels; workloads also by those of their pods.
pub fn selected(world: &World, selector: &LabelSelector) -> BTreeSet<ObjectRef> {
    let mut all = BTreeSet::new();
    world.index.inventory().subjects().for_each(|object| {
        let meta = object.meta();
        let place = if object.kind() == Kind::Namespace { &meta.name } else { &meta.namespace };
        if !object.kind().is_controller() && world.in_scope(place) && selector.matches(&meta.labels) {
            all.insert(object.reference());
        }
    });
    let workloads = world.index.workloads().iter().filter(|w| world.in_scope(&w.reference.namespace) && world.selects(selector, w));
    all.extend(workloads.map(|w| w.reference.clone()));
    all
}

impl Target<'_> {
    /// The object it is.
    pub fn reference(&self) -> ObjectRef {
        match self {
            Self::Workload(workload) => workload.reference.clone(),
            Self::Service(service) => service.metadata.reference(Kind::Service),
        }
    }
}

fn makes_target(kind: Kind) -> bool {
    kind.is_controller() || matches!(kind, Kind::Pod | Kind::Service | Kind::WorkloadEntry | Kind::ExternalWorkload)
}

/// A name may have dots of its own, so it comes first as it stands, then as `NAME.NAMESPACE`.
fn search<T>(one: &Named, namespace: Option<&str>, find: impl Fn(&str, Option<&str>) -> Vec<T>) -> Vec<T> {
    let Some(name) = one.name.as_deref() else { return Vec::new() };
    let namespace = one.namespace.as_deref().or(namespace);
    let found = find(name, namespace);
    match name.rsplit_once('.') {
        Some((name, in_name)) if found.is_empty() && namespace.is_none() => find(name, Some(in_name)),
        _ => found,
    }
}

fn targets<'w>(world: &'w World, one: &Named, name: &str, namespace: Option<&str>) -> Vec<Target<'w>> {
    let here = |ns: &str| namespace.map_or_else(|| world.in_scope(ns), |wanted| wanted == ns);
    let workloads = || world.index.workloads().iter().filter(|w| here(&w.reference.namespace));
    let mut found: Vec<Target<'w>> = workloads().filter(|w| w.reference.name == name && one.may_be(w.reference.kind)).map(Target::Workload).collect();
    if found.is_empty() && one.may_be(Kind::Pod) {
        let made = |w: &&Workload| world.index.pods_of(w).any(|p| p.metadata.name == name);
        found.extend(workloads().filter(|w| !matches!(w.body, Body::Object(_))).filter(made).map(Target::Workload));
    }
    if found.is_empty() && one.may_be(Kind::Service) {
        let services = world.index.services().iter().filter(|s| s.metadata.name == name && here(&s.metadata.namespace));
        found.extend(services.map(Target::Service));
    }
    found
}

/// Objects of these kinds (any when there are none) with this name (any when there is none).
fn matching(world: &World, kinds: &[Kind], name: Option<&str>, namespace: Option<&str>) -> Vec<ObjectRef> {
    let mut found = Vec::new();
    world.index.inventory().subjects().for_each(|object| {
        let meta = object.meta();
        let place = if object.kind() == Kind::Namespace { &meta.name } else { &meta.namespace };
        let here = || namespace.map_or_else(|| world.in_scope(place), |wanted| place.is_empty() || place == wanted);
        if name.is_none_or(|name| meta.name == name) && (kinds.is_empty() || kinds.contains(&object.kind())) && here() {
            found.push(object.reference());
        }
    });
    found.sort();
    found
}

/// Says what is not there, and what of its like is.
fn missing(world: &World, one: &Named, namespace: Option<&str>, what: &str, fits: impl Fn(Kind) -> bool) -> NotFound {
    let name = one.name.as_deref().unwrap_or_default();
    let what = if one.kinds.is_empty() { what.to_owned() } else { any_of(&one.kinds) };
    let called = one.name.as_ref().map_or(String::new(), |name| format!(" called {name:?}"));
    let wanted = one.namespace.as_deref().or(namespace).or(world.only_namespace().map(crate::model::Str::as_str));
    let place = place(wanted);
    let mut elsewhere = Vec::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    world.index.inventory().subjects().for_each(|object| {
        if !fits(object.kind()) || !one.may_be(object.kind()) {
            return;
        }
        let meta = object.meta();
        if meta.name == name {
            elsewhere.push(object.reference());
        } else if wanted.is_none_or(|namespace| meta.namespace == namespace) {
            names.insert(&meta.name);
        }
    });
    // Where the first part is neither a kind nor a namespace, it was probably meant for a kind.
    let strange = one.namespace.as_deref().filter(|first| world.index.namespace(first).is_none() && !one.written.contains(' '));
    let bare = Some(name).filter(|_| one.kinds.is_empty() && one.namespace.is_none());
    let hint = strange
        .and_then(did_you_mean_kind)
        .or_else(|| strange.map(|first| format!("{}, nor is there a namespace of that name", unknown_kind(first).message)))
        .or_else(|| (!elsewhere.is_empty()).then(|| format!("there is {}", some(elsewhere.into_iter()))))
        .or_else(|| did_you_mean(name, names))
        .or_else(|| bare.and_then(did_you_mean_kind))
        .unwrap_or_else(|| "`kubectl mesh injection` lists all workloads".to_owned());
    NotFound {
        message: format!("no {what}{called} {place}"),
        hint,
        unread: world.index.hidden(&one.kinds).or_else(|| unseen(world, one)),
        empty: false,
    }
}

/// Says that nothing of whole kinds is there, and what of them is elsewhere.
fn none_of(world: &World, kinds: &[Kind], namespace: Option<&str>) -> NotFound {
    let wanted = namespace.or(world.only_namespace().map(crate::model::Str::as_str)).filter(|_| kinds.iter().any(|kind| kind.namespaced()));
    let mut elsewhere = Vec::new();
    world.index.inventory().subjects().for_each(|object| {
        if kinds.contains(&object.kind()) {
            elsewhere.push(object.reference());
        }
    });
    let hint = if elsewhere.is_empty() { FORMS.to_owned() } else { format!("there is {}", some(elsewhere.into_iter())) };
    let unread = world.index.hidden(kinds);
    NotFound { message: format!("no {} {}", any_of(kinds), place(wanted)), hint, empty: unread.is_none(), unread }
}

/// Where one workload or Service is wanted and a kind is named.
fn which(world: &World, one: &Named, namespace: Option<&str>) -> NotFound {
    let kinds = one.all_of();
    if !kinds.iter().any(|kind| makes_target(*kind)) {
        let hint = format!("`kubectl mesh check {}` judges all of them", one.written);
        return Misnamed { message: format!("{:?} is no workload and no Service", one.written), hint }.into();
    }
    let found = matching(world, &kinds, None, namespace);
    if found.is_empty() {
        return none_of(world, &kinds, namespace);
    }
    let message = format!("{:?} is a kind: which of its objects?", one.written);
    Misnamed { message, hint: format!("there is {}", some(found.into_iter())) }.into()
}

/// The kinds by name; two have the same where Istio and the Gateway API have namesakes.
fn any_of(kinds: &[Kind]) -> String {
    kinds.iter().map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" or ")
}

fn place(namespace: Option<&str>) -> String {
    namespace.map_or_else(|| "in any namespace that was read".to_owned(), |namespace| format!("in namespace {namespace:?}"))
}

/// What was not read, for a name that may be of any kind.
fn unseen(world: &World, one: &Named) -> Option<String> {
    let gaps = &world.index.inventory().gaps;
    gaps.iter().find(|gap| one.kinds.is_empty() && gap.hides_objects()).map(ToString::to_string)
}

/// The first five, and how many there are besides.
fn some(objects: impl Iterator<Item = ObjectRef>) -> String {
    first_of(&objects.collect::<Vec<_>>(), FEW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use crate::model::{Coverage, Inventory, Item};
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
            find(&world, &words, namespace).map(|t| t.reference().to_string()).map_err(|e| e.message)
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
        assert!(of(&["gateway/x"], Some("shop")).unwrap_err().contains("no workload and no Service"));
        assert!(of(&["a", "b", "c"], None).is_err());
    }
    #[test]
    fn objects_of_any_kind_are_found_and_what_is_missing_is_told_with_its_like() {
        let world = world();
        let of = |words: &[&str], namespace| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            let found = objects(&world, &words, namespace).map_err(|e| format!("{}: {}", e.message, e.hint))?;
            Ok::<_, String>(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        assert_eq!(of(&["svc/cart", "sts/db"], None).as_deref(), Ok("Service shop/cart, StatefulSet shop/db"));
        assert_eq!(of(&["deploy", "cart", "db"], Some("shop")).as_deref(), Ok("Deployment shop/cart, Deployment shop/db"));
        assert_eq!(of(&["svc"], None).as_deref(), Ok("Service shop/cart, Service shop/front"));
        assert_eq!(of(&["other/deployment.apps/cart"], None).as_deref(), Ok("Deployment other/cart"));
        assert_eq!(of(&["deploy/crat"], Some("shop")).unwrap_err(), "no Deployment called \"crat\" in namespace \"shop\": did you mean cart?");
        assert_eq!(of(&["svc/cart"], Some("other")).unwrap_err(), "no Service called \"cart\" in namespace \"other\": there is Service shop/cart");
        assert!(of(&["deploymnt/cart"], None).unwrap_err().ends_with("did you mean deployment or deployments?"));
        assert!(of(&["foo/bar"], None).unwrap_err().ends_with("\"foo\" is no kind that this tool reads, nor is there a namespace of that name"));
    }

    #[test]
    fn a_kind_of_which_there_is_nothing_is_no_name_and_no_mistake() {
        let mut inventory = Inventory::default();
        inventory.coverage.extend(Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)));
        let source = SourceInfo { kind: SourceKind::Cluster, name: "x".into() };
        let world = World::new(Index::new(inventory), source, jiff::Timestamp::UNIX_EPOCH);
        for kind in Kind::ALL {
            let words = [kind.plural().to_owned(), kind.name().to_ascii_lowercase(), kind.resource(), kind.singular_resource()];
            for word in words.into_iter().chain(kind.short_names().iter().map(|word| (*word).to_owned())) {
                let error = objects(&world, std::slice::from_ref(&word), Some("shop")).unwrap_err();
                assert!(error.message.starts_with("no ") && error.message.contains(kind.name()) && !error.message.contains("called"), "{error:?}");
                assert!(error.empty && error.unread.is_none(), "{error:?}");
                let error = find(&world, std::slice::from_ref(&word), Some("shop")).unwrap_err();
                let told = if error.empty { error.message.starts_with("no ") } else { error.hint.contains(&format!("check {word}`")) };
                assert!(told && error.empty == Kind::called(&word).iter().any(|kind| makes_target(*kind)), "{error:?}");
            }
        }
        let several = objects(&world, &["vs,dr".to_owned()], None).unwrap_err();
        assert_eq!(several.message, "no DestinationRule or VirtualService in any namespace that was read");
        let full = self::world();
        let which = find(&full, &["sts,svc".to_owned()], Some("shop")).unwrap_err();
        assert!(which.message.contains("which of its objects?") && which.hint.contains("StatefulSet shop/db"), "{which:?}");
        let elsewhere = objects(&full, &["sts".to_owned()], Some("other")).unwrap_err();
        assert_eq!(elsewhere.hint, "there is StatefulSet shop/db");
    }
}
