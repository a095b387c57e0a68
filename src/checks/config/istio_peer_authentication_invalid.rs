use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{has, selector};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A PeerAuthentication keeps to Istio's rules: settings for single ports need a selector, at least one port, and port numbers that exist; the
    /// selector has labels and no wildcards.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid policy. Where it came in past the webhook, its port settings are not in force, so that a port may take plain
    /// text which you meant to protect.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`.
    "istio-peer-authentication-invalid",
    summary: "PeerAuthentication that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::PeerAuthentication, |judge, spec, _| {
        selector(judge, spec, "selector");
        let Some(ports) = spec.get("portLevelMtls") else { return };
        if ports.is_empty() {
            judge.error(ports.path(), "portLevelMtls lists no port", "Write port: {mode: …}, or remove it.");
        } else if !spec.get("selector").is_some_and(|s| has(&s, "matchLabels")) {
            let hint = "Write selector.matchLabels: the settings of ports are for workloads, not for a namespace or the mesh.";
            judge.about("selector").error(ports.path(), "settings for single ports need a selector", hint);
        }
        for (text, port) in ports.entries() {
            if !text.parse::<i64>().is_ok_and(|n| (1..=65535).contains(&n)) {
                judge.error(port.path(), format!("{text:?} is not a port between 1 and 65535"), "Write a port number from 1 to 65535.");
            }
        }
    });
}
