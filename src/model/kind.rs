//! Every kind that is read, in one table: group, name, plural, scope, the versions understood (newest first), short names, and the form in which
//! its objects are kept.

use std::fmt;

macro_rules! kinds {
    ($($name:ident $group:literal $kind:literal $plural:literal $scope:ident [$($version:literal)+] [$($short:literal)*] $form:ident;)+) => {
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
                    $(Kind::$name => Row {
                        group: $group,
                        kind: $kind,
                        plural: $plural,
                        scope: Scope::$scope,
                        versions: &[$($version),+],
                        short: &[$($short),*],
                        form: Form::$form,
                    },)+
                    Kind::Cluster => Row {
                        group: "mesh.kubectl.dev",
                        kind: "Cluster",
                        plural: "clusters",
                        scope: Scope::Cluster,
                        versions: &["v1"],
                        short: &[],
                        form: Form::Object,
                    },
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
    short: &'static [&'static str],
    form: Form,
}

/// The form in which objects are kept.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Whole, read through fields.
    Object,
    /// A [`Controller`](super::Controller): what makes pods of a template.
    Controller,
    /// The same, of a kind that somebody installed: such kinds are served as JSON alone.
    CustomController,
    /// A struct of its own: a row of [`typed_kinds`] besides.
    Struct,
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Cluster,
    Namespaced,
}

kinds! {
    Namespace "" "Namespace" "namespaces" Cluster ["v1"] ["ns"] Struct;
    Node "" "Node" "nodes" Cluster ["v1"] ["no"] Struct;
    Pod "" "Pod" "pods" Namespaced ["v1"] ["po"] Struct;
    Service "" "Service" "services" Namespaced ["v1"] ["svc"] Struct;
    ServiceAccount "" "ServiceAccount" "serviceaccounts" Namespaced ["v1"] ["sa"] Object;
    ConfigMap "" "ConfigMap" "configmaps" Namespaced ["v1"] ["cm"] Object;
    Secret "" "Secret" "secrets" Namespaced ["v1"] [] Object;
    Deployment "apps" "Deployment" "deployments" Namespaced ["v1"] ["deploy"] Controller;
    StatefulSet "apps" "StatefulSet" "statefulsets" Namespaced ["v1"] ["sts"] Controller;
    DaemonSet "apps" "DaemonSet" "daemonsets" Namespaced ["v1"] ["ds"] Controller;
    ReplicaSet "apps" "ReplicaSet" "replicasets" Namespaced ["v1"] ["rs"] Controller;
    ReplicationController "" "ReplicationController" "replicationcontrollers" Namespaced ["v1"] ["rc"] Controller;
    Job "batch" "Job" "jobs" Namespaced ["v1"] [] Controller;
    CronJob "batch" "CronJob" "cronjobs" Namespaced ["v1"] ["cj"] Controller;
    Rollout "argoproj.io" "Rollout" "rollouts" Namespaced ["v1alpha1"] ["ro"] CustomController;
    DeploymentConfig "apps.openshift.io" "DeploymentConfig" "deploymentconfigs" Namespaced ["v1"] ["dc"] CustomController;
    EndpointSlice "discovery.k8s.io" "EndpointSlice" "endpointslices" Namespaced ["v1"] [] Object;
    Lease "coordination.k8s.io" "Lease" "leases" Namespaced ["v1"] [] Object;
    NetworkPolicy "networking.k8s.io" "NetworkPolicy" "networkpolicies" Namespaced ["v1"] ["netpol"] Object;
    Ingress "networking.k8s.io" "Ingress" "ingresses" Namespaced ["v1"] ["ing"] Object;
    MutatingWebhookConfiguration "admissionregistration.k8s.io" "MutatingWebhookConfiguration" "mutatingwebhookconfigurations" Cluster ["v1"] [] Object;
    ValidatingWebhookConfiguration "admissionregistration.k8s.io" "ValidatingWebhookConfiguration" "validatingwebhookconfigurations" Cluster ["v1"] [] Object;
    CustomResourceDefinition "apiextensions.k8s.io" "CustomResourceDefinition" "customresourcedefinitions" Cluster ["v1"] ["crd" "crds"] Object;
    ClusterRole "rbac.authorization.k8s.io" "ClusterRole" "clusterroles" Cluster ["v1"] [] Object;
    ClusterRoleBinding "rbac.authorization.k8s.io" "ClusterRoleBinding" "clusterrolebindings" Cluster ["v1"] [] Object;
    ApiService "apiregistration.k8s.io" "APIService" "apiservices" Cluster ["v1"] [] Object;
    CertManagerCertificate "cert-manager.io" "Certificate" "certificates" Namespaced ["v1"] ["cert" "certs"] Object;

    VirtualService "networking.istio.io" "VirtualService" "virtualservices" Namespaced ["v1" "v1beta1" "v1alpha3"] ["vs"] Object;
    DestinationRule "networking.istio.io" "DestinationRule" "destinationrules" Namespaced ["v1" "v1beta1" "v1alpha3"] ["dr"] Object;
    IstioGateway "networking.istio.io" "Gateway" "gateways" Namespaced ["v1" "v1beta1" "v1alpha3"] ["gw"] Object;
    ServiceEntry "networking.istio.io" "ServiceEntry" "serviceentries" Namespaced ["v1" "v1beta1" "v1alpha3"] ["se"] Object;
    Sidecar "networking.istio.io" "Sidecar" "sidecars" Namespaced ["v1" "v1beta1" "v1alpha3"] [] Object;
    WorkloadEntry "networking.istio.io" "WorkloadEntry" "workloadentries" Namespaced ["v1" "v1beta1" "v1alpha3"] ["we"] Object;
    WorkloadGroup "networking.istio.io" "WorkloadGroup" "workloadgroups" Namespaced ["v1" "v1beta1" "v1alpha3"] ["wg"] Object;
    EnvoyFilter "networking.istio.io" "EnvoyFilter" "envoyfilters" Namespaced ["v1alpha3"] [] Object;
    ProxyConfig "networking.istio.io" "ProxyConfig" "proxyconfigs" Namespaced ["v1beta1" "v1"] [] Object;
    AuthorizationPolicy "security.istio.io" "AuthorizationPolicy" "authorizationpolicies" Namespaced ["v1" "v1beta1"] ["ap"] Object;
    PeerAuthentication "security.istio.io" "PeerAuthentication" "peerauthentications" Namespaced ["v1" "v1beta1"] ["pa"] Object;
    RequestAuthentication "security.istio.io" "RequestAuthentication" "requestauthentications" Namespaced ["v1" "v1beta1"] ["ra"] Object;
    Telemetry "telemetry.istio.io" "Telemetry" "telemetries" Namespaced ["v1" "v1alpha1"] ["telemetry"] Object;
    WasmPlugin "extensions.istio.io" "WasmPlugin" "wasmplugins" Namespaced ["v1alpha1"] [] Object;
    TrafficExtension "extensions.istio.io" "TrafficExtension" "trafficextensions" Namespaced ["v1alpha1"] [] Object;

    GatewayClass "gateway.networking.k8s.io" "GatewayClass" "gatewayclasses" Cluster ["v1" "v1beta1"] ["gc"] Object;
    Gateway "gateway.networking.k8s.io" "Gateway" "gateways" Namespaced ["v1" "v1beta1" "v1alpha2"] ["gtw"] Object;
    ListenerSet "gateway.networking.k8s.io" "ListenerSet" "listenersets" Namespaced ["v1"] ["lset"] Object;
    HttpRoute "gateway.networking.k8s.io" "HTTPRoute" "httproutes" Namespaced ["v1" "v1beta1" "v1alpha2"] [] Object;
    GrpcRoute "gateway.networking.k8s.io" "GRPCRoute" "grpcroutes" Namespaced ["v1" "v1alpha2"] [] Object;
    TlsRoute "gateway.networking.k8s.io" "TLSRoute" "tlsroutes" Namespaced ["v1" "v1alpha3" "v1alpha2"] [] Object;
    TcpRoute "gateway.networking.k8s.io" "TCPRoute" "tcproutes" Namespaced ["v1" "v1alpha2"] [] Object;
    UdpRoute "gateway.networking.k8s.io" "UDPRoute" "udproutes" Namespaced ["v1" "v1alpha2"] [] Object;
    ReferenceGrant "gateway.networking.k8s.io" "ReferenceGrant" "referencegrants" Namespaced ["v1" "v1beta1" "v1alpha2"] ["refgrant"] Object;
    BackendTlsPolicy "gateway.networking.k8s.io" "BackendTLSPolicy" "backendtlspolicies" Namespaced ["v1" "v1alpha3"] ["btlspolicy"] Object;

    Server "policy.linkerd.io" "Server" "servers" Namespaced ["v1beta3" "v1beta2" "v1beta1" "v1alpha1"] ["srv"] Object;
    ServerAuthorization "policy.linkerd.io" "ServerAuthorization" "serverauthorizations" Namespaced ["v1beta1" "v1alpha1"] ["saz" "serverauthz" "srvauthz"] Object;
    LinkerdAuthorizationPolicy "policy.linkerd.io" "AuthorizationPolicy" "authorizationpolicies" Namespaced ["v1alpha1"] ["authzpolicy"] Object;
    MeshTlsAuthentication "policy.linkerd.io" "MeshTLSAuthentication" "meshtlsauthentications" Namespaced ["v1alpha1"] ["meshtlsauthn"] Object;
    NetworkAuthentication "policy.linkerd.io" "NetworkAuthentication" "networkauthentications" Namespaced ["v1alpha1"] ["netauthn" "networkauthn"] Object;
    LinkerdHttpRoute "policy.linkerd.io" "HTTPRoute" "httproutes" Namespaced ["v1beta3" "v1beta2" "v1beta1" "v1alpha1"] [] Object;
    HttpLocalRateLimitPolicy "policy.linkerd.io" "HTTPLocalRateLimitPolicy" "httplocalratelimitpolicies" Namespaced ["v1alpha1"] ["ratelimit-policy"] Object;
    EgressNetwork "policy.linkerd.io" "EgressNetwork" "egressnetworks" Namespaced ["v1alpha1"] [] Object;
    ServiceProfile "linkerd.io" "ServiceProfile" "serviceprofiles" Namespaced ["v1alpha2" "v1alpha1"] ["sp"] Object;
    ExternalWorkload "workload.linkerd.io" "ExternalWorkload" "externalworkloads" Namespaced ["v1beta1" "v1alpha1"] [] Object;
    Link "multicluster.linkerd.io" "Link" "links" Namespaced ["v1alpha3" "v1alpha2" "v1alpha1"] [] Object;
    TrafficSplit "split.smi-spec.io" "TrafficSplit" "trafficsplits" Namespaced ["v1alpha2" "v1alpha4" "v1alpha1"] ["ts"] Object;
}

/// The kinds with a struct of their own, which has the kind's name, and the list of an inventory that holds them. They are handed to the macro `$then`:
/// whatever has to be said once for each of them is made from this.
macro_rules! typed_kinds {
    ($then:ident) => {
        $then! {
            Pod pods;
            Service services;
            Namespace namespaces;
            Node nodes;
        }
    };
}
pub(crate) use typed_kinds;

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

    /// The short names that API servers and the meshes' CRDs give it.
    pub const fn short_names(self) -> &'static [&'static str] {
        self.row().short
    }

    /// Whether it carries a pod template (Pods themselves do not).
    pub fn is_controller(self) -> bool {
        matches!(self.row().form, Form::Controller | Form::CustomController)
    }

    /// Whether servers send its objects in Kubernetes' own encoding, and of a form that is decoded from it.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self.row().form, Form::Controller | Form::Struct)
    }

    /// Whether its objects are kept whole, as JSON.
    pub(super) fn is_whole(self) -> bool {
        self.row().form == Form::Object
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
    use super::{Form, Kind};

    #[test]
    fn a_kind_has_a_struct_where_the_table_says_so() {
        macro_rules! kinds {
            ($($kind:ident $list:ident;)+) => { [$(Kind::$kind),+] };
        }
        let typed = typed_kinds!(kinds);
        for kind in Kind::ALL {
            assert_eq!(kind.row().form == Form::Struct, typed.contains(kind), "{kind}");
        }
    }

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
