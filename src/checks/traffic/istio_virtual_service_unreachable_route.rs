use crate::checks::Findings;
use crate::checks::support::istio::traffic::matches::{self, Fault};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A rule of a VirtualService that no request can reach: it comes after a rule without matches, which takes everything, or all of its
    /// matches stand in earlier rules already.
    ///
    /// # Why it matters
    ///
    /// Rules are tried in order and the first that matches decides. The rule looks as if it did something and does not.
    ///
    /// # How to fix it
    ///
    /// Move the rule without matches to the end; remove the rule, or change its matches.
    ///
    /// # Example
    ///
    /// ```yaml
    /// http:
    /// - match: [{uri: {prefix: /v2}}]      # first the special cases …
    ///   route: [{destination: {host: cart-v2}}]
    /// - route: [{destination: {host: cart}}]   # … then everything else
    /// ```
    ///
    /// Sources: IST0130: istio `pkg/config/validation/validation.go` (analyzeUnreachableHTTPRules and its TCP and TLS twins).
    "istio-virtual-service-unreachable-route",
    summary: "VirtualService has a rule that no request can reach",
    aliases: &["IST0130"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (path, fault) in matches::faults(vs) {
            let (message, hint) = match fault {
                Fault::SecondCatchAll { first } => (
                    format!("is never reached: {first} has no matches either and takes everything"),
                    "Keep one rule without matches, as the last one.",
                ),
                Fault::AfterCatchAll { first } => {
                    (format!("is never reached: {first} has no matches and takes everything"), "Move the rule without matches to the end.")
                }
                Fault::AllTaken => ("is never reached: earlier rules have all of its matches".to_owned(), "Remove the rule or change its matches."),
                Fault::Duplicate { .. } | Fault::Covered { .. } => continue,
            };
            findings.add(vs, path, message, hint);
        }
    }
}
