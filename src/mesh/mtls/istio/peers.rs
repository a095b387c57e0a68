//! PeerAuthentications: the one that decides what a workload's proxy accepts, per port.
//!
//! Istio sources: `pilot/pkg/model/authentication.go`, `pilot/pkg/security/authn/policy_applier.go`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::peer_authentication::PeerAuthentication;
use crate::index::{Index, Workload};
use crate::mesh::MeshView;
use crate::mesh::istio::{MeshConfig, policy};
use crate::mesh::mtls::Level;
use crate::model::{Evidence, Gap, Kind, Map, Membership, MeshId, Object, Str, Subject};

/// An mTLS mode of a PeerAuthentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Plaintext only: mutual TLS that arrives is handed to the application as it is.
    Disable,
    /// Mutual TLS and plaintext; the default.
    Permissive,
    /// Mutual TLS only.
    Strict,
}

impl Mode {
    /// The mode at `mtls` or `portLevelMtls[port]`; nothing for `UNSET`, which inherits.
    pub(super) fn of(mode: &str) -> Option<Self> {
        match mode {
            "DISABLE" => Some(Self::Disable),
            "PERMISSIVE" => Some(Self::Permissive),
            "STRICT" => Some(Self::Strict),
            _ => None,
        }
    }

    /// The word in manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disable => "DISABLE",
            Self::Permissive => "PERMISSIVE",
            Self::Strict => "STRICT",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A mode and who decided it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision<'a> {
    pub mode: Mode,
    /// The level that decided: default, mesh, namespace, workload or port.
    pub level: Level,
    /// The policy that decided; nothing at the default.
    pub policy: Option<&'a Object>,
}

/// What a workload accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepts<'a> {
    /// On every port that is not in `ports`.
    pub any: Decision<'a>,
    /// Container ports that differ or are spelled out.
    pub ports: BTreeMap<u16, Decision<'a>>,
}

impl<'a> Accepts<'a> {
    /// What it accepts on a container port.
    pub fn on(&self, port: u16) -> Decision<'a> {
        self.ports.get(&port).copied().unwrap_or(self.any)
    }
}

/// A PeerAuthentication that has no effect, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ignored<'a> {
    /// It has a selector and stands in the root namespace, where only the mesh-wide one counts.
    SelectorInRoot,
    /// An older one of the same level and namespace wins.
    OlderWins(&'a Object),
}

/// All PeerAuthentications by level, as positions among the index's; of each level the oldest counts.
#[derive(Debug, Default)]
pub(in crate::mesh) struct ByLevel {
    namespace: HashMap<Str, u32>,
    /// Under the namespace and the first pair of the selector, oldest first.
    workload: HashMap<(Str, Str, Str), Vec<(Map, u32)>>,
    /// With the older one that wins; nothing for a selector in the root namespace.
    ignored: Vec<(u32, Option<u32>)>,
    /// Those with a mode that Istio does not know.
    unreadable: Vec<u32>,
    /// All of a namespace, oldest first.
    by_age: HashMap<Str, Vec<u32>>,
}

impl ByLevel {
    /// Arranges those of the namespaces that istiod looks into.
    pub(in crate::mesh) fn read(index: &Index, config: &MeshConfig) -> Self {
        let mut all = Self::default();
        let policies = index.objects(Kind::PeerAuthentication);
        let counts = |policy: &Object| index.namespace(&policy.meta.namespace).is_none_or(|n| config.discovers(n));
        let mut by_age: Vec<(u32, &Object)> = (0..).zip(policies).filter(|(_, policy)| counts(policy)).collect();
        by_age.sort_by_key(|(_, policy)| policy.meta.age_key());
        for (at, policy) in by_age {
            let namespace = &policy.meta.namespace;
            all.by_age.entry(namespace.clone()).or_default().push(at);
            if PeerAuthentication::of(policy).unknown_mode().is_some() {
                all.unreadable.push(at);
            }
            let selector = policy::selector(policy).unwrap_or_default();
            let first = selector.iter().next().map(|(k, v)| (k.clone(), v.clone()));
            match first {
                Some(_) if *namespace == config.root_namespace => all.ignored.push((at, None)),
                Some((k, v)) => all.workload.entry((namespace.clone(), k, v)).or_default().push((selector, at)),
                None => match all.namespace.get(namespace) {
                    Some(older) => all.ignored.push((at, Some(*older))),
                    None => {
                        all.namespace.insert(namespace.clone(), at);
                    }
                },
            }
        }
        all
    }
}

/// All PeerAuthentications that istiod looks at.
#[derive(Clone, Copy, Debug)]
pub struct PeerAuthentications<'a> {
    index: &'a Index,
    root: &'a str,
    arranged: &'a ByLevel,
}

impl<'a> MeshView<'a> {
    /// PeerAuthentications, arranged once for a run.
    pub fn peer_authentications(self) -> PeerAuthentications<'a> {
        let arranged = self.cache.peers.get_or_init(|| ByLevel::read(self.index, &self.istio.config));
        PeerAuthentications { index: self.index, root: self.istio.root_namespace(), arranged }
    }

    /// What Istio's proxy makes a workload accept; nothing where PeerAuthentications do not decide, the gap where they were not read.
    pub fn istio_accepts(self, workload: &Workload) -> Result<Accepts<'a>, Gap> {
        let mut accepts = self.peer_authentications().known(workload)?;
        if self.membership(MeshId::Istio, workload) == Ok(Membership::Ambient) {
            // ztunnel never stops encrypting: DISABLE has the effect of PERMISSIVE there.
            let decisions = std::iter::once(&mut accepts.any).chain(accepts.ports.values_mut());
            decisions.filter(|d| d.mode == Mode::Disable).for_each(|d| d.mode = Mode::Permissive);
        }
        Ok(accepts)
    }
}

impl<'a> PeerAuthentications<'a> {
    fn at(&self, position: u32) -> &'a Object {
        &self.index.objects(Kind::PeerAuthentication)[position as usize]
    }

    /// The one that holds for the whole mesh.
    pub fn mesh(&self) -> Option<&'a Object> {
        self.namespace(self.root)
    }

    /// The one that holds for a namespace as a whole; in the root namespace that is the mesh-wide one.
    pub fn namespace(&self, namespace: &str) -> Option<&'a Object> {
        self.arranged.namespace.get(namespace).map(|at| self.at(*at))
    }

    /// Those that never have an effect. A workload policy that loses on some workloads only is not among them.
    pub fn ignored(&self) -> impl Iterator<Item = (&'a Object, Ignored<'a>)> {
        let why = |older: Option<u32>| older.map_or(Ignored::SelectorInRoot, |older| Ignored::OlderWins(self.at(older)));
        self.arranged.ignored.iter().map(move |(at, older)| (self.at(*at), why(*older)))
    }

    /// All that stand in a namespace, oldest first.
    pub(super) fn by_age(&self, namespace: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        let (all, index) = (self.arranged.by_age.get(namespace), self.index);
        all.into_iter().flatten().map(|at| &index.objects(Kind::PeerAuthentication)[*at as usize])
    }

    /// The namespace of those that hold for the whole mesh.
    pub(super) fn root(&self) -> &'a str {
        self.root
    }

    /// Policies whose selector picks pods of `namespace` with these labels, oldest first: the first one counts.
    pub fn selecting(&self, namespace: &str, labels: &Map) -> Vec<&'a Object> {
        let under = |(k, v): (&Str, &Str)| self.arranged.workload.get(&(namespace.into(), k.clone(), v.clone()));
        let candidates = labels.iter().filter_map(under).flatten();
        let mut found: Vec<&Object> = candidates.filter(|(wanted, _)| wanted.is_subset_of(labels)).map(|(_, at)| self.at(*at)).collect();
        found.sort_by_key(|p| p.meta.age_key());
        found
    }

    /// What holds for a namespace as a whole, workload policies aside: clients go by this when they choose plaintext or mTLS for a Service.
    pub fn for_namespace(&self, namespace: &str) -> Decision<'a> {
        let mut decision = Decision { mode: Mode::Permissive, level: Level::Default, policy: None };
        let own = self.namespace(namespace).filter(|_| self.root != namespace);
        for (policy, level) in [(self.mesh(), Level::Mesh), (own, Level::Namespace)] {
            decision.replace(policy, level);
        }
        decision
    }

    /// What pods of `namespace` with these labels accept, as far as PeerAuthentications were seen.
    pub fn accepts(&self, namespace: &str, labels: &Map) -> Accepts<'a> {
        let mut any = self.for_namespace(namespace);
        let winner = self.selecting(namespace, labels).first().copied();
        any.replace(winner, Level::Workload);
        let modes = winner.into_iter().flat_map(|policy| PeerAuthentication::of(policy).port_modes());
        let ports = modes.map(|(port, mode)| (port, mode.map_or(any, |mode| Decision { mode, level: Level::Port, policy: winner })));
        Accepts { any, ports: ports.collect() }
    }

    /// What a workload accepts; the gap instead, when PeerAuthentications that could decide were not read. For rules, which ask often.
    pub fn known(&self, workload: &Workload) -> Result<Accepts<'a>, Gap> {
        let namespace = workload.reference.namespace.as_str();
        match self.unread(namespace, Some(&workload.labels)) {
            Some(gap) => Err(gap),
            None => Ok(self.accepts(namespace, &workload.labels)),
        }
    }

    /// The gap that hides what could decide about pods of `namespace` with these labels, or about the namespace as a whole: policies that were not
    /// read, or one that istiod cannot read.
    pub fn unread(&self, namespace: &str, labels: Option<&Map>) -> Option<Gap> {
        let hidden = |namespace: &str| self.index.gap_hiding(Kind::PeerAuthentication, namespace);
        let decides = |policy: &&Object| {
            let own = policy.meta.namespace == namespace;
            match policy::selector(policy).filter(|labels| !labels.is_empty()) {
                None => own || policy.meta.namespace == self.root,
                Some(wanted) => own && namespace != self.root && labels.is_some_and(|labels| wanted.is_subset_of(labels)),
            }
        };
        let unreadable = || self.arranged.unreadable.iter().map(|at| self.at(*at)).find(decides);
        let told = |policy: &'a Object| Some(unknown_mode(policy, PeerAuthentication::of(policy).unknown_mode()?));
        hidden(namespace).or_else(|| hidden(self.root)).or_else(|| unreadable().and_then(told))
    }

    /// Why pods of `namespace` with these labels accept what they accept, the deciding policy last; of one port, or of all that are spelled out.
    pub fn reasons(&self, namespace: &str, labels: &Map, port: Option<u16>) -> Vec<Evidence> {
        let accepts = self.accepts(namespace, labels);
        let mut because = vec![Evidence::default("without any PeerAuthentication, Istio accepts both mutual TLS and plaintext (PERMISSIVE)")];
        let own = self.namespace(namespace).filter(|_| self.root != namespace);
        let selected = self.selecting(namespace, labels).first().copied();
        for (policy, level) in [(self.mesh(), Level::Mesh), (own, Level::Namespace), (selected, Level::Workload)] {
            let Some(policy) = policy else { continue };
            let text = match mode(policy) {
                Some(mode) => format!("sets {mode} at {} level", level.name()),
                None => format!("leaves the mode unset at {} level: the level above holds", level.name()),
            };
            because.push(Evidence::field(policy.reference(), "spec.mtls.mode", text));
        }
        for (number, decision) in accepts.ports.iter().filter(|(n, d)| d.level == Level::Port && port.is_none_or(|p| p == **n)) {
            if let Some(policy) = decision.policy {
                let path = format!("spec.portLevelMtls[\"{number}\"].mode");
                because.push(Evidence::field(policy.reference(), path, format!("sets {} for container port {number}", decision.mode)));
            }
        }
        because
    }
}

/// What a mode that Istio does not know leaves open.
pub(super) fn unknown_mode(object: &Object, word: &str) -> Gap {
    let detail = format!("{word:?} is no mode of Istio's, so the API server refuses it, and istiod could not read it");
    Gap::Undecodable { object: object.reference(), detail: detail.into() }
}

impl<'a> Decision<'a> {
    fn replace(&mut self, policy: Option<&'a Object>, level: Level) {
        if let Some((policy, mode)) = policy.and_then(|p| Some((p, mode(p)?))) {
            *self = Self { mode, level, policy: Some(policy) };
        }
    }

    /// Who decided, in words.
    pub fn decider(&self) -> String {
        match self.policy {
            Some(policy) => policy.reference().to_string(),
            None => "Istio's default".to_owned(),
        }
    }
}

/// The mode that a PeerAuthentication sets for all ports; nothing when it is absent or `UNSET`.
pub fn mode(policy: &Object) -> Option<Mode> {
    PeerAuthentication::of(policy).own().and_then(|own| own.mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::World;

    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"cart","labels":{"app":"cart"}}}"#;

    fn peer(namespace: &str, name: &str, created: &str, spec: &str) -> String {
        format!(
            r#"{{"apiVersion":"security.istio.io/v1","kind":"PeerAuthentication",
            "metadata":{{"namespace":"{namespace}","name":"{name}","creationTimestamp":"{created}"}},"spec":{spec}}}"#
        )
    }

    fn decided(objects: &[&str], port: u16) -> (Mode, Level, Option<String>) {
        let world = World::new(objects);
        let accepts = world.view().istio_accepts(&world.view().index.workloads()[0]).unwrap();
        let decision = accepts.on(port);
        (decision.mode, decision.level, decision.policy.map(|p| p.meta.name.to_string()))
    }

    #[test]
    fn inner_levels_replace_outer_ones_and_unset_inherits() {
        let mesh = peer("istio-system", "mesh", "2024-01-01T00:00:00Z", r#"{"mtls":{"mode":"STRICT"}}"#);
        let unset = peer("shop", "unset", "2024-01-01T00:00:00Z", r#"{"mtls":{"mode":"UNSET"}}"#);
        let off = peer("shop", "off", "2025-01-01T00:00:00Z", r#"{"selector":{"matchLabels":{"app":"cart"}},"mtls":{"mode":"DISABLE"}}"#);
        assert_eq!(decided(&[POD], 80), (Mode::Permissive, Level::Default, None));
        assert_eq!(decided(&[POD, &mesh, &unset], 80), (Mode::Strict, Level::Mesh, Some("mesh".into())));
        assert_eq!(decided(&[POD, &mesh, &unset, &off], 80), (Mode::Disable, Level::Workload, Some("off".into())));
    }

    #[test]
    fn the_oldest_of_a_level_wins_with_its_ports() {
        let old =
            peer("shop", "old", "2024-01-01T00:00:00Z", r#"{"selector":{"matchLabels":{"app":"cart"}},"portLevelMtls":{"80":{"mode":"STRICT"}}}"#);
        let new =
            peer("shop", "new", "2025-01-01T00:00:00Z", r#"{"selector":{"matchLabels":{"app":"cart"}},"portLevelMtls":{"81":{"mode":"STRICT"}}}"#);
        assert_eq!(decided(&[POD, &new, &old], 80), (Mode::Strict, Level::Port, Some("old".into())));
        assert_eq!(decided(&[POD, &new, &old], 81).0, Mode::Permissive);
    }

    #[test]
    fn a_selector_in_the_root_namespace_counts_for_nothing() {
        let root = peer("istio-system", "r", "2024-01-01T00:00:00Z", r#"{"selector":{"matchLabels":{"app":"cart"}},"mtls":{"mode":"STRICT"}}"#);
        assert_eq!(decided(&[POD, &root], 80).0, Mode::Permissive);
        let world = World::new(&[&root]);
        assert_eq!(world.view().peer_authentications().ignored().next().map(|(_, why)| why), Some(Ignored::SelectorInRoot));
    }

    #[test]
    fn what_was_not_read_makes_it_unknown() {
        let gap = |kinds_of: &str| {
            let world = World::without(&[POD], Kind::PeerAuthentication, kinds_of);
            world.view().istio_accepts(&world.view().index.workloads()[0]).err().map(|gap| gap.namespace().to_string())
        };
        assert_eq!(gap(""), Some(String::new()));
        assert_eq!(gap("istio-system"), Some("istio-system".to_owned()));
        assert_eq!(gap("bank"), None);
    }

    #[test]
    fn a_namespace_that_istiod_does_not_look_into_has_no_policies() {
        let config = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"istio-system","name":"istio"},
            "data":{"mesh":"discoverySelectors: [{matchLabels: {mesh: yes-please}}]"}}"#;
        let shop = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
        let strict = peer("shop", "all", "2024-01-01T00:00:00Z", r#"{"mtls":{"mode":"STRICT"}}"#);
        assert_eq!(decided(&[POD, shop, &strict], 80).0, Mode::Strict);
        assert_eq!(decided(&[POD, shop, &strict, config], 80).0, Mode::Permissive);
    }
}
