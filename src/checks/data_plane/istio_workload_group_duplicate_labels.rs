use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two WorkloadGroups of a namespace give their machines the same labels.
    ///
    /// # Why it matters
    ///
    /// Services and policies cannot tell the machines of the groups apart.
    ///
    /// # How to fix it
    ///
    /// Give each group a label of its own in `spec.metadata.labels`.
    ///
    /// Sources: KIA1702; kiali `business/checkers/workloadgroups/duplicate_labels_checker.go`.
    "istio-workload-group-duplicate-labels",
    summary: "WorkloadGroups of a namespace give the same labels",
    aliases: &["KIA1702"],
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::WorkloadGroup],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut by_labels: BTreeMap<(&str, Vec<(&str, String)>), Vec<&Object>> = BTreeMap::new();
    for group in world.index.objects(Kind::WorkloadGroup) {
        let Some(metadata) = group.spec().get("metadata") else { continue };
        let mut labels: Vec<(&str, String)> =
            metadata.get("labels").iter().flat_map(Field::entries).map(|(k, v)| (k, v.str().unwrap_or_default().to_owned())).collect();
        labels.sort();
        by_labels.entry((group.meta.namespace.as_str(), labels)).or_default().push(group);
    }
    for ((_, labels), groups) in by_labels.iter().filter(|(_, groups)| groups.len() > 1) {
        let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let what = if pairs.is_empty() { "no labels".to_owned() } else { format!("the labels {:?}", pairs.join(",")) };
        for (i, group) in groups.iter().enumerate() {
            let other = groups[usize::from(i == 0)];
            findings
                .add(
                    *group,
                    "spec.metadata.labels",
                    format!("gives its machines {what}, as {} does", other.reference()),
                    "Give each group a label of its own.",
                )
                .related(other.reference(), "gives the same labels");
        }
    }
}
