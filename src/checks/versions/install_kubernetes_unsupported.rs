use crate::checks::support::install::{server, tag, titles};
use crate::checks::{Findings, Runs};
use crate::mesh::install::Target;
use crate::model::{MeshId, ServerVersion};
use crate::report::{Category, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The API server's version is older than what current releases of the mesh support: Kubernetes 1.32 for Istio, 1.31 for Linkerd. A version that
    /// cannot be read is not judged and never called fine. One that is newer than what those releases were tested with (1.36) is noted.
    ///
    /// # Why it matters
    ///
    /// Control planes read APIs that an older server does not have. They install and then do not become ready, or leave out what they cannot read.
    ///
    /// # How to fix it
    ///
    /// Upgrade the cluster, or install an older release of the mesh that supports this Kubernetes version.
    ///
    /// Sources: IST0142; istio `istioctl/pkg/install/k8sversion/version.go`; linkerd `pkg/k8s/api.go` (is running the minimum Kubernetes API version).
    "install-kubernetes-unsupported",
    summary: "Kubernetes is too old for the mesh that is to be installed",
    aliases: &["IST0142", "k8s-version"],
    severity: Severity::Error,
    category: Category::Versions,
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some(server) = server(world) else { return };
    let unknown = |findings: &mut Findings<'_>, why: String| findings.cannot_tell(&world.cluster(), why);
    let written = match &server.version {
        ServerVersion::Known(version) => version,
        ServerVersion::Unknown(why) => return unknown(findings, format!("its version could not be read: {why}")),
    };
    let Some(version) = minor(written) else {
        return unknown(findings, format!("it calls its version {:?}, which is no release of Kubernetes", written.as_str()));
    };
    let targets = || world.install.targets.iter();
    let dotted = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    let old: Vec<&Target> = targets().filter(|t| version < t.supported().minimum).collect();
    if !old.is_empty() {
        let needs: Vec<String> = old.iter().map(|t| format!("{} needs {}", t.mesh.title(), dotted(t.supported().minimum))).collect();
        let codes: Vec<&str> = old.iter().map(|t| if t.mesh == MeshId::Istio { "IST0142" } else { "k8s-version" }).collect();
        findings
            .add_cluster(
                "",
                format!("Kubernetes {written} is too old: current {} or later", needs.join(", ")),
                format!("Upgrade the cluster, or install an older release of {} that supports it.", titles(&old)),
            )
            .about(tag(&old))
            .codes(&codes);
    }
    let new: Vec<&Target> = targets().filter(|t| version > t.supported().tested).collect();
    if let Some(tested) = new.iter().map(|t| t.supported().tested).min() {
        findings
            .add_cluster(
                "",
                format!("Kubernetes {written} is newer than what known releases of {} were tested with ({})", titles(&new), dotted(tested)),
                format!("Look in the release notes of the {} release that you install for the Kubernetes versions it supports.", titles(&new)),
            )
            .severity(Severity::Info)
            .about(tag(&new))
            .codes(&[]);
    }
}

/// Major and minor of `v1.29.4-gke.1043002`, `v1.33.1+k3s1` or `1.30+`.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split(['.', '-']).map(|part| part.trim_end_matches('+').parse().ok());
    let version = (parts.next()??, parts.next()??);
    // A server built without its version calls itself v0.0.0-master.
    (version.0 > 0).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn versions_of_providers_are_read_and_nothing_else_is() {
        let read = ["v1.29.4-gke.1043002", "v1.30.2-eks-1552ad0", "v1.33.1+k3s1", "1.30+", "v2.0.0"].map(minor);
        assert_eq!(read, [Some((1, 29)), Some((1, 30)), Some((1, 33)), Some((1, 30)), Some((2, 0))]);
        assert_eq!(["", "v1", "latest", "v1.x", "v1.-3", "1.99999999999", "v0.0.0-master+faecb196815e2"].map(minor), [None; 7]);
    }
}
