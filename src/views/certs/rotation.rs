//! In which stage the change of a root stands, in words, and who has to act.

use serde::Serialize;

use super::sha256;
use crate::mesh::istio::{self, authority};
use crate::mesh::linkerd::{self, anchors};
use crate::mesh::rotation::{Facts, Stage, Standing};
use crate::mesh::shown::Shown;
use crate::model::{Kind, MeshId, ObjectRef, Str};
use crate::world::World;

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
    /// How many of their pods are known to need it.
    pub pods: usize,
    /// Namespaces whose roots are other ones.
    pub namespaces: Vec<Str>,
    /// Who refuses whom, where that was seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedRow>,
}

/// Two that cannot talk with each other.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefusedRow {
    /// Who does not accept the root of the other.
    pub by: ObjectRef,
    /// Whose certificate is refused.
    pub whose: ObjectRef,
}

pub(super) fn all(world: &World, with_secrets: bool, shown: &[Shown]) -> Vec<RotationRow> {
    let index = &world.index;
    let linkerd = world.linkerd.configs.iter().filter_map(|config| {
        let issuer = || anchors::issuer(index, config).and_then(|bundle| bundle.certificates.ok());
        let facts = linkerd::rotation::facts(index, config, with_secrets.then(issuer).flatten(), shown)?;
        Some(row(world, MeshId::Linkerd, &config.namespace, facts))
    });
    let authorities = if with_secrets { authority::all(index) } else { Vec::new() };
    let root_namespace = world.istio.root_namespace();
    let istio = istio::rotation::facts(index, root_namespace, &authorities, shown);
    linkerd.chain(istio.map(|facts| row(world, MeshId::Istio, &Str::from(root_namespace), facts))).collect()
}

fn row(world: &World, mesh: MeshId, namespace: &Str, facts: Facts) -> RotationRow {
    let standing = facts.standing(world.now);
    let (namespaces, restart): (Vec<ObjectRef>, Vec<ObjectRef>) = standing.who().into_iter().partition(|who| who.kind == Kind::Namespace);
    let refused = match &standing {
        Standing::Refused(pairs) => pairs.iter().map(|(by, whose)| RefusedRow { by: by.clone(), whose: whose.clone() }).collect(),
        _ => Vec::new(),
    };
    let mut roots: Vec<String> = facts.handed_out.iter().map(|root| sha256(&root.der)).collect();
    roots.sort();
    roots.dedup();
    let waiting = facts.parties.iter().filter(|party| restart.binary_search(&party.who).is_ok());
    RotationRow {
        mesh,
        namespace: namespace.clone(),
        stage: standing.stage(),
        text: words(mesh, &standing, restart.len(), &namespaces),
        roots,
        pods: waiting.map(|party| party.pods).sum(),
        restart,
        namespaces: namespaces.into_iter().map(|ns| ns.name).collect(),
        refused,
    }
}

fn words(mesh: MeshId, standing: &Standing, workloads: usize, namespaces: &[ObjectRef]) -> String {
    let whom = match (workloads, namespaces) {
        (0, [one]) => format!("namespace {}", one.name),
        (0, many) => format!("{} namespaces", many.len()),
        (1, []) => "1 workload".to_owned(),
        (many, []) => format!("{many} workloads"),
        (many, several) => format!("{many} workloads and {} namespaces", several.len()),
    };
    // A ConfigMap that istiod does not renew is no matter of a restart.
    let maps = mesh == MeshId::Istio && workloads == 0;
    match standing {
        Standing::Stable if mesh == MeshId::Istio => "one root in every namespace that was read".to_owned(),
        Standing::Stable => "one root everywhere".to_owned(),
        Standing::Apart(_) if maps => {
            format!("pods of {whom} accept none of the control plane's roots: find out why istiod does not renew istio-ca-root-cert")
        }
        Standing::Apart(_) => format!("{whom} accept none of the control plane's roots: restart them"),
        Standing::Refused(_) => format!("{whom} refuse certificates that others show: restart them to accept their root"),
        Standing::IssuerOfNone if mesh == MeshId::Linkerd => "the issuer was not issued by the root: what it signs is refused".to_owned(),
        Standing::IssuerOfNone => "what signs was issued by none of the roots: what it signs is refused".to_owned(),
        Standing::Stale(_) if mesh == MeshId::Istio => {
            "the authority's roots are other ones than istiod hands out: it does not take up another root by itself, restart it".to_owned()
        }
        Standing::Stale(_) => "the control plane runs with other roots than it hands out: restart it first".to_owned(),
        Standing::Behind(_) if maps => format!("{whom} do not have every root yet: wait for istiod, then restart what was started before"),
        Standing::Behind(_) => format!("{whom} do not accept every root yet: restart them before the issuer changes"),
        Standing::MaySwitch => "all accept every root: the issuer may be replaced by one of the new root".to_owned(),
        Standing::Switching(_, Some(left)) => {
            format!("certificates of the old root may be in use for {} more hours: do not remove it before", left / 3600 + 1)
        }
        Standing::Switching(..) => {
            format!("{whom} show certificates of the old root: wait for a day, or restart them, before it is removed")
        }
        Standing::Removable => {
            let then = if mesh == MeshId::Linkerd { ", then workloads be restarted once more" } else { "" };
            format!("no certificate of the old root is in use any more: it may be removed{then}")
        }
        Standing::Leftover(_) if maps => format!("the old root is gone from the control plane, and {whom} still have it: wait for istiod"),
        Standing::Leftover(_) => format!("the old root is gone from the control plane, and {whom} still run with it: restart them"),
        Standing::IssuerUnknown => "all accept every root; whether the issuer is of the new one already was not read (--read-secrets)".to_owned(),
    }
}
