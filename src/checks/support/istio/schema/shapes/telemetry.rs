//! Fields of group telemetry.istio.io.

use crate::checks::support::istio::schema::shapes::Shape::{self, Bool, Choice, Dict, Fields, List, Number, Text};
use crate::checks::support::istio::schema::shapes::shared::TARGET_REF;

pub(in crate::checks) static TELEMETRY: Shape = Fields(&[
    (
        "accessLogging",
        &List(&Fields(&[
            ("disabled", &Bool),
            ("filter", &Fields(&[("expression", &Text)])),
            ("match", &Fields(&[("mode", &Choice(&["CLIENT_AND_SERVER", "CLIENT", "SERVER"]))])),
            ("providers", &List(&Fields(&[("name", &Text)]))),
        ])),
    ),
    (
        "metrics",
        &List(&Fields(&[
            (
                "overrides",
                &List(&Fields(&[
                    ("disabled", &Bool),
                    (
                        "match",
                        &Fields(&[
                            ("customMetric", &Text),
                            (
                                "metric",
                                &Choice(&[
                                    "ALL_METRICS",
                                    "REQUEST_COUNT",
                                    "REQUEST_DURATION",
                                    "REQUEST_SIZE",
                                    "RESPONSE_SIZE",
                                    "TCP_OPENED_CONNECTIONS",
                                    "TCP_CLOSED_CONNECTIONS",
                                    "TCP_SENT_BYTES",
                                    "TCP_RECEIVED_BYTES",
                                    "GRPC_REQUEST_MESSAGES",
                                    "GRPC_RESPONSE_MESSAGES",
                                ]),
                            ),
                            ("mode", &Choice(&["CLIENT_AND_SERVER", "CLIENT", "SERVER"])),
                        ]),
                    ),
                    ("tagOverrides", &Dict(&Fields(&[("operation", &Choice(&["UPSERT", "REMOVE"])), ("value", &Text)]))),
                ])),
            ),
            ("providers", &List(&Fields(&[("name", &Text)]))),
            ("reportingInterval", &Text),
        ])),
    ),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
    ("targetRef", &TARGET_REF),
    ("targetRefs", &List(&TARGET_REF)),
    (
        "tracing",
        &List(&Fields(&[
            (
                "customTags",
                &Dict(&Fields(&[
                    ("environment", &Fields(&[("defaultValue", &Text), ("name", &Text)])),
                    ("formatter", &Fields(&[("value", &Text)])),
                    ("header", &Fields(&[("defaultValue", &Text), ("name", &Text)])),
                    ("literal", &Fields(&[("value", &Text)])),
                ])),
            ),
            ("disableContextPropagation", &Bool),
            ("disableSpanReporting", &Bool),
            ("enableIstioTags", &Bool),
            ("match", &Fields(&[("mode", &Choice(&["CLIENT_AND_SERVER", "CLIENT", "SERVER"]))])),
            ("providers", &List(&Fields(&[("name", &Text)]))),
            ("randomSamplingPercentage", &Number),
            ("useRequestIdForTraceSampling", &Bool),
        ])),
    ),
]);
