use crate::checks::Findings;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A MeshTLSAuthentication admits `*`, and there are ExternalWorkloads with a SPIFFE identity that it does not list.
    ///
    /// # Why it matters
    ///
    /// `*` reads as "every client of the mesh" and means every client with a DNS-like name. SPIFFE identities match exact entries only, so machines
    /// outside of the cluster are refused. The same holds for `all-authenticated` and `cluster-authenticated`.
    ///
    /// # How to fix it
    ///
    /// List the SPIFFE identities of those that are to be let in. Otherwise nothing is wrong.
    ///
    /// Sources: linkerd-proxy `linkerd/app/inbound/src/policy.rs`, `policy-controller/core/src/identity_match.rs`.
    "linkerd-external-workload-not-admitted",
    summary: "Wildcard for all mesh clients, which leaves ExternalWorkloads out",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MeshTlsAuthentication, Kind::ExternalWorkload],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let identity = |o: &crate::model::Object| o.spec().at(["meshTLS", "identity"]).and_then(|i| i.str().map(str::to_owned));
    let external: Vec<_> = world.index.objects(Kind::ExternalWorkload).iter().filter_map(|o| Some((o, identity(o)?))).collect();
    for authentication in world.index.objects(Kind::MeshTlsAuthentication) {
        let spec = authentication.spec();
        let Some((_, star)) = spec.texts("identities").find(|(text, _)| *text == "*") else { continue };
        let listed: Vec<&str> = spec.texts("identities").map(|(text, _)| text).collect();
        let left_out: Vec<_> = external.iter().filter(|(_, id)| id.starts_with("spiffe://") && !listed.contains(&id.as_str())).collect();
        let Some((first, id)) = left_out.first() else { continue };
        let what = format!("\"*\" does not admit ExternalWorkloads ({} here), whose SPIFFE identities match exact entries only", left_out.len());
        findings.add(authentication, star.path(), what, format!("List {id} if it is to be let in.")).related(first.reference(), "is left out");
    }
}
