use crate::checks::Findings;
use crate::mesh::istio::release;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceEntry has a TCP port (or one without protocol) and neither addresses nor addresses that istiod has given it.
    ///
    /// # Why it matters
    ///
    /// TCP has no host name to tell services apart by. Without an address of its own the port matches every connection to that port number, to
    /// whichever host, and sends it to the entry's. Istio gives out addresses by itself since 1.25: it is a warning where the release is older, where
    /// that is switched off or where the entry declines it, and its name or endpoints are what the connections go to; else a note.
    ///
    /// # How to fix it
    ///
    /// Set `addresses`, or let Istio allocate them (DNS capture on, no `networking.istio.io/enable-autoallocate-ip: "false"`).
    ///
    /// Sources: IST0134: istio `pkg/config/analysis/analyzers/serviceentry/protocoladdresses.go`; IST0133: `pkg/config/validation/validation.go`,
    /// `pilot/pkg/networking/serviceentry/ip_autoallocation.go`.
    "istio-service-entry-address-missing",
    summary: "ServiceEntry has a TCP port and no address to tell it by",
    aliases: &["IST0133", "IST0134"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let settings = world.istio.config.root().at(["defaultConfig", "proxyMetadata"]);
    let on = |name: &'static str| settings.as_ref().is_some_and(|s| s.text(name) == "true");
    let allocating = on("ISTIO_META_DNS_CAPTURE") && (on("ISTIO_META_DNS_AUTO_ALLOCATE") || on("PILOT_ENABLE_IP_AUTOALLOCATE"));
    let gives = gives_addresses(world) || on("ISTIO_META_DNS_CAPTURE") && on("ISTIO_META_DNS_AUTO_ALLOCATE");
    for entry in world.index.objects(Kind::ServiceEntry) {
        let spec = entry.spec();
        let allocated = entry.root().get("status").is_some_and(|s| s.list("addresses").next().is_some());
        if spec.list("addresses").next().is_some() || allocated {
            continue;
        }
        // By this label an entry asks for no address.
        let declined = entry.meta.labels.get("networking.istio.io/enable-autoallocate-ip").is_some_and(|v| v.eq_ignore_ascii_case("false"));
        for port in spec.list("ports").filter(|p| p.text("protocol").is_empty() || p.text("protocol").eq_ignore_ascii_case("tcp")) {
            // istioctl's analyzer goes by the settings of proxies, its validation by the label and the resolution: names that are not
            // resolved get no address.
            let without = (declined || ["", "NONE"].contains(&spec.text("resolution"))) && ["", "TCP"].contains(&port.text("protocol"));
            let codes: Vec<&'static str> = [(!allocating, "IST0134"), (without, "IST0133")].into_iter().filter(|c| c.0).map(|c| c.1).collect();
            if codes.is_empty() {
                continue;
            }
            let number = port.get("number").and_then(|n| n.int()).unwrap_or(0);
            let takes_all = (declined || !gives) && !["", "NONE"].contains(&spec.text("resolution"));
            let message = if takes_all {
                let host = spec.texts("hosts").next().map(|(host, _)| host).unwrap_or_default();
                format!("TCP port {number} has no address: connections to port {number} of every host outside of the mesh's Services go to {host:?}")
            } else {
                format!("TCP port {number} has no address to tell its traffic by")
            };
            let finding = findings.add(entry, port.path(), message, "Set addresses, or make sure that Istio allocates them.");
            finding.codes(&codes).severity(if takes_all { Severity::Warning } else { Severity::Info });
        }
    }
}

/// Whether istiod may give addresses to entries without any: it does since 1.25, unless it is told not to.
fn gives_addresses(world: &World) -> bool {
    let planes = &world.istio.control_planes;
    let old = |version: Option<&str>| version.and_then(release::minor).is_some_and(|v| v < (1, 25));
    let app: Map = [("app", "istiod")].into_iter().collect();
    let specs = world.index.select(None, &app).filter_map(|w| world.index.pod_spec(w));
    let told = specs.flat_map(|spec| &spec.containers[..]).filter(|c| c.name == "discovery").find_map(|c| c.env("PILOT_ENABLE_IP_AUTOALLOCATE"));
    match told {
        Some(value) => value == "true",
        None => planes.is_empty() || planes.iter().any(|plane| !old(plane.version.as_deref())),
    }
}
