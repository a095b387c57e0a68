//! Which control planes of Linkerd there are, their injection webhooks, extensions and CNI.

use std::collections::BTreeMap;

use super::LinkerdConfig;
use crate::index::{Index, Sight, Workload};
use crate::mesh::{Component, ControlPlane, counts};
use crate::model::{Evidence, Kind, LabelSelector, Map, MeshId, ObjectRef, Requirement, Str, Subject};

/// Label of everything in the control plane.
pub const COMPONENT: &str = "linkerd.io/control-plane-component";
/// Label that names the control plane a pod belongs to.
pub const PLANE: &str = "linkerd.io/control-plane-ns";
/// Annotation of namespaces and pods that asks for a proxy.
pub const INJECT: &str = "linkerd.io/inject";
/// The components that make up a control plane.
pub const PARTS: [&str; 3] = ["destination", "identity", "proxy-injector"];

/// The webhook that shows new pods to a control plane's injector.
#[derive(Clone, Debug, PartialEq)]
pub struct Injector {
    /// Its configuration; nothing for the one the chart would make, assumed where webhooks are not visible.
    pub object: Option<ObjectRef>,
    /// The configuration's name, also of one that is assumed: the API server asks them in the order of their names.
    pub configuration: Str,
    /// Its place in the configuration.
    pub path: String,
    /// The control plane's namespace.
    pub namespace: Str,
    pub namespaces: LabelSelector,
    pub pods: LabelSelector,
    /// Whether pods cannot be created while the injector does not answer; otherwise they start without a proxy.
    pub fail_closed: bool,
}

impl Injector {
    /// Evidence that points at it.
    pub(super) fn evidence(&self, field: &str, text: impl Into<String>) -> Evidence {
        match &self.object {
            Some(object) => Evidence::field(object.clone(), format!("{}{field}", self.path), text),
            None => Evidence::default(format!("{}; the real webhook is not visible, so the chart's is assumed", text.into())),
        }
    }
}

/// The injection webhooks; where none is visible and some may be, the chart's own.
pub(super) fn injectors(index: &Index, configs: &[LinkerdConfig]) -> Vec<Injector> {
    let found: Vec<Injector> = index.objects(Kind::MutatingWebhookConfiguration).iter().flat_map(of_configuration).collect();
    if !found.is_empty() || index.sight(Kind::MutatingWebhookConfiguration, "") == Sight::Clear {
        return found;
    }
    let assumed = |config: &LinkerdConfig| Injector {
        object: None,
        configuration: "linkerd-proxy-injector-webhook-config".into(),
        path: String::new(),
        namespace: config.namespace.clone(),
        namespaces: config.injector_namespaces.clone().unwrap_or_else(chart_namespaces),
        pods: config.injector_pods.clone().unwrap_or_else(chart_pods),
        fail_closed: config.webhook_failure_policy == "Fail",
    };
    if configs.is_empty() {
        return vec![assumed(&LinkerdConfig::of("linkerd", serde_json::Value::Null))];
    }
    configs.iter().map(assumed).collect()
}

fn of_configuration(object: &crate::model::Object) -> impl Iterator<Item = Injector> + '_ {
    let ours = |name: &str| name.starts_with("linkerd-proxy-injector") && name.ends_with("linkerd.io");
    object.root().list("webhooks").filter(move |w| ours(w.text("name"))).map(|webhook| {
        // A selector that cannot be read must not read as "everything".
        let nothing = || LabelSelector { match_labels: Map::default(), match_expressions: vec![requirement("", "In", &[])] };
        let selector = |name| webhook.get(name).map(|s| LabelSelector::read(s).unwrap_or_else(nothing)).unwrap_or_default();
        let service = webhook.at(["clientConfig", "service"]).map(|s| Str::from(s.text("namespace")));
        Injector {
            object: Some(object.reference()),
            configuration: object.meta.name.clone(),
            path: webhook.path(),
            namespace: object.meta.labels.get(PLANE).map(Str::from).or(service).unwrap_or_default(),
            namespaces: selector("namespaceSelector"),
            pods: selector("objectSelector"),
            fail_closed: webhook.text("failurePolicy") != "Ignore",
        }
    })
}

fn chart_namespaces() -> LabelSelector {
    let expressions = vec![
        requirement("config.linkerd.io/admission-webhooks", "NotIn", &["disabled"]),
        requirement("kubernetes.io/metadata.name", "NotIn", &["kube-system", "cert-manager"]),
    ];
    LabelSelector { match_labels: Map::default(), match_expressions: expressions }
}

fn chart_pods() -> LabelSelector {
    let expressions = vec![requirement(COMPONENT, "DoesNotExist", &[]), requirement("linkerd.io/cni-resource", "DoesNotExist", &[])];
    LabelSelector { match_labels: Map::default(), match_expressions: expressions }
}

fn requirement(key: &str, operator: &str, values: &[&str]) -> Requirement {
    Requirement { key: key.into(), operator: operator.into(), values: values.iter().map(|v| Str::from(*v)).collect() }
}

/// Control planes by namespace: from `linkerd-config`, and from the workloads that make one up.
pub(super) fn control_planes(index: &Index, configs: &[LinkerdConfig]) -> Vec<ControlPlane> {
    let mut found: BTreeMap<Str, ControlPlane> = BTreeMap::new();
    let empty = |namespace: &Str| ControlPlane {
        mesh: MeshId::Linkerd,
        namespace: namespace.clone(),
        revision: None,
        tags: Vec::new(),
        version: None,
        version_source: None,
        ready: None,
        replicas: None,
        evidence: Vec::new(),
    };
    for config in configs {
        let plane = found.entry(config.namespace.clone()).or_insert_with(|| empty(&config.namespace));
        let Some(object) = &config.object else { continue };
        plane.evidence.push(Evidence::object(object.clone(), "the control plane's configuration"));
        if let Some(version) = &config.version {
            plane.version = Some(version.clone());
            plane.version_source = Some(Evidence::field(object.clone(), "data.values", format!("linkerdVersion: {version}")));
        }
    }
    for part in PARTS {
        let selector: Map = [(COMPONENT, part)].into_iter().collect();
        let planes: Vec<Str> = configs.iter().map(|c| c.namespace.clone()).collect();
        let ours = |w: &&Workload| is_component(&w.labels, &w.reference.namespace, &planes);
        for workload in index.select(None, &selector).filter(ours) {
            let namespace = workload.reference.namespace.clone();
            let plane = found.entry(namespace.clone()).or_insert_with(|| empty(&namespace));
            add_part(index, workload, part, plane);
        }
    }
    found.into_values().collect()
}

/// Whether labels are those of a control plane's component, which lives in its control plane's namespace: the label of components on a workload
/// elsewhere makes that no part of Linkerd. `planes` are the namespaces that hold a configuration.
pub(super) fn is_component(labels: &Map, namespace: &Str, planes: &[Str]) -> bool {
    labels.has(COMPONENT) && labels.get(PLANE).map_or_else(|| *namespace == "linkerd" || planes.contains(namespace), |plane| *namespace == plane)
}

fn add_part(index: &Index, workload: &Workload, part: &str, plane: &mut ControlPlane) {
    plane.evidence.push(Evidence::object(workload.reference.clone(), format!("its {part} component")));
    if let Some((ready, wanted)) = counts(index, workload) {
        *plane.ready.get_or_insert(0) += ready;
        *plane.replicas.get_or_insert(0) += wanted;
    }
    if plane.version.is_some() {
        return;
    }
    let containers = index.pod_spec(workload).map(|spec| spec.containers.iter().filter(|c| c.name != "linkerd-proxy"));
    if let Some((image, tag)) = containers.into_iter().flatten().find_map(|c| Some((&c.image, c.image_tag()?))) {
        plane.version = Some(tag.into());
        plane.version_source = Some(Evidence::object(workload.reference.clone(), format!("runs {image}")));
    }
}

/// Extensions, by the label of their namespaces, and the CNI plugin.
pub(super) fn components(index: &Index) -> Vec<Component> {
    let cni: Map = [("k8s-app", "linkerd-cni")].into_iter().collect();
    let cni = index.select(None, &cni).map(|workload| Component {
        name: "linkerd-cni".into(),
        object: workload.reference.clone(),
        version: index.pod_spec(workload).and_then(|s| s.containers.first()?.image_tag()).map(Str::from),
        ready: counts(index, workload),
    });
    let extensions = index.namespaces().iter().filter_map(|n| Some((n, n.metadata.labels.get("linkerd.io/extension")?)));
    let extensions = extensions.map(|(n, name)| Component { name: name.into(), object: n.reference(), version: None, ready: None });
    cni.chain(extensions).collect()
}
