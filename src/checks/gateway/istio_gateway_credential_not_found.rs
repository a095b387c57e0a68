use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_certificates;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Gateway server names a credential, and there is no Secret of that name in the namespace of the gateway's pods. The Gateway's own namespace
    /// does not matter. A Secret that cert-manager will make of a Certificate in the manifests is only information.
    ///
    /// # Why it matters
    ///
    /// The listener waits for its certificate and never comes up: TLS handshakes on that port are reset, for all of the server's hosts.
    ///
    /// # How to fix it
    ///
    /// Create the Secret in the namespace of the gateway's pods, or correct the name.
    ///
    /// Sources: IST0101; istio `pkg/config/analysis/analyzers/gateway/secret.go`; issues istio/istio#43891, #50070.
    "istio-gateway-credential-not-found",
    summary: "Gateway names a TLS Secret that is not where its pods are",
    aliases: &["IST0101"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (credential, namespaces) in gateway_certificates::all(world) {
        let lacking: Vec<&str> = namespaces.iter().map(String::as_str).filter(|ns| credential.secret(&world.index, ns).is_none()).collect();
        // What nobody makes comes first.
        let made = |ns: &&str| {
            let (home, name) = credential.secret_name(ns);
            world.index.is_made(Kind::Secret, home, name)
        };
        let Some(namespace) = lacking.iter().find(|ns| !made(ns)).or(lacking.first()) else { continue };
        let (namespace, name) = credential.secret_name(namespace);
        let everywhere = lacking.len() == namespaces.len();
        let here = world.index.object(Kind::Secret, &credential.gateway.meta.namespace, name).is_some();
        let aside = if here && credential.gateway.meta.namespace != namespace {
            ", only in the Gateway's own namespace, where istiod does not look"
        } else {
            ""
        };
        let finding = findings.missing_named(
            credential.gateway,
            credential.path.as_str(),
            (Kind::Secret, namespace, name),
            format!("there is no Secret {name:?} in namespace {namespace:?}, where the gateway's pods are{aside}"),
            "Create the Secret there, or name one that exists.",
        );
        if let Some(finding) = finding.filter(|_| !everywhere || !credential.single) {
            finding.codes(&[]);
        }
    }
}
