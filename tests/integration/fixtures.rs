//! What stands in `tests/checks/<rule>/{fires,silent}-<case>.yaml`, opened as a world; the expected findings stand beside each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::mesh::install::{Install, Target};
use kubectl_mesh::model::{Coverage, ExtensionCheck, ExtensionRun, Inventory, Kind, MeshId, Review, ServerFacts, YesNo};
use kubectl_mesh::report::CheckReport;
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use serde::Deserialize;

/// The folder of all fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

/// A fixed clock, so that certificates and ages in fixtures stay what they were.
pub(crate) fn now() -> jiff::Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// What a fixture holds: the cluster to check, and after each line `# cluster: NAME` another one to compare it with.
pub(crate) fn world(file: &Path) -> World {
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let parse = |text: &str| files::parse(name, text, "default").unwrap_or_else(|e| panic!("{}: {e}", file.display())).inventory;
    let open = |kind, called: &str, inventory| World::new(Index::new(inventory), SourceInfo { kind, name: called.into() }, now());
    if let Some(seen) = head::<Seen>(&text, "Cluster") {
        let mut world = open(SourceKind::Cluster, name, Inventory { coverage: coverage(&seen.hidden), ..parse(&text) });
        world.extensions = seen.extensions.into_iter().map(Ran::into).collect();
        return world;
    }
    let Some(asked) = head::<Asked>(&text, "Asked") else {
        let mut parts = text.split("\n# cluster: ");
        let mut world = open(SourceKind::Files, name, parse(parts.next().unwrap()));
        let others = parts.filter_map(|part| part.split_once('\n'));
        world.remotes = others.map(|(called, text)| open(SourceKind::Files, called, parse(text))).collect();
        return world;
    };
    let mut inventory = parse(&text);
    inventory.coverage = coverage(&asked.hidden);
    let mut server = asked.server;
    let (meshes, known) = (asked.meshes, server.reviews.len());
    let targets: Vec<Target> = [MeshId::Istio, MeshId::Linkerd]
        .into_iter()
        .filter(|m| meshes.is_empty() || meshes.contains(&m.name().to_owned()))
        .map(Target::usual)
        .collect();
    let install = Install { targets, from_version: asked.from_version };
    for access in install.rights() {
        if server.reviews[..known].iter().all(|r| r.access != access) {
            server.reviews.push(Review { access, allowed: YesNo::Yes });
        }
    }
    inventory.server = Some(server);
    let mut world = open(SourceKind::Cluster, name, inventory);
    world.install = install;
    world
}

/// What a fixture says beside its objects: that this is a cluster into which a mesh is to be installed, and how its API server answers.
/// Rights that it does not mention are there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    server: ServerFacts,
    #[serde(default)]
    meshes: Vec<String>,
    #[serde(default)]
    from_version: Option<(u32, u32)>,
    #[serde(default)]
    hidden: Vec<String>,
}

/// That the objects beside it are all that a running cluster holds, but for the kinds that could not be read.
#[derive(Deserialize)]
struct Seen {
    #[serde(default)]
    hidden: Vec<String>,
    #[serde(default)]
    extensions: Vec<Ran>,
}

/// A program of an extension that was run: what failed of its checks, as category, description, error and hint; or why it did not answer.
#[derive(Deserialize)]
struct Ran {
    program: String,
    namespace: Option<String>,
    #[serde(default)]
    errors: Vec<[String; 4]>,
    #[serde(default)]
    warnings: Vec<[String; 4]>,
    silent: Option<String>,
}

impl From<Ran> for ExtensionRun {
    fn from(ran: Ran) -> Self {
        let of = |warning| move |[category, description, error, hint]: [String; 4]| ExtensionCheck { category, description, error, hint, warning };
        let checks = ran.errors.into_iter().map(of(false)).chain(ran.warnings.into_iter().map(of(true))).collect();
        Self { program: ran.program.into(), namespace: ran.namespace.map(Into::into), outcome: ran.silent.map_or(Ok(checks), Err) }
    }
}

/// The first document, where it is of this kind.
fn head<T: serde::de::DeserializeOwned>(text: &str, kind: &str) -> Option<T> {
    let (first, _) = text.split_once("\n---\n").unwrap_or((text, ""));
    let is = first.lines().any(|line| line.strip_prefix("kind: ") == Some(kind));
    is.then(|| serde_json::from_value(serde_saphyr::from_str(first).unwrap()).unwrap())
}

fn coverage(hidden: &[String]) -> BTreeMap<Kind, Coverage> {
    Kind::ALL.iter().filter(|kind| !hidden.contains(&kind.resource())).map(|kind| (*kind, Coverage::Complete)).collect()
}

/// A report as it stands in the expected findings.
pub(crate) fn render(report: &CheckReport) -> String {
    let mut text = String::new();
    for f in &report.findings {
        let at = f.location.as_ref().map_or(String::new(), |l| format!(" @{}:{}", l.span.line, l.span.column));
        text +=
            &format!("{} {} {}{at} {:?}\n  {}\n  fix: {}\n", f.severity, f.object, f.path.as_deref().unwrap_or("-"), f.aliases, f.message, f.hint);
        for related in &f.related {
            text += &format!("  see: {}: {}\n", related.object, related.text);
        }
        if f.related_more > 0 {
            text += &format!("  see: {} more\n", f.related_more);
        }
    }
    for skipped in &report.skipped {
        text += &format!("cannot tell: {}\n", skipped.because);
    }
    if text.is_empty() { "nothing\n".into() } else { text }
}

/// The fixtures of a rule, sorted.
pub(crate) fn cases(rule: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder().join(rule)).map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
    cases.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    cases.sort();
    cases
}

/// `fires-one-case` of `…/fires-one-case.yaml`.
pub(crate) fn stem(case: &Path) -> &str {
    case.file_stem().unwrap().to_str().unwrap()
}
