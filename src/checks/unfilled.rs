//! Findings about values that are still to be filled in: nothing can be said of them yet.

use crate::model::{Path, Unfilled};
use crate::report::Finding;
use crate::world::World;

/// How far below the field of a finding such a value may stand for the finding to be about it: `spec.selector` and `spec.selector.matchLabels.app`.
const NEAR: usize = 2;

/// Whether a finding hangs on a value that is still to be filled in: it points at one, or names one.
pub(super) fn decides(world: &World, finding: &Finding) -> bool {
    let unfilled = &world.index.inventory().unfilled;
    unfilled.iter().any(|value| points_at(finding, value) || compares_with(finding, value) || finding.message.contains(value.text.as_str()))
}

/// Whether a port is looked for among those of an object whose ports are still to be filled in.
fn compares_with(finding: &Finding, value: &Unfilled) -> bool {
    let of_ports = |path: &str| path.contains("ort");
    of_ports(&value.path) && finding.path.as_deref().is_some_and(of_ports) && finding.related.iter().any(|related| related.object == value.object)
}

fn points_at(finding: &Finding, value: &Unfilled) -> bool {
    let Some(path) = finding.path.as_deref().filter(|_| finding.object == value.object) else { return false };
    let (of_finding, of_value) = (Path::parse(path), Path::parse(&value.path));
    let (told, unfilled) = (of_finding.segments(), of_value.segments());
    unfilled.starts_with(told) && unfilled.len() - told.len() <= NEAR || told.starts_with(unfilled)
}
