//! Fields of DestinationRules and of what others share with them.

use crate::checks::support::istio::schema::shapes::Shape::{self, Bool, Choice, Dict, Fields, Integer, List, Number, Text};

pub(in crate::checks) static BACKEND_UTILIZATION: Shape = Fields(&[
    ("errorUtilizationPenaltyPercent", &Integer),
    ("metricNamesForComputingUtilization", &List(&Text)),
    ("weightExpirationPeriod", &Text),
    ("weightStabilizationPeriod", &Text),
    ("weightUpdatePeriod", &Text),
]);

pub(in crate::checks) static CLIENT_TLS: Shape = Fields(&[
    ("caCertificates", &Text),
    ("caCrl", &Text),
    ("clientCertificate", &Text),
    ("credentialName", &Text),
    ("insecureSkipVerify", &Bool),
    ("mode", &Choice(&["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"])),
    ("privateKey", &Text),
    ("sni", &Text),
    ("subjectAltNames", &List(&Text)),
]);

pub(in crate::checks) static CONNECTION_POOL: Shape = Fields(&[("http", &HTTP_POOL), ("tcp", &TCP_POOL)]);

pub(in crate::checks) static CONSISTENT_HASH: Shape = Fields(&[
    ("httpCookie", &HTTP_COOKIE),
    ("httpHeaderName", &Text),
    ("httpQueryParameterName", &Text),
    ("maglev", &Fields(&[("tableSize", &Integer)])),
    ("minimumRingSize", &Integer),
    ("ringHash", &Fields(&[("minimumRingSize", &Integer)])),
    ("useSourceIp", &Bool),
]);

pub(in crate::checks) static DESTINATION_RULE: Shape = Fields(&[
    ("exportTo", &List(&Text)),
    ("host", &Text),
    ("subsets", &List(&Fields(&[("labels", &Dict(&Text)), ("name", &Text), ("trafficPolicy", &TRAFFIC_POLICY)]))),
    ("trafficPolicy", &TRAFFIC_POLICY),
    ("workloadSelector", &Fields(&[("matchLabels", &Dict(&Text))])),
]);

pub(in crate::checks) static DISTRIBUTE: Shape = Fields(&[("from", &Text), ("to", &Dict(&Integer))]);

pub(in crate::checks) static HTTP_COOKIE: Shape =
    Fields(&[("attributes", &List(&Fields(&[("name", &Text), ("value", &Text)]))), ("name", &Text), ("path", &Text), ("ttl", &Text)]);

pub(in crate::checks) static HTTP_POOL: Shape = Fields(&[
    ("h2UpgradePolicy", &Choice(&["DEFAULT", "DO_NOT_UPGRADE", "UPGRADE"])),
    ("http1MaxPendingRequests", &Integer),
    ("http2KeepAlive", &Fields(&[("interval", &Text), ("timeout", &Text)])),
    ("http2MaxRequests", &Integer),
    ("idleTimeout", &Text),
    ("maxConcurrentStreams", &Integer),
    ("maxRequestsPerConnection", &Integer),
    ("maxRetries", &Integer),
    ("useClientProtocol", &Bool),
]);

pub(in crate::checks) static LOAD_BALANCER: Shape = Fields(&[
    ("backendUtilization", &BACKEND_UTILIZATION),
    ("consistentHash", &CONSISTENT_HASH),
    ("localityLbSetting", &LOCALITY_LB_SETTING),
    ("simple", &Choice(&["UNSPECIFIED", "LEAST_CONN", "RANDOM", "PASSTHROUGH", "ROUND_ROBIN", "LEAST_REQUEST"])),
    ("warmup", &WARMUP),
    ("warmupDurationSecs", &Text),
    ("zoneAwareLbSetting", &ZONE_AWARE_LB_SETTING),
]);

pub(in crate::checks) static LOCALITY_LB_SETTING: Shape = Fields(&[
    ("distribute", &List(&DISTRIBUTE)),
    ("enabled", &Bool),
    ("failover", &List(&Fields(&[("from", &Text), ("to", &Text)]))),
    ("failoverPriority", &List(&Text)),
]);

pub(in crate::checks) static OUTLIER_DETECTION: Shape = Fields(&[
    ("baseEjectionTime", &Text),
    ("consecutive5xxErrors", &Integer),
    ("consecutiveErrors", &Integer),
    ("consecutiveGatewayErrors", &Integer),
    ("consecutiveLocalOriginFailures", &Integer),
    ("interval", &Text),
    ("maxEjectionPercent", &Integer),
    ("minHealthPercent", &Integer),
    ("outlierDetectionHttpErrorCodes", &List(&Integer)),
    ("splitExternalLocalOriginErrors", &Bool),
]);

pub(in crate::checks) static PORT_LEVEL_SETTINGS: Shape = Fields(&[
    ("connectionPool", &CONNECTION_POOL),
    ("loadBalancer", &LOAD_BALANCER),
    ("outlierDetection", &OUTLIER_DETECTION),
    ("port", &Fields(&[("number", &Integer)])),
    ("tls", &CLIENT_TLS),
]);

pub(in crate::checks) static RETRY_BUDGET: Shape = Fields(&[("budgetInterval", &Text), ("minRetryConcurrency", &Integer), ("percent", &Number)]);

pub(in crate::checks) static TCP_KEEPALIVE: Shape = Fields(&[("interval", &Text), ("probes", &Integer), ("time", &Text)]);

pub(in crate::checks) static TCP_POOL: Shape = Fields(&[
    ("connectTimeout", &Text),
    ("idleTimeout", &Text),
    ("maxConnectionDuration", &Text),
    ("maxConnections", &Integer),
    ("tcpKeepalive", &TCP_KEEPALIVE),
]);

pub(in crate::checks) static TRAFFIC_POLICY: Shape = Fields(&[
    ("connectionPool", &CONNECTION_POOL),
    ("loadBalancer", &LOAD_BALANCER),
    ("outlierDetection", &OUTLIER_DETECTION),
    ("portLevelSettings", &List(&PORT_LEVEL_SETTINGS)),
    ("proxyProtocol", &Fields(&[("version", &Choice(&["V1", "V2"]))])),
    ("retryBudget", &RETRY_BUDGET),
    ("tls", &CLIENT_TLS),
    ("tunnel", &TUNNEL),
]);

pub(in crate::checks) static TUNNEL: Shape = Fields(&[("protocol", &Text), ("targetHost", &Text), ("targetPort", &Integer)]);

pub(in crate::checks) static WARMUP: Shape = Fields(&[("aggression", &Number), ("duration", &Text), ("minimumPercent", &Number)]);

pub(in crate::checks) static ZONE_AWARE_LB_SETTING: Shape = Fields(&[
    ("enabled", &Bool),
    ("failover", &List(&Fields(&[("from", &Text), ("to", &Text)]))),
    ("failoverPriority", &List(&Text)),
    ("minClusterSize", &Integer),
]);
