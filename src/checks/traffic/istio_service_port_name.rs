use crate::checks::Findings;
use crate::checks::support::istio::platform::ports::{follows_convention, is_recognised, leads_into_mesh};
use crate::mesh::istio::labels::{SYSTEM_NAMESPACES, is_control_plane, is_managed_gateway};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service port tells Istio no protocol: it has no `appProtocol`, and its name is not a protocol or a protocol with a `-suffix`
    /// (`http`, `http-web`, `grpc`, `tcp-db` …). Services in front of Istio's own gateways (selector `istio: …`) are left alone, since those go by
    /// the protocols of their Gateway's servers.
    ///
    /// # Why it matters
    ///
    /// Istio then guesses from the first bytes of each connection. Protocols in which the server speaks first are delayed by it, and whether routes
    /// and policies for HTTP hold depends on the guess.
    ///
    /// # How to fix it
    ///
    /// Set `appProtocol`, or rename the port to `<protocol>-<name>`.
    ///
    /// Sources: IST0118; istio `pkg/config/analysis/analyzers/service/portname.go`. KIA0601; kiali `business/checkers/services/port_mapping_checker.go`.
    "istio-service-port-name",
    summary: "Service port tells Istio no protocol",
    aliases: &["IST0118", "KIA0601"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services() {
        let labels = &service.metadata.labels;
        if SYSTEM_NAMESPACES.contains(&service.metadata.namespace.as_str()) {
            continue;
        }
        // A gateway goes by the protocols of its Gateway's servers: names of its Service's ports decide nothing.
        let is_gateway = service.spec.selector.has("istio");
        let istio_looks = !is_gateway && service.spec.kind != "ExternalName" && !is_control_plane(labels) && !is_managed_gateway(labels);
        let mut in_mesh = None;
        for (i, port) in service.spec.ports.iter().enumerate() {
            let istio = istio_looks && !is_recognised(port);
            let kiali = !labels.has("kiali_wizard")
                && !port.protocol().eq_ignore_ascii_case("udp")
                && port.app_protocol.is_none()
                && !follows_convention(&port.name)
                && *in_mesh.get_or_insert_with(|| leads_into_mesh(world, service));
            if !istio && !kiali {
                continue;
            }
            let named = match (&port.app_protocol, port.name.as_str()) {
                (Some(protocol), _) => format!("appProtocol {:?}", protocol.as_str()),
                (None, "") => "no name".to_owned(),
                (None, name) => format!("the name {name:?}"),
            };
            findings
                .add(
                    service,
                    format!("spec.ports[{i}]"),
                    format!("port {} has {named}, which tells Istio no protocol", port.port),
                    "Set appProtocol, or name the port <protocol>-<name>, for instance http-web.",
                )
                .codes(match (istio, kiali) {
                    (true, true) => &["IST0118", "KIA0601"],
                    (true, false) => &["IST0118"],
                    _ => &["KIA0601"],
                });
        }
    }
}
