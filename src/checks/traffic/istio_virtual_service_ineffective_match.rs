use crate::checks::Findings;
use crate::checks::support::istio::traffic::matches::{self, Fault};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A match of a VirtualService that repeats an earlier one, or whose path prefix lies inside the prefix of an earlier match with the
    /// same other conditions.
    ///
    /// # Why it matters
    ///
    /// The first match decides, so that this one is never used: `/cart/v2` after `/cart` goes where `/cart` goes.
    ///
    /// # How to fix it
    ///
    /// Put the longer prefix first, or remove the match.
    ///
    /// Sources: IST0131: istio `pkg/config/validation/validation.go` (analyzeUnreachableHTTPRules, coveredValidation).
    "istio-virtual-service-ineffective-match",
    summary: "VirtualService has a match that an earlier one hides",
    aliases: &["IST0131"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (path, fault) in matches::faults(vs) {
            match fault {
                Fault::Duplicate { first } => {
                    findings.add(vs, path, format!("is never used: {first} is the same"), "Remove one of the two.");
                }
                Fault::Covered { first, wide, narrow } => {
                    let message = format!("prefix {narrow:?} is never used: {first} takes {wide:?} before");
                    findings.add(vs, path, message, format!("Move the rule for {narrow:?} before the one for {wide:?}."));
                }
                Fault::SecondCatchAll { .. } | Fault::AfterCatchAll { .. } | Fault::AllTaken => {}
            }
        }
    }
}
