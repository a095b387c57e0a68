//! The questions that follow from membership agree with it, on every fixture.

use kubectl_mesh::checks;
use kubectl_mesh::mesh::istio::policy::{Enforcer, enforcer};
use kubectl_mesh::model::{Fact, Intent, Membership, MeshId};

use crate::fixtures::{cases, world};

#[test]
fn who_enforces_policies_agrees_with_the_injection_that_is_shown() {
    let mut wrong = Vec::new();
    for case in checks::all().into_iter().flat_map(|check| cases(check.id)) {
        let world = world(&case);
        for workload in world.index.workloads() {
            let fact = world.injection(MeshId::Istio, workload);
            let actual = fact.actual;
            let meant_in = matches!(&fact.intended, Fact::Known { value: Intent::In { .. }, .. });
            let marked = matches!(world.membership(MeshId::Istio, workload), Ok(Membership::Gateway | Membership::Waypoint));
            let agree = match enforcer(world.view(), workload) {
                Enforcer::Sidecar => actual.sidecar + actual.native + actual.gateway > 0 || meant_in || world.index.pod_spec(workload).is_none(),
                Enforcer::Ztunnel => actual.ambient > 0 || meant_in && actual.sidecar + actual.native == 0,
                Enforcer::Gateway | Enforcer::Waypoint => marked,
                Enforcer::Nobody => actual.inside() == 0,
                Enforcer::Unknown => matches!(fact.intended, Fact::Unknown(_)) || world.index.pod_spec(workload).is_none(),
            };
            if !agree {
                wrong.push(format!("{}: {}: {:?}, {:?}", case.display(), workload.reference, enforcer(world.view(), workload), fact));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
