//! Which control planes of Istio there are, and what of ambient.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::labels::{DATAPLANE_MODE, REV};
use super::revision::{DEFAULT, Injector, Tag};
use crate::index::{Index, Sight, Workload};
use crate::mesh::{Component, ControlPlane, readiness, release};
use crate::model::{Controller, Evidence, Kind, LabelSelector, Map, MeshId, Requirement, Str};

/// What ambient mode consists of, as far as it is visible.
#[derive(Clone, Debug, Default)]
pub struct Ambient {
    /// The ztunnel DaemonSet, istio-cni and the like.
    pub components: Vec<Component>,
    /// Namespaces whose pods istio-cni never takes.
    pub excluded: Vec<Str>,
    /// Which pods istio-cni takes: those that one of these selects.
    pub selectors: Vec<Enablement>,
    /// Whether istio-cni is told to leave ambient be.
    pub switched_off: bool,
}

/// One of istio-cni's selectors of pods for ambient; both parts must match.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Enablement {
    #[serde(rename = "podSelector")]
    pub pods: LabelSelector,
    #[serde(rename = "namespaceSelector")]
    pub namespaces: LabelSelector,
}

impl Ambient {
    /// Whether ztunnel is here.
    pub fn has_ztunnel(&self) -> bool {
        self.components.iter().any(|c| c.name == "ztunnel")
    }
}

/// Control planes by namespace and revision: istiod's workloads first, then revisions that only webhooks tell of.
pub(super) fn control_planes(index: &Index, injectors: &[Injector], tags: &[Tag]) -> Vec<ControlPlane> {
    let app: Map = [("app", "istiod")].into_iter().collect();
    let mut found: BTreeMap<(Str, Str), ControlPlane> = BTreeMap::new();
    for workload in index.select(None, &app) {
        let plane = of_workload(index, workload);
        let key = (plane.namespace.clone(), plane.revision.clone().unwrap_or_default());
        found.entry(key).and_modify(|known| merge(known, &plane)).or_insert(plane);
    }
    for injector in injectors.iter().filter(|i| i.tag.is_none()) {
        let Some(object) = &injector.object else { continue };
        let evidence = Evidence::object(object.clone(), format!("injection webhooks of revision {}", injector.revision));
        if let Some(plane) = found.values_mut().find(|p| p.revision.as_ref() == Some(&injector.revision)) {
            if !plane.evidence.contains(&evidence) {
                plane.evidence.push(evidence);
            }
            continue;
        }
        // An istiod behind a URL runs elsewhere; one behind a Service of a cluster that was read has no pods.
        let gone = !injector.service_namespace.is_empty() && index.sight(Kind::Pod, "") == Sight::Clear;
        let plane = ControlPlane {
            mesh: MeshId::Istio,
            namespace: injector.service_namespace.clone(),
            revision: Some(injector.revision.clone()),
            tags: Vec::new(),
            version: None,
            version_source: None,
            ready: gone.then_some(0),
            replicas: None,
            evidence: vec![evidence],
        };
        found.insert((plane.namespace.clone(), injector.revision.clone()), plane);
    }
    for plane in found.values_mut() {
        plane.tags = tags.iter().filter(|t| plane.revision.as_ref() == Some(&t.revision)).map(|t| t.name.clone()).collect();
        plane.tags.dedup();
    }
    found.into_values().collect()
}

/// The cluster's DNS domain as istiod is told it: `--domain X`, as the chart writes it, or `--domain=X`.
pub(super) fn cluster_domain(index: &Index) -> Option<Str> {
    let app: Map = [("app", "istiod")].into_iter().collect();
    let specs = index.select(None, &app).filter_map(|workload| index.pod_spec(workload));
    specs.flat_map(|spec| spec.containers.iter().filter(|c| c.name == "discovery")).find_map(|container| {
        let at = container.args.iter().position(|arg| arg.starts_with("--domain"))?;
        container.args[at].strip_prefix("--domain=").map(Str::from).or_else(|| container.args.get(at + 1).cloned())
    })
}

fn of_workload(index: &Index, workload: &Workload) -> ControlPlane {
    let meta = index.workload_meta(workload);
    let revision = workload.labels.get(REV).or_else(|| meta.labels.get(REV)).filter(|r| !r.is_empty()).unwrap_or(DEFAULT);
    let discovery = index.pod_spec(workload).and_then(|spec| spec.containers.iter().enumerate().find(|(_, c)| c.name == "discovery"));
    let from_image = discovery.and_then(|(i, container)| {
        let at = match index.template_path(workload) {
            "" => format!("spec.containers[{i}].image"),
            template => format!("{template}.spec.containers[{i}].image"),
        };
        Some((Str::from(release(container.image_tag()?)), Evidence::field(workload.reference.clone(), at, format!("runs {}", container.image))))
    });
    let from_label = || {
        let version = meta.labels.get("app.kubernetes.io/version")?;
        let at = r#"metadata.labels["app.kubernetes.io/version"]"#;
        Some((Str::from(version), Evidence::field(workload.reference.clone(), at, "the chart says its version")))
    };
    let (version, version_source) = from_image.or_else(from_label).unzip();
    let pods: Vec<_> = index.live_pods(workload).collect();
    let stated = controller(index, workload).and_then(readiness);
    let (ready, replicas) = match (pods.len(), stated) {
        (0, stated) => stated.unzip(),
        (n, stated) => (Some(pods.iter().filter(|p| p.is_ready()).count()), Some(stated.map_or(n, |(_, wanted)| wanted))),
    };
    ControlPlane {
        mesh: MeshId::Istio,
        namespace: workload.reference.namespace.clone(),
        revision: Some(revision.into()),
        tags: Vec::new(),
        version,
        version_source,
        ready,
        replicas,
        evidence: vec![Evidence::object(workload.reference.clone(), format!("istiod of revision {revision}"))],
    }
}

fn merge(known: &mut ControlPlane, more: &ControlPlane) {
    let sum = |a: Option<usize>, b: Option<usize>| a.map_or(b, |a| Some(a + b.unwrap_or_default()));
    known.ready = sum(known.ready, more.ready);
    known.replicas = sum(known.replicas, more.replicas);
    known.evidence.extend(more.evidence.iter().cloned());
}

fn controller<'a>(index: &'a Index, workload: &Workload) -> Option<&'a Controller> {
    let at = &workload.reference;
    index.controllers_in(&at.namespace).iter().find(|c| c.kind == at.kind && c.metadata.name == at.name)
}

/// What of ambient is here.
pub(super) fn ambient(index: &Index) -> Ambient {
    let mut components = Vec::new();
    for (name, labels) in [("ztunnel", ("app", "ztunnel")), ("istio-cni", ("k8s-app", "istio-cni-node"))] {
        let selector: Map = [labels].into_iter().collect();
        components.extend(index.select(None, &selector).map(|workload| component(index, workload, name)));
    }
    let config = index.objects(Kind::ConfigMap).iter().find(|c| c.meta.name == "istio-cni-config");
    let setting = |name| config.and_then(|c| c.root().at(["data", name])).and_then(|f| f.str());
    let excluded = setting("EXCLUDE_NAMESPACES").unwrap_or("kube-system");
    let excluded = excluded.split(',').map(str::trim).filter(|n| !n.is_empty()).map(Str::from).collect();
    let selectors = setting("AMBIENT_ENABLEMENT_SELECTOR").and_then(|text| serde_saphyr::from_str::<Vec<Enablement>>(text).ok());
    let switched_off = setting("AMBIENT_ENABLED") == Some("false");
    Ambient { components, excluded, selectors: selectors.unwrap_or_else(chart_enablement), switched_off }
}

/// The selectors of istio-cni's chart: the label on the pod, or on its namespace where the pod does not refuse.
fn chart_enablement() -> Vec<Enablement> {
    let ambient = || LabelSelector { match_labels: [(DATAPLANE_MODE, "ambient")].into_iter().collect(), match_expressions: Vec::new() };
    let refused = Requirement { key: DATAPLANE_MODE.into(), operator: "NotIn".into(), values: vec!["none".into()] };
    let willing = LabelSelector { match_labels: Map::default(), match_expressions: vec![refused] };
    let of_pod = Enablement { pods: ambient(), namespaces: LabelSelector::default() };
    vec![of_pod, Enablement { pods: willing, namespaces: ambient() }]
}

fn component(index: &Index, workload: &Workload, name: &str) -> Component {
    let image = index.pod_spec(workload).and_then(|spec| spec.containers.first()).and_then(|c| c.image_tag());
    let version = image.map(|tag| Str::from(release(tag)));
    let pods: Vec<_> = index.live_pods(workload).collect();
    let counted = (!pods.is_empty()).then(|| (pods.iter().filter(|p| p.is_ready()).count(), pods.len()));
    let ready = controller(index, workload).and_then(readiness).or(counted);
    Component { name: name.into(), object: workload.reference.clone(), version, ready }
}
