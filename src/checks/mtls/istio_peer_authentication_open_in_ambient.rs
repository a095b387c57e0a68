use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::authorization::PodGroup;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mode, peer_mode};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// By its PeerAuthentications a port of a workload in ambient takes mutual TLS only, and ztunnel takes plaintext there all the same. Known forms:
    /// the mesh is `STRICT`, the namespace says nothing, and the workload's policy is `PERMISSIVE` or `DISABLE` with a `STRICT` port; the mesh is
    /// `STRICT`, the namespace is `UNSET`, and the workload's policy is `UNSET` with a `PERMISSIVE` port; the namespace is `STRICT` by a policy
    /// with `selector: {}`, and the workload's policy is `UNSET` with a `PERMISSIVE` port; the mesh-wide policy has `selector: {}`.
    ///
    /// # Why it matters
    ///
    /// istiod turns PeerAuthentications into policies for ztunnel. In these forms it points the workload to one that it never makes, or to none, so
    /// that everything is let in. Sidecars with the same policies refuse plaintext.
    ///
    /// # How to fix it
    ///
    /// Write `mode: STRICT` into the workload's policy where it is `UNSET`; give the namespace a policy of its own without a selector where the
    /// workload's is `PERMISSIVE` or `DISABLE`; remove empty selectors.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/{authorization,policies,workloads}.go`.
    "istio-peer-authentication-open-in-ambient",
    summary: "A port that PeerAuthentications close to plaintext is open to it in ambient",
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    if index.objects(Kind::PeerAuthentication).is_empty() {
        return;
    }
    let peers = world.view().peer_authentications();
    let mut open: BTreeMap<(String, String), (&Object, &Workload, Vec<u16>, String)> = BTreeMap::new();
    for workload in index.workloads().iter().filter(|w| w.is_live() && policy::enforcer(world.view(), w) == Enforcer::Ztunnel) {
        let namespace = workload.reference.namespace.as_str();
        let accepts = peers.accepts(namespace, &workload.labels);
        let declared = PodGroup::of(index, workload).into_iter().flat_map(|s| s.ports).map(|(_, number)| number);
        let mut ports: Vec<u16> = accepts.ports.keys().copied().chain(declared).collect();
        ports.sort_unstable();
        ports.dedup();
        let own = peers.selecting(namespace, &workload.labels).first().copied();
        for port in ports {
            let decision = accepts.on(port);
            let Some(strict) = decision.policy.filter(|_| decision.mode == Mode::Strict) else { continue };
            if peers.refused_by_ztunnel(namespace, &workload.labels, port).is_some() {
                continue;
            }
            let hint = hint(own, strict, namespace);
            let key = (strict.reference().to_string(), hint.clone());
            open.entry(key).or_insert_with(|| (strict, workload, Vec::new(), hint)).2.push(port);
        }
    }
    for (strict, workload, mut ports, hint) in open.into_values() {
        ports.dedup();
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let message = format!("ztunnel takes plaintext on port {} of {}, which this policy makes STRICT", ports.join(", "), workload.reference);
        let found = findings.add(strict, "spec", message, hint);
        found.related(workload.reference.clone(), "is in ambient");
    }
}

fn hint(own: Option<&Object>, strict: &Object, namespace: &str) -> String {
    let unset = own.is_some_and(|policy| peer_mode(policy).is_none());
    match own {
        Some(own) if unset => format!("Write mtls.mode: STRICT into {}.", own.reference()),
        Some(_) => format!("Add a PeerAuthentication without a selector and with mode STRICT to namespace {namespace:?}."),
        None => format!("Remove the empty selector of {}.", strict.reference()),
    }
}
