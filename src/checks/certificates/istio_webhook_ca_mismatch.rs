use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::platform::webhooks::is_istio;
use crate::mesh::certificate::{self, Certificate, value};
use crate::mesh::istio::authority;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The `caBundle` of a webhook that istiod answers: it is empty or cannot be read, all of its certificates are out of date, or none of them is
    /// a root of istiod's namespace (ConfigMap `istio-ca-root-cert`), by which istiod's own certificate is made. Where istiod is told to have that
    /// made elsewhere (`PILOT_CERT_PROVIDER`), the last is not judged.
    ///
    /// # Why it matters
    ///
    /// The API server refuses istiod's certificate. With `failurePolicy: Fail` pods cannot be created, or configuration cannot be changed.
    ///
    /// # How to fix it
    ///
    /// istiod writes the bundle itself: restart it, and see in its log whether it may update webhook configurations. Where GitOps owns the
    /// configuration, have it leave `caBundle` alone.
    ///
    /// Sources: istio `pkg/webhooks/webhookpatch.go`; issue istio/istio#60774; no other tool looks.
    "istio-webhook-ca-mismatch",
    summary: "Webhook whose caBundle does not verify istiod",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration, Kind::ConfigMap, Kind::Pod, Kind::Deployment],
    run: run,
}

const KINDS: [Kind; 2] = [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration];
const HINT: &str = "Restart istiod, which writes it; see in its log whether it may update webhook configurations.";

fn run(world: &World, findings: &mut Findings<'_>) {
    // istiod fills it in, so that no manifest has it.
    if !matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot) {
        return;
    }
    let index = &world.index;
    let mut known: HashMap<&str, Option<Vec<Certificate>>> = HashMap::new();
    for object in KINDS.into_iter().flat_map(|kind| index.objects(kind)) {
        for webhook in object.root().list("webhooks").filter(is_istio) {
            let Some(client) = webhook.get("clientConfig") else { continue };
            let Some(namespace) = client.at(["service", "namespace"]).and_then(|name| name.str()) else { continue };
            // Without a ready istiod nobody writes it, and that is reported.
            let mut planes = world.istio.control_planes.iter().filter(|plane| plane.namespace == namespace);
            if !planes.any(|plane| plane.ready.is_some_and(|ready| ready > 0)) {
                continue;
            }
            let roots = known.entry(namespace).or_insert_with(|| roots(world, namespace));
            if let Some(fault) = fault(world, &client, roots.as_deref()) {
                let what = format!("webhook {:?}: {fault}", webhook.text("name"));
                let finding = findings.add(object, client.path_of("caBundle"), what, HINT);
                if let Some(map) = index.object(Kind::ConfigMap, namespace, authority::ROOTS) {
                    finding.related(map.meta.reference(Kind::ConfigMap), "the roots of istiod's namespace");
                }
                // istiod writes all of a configuration alike.
                break;
            }
        }
    }
}

/// The roots that istiod's own certificate leads to, where it makes that itself.
fn roots(world: &World, namespace: &str) -> Option<Vec<Certificate>> {
    let planes = world.istio.control_planes.iter().filter(|plane| plane.namespace == namespace);
    let mut providers = planes.filter_map(|plane| world.view().istiod_setting(plane, "PILOT_CERT_PROVIDER"));
    if providers.any(|provider| !matches!(provider, "" | "istiod")) {
        return None;
    }
    let map = world.index.object(Kind::ConfigMap, namespace, authority::ROOTS)?;
    certificate::read(&value(map, authority::ROOTS_KEY)?).ok().filter(|roots| !roots.is_empty())
}

fn fault(world: &World, client: &Field<'_>, roots: Option<&[Certificate]>) -> Option<String> {
    let written = client.text("caBundle");
    if written.is_empty() {
        return Some("it has no caBundle, so that the API server does not trust istiod".to_owned());
    }
    let bundle = match certificate::of_bundle(written) {
        Ok(bundle) => bundle,
        Err(why) => return Some(format!("its caBundle cannot be read: {why}")),
    };
    if let Some(why) = bundle.first().filter(|_| bundle.iter().all(|c| !c.holds_at(world.now))).and_then(|c| c.out_of_date(world.now)) {
        return Some(format!("no certificate of its caBundle holds: {why}"));
    }
    let shared = |roots: &[Certificate]| bundle.iter().any(|c| roots.iter().any(|root| root.public_key == c.public_key || c.is_issued_by(root)));
    roots.filter(|roots| !shared(roots)).map(|_| "its caBundle holds none of the roots by which istiod's certificate is made".to_owned())
}
