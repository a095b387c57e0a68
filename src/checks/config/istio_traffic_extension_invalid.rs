use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{match_ports, one_target, selector, target_refs, wasm};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A TrafficExtension holds exactly one extension, WebAssembly or Lua, that can be loaded, and names its target in one way.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid extension. Where it came in past the webhook, it does not run. Some URLs the webhook takes,
    /// `10.0.0.1:5000/a` for one; istiod cannot read them, and leaves the extension out.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`; URLs that this takes and istiod does not:
    /// `pilot/pkg/model/extensions.go`.
    "istio-traffic-extension-invalid",
    summary: "TrafficExtension that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::TrafficExtension],
    run: run,
}

/// The most Lua code that is taken, in bytes.
const LONGEST: usize = 65536;

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::TrafficExtension, |judge, spec, _| {
        let (module, lua) = (spec.get("wasm"), spec.get("lua"));
        match (&module, &lua) {
            (Some(_), Some(lua)) => judge.error(lua.path(), "wasm and lua are used together", "Keep one, and write another TrafficExtension."),
            (None, None) => judge.error(spec.path(), "there is no extension", "Write wasm or lua."),
            _ => {}
        }
        one_target(judge, spec);
        selector(judge, spec, "selector");
        target_refs(judge, spec);
        if let Some(lua) = lua {
            match lua.text("inlineCode").len() {
                0 => judge.error(lua.path_of("inlineCode"), "there is no Lua code", "Write inlineCode."),
                1..=LONGEST => {}
                n => judge.error(lua.path_of("inlineCode"), format!("the code has {n} bytes, at most {LONGEST} are allowed"), "Shorten it."),
            }
        }
        if let Some(module) = module {
            wasm(judge, &module);
        }
        match_ports(judge, spec);
    });
}
