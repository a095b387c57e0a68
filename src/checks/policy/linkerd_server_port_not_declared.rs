use crate::checks::Findings;
use crate::mesh::linkerd::server::declared_ports;
use crate::model::{Kind, Port};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server names a port by number that no container declares, or by a name that no TCP container port has.
    ///
    /// # Why it matters
    ///
    /// A number is legal, since pods may listen on undeclared ports, but often it is the Service's port and not the container's. A name that is
    /// nowhere declared never matches: the Server is idle.
    ///
    /// # How to fix it
    ///
    /// Use the container's port; a Service's `port` may differ from its `targetPort`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/{server,workload}.rs`.
    "linkerd-server-port-not-declared",
    summary: "Server port that no container of the selected pods declares",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for server in world.view().linkerd_servers().iter() {
        let mut workloads = server.workloads(index).peekable();
        let Some(example) = workloads.peek().map(|w| w.reference.to_string()) else { continue };
        let named = matches!(server.port, Port::Name(_));
        let declares = |(name, number): &(&str, u16)| match &server.port {
            Port::Name(wanted) => wanted == name,
            Port::Number(wanted) => *wanted == i32::from(*number),
        };
        // The proxy's own ports are declared by the container that the injector adds.
        if matches!(&server.port, Port::Number(4143 | 4191))
            || matches!(&server.port, Port::Name(name) if matches!(name.as_str(), "linkerd-admin" | "linkerd-proxy"))
        {
            continue;
        }
        // Pods without any declared port say nothing about where they listen.
        let telling: Vec<_> = workloads.map(|w| declared_ports(index, w)).filter(|ports| named || !ports.is_empty()).collect();
        if telling.is_empty() || telling.iter().flatten().any(declares) {
            continue;
        }
        let (severity, consequence) = if named {
            (Severity::Warning, "a name that is not declared never matches, so the Server governs nothing")
        } else {
            (Severity::Info, "that is legal, but may be a Service's port mistaken for the container's")
        };
        findings
            .add(
                server.object,
                "spec.port",
                format!("no container that it selects (such as those of {example}) declares TCP port {}: {consequence}", server.port),
                "Name the container port that the pods listen on.",
            )
            .severity(severity);
    }
}
