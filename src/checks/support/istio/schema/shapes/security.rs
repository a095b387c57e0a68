//! Fields of group security.istio.io.

use crate::checks::support::istio::schema::shapes::Shape::{self, Bool, Choice, Dict, Fields, List, Text};
use crate::checks::support::istio::schema::shapes::shared::TARGET_REF;

pub(in crate::checks) static AUTHORIZATION_POLICY: Shape = Fields(&[
    ("action", &Choice(&["ALLOW", "DENY", "AUDIT", "CUSTOM"])),
    ("provider", &Fields(&[("name", &Text)])),
    (
        "rules",
        &List(&Fields(&[
            (
                "from",
                &List(&Fields(&[(
                    "source",
                    &Fields(&[
                        ("ipBlocks", &List(&Text)),
                        ("namespaces", &List(&Text)),
                        ("notIpBlocks", &List(&Text)),
                        ("notNamespaces", &List(&Text)),
                        ("notPrincipals", &List(&Text)),
                        ("notRemoteIpBlocks", &List(&Text)),
                        ("notRequestPrincipals", &List(&Text)),
                        ("notServiceAccounts", &List(&Text)),
                        ("notTrustDomains", &List(&Text)),
                        ("principals", &List(&Text)),
                        ("remoteIpBlocks", &List(&Text)),
                        ("requestPrincipals", &List(&Text)),
                        ("serviceAccounts", &List(&Text)),
                        ("trustDomains", &List(&Text)),
                    ]),
                )])),
            ),
            (
                "to",
                &List(&Fields(&[(
                    "operation",
                    &Fields(&[
                        ("hosts", &List(&Text)),
                        ("methods", &List(&Text)),
                        ("notHosts", &List(&Text)),
                        ("notMethods", &List(&Text)),
                        ("notPaths", &List(&Text)),
                        ("notPorts", &List(&Text)),
                        ("paths", &List(&Text)),
                        ("ports", &List(&Text)),
                    ]),
                )])),
            ),
            ("when", &List(&Fields(&[("key", &Text), ("notValues", &List(&Text)), ("values", &List(&Text))]))),
        ])),
    ),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
    ("targetRef", &TARGET_REF),
    ("targetRefs", &List(&TARGET_REF)),
]);

pub(in crate::checks) static PEER_AUTHENTICATION: Shape = Fields(&[
    ("mtls", &Fields(&[("mode", &Choice(&["UNSET", "DISABLE", "PERMISSIVE", "STRICT"]))])),
    ("portLevelMtls", &Dict(&Fields(&[("mode", &Choice(&["UNSET", "DISABLE", "PERMISSIVE", "STRICT"]))]))),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
]);

pub(in crate::checks) static REQUEST_AUTHENTICATION: Shape = Fields(&[
    (
        "jwtRules",
        &List(&Fields(&[
            ("audiences", &List(&Text)),
            ("forwardOriginalToken", &Bool),
            ("fromCookies", &List(&Text)),
            ("fromHeaders", &List(&Fields(&[("name", &Text), ("prefix", &Text)]))),
            ("fromParams", &List(&Text)),
            ("issuer", &Text),
            ("jwks", &Text),
            ("jwksUri", &Text),
            ("jwks_uri", &Text),
            ("outputClaimToHeaders", &List(&Fields(&[("claim", &Text), ("header", &Text)]))),
            ("outputPayloadToHeader", &Text),
            ("presence", &Choice(&["OPTIONAL", "REQUIRED"])),
            ("spaceDelimitedClaims", &List(&Text)),
            ("timeout", &Text),
        ])),
    ),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
    ("targetRef", &TARGET_REF),
    ("targetRefs", &List(&TARGET_REF)),
]);
