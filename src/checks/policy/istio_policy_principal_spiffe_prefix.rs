use crate::checks::Findings;
use crate::mesh::istio::policy;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A principal of an AuthorizationPolicy starts with `spiffe://`, in `source.principals`, `source.notPrincipals` or a condition on
    /// `source.principal`.
    ///
    /// # Why it matters
    ///
    /// Istio puts `spiffe://` in front of the value itself, so what it compares with starts with `spiffe://spiffe://` and never matches. An
    /// ALLOW rule lets nobody in, a DENY rule stops nobody, and a `notPrincipals` matches everybody.
    ///
    /// # How to fix it
    ///
    /// Leave `spiffe://` out: `cluster.local/ns/shop/sa/cart`.
    ///
    /// Sources: istio/ztunnel issue 1901; istio `pilot/pkg/security/authz/model/generator.go`; kiali KIA0108 calls it a foreign trust domain.
    "istio-policy-principal-spiffe-prefix",
    summary: "AuthorizationPolicy writes a principal with spiffe://, which never matches",
    aliases: &["KIA0108"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for ap in world.index.objects(Kind::AuthorizationPolicy) {
        for rule in ap.spec().list("rules") {
            let sources = policy::sources(&rule).flat_map(|s| s.texts("principals").chain(s.texts("notPrincipals")).collect::<Vec<_>>());
            let conditions = rule.list("when").filter(|c| c.text("key") == "source.principal");
            let conditions = conditions.flat_map(|c| c.texts("values").chain(c.texts("notValues")).collect::<Vec<_>>());
            for (value, at) in sources.chain(conditions) {
                let Some(bare) = value.strip_prefix("spiffe://") else { continue };
                let path = at.path();
                let listed = path.contains(".principals[") && !value.contains('*') && bare.contains("/ns/");
                let message = format!("{value:?} never matches: Istio adds spiffe:// itself");
                let finding = findings.add(ap, path.clone(), message, format!("Write {bare:?}."));
                finding.codes(if listed { &["KIA0108"] } else { &[] }).fix(path, bare);
            }
        }
    }
}
