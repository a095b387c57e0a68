//! What of a pod is kept on reading: of its environment, arguments and conditions only what a rule asks about.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::{ControllerCondition, EnvVar, PodCondition, Str};

/// Whether an environment variable configures a proxy or a control plane.
pub fn env_matters(name: &str) -> bool {
    ["LINKERD2_PROXY_", "ISTIO_META_", "PILOT_", "ENABLE_", "AMBIENT_", "BLOCKED_CIDRS_", "EXTERNAL_ISTIOD"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether an argument is a setting of a control plane or makes a proxy a gateway; `kept` are those before it that were.
pub fn arg_matters(kept: &[Str], arg: &str) -> bool {
    const SETTINGS: [&str; 8] = [
        "default-policy",
        "cluster-networks",
        "cluster-domain",
        "identity-domain",
        "control-plane-namespace",
        "trust-domain",
        "default-opaque-ports",
        "probe-networks",
    ];
    // istiod's chart writes `discovery … --domain X`; every sidecar has a --domain as well, which nobody asks for.
    let istiods = kept.first().is_some_and(|first| first == "discovery");
    let domain = arg == "--domain" || arg.starts_with("--domain=") || kept.last().is_some_and(|last| last == "--domain");
    matches!(arg, "discovery" | "router" | "waypoint")
        || (istiods && domain)
        || (arg.starts_with('-') && SETTINGS.iter().any(|s| arg.trim_start_matches('-').starts_with(s)))
}

/// The word in an argument or command by which a container ends the proxy beside it when its own work is done.
pub fn ends_proxy(text: &str) -> Option<&'static str> {
    ["quitquitquit", "linkerd-await", "4191/shutdown", "scuttle"].into_iter().find(|word| text.contains(word))
}

pub(super) fn ending_words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Str>, D::Error> {
    filtered(deserializer, |_, text: Cow<'_, str>| ends_proxy(&text).map(Str::from))
}

pub(super) fn mesh_args<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Str>, D::Error> {
    filtered(deserializer, |kept, arg: Cow<'_, str>| if arg_matters(kept, &arg) { Some(Str::intern(&arg)) } else { ends_proxy(&arg).map(Str::from) })
}

pub(super) fn mesh_env<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EnvVar>, D::Error> {
    /// Borrows, so that the thousands of dropped variables cost no allocation; `valueFrom` is skipped.
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Raw<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
        value: Option<Str>,
    }
    filtered(deserializer, |_, raw: Raw<'_>| {
        env_matters(&raw.name).then(|| EnvVar { name: Str::intern(&raw.name), value: raw.value.unwrap_or_default() })
    })
}

pub(super) fn failing_conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PodCondition>, D::Error> {
    filtered(deserializer, |_, c: PodCondition| (c.status != "True").then_some(c))
}

pub(super) fn refusals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ControllerCondition>, D::Error> {
    filtered(deserializer, |_, c: ControllerCondition| c.is_refusal().then_some(c))
}

/// Decodes a list item by item and keeps what `keep`, which sees what was kept before, turns each into.
fn filtered<'de, D, T, U>(deserializer: D, keep: impl Fn(&[U], T) -> Option<U>) -> Result<Vec<U>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Items<F, T, U>(F, std::marker::PhantomData<(T, U)>);
    impl<'de, T: Deserialize<'de>, U, F: Fn(&[U], T) -> Option<U>> Visitor<'de> for Items<F, T, U> {
        type Value = Vec<U>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E>(self) -> Result<Vec<U>, E> {
            Ok(Vec::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<U>, A::Error> {
            let mut kept = Vec::new();
            while let Some(item) = access.next_element()? {
                let item = (self.0)(&kept, item);
                kept.extend(item);
            }
            Ok(kept)
        }
    }
    deserializer.deserialize_any(Items(keep, std::marker::PhantomData))
}
