use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{is_plane, restart};
use crate::model::{DriftCode, Fact, Intent, Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods run without a proxy although a pod created now would get one: webhook, namespace and pod say so, and nothing blocks it.
    ///
    /// # Why it matters
    ///
    /// The pod is outside of the mesh: no mutual TLS, no policy, no metrics. It was made before the namespace was annotated, or while the injector did
    /// not answer; with `failurePolicy: Ignore` pods then start without a proxy, and nothing records it.
    ///
    /// # How to fix it
    ///
    /// Restart the workload once the injector is ready. Annotate the pod template `linkerd.io/inject: disabled` if it is meant to stay out.
    ///
    /// Sources: linkerd `pkg/inject/report.go`, `charts/linkerd-control-plane/values.yaml`; `linkerd check` does not look.
    "linkerd-pod-not-injected",
    summary: "Pods lack the proxy that they ask for",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let fact = world.injection(MeshId::Linkerd, workload);
        let Some(drift) = fact.drift.iter().find(|d| d.code == DriftCode::NotInjected) else { continue };
        let Fact::Known { value: Intent::In { .. }, because } = &fact.intended else { continue };
        let why = because.iter().find(|e| e.path.as_deref().is_some_and(|p| p.ends_with(r#"["linkerd.io/inject"]"#)));
        let (of, all) = (fact.actual.out, fact.actual.pods());
        let who = crate::checks::support::linkerd::platform::planes::some_of(of, all, "runs", "run");
        let hint = if drift.restart { restart(workload) } else { format!("Bring the injector back first. {}", restart(workload)) };
        let finding = findings.add_workload(workload, "", format!("{who} without a proxy although a new pod would get one"), hint);
        if let Some((object, text)) = why.and_then(|e| Some((e.object.clone()?, &e.text))) {
            finding.related(object, format!("its annotation linkerd.io/inject {text}"));
        }
        let open = world.linkerd.injectors.iter().find(|i| !i.fail_closed).and_then(|i| i.object.clone());
        if let Some(open) = open {
            finding.related(open, "failurePolicy Ignore: pods made while the injector does not answer get no proxy");
        }
    }
}
