//! Fields of group networking.istio.io.

use crate::checks::support::istio::schema::shapes::Shape::{self, Any, Bool, Choice, Dict, Fields, Integer, List, Number, Text};
use crate::checks::support::istio::schema::shapes::shared::TARGET_REF;
use crate::checks::support::istio::schema::shapes::traffic_policy::CONNECTION_POOL;

pub(in crate::checks) static DESTINATION: Shape = Fields(&[("host", &Text), ("port", &Fields(&[("number", &Integer)])), ("subset", &Text)]);

pub(in crate::checks) static ENDPOINT: Shape = Fields(&[
    ("address", &Text),
    ("labels", &Dict(&Text)),
    ("locality", &Text),
    ("network", &Text),
    ("ports", &Dict(&Integer)),
    ("serviceAccount", &Text),
    ("weight", &Integer),
]);

pub(in crate::checks) static ENVOY_FILTER: Shape = Fields(&[
    (
        "configPatches",
        &List(&Fields(&[
            (
                "applyTo",
                &Choice(&[
                    "INVALID",
                    "LISTENER",
                    "FILTER_CHAIN",
                    "NETWORK_FILTER",
                    "HTTP_FILTER",
                    "ROUTE_CONFIGURATION",
                    "VIRTUAL_HOST",
                    "HTTP_ROUTE",
                    "CLUSTER",
                    "EXTENSION_CONFIG",
                    "BOOTSTRAP",
                    "LISTENER_FILTER",
                ]),
            ),
            (
                "match",
                &Fields(&[
                    ("cluster", &Fields(&[("name", &Text), ("portNumber", &Integer), ("service", &Text), ("subset", &Text)])),
                    ("context", &Choice(&["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY", "WAYPOINT"])),
                    (
                        "listener",
                        &Fields(&[
                            (
                                "filterChain",
                                &Fields(&[
                                    ("applicationProtocols", &Text),
                                    ("destinationPort", &Integer),
                                    ("filter", &FILTER),
                                    ("name", &Text),
                                    ("sni", &Text),
                                    ("transportProtocol", &Text),
                                    ("transportSocket", &Text),
                                ]),
                            ),
                            ("listenerFilter", &Text),
                            ("name", &Text),
                            ("portName", &Text),
                            ("portNumber", &Integer),
                        ]),
                    ),
                    ("proxy", &Fields(&[("metadata", &Dict(&Text)), ("proxyVersion", &Text)])),
                    (
                        "routeConfiguration",
                        &Fields(&[
                            ("gateway", &Text),
                            ("name", &Text),
                            ("portName", &Text),
                            ("portNumber", &Integer),
                            (
                                "vhost",
                                &Fields(&[
                                    ("domainName", &Text),
                                    ("name", &Text),
                                    ("route", &Fields(&[("action", &Choice(&["ANY", "ROUTE", "REDIRECT", "DIRECT_RESPONSE"])), ("name", &Text)])),
                                ]),
                            ),
                        ]),
                    ),
                    ("waypoint", &Fields(&[("filter", &FILTER), ("portNumber", &Integer), ("route", &Fields(&[("name", &Text)]))])),
                ]),
            ),
            (
                "patch",
                &Fields(&[
                    ("filterClass", &Choice(&["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"])),
                    (
                        "operation",
                        &Choice(&[
                            "INVALID",
                            "MERGE",
                            "ADD",
                            "REMOVE",
                            "INSERT_BEFORE",
                            "INSERT_AFTER",
                            "INSERT_FIRST",
                            "REPLACE",
                            "MERGE_AND_REPLACE_LIST",
                        ]),
                    ),
                    ("value", &Any),
                ]),
            ),
        ])),
    ),
    ("priority", &Integer),
    ("targetRefs", &List(&TARGET_REF)),
    ("workloadSelector", &Fields(&[("labels", &Dict(&Text))])),
]);

pub(in crate::checks) static FILTER: Shape = Fields(&[("name", &Text), ("subFilter", &Fields(&[("name", &Text)]))]);

pub(in crate::checks) static GATEWAY: Shape = Fields(&[
    ("selector", &Dict(&Text)),
    (
        "servers",
        &List(&Fields(&[
            ("bind", &Text),
            ("defaultEndpoint", &Text),
            ("hosts", &List(&Text)),
            ("name", &Text),
            ("port", &PORT),
            ("tls", &SERVER_TLS),
        ])),
    ),
]);

pub(in crate::checks) static HEADERS: Shape = Fields(&[("request", &HEADER_CHANGES), ("response", &HEADER_CHANGES)]);

pub(in crate::checks) static HEADER_CHANGES: Shape = Fields(&[("add", &Dict(&Text)), ("remove", &List(&Text)), ("set", &Dict(&Text))]);

pub(in crate::checks) static PORT: Shape = Fields(&[("name", &Text), ("number", &Integer), ("protocol", &Text), ("targetPort", &Integer)]);

pub(in crate::checks) static PROXY_CONFIG: Shape = Fields(&[
    ("concurrency", &Integer),
    ("environmentVariables", &Dict(&Text)),
    ("image", &Fields(&[("imageType", &Text)])),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
]);

pub(in crate::checks) static ROUTE: Shape = Fields(&[("destination", &DESTINATION), ("weight", &Integer)]);

pub(in crate::checks) static SERVER_TLS: Shape = Fields(&[
    ("caCertCredentialName", &Text),
    ("caCertificates", &Text),
    ("caCrl", &Text),
    ("cipherSuites", &List(&Text)),
    ("credentialName", &Text),
    ("credentialNames", &List(&Text)),
    ("ecdhCurves", &List(&Text)),
    ("httpsRedirect", &Bool),
    ("insecureSkipVerify", &Bool),
    ("maxProtocolVersion", &Choice(&["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"])),
    ("minProtocolVersion", &Choice(&["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"])),
    ("mode", &Choice(&["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"])),
    ("privateKey", &Text),
    ("serverCertificate", &Text),
    ("subjectAltNames", &List(&Text)),
    ("tlsCertificates", &List(&TLS_CERTIFICATES)),
    ("verifyCertificateHash", &List(&Text)),
    ("verifyCertificateSpki", &List(&Text)),
]);

pub(in crate::checks) static SERVICE_ENTRY: Shape = Fields(&[
    ("addresses", &List(&Text)),
    ("endpoints", &List(&ENDPOINT)),
    ("exportTo", &List(&Text)),
    ("hosts", &List(&Text)),
    ("location", &Choice(&["MESH_EXTERNAL", "MESH_INTERNAL"])),
    ("ports", &List(&PORT)),
    ("resolution", &Choice(&["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"])),
    ("subjectAltNames", &List(&Text)),
    ("workloadSelector", &Fields(&[("labels", &Dict(&Text))])),
]);

pub(in crate::checks) static SIDECAR: Shape = Fields(&[
    (
        "egress",
        &List(&Fields(&[("bind", &Text), ("captureMode", &Choice(&["DEFAULT", "IPTABLES", "NONE"])), ("hosts", &List(&Text)), ("port", &PORT)])),
    ),
    ("inboundConnectionPool", &CONNECTION_POOL),
    (
        "ingress",
        &List(&Fields(&[
            ("bind", &Text),
            ("captureMode", &Choice(&["DEFAULT", "IPTABLES", "NONE"])),
            ("connectionPool", &CONNECTION_POOL),
            ("defaultEndpoint", &Text),
            ("port", &PORT),
            ("tls", &SERVER_TLS),
        ])),
    ),
    ("outboundTrafficPolicy", &Fields(&[("egressProxy", &DESTINATION), ("mode", &Choice(&["REGISTRY_ONLY", "ALLOW_ANY"]))])),
    ("workloadSelector", &Fields(&[("labels", &Dict(&Text))])),
]);

pub(in crate::checks) static STRING_MATCH: Shape = Fields(&[("exact", &Text), ("prefix", &Text), ("regex", &Text)]);

pub(in crate::checks) static TLS_CERTIFICATES: Shape = Fields(&[("caCertificates", &Text), ("privateKey", &Text), ("serverCertificate", &Text)]);

pub(in crate::checks) static VIRTUAL_SERVICE: Shape = Fields(&[
    ("exportTo", &List(&Text)),
    ("gateways", &List(&Text)),
    ("hosts", &List(&Text)),
    (
        "http",
        &List(&Fields(&[
            (
                "corsPolicy",
                &Fields(&[
                    ("allowCredentials", &Bool),
                    ("allowHeaders", &List(&Text)),
                    ("allowMethods", &List(&Text)),
                    ("allowOrigin", &List(&Text)),
                    ("allowOrigins", &List(&STRING_MATCH)),
                    ("exposeHeaders", &List(&Text)),
                    ("maxAge", &Text),
                    ("unmatchedPreflights", &Choice(&["UNSPECIFIED", "FORWARD", "IGNORE"])),
                ]),
            ),
            ("delegate", &Fields(&[("name", &Text), ("namespace", &Text)])),
            ("directResponse", &Fields(&[("body", &Fields(&[("bytes", &Text), ("string", &Text)])), ("status", &Integer)])),
            (
                "fault",
                &Fields(&[
                    (
                        "abort",
                        &Fields(&[
                            ("grpcStatus", &Text),
                            ("http2Error", &Text),
                            ("httpStatus", &Integer),
                            ("percentage", &Fields(&[("value", &Number)])),
                        ]),
                    ),
                    (
                        "delay",
                        &Fields(&[
                            ("exponentialDelay", &Text),
                            ("fixedDelay", &Text),
                            ("percent", &Integer),
                            ("percentage", &Fields(&[("value", &Number)])),
                        ]),
                    ),
                ]),
            ),
            ("headers", &HEADERS),
            (
                "match",
                &List(&Fields(&[
                    ("authority", &STRING_MATCH),
                    ("gateways", &List(&Text)),
                    ("headers", &Dict(&STRING_MATCH)),
                    ("ignoreUriCase", &Bool),
                    ("method", &STRING_MATCH),
                    ("name", &Text),
                    ("port", &Integer),
                    ("queryParams", &Dict(&STRING_MATCH)),
                    ("scheme", &STRING_MATCH),
                    ("sourceLabels", &Dict(&Text)),
                    ("sourceNamespace", &Text),
                    ("statPrefix", &Text),
                    ("uri", &STRING_MATCH),
                    ("withoutHeaders", &Dict(&STRING_MATCH)),
                ])),
            ),
            ("mirror", &DESTINATION),
            ("mirrorPercent", &Integer),
            ("mirrorPercentage", &Fields(&[("value", &Number)])),
            ("mirror_percent", &Integer),
            ("mirrors", &List(&Fields(&[("destination", &DESTINATION), ("percentage", &Fields(&[("value", &Number)]))]))),
            ("name", &Text),
            (
                "redirect",
                &Fields(&[
                    ("authority", &Text),
                    ("derivePort", &Choice(&["FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"])),
                    ("port", &Integer),
                    ("prefixRewrite", &Text),
                    ("redirectCode", &Integer),
                    ("scheme", &Text),
                    ("uri", &Text),
                ]),
            ),
            (
                "retries",
                &Fields(&[
                    ("attempts", &Integer),
                    ("backoff", &Text),
                    ("perTryTimeout", &Text),
                    ("retryIgnorePreviousHosts", &Bool),
                    ("retryOn", &Text),
                    ("retryRemoteLocalities", &Bool),
                ]),
            ),
            ("rewrite", &Fields(&[("authority", &Text), ("uri", &Text), ("uriRegexRewrite", &Fields(&[("match", &Text), ("rewrite", &Text)]))])),
            ("route", &List(&Fields(&[("destination", &DESTINATION), ("headers", &HEADERS), ("weight", &Integer)]))),
            ("timeout", &Text),
        ])),
    ),
    (
        "tcp",
        &List(&Fields(&[
            (
                "match",
                &List(&Fields(&[
                    ("destinationSubnets", &List(&Text)),
                    ("gateways", &List(&Text)),
                    ("port", &Integer),
                    ("sourceLabels", &Dict(&Text)),
                    ("sourceNamespace", &Text),
                    ("sourceSubnet", &Text),
                ])),
            ),
            ("route", &List(&ROUTE)),
        ])),
    ),
    (
        "tls",
        &List(&Fields(&[
            (
                "match",
                &List(&Fields(&[
                    ("destinationSubnets", &List(&Text)),
                    ("gateways", &List(&Text)),
                    ("port", &Integer),
                    ("sniHosts", &List(&Text)),
                    ("sourceLabels", &Dict(&Text)),
                    ("sourceNamespace", &Text),
                ])),
            ),
            ("route", &List(&ROUTE)),
        ])),
    ),
]);

pub(in crate::checks) static WORKLOAD_ENTRY: Shape = Fields(&[
    ("address", &Text),
    ("labels", &Dict(&Text)),
    ("locality", &Text),
    ("network", &Text),
    ("ports", &Dict(&Integer)),
    ("serviceAccount", &Text),
    ("weight", &Integer),
]);

pub(in crate::checks) static WORKLOAD_GROUP: Shape = Fields(&[
    ("metadata", &Fields(&[("annotations", &Dict(&Text)), ("labels", &Dict(&Text))])),
    (
        "probe",
        &Fields(&[
            ("exec", &Fields(&[("command", &List(&Text))])),
            ("failureThreshold", &Integer),
            ("grpc", &Fields(&[("port", &Integer), ("service", &Text)])),
            (
                "httpGet",
                &Fields(&[
                    ("host", &Text),
                    ("httpHeaders", &List(&Fields(&[("name", &Text), ("value", &Text)]))),
                    ("path", &Text),
                    ("port", &Integer),
                    ("scheme", &Text),
                ]),
            ),
            ("initialDelaySeconds", &Integer),
            ("periodSeconds", &Integer),
            ("successThreshold", &Integer),
            ("tcpSocket", &Fields(&[("host", &Text), ("port", &Integer)])),
            ("timeoutSeconds", &Integer),
        ]),
    ),
    ("template", &ENDPOINT),
]);
