use crate::checks::Findings;
use crate::checks::support::istio::schema::is_host;
use crate::checks::support::istio::traffic::routes::{Destination, destinations, export_to, none_in_files, services_unseen, users, without_istioctl};
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route or mirror of a VirtualService names a host that is no Service and no ServiceEntry, or one that is not exported to where
    /// the VirtualService is used. A name without a dot means a Service of the VirtualService's namespace. istiod does not complete
    /// `reviews.shop`: the name of a Service in another namespace has to be written in full. Files that hold no Service of a namespace say
    /// nothing about it: there the absence is worth knowing only, and is not counted as istioctl's finding.
    ///
    /// # Why it matters
    ///
    /// The proxy has no cluster for the host and answers 503 (`NC`, no cluster) to all requests that take this route.
    ///
    /// # How to fix it
    ///
    /// Correct the name, write it in full (`reviews.shop.svc.cluster.local`), export the Service, or add a ServiceEntry for an external host.
    ///
    /// Sources: IST0101: istio `pkg/config/analysis/analyzers/virtualservice/destinationhosts.go`;
    /// KIA1101: kiali `checkers/virtualservices/no_host_checker.go`.
    "istio-virtual-service-destination-not-found",
    summary: "VirtualService routes to a host that does not exist",
    aliases: &["IST0101", "KIA1101"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        let exported = export_to(vs);
        for destination in destinations(vs).into_iter().filter(|d| is_host(d.host)) {
            judge(world, vs, &exported, &destination, findings);
        }
    }
}

fn judge(world: &World, vs: &Object, exported: &[&str], destination: &Destination<'_>, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    let (host, own) = (destination.host, vs.meta.namespace.as_str());
    let kiali_host = registry.kiali_host(host, own);
    let mut codes = Vec::new();
    if registry.istioctl_lookup(host, own, exported).is_none() {
        codes.push("IST0101");
    }
    let in_kiali = registry.kiali_service_entry(&kiali_host.name, own) || registry.kiali_service(&kiali_host.name, own).is_some();
    if !in_kiali {
        codes.push("KIA1101");
    }
    if registry.resolve_for(host, own, &users(world, vs)).is_some() {
        return;
    }
    let what = if destination.mirror { "mirror host" } else { "host" };
    let path = destination.field.path_of("host");
    if let Some(entry) = registry.named(&registry.fqdn(host, own)).next() {
        let message = format!("{what} {host:?} is not visible from where this VirtualService is used: its exportTo leaves it out");
        let finding = findings.add(vs, path, message, "Export the Service or ServiceEntry to the namespaces in which this VirtualService is used.");
        finding.codes(&codes);
        if let Some(object) = entry.reference(&world.index) {
            finding.related(object, "limits its visibility");
        }
        return;
    }
    let full = &kiali_host.name;
    let (message, hint, kind, namespace) = if kiali_host.is_service() && world.index.service(&kiali_host.namespace, &kiali_host.service).is_some() {
        let hint = format!("Write {full}.");
        (format!("{what} {host:?} is not a full name: istiod does not take it for {full}"), hint, Kind::Service, kiali_host.namespace.as_str())
    } else if kiali_host.is_service() {
        let hint = format!("Correct the name, or create Service {:?} in namespace {:?}.", kiali_host.service, kiali_host.namespace);
        (format!("{what} {host:?} does not exist: there is no Service {full}"), hint, Kind::Service, kiali_host.namespace.as_str())
    } else {
        let hint = "Correct the name, or add a ServiceEntry for it.".to_owned();
        (format!("{what} {host:?} is no Service and no ServiceEntry has it"), hint, Kind::ServiceEntry, "")
    };
    let unseen = if kind == Kind::Service { services_unseen(world, namespace) } else { none_in_files(world, kind) };
    let finding = if kind == Kind::Service {
        findings.missing_named(vs, path, (kind, namespace, &kiali_host.service), message, hint)
    } else {
        findings.missing(vs, path, &[(kind, own)], message, hint)
    };
    if let Some(finding) = finding {
        finding.codes(&without_istioctl(unseen && (kind == Kind::Service || services_unseen(world, own)), &codes));
        if unseen {
            finding.severity(Severity::Info);
        }
    }
}
