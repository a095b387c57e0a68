use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::{EXTENSION, tap_apis};
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// The APIService `v1alpha1.tap.linkerd.io` of viz is not available by its own condition, calls a Service that does not exist, or is missing
    /// although viz's tap runs.
    ///
    /// # Why it matters
    ///
    /// `linkerd viz tap` and the dashboard's live view do not work. An APIService that nobody answers also hinders the API server at large: deleting a
    /// namespace waits for it, and tools that list all API groups fail.
    ///
    /// # How to fix it
    ///
    /// The condition's message says why; often it is tap that does not run, or its certificate. Delete the APIService if viz is gone.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (tap API service is running).
    "linkerd-tap-api-unavailable",
    summary: "Viz's tap API is missing or not available",
    aliases: &["l5d-tap-api"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ApiService, Kind::Service, Kind::Deployment, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut registered = false;
    for api in tap_apis(world) {
        registered = true;
        let spec = api.spec();
        if let Some(service) = spec.get("service") {
            let (namespace, name) = (service.text("namespace"), service.text("name"));
            if world.index.service(namespace, name).is_none() {
                let what = format!("it is served by Service {namespace}/{name}, which does not exist");
                let hint = "Delete the APIService if viz is gone, or upgrade viz.";
                findings.missing_named(api, service.path_of("name"), (Kind::Service, namespace, name), what, hint);
                continue;
            }
        }
        let conditions = api.root().get("status").into_iter().flat_map(|s| s.list("conditions").collect::<Vec<_>>());
        for condition in conditions.filter(|c| c.text("type") == "Available" && c.text("status") != "True") {
            let why = [condition.text("reason"), condition.text("message")].join(": ");
            findings.add(
                api,
                condition.path_of("status"),
                format!("it is not available: {why}"),
                "See that tap runs and that its certificate holds.",
            );
        }
    }
    let tap: Map = [(EXTENSION, "viz"), ("component", "tap")].into_iter().collect();
    // Manifests of workloads alone say nothing about APIs, and every API server has some.
    if !registered && !world.index.objects(Kind::ApiService).is_empty() && world.sight(Kind::ApiService, "") == Sight::Clear {
        for workload in world.index.select(None, &tap) {
            let what = "the APIService v1alpha1.tap.linkerd.io by which tap is reached does not exist";
            findings.add_workload(workload, "", what, "Upgrade viz with its values.");
        }
    }
}
