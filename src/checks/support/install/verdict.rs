//! What all findings together mean for an installation.

use crate::checks::find;
use crate::checks::support::install::{running, server};
use crate::mesh::install::Target;
use crate::model::{Kind, MeshId, ServerVersion, YesNo};
use crate::report::{CheckReport, Installable, MeshTag, Severity, Verdict};
use crate::world::World;

/// For each mesh that is to be installed, whether it may be.
pub fn verdicts(world: &World, report: &CheckReport) -> Vec<Verdict> {
    world.install.targets.iter().map(|target| verdict(world, report, target)).collect()
}

fn verdict(world: &World, report: &CheckReport, target: &Target) -> Verdict {
    let concerns = |mesh: MeshTag| mesh == MeshTag::Any || mesh == target.mesh.into();
    let stopped = report.findings.iter().any(|f| f.severity == Severity::Error && concerns(f.mesh));
    let in_doubt = report.skipped.iter().filter_map(|s| find(s.rule)).any(|rule| rule.severity == Severity::Error && concerns(rule.mesh));
    Verdict {
        mesh: target.mesh,
        namespace: target.namespace.clone(),
        installable: match (stopped, in_doubt) {
            (true, _) => Installable::No,
            (false, true) => Installable::Unknown,
            (false, false) => Installable::Yes,
        },
        installed: running(world, target.mesh).next().is_some(),
        checked: checked(world, report, target),
    }
}

/// What was looked at and is as it should be.
fn checked(world: &World, report: &CheckReport, target: &Target) -> Vec<String> {
    let Some(server) = server(world) else { return Vec::new() };
    let silent = |rule: &str| {
        let skipped = report.skipped.iter().any(|s| s.rule == rule);
        report.evaluated.contains(&rule) && !skipped && report.findings.iter().all(|f| f.rule != rule)
    };
    let mut checked = Vec::new();
    if let (ServerVersion::Known(version), true) = (&server.version, silent("install-kubernetes-unsupported")) {
        let (major, minor) = target.supported().minimum;
        checked.push(format!("Kubernetes {version} ({major}.{minor} or later)"));
    }
    let rights = target.rights();
    if rights.iter().all(|right| server.allows(right) == YesNo::Yes) {
        checked.push(format!("{} rights", rights.len()));
    }
    let of_gateway_api = match target.mesh {
        MeshId::Istio => ["istio-gateway-api-version-not-served", "istio-gateway-api-crd-too-old"].into_iter().all(silent),
        MeshId::Linkerd => silent("linkerd-gateway-api-missing"),
    };
    if of_gateway_api {
        checked.push(gateway_api(world));
    }
    for (rule, words) in [("mesh-conflict", "no other mesh"), ("mesh-left-over", "nothing left over"), ("install-pod-security", "pod security")] {
        if silent(rule) {
            checked.push(words.to_owned());
        }
    }
    let nodes = world.index.inventory().nodes.len();
    if nodes > 0 && silent("node-clock-skew") {
        checked.push(format!("clocks of {nodes} node{}", if nodes == 1 { "" } else { "s" }));
    }
    checked
}

fn gateway_api(world: &World) -> String {
    let crd = |kind: Kind| world.index.object(Kind::CustomResourceDefinition, "", &kind.resource());
    match [Kind::Gateway, Kind::HttpRoute, Kind::GrpcRoute].into_iter().find_map(crd) {
        Some(found) => match found.meta.annotations.get("gateway.networking.k8s.io/bundle-version") {
            Some(version) => format!("Gateway API {version}"),
            None => "Gateway API".to_owned(),
        },
        None => "no Gateway API".to_owned(),
    }
}
