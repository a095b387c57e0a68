//! Telemetry resources.

use crate::model::{Field, Map, Object};

/// `spec.selector.matchLabels`.
pub(in crate::checks) fn selector(telemetry: &Object) -> Map {
    let pairs = telemetry.spec().at(["selector", "matchLabels"]);
    pairs.iter().flat_map(Field::entries).filter_map(|(k, v)| Some((k, v.str()?))).collect()
}
