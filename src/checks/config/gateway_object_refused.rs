use crate::checks::Findings;
use crate::checks::support::gateway::{routes, schema};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A manifest of the Gateway API has something that the API server refuses by the kind's definition, whichever release of it is installed: a
    /// missing field, a name, hostname, path, port or duration of a wrong form, a header, parameter, filter or parent given twice, a filter without
    /// its field or with another type's, a redirect beside backends.
    ///
    /// # Why it matters
    ///
    /// `kubectl apply` fails, and the object stays as it was, or does not come into being.
    ///
    /// # How to fix it
    ///
    /// Correct the field that the finding names; `kubectl apply --dry-run=server` asks the cluster itself.
    ///
    /// Sources: Gateway API 1.0 to 1.5, `config/crd` and the markers in `apis/v1`; istioctl and Kiali do not look.
    "gateway-object-refused",
    summary: "Gateway API manifest that the API server refuses",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Any,
    needs: &schema::KINDS,
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // What a cluster serves was accepted by it.
    for object in schema::KINDS.iter().flat_map(|kind| world.index.objects(*kind)).filter(|o| o.meta.origin.is_some()) {
        let backends = routes::backends(object).into_iter().filter(|b| b.port.is_none());
        // Of a Service that is there, gateway-route-port-not-found says which ports it has.
        let told: Vec<String> = backends.filter(|b| world.index.service(b.namespace, b.name).is_some()).map(|b| b.field.path_of("port")).collect();
        for fault in schema::faults(object).into_iter().filter(|fault| !told.contains(&fault.path)) {
            let finding = findings.add(object, fault.path, fault.message, fault.hint);
            if !fault.detail.is_empty() {
                finding.detail(fault.detail);
            }
        }
    }
}
