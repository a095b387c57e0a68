use crate::checks::Findings;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A BackendTLSPolicy for a Service that does not exist in its namespace, or for a port name (`sectionName`) that the Service does not have. The
    /// target has no namespace of its own: it always stands beside the policy.
    ///
    /// # Why it matters
    ///
    /// The gateway goes on to speak plain text to the backend. Nothing fails, so nobody notices that nothing is encrypted, unless the backend asks for
    /// TLS and answers 400.
    ///
    /// # How to fix it
    ///
    /// Put the policy into the Service's namespace, and correct the names.
    ///
    /// Sources: Gateway API GEP-1897; Kiali and istioctl do not look.
    "gateway-backend-tls-target-not-found",
    summary: "BackendTLSPolicy for a Service or port that does not exist",
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Any,
    needs: &[Kind::BackendTlsPolicy, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::BackendTlsPolicy) {
        judge(world, findings, policy);
    }
}

fn judge(world: &World, findings: &mut Findings<'_>, policy: &Object) {
    let namespace = policy.meta.namespace.as_str();
    for target in policy.spec().list("targetRefs").filter(|t| matches!(t.text("group"), "" | "core") && t.text("kind") == "Service") {
        let (name, section) = (target.text("name"), target.text("sectionName"));
        let Some(service) = world.index.service(namespace, name) else {
            findings.missing_named(
                policy,
                target.path_of("name"),
                (Kind::Service, namespace, name),
                format!("Service {name:?} does not exist in namespace {namespace:?}: gateways speak plain text to the backend that is meant"),
                "Name a Service of the policy's own namespace.",
            );
            continue;
        };
        if !section.is_empty() && !service.spec.ports.iter().any(|p| p.name == section) {
            let known: Vec<&str> = service.spec.ports.iter().map(|p| p.name.as_str()).filter(|n| !n.is_empty()).collect();
            let number = service.spec.ports.iter().any(|p| p.port.to_string() == section);
            let (severity, message) = if number {
                let message = format!(
                    "sectionName {section:?} is the number of a port of Service {name:?}, where the API compares names: only some controllers take it"
                );
                (Severity::Warning, message)
            } else {
                (Severity::Error, format!("Service {name:?} has no port called {section:?}"))
            };
            let hint = match known.as_slice() {
                [] => "Give the Service's port a name and write that, or leave sectionName out.".to_owned(),
                known => format!("Use the name of one of its ports ({}), or leave sectionName out.", known.join(", ")),
            };
            findings.add(policy, target.path_of("sectionName"), message, hint).severity(severity).related(service.reference(), "is the target");
        }
    }
}
