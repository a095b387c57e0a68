use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceEntry has a TCP port (or one without protocol) and neither addresses nor addresses that istiod has given it.
    ///
    /// # Why it matters
    ///
    /// TCP has no host name to tell services apart by. Without an address of its own the port matches every connection to that port number.
    /// Istio gives out addresses by itself since 1.25, so that this is of note with older releases or where that is switched off.
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
            let message = format!("TCP port {number} has no address to tell its traffic by");
            findings.add(entry, port.path(), message, "Set addresses, or make sure that Istio allocates them.").codes(&codes);
        }
    }
}
