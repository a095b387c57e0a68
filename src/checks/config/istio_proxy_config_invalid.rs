use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::selector;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ProxyConfig asks for no negative number of threads, and its selector has labels and no wildcards.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid ProxyConfig; a selector without labels applies to more proxies than it looks.
    ///
    /// # How to fix it
    ///
    /// Write `concurrency: 0` for one thread per CPU or a positive number, and labels in the selector.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`.
    "istio-proxy-config-invalid",
    summary: "ProxyConfig that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::ProxyConfig],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::ProxyConfig, |judge, spec, _| {
        selector(judge, spec, "selector");
        if let Some(threads) = spec.get("concurrency").filter(|c| c.int().is_some_and(|n| n < 0)) {
            judge.error(threads.path(), format!("concurrency is {threads}"), "Write 0 for one thread per CPU, or a positive number.");
        }
    });
}
