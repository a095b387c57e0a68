//! Whom a policy without a target reaches, without walking the cluster once per policy.

use std::collections::HashMap;

use crate::index::Workload;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::model::{Object, Str};
use crate::world::World;

/// Finds a workload that a policy reaches and that fits a question; for policies of a whole namespace the answer is asked once.
pub(in crate::checks) struct Reach<'a, F> {
    world: &'a World,
    fits: F,
    by_namespace: HashMap<Str, Option<&'a Workload>>,
    anywhere: Option<Option<&'a Workload>>,
}

impl<'a, F: Fn(&'a Workload) -> bool> Reach<'a, F> {
    pub(in crate::checks) fn new(world: &'a World, fits: F) -> Self {
        Self { world, fits, by_namespace: HashMap::new(), anywhere: None }
    }

    /// The first workload that `policy` reaches and that fits.
    pub(in crate::checks) fn first(&mut self, policy: &Object) -> Option<&'a Workload> {
        let index = &self.world.index;
        let root = self.world.istio.root_namespace();
        if !policy::targets(policy).is_empty() {
            return None;
        }
        if !policy::selector(policy).unwrap_or_default().is_empty() {
            return policy::picked(index, policy, root).into_iter().find(|w| (self.fits)(w));
        }
        let fits = &self.fits;
        if policy.meta.namespace == root {
            return *self.anywhere.get_or_insert_with(|| index.workloads().iter().find(|w| fits(w)));
        }
        let namespace = &policy.meta.namespace;
        *self.by_namespace.entry(namespace.clone()).or_insert_with(|| index.workloads_in(namespace).iter().find(|w| fits(w)))
    }
}

/// Whether `enforcer` enforces policies for a workload.
pub(in crate::checks) fn enforced_by(world: &World, enforcer: Enforcer) -> impl Fn(&Workload) -> bool + use<'_> {
    move |workload| policy::enforcer(world.view(), workload) == enforcer
}
