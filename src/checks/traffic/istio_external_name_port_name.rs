use crate::checks::Findings;
use crate::checks::support::istio::platform::ports::is_recognised;
use crate::mesh::istio::labels::{SYSTEM_NAMESPACES, is_control_plane, is_managed_gateway};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A port of a Service of type ExternalName tells Istio no protocol, or is named just `tcp`.
    ///
    /// # Why it matters
    ///
    /// Such a Service has no address of its own. A TCP port without one makes a listener for the whole port number, which catches the traffic of
    /// every other service on that port in all proxies.
    ///
    /// # How to fix it
    ///
    /// Name the port after its real protocol (`http-…`, `https-…`, `tls-…`, `tcp-…`), or describe the host in a ServiceEntry instead.
    ///
    /// Sources: IST0150; istio `pkg/config/analysis/analyzers/service/portname.go`.
    "istio-external-name-port-name",
    summary: "Port of an ExternalName Service has a name that Istio misreads",
    aliases: &["IST0150"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services().iter().filter(|s| s.spec.kind == "ExternalName") {
        let meta = &service.metadata;
        if is_control_plane(&meta.labels) || is_managed_gateway(&meta.labels) || SYSTEM_NAMESPACES.contains(&meta.namespace.as_str()) {
            continue;
        }
        for (i, port) in service.spec.ports.iter().enumerate() {
            if !is_recognised(port) || port.name == "tcp" {
                findings.add(
                    service,
                    format!("spec.ports[{i}].name"),
                    format!("port {} of this ExternalName Service is named {:?}", port.port, port.name.as_str()),
                    "Name it after its protocol with a suffix, for instance https-api, or use a ServiceEntry.",
                );
            }
        }
    }
}
