use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{hosts, rules};
use crate::mesh::istio::{Entry, Source};
use crate::model::{Field, Kind, Object, ServicePort};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService for calls inside of the mesh has a kind of route that goes with none of its host's ports: `http` where all of them are declared
    /// as TCP or TLS (also `https`, which sidecars do not open), `tls` or `tcp` where all of them are declared as HTTP. Where the match names a port, that
    /// one is looked at. Ports whose protocol Istio has to guess are left alone.
    ///
    /// # Why it matters
    ///
    /// Sidecars leave the route out: no split, no timeout, no retry takes place, and nothing says so. An application that calls `https://` itself is not
    /// routed by HTTP.
    ///
    /// # How to fix it
    ///
    /// Write the route under the list that goes with the port, declare the port as what it carries, or let the application call with plain HTTP and the
    /// proxy originate the TLS.
    ///
    /// Sources: istio `pilot/pkg/networking/core/httproute.go`, `pilot/pkg/networking/core/tls.go`; istioctl and Kiali do not look.
    "istio-virtual-service-kind-not-on-service",
    summary: "VirtualService has a kind of route that no port of its host carries",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        // With a gateway beside the mesh a list may be for the gateway alone.
        let hosts = hosts(vs);
        if vs.spec().texts("gateways").any(|(name, _)| name != "mesh") || hosts.is_empty() || hosts.iter().any(|host| host.starts_with('*')) {
            continue;
        }
        let entries: Option<Vec<&Entry>> = hosts.iter().map(|host| world.istio.registry.resolve(host, &vs.meta.namespace)).collect();
        let Some(ports) = entries.map(|entries| entries.into_iter().flat_map(|entry| ports(world, entry)).collect::<Vec<_>>()) else { continue };
        for (kind, rule) in rules(vs) {
            if let Some((number, word)) = astray(&ports, kind, &rule) {
                report(findings, vs, (kind, &rule), (number, word));
            }
        }
    }
}

/// A port's number, the word for its protocol, and the kind of routes that go with it; nothing for the latter where Istio guesses.
type Carried = (i64, String, Option<&'static str>);

/// The first port that a rule is for, when it goes with none of those it is for.
fn astray<'p>(ports: &'p [Carried], kind: &str, rule: &Field<'_>) -> Option<(i64, &'p str)> {
    let asked: Vec<i64> = rule.list("match").filter_map(|m| m.get("port")?.int()).collect();
    let mut meant = ports.iter().filter(|(number, ..)| asked.is_empty() || asked.contains(number)).peekable();
    let (number, word, _) = *meant.peek()?;
    // TCP routes are for TLS that is not looked into as well.
    let fits = |carries: &str| carries == kind || (kind == "tcp" && carries == "tls");
    meant.all(|(_, _, carries)| carries.is_some_and(|carries| !fits(carries))).then_some((*number, word))
}

fn report(findings: &mut Findings<'_>, vs: &Object, (kind, rule): (&str, &Field<'_>), (number, word): (i64, &str)) {
    let message = format!("{kind} routes do not go with port {number} ({word}) of its host: sidecars leave this one out");
    let hint = "Write the route under the list that goes with the port, or declare the port as what it carries.";
    findings.add(vs, rule.path(), message, hint);
}

fn ports(world: &World, entry: &Entry) -> Vec<Carried> {
    let carried = |number: i64, word: String| {
        let kind = kind_of(&word);
        (number, word, kind)
    };
    match entry.source {
        Source::Service(at) => {
            let ports = world.index.services().get(at).map(|s| s.spec.ports.as_slice()).unwrap_or_default();
            ports.iter().filter(|p| p.protocol() == "TCP").map(|p| carried(p.port.into(), word(p))).collect()
        }
        Source::ServiceEntry(at) => {
            let ports = world.index.objects(Kind::ServiceEntry).get(at).into_iter().flat_map(|o| o.spec().list("ports").collect::<Vec<_>>());
            ports.filter_map(|p| Some(carried(p.get("number")?.int()?, p.text("protocol").to_ascii_lowercase()))).collect()
        }
    }
}

fn word(port: &ServicePort) -> String {
    port.app_protocol.as_deref().unwrap_or_else(|| port.name.split('-').next().unwrap_or_default()).to_ascii_lowercase()
}

fn kind_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "http" | "http2" | "grpc" | "grpc-web" | "kubernetes.io/h2c" | "kubernetes.io/ws" => "http",
        "https" | "tls" => "tls",
        "tcp" | "mongo" | "mysql" | "redis" => "tcp",
        _ => return None,
    })
}
