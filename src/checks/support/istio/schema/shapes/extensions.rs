//! Fields of group extensions.istio.io.

use crate::checks::support::istio::schema::shapes::Shape::{self, Any, Choice, Dict, Fields, Integer, List, Text};
use crate::checks::support::istio::schema::shapes::shared::TARGET_REF;

pub(in crate::checks) static MATCH: Shape =
    Fields(&[("mode", &Choice(&["UNDEFINED", "CLIENT", "SERVER", "CLIENT_AND_SERVER"])), ("ports", &List(&Fields(&[("number", &Integer)])))]);

pub(in crate::checks) static TRAFFIC_EXTENSION: Shape = Fields(&[
    ("lua", &Fields(&[("inlineCode", &Text)])),
    ("match", &List(&MATCH)),
    ("phase", &Choice(&["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"])),
    ("priority", &Integer),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
    ("targetRefs", &List(&TARGET_REF)),
    (
        "wasm",
        &Fields(&[
            ("failStrategy", &Choice(&["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])),
            ("imagePullPolicy", &Choice(&["UNSPECIFIED_POLICY", "IfNotPresent", "Always"])),
            ("imagePullSecret", &Text),
            ("pluginConfig", &Any),
            ("pluginName", &Text),
            ("sha256", &Text),
            ("type", &Choice(&["UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"])),
            ("url", &Text),
            ("verificationKey", &Text),
            ("vmConfig", &VM_CONFIG),
        ]),
    ),
]);

pub(in crate::checks) static VARIABLE: Shape = Fields(&[("name", &Text), ("value", &Text), ("valueFrom", &Choice(&["INLINE", "HOST"]))]);

pub(in crate::checks) static VM_CONFIG: Shape = Fields(&[("env", &List(&VARIABLE))]);

pub(in crate::checks) static WASM_PLUGIN: Shape = Fields(&[
    ("failStrategy", &Choice(&["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"])),
    ("imagePullPolicy", &Choice(&["UNSPECIFIED_POLICY", "IfNotPresent", "Always"])),
    ("imagePullSecret", &Text),
    ("match", &List(&MATCH)),
    ("phase", &Choice(&["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"])),
    ("pluginConfig", &Any),
    ("pluginName", &Text),
    ("priority", &Integer),
    ("selector", &Fields(&[("matchLabels", &Dict(&Text))])),
    ("sha256", &Text),
    ("targetRef", &TARGET_REF),
    ("targetRefs", &List(&TARGET_REF)),
    ("type", &Choice(&["UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"])),
    ("url", &Text),
    ("verificationKey", &Text),
    ("vmConfig", &VM_CONFIG),
]);
