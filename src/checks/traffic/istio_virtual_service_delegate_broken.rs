use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{delegate_target, elsewhere_unseen, export_to, hosts};
use crate::mesh::istio::visibility::Visibility;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule hands its requests to a delegate that does not exist, is not exported to the namespace, has hosts of its own (and so is no
    /// delegate), or is the VirtualService itself.
    ///
    /// # Why it matters
    ///
    /// istiod drops the rule without a word. Its requests fall to the next rule, or get 404.
    ///
    /// # How to fix it
    ///
    /// Name a VirtualService without `hosts` that is visible here, and keep delegates one level deep.
    ///
    /// Sources: istio `pilot/pkg/model/virtualservice.go` (MergeHTTPRoutes), `pkg/config/validation/virtualservice.go`.
    "istio-virtual-service-delegate-broken",
    summary: "VirtualService delegates to something that is no delegate",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for delegate in vs.spec().list("http").filter_map(|rule| rule.get("delegate")) {
            judge(world, vs, &delegate, findings);
        }
    }
}

fn judge<'a>(world: &World, vs: &'a Object, field: &Field<'a>, findings: &mut Findings<'_>) {
    let (namespace, name) = delegate_target(vs, field);
    if vs.meta.namespace == namespace && vs.meta.name == name {
        findings.add(vs, field.path(), "delegates to itself", "Name another VirtualService, one without hosts.");
        return;
    }
    // A delegate that delegates again is refused by Istio, which istio-virtual-service-invalid says.
    if hosts(vs).is_empty() {
        return;
    }
    let Some(other) = world.index.object(Kind::VirtualService, namespace, name) else {
        let message = format!("delegate {name:?} does not exist in namespace {namespace:?}");
        let hint = "Create a VirtualService without hosts by that name, or correct the name.";
        let finding = findings.missing(vs, field.path(), &[(Kind::VirtualService, namespace)], message, hint);
        if let Some(finding) = finding.filter(|_| elsewhere_unseen(world, &vs.meta.namespace, &[Kind::VirtualService], namespace)) {
            finding.severity(Severity::Info);
        }
        return;
    };
    if !hosts(other).is_empty() {
        let message = format!("{} has hosts of its own and is no delegate", other.reference());
        findings.add(vs, field.path(), message, "Remove its hosts, or route to it in another way.").related(other.reference(), "has hosts");
    } else if !Visibility::of_object(other, &world.istio.config.default_export_to[1]).includes(&vs.meta.namespace) {
        let message = format!("delegate {} is not exported to namespace {:?}", other.reference(), vs.meta.namespace.as_str());
        let hint = format!("Add {:?} to its exportTo ({}).", vs.meta.namespace.as_str(), export_to(other).join(", "));
        findings.add(vs, field.path(), message, hint).related(other.reference(), "is not exported here");
    }
}
