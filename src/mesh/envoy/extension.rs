//! Filters that come by themselves, after the listeners that name them (ECDS).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cluster::Failure;
use super::{Answers, Section};
use crate::model::Str;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) name: Str,
    /// The type of its configuration.
    pub(crate) kind: Str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    ecds_filter: Option<Raw>,
    error_state: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    name: Str,
    typed_config: Typed,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    #[serde(rename = "@type")]
    kind: Str,
}

pub(super) fn add(raw: &RawValue, into: &mut Answers) -> serde_json::Result<()> {
    let Entry { ecds_filter, error_state } = serde_json::from_str(raw.get())?;
    let name = ecds_filter.as_ref().map(|filter| filter.name.clone()).unwrap_or_default();
    into.rejected.extend(error_state.map(|failure| failure.rejection(Section::Extensions, name, ecds_filter.is_some())));
    into.extensions.extend(ecds_filter.map(|filter| {
        let kind = filter.typed_config.kind;
        let plain = kind.strip_prefix("type.googleapis.com/").map(Str::from);
        Extension { name: filter.name, kind: plain.unwrap_or(kind) }
    }));
    Ok(())
}
