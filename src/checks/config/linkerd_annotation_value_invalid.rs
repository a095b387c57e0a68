use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::{self, Annotated};
use crate::mesh::linkerd::annotations;
use crate::mesh::linkerd::values::{self, Consequence};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A setting of the proxy in an annotation under `config.linkerd.io/` with a value that Linkerd cannot use: an amount of CPU or memory, a
    /// duration, a number, `true` or `false`, `enabled` or `disabled`, a list of networks, JSON. Likewise a request above its limit, and
    /// `close-wait-timeout` while proxy-init does not run as root.
    ///
    /// # Why it matters
    ///
    /// The injector drops most such values with a line in its log, and the default stays in force. Some keep the pod from being created or from
    /// starting; the message says which.
    ///
    /// # How to fix it
    ///
    /// Write amounts as `100m` or `128Mi`, durations as `500ms` or `1m30s`, and truth values in quotes.
    ///
    /// Sources: linkerd `pkg/inject/inject.go`, `charts/partials/templates/_proxy-init.tpl`.
    "linkerd-annotation-value-invalid",
    summary: "Setting of the proxy with a value that Linkerd cannot use",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let as_root = |config: &crate::mesh::linkerd::LinkerdConfig| {
        config.cni || !config.root().is_map() || config.root().at(["proxyInit", "runAsRoot"]).and_then(|f| f.bool()) == Some(true)
    };
    let not_root = world.linkerd.configs.first().is_some_and(|config| !as_root(config));
    for annotated in annotated::all(world).filter(|c| c.is_for_pods()) {
        let mut faults = values::faults(annotated.annotations());
        let close_wait = "config.linkerd.io/close-wait-timeout";
        if not_root && matches!(annotated, Annotated::Workload(_)) && annotated.annotations().has(close_wait) {
            faults.push((close_wait.to_owned(), "needs proxyInit.runAsRoot: true".to_owned(), Consequence::NotInjected));
        }
        for (name, why, consequence) in faults {
            let value = annotated.annotations().get(&name).unwrap_or_default();
            let (then, severity) = match consequence {
                Consequence::Dropped => ("the default stays in force", Severity::Warning),
                Consequence::NotInjected => ("the injector fails on it", Severity::Error),
                Consequence::NotCreated => ("the API server refuses the pods", Severity::Error),
                Consequence::NotStarted => ("the pods do not start", Severity::Error),
            };
            let message = format!("{value:?} {why}: {then}");
            let hint = if consequence == Consequence::NotInjected {
                "Set proxyInit.runAsRoot: true in the control plane's values, or remove the annotation."
            } else {
                "Correct the value."
            };
            annotated.add(findings, &annotations::path(&name), message, hint.to_owned()).severity(severity);
        }
    }
}
