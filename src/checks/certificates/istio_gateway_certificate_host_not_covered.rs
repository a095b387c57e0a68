use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates;
use crate::mesh::istio::credentials;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A host of a Gateway server is not among the names (subject alternative names) of the certificate it presents. `*` is passed over, and of a
    /// server with several certificates one must cover the host.
    ///
    /// # Why it matters
    ///
    /// Clients refuse the connection with a name mismatch, although everything is configured and the gateway answers.
    ///
    /// # How to fix it
    ///
    /// Issue the certificate for the host too, or present the right one. A wildcard covers exactly one label.
    ///
    /// Sources: RFC 9525; no other tool reports it.
    "istio-gateway-certificate-host-not-covered",
    summary: "Gateway host is not among the names of its certificate",
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let credentials = gateway_certificates::all(world);
    // Credentials of one server follow each other.
    for of_server in credentials.chunk_by(|a, b| a.0.gateway.reference() == b.0.gateway.reference() && a.0.server.path() == b.0.server.path()) {
        let leaves: Option<Vec<_>> =
            of_server.iter().map(|(credential, namespaces)| credentials::leaf(credential.secret(&world.index, namespaces.first()?)?)).collect();
        let (Some(leaves), Some((credential, _))) = (leaves, of_server.first()) else { continue };
        for (host, at) in credential.server.texts("hosts") {
            let name = host.split_once('/').map_or(host, |(_, name)| name);
            if name == "*" || leaves.iter().any(|leaf| leaf.covers(name)) {
                continue;
            }
            let names: Vec<&str> = leaves.iter().flat_map(|leaf| &leaf.names).map(String::as_str).take(5).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            findings.add(
                credential.gateway,
                at.path(),
                format!("host {name:?} is not covered by the certificate {:?}, which is for {names}", credential.name),
                "Issue the certificate for this host too, or present another one.",
            );
        }
    }
}
