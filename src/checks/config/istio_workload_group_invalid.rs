use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, either, labels, port};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A WorkloadGroup has a template, its labels are labels, and its readiness probe names one way of probing with a valid port, scheme, header names
    /// and times.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid group. Where it came in past the webhook, machines cannot register, or are never found ready.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106: istio `pkg/config/validation/validation.go`; fields that exclude each other:
    /// Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`).
    "istio-workload-group-invalid",
    summary: "WorkloadGroup that Istio refuses",
    aliases: &["IST0106"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::WorkloadGroup],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::WorkloadGroup, |judge, spec, _| {
        if spec.get("template").is_none() {
            judge.error(spec.path_of("template"), "the group has no template", "Write template: what each workload's entry is made from.");
        }
        if let Some(metadata) = spec.get("metadata") {
            labels(judge, &metadata, "labels");
        }
        if let Some(probe) = spec.get("probe") {
            self::probe(judge, &probe);
        }
    });
}

fn probe(judge: &mut Judge<'_>, probe: &Field<'_>) {
    for name in ["periodSeconds", "initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold"] {
        if let Some(field) = probe.get(name).filter(|f| f.int().is_some_and(|n| n < 0)) {
            judge.error(field.path(), format!("{name} is {field}"), "Write 0 or more.");
        }
    }
    either(judge, probe, &["httpGet", "tcpSocket", "exec", "grpc"]);
    let number = |field: &Field<'_>| field.get("port").and_then(|p| p.int()).unwrap_or_default();
    if let Some(http) = probe.get("httpGet") {
        if let Err(fault) = port(number(&http)) {
            judge.error(http.path_of("port"), fault.message, fault.hint);
        }
        if !["", "HTTP", "HTTPS"].contains(&http.text("scheme")) {
            judge.error(http.path_of("scheme"), format!("a probe cannot use {:?}", http.text("scheme")), "Write HTTP or HTTPS.");
        }
        for header in http.list("httpHeaders") {
            let name = header.text("name");
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                judge.error(header.path_of("name"), format!("{name:?} is not the name of a header"), "Use letters, digits and '-'.");
            }
        }
    } else if let Some(tcp) = probe.get("tcpSocket") {
        if let Err(fault) = port(number(&tcp)) {
            judge.error(tcp.path_of("port"), fault.message, fault.hint);
        }
    } else if let Some(exec) = probe.get("exec") {
        if exec.list("command").next().is_none() {
            judge.error(exec.path_of("command"), "there is no command to run", "Write command.");
        }
    } else if probe.get("grpc").is_none() {
        judge.error(probe.path(), "the probe does not say how to probe", "Write httpGet, tcpSocket or exec.");
    } else {
        judge.error(probe.path_of("grpc"), "Istio's validation knows no grpc probes", "Write httpGet, tcpSocket or exec.");
    }
}
