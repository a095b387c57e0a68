//! A world and what it becomes by a change: files laid over it, objects taken out of it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Loaded, ReadRequest, load, plain};
use crate::cli::GlobalArgs;
use crate::cluster::files;
use crate::cluster::overlay;
use crate::commands::Terminal;
use crate::error::CliError;
use crate::model::{Inventory, ObjectRef, Subject};
use crate::world::SourceKind;

/// What is compared with what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// Files that stand for the cluster, or one snapshot of it.
    pub(crate) base: Vec<PathBuf>,
    /// The revision whose files are the state before.
    pub(crate) from_git: Option<String>,
    /// Objects that go away.
    pub(crate) delete: Vec<String>,
}

/// The world before and after.
pub(crate) async fn change(
    global: &GlobalArgs,
    change: &Change,
    request: &ReadRequest,
    terminal: &mut Terminal,
) -> Result<(Loaded, Loaded), CliError> {
    let namespace = global.cluster.default_namespace();
    let source = &global.source;
    let changed = if source.paths().is_empty() {
        Inventory::default()
    } else {
        let mut read = files::read(source.search(namespace), &mut io::stdin().lock())?;
        // A change of which a part cannot be read is no change to judge.
        if let Some(error) = read.broken.pop() {
            return Err(error.into());
        }
        read.inventory
    };
    let base = || {
        let mut base = global.clone();
        base.source.with_cluster = false;
        base.source.kustomize = None;
        match change.base.as_slice() {
            [only] if is_snapshot(only) => (base.source.filename, base.source.snapshot) = (Vec::new(), Some(only.clone())),
            files => base.source.filename = files.to_vec(),
        }
        base
    };
    let before = match &change.from_git {
        Some(revision) => {
            if let Some(directory) = &source.kustomize {
                let directory = directory.display();
                return Err(CliError::usage("--from-git reads files as they stand at a revision, and builds no kustomization there")
                    .hint(format!("check the revision out beside: `git worktree add ../before {revision}`, then `--base ../before/{directory}`")));
            }
            let old = at_revision(revision, &source.filename, namespace)?;
            let name = format!("revision {revision}");
            let elsewhere = source.with_cluster || !change.base.is_empty() || source.demo || source.snapshot.is_some();
            if elsewhere {
                let below = load(&base(), request, terminal).await?;
                let (inventory, _) = overlay::lay(old, below.world.index.inventory().clone());
                plain(inventory, SourceKind::Overlay, &name, global)
            } else {
                plain(old, SourceKind::Files, &name, global)
            }
        }
        None => load(&base(), request, terminal).await?,
    };
    let kept = before.world.index.inventory().clone();
    let revised = change.from_git.is_some();
    // What a revision's files no longer hold is gone; what is laid over a cluster leaves the rest as it is.
    let below = if revised { without(kept, &gone(&before, &changed)) } else { kept };
    let (inventory, _) = overlay::lay(changed, below);
    let mut after = plain(inventory, SourceKind::Overlay, &before.world.source.name, global);
    let deleted = crate::commands::words::objects(&after.world, &change.delete, global)?.unwrap_or_default();
    if !deleted.is_empty() {
        let inventory = without(after.world.index.inventory().clone(), &deleted.into_iter().collect::<Vec<_>>());
        after = plain(inventory, SourceKind::Overlay, &before.world.source.name, global);
    }
    Ok((before, after))
}

/// Whether a file is what `snapshot` saves, by its name.
fn is_snapshot(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".tar.zst")
}

/// Objects that came from the files of a revision and are not in the files any more.
fn gone(before: &Loaded, now: &Inventory) -> Vec<ObjectRef> {
    let key = |o: &ObjectRef| (o.kind, o.namespace.clone(), o.name.clone());
    let still: std::collections::BTreeSet<_> = references(now, false).iter().map(key).collect();
    references(before.world.index.inventory(), true).into_iter().filter(|o| !still.contains(&key(o))).collect()
}

fn references(inventory: &Inventory, from_files: bool) -> Vec<ObjectRef> {
    let wanted = |object: &&dyn Subject| !from_files || object.meta().origin.as_ref().is_some_and(|o| o.file.starts_with(GIT));
    inventory.subjects().filter(wanted).map(Subject::reference).collect()
}

fn without(mut inventory: Inventory, objects: &[ObjectRef]) -> Inventory {
    let is = |o: &ObjectRef, object: &dyn Subject| o.kind == object.kind() && o.namespace == object.meta().namespace && o.name == object.meta().name;
    inventory.retain(|object| !objects.iter().any(|o| is(o, object)));
    inventory
}

/// What names of files begin with that came out of git.
const GIT: &str = "git:";

/// The manifests below `paths` at a revision.
fn at_revision(revision: &str, paths: &[PathBuf], namespace: &str) -> Result<Inventory, CliError> {
    if revision.starts_with('-') {
        return Err(CliError::usage(format!("{revision:?} is no revision")));
    }
    if paths.is_empty() {
        return Err(CliError::usage("--from-git compares files, and none are named").hint("name them with -f"));
    }
    let mut all = Inventory::default();
    for path in paths {
        let (directory, name) = if path.is_dir() {
            (path.as_path(), Path::new("."))
        } else {
            (path.parent().unwrap_or(Path::new(".")), Path::new(path.file_name().unwrap_or_default()))
        };
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let listed = git(directory, &["ls-tree", "-r", "--name-only", "-z", revision, "--", &name.to_string_lossy()])?;
        let manifests = listed.split('\0').filter(|f| [".yaml", ".yml", ".json"].iter().any(|end| f.ends_with(end)));
        for file in manifests {
            let text = git(directory, &["show", &format!("{revision}:./{file}")])?;
            all.append(files::parse(&format!("{GIT}{revision}:{file}"), &text, namespace)?.inventory);
        }
    }
    Ok(all)
}

fn git(directory: &Path, args: &[&str]) -> Result<String, CliError> {
    let run = Command::new("git").arg("-C").arg(directory).args(args).output();
    let output = run.map_err(|e| CliError::usage(format!("cannot run git: {e}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(CliError::usage(format!("git {} failed: {said}", args.first().copied().unwrap_or_default())));
    }
    String::from_utf8(output.stdout).map_err(|_| CliError::usage("git gave something that is no text"))
}
