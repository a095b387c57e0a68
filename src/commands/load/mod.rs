//! From flags to a [`World`]: the one place where a source is chosen.

mod change;
mod namespace;
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
use crate::cli::GlobalArgs;
use crate::cluster::files::{self, Ignored, Manifests};
use crate::cluster::live::{ConnectOptions, Connection, Overrides, Progress, Scope, Trace, Wanted, connect};
use crate::cluster::snapshot::{self, Taken};
use crate::cluster::{demo, overlay};
use crate::error::CliError;
use crate::index::Index;
use crate::mesh::install::Install;
use crate::model::{Coverage, Gap, Inventory, Kind, ObjectRef, Str, did_you_mean};
use crate::output::counted;
use crate::report::BadInput;
use crate::world::{SourceInfo, SourceKind, World};
pub(crate) use change::{Change, change};
pub(crate) use remotes::{RemoteArgs, Remotes};

/// What finding the meshes takes, whatever a command is about.
const ALWAYS: &[Kind] = &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::DaemonSet, Kind::Service, Kind::MutatingWebhookConfiguration];
/// Kinds that pods tell enough about: a cluster has ten old ReplicaSets for each Deployment, and none of them runs.
const SEEN_IN_PODS: &[Kind] = &[Kind::ReplicaSet, Kind::ReplicationController, Kind::Job];
/// Kinds of which only names, labels and annotations are asked.
const METADATA_ONLY: &[Kind] = &[Kind::ServiceAccount, Kind::ClusterRole, Kind::ClusterRoleBinding];
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
    /// Whether the roots that Istio hands out to every namespace are read.
    pub roots: bool,
    /// What is to be installed: then a live cluster is asked what that takes.
    pub install: Option<Install>,
}

impl ReadRequest {
    /// Everything that any command reads.
    pub fn everything() -> Self {
        Self { kinds: Kind::ALL.iter().copied().collect(), roots: true, ..Self::default() }
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
    /// Where files hold the same objects differently, each choice between them.
    pub alternatives: Vec<Inventory>,
    /// All of them beside each other.
    pub union: Inventory,
}

impl Loaded {
    /// The worlds that its files may be meant for, where there are several, each made when it is asked for; and the one that holds all of them.
    pub(crate) fn take_alternatives(&mut self) -> (impl Iterator<Item = World> + use<>, World) {
        let (source, now, install) = (self.world.source.clone(), self.world.now, self.world.install.clone());
        let world = move |inventory| {
            let mut world = World::new(Index::new(inventory), source.clone(), now);
            world.install = install.clone();
            world
        };
        let union = world(std::mem::take(&mut self.union));
        (std::mem::take(&mut self.alternatives).into_iter().map(world), union)
    }

    /// Documents that are probably a mistake. The rest is judged all the same, and the run is no success: passing over them would be a wrong "fine".
    pub fn bad_input(&self) -> Vec<BadInput> {
        let broken = self.broken.iter().cloned();
        let bad = self.ignored.iter().filter(|ignored| ignored.suspicious || ignored.misspelt);
        bad.map(|ignored| BadInput { file: ignored.file.clone(), line: ignored.line, detail: ignored.what.clone() }).chain(broken).collect()
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
    let manifests = if source.filename.is_empty() { None } else { Some(manifests(global, terminal)?) };
    let Some(manifests) = manifests else {
        let (inventory, context) = cluster(global, request, terminal).await?;
        return Ok(plain(inventory, SourceKind::Cluster, &context, global));
    };
    let name = source.filename.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let Manifests { inventory: files, ignored, broken, alternatives, union, .. } = manifests;
    let broken: Vec<BadInput> =
        broken.iter().map(|error| BadInput { file: error.file().into(), line: error.line(), detail: error.to_string() }).collect();
    if !source.with_cluster {
        return Ok(Loaded { ignored, broken, alternatives, union, ..plain(files, SourceKind::Files, &name, global) });
    }
    let (cluster, context) = cluster(global, request, terminal).await?;
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
        alternatives: Vec::new(),
        union: Inventory::default(),
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
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside: Vec<String> =
        std::fs::read_dir(directory).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    did_you_mean(&name, beside.iter().map(String::as_str)).into_iter().fold(error, CliError::hint)
}

fn manifests(global: &GlobalArgs, terminal: &mut Terminal) -> Result<Manifests, CliError> {
    let source = &global.source;
    let namespace = global.cluster.default_namespace();
    let bar = Bar::new(terminal.progress && source.filename.iter().all(|path| path.as_os_str() != "-"));
    bar.say(format!("reading {}", source.filename.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")));
    let search = files::Search { paths: &source.filename, recursive: source.recursive, excludes: &source.exclude, namespace };
    let manifests = files::read(search, &mut io::stdin().lock()).map_err(|error| {
        let missing = source.filename.iter().find(|path| path.as_os_str() != "-" && !path.exists());
        missing.into_iter().fold(CliError::from(error), |error, path| with_near_file(error, path))
    })?;
    let mut manifests = manifests;
    if !global.cluster.namespace.is_empty() {
        manifests.inventory.assumed_namespace = None;
        let others = manifests.alternatives.iter_mut().chain([&mut manifests.union]);
        others.for_each(|inventory| inventory.assumed_namespace = None);
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
    if manifests.inventory.is_empty() && manifests.inventory.gaps.is_empty() && manifests.ignored.is_empty() && manifests.passed_over.is_empty() {
        let names: Vec<String> = source.filename.iter().map(|path| path.display().to_string()).collect();
        let error = CliError::usage(format!("no objects in {}", names.join(", ")));
        return Err(if source.recursive {
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

async fn cluster(global: &GlobalArgs, request: &ReadRequest, terminal: &mut Terminal) -> Result<(Inventory, String), CliError> {
    let args = &global.cluster;
    let connection = connection(global, args.context.as_deref()).await?;
    let bar = Bar::new(terminal.progress);
    bar.say(format!("connecting to {}", connection.server()));
    let only = strings(args.namespaces());
    let scope = if only.is_empty() || request.everywhere { Scope::All } else { Scope::Some(only.clone()) };
    let kinds: BTreeSet<Kind> = request.kinds.iter().chain(ALWAYS).copied().collect();
    let mut inventory = read(&connection, kinds.clone(), request.roots, scope.clone(), &bar).await?;
    let refused = [Kind::Pod, Kind::Service, Kind::Deployment].iter().any(|kind| refused_everywhere(&inventory, *kind));
    if scope == Scope::All && refused && !args.all_namespaces {
        let instead = if only.is_empty() { BTreeSet::from([Str::from(connection.namespace())]) } else { only.clone() };
        let names = instead.iter().map(crate::model::Str::as_str).collect::<Vec<_>>().join(", ");
        terminal.note(format!("may not list cluster-wide: looking at namespace {names} only (-n chooses another, -A insists)"));
        inventory = read(&connection, kinds, request.roots, Scope::Some(instead), &bar).await?;
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
    Ok((inventory, name.to_owned()))
}

/// `12 pods, 3 services`, the most first.
fn by_kind(inventory: &Inventory) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    inventory.metas().for_each(|(kind, _)| *counts.entry(kind).or_default() += 1);
    let mut all: Vec<(usize, &str)> = counts.into_iter().map(|(kind, n)| (n, kind.plural())).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    all.iter().map(|(n, kind)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ")
}

/// The lists whose changes matter to what `request` reads: what `read` lists, and the configuration of control planes.
pub(crate) fn watched_kinds(global: &GlobalArgs, request: &ReadRequest) -> BTreeSet<(Kind, Str)> {
    let kinds = request.kinds.iter().chain(ALWAYS).filter(|kind| !SEEN_IN_PODS.contains(kind) && !matches!(kind, Kind::ConfigMap | Kind::Secret));
    let scope = strings(global.cluster.namespaces());
    let everywhere = BTreeSet::from([Str::default()]);
    let scope = if scope.is_empty() || request.everywhere { everywhere } else { scope };
    let of = |kind: Kind| if kind.namespaced() { scope.clone() } else { BTreeSet::from([Str::default()]) };
    let lists = kinds.flat_map(|kind| of(*kind).into_iter().map(|namespace| (*kind, namespace)));
    lists.chain(CONTROL_PLANES.map(|plane| (Kind::ConfigMap, Str::from(plane)))).collect()
}

fn refused_everywhere(inventory: &Inventory, kind: Kind) -> bool {
    inventory.gaps.iter().any(|gap| matches!(gap, Gap::Forbidden { kind: k, namespace, .. } if *k == kind && namespace.is_empty()))
}

/// Reads these kinds and the ConfigMaps of control planes, then those of control planes that turned out to live elsewhere and the Secrets that
/// objects name.
async fn read(connection: &Connection, mut kinds: BTreeSet<Kind>, roots: bool, scope: Scope, progress: &dyn Progress) -> Result<Inventory, CliError> {
    let through_pods: Vec<Kind> = SEEN_IN_PODS.iter().copied().filter(|k| kinds.remove(k)).collect();
    kinds.remove(&Kind::ConfigMap);
    let mut wanted = Wanted::new(scope.clone(), kinds.iter().copied());
    wanted.metadata_only = METADATA_ONLY.iter().copied().filter(|k| kinds.contains(k)).collect();
    for plane in CONTROL_PLANES {
        wanted.extra.extend(of_control_plane(plane, &kinds, &scope));
    }
    if roots {
        let namespaces = if let Scope::Some(namespaces) = &scope { namespaces.clone() } else { BTreeSet::from([Str::default()]) };
        wanted.labelled.extend(namespaces.into_iter().map(|namespace| (Kind::ConfigMap, namespace, "istio.io/config=true")));
    }
    if let Scope::Some(namespaces) = &scope {
        wanted.extra.extend(namespaces.iter().map(|namespace| (Kind::Namespace, Str::default(), Some(namespace.clone()))));
    }
    let mut inventory = connection.read(&wanted, progress).await?;
    let elsewhere: BTreeSet<Str> = control_planes(&inventory).into_iter().filter(|ns| !CONTROL_PLANES.contains(&ns.as_str())).collect();
    let mut more = Wanted::new(scope.clone(), []);
    more.extra = elsewhere.iter().flat_map(|plane| of_control_plane(plane, &kinds, &scope)).collect();
    if inventory.coverage.get(&Kind::Secret) == Some(&Coverage::Complete) {
        let remote = secrets::of_registries(&inventory).into_iter().chain(elsewhere);
        more.labelled = remote.map(|namespace| (Kind::Secret, namespace, secrets::REMOTE)).collect();
        more.extra.extend(secrets::named(&inventory).into_iter().map(|(namespace, name)| (Kind::Secret, namespace, Some(name))));
    }
    if !more.extra.is_empty() || !more.labelled.is_empty() {
        let mut found = connection.read(&more, progress).await?;
        merge_coverage(&mut found.coverage, &inventory.coverage);
        inventory.append(found);
    }
    once_each(&mut inventory);
    for kind in through_pods {
        if let Some(pods) = inventory.coverage.get(&Kind::Pod).copied() {
            inventory.coverage.insert(kind, pods);
        }
    }
    Ok(inventory)
}

/// An authority's Secret of type `kubernetes.io/tls` comes with the list and by name, the roots of a control plane's namespace by label as well.
fn once_each(inventory: &mut Inventory) {
    let mut seen = BTreeSet::new();
    let twice = |kind: Kind| matches!(kind, Kind::Secret | Kind::ConfigMap);
    inventory.objects.retain(|o| !twice(o.kind) || seen.insert((o.kind, o.meta.namespace.clone(), o.meta.name.clone())));
}

/// What a control plane's namespace holds that rules about other namespaces read.
fn of_control_plane(namespace: &str, kinds: &BTreeSet<Kind>, scope: &Scope) -> Vec<(Kind, Str, Option<Str>)> {
    let mut extra = vec![(Kind::ConfigMap, Str::from(namespace), None)];
    if kinds.contains(&Kind::Secret) {
        extra.extend(AUTHORITIES.map(|name| (Kind::Secret, Str::from(namespace), Some(Str::from(name)))));
    }
    if matches!(scope, Scope::Some(some) if !some.contains(namespace)) {
        let own = kinds.iter().filter(|k| k.namespaced() && **k != Kind::Secret);
        extra.extend(own.map(|kind| (*kind, Str::from(namespace), None)));
    }
    extra
}

/// Namespaces in which control planes run, by their pods' labels and their webhooks' Services.
fn control_planes(inventory: &Inventory) -> BTreeSet<Str> {
    let labels = |pod: &&crate::model::Pod| {
        let labels = &pod.metadata.labels;
        labels.is("app", "istiod") || labels.has("linkerd.io/control-plane-component")
    };
    let mut found: BTreeSet<Str> = inventory.pods.iter().filter(labels).map(|p| p.metadata.namespace.clone()).collect();
    let webhooks = inventory.objects.iter().filter(|o| o.kind == Kind::MutatingWebhookConfiguration);
    for webhook in webhooks.flat_map(|o| o.root().list("webhooks").collect::<Vec<_>>()) {
        let ours = ["istio.io", "linkerd.io"].iter().any(|suffix| webhook.text("name").ends_with(suffix));
        if let Some(namespace) = webhook.at(["clientConfig", "service", "namespace"]).and_then(|n| n.str()).filter(|_| ours) {
            found.insert(namespace.into());
        }
    }
    found
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
