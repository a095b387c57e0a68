use crate::checks::Findings;
use crate::mesh::linkerd::profile::{self, ProfileName};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceProfile whose name is not the full DNS name of an existing Service, `<service>.<namespace>.svc.<cluster domain>`. Names of hosts
    /// outside the cluster are left alone.
    ///
    /// # Why it matters
    ///
    /// Proxies look a profile up by that name. One under another name is never used.
    ///
    /// # How to fix it
    ///
    /// Name it after the Service, with the cluster's domain.
    ///
    /// Sources: linkerd `pkg/profiles/profiles.go`, `controller/api/destination/server.go`.
    "linkerd-service-profile-name-not-service",
    summary: "ServiceProfile that is not named after a Service",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServiceProfile, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let domain = &world.linkerd.cluster.domain;
    for profile in world.index.objects(Kind::ServiceProfile) {
        match profile::name(&profile.meta.name, &world.linkerd.cluster) {
            ProfileName::External => {}
            ProfileName::Incomplete => {
                findings.add(
                    profile,
                    "metadata.name",
                    format!("{:?} is not the full name of a Service: no proxy looks it up", profile.meta.name.as_str()),
                    format!("Name it <service>.<namespace>.svc.{domain}."),
                );
            }
            ProfileName::Service { namespace, name } if world.index.service(namespace, name).is_none() => {
                findings.missing_named(
                    profile,
                    "metadata.name",
                    (Kind::Service, namespace, name),
                    format!("Service {name:?} does not exist in namespace {namespace:?}: no proxy looks the profile up"),
                    "Name the profile after an existing Service, or delete it.",
                );
            }
            ProfileName::Service { .. } => {}
        }
    }
}
