//! Which plaintext ztunnel refuses. Istiod turns PeerAuthentications into deny policies, and what it generates is not always what they say:
//! three forms of port-level settings fail open.
//!
//! Sources: istio `pilot/pkg/serviceregistry/ambient/{authorization,policies,workloads}.go`.

use crate::mesh::MeshView;
use crate::mesh::istio::policy;
use crate::mesh::istio::transport::{Mode, PeerAuthentications, mode};
use crate::model::{Evidence, Kind, Map, Object, Subject};

/// The policies that istiod looks at for one pod.
struct Levels<'a> {
    /// The oldest for the whole mesh, as pods of this namespace get it.
    mesh: Option<Mode>,
    /// The oldest for the namespace.
    namespace: Option<Mode>,
    /// The oldest that selects the pod.
    workload: Option<&'a Object>,
    /// The same two as the conversion of a workload policy looks them up: only those without any selector.
    parents: (Option<&'a Object>, Option<&'a Object>),
}

/// Whether ztunnel refuses plaintext on a port of pods with these labels; and what is odd about that, where it is.
pub(super) fn refuses_plaintext<'a>(
    view: MeshView<'a>,
    peers: &PeerAuthentications<'a>,
    namespace: &str,
    labels: &Map,
    port: u16,
) -> (bool, Option<Evidence>) {
    let root = view.istio.root_namespace();
    let oldest = |ns: &str, wanted: &dyn Fn(&Object) -> bool| {
        let discovered = view.index.namespace(ns).is_none_or(|n| view.istio.config.discovers(n));
        let here = view.index.objects_in(Kind::PeerAuthentication, ns).iter().filter(|p| discovered && wanted(p));
        here.min_by_key(|p| p.meta.age_key())
    };
    let bare = |p: &Object| p.spec().get("selector").is_none();
    let wide = |p: &Object| policy::selector(p).is_none_or(|s| s.is_empty());
    let in_root = namespace == root;
    let mesh = if in_root { oldest(root, &wide) } else { oldest(root, &bare) };
    let own = if in_root { None } else { oldest(namespace, &wide) };
    let parents = (oldest(namespace, &bare), oldest(root, &bare));
    let workload = peers.selecting(namespace, labels).first().copied();
    let levels = Levels { mesh: mesh.and_then(mode), namespace: own.and_then(mode), workload, parents };
    let refused = levels.refuse(port);
    let odd = workload.map(|policy| {
        let text = "istiod does not generate what this says for ztunnel: port-level settings of this form do not count as written";
        Evidence::field(policy.reference(), "spec.portLevelMtls", text)
    });
    (refused, odd)
}

impl Levels<'_> {
    fn refuse(&self, port: u16) -> bool {
        let (strict, generated) = self.attached();
        strict || (generated && self.workload.is_some_and(|policy| self.generated(policy, port)))
    }

    /// Whether the policy "no plaintext" is attached to the pod, and whether the one generated from its workload policy is.
    fn attached(&self) -> (bool, bool) {
        let mut strict = self.mesh == Some(Mode::Strict);
        if let Some(own) = self.namespace {
            strict = own == Mode::Strict;
        }
        let Some(policy) = self.workload else { return (strict, false) };
        let own = mode(policy);
        if let Some(own) = own {
            strict = own == Mode::Strict;
        }
        let ports = port_modes(policy);
        let any = |wanted: &[Mode]| ports.iter().any(|(_, m)| wanted.contains(m));
        match own {
            Some(Mode::Strict) if any(&[Mode::Permissive, Mode::Disable]) => (false, true),
            Some(Mode::Strict) => (strict, false),
            Some(Mode::Permissive | Mode::Disable) => (strict, any(&[Mode::Strict])),
            // A port that is DISABLE only is passed over here.
            None if strict => {
                if any(&[Mode::Permissive]) {
                    (false, true)
                } else {
                    (true, false)
                }
            }
            None => (false, any(&[Mode::Strict])),
        }
    }

    /// Whether the policy that istiod generates from a workload policy refuses plaintext on a port; false where it generates none.
    fn generated(&self, policy: &Object, port: u16) -> bool {
        let (own_namespace, root) = self.parents;
        let strict = |parent: Option<&Object>| parent.and_then(mode) == Some(Mode::Strict);
        let unset = |parent: Option<&Object>| parent.is_none_or(|p| mode(p).is_none());
        let own = mode(policy);
        let mut refused_ports: Vec<u16> = Vec::new();
        let mut exceptions: Vec<u16> = Vec::new();
        for (number, of_port) in port_modes(policy) {
            if of_port == Mode::Strict {
                // Meant for UNSET policies alone, the last of these also hits PERMISSIVE and DISABLE ones.
                let covered = own == Some(Mode::Strict) || (own.is_none() && strict(own_namespace)) || (unset(own_namespace) && strict(root));
                if !covered {
                    refused_ports.push(number);
                }
                continue;
            }
            let not_strict_above = match (own_namespace, root) {
                (Some(parent), _) => mode(parent) != Some(Mode::Strict),
                (None, Some(root)) => mode(root) != Some(Mode::Strict),
                (None, None) => true,
            };
            if matches!(own, Some(Mode::Permissive | Mode::Disable)) || (own.is_none() && not_strict_above) {
                continue;
            }
            exceptions.push(number);
        }
        if own == Some(Mode::Strict) && exceptions.is_empty() {
            return false;
        }
        let merges = strict(own_namespace) || (strict(root) && unset(own_namespace));
        let no_plaintext = own == Some(Mode::Strict) || (merges && !exceptions.is_empty());
        let rest = (no_plaintext || !exceptions.is_empty()) && exceptions.iter().all(|e| *e != port);
        refused_ports.contains(&port) || rest
    }
}

/// The port-level settings that are set.
fn port_modes(policy: &Object) -> Vec<(u16, Mode)> {
    let ports = policy.spec().get("portLevelMtls");
    let entries = ports.into_iter().flat_map(|p| p.entries().collect::<Vec<_>>());
    entries.filter_map(|(port, settings)| Some((port.parse().ok()?, Mode::of(settings.text("mode"))?))).collect()
}
