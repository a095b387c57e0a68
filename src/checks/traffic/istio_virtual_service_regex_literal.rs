use crate::checks::Findings;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A match uses `regex` with a text that has no operator of regular expressions.
    ///
    /// # Why it matters
    ///
    /// A regular expression has to fit the whole value: `regex: beta` does not find `x-beta`. It is `exact`, only slower, where mostly
    /// "contains" was meant.
    ///
    /// # How to fix it
    ///
    /// Write `exact` for the very value, or `.*beta.*` for one that contains it.
    ///
    /// Sources: istio/api `networking/v1alpha3/virtual_service.proto` (StringMatch.regex).
    "istio-virtual-service-regex-literal",
    summary: "VirtualService matches by a regular expression that has no operator",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        let matches = vs.spec().list("http").flat_map(|rule| rule.list("match").collect::<Vec<_>>());
        for field in matches.flat_map(|m| conditions(&m)) {
            let Some(text) = field.str().filter(|t| !t.is_empty() && !t.contains(is_operator)) else { continue };
            let message = format!("regular expression {text:?} fits that very value only, not one that contains it");
            findings.add(vs, field.path(), message, format!("Write exact: {text:?}, or regex: \".*{text}.*\"."));
        }
    }
}

/// The regular expressions of one match, which have to fit the whole of what they are compared with.
fn conditions<'a>(condition: &Field<'a>) -> Vec<Field<'a>> {
    let single = ["uri", "scheme", "method", "authority"].into_iter().filter_map(|name| condition.get(name)?.get("regex"));
    let maps = ["headers", "withoutHeaders", "queryParams"].into_iter().filter_map(|name| condition.get(name));
    let named = maps.flat_map(|map| map.entries().filter_map(|(_, value)| value.get("regex")).collect::<Vec<_>>());
    single.chain(named).collect()
}

/// A dot counts as one: in host names it is written without a thought, and then works as intended.
fn is_operator(c: char) -> bool {
    matches!(c, '\\' | '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}')
}
