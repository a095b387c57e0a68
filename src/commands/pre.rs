//! `check --pre`: may a mesh be installed here?

use clap::Args;

use super::check::FailOn;
use crate::checks;
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::mesh::install::{Install, Target};
use crate::model::{MeshId, Str};
use crate::report::{CheckReport, Severity};
use crate::world::World;

/// What is to be installed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Before an installation")]
pub struct PreArgs {
    /// Judge whether a mesh may be installed here (--mesh says which): versions, your rights, conflicts, remains
    #[arg(long, conflicts_with_all = ["objects", "fix", "with_cluster", "remote_context", "remote_snapshot"])]
    pub pre: bool,
    /// Namespace that Istio's control plane is to live in (default: istio-system)
    #[arg(long, requires = "pre", value_name = "NAMESPACE")]
    pub istio_namespace: Option<Str>,
    /// Namespace that Linkerd's control plane is to live in (default: linkerd)
    #[arg(long, requires = "pre", value_name = "NAMESPACE")]
    pub linkerd_namespace: Option<Str>,
    /// Version of Istio that is to be replaced, such as 1.20 (default: the one that runs)
    #[arg(long, requires = "pre", value_name = "VERSION", value_parser = parse_version)]
    pub from_version: Option<(u32, u32)>,
}

fn parse_version(text: &str) -> Result<(u32, u32), String> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(1), Some(minor)) => Ok((1, minor)),
        _ => Err("a version of Istio is written 1.20 or 1.20.3".to_owned()),
    }
}

impl PreArgs {
    /// What is to be installed; nothing without `--pre`. Fails where no cluster answers.
    pub(super) fn install(&self, global: &GlobalArgs) -> Result<Option<Install>, CliError> {
        if !self.pre {
            return Ok(None);
        }
        let without = if global.source.demo { "the demo" } else { "manifests" };
        if global.source.demo || !global.source.paths().is_empty() {
            return Err(CliError::usage(format!("--pre needs a live cluster: {without} cannot tell the server's version nor what you may do"))
                .hint("name the cluster with --context, or take a snapshot of it with `kubectl mesh snapshot --pre`"));
        }
        let mesh = global.source.mesh.id();
        let wanted = [(MeshId::Istio, &self.istio_namespace), (MeshId::Linkerd, &self.linkerd_namespace)];
        let wanted = wanted.into_iter().filter(|(id, _)| mesh.is_none_or(|only| only == *id));
        let target = |(id, namespace): (MeshId, &Option<Str>)| match namespace {
            Some(namespace) => Target { mesh: id, namespace: namespace.clone() },
            None => Target::usual(id),
        };
        Ok(Some(Install { targets: wanted.map(target).collect(), from_version: self.from_version }))
    }
}

/// Fails for a snapshot that holds no answers.
pub(super) fn require_answers(world: &World) -> Result<(), CliError> {
    match world.index.inventory().server {
        Some(_) => Ok(()),
        None => Err(CliError::usage("the snapshot cannot tell the server's version nor what you may do: it was taken without --pre")
            .hint("take it with `kubectl mesh snapshot --pre`, or ask the live cluster")),
    }
}

/// Findings come first. What was not judged counts like the finding that it might have been.
pub(super) fn exit(fail_on: FailOn, report: &CheckReport) -> Exit {
    let threshold = fail_on.threshold().unwrap_or(Severity::Error);
    if fail_on.reached(report.worst()) {
        Exit::Findings
    } else if report.evaluated.is_empty() || report.skipped.iter().filter_map(|s| checks::find(s.rule)).any(|rule| rule.severity >= threshold) {
        Exit::Unreadable
    } else {
        Exit::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn a_version_has_a_minor_number() {
        assert_eq!([parse_version("1.20"), parse_version("1.21.3")], [Ok((1, 20)), Ok((1, 21))]);
        assert!(["", "1", "2.0", "1.x", "v1.20"].into_iter().all(|text| parse_version(text).is_err()));
    }
}
