//! What a sidecar has against what it should have by the objects of the cluster. Only what can be stood for is compared: what istiod leaves out or
//! adds for reasons that are not visible here is no difference, and is named as not compared.

mod inbound;
mod outbound;
mod refused;

use super::MeshView;
use super::envoy::{Answers, Section};
use super::istio::policy::{Enforcer, enforcer};
use crate::index::Workload;
use crate::model::{Evidence, Kind, MeshId, ObjectRef};
use serde::Serialize;

/// A difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// In which way.
    pub kind: DifferenceKind,
    /// What of the proxy: `listener 0.0.0.0_8080`.
    pub at: String,
    /// What is wrong, in words.
    pub text: String,
    /// What of the cluster it differs from.
    pub because: Vec<Evidence>,
}

/// In which way a proxy differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// It was sent and not taken.
    Rejected,
    /// The proxy does not have it.
    Missing,
    /// The proxy has it, and nothing says that it should.
    Unexpected,
    /// A port accepts other connections than it should.
    Encryption,
    /// It waits for something.
    Waiting,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Differences, by kind and place.
    pub differences: Vec<Difference>,
    /// What was compared and is as it should be, with how many of it.
    pub agreed: Vec<(&'static str, usize)>,
    /// What was not compared, and why.
    pub not_compared: Vec<String>,
}

impl Comparison {
    fn add(&mut self, kind: DifferenceKind, at: impl Into<String>, text: impl Into<String>, because: Vec<Evidence>) {
        self.differences.push(Difference { kind, at: at.into(), text: text.into(), because });
    }
}

/// Kinds that a comparison rests on, beside those of membership and encryption.
pub const PROXY_DIFF_KINDS: &[Kind] = &[
    Kind::AuthorizationPolicy,
    Kind::DestinationRule,
    Kind::EnvoyFilter,
    Kind::PeerAuthentication,
    Kind::ServiceEntry,
    Kind::Sidecar,
    Kind::VirtualService,
];

/// Compares what a proxy of a workload has.
pub(crate) fn compare<'a>(view: MeshView<'a>, workload: &'a Workload, answers: &Answers) -> Comparison {
    let mut found = Comparison::default();
    refused::add(view, workload, answers, &mut found);
    match enforcer(view, workload) {
        Enforcer::Sidecar if view.membership(MeshId::Istio, workload) == Ok(crate::model::Membership::Sidecar) => {
            let there = |section| answers.sections.contains(&section);
            if there(Section::Listeners) {
                inbound::encryption(view, workload, answers, &mut found);
                inbound::policies(view, workload, answers, &mut found);
            } else {
                found.not_compared.push("ports and policies: the answers hold no listeners".to_owned());
            }
            if there(Section::Clusters) {
                outbound::clusters(view, workload, answers, &mut found);
            } else {
                found.not_compared.push("clusters: the answers hold none".to_owned());
            }
            outbound::made_of(view, answers, &mut found);
            found.not_compared.push("the order and conditions of routes, endpoints, settings of connections".to_owned());
        }
        Enforcer::Unknown => found.not_compared.push("anything but what was refused: whether the workload is in the mesh is not known".to_owned()),
        _ => found.not_compared.push("anything but what was refused: only sidecars are compared".to_owned()),
    }
    found.differences.sort_by(|a, b| (a.kind, &a.at).cmp(&(b.kind, &b.at)));
    found
}

/// EnvoyFilters that may change what istiod makes for a workload, whatever they then do.
fn envoy_filters<'a>(view: MeshView<'a>, workload: &'a Workload) -> impl Iterator<Item = &'a crate::model::Object> {
    let (root, namespace) = (view.istio.root_namespace(), workload.reference.namespace.as_str());
    let namespaces = if root == namespace { vec![namespace] } else { vec![root, namespace] };
    let all = namespaces.into_iter().flat_map(move |ns| view.index.objects_in(Kind::EnvoyFilter, ns));
    all.filter(|filter| super::istio::policy::labels(filter.spec().at(["workloadSelector", "labels"])).is_subset_of(&workload.labels))
}

/// The object as evidence, by itself.
fn of(object: ObjectRef, text: impl Into<String>) -> Evidence {
    Evidence { object: Some(object), ..Evidence::default(text) }
}
