use crate::checks::Findings;
use crate::mesh::linkerd::server::{Protocol, ServerFault, ServerSpec};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.proxyProtocol` is none of `unknown`, `HTTP/1`, `HTTP/2`, `gRPC`, `opaque` and `TLS`, written exactly so.
    ///
    /// # Why it matters
    ///
    /// The policy controller cannot read the Server and passes it over: its port falls back to the default inbound policy.
    ///
    /// # How to fix it
    ///
    /// Use one of the six values. Plain TCP is `opaque`.
    ///
    /// Sources: linkerd `policy-controller/k8s/api/src/policy/server.rs`.
    "linkerd-server-protocol-unknown",
    summary: "Server with a proxyProtocol that does not exist",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in world.index.objects(Kind::Server) {
        let Err(ServerFault::BadProtocol(written)) = ServerSpec::of(object) else { continue };
        let meant = Protocol::NAMES.iter().find(|(name, _)| name.replace('/', "").eq_ignore_ascii_case(&written.replace('/', "")));
        let hint = match meant {
            Some((name, _)) => format!("Write {name:?}."),
            None => format!("Use one of {}.", Protocol::NAMES.map(|(name, _)| name).join(", ")),
        };
        findings.add(object, "spec.proxyProtocol", format!("there is no proxyProtocol {written:?}: Linkerd passes the Server over"), hint);
    }
}
