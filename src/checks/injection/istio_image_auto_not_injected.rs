use crate::checks::Findings;
use crate::checks::support::istio::platform::webhooks::{is_istio, selector_matches};
use crate::index::Body;
use crate::model::{Field, Kind, Map, Pod, PodSpec};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A container `istio-proxy` has the image `auto`, the placeholder that the injector fills in, but no injection webhook matches the pod template
    /// and its namespace; or a pod already exists in which the placeholder was never filled in. Gateways are commonly installed this way.
    ///
    /// # Why it matters
    ///
    /// There is no image called `auto`: the pods stay in ImagePullBackOff, and the gateway does not come up.
    ///
    /// # How to fix it
    ///
    /// Label the namespace `istio-injection=enabled`, or the pod template `sidecar.istio.io/inject: "true"` or `istio.io/rev: <revision>`, and
    /// restart the workload.
    ///
    /// Sources: IST0146, IST0147; istio `pkg/config/analysis/analyzers/injection/image-auto.go`.
    "istio-image-auto-not-injected",
    summary: "istio-proxy has the placeholder image \"auto\" and no injector fills it in",
    aliases: &["IST0146", "IST0147"],
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Namespace, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let configurations = index.objects(Kind::MutatingWebhookConfiguration);
    let webhooks: Vec<Field<'_>> = configurations.iter().flat_map(|c| c.root().list("webhooks").filter(is_istio)).collect();
    let guess = world.source.kind == SourceKind::Files && webhooks.is_empty();
    for workload in index.workloads() {
        let any = index.pod_variants(workload).any(|(p, _)| placeholder(&p.spec).is_some());
        let broken = index.live_pods(workload).filter(|p| any && placeholder(&p.spec).is_some());
        let (strays, made): (Vec<&Pod>, Vec<&Pod>) = broken.partition(|p| workload.is_stray(p));
        for pod in strays.into_iter().chain(made.first().copied()) {
            let message = format!("pod {:?} was made without injection: its istio-proxy still has the image \"auto\"", pod.metadata.name.as_str());
            let hint = "Make an injection webhook match the pods (label the namespace or the pod template), then restart the workload.";
            let finding =
                if workload.is_stray(pod) { findings.add(pod, "", message, hint) } else { findings.add_workload(workload, "", message, hint) };
            // A manifest of a pod is not yet a pod.
            let planned = pod.metadata.origin.is_some() && pod.status.phase.is_empty();
            finding.severity(if planned { Severity::Info } else { Severity::Error }).codes(&["IST0147"]);
        }
        let Body::Controller(_) = workload.body else { continue };
        let Some(path) = index.pod_spec(workload).and_then(placeholder) else { continue };
        let nothing = Map::default();
        let namespace = index.namespace(&workload.reference.namespace).map_or(&nothing, |n| &n.metadata.labels);
        let matched =
            webhooks.iter().any(|w| selector_matches(w, "namespaceSelector", namespace) && selector_matches(w, "objectSelector", &workload.labels));
        if matched {
            continue;
        }
        let finding = findings.add_workload(
            workload,
            &path,
            "no injection webhook matches this template, so the image \"auto\" of istio-proxy will not be replaced",
            "Label the namespace istio-injection=enabled, or the template sidecar.istio.io/inject: \"true\" or istio.io/rev: <revision>.",
        );
        finding.codes(if workload.reference.kind == Kind::Deployment { &["IST0146"] } else { &[] });
        if guess {
            finding.severity(Severity::Info);
        }
    }
}

/// Where the placeholder stands, when there is one.
fn placeholder(spec: &PodSpec) -> Option<String> {
    let lists = [("containers", &spec.containers), ("initContainers", &spec.init_containers)];
    lists.into_iter().find_map(|(list, containers)| {
        let at = containers.iter().position(|c| c.name == "istio-proxy" && c.image == "auto")?;
        Some(format!("spec.{list}[{at}].image"))
    })
}
