use crate::checks::Findings;
use crate::mesh::linkerd::annotations;
use crate::model::{Field, Kind, LabelSelector, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Link that its service mirror controller cannot use: `targetClusterName`, `targetClusterDomain` or `clusterCredentialsSecret` is missing, a
    /// port is none, the probe's `period`, `timeout` or `failureThreshold` cannot be read, or a selector has an operator that does not exist.
    ///
    /// # Why it matters
    ///
    /// The controller gives up the Link with an error in its log: nothing of the other cluster is mirrored, and what was mirrored goes stale.
    ///
    /// # How to fix it
    ///
    /// Write the Link anew with `linkerd multicluster link-gen`, or correct the field. Ports, periods and thresholds are texts: `port: "4191"`.
    ///
    /// Sources: linkerd `multicluster/charts/linkerd-multicluster/templates/link-crd.yaml`, `multicluster/cmd/check.go` (Link resources are valid),
    /// which decodes the Links and looks no further.
    "linkerd-link-invalid",
    summary: "Link with a field that its service mirror controller cannot use",
    aliases: &["l5d-multicluster-links-are-valid"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Link],
    run: run,
}

const REQUIRED: [(&str, &str); 3] = [
    ("targetClusterName", "the name of the other cluster"),
    ("targetClusterDomain", "the DNS domain of the other cluster, such as cluster.local"),
    ("clusterCredentialsSecret", "the Secret with the credentials for the other cluster"),
];

fn run(world: &World, findings: &mut Findings<'_>) {
    for link in world.index.objects(Kind::Link) {
        let spec = link.spec();
        for (name, what) in REQUIRED {
            let empty = spec.get(name).is_none_or(|field| field.str().is_some_and(|text| text.trim().is_empty()));
            if empty {
                findings.add(link, spec.path_of(name), format!("it has no {name}"), format!("Write {what}."));
            }
        }
        let probe = spec.get("probeSpec");
        let of_probe = |name: &str| probe.as_ref().and_then(|probe| probe.get(name));
        for port in [spec.get("gatewayPort"), of_probe("port")].into_iter().flatten() {
            report(link, &port, findings, |text| text.parse::<u16>().is_ok_and(|n| n > 0), "is no port", "Write a number from 1 to 65535, as text.");
        }
        for time in [of_probe("period"), of_probe("timeout")].into_iter().flatten() {
            report(link, &time, findings, is_duration, "is no duration", "Write a number with a unit, such as 3s.");
        }
        if let Some(count) = of_probe("failureThreshold") {
            report(link, &count, findings, |text| text.parse::<u32>().is_ok(), "is no number", "Write how many failures count, such as \"3\".");
        }
        for name in ["selector", "remoteDiscoverySelector", "federatedServiceSelector"] {
            let Some(field) = spec.get(name).filter(|field| !field.is_null()) else { continue };
            if let Some(why) = selector_fault(field) {
                findings.add(link, field.path(), format!("the selector cannot be used: {why}"), "Correct it, or leave it out.");
            }
        }
    }
}

/// Reports a text that does not hold what it should; an empty one stands for its default.
fn report(link: &Object, field: &Field<'_>, findings: &mut Findings<'_>, is_right: impl Fn(&str) -> bool, what: &str, hint: &str) {
    match field.str() {
        Some(text) if text.is_empty() || is_right(text) => {}
        Some(text) => drop(findings.add(link, field.path(), format!("{text:?} {what}"), hint)),
        None if field.is_null() => {}
        None => drop(findings.add(link, field.path(), "it is no text, which the cluster refuses", hint)),
    }
}

/// `3s`, and in several parts `1m30s`, as Go reads it.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    while let Some(digits) = rest.find(|c: char| !c.is_ascii_digit()) {
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        if annotations::duration(&rest[..unit]).is_err() || rest[digits..unit] == *"d" {
            return false;
        }
        rest = &rest[unit..];
        if rest.is_empty() {
            return true;
        }
    }
    text == "0"
}

fn selector_fault(field: Field<'_>) -> Option<String> {
    let Some(selector) = LabelSelector::read(field) else { return Some("it is none".to_owned()) };
    let fault = |r: &crate::model::Requirement| match (r.operator.as_str(), r.values.is_empty()) {
        ("In" | "NotIn", true) => Some(format!("{} of {} has no values", r.operator, r.key)),
        ("Exists" | "DoesNotExist", false) => Some(format!("{} of {} takes no values", r.operator, r.key)),
        ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => None,
        (other, _) => Some(format!("there is no operator {other:?}")),
    };
    selector.match_expressions.iter().find_map(fault)
}
