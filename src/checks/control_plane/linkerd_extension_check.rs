use crate::checks::Findings;
use crate::model::{ExtensionRun, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// What the programs of Linkerd's extensions say in their own `check`, with `check --extensions` alone: those named `linkerd-*` on PATH that ask
    /// to be run always, and those of the extensions whose namespaces are here. A program that is missing, answers too late or answers with
    /// something else is reported too; what viz and multicluster would say, other rules do.
    ///
    /// # Why it matters
    ///
    /// An extension knows its own parts. Its findings stand beside ours in one document, under the program's name.
    ///
    /// # How to fix it
    ///
    /// Follow the hint, or run the program by itself: `linkerd NAME check`.
    ///
    /// Sources: linkerd `cli/cmd/check_extensions.go` (the protocol: `_extension-metadata`, `check --output=json`).
    "linkerd-extension-check",
    summary: "Check of one of Linkerd's extensions did not pass",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for extension in &world.extensions {
        let name = extension.program.as_str();
        let checks = match &extension.outcome {
            Ok(checks) => checks,
            Err(why) => {
                let own = name.strip_prefix("linkerd-").unwrap_or(name);
                let hint = format!("Run it by itself (linkerd {own} check); delete the namespace of an extension that is gone.");
                add(world, findings, extension, format!("{name}: {why}"), hint).severity(Severity::Warning).detail(name);
                continue;
            }
        };
        for check in checks {
            let what = format!("{name}, {}: {}: {}", check.category, check.description, check.error);
            let hint = if check.hint.is_empty() { format!("Ask those who make {name}.") } else { format!("See {}", check.hint) };
            let finding = add(world, findings, extension, what, hint).detail(format!("{name} {} {}", check.category, check.description));
            if check.warning {
                finding.severity(Severity::Warning);
            }
        }
    }
}

/// On the extension's namespace, or on the cluster where it has none.
fn add<'f>(world: &World, findings: &'f mut Findings<'_>, extension: &ExtensionRun, what: String, hint: String) -> &'f mut crate::report::Finding {
    match extension.namespace.as_ref().and_then(|name| world.index.namespace(name)) {
        Some(namespace) => findings.add(namespace, "", what, hint),
        None => findings.add_cluster("", what, hint),
    }
}
