//! Whether ztunnel refuses plaintext: PeerAuthentications as istiod turns them into policies for it, which differs from what sidecars make of them.
//!
//! Istio sources: `pilot/pkg/serviceregistry/ambient/{authorization,policies,workloads}.go`.

use super::peer_authentication::PeerAuthentication;
use super::peers::{self, Mode, PeerAuthentications};
use crate::mesh::istio::policy;
use crate::model::{Map, Object};

/// How a PeerAuthentication picks workloads.
enum Scope {
    /// No selector.
    All,
    /// `selector: {}`, which istiod does not take for none everywhere.
    Empty,
    /// These labels.
    Labels(Map),
}

fn scope(policy: &Object) -> Scope {
    match policy::selector(policy) {
        None => Scope::All,
        Some(labels) if labels.is_empty() => Scope::Empty,
        Some(labels) => Scope::Labels(labels),
    }
}

/// The mode of a policy as a whole; nothing for `UNSET`.
fn mode(policy: Option<&Object>) -> Option<Mode> {
    policy.and_then(peers::mode)
}

impl<'a> PeerAuthentications<'a> {
    /// The policy by which ztunnel refuses plaintext on a port of pods of `namespace` with these labels; nothing when plaintext passes.
    pub fn refused_by_ztunnel(&self, namespace: &str, labels: &Map, port: u16) -> Option<&'a Object> {
        let in_root = self.root() == namespace;
        let plain = |of: &str, empty: bool| {
            self.by_age(of).find(|p| match scope(p) {
                Scope::All => true,
                Scope::Empty => empty,
                Scope::Labels(_) => false,
            })
        };
        let mesh = plain(self.root(), in_root);
        let own = if in_root { None } else { plain(namespace, true) };
        let selects = |p: &&Object| matches!(scope(p), Scope::Labels(wanted) if wanted.is_subset_of(labels));
        let workload = self.by_age(namespace).find(|p| !in_root && selects(p));
        // The level above a workload's own policy: UNSET inherits.
        let above = [own, mesh].into_iter().flatten().find(|p| mode(Some(p)).is_some());
        let strict_above = above.filter(|p| mode(Some(p)) == Some(Mode::Strict));
        let Some(workload) = workload else { return strict_above };
        let strict = match mode(Some(workload)) {
            Some(Mode::Strict) => Some(workload),
            Some(_) => None,
            None => strict_above,
        };
        let ports = PeerAuthentication::of(workload).port_modes().collect::<Vec<_>>();
        let has = |wanted: &[Mode]| ports.iter().any(|(_, m)| m.is_some_and(|m| wanted.contains(&m)));
        // Which ports differ is told by a policy of its own; with it the general one is left out. istiod makes it looking at other policies
        // than those by which it refers to it, so that a workload may refer to one that does not exist.
        let refers = match mode(Some(workload)) {
            Some(Mode::Strict) => has(&[Mode::Permissive, Mode::Disable]),
            Some(_) => has(&[Mode::Strict]),
            None if strict.is_some() => has(&[Mode::Permissive]),
            None => has(&[Mode::Strict]),
        };
        if !refers {
            return strict;
        }
        self.by_port(workload, &ports, namespace, port).then_some(workload)
    }

    /// Whether the policy that istiod makes of a workload's port settings refuses plaintext on `port`; no when it makes none.
    fn by_port(&self, workload: &Object, ports: &[(u16, Option<Mode>)], namespace: &str, port: u16) -> bool {
        let without_selector = |of: &str| self.by_age(of).find(|p| matches!(scope(p), Scope::All));
        let (own, mesh) = (without_selector(namespace), without_selector(self.root()));
        let strict = |policy: Option<&Object>| mode(policy) == Some(Mode::Strict);
        let inherits_mesh = own.is_none_or(|p| mode(Some(p)).is_none()) && strict(mesh);
        let set = mode(Some(workload));
        let mut strict_ports = Vec::new();
        let mut exceptions = Vec::new();
        for (number, port_mode) in ports {
            match port_mode {
                Some(Mode::Strict) => {
                    let by_parent = set == Some(Mode::Strict) || (set.is_none() && strict(own)) || inherits_mesh;
                    if !by_parent {
                        strict_ports.push(*number);
                    }
                }
                Some(_) => {
                    let open_above = match own {
                        Some(_) => !strict(own),
                        None => !strict(mesh),
                    };
                    if !(matches!(set, Some(Mode::Permissive | Mode::Disable)) || (set.is_none() && open_above)) {
                        exceptions.push(*number);
                    }
                }
                None => {}
            }
        }
        // Everything but the exceptions is strict.
        strict_ports.contains(&port) || (!exceptions.is_empty() && !exceptions.contains(&port))
    }
}
