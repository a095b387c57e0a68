use crate::checks::Findings;
use crate::model::{Gap, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An object was read and does not have the shape of its kind: a list where a map belongs, text where a number does.
    ///
    /// # Why it matters
    ///
    /// An API server refuses such a manifest, so what you expect of it will not happen. Served by a cluster, it means that another tool wrote
    /// something a mesh's controllers cannot read either; they usually pass over it without a word. Nothing else of the object was judged.
    ///
    /// # How to fix it
    ///
    /// Correct the field that the message names; `kubectl explain KIND.spec` shows the shape.
    ///
    /// # Example
    ///
    /// ```yaml
    /// spec:
    ///   ports: {port: 80}    # wrong: a map
    ///   ports: [{port: 80}]  # right: a list
    /// ```
    ///
    /// Sources: Kubernetes API conventions; no other mesh tool reports such objects.
    "object-not-decodable",
    summary: "Object does not have the shape of its kind",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Any,
    needs: &[Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for gap in &world.index.inventory().gaps {
        if let Gap::Undecodable { object, detail } = gap {
            let what = format!("it does not have the shape of a {}: {detail}", object.kind);
            findings.add_unread(object, "", what, "Correct the field the message names.");
        }
    }
}
