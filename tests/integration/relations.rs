//! Objects of one kind that all meet each other: one host, one selector, one port, one namespace.

use kubectl_mesh::model::Kind;

/// One way in which many objects meet.
#[derive(Clone, Copy)]
pub struct Relation {
    /// What they have in common.
    pub name: &'static str,
    kind: Kind,
    /// Whether every one of them is reported.
    pub reported: bool,
    /// What comes after `apiVersion` and `kind`; `NAME` stands for the name of each.
    text: &'static str,
}

impl Relation {
    /// So many of them, with the workload and the Service that they are about.
    pub fn objects(&self, count: usize) -> impl Iterator<Item = (Kind, String)> {
        let each = (0..count).map(|n| (self.kind, self.text.replace("NAME", &format!("object-{n:05}"))));
        let all = each.chain([(Kind::Deployment, CART.replace("NAME", "cart")), (Kind::Service, CART_SERVICE.replace("NAME", "cart"))]);
        all.map(|(kind, text)| (kind, format!(r#"{{"apiVersion":"{}","kind":"{}",{text}}}"#, kind.api_version(), kind.name())))
    }
}

const CART: &str = r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"cart"}},"template":{"metadata":{"labels":{"app":"cart"}},"spec":{"containers":[{"name":"cart","image":"cart:1","ports":[{"containerPort":8080}]}]}}}"#;
const CART_SERVICE: &str = r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"app":"cart"},"ports":[{"port":80,"name":"http"}]}"#;

/// The relations.
pub const RELATIONS: [Relation; 27] = [
    Relation {
        name: "VirtualServices of one Service",
        kind: Kind::VirtualService,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"hosts":["cart"],"http":[{"route":[{"destination":{"host":"cart"}}]}]}"#,
    },
    Relation {
        name: "VirtualServices of one gateway",
        kind: Kind::VirtualService,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"hosts":["a.example.com"],"gateways":["public"],"http":[{"route":[{"destination":{"host":"cart"}}]}]}"#,
    },
    Relation {
        name: "DestinationRules of one host",
        kind: Kind::DestinationRule,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"host":"cart"}"#,
    },
    Relation {
        name: "DestinationRules of one host, with a subset each",
        kind: Kind::DestinationRule,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"host":"cart","subsets":[{"name":"NAME","labels":{"version":"NAME"}}]}"#,
    },
    Relation {
        name: "DestinationRules of one host, in a namespace each",
        kind: Kind::DestinationRule,
        reported: false,
        text: r#""metadata":{"name":"api","namespace":"NAME"},"spec":{"host":"api.example.com","exportTo":["."]}"#,
    },
    Relation {
        name: "ServiceEntries of one host",
        kind: Kind::ServiceEntry,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"hosts":["a.example.com"],"ports":[{"number":443,"name":"tls","protocol":"TLS"}],"resolution":"DNS"}"#,
    },
    Relation {
        name: "ServiceEntries of one address",
        kind: Kind::ServiceEntry,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"hosts":["NAME.example.com"],"addresses":["10.0.0.1"],"ports":[{"number":3306,"name":"tcp","protocol":"TCP"}],"resolution":"DNS"}"#,
    },
    Relation {
        name: "Sidecars of one namespace",
        kind: Kind::Sidecar,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"egress":[{"hosts":["./*"]}]}"#,
    },
    Relation {
        name: "Sidecars of one workload",
        kind: Kind::Sidecar,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"workloadSelector":{"labels":{"app":"cart"}},"egress":[{"hosts":["./*"]}]}"#,
    },
    Relation {
        name: "PeerAuthentications of one namespace",
        kind: Kind::PeerAuthentication,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"mtls":{"mode":"STRICT"}}"#,
    },
    Relation {
        name: "PeerAuthentications of one workload",
        kind: Kind::PeerAuthentication,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"cart"}},"mtls":{"mode":"STRICT"}}"#,
    },
    Relation {
        name: "AuthorizationPolicies of one workload",
        kind: Kind::AuthorizationPolicy,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"cart"}},"rules":[{"from":[{"source":{"principals":["cluster.local/ns/web/sa/web"]}}]}]}"#,
    },
    Relation {
        name: "AuthorizationPolicies that deny one namespace",
        kind: Kind::AuthorizationPolicy,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"action":"DENY","rules":[{}]}"#,
    },
    Relation {
        name: "RequestAuthentications of one workload",
        kind: Kind::RequestAuthentication,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"cart"}},"jwtRules":[{"issuer":"me","jwksUri":"https://a.example.com/keys"}]}"#,
    },
    Relation {
        name: "Gateways of one host",
        kind: Kind::IstioGateway,
        reported: true,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"app":"cart"},"servers":[{"hosts":["a.example.com"],"port":{"number":443,"name":"https","protocol":"HTTPS"},"tls":{"mode":"SIMPLE","credentialName":"a"}}]}"#,
    },
    Relation {
        name: "Gateways (API) of one address",
        kind: Kind::Gateway,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"gatewayClassName":"istio","addresses":[{"value":"10.0.0.1"}],"listeners":[{"name":"http","hostname":"a.example.com","port":80,"protocol":"HTTP"}]}"#,
    },
    Relation {
        name: "HTTPRoutes of one Service",
        kind: Kind::HttpRoute,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"parentRefs":[{"group":"","kind":"Service","name":"cart"}],"rules":[{"backendRefs":[{"name":"cart","port":80}]}]}"#,
    },
    Relation {
        name: "Servers of one port",
        kind: Kind::Server,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"podSelector":{"matchLabels":{"app":"cart"}},"port":8080,"proxyProtocol":"HTTP/1"}"#,
    },
    Relation {
        name: "AuthorizationPolicies (Linkerd) of one Server",
        kind: Kind::LinkerdAuthorizationPolicy,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"targetRef":{"group":"policy.linkerd.io","kind":"Server","name":"cart"},"requiredAuthenticationRefs":[{"group":"policy.linkerd.io","kind":"MeshTLSAuthentication","name":"web"}]}"#,
    },
    Relation {
        name: "NetworkPolicies of one namespace",
        kind: Kind::NetworkPolicy,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"podSelector":{},"ingress":[{"from":[{"podSelector":{}}]}]}"#,
    },
    Relation { name: "Services of one workload", kind: Kind::Service, reported: false, text: CART_SERVICE },
    Relation { name: "Deployments of one label", kind: Kind::Deployment, reported: false, text: CART },
    Relation {
        name: "Telemetries of one workload",
        kind: Kind::Telemetry,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"selector":{"matchLabels":{"app":"cart"}},"accessLogging":[{"disabled":true}]}"#,
    },
    Relation {
        name: "EnvoyFilters of one workload",
        kind: Kind::EnvoyFilter,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"workloadSelector":{"labels":{"app":"cart"}},"configPatches":[{"applyTo":"CLUSTER","match":{"context":"ANY"},"patch":{"operation":"REMOVE"}}]}"#,
    },
    Relation {
        name: "WorkloadEntries of one address",
        kind: Kind::WorkloadEntry,
        reported: false,
        text: r#""metadata":{"name":"NAME","namespace":"shop"},"spec":{"address":"10.0.0.1","labels":{"app":"cart"}}"#,
    },
    Relation {
        name: "namespaces of one revision",
        kind: Kind::Namespace,
        reported: false,
        text: r#""metadata":{"name":"NAME","labels":{"istio-injection":"enabled","istio.io/rev":"a"}}"#,
    },
    Relation {
        name: "injection webhooks of one label",
        kind: Kind::MutatingWebhookConfiguration,
        reported: true,
        text: r#""metadata":{"name":"NAME"},"webhooks":[{"name":"namespace.sidecar-injector.istio.io","clientConfig":{"service":{"name":"istiod","namespace":"istio-system"}},"namespaceSelector":{"matchLabels":{"istio-injection":"enabled"}},"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]}]"#,
    },
];

impl std::fmt::Display for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
