//! Settings of istiod that stand in its environment: as its Deployment has them, else as what Istio is installed with will write them.

use super::{DEFAULT, REV};
use crate::index::{Index, Workload};
use crate::mesh::{ControlPlane, MeshView};
use crate::model::{Evidence, Map};

/// What istiod's environment says of one setting, and where; nothing when it says nothing.
pub(in crate::mesh) fn setting<'i>(index: &'i Index, namespace: Option<&str>, revision: Option<&str>, name: &str) -> Option<(&'i str, Evidence)> {
    let app: Map = [("app", "istiod")].into_iter().collect();
    let of_revision = |w: &&Workload| {
        let own = w.labels.get(REV).filter(|r| !r.is_empty()).unwrap_or(DEFAULT);
        revision.is_none_or(|r| r == own)
    };
    let mut seen = false;
    for istiod in index.select(namespace, &app).filter(of_revision) {
        seen = true;
        let containers = index.pod_spec(istiod).into_iter().flat_map(|spec| &spec.containers).filter(|c| c.name == "discovery");
        if let Some(value) = containers.filter_map(|c| c.env(name)).next() {
            return Some((value, Evidence::object(istiod.reference.clone(), format!("sets {name} to {value:?}"))));
        }
    }
    if seen {
        return None;
    }
    // Of several installations nobody knows which one is meant.
    let mut installed = index.inventory().istiod_env.iter().filter(|(setting, _)| *setting == name).map(|(_, value)| value.as_str());
    let value = installed.next().filter(|_| installed.next().is_none())?;
    Some((value, Evidence::default(format!("what Istio is installed with sets {name} to {value:?}"))))
}

impl<'a> MeshView<'a> {
    /// What the environment of a control plane's istiod says of one setting.
    pub(crate) fn istiod_setting(self, plane: &ControlPlane, name: &str) -> Option<&'a str> {
        setting(self.index, Some(&plane.namespace), plane.revision.as_deref(), name).map(|(value, _)| value)
    }
}
