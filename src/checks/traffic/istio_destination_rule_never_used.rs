use crate::checks::Findings;
use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::destination_rules::Found;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule that no client gets: it is in a namespace without workloads that is neither the service's nor the root namespace;
    /// or it is in the root namespace and the rule of the service's namespace comes first.
    ///
    /// # Why it matters
    ///
    /// istiod takes the rules of one namespace alone: the client's own, else the service's, else the root's. A rule anywhere else is
    /// accepted and does nothing.
    ///
    /// # How to fix it
    ///
    /// Move the rule to the namespace of the service, or of the clients it is for.
    ///
    /// Sources: istio `pilot/pkg/model/push_context.go` (destinationRule).
    "istio-destination-rule-never-used",
    summary: "DestinationRule is where no client looks for it",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Service, Kind::ServiceEntry, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    for rule in world.index.objects(Kind::DestinationRule).iter().filter(|rule| !DestinationRule::of(rule).selects_clients()) {
        let (host, own) = (rule.spec().text("host"), rule.meta.namespace.as_str());
        if host.starts_with('*') {
            continue;
        }
        // Rules for a host that does not exist are another rule's business.
        let Some(entry) = registry.resolve(host, own) else { continue };
        let home = entry.namespace.as_str();
        if own == home {
            continue;
        }
        if own == world.istio.root_namespace() {
            hidden_from_the_root(world, rule, &entry.host, home, findings);
        } else if world.index.workloads_in(own).is_empty() {
            let message = format!("no client gets this rule: {host:?} lives in namespace {home:?}, and nothing runs in {own:?}");
            let kinds = [(Kind::Pod, own), (Kind::Deployment, own)];
            let hint = format!("Move it to namespace {home}, or to the namespace of its clients.");
            findings.missing(rule, "metadata.namespace", &kinds, message, hint);
        }
    }
}

/// Reports a rule of the root namespace when all other namespaces get the one of the service's namespace.
fn hidden_from_the_root(world: &World, rule: &Object, fqdn: &str, home: &str, findings: &mut Findings<'_>) {
    let applying = world.istio.registry.rules.for_any_client(&world.index, &world.istio.config, "", fqdn, home);
    // The empty name stands for any client without a rule of its own: it sees what is exported to everyone.
    let Some((Found::Service, rules)) = applying else { return };
    if let Some(winner) = rules.first() {
        let message = format!("no client gets this rule: {} of the service's own namespace comes first", winner.reference());
        let hint = "Put the settings into that rule.";
        findings.add(rule, "metadata.namespace", message, hint).related(winner.reference(), "comes first for every client");
    }
}
