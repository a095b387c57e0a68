//! Where findings about a control plane point.

use crate::checks::Findings;
use crate::mesh::ControlPlane;
use crate::report::Finding;
use crate::world::World;

/// Reports on the workload or webhook configuration that shows the control plane.
pub(in crate::checks) fn report<'f>(
    world: &World,
    findings: &'f mut Findings<'_>,
    plane: &ControlPlane,
    message: String,
    hint: &str,
) -> Option<&'f mut Finding> {
    let index = &world.index;
    let shown = plane.evidence.iter().filter_map(|e| e.object.as_ref());
    let workload = shown.clone().find_map(|o| index.workload(&o.namespace, &o.name, Some(o.kind)));
    if let Some(workload) = workload {
        return Some(findings.add_workload(workload, "", message, hint));
    }
    let object = shown.into_iter().find_map(|o| index.object(o.kind, &o.namespace, &o.name))?;
    Some(findings.add(object, "", message, hint))
}
