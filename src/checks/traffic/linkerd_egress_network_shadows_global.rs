use crate::checks::Findings;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace has EgressNetworks of its own, and there are cluster-wide ones in the global namespace (`linkerd-egress`, unless set
    /// otherwise).
    ///
    /// # Why it matters
    ///
    /// For clients of a namespace that has any EgressNetwork, those of the global namespace are not looked at, not even for addresses that the
    /// namespace's own do not cover. A cluster-wide Deny ends there.
    ///
    /// # How to fix it
    ///
    /// Repeat in the namespace what should hold there too.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/egress_network.rs`.
    "linkerd-egress-network-shadows-global",
    summary: "EgressNetwork that puts the cluster-wide ones out of force for its namespace",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::EgressNetwork],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let shared = world.linkerd.cluster.egress_namespace.as_str();
    let Some(global) = world.index.objects_in(Kind::EgressNetwork, shared).first() else { return };
    for object in world.index.objects(Kind::EgressNetwork).iter().filter(|o| o.meta.namespace != shared) {
        let namespace = object.meta.namespace.as_str();
        findings
            .add(
                object,
                "",
                format!("for clients of namespace {namespace:?} the EgressNetworks of {shared:?} no longer hold"),
                "Repeat in this namespace what should hold here too.",
            )
            .related(global.reference(), "does not hold for this namespace");
    }
}
