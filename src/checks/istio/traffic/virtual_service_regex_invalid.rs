use super::regexes;
use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A regular expression of a VirtualService does not compile. Envoy uses RE2: there are no look-arounds and no back references.
    ///
    /// # Why it matters
    ///
    /// istiod rejects the VirtualService, or the proxies reject the whole route configuration and keep an old one.
    ///
    /// # How to mend it
    ///
    /// Write the expression in RE2's syntax, or split it into several matches.
    ///
    /// Sources: istio `pkg/config/validation/virtualservice.go`; RE2 syntax, github.com/google/re2/wiki/Syntax.
    "istio-virtual-service-regex-invalid",
    summary: "Regular expression of a VirtualService does not compile",
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for field in regexes::of(vs) {
            let Some(text) = field.str() else { continue };
            // These RE2 has and the engine here has not.
            let beyond = text.contains("\\Q") || text.contains("\\C");
            if let (Err(regex::Error::Syntax(error)), false) = (regex::Regex::new(text), beyond) {
                let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let message = format!("regular expression {text:?} does not compile: {reason}");
                findings.add(vs, field.path(), message, "Write it in RE2's syntax, without look-arounds and back references.");
            }
        }
    }
}
