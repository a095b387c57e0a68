use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, dns_label, export_to, fault, labels, selector, traffic_policy, wildcard_domain};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule keeps to Istio's rules: the host is a domain name, subsets have unique names and valid labels, every traffic policy sets
    /// something and sets nothing that contradicts the rest of it (TLS modes and certificates, connection pools, outlier detection, load balancing),
    /// and `exportTo` names namespaces. Warnings are for what Istio takes although it does nothing or goes away.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid rule. Where it came in past the webhook, istiod drops it and its subsets and settings are not in force.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// trafficPolicy:
    ///   outlierDetection: {maxEjectionPercent: 150}  # wrong
    ///   outlierDetection: {maxEjectionPercent: 50}   # right
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`, `agent/validation.go`; fields that exclude each other:
    /// Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`).
    "istio-destination-rule-invalid",
    summary: "DestinationRule that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::DestinationRule, |judge, spec, rule| {
        if let Err(fault) = wildcard_domain(spec.text("host")) {
            judge.error("spec.host", fault.message, fault.hint);
        }
        if let Some(policy) = spec.get("trafficPolicy") {
            traffic_policy(judge, &policy);
        }
        subsets(judge, spec);
        let namespaces = export_to(judge, spec, false, &rule.meta.namespace);
        let beyond = namespaces.iter().any(|ns| rule.meta.namespace != **ns);
        if spec.get("workloadSelector").is_some() && beyond {
            let hint = "Write exportTo: [\".\"], or remove workloadSelector.";
            judge.error(spec.path_of("exportTo"), "a rule with a workloadSelector cannot be exported beyond its own namespace", hint);
        }
        selector(judge, spec, "workloadSelector");
    });
}

fn subsets(judge: &mut Judge<'_>, spec: &Field<'_>) {
    let mut names = BTreeSet::new();
    for subset in spec.list("subsets") {
        let name = subset.text("name");
        let verdict = match name {
            "" => fault("the subset has no name", "Write name."),
            name => dns_label("subset", name),
        };
        if let Err(fault) = verdict {
            judge.error(subset.path_of("name"), fault.message, fault.hint);
        } else if !names.insert(name) {
            judge.about("twice").error(subset.path_of("name"), format!("there are two subsets {name:?}"), "Give each subset a name of its own.");
        }
        labels(judge, &subset, "labels");
        if let Some(policy) = subset.get("trafficPolicy") {
            judge.quietly(|judge| traffic_policy(judge, &policy));
        }
    }
}
