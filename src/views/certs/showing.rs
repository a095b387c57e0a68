//! Certificates that running processes showed: of control planes, webhooks, gateways and workloads.

use std::collections::{HashMap, HashSet};

use super::found::{Found, mesh_in, verdict};
use super::{Held, Role};
use crate::mesh::called;
use crate::mesh::certificate::{Certificate, leads_to};
use crate::mesh::shown::{Purpose, Shown};
use crate::model::{Evidence, MeshId};
use crate::report::MeshTag;
use crate::world::World;

/// Adds them to what objects say, which has to be there already: the anchors are what chains are verified by.
pub(super) fn all(world: &World, shown: &[Shown], found: &mut Found) {
    let mut anchors: HashMap<MeshId, Vec<Certificate>> = HashMap::new();
    let mut known = HashSet::new();
    for held in found.sets.iter().filter(|held| held.place.is_some()) {
        // The same stand in every namespace.
        let new = held.certificates.iter().filter(|root| known.insert((held.mesh, root.der.clone())));
        anchors.entry(held.mesh).or_default().extend(new.cloned());
    }
    let mut sets: HashMap<(MeshId, Vec<Vec<u8>>), Held> = HashMap::new();
    for one in shown {
        let at = || Evidence::object(one.pod.clone(), one.how.clone());
        let Some(leaf) = one.chain.first() else { continue };
        let (mesh, role): (MeshTag, Role) = match &one.purpose {
            Purpose::Workload(mesh) => ((*mesh).into(), Role::Workload),
            Purpose::ControlPlane(mesh) => ((*mesh).into(), Role::ControlPlane),
            Purpose::Webhook(namespace, _) => (mesh_in(world, namespace).map_or(MeshTag::Any, MeshTag::from), Role::Webhook),
            Purpose::Gateway(_) => (MeshTag::Any, Role::Gateway),
        };
        let (Purpose::Workload(id) | Purpose::ControlPlane(id)) = &one.purpose else {
            let trusted = match &one.purpose {
                Purpose::Webhook(namespace, name) => {
                    let called = called::all(&world.index).into_iter().filter(|c| *namespace == c.namespace && *name == c.service);
                    called.filter_map(|c| c.trusted()).flatten().flatten().collect()
                }
                _ => Vec::new(),
            };
            found.add(mesh, role, leaf, verdict(leads_to(&one.chain, &trusted), &trusted), at(), world.now);
            found.issuer(leaf, &trusted);
            found.problem(wrong_name(one, leaf));
            continue;
        };
        // A proxy verifies others by what itself was given, and those verify it by what they were.
        let trusted = anchors.get(id).map(Vec::as_slice).unwrap_or_default();
        let above = [&one.chain[1..], trusted].concat();
        found.add(mesh, role, leaf, verdict(leads_to(&one.chain, trusted), trusted), at(), world.now);
        found.issuer(leaf, &above);
        found.problem(wrong_name(one, leaf));
        for (position, issuer) in one.chain.iter().enumerate().skip(1).filter(|(_, c)| !trusted.contains(c)) {
            let role = if position == 1 { Role::Issuer } else { Role::Intermediate };
            found.add(mesh, role, issuer, verdict(leads_to(&one.chain[position..], trusted), trusted), at(), world.now);
            found.issuer(issuer, &above);
        }
        if let Some(accepts) = &one.accepts {
            let mut set: Vec<Vec<u8>> = accepts.iter().map(|c| c.der.clone()).collect();
            set.sort();
            let new = || Held { mesh: *id, certificates: accepts.clone(), place: None, pods: 0 };
            sets.entry((*id, set)).or_insert_with(new).pods += 1;
        }
    }
    let mut sets: Vec<((MeshId, Vec<Vec<u8>>), Held)> = sets.into_iter().collect();
    sets.sort_by(|a, b| a.0.cmp(&b.0));
    found.sets.extend(sets.into_iter().map(|(_, held)| held));
}

/// Whether it is for somebody else than who shows it.
fn wrong_name(one: &Shown, leaf: &Certificate) -> Option<String> {
    let is_for = |name: &String| leaf.uris.contains(name) || leaf.covers(name);
    let expected = one.expected.first().filter(|_| !one.expected.iter().any(is_for))?;
    let names: Vec<&str> = leaf.uris.iter().chain(&leaf.names).map(String::as_str).collect();
    Some(match names.is_empty() {
        true => format!("it names nobody, and {expected} is who shows it"),
        false => format!("it is for {}, and {expected} is who shows it", names.join(", ")),
    })
}
