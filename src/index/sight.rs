//! Whether the absence of an object may be believed.

use std::collections::BTreeSet;

use super::Index;
use crate::model::{Coverage, Gap, Kind, Str};

/// Whether the absence of an object means that it does not exist.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// Everything was seen: what is not here does not exist.
    Clear,
    /// These are files that hold nothing of the kind there: a cluster may well have it.
    NotInFiles,
    /// Something hides it; the gap says what, nothing stands for a namespace outside the one that was read.
    Hidden(Option<Gap>),
}

impl Index {
    /// How clearly objects of `kind` in `namespace` are seen (an empty namespace means all of them).
    ///
    /// Files are a part of what a cluster holds. That something is absent is believed only where they hold other objects of its kind: a
    /// folder with the Services of `shop` tells which of those exist, and nothing about the Services of `pay`.
    pub fn sight(&self, kind: Kind, namespace: &str) -> Sight {
        let inventory = self.inventory();
        if kind == Kind::Namespace && self.namespace(namespace).is_some() {
            return Sight::Clear;
        }
        let also_read = inventory.also_read.iter().any(|(k, ns)| *k == kind && *ns == namespace);
        let everywhere = inventory.scope.is_empty();
        let here = match inventory.coverage.get(&kind) {
            Some(Coverage::Absent) => return Sight::NotInFiles,
            Some(Coverage::Complete) if self.of_files && !self.files_show(kind, namespace) => {
                return Sight::NotInFiles;
            }
            Some(Coverage::Unread) | None => also_read,
            Some(_) if !everywhere => !kind.namespaced() || inventory.scope.contains(namespace) || also_read,
            // Read in some namespaces only (ConfigMaps in those of control planes): nothing is known of the others.
            Some(_) => namespace.is_empty() || also_read || !inventory.also_read.iter().any(|(k, _)| *k == kind),
        };
        match self.gap(kind, namespace) {
            Some(gap) => Sight::Hidden(Some(gap)),
            None if here => Sight::Clear,
            None => Sight::Hidden(None),
        }
    }

    /// The gap that may hide objects of `kind` in `namespace`, or what one that is there says; files hold what they hold, and hide nothing.
    pub fn gap_hiding(&self, kind: Kind, namespace: &str) -> Option<Gap> {
        match self.sight(kind, namespace) {
            Sight::Clear | Sight::NotInFiles => self.undecoded(kind, namespace).cloned(),
            Sight::Hidden(Some(gap)) => Some(gap),
            Sight::Hidden(None) => Some(Gap::Incomplete { kind, namespace: namespace.into(), detail: "they were not read".into() }),
        }
    }

    /// Whether files show which objects of `kind` exist in `namespace`. Namespaces, Nodes and GatewayClasses come with a cluster or a controller,
    /// so that having one of them says nothing about the others.
    fn files_show(&self, kind: Kind, namespace: &str) -> bool {
        let partial = kind.namespaced() && self.inventory().partial.contains(namespace);
        !partial && !matches!(kind, Kind::Namespace | Kind::Node | Kind::GatewayClass) && self.holds(kind, namespace)
    }

    /// Whether an object of `kind` in `namespace` stands in the files or the cluster in a form that does not decode: it is there, and what it says
    /// is not known.
    pub fn undecoded(&self, kind: Kind, namespace: &str) -> Option<&Gap> {
        let gaps = self.inventory().gaps.iter();
        // One that does not even say its namespace may lie in any.
        let here = |gap: &&Gap| namespace.is_empty() || gap.namespace().is_empty() || gap.namespace() == namespace;
        let same = |gap: &&Gap| gap.kind() == kind && here(gap);
        gaps.filter(|gap| matches!(gap, Gap::Undecodable { .. })).find(same)
    }

    /// Whether some other tool makes this object of what the files hold: cert-manager a Secret, trust-manager a ConfigMap.
    pub fn is_made(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        self.inventory().made.iter().any(|(k, ns, n)| *k == kind && fits(ns, namespace) && fits(n, name))
    }

    /// Whether some other tool makes objects of this kind, of known names, in a namespace of what the files hold.
    pub fn makes(&self, kind: Kind, namespace: &str) -> bool {
        self.inventory().made.iter().any(|(k, ns, name)| *k == kind && ns == namespace && !name.is_empty())
    }

    /// The gap that hides objects of `kind`, if one does.
    fn gap(&self, kind: Kind, namespace: &str) -> Option<Gap> {
        let gaps = &self.inventory().gaps;
        let hiding = |gap: &&Gap| gap.kind() == kind && gap.hides_objects() && !matches!(gap, Gap::Undecodable { .. });
        let here = |gap: &&Gap| namespace.is_empty() || gap.namespace().is_empty() || gap.namespace() == namespace;
        gaps.iter().filter(hiding).find(here).cloned()
    }

    /// Whether anything that was asked for may exist and was not seen.
    pub fn has_hiding_gaps(&self) -> bool {
        self.inventory().gaps.iter().any(Gap::hides_objects)
    }

    /// Why `kinds` were not seen in the namespaces that were read, if some were not.
    pub fn hidden(&self, kinds: &[Kind]) -> Option<String> {
        let everywhere = [Str::default()].into();
        let scope = if self.inventory().scope.is_empty() { &everywhere } else { &self.inventory().scope };
        let seen = |kind: &Kind| {
            scope.iter().find_map(|namespace| match self.sight(*kind, namespace) {
                Sight::Hidden(gap) => Some(gap.map_or_else(|| format!("{} were not read", kind.resource()), |g| g.to_string())),
                _ => None,
            })
        };
        let because: BTreeSet<String> = kinds.iter().filter_map(seen).collect();
        (!because.is_empty()).then(|| because.into_iter().collect::<Vec<_>>().join("; "))
    }
}
