use crate::checks::Findings;
use crate::mesh::linkerd::network::{self, NetworkFault};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A NetworkAuthentication without networks, an EgressNetwork with an empty list, a `cidr` that is none, or an `except` that lies outside its
    /// cidr or covers all of it.
    ///
    /// # Why it matters
    ///
    /// Admission refuses such an object. One that got in cannot be read or matches nobody, and a policy that requires an unreadable
    /// NetworkAuthentication is void.
    ///
    /// # How to fix it
    ///
    /// Write CIDRs such as `10.0.0.0/8` or single addresses, and exceptions that are proper parts of their cidr.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/api/src/policy/network.rs`.
    "linkerd-networks-invalid",
    summary: "Networks of a policy that are empty, unreadable or excepted away",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::NetworkAuthentication, Kind::ServerAuthorization, Kind::EgressNetwork],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::NetworkAuthentication, Kind::ServerAuthorization, Kind::EgressNetwork] {
        for object in world.index.objects(kind) {
            let spec = object.spec();
            let holder = if kind == Kind::ServerAuthorization { spec.get("client") } else { Some(spec) };
            let Some(holder) = holder else { continue };
            let empty = holder.list("networks").next().is_none();
            if empty && (kind == Kind::NetworkAuthentication || kind == Kind::EgressNetwork && holder.get("networks").is_some()) {
                findings.add(object, "spec.networks", "it holds no network", "List at least one network.");
            }
            for network in holder.list("networks") {
                for (fault, at, text) in network::faults(&network) {
                    let cidr = network.text("cidr");
                    let (message, hint) = match fault {
                        NetworkFault::Unreadable => (format!("{text:?} is neither a CIDR nor an address"), "Write it as 10.0.0.0/8 or 10.0.0.7."),
                        NetworkFault::ExceptOutside => (format!("exception {text:?} is not within {cidr:?}"), "Except a part of the cidr."),
                        NetworkFault::ExceptCoversAll => (format!("exception {text:?} leaves nothing of {cidr:?}"), "Except a smaller part."),
                    };
                    findings.add(object, at, message, hint);
                }
            }
        }
    }
}
