//! From flags to a [`World`]: the one place where a source is chosen.

mod change;
mod namespace;
mod reading;
mod remotes;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Terminal;
use super::progress::Bar;
use crate::checks::{Check, Worlds};
use crate::cli::GlobalArgs;
use crate::cluster::files::{self, Alternatives, Ignored, Manifests};
use crate::cluster::live::{ConnectOptions, Connection, Overrides, Trace, connect};
use crate::cluster::snapshot::{self, Taken};
use crate::cluster::{demo, overlay};
use crate::error::CliError;
use crate::index::Index;
use crate::mesh::install::Install;
use crate::model::{Coverage, Gap, Inventory, Kind, ObjectRef, Str, did_you_mean};
use crate::output::counted;
use crate::report::BadInput;
use crate::views;
use crate::world::{SourceInfo, SourceKind, World};
pub(crate) use change::{Change, change};
pub(crate) use reading::Reading;
pub(crate) use remotes::{RemoteArgs, Remotes};

/// What finding the meshes takes, whatever a command is about.
const ALWAYS: &[Kind] = &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::DaemonSet, Kind::Service, Kind::MutatingWebhookConfiguration];
/// Kinds that pods tell enough about: a cluster has ten old ReplicaSets for each Deployment, and none of them runs.
const SEEN_IN_PODS: &[Kind] = &[Kind::ReplicaSet, Kind::ReplicationController, Kind::Job];
/// Kinds of which only names, labels and annotations are asked.
const METADATA_ONLY: &[Kind] = &[Kind::ServiceAccount, Kind::ClusterRole, Kind::ClusterRoleBinding];
/// Kinds that are read in the namespaces of control planes alone.
const OF_PLANES: [Kind; 2] = [Kind::ConfigMap, Kind::Lease];
/// Where Kubernetes' own components hold Leases, which they renew every few seconds: by these it is told what time it is in the cluster.
const SYSTEM: &str = "kube-system";
/// The roots that Istio hands out to every namespace.
pub(crate) const ROOTS: (Kind, &str) = (Kind::ConfigMap, "istio.io/config=true");
/// Endpoints of what Linkerd mirrors; those of all other Services are as many as there are pods.
const MIRRORS: (Kind, &str) = (Kind::EndpointSlice, "mirror.linkerd.io/cluster-name");
/// Where control planes live unless something says otherwise.
const CONTROL_PLANES: [&str; 2] = ["istio-system", "linkerd"];

/// Secrets of control planes that hold an authority's certificate and need not be of type `kubernetes.io/tls`.
const AUTHORITIES: [&str; 3] = ["cacerts", "istio-ca-secret", "linkerd-identity-issuer"];

/// What a command wants to read.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    /// Kinds it needs; sources that hold everything anyway (files, snapshots) ignore this.
    pub kinds: BTreeSet<Kind>,
    /// Whether a live cluster is read in all namespaces even where answers are wanted for one: what holds there depends on others.
    pub everywhere: bool,
    /// Kinds of which, besides what control planes have, only the objects with a label are read.
    pub labelled: Vec<(Kind, &'static str)>,
    /// What is to be installed: then a live cluster is asked what that takes.
    pub install: Option<Install>,
}

impl ReadRequest {
    /// What tells who is in which mesh.
    pub fn membership() -> Self {
        Self::of(views::MEMBERSHIP_KINDS)
    }

    /// These kinds, where the command is to answer.
    pub fn of<'k>(kinds: impl IntoIterator<Item = &'k Kind>) -> Self {
        Self { kinds: kinds.into_iter().copied().collect(), ..Self::default() }
    }

    /// Everything that any command reads.
    pub fn everything() -> Self {
        Self { kinds: Kind::ALL.iter().copied().collect(), labelled: vec![ROOTS], ..Self::default() }
    }

    /// What rules read besides.
    pub fn add_rules(&mut self, checks: &[&Check]) {
        let needs: BTreeSet<Kind> = checks.iter().flat_map(|check| check.needs.iter().copied()).collect();
        self.labelled.extend([ROOTS, MIRRORS].into_iter().filter(|(kind, _)| needs.contains(kind)));
        self.kinds.extend(needs);
    }
}

/// A world, and what was passed over while reading it.
#[derive(Debug)]
pub struct Loaded {
    /// The world.
    pub world: World,
    /// Documents of the files that are no objects this tool reads.
    pub ignored: Vec<Ignored>,
    /// With files laid over a cluster, the objects that come from the files.
    pub laid_over: Option<BTreeSet<ObjectRef>>,
    /// Objects of the files that could not be read.
    pub broken: Vec<BadInput>,
    /// Where files hold the same objects differently, the choices between them.
    pub alternatives: Alternatives,
    /// What was asked of a cluster.
    pub(crate) reading: Option<Reading>,
}

impl Loaded {
    /// The worlds that its files may be meant for, where there are several.
    pub(crate) fn choices(&self) -> Choices<'_> {
        Choices { of: &self.alternatives, like: &self.world }
    }

    /// Documents that are probably a mistake. The rest is judged all the same, and the run is no success: passing over them would be a wrong "fine".
    pub fn bad_input(&self) -> Vec<BadInput> {
        let broken = self.broken.iter().cloned();
        let bad = self.ignored.iter().filter(|ignored| ignored.suspicious || ignored.misspelt);
        bad.map(|ignored| BadInput { file: ignored.file.clone(), line: ignored.line, detail: ignored.what.clone() }).chain(broken).collect()
    }
}

/// Worlds made of alternatives when they are asked for.
pub(crate) struct Choices<'a> {
    of: &'a Alternatives,
    like: &'a World,
}

impl Choices<'_> {
    fn made(&self, inventory: Inventory) -> World {
        let mut world = World::new(Index::new(inventory), self.like.source.clone(), self.like.now);
        world.install = self.like.install.clone();
        world
    }
}

impl Worlds for Choices<'_> {
    fn count(&self) -> usize {
        self.of.count()
    }

    fn world(&self, k: usize) -> World {
        self.made(self.of.world(k))
    }

    fn union(&self) -> World {
        self.made(self.of.union())
    }

    fn holder(&self, k: usize, object: &ObjectRef) -> Option<usize> {
        self.of.holder(k, object)
    }

    fn company(&self, holder: usize, wide: bool) -> World {
        self.made(self.of.company(holder, wide))
    }
}

/// Reads what the flags name.
pub(crate) async fn load(global: &GlobalArgs, request: &ReadRequest, terminal: &mut Terminal) -> Result<Loaded, CliError> {
    let mut loaded = from_source(global, request, terminal).await?;
    for name in global.cluster.namespaces() {
        namespace::verify(name, &loaded.world, terminal)?;
    }
    loaded.world.install = request.install.clone().unwrap_or_default();
    Ok(loaded)
}

async fn from_source(global: &GlobalArgs, request: &ReadRequest, terminal: &mut Terminal) -> Result<Loaded, CliError> {
    let source = &global.source;
    if source.demo {
        return Ok(plain(demo::read(), SourceKind::Demo, "demo", global));
    }
    if let Some(path) = &source.snapshot {
        let (inventory, taken) = saved(path)?;
        terminal.note(format!("snapshot of {} taken {}", taken.context, taken.at));
        return Ok(plain(inventory, SourceKind::Snapshot, &path.display().to_string(), global));
    }
    // Before connecting: a credential plugin would swallow what is piped in.
    let manifests = if source.paths().is_empty() { None } else { Some(manifests(global, terminal)?) };
    let Some(manifests) = manifests else {
        let (inventory, context, reading) = cluster(global, request, terminal).await?;
        return Ok(Loaded { reading: Some(reading), ..plain(inventory, SourceKind::Cluster, &context, global) });
    };
    let name = source.paths().iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let Manifests { inventory: files, ignored, broken, alternatives, .. } = manifests;
    let broken: Vec<BadInput> = broken.iter().map(|error| BadInput { file: error.file().into(), line: error.line(), detail: error.what() }).collect();
    if !source.with_cluster {
        return Ok(Loaded { ignored, broken, alternatives, ..plain(files, SourceKind::Files, &name, global) });
    }
    let (cluster, context, _) = cluster(global, request, terminal).await?;
    let (inventory, laid) = overlay::lay(files, cluster);
    let loaded = plain(inventory, SourceKind::Overlay, &format!("{name} over {context}"), global);
    Ok(Loaded { ignored, broken, laid_over: Some(laid), ..loaded })
}

fn plain(mut inventory: Inventory, kind: SourceKind, name: &str, global: &GlobalArgs) -> Loaded {
    // A live read in one namespace is narrow already; other sources hold everything and are narrowed here, so that flags mean the same.
    if matches!(kind, SourceKind::Demo | SourceKind::Snapshot) {
        inventory.focus = strings(global.cluster.namespaces());
    }
    let info = SourceInfo { kind, name: Str::from(name) };
    Loaded {
        world: World::new(Index::new(inventory), info, Timestamp::now()),
        ignored: Vec::new(),
        laid_over: None,
        broken: Vec::new(),
        alternatives: Alternatives::default(),
        reading: None,
    }
}

fn strings(names: &[String]) -> BTreeSet<Str> {
    names.iter().map(|name| Str::from(name.as_str())).collect()
}

fn saved(path: &Path) -> Result<(Inventory, Taken), CliError> {
    let unusable = |e: &dyn std::fmt::Display| CliError::usage(format!("cannot read the snapshot {}: {e}", path.display()));
    let file = File::open(path).map_err(|e| with_near_file(unusable(&e), path))?;
    snapshot::read(io::BufReader::new(file)).map_err(|e| unusable(&e))
}

/// Adds the files of the same directory that are called nearly so, where this one is not there.
fn with_near_file(error: CliError, path: &Path) -> CliError {
    if path.exists() {
        return error;
    }
    if let Ok(target) = std::fs::read_link(path) {
        return error.hint(format!("it is a link to {}, which is not there", target.display()));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside: Vec<String> =
        std::fs::read_dir(directory).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    did_you_mean(&name, beside.iter().map(String::as_str)).into_iter().fold(error, CliError::hint)
}

fn manifests(global: &GlobalArgs, terminal: &mut Terminal) -> Result<Manifests, CliError> {
    let source = &global.source;
    let namespace = global.cluster.default_namespace();
    let bar = Bar::new(terminal.progress && source.paths().iter().all(|path| path.as_os_str() != "-"));
    bar.say(format!("reading {}", source.paths().iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")));
    let manifests = files::read(source.search(namespace), &mut io::stdin().lock()).map_err(|error| {
        let missing = source.paths().iter().find(|path| path.as_os_str() != "-" && !path.exists());
        missing.into_iter().fold(CliError::from(error), |error, path| with_near_file(error, path))
    })?;
    let mut manifests = manifests;
    if !global.cluster.namespace.is_empty() {
        manifests.inventory.assumed_namespace = None;
        manifests.alternatives.namespace_is_known();
    }
    bar.done();
    let all = terminal.verbose > 0;
    for ignored in manifests.ignored.iter() {
        let text = format!("{}:{}: {}", ignored.file, ignored.line, ignored.what);
        if ignored.suspicious || ignored.misspelt {
            terminal.problem(text);
            terminal.bad_input += 1;
        } else if all {
            terminal.note(text);
        }
    }
    say_what_was_left_out(&manifests, !global.cluster.namespace.is_empty(), terminal);
    if manifests.inventory.is_empty()
        && manifests.broken.is_empty()
        && manifests.inventory.gaps.is_empty()
        && manifests.ignored.is_empty()
        && manifests.passed_over.is_empty()
    {
        let names: Vec<String> = source.paths().iter().map(|path| path.display().to_string()).collect();
        let error = CliError::usage(format!("no objects in {}", names.join(", ")));
        return Err(if source.recursive || source.kustomize.is_some() {
            error
        } else {
            error.hint("-R looks into the directories below; a Helm chart is rendered first: `helm template . | kubectl mesh check -f -`")
        });
    }
    Ok(manifests)
}

/// What of the files was not read as it stands, one line for each sort of it; all of it with -v.
fn say_what_was_left_out(manifests: &Manifests, namespace_given: bool, terminal: &mut Terminal) {
    let most = if terminal.verbose > 0 { usize::MAX } else { 3 };
    let some = |names: &[String]| {
        let more = names.len().saturating_sub(most);
        let rest = if more == 0 { String::new() } else { format!(" and {more} more (-v lists them)") };
        format!("{}{rest}", names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    for error in &manifests.broken {
        terminal.problem(format!("cannot be read: {error}"));
        terminal.bad_input += 1;
    }
    let passed = &manifests.passed_over;
    if !passed.is_empty() {
        terminal.note(format!("passed over {}, no manifest (a template, a workflow, values): {}", counted(passed.len(), "file"), some(passed)));
    }
    if !manifests.unlisted.is_empty() {
        let unlisted = &manifests.unlisted;
        terminal.note(format!(
            "left out {} that no kustomization beside lists (-f FILE judges one): {}",
            counted(unlisted.len(), "file"),
            some(unlisted)
        ));
    }
    let commands: Vec<String> =
        manifests.charts.iter().map(|(chart, _)| format!("helm template {} | kubectl mesh check -f -", chart.display())).collect();
    if !commands.is_empty() {
        terminal.note(format!("passed over the templates of {}; render them: {}", counted(commands.len(), "Helm chart"), some(&commands)));
    }
    let words: Vec<String> = manifests.charts.iter().map(|(chart, why)| format!("{}: {why}", chart.display())).collect();
    if manifests.charts.iter().any(|(_, why)| why != files::NO_HELM) {
        terminal.note(format!("helm template: {}", some(&words)));
    }
    let unfilled: Vec<String> = manifests.inventory.unfilled.iter().map(|value| format!("{} {:?}", value.place, value.text)).collect();
    if !unfilled.is_empty() {
        terminal.note(format!("{}, which nothing was judged by: {}", counted(unfilled.len(), "unfilled placeholder"), some(&unfilled)));
    }
    let notes = manifests.notes.len();
    for note in manifests.notes.iter().take(most) {
        terminal.note(note);
    }
    if notes > most {
        terminal.note(format!("and {} more of the kind (-v lists them)", notes - most));
    }
    if manifests.without_namespace > 0 && !namespace_given {
        let objects = counted(manifests.without_namespace, "object");
        terminal.note(format!("{objects} without a namespace beside others with one: taken for namespace default; -n says which is meant"));
    }
}

/// Connects by the flags, to the cluster of `context`.
pub(crate) async fn connection(global: &GlobalArgs, context: Option<&str>) -> Result<Connection, CliError> {
    let args = &global.cluster;
    let stdin_in_use = global.source.filename.iter().any(|f| f.as_os_str() == "-");
    // Another cluster has an address and credentials of its own.
    let own = context == args.context.as_deref();
    // What cannot be said is not worth failing for.
    let say = |line: &str| drop(writeln!(io::stderr(), "{}", crate::output::clean(line)));
    let options = ConnectOptions {
        kubeconfig: args.kubeconfig.clone(),
        context: context.map(str::to_owned),
        overrides: if own { args.connect.overrides() } else { Overrides::default() },
        impersonate: args.as_user.clone(),
        impersonate_uid: args.connect.as_uid.clone(),
        impersonate_groups: args.as_group.clone(),
        request_timeout: duration("--request-timeout", &args.request_timeout)?,
        timeout: duration("--timeout", &args.timeout)?,
        stdin_in_use,
        trace: (global.display.verbose > 1).then(|| Arc::new(say) as Trace),
        ..ConnectOptions::default()
    };
    Ok(connect(&options).await?)
}

/// The time for one request, where the command line limits it.
pub(crate) fn request_timeout(global: &GlobalArgs) -> Result<Option<Duration>, CliError> {
    duration("--request-timeout", &global.cluster.request_timeout)
}

/// `0` for none, a number of seconds, or a number with a unit.
pub(crate) fn duration(flag: &str, text: &str) -> Result<Option<Duration>, CliError> {
    let seconds = text.parse::<u64>().map(Duration::from_secs).ok();
    let with_unit = || text.parse::<SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    match seconds.or_else(with_unit) {
        Some(Duration::ZERO) => Ok(None),
        Some(limit) => Ok(Some(limit)),
        None => Err(CliError::usage(format!("{flag} {text:?} is no time")).hint("write 30s, 2m, or 0 for no limit")),
    }
}

async fn cluster(global: &GlobalArgs, request: &ReadRequest, terminal: &mut Terminal) -> Result<(Inventory, String, Reading), CliError> {
    let args = &global.cluster;
    let connection = connection(global, args.context.as_deref()).await?;
    let bar = Bar::new(terminal.progress);
    bar.say(format!("connecting to {}", connection.server()));
    let only = strings(args.namespaces());
    let mut reading = Reading::new(global, request);
    let mut inventory = reading.read(&connection, &bar).await?;
    let refused: Vec<String> = [Kind::Pod, Kind::Service, Kind::Deployment]
        .iter()
        .filter(|kind| refused_everywhere(&inventory, **kind))
        .map(|kind| kind.resource())
        .collect();
    if reading.is_everywhere() && !refused.is_empty() && !args.all_namespaces {
        let instead = if only.is_empty() { BTreeSet::from([Str::from(connection.namespace())]) } else { only.clone() };
        let names = instead.iter().map(Str::as_str).collect::<Vec<_>>().join(", ");
        let refused = refused.join(", ");
        terminal.note(format!("may not list {refused} cluster-wide: looking at namespace {names} only (-n chooses another, -A insists)"));
        reading = Reading::within(instead, request);
        inventory = reading.read(&connection, &bar).await?;
    }
    if request.everywhere && inventory.scope.is_empty() {
        inventory.focus = only;
    }
    if let Some(install) = &request.install {
        inventory.server = Some(connection.facts(&install.rights()).await);
    }
    bar.done();
    if terminal.verbose > 0 {
        let objects = counted(inventory.len(), "object");
        terminal.note(format!("{objects} and {} from {}: {}", counted(inventory.gaps.len(), "gap"), connection.server(), by_kind(&inventory)));
    }
    let name = if connection.context().is_empty() { connection.server() } else { connection.context() };
    Ok((inventory, name.to_owned(), reading))
}

/// `12 pods, 3 services`, the most first.
fn by_kind(inventory: &Inventory) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    inventory.metas().for_each(|(kind, _)| *counts.entry(kind).or_default() += 1);
    let mut all: Vec<(usize, &str)> = counts.into_iter().map(|(kind, n)| (n, kind.plural())).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    all.iter().map(|(n, kind)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

fn refused_everywhere(inventory: &Inventory, kind: Kind) -> bool {
    inventory.gaps.iter().any(|gap| matches!(gap, Gap::Forbidden { kind: k, namespace, .. } if *k == kind && namespace.is_empty()))
}

/// An authority's Secret of type `kubernetes.io/tls` comes with the list and by name, the roots of a control plane's namespace by label as well.
fn once_each(inventory: &mut Inventory) {
    let mut seen = BTreeSet::new();
    let twice = |kind: Kind| matches!(kind, Kind::Secret | Kind::ConfigMap);
    inventory.objects.retain(|o| !twice(o.kind) || seen.insert((o.kind, o.meta.namespace.clone(), o.meta.name.clone())));
}

/// A second read must not upgrade what the first one could not see.
fn merge_coverage(later: &mut BTreeMap<Kind, Coverage>, first: &BTreeMap<Kind, Coverage>) {
    for (kind, coverage) in first {
        if *coverage != Coverage::Complete || !later.contains_key(kind) {
            later.insert(*kind, *coverage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn timeouts_are_written_as_for_kubectl() {
        let request_timeout = |text: &str| duration("--request-timeout", text);
        assert_eq!(request_timeout("0").unwrap(), None);
        assert_eq!(request_timeout("18446744073709551615").unwrap(), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(request_timeout("5").unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(request_timeout("1m30s").unwrap(), Some(Duration::from_secs(90)));
        assert!(request_timeout("soon").is_err());
    }
}
