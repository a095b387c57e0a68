use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{match_ports, one_target, selector, target_refs, wasm};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A WasmPlugin keeps to Istio's rules: a URL that modules can be loaded from, a checksum that is one, named variables, ports that exist, and one
    /// way of naming its target.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid plugin. Where it came in past the webhook, the module is not loaded; with `failStrategy: FAIL_CLOSE` requests
    /// fail. Some URLs the webhook takes, `10.0.0.1:5000/a` for one; istiod cannot read them, and leaves the plugin out.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`; URLs that this takes and istiod does not:
    /// `pilot/pkg/model/extensions.go`.
    "istio-wasm-plugin-invalid",
    summary: "WasmPlugin that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::WasmPlugin],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::WasmPlugin, |judge, spec, _| {
        one_target(judge, spec);
        selector(judge, spec, "selector");
        target_refs(judge, spec);
        wasm(judge, spec);
        match_ports(judge, spec);
    });
}
