use std::collections::BTreeMap;

use crate::checks::support::install::{server, tag, titles};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::model::{Access, Kind, MeshId, ObjectRef, Str, YesNo, first_of};
use crate::report::{Category, Severity};
use crate::world::World;

/// Verbs that let somebody hand out rights beyond their own.
const GIVE_AWAY: [&str; 2] = ["escalate", "bind"];

crate::check! {
    /// # What it checks
    ///
    /// You (or whom `--as` names) may not create something that the mesh's default installation consists of. The API server is asked once for each
    /// kind with a SelfSubjectAccessReview, which creates nothing. For Istio that is what `istioctl x precheck` asks and what its default profile has
    /// besides; for Linkerd what `linkerd check --pre` asks, the cluster-scoped kinds of its manifest included. Lacking the verbs `escalate` and `bind`
    /// is a warning: the server then refuses roles with more rights than your own.
    ///
    /// # Why it matters
    ///
    /// An installation that is refused halfway leaves a control plane without its webhooks, or webhooks without a control plane.
    ///
    /// # How to fix it
    ///
    /// Let a cluster administrator install the mesh, or grant the rights named.
    ///
    /// Sources: IST0141; istio `istioctl/pkg/precheck/precheck.go`, `manifests/charts`; linkerd `pkg/healthcheck/healthcheck.go` (pre-kubernetes-setup),
    /// `charts/linkerd-control-plane/templates`.
    "install-forbidden",
    summary: "You may not create what the mesh consists of",
    aliases: &["IST0141", "pre-k8s", "pre-k8s-cluster-k8s"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some(server) = server(world) else { return };
    let needed: Vec<(&Target, Vec<Access>)> = world.install.targets.iter().map(|t| (t, t.rights())).collect();
    let mut unknown: BTreeMap<Str, Vec<String>> = BTreeMap::new();
    for access in world.install.rights() {
        // Whoever may not create roles at all need not hear which roles.
        let beside_the_point = GIVE_AWAY.contains(&access.verb.as_str()) && matches!(server.allows(&create(&access)), YesNo::No(_));
        let targets: Vec<&Target> = needed.iter().filter(|(_, rights)| rights.contains(&access)).map(|(target, _)| *target).collect();
        match server.allows(&access) {
            YesNo::Yes => {}
            YesNo::No(_) if beside_the_point => {}
            YesNo::No(words) => refused(world, &access, &words, &targets, findings),
            YesNo::Unknown(why) => unknown.entry(why).or_default().push(access.to_string()),
        }
    }
    for (why, rights) in unknown {
        findings.cannot_tell(&world.cluster(), format!("whether you may {}: {why}", first_of(&rights, 2)));
    }
}

fn create(access: &Access) -> Access {
    Access { verb: "create".into(), ..access.clone() }
}

fn refused(world: &World, access: &Access, words: &str, targets: &[&Target], findings: &mut Findings<'_>) {
    let object = match access.namespace.as_str() {
        "" => world.cluster(),
        plane => ObjectRef { kind: Kind::Namespace, namespace: Str::default(), name: plane.into(), api_version: Str::default() },
    };
    let gives_away = GIVE_AWAY.contains(&access.verb.as_str());
    let because = if words.is_empty() { String::new() } else { format!(": {words}") };
    let (message, hint) = if gives_away {
        let what = if access.verb == "bind" { "bindings to roles" } else { "roles" };
        (
            format!("you may not {access}: {what} of {} with rights that you do not have yourself are refused{because}", titles(targets)),
            "Let a cluster administrator install the mesh, unless you hold every right that it gives its components.",
        )
    } else {
        (
            format!("installing {} takes this right, and you do not have it{because}", titles(targets)),
            "Let a cluster administrator install the mesh, or grant this right.",
        )
    };
    let linkerds = if access.namespace.is_empty() { "pre-k8s-cluster-k8s" } else { "pre-k8s" };
    let codes: Vec<&str> = targets.iter().map(|t| if t.mesh == MeshId::Istio { "IST0141" } else { linkerds }).collect();
    let finding = findings.add_unread(&object, format!("{} {}", access.verb, access.full_resource()), message, hint);
    finding.about(tag(targets)).codes(&codes);
    if gives_away {
        finding.severity(Severity::Warning);
    }
}
