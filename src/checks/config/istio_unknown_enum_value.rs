use crate::checks::Findings;
use crate::checks::support::istio::schema::shapes::{self, Departure};
use crate::mesh::linkerd::annotations::nearest;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A field of one of Istio's resources that takes one of a few words holds another one: `mode: strict`, `action: REFUSE`.
    ///
    /// # Why it matters
    ///
    /// The API server refuses the object, so that nothing of it is in force. Where it came in past that, istiod cannot read it at all.
    ///
    /// # How to fix it
    ///
    /// Write one of the words that the finding lists, in capitals as they stand there.
    ///
    /// Sources: Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`); istioctl analyze leaves such objects out
    /// without a code.
    "istio-unknown-enum-value",
    summary: "Istio resource holds a word that is not among those allowed",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &shapes::KINDS,
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in shapes::KINDS.iter().flat_map(|kind| world.index.objects(*kind)) {
        shapes::departures(object, &mut |departure| {
            let Departure::UnknownValue(word, field, allowed) = departure else { return };
            let same = allowed.iter().copied().find(|a| a.eq_ignore_ascii_case(word));
            let hint = match same.or_else(|| nearest(word, allowed)) {
                Some(meant) => format!("Write {meant}; allowed are {}.", allowed.join(", ")),
                None => format!("Write one of {}.", allowed.join(", ")),
            };
            let finding = findings.add(object, field.path(), format!("{word:?} is none of the values allowed here"), hint);
            if let Some(meant) = same {
                finding.fix(field.path(), meant);
            }
        });
    }
}
