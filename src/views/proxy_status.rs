//! Which proxies have what their control plane holds: the pods there are, beside what every istiod says of those connected to it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use crate::mesh::istio::syncz::{Connected, Sync, TypeSync};
use crate::mesh::istio::{labels, revision_of};
use crate::model::{Gap, Kind, Membership, MeshId, ObjectRef, Pod, Str, words};
use crate::world::World;

/// A proxy takes what is new within this time, unless something is wrong.
const PATIENCE: i64 = 30;
/// A pod is connected this long after it began, unless something is wrong.
const BEGINNING: i64 = 300;

words! {
    /// Whether a proxy has what its control plane holds.
    ProxyState {
        /// It has.
        Synced = "synced",
        /// Something was sent that it has not taken yet; that is normal for a moment.
        Updating = "updating",
        /// Something was sent long ago that it has not taken.
        Stale = "stale",
        /// Clusters or listeners were never sent.
        NotSent = "not-sent",
        /// It refused something.
        Rejected = "rejected",
        /// No istiod knows it.
        Missing = "missing",
        /// Two istiods have it, and keep it.
        Duplicate = "duplicate",
        /// An istiod has it, and there is no such pod.
        Orphan = "orphan",
        /// Nobody can tell.
        Unknown = "unknown",
    }
}

impl ProxyState {
    /// Whether something is wrong.
    pub fn is_trouble(self) -> bool {
        matches!(self, Self::Stale | Self::NotSent | Self::Rejected | Self::Missing | Self::Duplicate)
    }
}

/// Proxies, and how far each is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProxyStatusReport {
    /// The istiods that were asked.
    pub istiods: Vec<IstiodRow>,
    /// The proxies.
    pub proxies: Vec<ProxyRow>,
    /// Proxies of Linkerd, which keep no such account and were not asked.
    pub linkerd_not_asked: usize,
    /// What could not be read or asked.
    pub gaps: Vec<Gap>,
}

/// An istiod.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IstiodRow {
    /// Its pod.
    pub object: ObjectRef,
    /// Its revision.
    pub revision: Str,
    /// Its version, when the image tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Str>,
    /// Proxies that are connected to it; nothing when it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxies: Option<usize>,
}

/// A proxy.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProxyRow {
    /// Its pod.
    pub object: ObjectRef,
    /// Its mesh.
    pub mesh: MeshId,
    /// `sidecar`, `gateway`, `waypoint`, `ztunnel`, or what it calls itself.
    pub kind: Str,
    /// The revision that it was injected or made by, where the pod tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<Str>,
    /// The istiod that it is connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub istiod: Option<Str>,
    /// Its version, as it says itself, else as its image says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Str>,
    /// Whether it has what its control plane holds.
    pub state: ProxyState,
    /// What it subscribes to.
    pub types: Vec<TypeRow>,
    /// What there is to say of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One type of configuration.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TypeRow {
    /// `CDS`, `LDS`, …
    #[serde(rename = "type")]
    pub name: Str,
    /// How far the proxy is with it.
    pub state: Sync,
    /// Seconds since the last was sent, where istiod says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Str>,
}

/// An istiod and what it said, at first and when it was asked once more.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The istiod's pod.
    pub object: ObjectRef,
    /// The first answer.
    pub first: Result<Vec<Connected>, Gap>,
    /// The second; nothing where it was not asked again.
    pub again: Option<Vec<Connected>>,
}

impl Asked {
    /// Whether anything of the first answer may be different a moment later, so that it takes another to tell.
    pub fn take_another(all: &[Self], now: Timestamp) -> bool {
        let mut seen = BTreeSet::new();
        let connected = all.iter().filter_map(|asked| asked.first.as_ref().ok()).flatten();
        let mut connected = connected.map(|proxy| (proxy, !seen.insert((&proxy.namespace, &proxy.pod))));
        connected.any(|(proxy, twice)| twice || proxy.types.iter().any(|one| is_late(one, now)))
    }
}

fn is_late(one: &TypeSync, now: Timestamp) -> bool {
    one.state == Sync::Stale && one.sent_at.is_none_or(|sent| now.as_second() - sent.as_second() > PATIENCE)
}

/// Pods of istiod that run.
pub fn istiods(world: &World) -> Vec<&Pod> {
    let mut found: Vec<&Pod> = world.index.pods().iter().filter(|pod| !pod.is_over() && pod.metadata.labels.is("app", "istiod")).collect();
    found.sort_by_key(|pod| (&pod.metadata.namespace, &pod.metadata.name));
    found
}

/// Control planes that are seen only by their webhooks: they run in another cluster, and nobody here can ask them.
pub fn outside(world: &World) -> Vec<Gap> {
    let planes = world.istio.control_planes.iter().filter(|plane| plane.namespace.is_empty());
    let gap = |plane: &crate::mesh::ControlPlane| {
        let revision = plane.revision.as_deref().unwrap_or_default();
        let object = plane.evidence.iter().find_map(|evidence| evidence.object.clone())?;
        let detail = format!("istiod of revision {revision} runs outside of this cluster, where it cannot be asked what its proxies have");
        Some(Gap::Unanswered { object, detail: detail.into() })
    };
    planes.filter_map(gap).collect()
}

/// What a proxy of Istio's is in a pod; nothing where there is none that connects to istiod.
fn kind_of(world: &World, pod: &Pod) -> Option<&'static str> {
    if pod.metadata.labels.is("app", "ztunnel") && pod.spec.container("istio-proxy").is_some() {
        return Some("ztunnel");
    }
    if !crate::mesh::Mesh::has_proxy(&world.istio, pod) {
        return None;
    }
    let membership = world.index.workload_of(pod).map(|workload| world.view().pod_membership(MeshId::Istio, workload, pod));
    Some(match membership {
        Some(Ok(Membership::Waypoint)) => "waypoint",
        Some(Ok(Membership::Gateway)) => "gateway",
        _ => "sidecar",
    })
}

/// What is shown: pods in scope that are `only`, where those are named, and of `revision`, where one is.
pub fn proxy_status(world: &World, asked: &[Asked], only: Option<&BTreeSet<ObjectRef>>, revision: Option<&str>) -> ProxyStatusReport {
    let mut gaps = super::gaps(world, &[Kind::Pod, Kind::MutatingWebhookConfiguration]);
    gaps.extend(asked.iter().filter_map(|one| one.first.as_ref().err().cloned()));
    gaps.extend(outside(world));
    let unasked = gaps.iter().any(|gap| matches!(gap, Gap::Unanswered { .. }));
    let mut connected: HashMap<(&str, &str), Vec<Seen<'_>>> = HashMap::new();
    for one in asked {
        let again: Option<HashMap<(&str, &str), &Connected>> =
            one.again.as_ref().map(|again| again.iter().map(|proxy| (key(proxy), proxy)).collect());
        for proxy in one.first.iter().flatten() {
            let again = again.as_ref().map(|again| again.get(&key(proxy)).copied());
            connected.entry(key(proxy)).or_default().push(Seen { istiod: &one.object, proxy, again });
        }
    }
    let wanted_object = |object: &ObjectRef| world.in_scope(&object.namespace) && only.is_none_or(|only| only.contains(object));
    let canonical = |name: &str| world.istio.revision(name).and_then(|plane| plane.revision.clone()).unwrap_or_else(|| name.into());
    let wanted_revision = revision.map(canonical);
    let is_wanted = |of: Option<&Str>| wanted_revision.as_ref().is_none_or(|wanted| of.is_some_and(|of| canonical(of) == *wanted));
    let versions: BTreeMap<(&str, &str), Str> = istiods(world)
        .into_iter()
        .filter_map(|pod| Some(((&*pod.metadata.namespace, &*pod.metadata.name), pod.spec.container("discovery")?.image_tag()?.into())))
        .collect();
    let (mut rows, mut linkerd_not_asked) = (Vec::new(), 0);
    for pod in world.index.pods().iter().filter(|pod| !pod.is_over()) {
        let object = pod.metadata.reference(Kind::Pod);
        let seen = connected.remove(&(&*pod.metadata.namespace, &*pod.metadata.name)).unwrap_or_default();
        if !wanted_object(&object) {
            continue;
        }
        linkerd_not_asked += usize::from(revision.is_none() && crate::mesh::Mesh::has_proxy(&world.linkerd, pod));
        let kind = kind_of(world, pod).map(Str::from).or_else(|| seen.first().map(|seen| seen.proxy.kind.clone()));
        let Some(kind) = kind else { continue };
        let of = revision_of(pod).map(Str::from).or_else(|| pod.metadata.labels.get(labels::REV).map(Str::from));
        if is_wanted(of.as_ref()) {
            rows.push(row(world, pod, object, kind, of, &seen, unasked, &versions));
        }
    }
    // What is left has no pod. Where pods are not all seen, nobody can say that.
    let mut without: Vec<_> = connected.into_iter().collect();
    without.sort_by_key(|(pod, _)| *pod);
    for ((namespace, name), seen) in without {
        let object = ObjectRef { kind: Kind::Pod, namespace: namespace.into(), name: name.into(), api_version: "v1".into() };
        let (Some(first), true, None) = (seen.first(), wanted_object(&object), &wanted_revision) else { continue };
        let hidden = world.sight(Kind::Pod, namespace) != crate::world::Sight::Clear;
        rows.push(ProxyRow {
            object,
            mesh: MeshId::Istio,
            kind: first.proxy.kind.clone(),
            revision: None,
            istiod: Some(first.istiod.name.clone()),
            version: text(&first.proxy.version),
            state: if hidden { ProxyState::Unknown } else { ProxyState::Orphan },
            types: types(first.proxy, world.now),
            note: Some(
                if hidden { "its pod could not be read" } else { "connected, and there is no such pod: a machine, another cluster, or just gone" }
                    .to_owned(),
            ),
        });
    }
    rows.sort_by(|a, b| a.object.cmp(&b.object));
    let istiods = asked.iter().map(|one| {
        let pod = world.index.pod(&one.object.namespace, &one.object.name);
        IstiodRow {
            object: one.object.clone(),
            revision: pod.and_then(|pod| pod.metadata.labels.get(labels::REV)).unwrap_or("default").into(),
            version: versions.get(&(&*one.object.namespace, &*one.object.name)).cloned(),
            proxies: one.first.as_ref().ok().map(Vec::len),
        }
    });
    gaps.sort();
    gaps.dedup();
    ProxyStatusReport { istiods: istiods.collect(), proxies: rows, linkerd_not_asked, gaps }
}

/// A proxy as an istiod sees it.
struct Seen<'a> {
    istiod: &'a ObjectRef,
    proxy: &'a Connected,
    /// The same a moment later: not asked, gone, or there.
    again: Option<Option<&'a Connected>>,
}

fn key(proxy: &Connected) -> (&str, &str) {
    (&proxy.namespace, &proxy.pod)
}

fn text(text: &Str) -> Option<Str> {
    (!text.is_empty()).then(|| text.clone())
}

#[expect(clippy::too_many_arguments, reason = "all that there is to know of one pod")]
fn row(
    world: &World,
    pod: &Pod,
    object: ObjectRef,
    kind: Str,
    revision: Option<Str>,
    seen: &[Seen<'_>],
    unasked: bool,
    versions: &BTreeMap<(&str, &str), Str>,
) -> ProxyRow {
    // One that has moved on is with the istiod that still has it.
    let still: Vec<&Seen<'_>> = seen.iter().filter(|seen| seen.again != Some(None)).collect();
    let at = still.last().copied().or(seen.last());
    let (state, note) = match at {
        None => absent(world, pod, unasked),
        Some(_) if still.len() > 1 && still.iter().all(|seen| seen.again.is_some()) => {
            let names: Vec<&str> = still.iter().map(|seen| seen.istiod.name.as_str()).collect();
            (ProxyState::Duplicate, Some(format!("connected to {}", names.join(" and "))))
        }
        Some(at) => {
            let version = versions.get(&(&*at.istiod.namespace, &*at.istiod.name)).map(Str::as_str);
            of_types(at, version, &kind, world.now)
        }
    };
    let own = crate::mesh::Mesh::proxy_version(&world.istio, pod);
    ProxyRow {
        object,
        mesh: MeshId::Istio,
        kind,
        revision,
        istiod: at.map(|at| at.istiod.name.clone()),
        version: at.and_then(|at| text(&at.proxy.version)).or(own),
        state,
        types: at.map(|at| types(at.proxy, world.now)).unwrap_or_default(),
        note,
    }
}

/// A pod with a proxy that no istiod knows.
fn absent(world: &World, pod: &Pod, unasked: bool) -> (ProxyState, Option<String>) {
    let said = |state, text: &str| (state, Some(text.to_owned()));
    if pod.status.phase != "Running" {
        return (ProxyState::Unknown, Some(format!("its pod is {}", if pod.status.phase.is_empty() { "not running" } else { &pod.status.phase })));
    }
    if unasked {
        return said(ProxyState::Unknown, "no istiod that was asked knows it, and not all could be asked");
    }
    let begun = pod.metadata.creation_timestamp.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    match begun {
        Some(begun) if world.now.as_second() - begun.as_second() > BEGINNING => {
            said(ProxyState::Missing, "connected to no istiod: it serves what it got last, or nothing")
        }
        _ => said(ProxyState::Unknown, "not connected yet"),
    }
}

/// By the worst of its types.
fn of_types(at: &Seen<'_>, istiod: Option<&str>, kind: &str, now: Timestamp) -> (ProxyState, Option<String>) {
    let latest = at.again.flatten().unwrap_or(at.proxy);
    if let Some(refused) = latest.types.iter().find(|one| one.state == Sync::Error) {
        return (ProxyState::Rejected, Some(format!("{}: {}", refused.name, refused.error)));
    }
    let late: Vec<&TypeSync> = at.proxy.types.iter().filter(|one| is_late(one, now)).collect();
    let still =
        |one: &&&TypeSync| at.again.flatten().is_some_and(|again| again.types.iter().any(|other| other.name == one.name && is_late(other, now)));
    let stale: Vec<&TypeSync> = late.iter().filter(still).copied().collect();
    if !stale.is_empty() {
        let names: Vec<&str> = stale.iter().map(|one| one.name.as_str()).collect();
        // Such an istiod forgets what was taken when a proxy asks for more by itself.
        if stale.iter().all(|one| one.never_taken) && istiod.is_some_and(forgets_what_was_taken) {
            return (ProxyState::Unknown, Some(format!("{}: this istiod may have lost count (istio#51612)", names.join(", "))));
        }
        return (ProxyState::Stale, Some(format!("{} sent and not taken", names.join(", "))));
    }
    let missing: Vec<&str> = latest
        .types
        .iter()
        .filter(|one| one.state == Sync::NotSent && matches!(one.name.as_str(), "CDS" | "LDS"))
        .map(|one| one.name.as_str())
        .collect();
    if !missing.is_empty() && kind != "ztunnel" {
        return (ProxyState::NotSent, Some(format!("{} never sent", missing.join(", "))));
    }
    if latest.types.iter().any(|one| one.state == Sync::Stale) { (ProxyState::Updating, None) } else { (ProxyState::Synced, None) }
}

/// Whether an istiod blanks what a proxy has taken, by its version.
fn forgets_what_was_taken(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next(), parts.next()), (Some(1), Some(22), Some(0..=3)) | (Some(1), Some(23), Some(0)))
}

fn types(proxy: &Connected, now: Timestamp) -> Vec<TypeRow> {
    let one = |one: &TypeSync| TypeRow {
        name: one.name.clone(),
        state: one.state,
        age_seconds: one.sent_at.map(|sent| (now.as_second() - sent.as_second()).max(0)),
        error: text(&one.error),
    };
    proxy.types.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_istiods_lose_count() {
        assert!(["1.22.0", "1.22.3-distroless", "1.23.0"].iter().all(|version| forgets_what_was_taken(version)));
        assert!(!["1.21.5", "1.22.4", "1.23.1", "1.27.1", "latest"].iter().any(|version| forgets_what_was_taken(version)));
    }
}
