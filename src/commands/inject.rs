//! `inject` and `uninject`: manifests in, manifests out, and nothing changes but what has to.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::Terminal;
use crate::cli::GlobalArgs;
use crate::cluster::files;
use crate::cluster::files::edit::{Edit, Place, Step, Text};
use crate::error::{CliError, Exit};
use crate::model::{Kind, Map, MeshId, Mode};
use crate::plan::way::{self, Intention, Word};

const INJECT_EXAMPLES: &str = "\
Examples:
  kubectl mesh inject -m istio -f cart.yaml | kubectl apply -f -    # the template asks for a sidecar
  helm template . | kubectl mesh inject -m linkerd -f -             # what a chart renders, with Linkerd's annotation
  kubectl mesh inject -m istio --mode ambient -f deploy/";

const UNINJECT_EXAMPLES: &str = "\
Examples:
  kubectl mesh uninject -f cart.yaml                # what asks for a mesh is taken out, and nothing else
  kubectl mesh uninject -m linkerd -f deploy/       # only Linkerd's
  helm template . | kubectl mesh uninject -f -      # of what a chart renders";

/// How a workload is in the mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// A proxy in each pod
    #[default]
    Sidecar,
    /// The ztunnel of the node (Istio)
    Ambient,
}

impl ModeArg {
    /// The mode; Linkerd has one only.
    pub(super) fn mode(self, mesh: MeshId) -> Result<Mode, CliError> {
        match (self, mesh) {
            (Self::Sidecar, _) => Ok(Mode::Sidecar),
            (Self::Ambient, MeshId::Istio) => Ok(Mode::Ambient),
            (Self::Ambient, MeshId::Linkerd) => {
                Err(CliError::usage("Linkerd has no ambient mode").hint("leave --mode out, or choose Istio with -m istio"))
            }
        }
    }
}

/// Make manifests ask for a mesh, with everything else as it was
///
/// Reads manifests with -f and writes them to standard output. The pod templates get the label or annotation that the mesh reads; comments, order,
/// quotes, anchors and layout stay. A template that has decided already, for or against, is left alone. `uninject` undoes it, byte by byte.
#[derive(Clone, Debug, Args)]
#[command(after_help = INJECT_EXAMPLES)]
pub struct InjectArgs {
    /// How the workloads are to be in the mesh
    #[arg(long, value_enum, default_value_t)]
    pub mode: ModeArg,
    /// Revision or tag of Istio's control plane (default: the default one)
    #[arg(long)]
    pub revision: Option<String>,
}

/// Take out of manifests what asks for a mesh
///
/// Reads manifests with -f and writes them to standard output, without the labels and annotations that ask for a mesh; everything else stays as it
/// was. What keeps a template out of a mesh stays as well.
#[derive(Clone, Debug, Args)]
#[command(after_help = UNINJECT_EXAMPLES)]
pub struct UninjectArgs {}

/// Runs `inject`.
pub fn inject(args: &InjectArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mesh = global.source.mesh.id().ok_or_else(|| CliError::usage("which mesh?").hint("choose with -m istio or -m linkerd"))?;
    let intention = Intention { mesh, mode: args.mode.mode(mesh)?, revision: args.revision.as_deref().map(Into::into) };
    let word = way::alone(&intention);
    rewrite(global, terminal, |object| {
        if let Some(why) = unfit(object.spec) {
            return Wish::Leave(why);
        }
        match way::decided(&object.labels, &object.annotations, mesh) {
            Some(key) => Wish::Leave(format!("has {key} already")),
            None => Wish::Say(vec![word.clone()]),
        }
    })
}

/// Runs `uninject`.
pub fn uninject(_: &UninjectArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mesh = global.source.mesh.id();
    rewrite(global, terminal, |object| match way::asking(&object.labels, &object.annotations, mesh) {
        words if words.is_empty() => Wish::Leave("asks for no mesh".to_owned()),
        words => Wish::Say(words),
    })
}

/// Why no mesh would take the pods.
fn unfit(spec: &Value) -> Option<String> {
    if spec["hostNetwork"] == true {
        return Some("shares the network of its nodes, which no mesh takes in".to_owned());
    }
    let mut containers = ["containers", "initContainers"].into_iter().flat_map(|field| spec[field].as_array().into_iter().flatten());
    let proxy = containers.find_map(|c| c["name"].as_str().filter(|name| matches!(*name, "istio-proxy" | "linkerd-proxy")));
    proxy.map(|name| format!("holds {name} already"))
}

/// An object with a template of pods.
pub(super) struct Templated<'a> {
    pub(super) labels: Map,
    pub(super) annotations: Map,
    pub(super) spec: &'a Value,
}

/// What is to become of it.
enum Wish {
    /// Nothing, and why.
    Leave(String),
    /// Its template is to say this.
    Say(Vec<Word>),
}

fn rewrite(global: &GlobalArgs, terminal: &mut Terminal, mut wish: impl FnMut(&Templated<'_>) -> Wish) -> Result<Exit, CliError> {
    let mut counts = Counts::default();
    let mut written = String::new();
    for (path, text) in texts(global)? {
        let read = Text::of(&text);
        let mut edits = Vec::new();
        for (place, value) in read.objects() {
            let Some((kind, template)) = templated(value) else { continue };
            match wish(&template) {
                Wish::Leave(why) => counts.left.push(format!("{} {why}", name_of(value))),
                Wish::Say(words) => edits.push((place, edits_of(kind, &words))),
            }
        }
        let (text, refused) = read.edited(&edits);
        counts.changed += edits.len() - refused.len();
        let refused = refused.into_iter().map(|(at, why)| (edits[at].0, why)).collect();
        tell(&path, &read, refused, &mut counts, terminal);
        if !written.is_empty() {
            let newline = if written.ends_with('\n') { "" } else { "\n" };
            let mark = if text.starts_with("---") { "" } else { "---\n" };
            written.push_str(&format!("{newline}{mark}"));
        }
        written.push_str(&text);
    }
    let mut out = Terminal::verbatim();
    out.write_all(written.as_bytes())?;
    out.flush()?;
    let workloads = if counts.changed == 1 { "workload" } else { "workloads" };
    terminal.note(format!("{} {workloads} changed", counts.changed));
    for left in counts.left.iter().take(if terminal.verbose > 0 { usize::MAX } else { 5 }) {
        terminal.note(format!("left as it was: {left}"));
    }
    Ok(if counts.failed > 0 { Exit::Findings } else { Exit::Ok })
}

#[derive(Default)]
struct Counts {
    changed: usize,
    failed: usize,
    left: Vec<String>,
}

fn tell(path: &Path, read: &Text<'_>, refused: Vec<(Place, String)>, counts: &mut Counts, terminal: &mut Terminal) {
    let names: BTreeMap<Place, String> = read.objects().into_iter().map(|(place, value)| (place, name_of(value))).collect();
    for (place, why) in refused {
        counts.failed += 1;
        let name = names.get(&place).map(String::as_str).unwrap_or_default();
        terminal.problem(format!("{}: {name} is left as it was: {why}", path.display()));
    }
    for part in read.unreadable() {
        counts.failed += 1;
        terminal.problem(format!("{}: document {part} cannot be read and is left as it was", path.display()));
    }
}

/// The texts that -f names, or what -k makes.
pub(super) fn texts(global: &GlobalArgs) -> Result<Vec<(std::path::PathBuf, String)>, CliError> {
    let source = &global.source;
    if source.paths().is_empty() {
        return Err(CliError::usage("no manifests are named").hint("name files with -f FILE, or read standard input with -f -"));
    }
    Ok(files::texts(source.search(global.cluster.default_namespace()), &mut io::stdin().lock())?)
}

/// The template of an object that has one.
pub(super) fn templated(object: &Value) -> Option<(Kind, Templated<'_>)> {
    let kind = Kind::of(object["apiVersion"].as_str()?, object["kind"].as_str()?)?;
    let template = way::template_path(kind)?.iter().try_fold(object, |at, key| at.get(key))?;
    let map = |field: &str| -> Map {
        let words = template["metadata"][field].as_object().into_iter().flatten();
        words
            .map(|(key, value)| (key.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect::<Vec<_>>()
            .iter()
            .map(|(k, v)| (*k, v.as_str()))
            .collect()
    };
    Some((kind, Templated { labels: map("labels"), annotations: map("annotations"), spec: &template["spec"] }))
}

/// The edits by which a template says these words.
pub(super) fn edits_of(kind: Kind, words: &[Word]) -> Vec<Edit> {
    let path = way::template_path(kind).unwrap_or_default();
    let edit = |word: &Word| {
        let keys = [path, &["metadata", word.field, word.key]].concat();
        Edit::new(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect(), word.value.as_deref())
    };
    words.iter().map(edit).collect()
}

/// `Deployment shop/cart`.
pub(super) fn name_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, namespace, name) = (text(&object["kind"]), text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}
