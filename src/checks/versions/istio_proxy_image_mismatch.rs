use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::mesh::istio::{DEFAULT, INJECTION, REV};
use crate::model::{Kind, Map, Object, Pod, few};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods of a namespace run an `istio-proxy` image other than the one its revision's injector puts in today (the image type that MeshConfig,
    /// ProxyConfig resources or the pod ask for is taken into account). Pods with the annotation `sidecar.istio.io/proxyImage` are left out.
    /// Revision tags are resolved.
    ///
    /// # Why it matters
    ///
    /// These pods were made before the last upgrade and keep the old proxy, with its faults and its missing features, until they are restarted.
    ///
    /// # How to fix it
    ///
    /// Restart the workloads of the namespace.
    ///
    /// Sources: IST0158; istio `pkg/config/analysis/analyzers/injection/injection-image.go`, `analyzers/util/proxyconfig.go`.
    "istio-proxy-image-mismatch",
    summary: "Pods run another proxy image than their injector would put in",
    aliases: &["IST0158"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Pod, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let types = ImageTypes::read(world);
    for namespace in index.namespaces() {
        let (name, labels) = (namespace.metadata.name.as_str(), &namespace.metadata.labels);
        let revision = match labels.get(REV) {
            Some(revision) => revision,
            None if labels.is(INJECTION, "enabled") => DEFAULT,
            None => continue,
        };
        let of_tag = || world.istio.injector_config(&world.istio.tags.iter().find(|t| t.name == revision)?.revision);
        let (config, codes): (_, &[&'static str]) = match world.istio.injector_config(if revision.is_empty() { DEFAULT } else { revision }) {
            Some(config) => (Some(config), &["IST0158"]),
            None => (of_tag(), &[]),
        };
        let Some(expected) = config.and_then(|c| c.image.as_deref()) else { continue };
        let mut outdated = BTreeSet::new();
        let mut images = BTreeSet::new();
        for pod in index.pods_in(name).iter().filter(|p| !p.is_over()) {
            let custom = pod.metadata.annotations.get("sidecar.istio.io/proxyImage").is_some_and(|v| !v.is_empty());
            let Some(proxy) = pod.spec.container("istio-proxy").filter(|_| !custom) else { continue };
            let variant = format!("{expected}-{}", types.of(pod));
            if proxy.image != expected && proxy.image != variant.as_str() {
                outdated.insert(pod.metadata.name.as_str());
                images.insert(proxy.image.as_str());
            }
        }
        if outdated.is_empty() {
            continue;
        }
        let running: Vec<&str> = images.into_iter().take(3).collect();
        findings
            .add(
                namespace,
                "",
                format!("pods run {} instead of {expected}: {}", running.join(", "), few(&outdated, outdated.len())),
                "Restart these workloads so that the injector gives them its current image.",
            )
            .codes(codes);
    }
}

/// Which flavour of the proxy image a pod gets: the most specific setting wins.
struct ImageTypes<'a> {
    mesh: &'a str,
    by_namespace: BTreeMap<&'a str, &'a str>,
    by_workload: BTreeMap<&'a str, Vec<(Map, &'a str)>>,
}

impl<'a> ImageTypes<'a> {
    fn read(world: &'a World) -> Self {
        let mut mesh = world.istio.config.root().at(["defaultConfig", "image"]).map_or("", |i| i.text("imageType"));
        let (mut by_namespace, mut by_workload) = (BTreeMap::new(), BTreeMap::<_, Vec<_>>::new());
        for config in world.index.objects(Kind::ProxyConfig) {
            let Some(kind) = image_type(config) else { continue };
            let namespace = config.meta.namespace.as_str();
            if namespace == world.istio.root_namespace() {
                mesh = kind;
            } else if let Some(selector) = config.spec().get("selector") {
                let labels = selector.get("matchLabels").map(|m| m.entries().filter_map(|(k, v)| Some((k, v.str()?))).collect()).unwrap_or_default();
                by_workload.entry(namespace).or_default().push((labels, kind));
            } else {
                by_namespace.insert(namespace, kind);
            }
        }
        Self { mesh, by_namespace, by_workload }
    }

    fn of(&self, pod: &Pod) -> String {
        let namespace = pod.metadata.namespace.as_str();
        let mut kind = self.by_namespace.get(namespace).copied().unwrap_or(self.mesh).to_owned();
        for (labels, own) in self.by_workload.get(namespace).into_iter().flatten() {
            if labels.is_subset_of(&pod.metadata.labels) {
                kind = (*own).to_owned();
            }
        }
        if let Some(text) = pod.metadata.annotations.get("proxy.istio.io/config") {
            let own = serde_saphyr::from_str::<serde_json::Value>(text).unwrap_or_default();
            if let Some(asked) = own.pointer("/image/imageType").and_then(|v| v.as_str()).filter(|v| !v.is_empty()) {
                kind = asked.to_owned();
            }
        }
        if kind == "default" { String::new() } else { kind }
    }
}

fn image_type(config: &Object) -> Option<&str> {
    config.spec().get("image").map(|i| i.text("imageType")).filter(|t| !t.is_empty())
}
