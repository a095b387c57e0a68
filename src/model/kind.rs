//! Every kind that is read, in one table: group, name, plural, scope and the versions understood, newest first.

use std::fmt;

macro_rules! kinds {
    ($($name:ident $group:literal $kind:literal $plural:literal $scope:ident [$($version:literal)+];)+) => {
        /// A kind of Kubernetes object; Istio's and Linkerd's namesakes are told apart by name here and by group in the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!($kind, " of group `", $group, "`.")] $name,)+
            /// The cluster itself, by its context's name: what is said about an API server points at it. No server has such objects.
            Cluster,
        }

        impl Kind {
            /// All kinds that are read, in the order of the table.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Kind::$name => Row { group: $group, kind: $kind, plural: $plural, scope: Scope::$scope, versions: &[$($version),+] },)+
                    Kind::Cluster => Row { group: "mesh.kubectl.dev", kind: "Cluster", plural: "clusters", scope: Scope::Cluster, versions: &["v1"] },
                }
            }
        }
    };
}

struct Row {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    scope: Scope,
    versions: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Cluster,
    Namespaced,
}

kinds! {
    Namespace "" "Namespace" "namespaces" Cluster ["v1"];
    Node "" "Node" "nodes" Cluster ["v1"];
    Pod "" "Pod" "pods" Namespaced ["v1"];
    Service "" "Service" "services" Namespaced ["v1"];
    ServiceAccount "" "ServiceAccount" "serviceaccounts" Namespaced ["v1"];
    ConfigMap "" "ConfigMap" "configmaps" Namespaced ["v1"];
    Secret "" "Secret" "secrets" Namespaced ["v1"];
    Deployment "apps" "Deployment" "deployments" Namespaced ["v1"];
    StatefulSet "apps" "StatefulSet" "statefulsets" Namespaced ["v1"];
    DaemonSet "apps" "DaemonSet" "daemonsets" Namespaced ["v1"];
    ReplicaSet "apps" "ReplicaSet" "replicasets" Namespaced ["v1"];
    Job "batch" "Job" "jobs" Namespaced ["v1"];
    CronJob "batch" "CronJob" "cronjobs" Namespaced ["v1"];
    Rollout "argoproj.io" "Rollout" "rollouts" Namespaced ["v1alpha1"];
    DeploymentConfig "apps.openshift.io" "DeploymentConfig" "deploymentconfigs" Namespaced ["v1"];
    NetworkPolicy "networking.k8s.io" "NetworkPolicy" "networkpolicies" Namespaced ["v1"];
    Ingress "networking.k8s.io" "Ingress" "ingresses" Namespaced ["v1"];
    MutatingWebhookConfiguration "admissionregistration.k8s.io" "MutatingWebhookConfiguration" "mutatingwebhookconfigurations" Cluster ["v1"];
    ValidatingWebhookConfiguration "admissionregistration.k8s.io" "ValidatingWebhookConfiguration" "validatingwebhookconfigurations" Cluster ["v1"];
    CustomResourceDefinition "apiextensions.k8s.io" "CustomResourceDefinition" "customresourcedefinitions" Cluster ["v1"];
    ClusterRole "rbac.authorization.k8s.io" "ClusterRole" "clusterroles" Cluster ["v1"];
    ClusterRoleBinding "rbac.authorization.k8s.io" "ClusterRoleBinding" "clusterrolebindings" Cluster ["v1"];
    ApiService "apiregistration.k8s.io" "APIService" "apiservices" Cluster ["v1"];

    VirtualService "networking.istio.io" "VirtualService" "virtualservices" Namespaced ["v1" "v1beta1" "v1alpha3"];
    DestinationRule "networking.istio.io" "DestinationRule" "destinationrules" Namespaced ["v1" "v1beta1" "v1alpha3"];
    IstioGateway "networking.istio.io" "Gateway" "gateways" Namespaced ["v1" "v1beta1" "v1alpha3"];
    ServiceEntry "networking.istio.io" "ServiceEntry" "serviceentries" Namespaced ["v1" "v1beta1" "v1alpha3"];
    Sidecar "networking.istio.io" "Sidecar" "sidecars" Namespaced ["v1" "v1beta1" "v1alpha3"];
    WorkloadEntry "networking.istio.io" "WorkloadEntry" "workloadentries" Namespaced ["v1" "v1beta1" "v1alpha3"];
    WorkloadGroup "networking.istio.io" "WorkloadGroup" "workloadgroups" Namespaced ["v1" "v1beta1" "v1alpha3"];
    EnvoyFilter "networking.istio.io" "EnvoyFilter" "envoyfilters" Namespaced ["v1alpha3"];
    ProxyConfig "networking.istio.io" "ProxyConfig" "proxyconfigs" Namespaced ["v1beta1" "v1"];
    AuthorizationPolicy "security.istio.io" "AuthorizationPolicy" "authorizationpolicies" Namespaced ["v1" "v1beta1"];
    PeerAuthentication "security.istio.io" "PeerAuthentication" "peerauthentications" Namespaced ["v1" "v1beta1"];
    RequestAuthentication "security.istio.io" "RequestAuthentication" "requestauthentications" Namespaced ["v1" "v1beta1"];
    Telemetry "telemetry.istio.io" "Telemetry" "telemetries" Namespaced ["v1" "v1alpha1"];
    WasmPlugin "extensions.istio.io" "WasmPlugin" "wasmplugins" Namespaced ["v1alpha1"];
    TrafficExtension "extensions.istio.io" "TrafficExtension" "trafficextensions" Namespaced ["v1alpha1"];

    GatewayClass "gateway.networking.k8s.io" "GatewayClass" "gatewayclasses" Cluster ["v1" "v1beta1"];
    Gateway "gateway.networking.k8s.io" "Gateway" "gateways" Namespaced ["v1" "v1beta1" "v1alpha2"];
    ListenerSet "gateway.networking.k8s.io" "ListenerSet" "listenersets" Namespaced ["v1"];
    HttpRoute "gateway.networking.k8s.io" "HTTPRoute" "httproutes" Namespaced ["v1" "v1beta1" "v1alpha2"];
    GrpcRoute "gateway.networking.k8s.io" "GRPCRoute" "grpcroutes" Namespaced ["v1" "v1alpha2"];
    TlsRoute "gateway.networking.k8s.io" "TLSRoute" "tlsroutes" Namespaced ["v1" "v1alpha3" "v1alpha2"];
    TcpRoute "gateway.networking.k8s.io" "TCPRoute" "tcproutes" Namespaced ["v1" "v1alpha2"];
    UdpRoute "gateway.networking.k8s.io" "UDPRoute" "udproutes" Namespaced ["v1" "v1alpha2"];
    ReferenceGrant "gateway.networking.k8s.io" "ReferenceGrant" "referencegrants" Namespaced ["v1" "v1beta1" "v1alpha2"];
    BackendTlsPolicy "gateway.networking.k8s.io" "BackendTLSPolicy" "backendtlspolicies" Namespaced ["v1" "v1alpha3"];

    Server "policy.linkerd.io" "Server" "servers" Namespaced ["v1beta3" "v1beta2" "v1beta1" "v1alpha1"];
    ServerAuthorization "policy.linkerd.io" "ServerAuthorization" "serverauthorizations" Namespaced ["v1beta1" "v1alpha1"];
    LinkerdAuthorizationPolicy "policy.linkerd.io" "AuthorizationPolicy" "authorizationpolicies" Namespaced ["v1alpha1"];
    MeshTlsAuthentication "policy.linkerd.io" "MeshTLSAuthentication" "meshtlsauthentications" Namespaced ["v1alpha1"];
    NetworkAuthentication "policy.linkerd.io" "NetworkAuthentication" "networkauthentications" Namespaced ["v1alpha1"];
    LinkerdHttpRoute "policy.linkerd.io" "HTTPRoute" "httproutes" Namespaced ["v1beta3" "v1beta2" "v1beta1" "v1alpha1"];
    HttpLocalRateLimitPolicy "policy.linkerd.io" "HTTPLocalRateLimitPolicy" "httplocalratelimitpolicies" Namespaced ["v1alpha1"];
    EgressNetwork "policy.linkerd.io" "EgressNetwork" "egressnetworks" Namespaced ["v1alpha1"];
    ServiceProfile "linkerd.io" "ServiceProfile" "serviceprofiles" Namespaced ["v1alpha2" "v1alpha1"];
    ExternalWorkload "workload.linkerd.io" "ExternalWorkload" "externalworkloads" Namespaced ["v1beta1" "v1alpha1"];
    Link "multicluster.linkerd.io" "Link" "links" Namespaced ["v1alpha3" "v1alpha2" "v1alpha1"];
    TrafficSplit "split.smi-spec.io" "TrafficSplit" "trafficsplits" Namespaced ["v1alpha2" "v1alpha4" "v1alpha1"];
}

impl Kind {
    /// The kind that `apiVersion` and `kind` of a manifest name; versions are not compared, so old and new ones are understood.
    pub fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = match (api_version.rsplit_once('/').map_or("", |(group, _)| group), kind) {
            // Where these kinds lived before Kubernetes 1.16; manifests of that time are still around.
            ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
            ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
            (group, _) => group,
        };
        Self::in_group(group, kind)
    }

    /// The kind called `kind` in `group`.
    pub fn in_group(group: &str, kind: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.name() == kind && k.group() == group)
    }

    /// Whether some kind of this table lives in `group`.
    pub fn knows_group(group: &str) -> bool {
        Self::ALL.iter().any(|k| k.group() == group)
    }

    /// The API group, empty for the core one.
    pub const fn group(self) -> &'static str {
        self.row().group
    }

    /// The word in a manifest's `kind:`.
    pub const fn name(self) -> &'static str {
        self.row().kind
    }

    /// The word in a URL.
    pub const fn plural(self) -> &'static str {
        self.row().plural
    }

    /// Versions understood, the preferred one first.
    pub const fn versions(self) -> &'static [&'static str] {
        self.row().versions
    }

    /// Whether objects of this kind live in a namespace.
    pub fn namespaced(self) -> bool {
        self.row().scope == Scope::Namespaced
    }

    /// `group/version` with the preferred version.
    pub fn api_version(self) -> String {
        match self.group() {
            "" => self.versions()[0].to_owned(),
            group => format!("{group}/{}", self.versions()[0]),
        }
    }

    /// `plural.group`, as kubectl and RBAC messages write it.
    pub fn resource(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// Whether it carries a pod template (Pods themselves do not).
    pub fn is_controller(self) -> bool {
        use Kind::{CronJob, DaemonSet, Deployment, DeploymentConfig, Job, ReplicaSet, Rollout, StatefulSet};
        matches!(self, Deployment | StatefulSet | DaemonSet | ReplicaSet | Job | CronJob | Rollout | DeploymentConfig)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

super::written_as!(Kind, str);

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn namesakes_are_told_apart_by_group() {
        assert_eq!(Kind::of("networking.istio.io/v1alpha3", "Gateway"), Some(Kind::IstioGateway));
        assert_eq!(Kind::of("gateway.networking.k8s.io/v1", "Gateway"), Some(Kind::Gateway));
        assert_eq!(Kind::of("policy.linkerd.io/v1alpha1", "AuthorizationPolicy"), Some(Kind::LinkerdAuthorizationPolicy));
        assert_eq!(Kind::of("v1", "Gateway"), None);
    }

    #[test]
    fn every_row_is_unique() {
        for (i, a) in Kind::ALL.iter().enumerate() {
            for b in &Kind::ALL[i + 1..] {
                assert_ne!((a.group(), a.name()), (b.group(), b.name()));
            }
        }
    }
}
