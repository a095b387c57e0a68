//! Which resources are served: a table of built-in kinds, and whatever CustomResourceDefinitions are in the store.

use serde_json::{Value, json};

/// One resource of one group, with every version it is served in (preferred first).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    pub group: String,
    pub versions: Vec<String>,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub namespaced: bool,
    pub status: bool,
    pub scale: Option<Scale>,
    /// Further subresources, for discovery: `log`, `exec`, `portforward` …
    pub others: Vec<String>,
    /// Only POST: the reviews of authorization.k8s.io.
    pub review: bool,
    /// From a CustomResourceDefinition; its schema by version.
    pub custom: bool,
    pub schemas: Vec<(String, Value)>,
}

/// Where a scale subresource finds its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub replicas: String,
    pub status_replicas: String,
}

impl Resource {
    pub fn api_version(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }

    pub fn serves(&self, version: &str) -> bool {
        self.versions.iter().any(|v| v == version)
    }

    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    pub fn verbs(&self) -> Vec<&'static str> {
        if self.review { vec!["create"] } else { vec!["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] }
    }

    /// The subresources with the kind each speaks and its verbs.
    pub fn subresources(&self, version: &str) -> Vec<Value> {
        let own = |name: &str, group: &str, version: &str, kind: &str, verbs: &[&str]| {
            let mut entry = json!({"name": name, "responseKind": {"group": group, "version": version, "kind": kind}, "verbs": verbs});
            entry["group"] = json!(group);
            entry
        };
        let mut all = Vec::new();
        if self.status {
            all.push(own("status", &self.group, version, &self.kind, &["get", "patch", "update"]));
        }
        if self.scale.is_some() {
            all.push(own("scale", "autoscaling", "v1", "Scale", &["get", "patch", "update"]));
        }
        for other in &self.others {
            let verbs: &[&str] = if other == "log" { &["get"] } else { &["create", "get"] };
            all.push(own(other, &self.group, version, &self.kind, verbs));
        }
        all
    }
}

/// group, version, Kind, plural, short names, namespaced, extras (`status`, `scale`, `review` or the name of another subresource).
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, bool, &'static str);

const ROWS: &[Row] = &[
    ("", "v1", "ConfigMap", "configmaps", "cm", true, ""),
    ("", "v1", "Endpoints", "endpoints", "ep", true, ""),
    ("", "v1", "Event", "events", "ev", true, ""),
    ("", "v1", "LimitRange", "limitranges", "limits", true, ""),
    ("", "v1", "Namespace", "namespaces", "ns", false, "status"),
    ("", "v1", "Node", "nodes", "no", false, "status"),
    ("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", true, "status"),
    ("", "v1", "Pod", "pods", "po", true, "status log exec attach portforward proxy eviction"),
    ("", "v1", "ResourceQuota", "resourcequotas", "quota", true, "status"),
    ("", "v1", "Secret", "secrets", "", true, ""),
    ("", "v1", "Service", "services", "svc", true, "status proxy"),
    ("", "v1", "ServiceAccount", "serviceaccounts", "sa", true, ""),
    ("apps", "v1", "ControllerRevision", "controllerrevisions", "", true, ""),
    ("apps", "v1", "DaemonSet", "daemonsets", "ds", true, "status"),
    ("apps", "v1", "Deployment", "deployments", "deploy", true, "status scale"),
    ("apps", "v1", "ReplicaSet", "replicasets", "rs", true, "status scale"),
    ("apps", "v1", "StatefulSet", "statefulsets", "sts", true, "status scale"),
    ("batch", "v1", "CronJob", "cronjobs", "cj", true, "status"),
    ("batch", "v1", "Job", "jobs", "", true, "status"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true, "status"),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", true, "status"),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", "ing", true, "status"),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", "", false, ""),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", true, ""),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "", true, ""),
    ("coordination.k8s.io", "v1", "Lease", "leases", "", true, ""),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", false, ""),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", false, ""),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd crds", false, "status"),
    ("apiregistration.k8s.io", "v1", "APIService", "apiservices", "", false, "status"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", false, ""),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", "", false, ""),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", "", true, ""),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", "", true, ""),
    ("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", "", false, "review"),
    ("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "", false, "review"),
    ("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "", false, "review"),
];

/// The kinds every server has.
pub fn built_in() -> Vec<Resource> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    ROWS.iter()
        .map(|&(group, version, kind, plural, short, namespaced, extras)| {
            let extras = words(extras);
            let has = |word: &str| extras.iter().any(|e| e == word);
            let scale = Scale { replicas: ".spec.replicas".into(), status_replicas: ".status.replicas".into() };
            Resource {
                group: group.into(),
                versions: vec![version.into()],
                kind: kind.into(),
                plural: plural.into(),
                singular: kind.to_lowercase(),
                short_names: words(short),
                namespaced,
                status: has("status"),
                scale: has("scale").then_some(scale),
                others: extras.iter().filter(|e| !matches!(e.as_str(), "status" | "scale" | "review")).cloned().collect(),
                review: has("review"),
                custom: false,
                schemas: Vec::new(),
            }
        })
        .collect()
}

/// What a CustomResourceDefinition makes served; none when no version of it is.
pub fn of_definition(definition: &Value) -> Option<Resource> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let names = &spec["names"];
    let kind = text(&names["kind"])?;
    let all = spec["versions"].as_array()?;
    let mut served: Vec<&Value> = all.iter().filter(|v| v["served"] == true).collect();
    served.sort_by_key(|v| std::cmp::Reverse(version_rank(v["name"].as_str().unwrap_or_default())));
    let name = |version: &&Value| text(&version["name"]);
    let sub = |word: &str| served.iter().find_map(|v| v["subresources"].get(word));
    let scale = sub("scale").map(|s| Scale {
        replicas: s["specReplicasPath"].as_str().unwrap_or(".spec.replicas").into(),
        status_replicas: s["statusReplicasPath"].as_str().unwrap_or(".status.replicas").into(),
    });
    let schemas = served.iter().filter_map(|v| Some((text(&v["name"])?, v["schema"]["openAPIV3Schema"].clone()))).collect();
    let versions: Vec<String> = served.iter().filter_map(name).collect();
    (!versions.is_empty()).then(|| Resource {
        group: text(&spec["group"]).unwrap_or_default(),
        plural: text(&names["plural"]).unwrap_or_default(),
        singular: text(&names["singular"]).unwrap_or_else(|| kind.to_lowercase()),
        short_names: names["shortNames"].as_array().into_iter().flatten().filter_map(text).collect(),
        namespaced: spec["scope"] == "Namespaced",
        status: sub("status").is_some(),
        scale,
        others: Vec::new(),
        review: false,
        custom: true,
        schemas,
        versions,
        kind,
    })
}

/// Kubernetes' order of versions: v2 before v1 before v1beta2 before v1alpha1.
pub fn version_rank(version: &str) -> (u8, u32, u32) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let major = digits(rest);
    let tail = &rest[major.len()..];
    let stage = if tail.is_empty() {
        3
    } else if tail.starts_with("beta") {
        2
    } else if tail.starts_with("alpha") {
        1
    } else {
        0
    };
    let minor = digits(tail.trim_start_matches(char::is_alphabetic));
    (stage, major.parse().unwrap_or(0), minor.parse().unwrap_or(0))
}
