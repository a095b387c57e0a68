//! WorkloadGroups: machines that may register themselves at any time.

use super::policy;
use crate::index::Index;
use crate::model::{Kind, Map};

/// Whether a WorkloadGroup of `namespace` (of any, when nothing) gives its machines all of these labels.
pub fn may_register(index: &Index, namespace: Option<&str>, labels: &Map) -> bool {
    let all = || index.objects(Kind::WorkloadGroup).iter().filter(|g| namespace.is_none_or(|ns| g.meta.namespace == ns));
    all().any(|group| labels.is_subset_of(&policy::labels(group.spec().at(["metadata", "labels"]))))
}
