use crate::checks::support::install::server;
use crate::checks::{Findings, Runs};
use crate::model::{Kind, ObjectRef, YesNo};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// ConfigMap `kube-system/extension-apiserver-authentication` holds no authority under `requestheader-client-ca-file`: the API server was started
    /// without `--requestheader-client-ca-file`.
    ///
    /// # Why it matters
    ///
    /// An aggregated API cannot tell that a request comes from the API server, nor for whom. Linkerd's viz extension brings such an API (`linkerd viz tap`),
    /// which then refuses everybody. The control plane itself does without.
    ///
    /// # How to fix it
    ///
    /// Start the API server with the flags for the aggregation layer; managed clusters and kubeadm do so.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (can read extension-apiserver-authentication configmap).
    "linkerd-aggregation-not-configured",
    summary: "The API server is not set up for aggregated APIs",
    aliases: &["pre-k8s"],
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some(server) = server(world) else { return };
    let map = ObjectRef {
        kind: Kind::ConfigMap,
        namespace: "kube-system".into(),
        name: "extension-apiserver-authentication".into(),
        api_version: "".into(),
    };
    match &server.aggregation {
        YesNo::Yes => {}
        YesNo::No(why) => {
            findings.add_unread(
                &map,
                r#"data["requestheader-client-ca-file"]"#,
                format!("aggregated APIs such as that of `linkerd viz tap` cannot authenticate requests: {why}"),
                "Start the API server with the flags for the aggregation layer, or do without tap.",
            );
        }
        YesNo::Unknown(why) => findings.cannot_tell(&map, why.to_string()),
    }
}
