use crate::checks::Findings;
use crate::checks::support::istio::schema::is_host;
use crate::checks::support::istio::traffic::kiali::known_to_kiali;
use crate::checks::support::istio::traffic::routes::{export_to, none_in_files, services_unseen, users, without_istioctl};
use crate::mesh::istio::OutboundMode;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The host of a DestinationRule is no Service and no ServiceEntry that its namespace sees. A wildcard has to cover at least one, where
    /// istioctl looks for a ServiceEntry with a wildcard alone. Files that hold no Service of a namespace say nothing about it: there the
    /// absence is worth knowing only, and is not counted as istioctl's finding. With `outboundTrafficPolicy: REGISTRY_ONLY` it is an error.
    ///
    /// # Why it matters
    ///
    /// The rule applies to nothing: its TLS settings, subsets and outlier detection are not there when they are counted on.
    ///
    /// # How to fix it
    ///
    /// Correct the host; write the name of a Service in another namespace in full.
    ///
    /// Sources: IST0174: istio `pkg/config/analysis/analyzers/destinationrule/subset.go`;
    /// KIA0202: kiali `checkers/destinationrules/no_dest_checker.go` (which also accepts a workload's app label, and
    /// `example.com` for `evil-example.com`).
    "istio-destination-rule-host-not-found",
    summary: "DestinationRule is for a host that does not exist",
    aliases: &["IST0174", "KIA0202"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    for rule in world.index.objects(Kind::DestinationRule) {
        let spec = rule.spec();
        let (host, own) = (spec.text("host"), rule.meta.namespace.as_str());
        if host != "*" && !is_host(host) {
            continue;
        }
        let kiali_host = registry.kiali_host(host, own);
        let covering = host.starts_with('*') && registry.under(host).next().is_some();
        let mut codes = Vec::new();
        if registry.istioctl_lookup(host, own, &export_to(rule)).is_none() && !covering {
            codes.push("IST0174");
        }
        if !known_to_kiali(world, rule, &kiali_host) {
            codes.push("KIA0202");
        }
        let found = covering || registry.resolve_for(host, own, &users(world, rule)).is_some();
        if found {
            continue;
        }
        let full = &kiali_host.name;
        let exists = kiali_host.is_service() && world.index.service(&kiali_host.namespace, &kiali_host.service).is_some();
        let (message, hint) = match (exists, registry.fqdn(host, own) == *full) {
            (true, true) => (format!("host {host:?} is not exported to namespace {own:?}"), "Export the Service to this namespace.".to_owned()),
            (true, false) => (format!("host {host:?} is not a full name: istiod does not take it for {full}"), format!("Write {full}.")),
            (false, _) => {
                let what =
                    if host.starts_with('*') { "no Service and no ServiceEntry lies under" } else { "no Service and no ServiceEntry is called" };
                (format!("{what} {host:?}: the rule applies to nothing"), "Correct the host, or remove the rule.".to_owned())
            }
        };
        let (kind, namespace) = if kiali_host.is_service() { (Kind::Service, kiali_host.namespace.as_str()) } else { (Kind::ServiceEntry, "") };
        let unseen = if kind == Kind::Service { services_unseen(world, namespace) } else { none_in_files(world, kind) };
        let finding = if kind == Kind::Service {
            findings.missing_named(rule, "spec.host", (kind, namespace, &kiali_host.service), message, hint)
        } else {
            findings.missing(rule, "spec.host", &[(kind, own)], message, hint)
        };
        if let Some(finding) = finding {
            finding.codes(&without_istioctl(unseen && (kind == Kind::Service || services_unseen(world, own)), &codes));
            // Where everything has to be registered, callers of this host are refused besides.
            if finding.severity != Severity::Info && codes.contains(&"KIA0202") && world.istio.config.outbound == OutboundMode::RegistryOnly {
                finding.severity(Severity::Error);
            }
            if unseen {
                finding.severity(Severity::Info);
            }
        }
    }
}
