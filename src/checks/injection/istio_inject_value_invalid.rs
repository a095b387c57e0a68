use crate::checks::Findings;
use crate::checks::support::istio::platform::pods_and_templates;
use crate::mesh::istio::INJECT;
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The label or annotation `sidecar.istio.io/inject` has a value other than exactly `true` or `false`, such as `True`, `yes` or `enabled`.
    ///
    /// # Why it matters
    ///
    /// istiod does not know the value and decides as if it were absent: `False` does not keep the sidecar away, and `True` does not bring it.
    ///
    /// # How to fix it
    ///
    /// Write `"true"` or `"false"`, in lower case and quoted.
    ///
    /// Sources: istio `pkg/kube/inject/inject.go`; no other tool reports it.
    "istio-inject-value-invalid",
    summary: "sidecar.istio.io/inject is neither \"true\" nor \"false\"",
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for shape in pods_and_templates::all(&world.index) {
        // The label decides where both are there.
        let places = [("labels", shape.labels.get(INJECT)), ("annotations", shape.annotations.get(INJECT))];
        let Some((place, value)) = places.into_iter().find_map(|(place, value)| Some((place, value?))) else { continue };
        if !matches!(value, "true" | "false") {
            shape.add(
                findings,
                &format!("metadata.{place}{}", key(INJECT)),
                format!("{INJECT} is {value:?}, which istiod takes for no answer"),
                "Write \"true\" or \"false\".",
            );
        }
    }
}
