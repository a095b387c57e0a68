use crate::checks::Findings;
use crate::checks::support::istio::schema::shapes::{self, Departure};
use crate::model::Data;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A field of one of Istio's resources holds a value of another type: a number where text belongs, one value where a list does.
    ///
    /// # Why it matters
    ///
    /// The API server refuses the object, so that nothing of it is in force.
    ///
    /// # How to fix it
    ///
    /// Write the value in the form that the finding names. Most often quotes are missing around a number or `true`, or the `- ` of a list.
    ///
    /// # Example
    ///
    /// ```yaml
    /// operation: {ports: [8080]}    # wrong: numbers
    /// operation: {ports: ["8080"]}  # right: text
    /// ```
    ///
    /// Sources: Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`).
    "istio-wrong-field-type",
    summary: "Istio resource holds a value of the wrong type",
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
            let Departure::WrongType(field, wanted) = departure else { return };
            let message = format!("this is {}, and {} belongs here", type_of(field.data()), wanted.describe());
            findings.add(object, field.path(), message, wanted.advice());
        });
    }
}

fn type_of(data: Data<'_>) -> &'static str {
    match data {
        Data::Null => "nothing",
        Data::Bool(_) => "true or false",
        Data::Number(_) => "a number",
        Data::Text(_) => "text",
        Data::List => "a list",
        Data::Map => "a map",
    }
}
