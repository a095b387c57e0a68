use crate::checks::Findings;
use crate::mesh::linkerd::profile::{self, ProfileName};
use crate::model::{Field, Kind, quantity};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `dstOverrides` of a ServiceProfile whose weights are all zero or no numbers, or whose `authority` is the full name of a Service that does
    /// not exist.
    ///
    /// # Why it matters
    ///
    /// That share of the requests fails.
    ///
    /// # How to fix it
    ///
    /// Name existing Services in full, `<service>.<namespace>.svc.<cluster domain>[:port]`, with at least one weight above 0. Better: use an
    /// HTTPRoute with weighted backendRefs.
    ///
    /// Sources: linkerd `controller/api/destination/profile_translator.go`.
    "linkerd-service-profile-override-invalid",
    summary: "ServiceProfile that splits traffic to nowhere",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServiceProfile, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in world.index.objects(Kind::ServiceProfile) {
        let spec = object.spec();
        let overrides: Vec<Field<'_>> = spec.list("dstOverrides").collect();
        for entry in &overrides {
            let authority = entry.text("authority");
            let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
            if let ProfileName::Service { namespace, name } = profile::name(host, &world.linkerd.cluster)
                && world.index.service(namespace, name).is_none()
            {
                findings.missing_named(
                    object,
                    entry.path_of("authority"),
                    (Kind::Service, namespace, name),
                    format!("Service {name:?} does not exist in namespace {namespace:?}: its share of the requests fails"),
                    "Name an existing Service in full.",
                );
            }
        }
        let weights: Vec<Option<f64>> = overrides.iter().map(weight).collect();
        for (entry, weight) in overrides.iter().zip(&weights) {
            if weight.is_none_or(|w| w < 0.0) {
                findings.add(object, entry.path_of("weight"), "the weight is no quantity of at least 0", "Write a number, or thousandths as 500m.");
            }
        }
        if !overrides.is_empty() && weights.iter().all(|w| *w == Some(0.0)) {
            findings.add(object, "spec.dstOverrides", "all weights are 0: there is nowhere to send requests", "Give one of them a weight.");
        }
    }
}

fn weight(entry: &Field<'_>) -> Option<f64> {
    let field = entry.get("weight")?;
    field.number().or_else(|| quantity(field.str()?))
}
