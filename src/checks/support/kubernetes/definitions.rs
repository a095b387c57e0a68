//! CustomResourceDefinitions.

use crate::model::Object;

/// Whether a definition lists a version.
pub(in crate::checks) fn has_version(crd: &Object, version: &str) -> bool {
    crd.spec().list("versions").any(|v| v.text("name") == version)
}
