//! In which stage the change of a root stands, as sets: which roots each party accepts, and in which root its own certificate ends. A reaches B where
//! each accepts the root of the other.
//!
//! A root is what verification goes by, its name and its key: one that is renewed under the same key is still the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::mesh::certificate::{Certificate, leads_to};
use crate::model::ObjectRef;

/// How long a workload's certificate holds in both meshes, unless somebody says otherwise.
const LEAF: i64 = 24 * 3600;

/// A root, as verification knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Root {
    subject: String,
    key: Vec<u8>,
}

/// Roots that somebody accepts.
pub type Roots = BTreeSet<Root>;

/// The roots that certificates are.
pub fn roots(certificates: &[Certificate]) -> Roots {
    certificates.iter().map(|c| Root { subject: c.subject.clone(), key: c.public_key.clone() }).collect()
}

/// Which of `known` a chain ends in; when in none of them, one that nobody accepts.
pub fn end_of(chain: &[Certificate], known: &[Certificate]) -> Option<Root> {
    match known.iter().find(|root| leads_to(chain, std::slice::from_ref(root))) {
        Some(root) => roots(std::slice::from_ref(root)).pop_first(),
        None if known.is_empty() => None,
        None => Some(Root { subject: chain.last()?.issuer.clone(), key: Vec::new() }),
    }
}

/// Some pods that accept the same roots and whose certificates end in the same one.
#[derive(Clone, Debug)]
pub struct Party {
    /// The workload; or the namespace whose pods they are.
    pub who: ObjectRef,
    /// What it accepts; nothing where only that it differs from what the control plane hands out is known.
    pub accepts: Option<Roots>,
    /// In what its own certificate ends; nothing where that was not seen.
    pub ends_in: Option<Root>,
    /// How many pods.
    pub pods: usize,
}

/// What decides.
#[derive(Debug, Default)]
pub struct Facts {
    /// Roots that the control plane hands out.
    pub handed_out: Vec<Certificate>,
    /// The certificate that signs those of workloads, with its chain, where it was seen.
    pub issuer: Option<Vec<Certificate>>,
    /// Parts of the control plane that run with other roots than it hands out.
    pub stale: BTreeSet<ObjectRef>,
    /// Everybody else.
    pub parties: Vec<Party>,
}

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

/// Where it stands, for what reason, and who has to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One root everywhere.
    Stable,
    /// These accept none of the roots that the control plane hands out.
    Apart(BTreeSet<ObjectRef>),
    /// The first of each pair refuses what the second shows.
    Refused(BTreeSet<(ObjectRef, ObjectRef)>),
    /// The issuer leads to none of the roots.
    IssuerOfNone,
    /// These parts of the control plane run with other roots.
    Stale(BTreeSet<ObjectRef>),
    /// These do not accept every root yet.
    Behind(BTreeSet<ObjectRef>),
    /// All accept every root; certificates are still of the old one.
    MaySwitch,
    /// Certificates of the old root are in use by these; where nobody was asked, for so many more seconds at most.
    Switching(BTreeSet<ObjectRef>, Option<i64>),
    /// Nothing is left of the old root but the root itself.
    Removable,
    /// The old root is gone, and these still accept it.
    Leftover(BTreeSet<ObjectRef>),
    /// All accept every root; whose certificates are in use was not seen.
    IssuerUnknown,
}

impl Standing {
    /// The stage that this is.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Stable => Stage::Stable,
            Self::Apart(_) | Self::Refused(_) | Self::IssuerOfNone => Stage::Broken,
            Self::Stale(_) => Stage::StaleControlPlane,
            Self::Behind(_) | Self::MaySwitch => Stage::Adding,
            Self::Switching(..) => Stage::Switching,
            Self::Removable | Self::Leftover(_) => Stage::Removable,
            Self::IssuerUnknown => Stage::Unknown,
        }
    }

    /// Who has to be restarted, or renewed.
    pub fn who(&self) -> BTreeSet<ObjectRef> {
        match self {
            Self::Apart(who) | Self::Stale(who) | Self::Behind(who) | Self::Switching(who, _) | Self::Leftover(who) => who.clone(),
            Self::Refused(pairs) => pairs.iter().map(|(refuses, _)| refuses.clone()).collect(),
            Self::Stable | Self::IssuerOfNone | Self::MaySwitch | Self::Removable | Self::IssuerUnknown => BTreeSet::new(),
        }
    }
}

impl Facts {
    /// Where the change of a root stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let handed_out = roots(&self.handed_out);
        let who = |wanted: &dyn Fn(&Roots) -> bool| -> BTreeSet<ObjectRef> {
            self.parties.iter().filter(|p| p.accepts.as_ref().is_some_and(wanted)).map(|p| p.who.clone()).collect()
        };
        let apart = who(&|accepts| accepts.is_disjoint(&handed_out));
        if !apart.is_empty() {
            return Standing::Apart(apart);
        }
        let refused = self.refused();
        if !refused.is_empty() {
            return Standing::Refused(refused);
        }
        if !self.stale.is_empty() {
            return Standing::Stale(self.stale.clone());
        }
        if self.issuer.as_ref().is_some_and(|chain| !chain.is_empty() && !leads_to(chain, &self.handed_out)) {
            return Standing::IssuerOfNone;
        }
        let unknown = self.parties.iter().filter(|p| p.accepts.is_none()).map(|p| p.who.clone());
        let several = handed_out.len() > 1;
        if several {
            let behind: BTreeSet<ObjectRef> = unknown.chain(who(&|accepts| !accepts.is_superset(&handed_out))).collect();
            return if behind.is_empty() { self.by_certificates(now) } else { Standing::Behind(behind) };
        }
        let leftover: BTreeSet<ObjectRef> = unknown.chain(who(&|accepts| *accepts != handed_out)).collect();
        if leftover.is_empty() { Standing::Stable } else { Standing::Leftover(leftover) }
    }

    /// Who accepts the root of whose certificate does not: looked at by set, of which there are few, and not by pod.
    fn refused(&self) -> BTreeSet<(ObjectRef, ObjectRef)> {
        let mut accepting: BTreeMap<&Roots, BTreeSet<&ObjectRef>> = BTreeMap::new();
        let mut shown: BTreeMap<&Root, BTreeSet<&ObjectRef>> = BTreeMap::new();
        for party in &self.parties {
            if let Some(accepts) = &party.accepts {
                accepting.entry(accepts).or_default().insert(&party.who);
            }
            if let Some(root) = &party.ends_in {
                shown.entry(root).or_default().insert(&party.who);
            }
        }
        let mut pairs = BTreeSet::new();
        for (accepts, refusing) in &accepting {
            for refused in shown.iter().filter(|(root, _)| !accepts.contains(*root)).map(|(_, refused)| refused) {
                // Every refusing one has a partner, and every refused one; a table of all with all would be a square.
                let most = refusing.len().max(refused.len());
                let cycled = refusing.iter().cycle().zip(refused.iter().cycle()).take(most);
                pairs.extend(cycled.map(|(refuses, refused)| ((*refuses).clone(), (*refused).clone())));
            }
        }
        pairs
    }

    /// All accept every one of several roots: what decides is whose certificates are in use.
    fn by_certificates(&self, now: Timestamp) -> Standing {
        let Some(newest) = self.handed_out.iter().max_by_key(|root| root.not_before) else { return Standing::Stable };
        let new = roots(std::slice::from_ref(newest)).pop_first();
        let of_old: BTreeSet<ObjectRef> = self.parties.iter().filter(|p| p.ends_in.is_some() && p.ends_in != new).map(|p| p.who.clone()).collect();
        let any_of_new = self.parties.iter().any(|p| p.ends_in.is_some() && p.ends_in == new);
        let all_seen = any_of_new && self.parties.iter().all(|p| p.ends_in.is_some());
        let issuer = self.issuer.as_ref().and_then(|chain| Some((chain.first()?, leads_to(chain, std::slice::from_ref(newest)))));
        match issuer {
            _ if all_seen && of_old.is_empty() => Standing::Removable,
            Some((_, false)) => Standing::MaySwitch,
            None if !of_old.is_empty() && !any_of_new => Standing::MaySwitch,
            _ if !of_old.is_empty() => Standing::Switching(of_old, None),
            None => Standing::IssuerUnknown,
            Some((issuer, true)) => match LEAF - (now.as_second() - issuer.not_before.as_second()) {
                left if left > 0 => Standing::Switching(BTreeSet::new(), Some(left)),
                _ => Standing::Removable,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::certificate;
    use crate::model::{Kind, Str};

    struct Authority(Certificate, rcgen::Issuer<'static, rcgen::KeyPair>);

    fn authority(name: &str, year: i32) -> Authority {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut made = rcgen::CertificateParams::new(vec![]).unwrap();
        made.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        made.distinguished_name.push(rcgen::DnType::CommonName, name);
        (made.not_before, made.not_after) = (rcgen::date_time_ymd(year, 1, 1), rcgen::date_time_ymd(2999, 1, 1));
        let pem = made.self_signed(&key).unwrap().pem();
        Authority(certificate::read(pem.as_bytes()).unwrap().remove(0), rcgen::Issuer::new(made, key))
    }

    impl Authority {
        fn signs(&self, day: u8) -> Vec<Certificate> {
            let mut made = rcgen::CertificateParams::new(vec![]).unwrap();
            made.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            made.distinguished_name.push(rcgen::DnType::CommonName, "issuer");
            (made.not_before, made.not_after) = (rcgen::date_time_ymd(2026, 11, day), rcgen::date_time_ymd(2999, 1, 1));
            certificate::read(made.signed_by(&rcgen::KeyPair::generate().unwrap(), &self.1).unwrap().pem().as_bytes()).unwrap()
        }
    }

    fn named(name: &str) -> ObjectRef {
        ObjectRef { kind: Kind::Deployment, namespace: Str::from("shop"), name: Str::from(name), api_version: Str::default() }
    }

    fn party(name: &str, accepts: &[&Authority], ends_in: Option<&Authority>) -> Party {
        let accepts = accepts.iter().flat_map(|a| roots(std::slice::from_ref(&a.0))).collect();
        Party { who: named(name), accepts: Some(accepts), ends_in: ends_in.and_then(|a| roots(std::slice::from_ref(&a.0)).pop_first()), pods: 1 }
    }

    fn standing(handed_out: &[&Authority], issuer: Option<Vec<Certificate>>, parties: Vec<Party>) -> Standing {
        let handed_out = handed_out.iter().map(|a| a.0.clone()).collect();
        let facts = Facts { handed_out, issuer, stale: BTreeSet::new(), parties };
        facts.standing("2026-11-20T12:00:00Z".parse().unwrap())
    }

    fn set(names: &[&str]) -> BTreeSet<ObjectRef> {
        names.iter().map(|name| named(name)).collect()
    }

    #[test]
    fn what_pods_show_decides_from_the_first_root_to_the_last() {
        let (old, new) = (authority("root", 2001), authority("root", 2002));
        let both: &[&Authority] = &[&old, &new];
        let at = |handed_out: &[&Authority], parties: Vec<Party>| standing(handed_out, None, parties);
        let one = vec![party("a", &[&old], Some(&old)), party("b", &[&old], Some(&old))];
        assert_eq!(at(&[&old], one.clone()), Standing::Stable);
        assert_eq!(at(both, one), Standing::Behind(set(&["a", "b"])));
        let half = vec![party("a", both, Some(&old)), party("b", &[&old], Some(&old))];
        assert_eq!(at(both, half), Standing::Behind(set(&["b"])));
        let all = vec![party("a", both, Some(&old)), party("b", both, Some(&old))];
        assert_eq!(at(both, all), Standing::MaySwitch);
        let mixed = vec![party("a", both, Some(&new)), party("b", both, Some(&old))];
        assert_eq!(at(both, mixed.clone()), Standing::Switching(set(&["b"]), None));
        let switched = vec![party("a", both, Some(&new)), party("b", both, Some(&new))];
        assert_eq!(at(both, switched.clone()), Standing::Removable);
        assert_eq!(at(&[&new], switched), Standing::Leftover(set(&["a", "b"])));
        assert_eq!(at(&[&new], vec![party("a", &[&new], Some(&new))]), Standing::Stable);
        assert_eq!(mixed[0].accepts, mixed[1].accepts);
    }

    #[test]
    fn who_refuses_whom_is_named() {
        let (old, new) = (authority("old", 2001), authority("new", 2002));
        let parties = vec![party("a", &[&old, &new], Some(&new)), party("b", &[&old], Some(&old)), party("c", &[&old, &new], Some(&old))];
        let expected: BTreeSet<_> = [(named("b"), named("a"))].into();
        assert_eq!(
            standing(&[&old, &new], None, parties),
            Standing::Refused(expected),
            "b was not restarted, and a has a certificate of the new root"
        );
        let too_early = vec![party("a", &[&old], None), party("b", &[&new], None)];
        assert_eq!(standing(&[&new], None, too_early), Standing::Apart(set(&["a"])));
        assert_eq!(standing(&[&new], Some(old.signs(1)), vec![]), Standing::IssuerOfNone);
    }

    #[test]
    fn without_pods_the_issuer_decides_by_its_age() {
        let (old, new) = (authority("old", 2001), authority("new", 2002));
        let both: &[&Authority] = &[&old, &new];
        let at = |issuer| standing(both, issuer, vec![party("a", both, None)]);
        assert_eq!(at(None), Standing::IssuerUnknown);
        assert_eq!(at(Some(old.signs(1))), Standing::MaySwitch);
        assert_eq!(at(Some(new.signs(20))), Standing::Switching(BTreeSet::new(), Some(12 * 3600)));
        assert_eq!(at(Some(new.signs(19))), Standing::Removable);
    }

    #[test]
    fn a_root_renewed_under_its_key_is_no_other_root() {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = |year| {
            let mut made = rcgen::CertificateParams::new(vec![]).unwrap();
            (made.not_before, made.not_after) = (rcgen::date_time_ymd(year, 1, 1), rcgen::date_time_ymd(2999, 1, 1));
            certificate::read(made.self_signed(&key).unwrap().pem().as_bytes()).unwrap()
        };
        let (before, after) = (made(2001), made(2002));
        assert_eq!(roots(&before), roots(&after));
        assert_ne!(before[0].der, after[0].der);
    }

    #[test]
    fn ten_thousand_who_refuse_ten_thousand_make_no_square() {
        let (old, new) = (authority("old", 2001), authority("new", 2002));
        let (mine, theirs) = (party("a", &[&old], Some(&old)), party("b", &[&old, &new], Some(&new)));
        let many =
            |party: &Party, letter: &str| (0..10_000).map(|i| Party { who: named(&format!("{letter}{i}")), ..party.clone() }).collect::<Vec<_>>();
        let Standing::Refused(pairs) = standing(&[&old, &new], None, [many(&mine, "a"), many(&theirs, "b")].concat()) else { panic!() };
        assert_eq!(pairs.len(), 10_000);
    }
}
