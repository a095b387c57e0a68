use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::mesh::istio::ClusterLocal;
use crate::model::{Kind, Service, ServicePort, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service that exists under the same namespace and name in several clusters (this one and those of `--remote-context` and
    /// `--remote-snapshot`) is not the same: headless in one and not in another, an `ExternalName` in one, or with ports that differ in number,
    /// name, protocol or `appProtocol`. A difference of type or `targetPort` alone is only worth knowing. `nodePort` is not compared, since
    /// every cluster allocates its own, nor are hosts that each cluster keeps to itself (`kube-system`, `kubernetes.default`, istiod,
    /// `serviceSettings` with `clusterLocal`) and namespaces outside of `discoverySelectors`.
    ///
    /// # Why it matters
    ///
    /// In a mesh of several clusters this is one host. istiod takes its ports and its kind from one of the Services, which one is not defined, and
    /// looks for the endpoints of all clusters by the port's name: where the names differ, the endpoints of the other cluster are silently left out;
    /// where the protocols differ, HTTP rules hold for some callers and not for others.
    ///
    /// # How to fix it
    ///
    /// Deploy the Service from one manifest everywhere. If the two have nothing to do with each other, rename one of them or keep both within
    /// their clusters.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # before: one cluster has "name: web", the other
    /// ports: [{name: http-web, port: 80}]
    /// # after, in both
    /// ports: [{name: http-web, port: 80}]
    /// ```
    ///
    /// Sources: IST0170; istio `pkg/config/analysis/analyzers/multicluster/service.go`, `pilot/pkg/serviceregistry/aggregate/controller.go`.
    "istio-service-differs-between-clusters",
    summary: "Service of the same name is another one in another cluster",
    aliases: &["IST0170"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service],
    remote: &[Kind::Service],
    compares: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let remotes = findings.remotes().to_vec();
    let config = &world.istio.config;
    let (local, suffix) = (ClusterLocal::read(config), config.service_suffix());
    let clusters: Vec<&World> = [world].into_iter().chain(remotes).collect();
    for (i, first) in clusters.iter().enumerate() {
        let place = if i == 0 { "here".to_owned() } else { format!("in cluster {}", first.source.name) };
        for service in first.index.services() {
            let meta = &service.metadata;
            let (namespace, name) = (meta.namespace.as_str(), meta.name.as_str());
            // The first cluster that has it was the measure already.
            let seen = clusters.iter().take(i).any(|c| c.index.service(namespace, name).is_some());
            let apart =
                world.index.namespace(namespace).is_some_and(|n| !config.discovers(n)) || local.contains(&format!("{name}.{namespace}.{suffix}"));
            if seen || apart {
                continue;
            }
            let mut told: BTreeMap<(String, String), Vec<(&Str, Difference)>> = BTreeMap::new();
            for other in clusters.iter().skip(i + 1) {
                for difference in other.index.service(namespace, name).map(|theirs| differences(service, theirs)).unwrap_or_default() {
                    told.entry((difference.path.clone(), difference.what.clone())).or_default().push((&other.source.name, difference));
                }
            }
            for ((path, what), others) in told {
                let Some((_, Difference { ours, severity, hint, .. })) = others.first() else { continue };
                let theirs: Vec<String> = others.iter().map(|(cluster, d)| format!("{} in cluster {cluster}", d.theirs)).collect();
                let message = format!("{what} {ours} {place}, but {}", theirs.join(", "));
                let finding = findings.add(service, path, message, *hint).severity(*severity);
                for (cluster, difference) in &others {
                    finding.related(service.reference(), format!("in cluster {cluster}, {}", difference.their_path));
                }
            }
        }
    }
}

/// One respect in which two Services are not the same: `what` does `ours` here and `theirs` there.
struct Difference {
    path: String,
    their_path: String,
    what: String,
    ours: String,
    theirs: String,
    severity: Severity,
    hint: &'static str,
}

const PORTS: &str = "Give the Service the same ports in all clusters: istiod takes them from one and finds the endpoints of all by the port's name.";

fn differences(ours: &Service, theirs: &Service) -> Vec<Difference> {
    let of_service = |path: &str, [ours, theirs]: [String; 2], severity, hint| Difference {
        path: path.to_owned(),
        their_path: path.to_owned(),
        what: "the Service".to_owned(),
        ours,
        theirs,
        severity,
        hint,
    };
    let mut found = Vec::new();
    let types = [ours, theirs].map(|s| if s.spec.kind.is_empty() { "ClusterIP" } else { s.spec.kind.as_str() });
    if types[0] != types[1] {
        let of_type = types.map(|t| format!("is of type {t}"));
        if types.contains(&"ExternalName") {
            // The one that is an alias has neither address nor ports to compare.
            let hint = "Make it an alias in all clusters or in none, or rename one of the two.";
            return vec![of_service("spec.type", of_type, Severity::Warning, hint)];
        }
        let hint = "The mesh treats both alike; make sure that it is meant to be reachable from outside in one cluster only.";
        found.push(of_service("spec.type", of_type, Severity::Info, hint));
    }
    if ours.is_headless() != theirs.is_headless() {
        let addresses = [ours, theirs].map(|s| if s.is_headless() { "is headless" } else { "has an address of its own" }.to_owned());
        found.push(of_service("spec.clusterIP", addresses, Severity::Warning, "Make it headless in all clusters or in none."));
    }
    let mut rest: Vec<(usize, &ServicePort)> = theirs.spec.ports.iter().enumerate().collect();
    for (i, port) in ours.spec.ports.iter().enumerate() {
        match counterpart(port, &mut rest) {
            Some((j, their)) => found.extend(of_ports((i, port), (j, their))),
            None => found.push(one_sided(port, format!("spec.ports[{i}]"), "spec.ports".to_owned(), ["exists", "is missing"])),
        }
    }
    found.extend(rest.into_iter().map(|(j, port)| one_sided(port, "spec.ports".to_owned(), format!("spec.ports[{j}]"), ["is missing", "exists"])));
    found
}

/// Takes out the port that is the same one: by number and protocol, else by name, else by number.
fn counterpart<'s>(port: &ServicePort, rest: &mut Vec<(usize, &'s ServicePort)>) -> Option<(usize, &'s ServicePort)> {
    let same = |p: &ServicePort| p.port == port.port && p.protocol() == port.protocol();
    let at = rest.iter().position(|(_, p)| same(p));
    let at = at.or_else(|| rest.iter().position(|(_, p)| !port.name.is_empty() && p.name == port.name));
    Some(rest.remove(at.or_else(|| rest.iter().position(|(_, p)| p.port == port.port))?))
}

fn of_ports((i, ours): (usize, &ServicePort), (j, theirs): (usize, &ServicePort)) -> Vec<Difference> {
    let name = |p: &ServicePort| if p.name.is_empty() { "has no name".to_owned() } else { format!("is called {:?}", p.name.as_str()) };
    let app =
        |p: &ServicePort| p.app_protocol.as_ref().map_or_else(|| "has no appProtocol".to_owned(), |a| format!("has appProtocol {:?}", a.as_str()));
    let target = "Nothing, if the pods listen on different ports: each cluster's endpoints have their own. Rules by workload port must fit them all.";
    let fields = [
        ("port", [ours, theirs].map(|p| format!("is {}", p.port)), Severity::Warning, PORTS),
        ("name", [ours, theirs].map(name), Severity::Warning, PORTS),
        ("protocol", [ours, theirs].map(|p| format!("is {}", p.protocol())), Severity::Warning, PORTS),
        ("appProtocol", [ours, theirs].map(app), Severity::Warning, PORTS),
        ("targetPort", [ours, theirs].map(|p| format!("leads to {}", p.target())), Severity::Info, target),
    ];
    // Without a targetPort it is the number, of which enough is said.
    let renumbered = ours.port != theirs.port;
    let differing = fields.into_iter().filter(|(field, [ours, theirs], ..)| ours != theirs && !(renumbered && *field == "targetPort"));
    let told = differing.map(|(field, [our, their], severity, hint)| Difference {
        path: format!("spec.ports[{i}].{field}"),
        their_path: format!("spec.ports[{j}].{field}"),
        what: if field == "port" { format!("port {:?}", ours.name.as_str()) } else { format!("port {}", ours.port) },
        ours: our,
        theirs: their,
        severity,
        hint,
    });
    told.collect()
}

fn one_sided(port: &ServicePort, path: String, their_path: String, [ours, theirs]: [&str; 2]) -> Difference {
    let what = format!("port {}/{}", port.port, port.protocol());
    Difference { path, their_path, what, ours: ours.to_owned(), theirs: theirs.to_owned(), severity: Severity::Warning, hint: PORTS }
}
