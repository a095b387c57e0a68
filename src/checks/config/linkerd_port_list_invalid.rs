use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations::{self, OPAQUE_PORTS, REQUIRE_IDENTITY, SKIP_INBOUND, SKIP_OUTBOUND};
use crate::mesh::linkerd::ports::PortSet;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `config.linkerd.io/opaque-ports`, `skip-inbound-ports`, `skip-outbound-ports` or `proxy-require-identity-inbound-ports` with an item that
    /// is no port: a name where numbers are read, 0, a number above 65535, a range that ends before it begins, or something else.
    ///
    /// # Why it matters
    ///
    /// Some readers drop the item, others the whole list. The policy controller empties a list with one bad item: no port is opaque for arriving
    /// traffic, or none requires identity. Port names in `opaque-ports` are understood by the injector and by callers, but not by the policy
    /// controller.
    ///
    /// # How to fix it
    ///
    /// Write numbers and ranges, `3306,8000-8100`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/ports.rs`, `pkg/util/parsing.go`, `pkg/inject/inject.go`.
    "linkerd-port-list-invalid",
    summary: "List of ports that Linkerd cannot read in full",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Service, Kind::EgressNetwork, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for annotated in annotated::all(world) {
        let names: &[&str] = match annotated {
            Annotated::Service(_) | Annotated::Egress(_) => &[OPAQUE_PORTS],
            _ => &[OPAQUE_PORTS, REQUIRE_IDENTITY, SKIP_INBOUND, SKIP_OUTBOUND],
        };
        for name in names {
            let Some(list) = annotated.annotations().get(name) else { continue };
            let Err(fault) = PortSet::strict(list) else { continue };
            let consequence = match *name {
                OPAQUE_PORTS => "the policy controller drops the whole list",
                REQUIRE_IDENTITY => "the whole list is dropped, and no port requires identity",
                _ => "it is passed over, and the port goes through the proxy",
            };
            let message = format!("{:?} in {list:?} {}: {consequence}", fault.token, fault.why);
            let finding = annotated.add(findings, &annotations::path(name), message, "Write numbers and ranges, such as 3306,8000-8100.".to_owned());
            if *name == REQUIRE_IDENTITY {
                finding.severity(Severity::Error);
            }
        }
    }
}
