//! Is a workload in a mesh, how, and why: the one place that is asked.
//!
//! What a mesh makes of one workload is found in `mesh/istio/injection` and `mesh/linkerd/injection`: what new pods become and what the
//! running ones are, each with its reasons. [`MeshView::membership`] makes one answer of the two.

use std::sync::OnceLock;

use super::istio::labels;
use super::{Mesh as _, MeshView, linkerd, namespace_words};
use crate::index::{Index, Sight, Workload};
use crate::model::{Evidence, Fact, Gap, InjectionFact, Intent, Kind, Membership, MeshId, Mode, Pod, placeholder};

/// Membership of every workload in Istio and in Linkerd, found when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Memberships(OnceLock<Vec<OnceLock<[InjectionFact; 2]>>>);

impl Memberships {
    fn cell(&self, index: &Index, workload: &Workload) -> &OnceLock<[InjectionFact; 2]> {
        &self.0.get_or_init(|| index.workloads().iter().map(|_| OnceLock::new()).collect())[workload.position()]
    }
}

/// What stands for the word of a workload or its namespace that decides about injection, where that is still to be filled in.
fn unfilled(index: &Index, workload: &Workload) -> Option<Gap> {
    if index.inventory().unfilled.is_empty() {
        return None;
    }
    const DECIDE: [&str; 5] = [labels::INJECT, labels::REV, "istio-injection", "istio.io/dataplane-mode", linkerd::INJECT];
    let namespace = index.namespace(&workload.reference.namespace).map(|n| &n.metadata);
    let of_namespace = namespace.into_iter().flat_map(|meta| meta.labels.iter().chain(meta.annotations.iter()));
    let mut words = workload.labels.iter().chain(workload.annotations.iter()).chain(of_namespace);
    let (name, value) = words.find(|(name, value)| DECIDE.contains(&name.as_str()) && placeholder::of(value).is_some())?;
    let detail = format!("{name} is an unfilled placeholder, {value}").into();
    Some(Gap::Incomplete { kind: workload.reference.kind, namespace: workload.reference.namespace.clone(), detail })
}

impl<'a> MeshView<'a> {
    /// What a mesh means to make of a workload and has made of it, with the reasons; found once, since many ask.
    pub fn injection(self, mesh: MeshId, workload: &Workload) -> &'a InjectionFact {
        let [istio, linkerd] = self.injections(workload);
        if mesh == istio.mesh { istio } else { linkerd }
    }

    /// The same of Istio and of Linkerd.
    pub fn injections(self, workload: &Workload) -> &'a [InjectionFact; 2] {
        self.cache.memberships.cell(self.index, workload).get_or_init(|| {
            let istio = self.istio.injection(self.index, workload);
            let linkerd = self.linkerd.injection(self.index, workload, istio.added_by.as_ref());
            let mut both = [istio, linkerd];
            if let Some(gap) = unfilled(self.index, workload) {
                both.iter_mut().filter(|fact| fact.intended != Fact::NotApplicable).for_each(|fact| fact.intended = Fact::Unknown(gap.clone()));
            }
            for (one, other) in [(0, 1), (1, 0)] {
                if both[one].intended.value() == Some(&Intent::Refused) {
                    refused_by_other(&mut both, one, other);
                }
            }
            both
        })
    }

    /// How a workload is in a mesh: what its running pods are; what new pods become where none runs, as in manifests.
    /// The gap where what decides was not read.
    pub fn membership(self, mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
        if self.index.pod_spec(workload).is_none() {
            return machine(mesh, workload);
        }
        if mesh == MeshId::Istio && labels::is_waypoint(&workload.labels) {
            return Ok(Membership::Waypoint);
        }
        if mesh == MeshId::Istio && workload.labels.has(labels::GATEWAY_NAME) {
            return Ok(Membership::Gateway);
        }
        let fact = self.injection(mesh, workload);
        let actual = &fact.actual;
        if actual.sidecar + actual.native > 0 {
            return Ok(Membership::Sidecar);
        }
        if actual.ambient > 0 {
            return Ok(Membership::Ambient);
        }
        if actual.gateway > 0 {
            return Ok(Membership::Gateway);
        }
        match &fact.intended {
            Fact::NotApplicable => Ok(self.own_part(mesh, workload)),
            _ if self.runs(workload) => Ok(Membership::None),
            Fact::Unknown(gap) => Err(gap.clone()),
            Fact::Known { value, .. } => Ok(intended(value)),
        }
    }

    /// The same, but where the running pods are not in the mesh, how those that replace them will be.
    pub fn membership_to_come(self, mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
        let now = self.membership(mesh, workload);
        if now != Ok(Membership::None) || self.index.pod_spec(workload).is_none() {
            return now;
        }
        match &self.injection(mesh, workload).intended {
            Fact::NotApplicable => now,
            Fact::Unknown(gap) => Err(gap.clone()),
            Fact::Known { value, .. } => Ok(intended(value)),
        }
    }

    /// Whether a workload is in a mesh or will be, or nobody can tell.
    pub fn may_be_in(self, mesh: MeshId, workload: &Workload) -> bool {
        self.membership_to_come(mesh, workload) != Ok(Membership::None)
    }

    /// The same of one pod; what a manifest says of a pod is not yet what becomes of it.
    pub fn pod_membership(self, mesh: MeshId, workload: &Workload, pod: &Pod) -> Result<Membership, Gap> {
        let labels = &pod.metadata.labels;
        let is = match mesh {
            MeshId::Istio if labels::is_waypoint(labels) => Membership::Waypoint,
            MeshId::Istio if labels.has(labels::GATEWAY_NAME) => Membership::Gateway,
            MeshId::Istio => super::istio::membership_of(pod),
            MeshId::Linkerd if self.linkerd.has_proxy(pod) => Membership::Sidecar,
            MeshId::Linkerd => Membership::None,
        };
        if is == Membership::None && pod.status.phase.is_empty() { self.membership(mesh, workload) } else { Ok(is) }
    }

    /// The same for rules about manifests: a namespace that is merely not among the files counts as one that asks for nothing, and what the
    /// workload's own labels ask for is believed. What a cluster hides stays unknown.
    pub fn membership_by_files(self, mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
        let known = self.membership(mesh, workload);
        let Err(gap) = &known else { return known };
        if gap.kind() != Kind::Namespace || matches!(self.index.sight(Kind::Namespace, &workload.reference.namespace), Sight::Hidden(_)) {
            return known;
        }
        Ok(match mesh {
            MeshId::Istio if labels::asks_for_sidecar(self.index, workload) => Membership::Sidecar,
            MeshId::Istio if labels::asks_for_ambient(self.index, workload) => Membership::Ambient,
            MeshId::Linkerd if matches!(workload.annotations.get(linkerd::INJECT), Some("enabled" | "ingress")) => Membership::Sidecar,
            _ => Membership::None,
        })
    }

    /// Whether pods of a workload were created in a cluster, and with them their membership; a manifest has no status.
    fn runs(self, workload: &Workload) -> bool {
        self.index.pod_variants(workload).any(|(pod, _)| !pod.status.phase.is_empty())
    }

    /// Parts of Linkerd carry its proxy in their manifests; those of Istio carry none.
    fn own_part(self, mesh: MeshId, workload: &Workload) -> Membership {
        let proxied = self.index.pod_spec(workload).is_some_and(|spec| spec.container("linkerd-proxy").is_some());
        if mesh == MeshId::Linkerd && proxied { Membership::Sidecar } else { Membership::None }
    }

    /// How a namespace asks for its pods to be in a mesh, whatever comes of it; the gap where it was not read.
    pub fn namespace_asks(self, mesh: MeshId, namespace: &str) -> Result<Option<Mode>, Gap> {
        let (of_labels, annotations) = namespace_words(self.index, namespace)?;
        Ok(match mesh {
            MeshId::Istio if labels::namespace_injects(&of_labels) => Some(Mode::Sidecar),
            MeshId::Istio => of_labels.is(labels::DATAPLANE_MODE, "ambient").then_some(Mode::Ambient),
            MeshId::Linkerd => matches!(annotations.get(linkerd::INJECT), Some("enabled" | "ingress")).then_some(Mode::Sidecar),
        })
    }
}

/// What a pod becomes that is created now.
fn intended(intent: &Intent) -> Membership {
    match intent.mode() {
        None => Membership::None,
        Some(Mode::Sidecar) => Membership::Sidecar,
        Some(Mode::Ambient) => Membership::Ambient,
        Some(Mode::Gateway) => Membership::Gateway,
    }
}

/// A pod that one mesh does not let into the cluster is not there for the other either.
fn refused_by_other(both: &mut [InjectionFact; 2], one: usize, other: usize) {
    let title = both[one].mesh.title();
    let Fact::Known { because, .. } = &both[one].intended else { return };
    let last = because.last().cloned();
    if let Fact::Known { value: value @ Intent::In { .. }, because } = &mut both[other].intended {
        *value = Intent::Refused;
        because.push(Evidence::default(format!("the pod is not created: {title} would be in it as well")));
        because.extend(last);
        both[other].added_by = None;
    }
}

/// Membership of a machine outside of the cluster, which its WorkloadEntry or ExternalWorkload stands for.
fn machine(mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
    let at = &workload.reference;
    match (mesh, at.kind) {
        // An ExternalWorkload is there for a machine that runs Linkerd's proxy.
        (MeshId::Linkerd, Kind::ExternalWorkload) => Ok(Membership::Sidecar),
        (MeshId::Istio, Kind::WorkloadEntry) if workload.labels.is(labels::TLS_MODE, "istio") => Ok(Membership::Sidecar),
        (MeshId::Istio, Kind::WorkloadEntry) if workload.annotations.has("istio.io/autoRegistrationGroup") => Ok(Membership::Sidecar),
        (MeshId::Istio, Kind::WorkloadEntry) => {
            let detail = "whether the machine runs Istio's proxy stands in no object".into();
            Err(Gap::Incomplete { kind: at.kind, namespace: at.namespace.clone(), detail })
        }
        _ => Ok(Membership::None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::index::Index;
    use crate::mesh::istio::Istio;
    use crate::mesh::linkerd::Linkerd;
    use crate::mesh::{Cache, MeshView};
    use crate::model::{Coverage, Fact, Inventory, Item, Kind, Membership, MeshId};

    /// What the only workload of these objects is to a mesh; nothing when that is unknown.
    fn is(mesh: MeshId, objects: &[Value]) -> Option<Membership> {
        let mut inventory = Inventory::default();
        for value in objects {
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value.clone()).unwrap());
        }
        let index = Index::new(inventory);
        let (istio, linkerd, cache) = (Istio::open(&index), Linkerd::open(&index), Cache::default());
        let view = MeshView { index: &index, istio: &istio, linkerd: &linkerd, cache: &cache };
        view.membership(mesh, &index.workloads()[0]).ok()
    }

    fn namespace(labels: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}})
    }

    fn pod(labels: Value, annotations: Value, spec: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "cart", "labels": labels, "annotations": annotations}, "spec": spec})
    }

    fn running(mut pod: Value) -> Value {
        pod["status"] = json!({"phase": "Running"});
        pod
    }

    #[test]
    fn manifests_are_what_they_will_become_and_running_pods_what_they_are() {
        let plain = || pod(json!({}), json!({}), json!({"containers": [{"name": "app", "image": "app:1"}]}));
        let injected = || namespace(json!({"istio-injection": "enabled"}));
        assert_eq!(is(MeshId::Istio, &[injected(), plain()]), Some(Membership::Sidecar));
        assert_eq!(is(MeshId::Istio, &[injected(), running(plain())]), Some(Membership::None), "it started before the label came");
        assert_eq!(is(MeshId::Istio, &[plain()]), None, "its namespace was not read");
        assert_eq!(is(MeshId::Istio, &[running(plain())]), Some(Membership::None));
        assert_eq!(is(MeshId::Linkerd, &[injected(), plain()]), Some(Membership::None));
    }

    #[test]
    fn what_istio_never_injects_has_no_sidecar_whatever_its_labels_ask() {
        let on_host = pod(json!({"sidecar.istio.io/inject": "true"}), json!({}), json!({"hostNetwork": true}));
        assert_eq!(is(MeshId::Istio, &[namespace(json!({"istio-injection": "enabled"})), on_host]), Some(Membership::None));
    }

    #[test]
    fn ambient_is_left_to_those_who_opt_out_or_cannot_take_part() {
        let ambient = || namespace(json!({"istio.io/dataplane-mode": "ambient"}));
        let captured = json!({"ambient.istio.io/redirection": "enabled"});
        let of = |pod: Value| is(MeshId::Istio, &[ambient(), pod]);
        assert_eq!(of(pod(json!({}), json!({}), json!({}))), Some(Membership::Ambient));
        assert_eq!(of(pod(json!({"istio.io/dataplane-mode": "none"}), json!({}), json!({}))), Some(Membership::None));
        assert_eq!(of(pod(json!({}), json!({}), json!({"hostNetwork": true}))), Some(Membership::None));
        assert_eq!(of(pod(json!({"istio.io/dataplane-mode": "none"}), captured.clone(), json!({}))), Some(Membership::Ambient));
        assert_eq!(of(running(pod(json!({}), captured, json!({})))), Some(Membership::Ambient));
        assert_eq!(of(running(pod(json!({}), json!({}), json!({})))), Some(Membership::None), "istio-cni has not taken it in");
    }

    #[test]
    fn gateways_and_waypoints_are_told_from_sidecars() {
        let proxy = || json!({"containers": [{"name": "istio-proxy", "image": "istio/proxyv2:1.27.1"}]});
        let of = |labels: Value, annotations: Value| is(MeshId::Istio, &[namespace(json!({})), pod(labels, annotations, proxy())]);
        assert_eq!(of(json!({"gateway.networking.k8s.io/gateway-name": "shop-gw"}), json!({})), Some(Membership::Gateway));
        assert_eq!(of(json!({"gateway.istio.io/managed": "istio.io-mesh-controller"}), json!({})), Some(Membership::Waypoint));
        assert_eq!(of(json!({"istio": "ingressgateway"}), json!({})), Some(Membership::Gateway));
        assert_eq!(of(json!({}), json!({"sidecar.istio.io/status": "{}"})), Some(Membership::Sidecar));
    }

    #[test]
    fn a_machine_is_in_the_mesh_when_its_object_says_so() {
        let entry = |labels: Value| {
            json!({"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": {"namespace": "shop", "name": "vm"},
                "spec": {"address": "10.0.0.1", "labels": labels}})
        };
        assert_eq!(is(MeshId::Istio, &[entry(json!({"security.istio.io/tlsMode": "istio"}))]), Some(Membership::Sidecar));
        assert_eq!(is(MeshId::Istio, &[entry(json!({"app": "vm"}))]), None);
    }

    fn webhook(configuration: &str, name: &str) -> Value {
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": configuration},
            "webhooks": [{"name": name, "clientConfig": {"url": "https://x"}}]})
    }

    /// What both meshes make of a pod with these annotations, in a namespace that asks both; Istio's webhook configuration is called `istio`.
    fn intended(istio: &str, annotations: Value) -> [&'static str; 2] {
        let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|k| (*k, Coverage::Complete)).collect(), ..Inventory::default() };
        for value in [
            webhook(istio, "x.sidecar-injector.istio.io"),
            webhook("linkerd-proxy-injector-webhook-config", "linkerd-proxy-injector.linkerd.io"),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "annotations": {"linkerd.io/inject": "enabled"}}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "cart"},
                "spec": {"template": {"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "app"}]}}}}),
        ] {
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        let index = Index::new(inventory);
        let (istio, linkerd, cache) = (Istio::open(&index), Linkerd::open(&index), Cache::default());
        let view = MeshView { index: &index, istio: &istio, linkerd: &linkerd, cache: &cache };
        [MeshId::Istio, MeshId::Linkerd].map(|mesh| match &view.injection(mesh, &index.workloads()[0]).intended {
            Fact::Known { value, .. } => value.name(),
            _ => "unknown",
        })
    }

    #[test]
    fn linkerd_leaves_alone_what_istio_has_just_injected() {
        assert_eq!(intended("istio-sidecar-injector", json!({})), ["sidecar", "none"]);
        assert_eq!(intended("zz-tag", json!({})), ["sidecar", "sidecar"], "Istio's webhook is asked last and minds no other proxy");
        assert_eq!(intended("istio-sidecar-injector", json!({"sidecar.istio.io/inject": "false"})), ["none", "sidecar"]);
        assert_eq!(intended("istio-sidecar-injector", json!({"inject.istio.io/templates": "grpc-simple"})), ["none", "sidecar"]);
    }

    #[test]
    fn a_pod_that_one_mesh_refuses_is_not_there_for_the_other() {
        assert_eq!(intended("zz-tag", json!({"sidecar.istio.io/proxyCPU": "lots"})), ["refused", "refused"]);
        assert_eq!(intended("zz-tag", json!({"config.linkerd.io/admin-port": "0"})), ["refused", "refused"]);
        assert_eq!(intended("istio-sidecar-injector", json!({"config.linkerd.io/admin-port": "0"})), ["sidecar", "none"], "Linkerd never sees to it");
    }
}
