use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The status of a Link holds a condition that is not True for a mirrored or federated Service, such as MissingNamespace (the namespace does
    /// not exist here), InvalidService or Error.
    ///
    /// # Why it matters
    ///
    /// That Service of the other cluster cannot be reached from here.
    ///
    /// # How to fix it
    ///
    /// Create the namespace, or see the reason.
    ///
    /// Sources: linkerd `multicluster/service-mirror/cluster_watcher.go`, `controller/gen/apis/link/v1alpha3`.
    "linkerd-link-service-not-mirrored",
    summary: "Link that reports Services it could not mirror",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Link],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for link in world.index.objects(Kind::Link) {
        let Some(status) = link.root().get("status") else { continue };
        for (list, what) in [("mirrorServices", "mirrored"), ("federatedServices", "federated")] {
            for service in status.list(list) {
                let Some(condition) = service.list("conditions").find(|c| c.text("status") == "False") else { continue };
                let remote = service.get("remoteRef");
                let part = |name| remote.as_ref().map_or("", |r| r.text(name));
                let (namespace, name) = (part("namespace"), part("name"));
                let hint = match condition.text("reason") {
                    "MissingNamespace" => format!("Create namespace {namespace:?} in this cluster."),
                    "InvalidService" => "Export a Service of another type: headless ones need to be enabled in the Link.".to_owned(),
                    _ => "See the message, and the log of the service mirror.".to_owned(),
                };
                let why = [condition.text("reason"), condition.text("message")].join(": ");
                findings.add(link, condition.path(), format!("Service {namespace}/{name} is not {what}: {why}"), hint);
            }
        }
    }
}
