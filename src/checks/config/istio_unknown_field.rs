use crate::checks::Findings;
use crate::checks::support::istio::schema::shapes::{self, Departure};
use crate::mesh::linkerd::annotations::nearest;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// One of Istio's resources has a field that its kind does not have: a typing error, a field at the wrong depth, a name in the notation
    /// `snake_case`, or one of another version.
    ///
    /// # Why it matters
    ///
    /// The API server drops unknown fields, by default with no more than a warning on the terminal. What the field asks for does not happen, and
    /// nothing in the cluster shows that it was asked for.
    ///
    /// # How to fix it
    ///
    /// Correct the name, or move the field to where it belongs; `kubectl explain KIND.spec --recursive` lists the fields.
    ///
    /// # Example
    ///
    /// ```yaml
    /// http:
    /// - retry: {attempts: 3}    # wrong: dropped
    /// - retries: {attempts: 3}  # right
    /// ```
    ///
    /// Sources: Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`); istioctl analyze reads over unknown fields.
    "istio-unknown-field",
    summary: "Istio resource has a field that its kind does not have",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &shapes::KINDS,
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in shapes::KINDS.iter().flat_map(|kind| world.index.objects(*kind)) {
        shapes::departures(object, &mut |departure| {
            let Departure::UnknownField(name, field, known) = departure else { return };
            let known: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let hint = match meant(name, &known) {
                Some(meant) => format!("Write {meant}."),
                None if known.is_empty() => "Remove it.".to_owned(),
                None => format!("Move it to where it belongs or remove it; known here: {}.", known.join(", ")),
            };
            findings.add(object, field.path(), format!("{} has no field {name:?} here: it is dropped and does nothing", object.kind), hint);
        });
    }
}

/// The known name that was probably meant: in another notation, a few letters off, or with another ending.
fn meant<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let bare = plain(name);
    let same = known.iter().copied().find(|k| plain(k) == bare);
    let stem = bare.trim_end_matches(['s', 'y']);
    let similar = || known.iter().copied().find(|k| stem.len() > 2 && plain(k).trim_end_matches('s').trim_end_matches("ie") == stem);
    same.or_else(|| nearest(name, known).filter(|_| name.len() > 3)).or_else(similar)
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn names_are_guessed_from_notation_letters_and_endings() {
        let known = ["retries", "route", "rewrite", "corsPolicy", "match"];
        assert_eq!(meant("cors_policy", &known), Some("corsPolicy"));
        assert_eq!(meant("routes", &known), Some("route"));
        assert_eq!(meant("retry", &known), Some("retries"));
        assert_eq!(meant("reties", &known), Some("retries"));
        assert_eq!(meant("hosts", &known), None);
    }
}
