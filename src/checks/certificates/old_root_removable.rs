use crate::checks::Findings;
use crate::mesh::istio::{self, authority};
use crate::mesh::linkerd::{self, anchors};
use crate::mesh::rotation::{Facts, Standing};
use crate::model::{Kind, Object};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A change of root is over but for its last step: the control plane hands out several roots, everybody accepts them all, the issuer has been of the
    /// newest for more than a day, which is as long as a workload's certificate holds, and an old root is still there.
    ///
    /// # Why it matters
    ///
    /// Whoever has the key of the old root can still speak for every workload; that is often why it was replaced. And when it ends, tools that look at the
    /// whole bundle fail.
    ///
    /// # How to fix it
    ///
    /// Take the old root out of the bundle. Linkerd's proxies keep it until their pods are restarted.
    ///
    /// Sources: linkerd.io, manually rotating control plane TLS credentials; istio `security/pkg/pki/ca`. `kubectl mesh certs` shows every stage.
    "old-root-removable",
    summary: "Old root is no longer needed",
    severity: Severity::Info,
    category: Category::Certificates,
    needs: &[Kind::ConfigMap, Kind::Secret, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for config in &world.linkerd.configs {
        let Some(bundle) = anchors::anchors(index, config) else { continue };
        let issuer = anchors::issuer(index, config).and_then(|issuer| issuer.certificates.ok());
        if let Some(facts) = linkerd::rotation::facts(index, config, issuer, &[]) {
            report(world, facts, bundle.object, &bundle.path, "Take it out, then restart the meshed workloads once more.", findings);
        }
    }
    let namespace = world.istio.root_namespace();
    let map = index.object(Kind::ConfigMap, namespace, authority::ROOTS);
    if let (Some(facts), Some(map)) = (istio::rotation::facts(index, namespace, &authority::all(index), &[]), map) {
        report(world, facts, map, "data[\"root-cert.pem\"]", "Take it out of root-cert.pem of Secret cacerts, then restart istiod.", findings);
    }
}

fn report(world: &World, facts: Facts, object: &Object, path: &str, hint: &str, findings: &mut Findings<'_>) {
    if facts.standing(world.now) != Standing::Removable {
        return;
    }
    let newest = facts.handed_out.iter().max_by_key(|root| root.not_before);
    for old in facts.handed_out.iter().filter(|root| Some(*root) != newest) {
        let what =
            format!("the root {:?} is no longer needed: what workloads show has been issued below a newer one for more than a day", old.subject);
        findings.add(object, path, what, hint).detail(old.subject.as_str());
    }
}
