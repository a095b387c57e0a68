//! In which stage the change of a root stands: which roots proxies accept, and in which root their own certificates end. Two proxies understand each
//! other where each accepts the root of the other.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Held, sha256};
use crate::mesh::certificate::{Certificate, leads_to};
use crate::mesh::istio::authority;
use crate::mesh::linkerd::trust::{self, Trust};
use crate::mesh::linkerd::{LinkerdConfig, anchors};
use crate::model::{MeshId, ObjectRef, Str};
use crate::world::World;

/// How long a workload's certificate holds in both meshes, unless somebody says otherwise.
const LEAF: i64 = 24 * 3600;

/// Stages of a change of roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// One root everywhere.
    Stable,
    /// A new root is there; not all accept it yet, or the issuer is still of the old one.
    Adding,
    /// The issuer is of the new root; certificates of the old one are still in use.
    Switching,
    /// No certificate of the old root is in use any more.
    Removable,
    /// Some accept no root that others' certificates end in.
    Broken,
    /// The control plane itself runs with other roots than it hands out.
    StaleControlPlane,
    /// What decides was not read.
    Unknown,
}

/// How far the change of a root has come.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RotationRow {
    /// The mesh.
    pub mesh: MeshId,
    /// Namespace of the control plane.
    pub namespace: Str,
    /// The stage.
    pub stage: Stage,
    /// What it means, and what to do next.
    pub text: String,
    /// Roots that the control plane hands out, by SHA-256.
    pub roots: Vec<String>,
    /// Workloads to restart.
    pub restart: Vec<ObjectRef>,
    /// Namespaces whose roots are other ones.
    pub namespaces: Vec<Str>,
}

pub(super) fn all(world: &World, held: &[Held], with_secrets: bool) -> Vec<RotationRow> {
    let linkerd = world.linkerd.configs.iter().filter_map(|config| linkerd(world, config, held, with_secrets));
    linkerd.chain(istio(world, held, with_secrets)).collect()
}

/// What an issuer says about the stage, where every proxy accepts all of several roots.
fn by_issuer(world: &World, issuer: Option<&[Certificate]>, roots: &[Certificate]) -> (Stage, String) {
    let Some((first, chain)) = issuer.and_then(|chain| Some((chain.first()?, chain))) else {
        return (Stage::Unknown, "all accept every root; whether the issuer is of the new one already was not read (--read-secrets)".to_owned());
    };
    let newest = roots.iter().max_by_key(|root| root.not_before);
    let of_newest = newest.is_some_and(|root| leads_to(chain, std::slice::from_ref(root)));
    let age = world.now.as_second() - first.not_before.as_second();
    match (leads_to(chain, roots), of_newest) {
        (false, _) => (Stage::Broken, "the issuer was issued by none of the roots: what it signs is refused".to_owned()),
        (true, false) => (Stage::Adding, "all accept every root: the issuer may be replaced by one of the new root".to_owned()),
        (true, true) if age < LEAF => {
            let left = (LEAF - age) / 3600 + 1;
            (Stage::Switching, format!("certificates of the old root may be in use for {left} more hours: do not remove it before"))
        }
        (true, true) => {
            (Stage::Removable, "certificates of the old root have ended: it may be removed, then workloads be restarted once more".to_owned())
        }
    }
}

fn linkerd(world: &World, config: &LinkerdConfig, held: &[Held], with_secrets: bool) -> Option<RotationRow> {
    let text = config.trust_anchors.as_deref()?;
    let roots = &held.iter().find(|h| h.mesh == MeshId::Linkerd && h.namespace == config.namespace && h.place.is_some())?.certificates;
    let (mut apart, mut behind, mut plane) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for workload in world.index.workloads() {
        for pod in world.index.live_pods(workload) {
            let Trust::Differs { overlaps } = trust::of(pod, text) else { continue };
            let reference = workload.reference.clone();
            match overlaps {
                _ if workload.reference.namespace == config.namespace => plane.insert(reference),
                Some(false) => apart.insert(reference),
                _ => behind.insert(reference),
            };
        }
    }
    let issuer = with_secrets.then(|| anchors::issuer(&world.index, config)).flatten().and_then(|bundle| bundle.certificates.ok());
    let number = |set: &BTreeSet<ObjectRef>| if set.len() == 1 { "1 workload".to_owned() } else { format!("{} workloads", set.len()) };
    let (stage, text, restart) = if !apart.is_empty() {
        (Stage::Broken, format!("{} accept none of the control plane's roots: restart them", number(&apart)), apart)
    } else if !plane.is_empty() {
        (Stage::StaleControlPlane, "the control plane runs with other roots than it hands out: restart it first".to_owned(), plane)
    } else if !behind.is_empty() && roots.len() > 1 {
        (Stage::Adding, format!("{} do not accept every root yet: restart them before the issuer changes", number(&behind)), behind)
    } else if !behind.is_empty() {
        (Stage::Removable, format!("the old root is gone from the control plane, and {} still run with it: restart them", number(&behind)), behind)
    } else if roots.len() > 1 {
        let (stage, text) = by_issuer(world, issuer.as_deref(), roots);
        (stage, text, BTreeSet::new())
    } else if issuer.as_ref().is_some_and(|chain| !leads_to(chain, roots)) {
        (Stage::Broken, "the issuer was not issued by the root: what it signs is refused".to_owned(), BTreeSet::new())
    } else {
        (Stage::Stable, "one root everywhere".to_owned(), BTreeSet::new())
    };
    Some(row(MeshId::Linkerd, &config.namespace, stage, text, roots, restart, Vec::new()))
}

fn istio(world: &World, held: &[Held], with_secrets: bool) -> Option<RotationRow> {
    let root_namespace = world.istio.root_namespace();
    let of_mesh: Vec<&Held> = held.iter().filter(|h| h.mesh == MeshId::Istio).collect();
    let truth = of_mesh.iter().rev().find(|h| h.namespace == root_namespace)?;
    let set = |held: &Held| held.certificates.iter().map(|c| c.der.clone()).collect::<BTreeSet<_>>();
    let (now, mut apart, mut behind) = (set(truth), Vec::new(), Vec::new());
    for other in of_mesh.iter().filter(|h| set(h) != now) {
        let list = if set(other).is_disjoint(&now) { &mut apart } else { &mut behind };
        list.push(other.namespace.clone());
    }
    let authorities = if with_secrets { authority::all(&world.index) } else { Vec::new() };
    let issuer = authorities.first().and_then(authority::Authority::signer);
    let roots = &truth.certificates;
    let number = |list: &[Str]| if list.len() == 1 { format!("namespace {}", list[0]) } else { format!("{} namespaces", list.len()) };
    let (stage, text, namespaces) = if !apart.is_empty() {
        let text =
            format!("pods of {} accept none of the control plane's roots: find out why istiod does not renew istio-ca-root-cert", number(&apart));
        (Stage::Broken, text, apart)
    } else if !behind.is_empty() {
        let text = format!("{} do not have every root yet: wait for istiod, then restart what was started before", number(&behind));
        (Stage::Adding, text, behind)
    } else if roots.len() > 1 {
        let (stage, text) = by_issuer(world, issuer.as_deref(), roots);
        (stage, text, Vec::new())
    } else {
        (Stage::Stable, "one root in every namespace that was read".to_owned(), Vec::new())
    };
    Some(row(MeshId::Istio, &Str::from(root_namespace), stage, text, roots, BTreeSet::new(), namespaces))
}

fn row(
    mesh: MeshId,
    namespace: &Str,
    stage: Stage,
    text: String,
    roots: &[Certificate],
    restart: BTreeSet<ObjectRef>,
    namespaces: Vec<Str>,
) -> RotationRow {
    let roots = roots.iter().map(|root| sha256(&root.der)).collect::<BTreeSet<_>>().into_iter().collect();
    RotationRow { mesh, namespace: namespace.clone(), stage, text, roots, restart: restart.into_iter().collect(), namespaces }
}
