//! `onboard -f`: the same plan, into manifests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use similar::TextDiff;

use super::{OnboardArgs, ScopeArg, chosen, intention};
use crate::cli::GlobalArgs;
use crate::cluster::files::edit::{Edit, Place, Step, Text};
use crate::commands::inject::{name_of, texts};
use crate::commands::plan::{self, calls, material};
use crate::commands::{ReadRequest, Terminal, file, load};
use crate::error::{CliError, Exit};
use crate::model::{Kind, ObjectRef, Str};
use crate::output::{clean, clean_lines};
use crate::plan::onboard::Wanted;
use crate::plan::{Plan, Seg, Target};
use crate::world::World;

/// Runs the command on files.
pub(super) async fn run(args: &OnboardArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if global.source.filename.iter().any(|path| path.as_os_str() == "-") {
        return Err(CliError::usage("onboard edits files, and standard input is none")
            .hint("`kubectl mesh inject -f -` reads standard input and writes standard output"));
    }
    if global.source.kustomize.is_some() {
        return Err(CliError::usage("onboard edits files, and a kustomization makes its objects of several")
            .hint("name the file to edit with -f FILE; `kubectl mesh inject -k DIR` writes what is built to standard output"));
    }
    let request = ReadRequest::of(&calls::kinds());
    let loaded = load::load(global, &request, terminal).await?;
    let world = &loaded.world;
    let intention = intention(args.mode, args.revision.as_deref(), global, world)?;
    let (workloads, namespace) = chosen(world, &args.service, args.all, global)?;
    let texts = texts(global)?;
    let raw = raw_objects(world, &texts, global);
    let material = material::of_files(raw);
    let wanted = Wanted {
        workloads,
        namespace: namespace.as_str().into(),
        whole_namespace: args.scope == ScopeArg::Namespace,
        extras: args.extras(intention.mode)?,
    };
    let plan = crate::plan::onboard::plan(world, &wanted, &intention, &material);
    let blocked = plan.blocks(&args.plan.force).next().is_some();
    let written = !args.plan.output.is_text();
    // Who owns an object in a cluster does not own its file.
    let mut direct = args.plan.clone();
    direct.direct = true;
    let exit = plan::carry_out(plan.clone(), &direct, global, None, terminal).await?;
    if blocked || !plan.changes() {
        return Ok(exit);
    }
    let changed = edited(&plan, &texts, global, terminal)?;
    for (path, before, after) in &changed {
        if args.write {
            put(path, before, after)?;
            terminal.note(format!("{} is written", path.display()));
        } else if !written {
            let name = clean(&path.display().to_string()).into_owned();
            let diff = TextDiff::from_lines(before, after);
            write!(terminal.out, "\n{}", clean_lines(&diff.unified_diff().header(&name, &name).to_string()))?;
        }
    }
    terminal.out.flush()?;
    if !args.write {
        terminal.note("nothing is written; --write puts it into the files");
    }
    Ok(exit)
}

/// The objects of the files, whole, by what they are.
pub(in crate::commands) fn raw_objects(world: &World, texts: &[(PathBuf, String)], global: &GlobalArgs) -> BTreeMap<ObjectRef, Value> {
    let mut found = BTreeMap::new();
    for (_, text) in texts {
        for (_, value) in Text::of(text).objects() {
            if let Some(object) = reference(world, value, global) {
                found.insert(object, value.clone());
            }
        }
    }
    found
}

/// What an object of a file is called in the world: there a namespace was put in where none is written.
pub(in crate::commands) fn reference(world: &World, value: &Value, global: &GlobalArgs) -> Option<ObjectRef> {
    let kind = Kind::of(value["apiVersion"].as_str()?, value["kind"].as_str()?)?;
    let name: Str = value["metadata"]["name"].as_str()?.into();
    let written = value["metadata"]["namespace"].as_str();
    let inventory = world.index.inventory();
    let metas = inventory
        .controllers
        .iter()
        .filter(|c| c.kind == kind)
        .map(|c| &c.metadata)
        .chain(inventory.services.iter().filter(|_| kind == Kind::Service).map(|s| &s.metadata));
    let known = || metas.into_iter().find(|meta| meta.name == name).map(|meta| meta.namespace.clone());
    let namespace = match written {
        _ if !kind.namespaced() => Str::default(),
        Some(namespace) => namespace.into(),
        None => known().unwrap_or_else(|| global.cluster.default_namespace().into()),
    };
    let api_version = value["apiVersion"].as_str().filter(|version| *version != kind.api_version()).unwrap_or_default().into();
    Some(ObjectRef { namespace, kind, name, api_version })
}

/// The files that change: name, text before and text after.
fn edited(
    plan: &Plan,
    texts: &[(PathBuf, String)],
    global: &GlobalArgs,
    terminal: &mut Terminal,
) -> Result<Vec<(PathBuf, String, String)>, CliError> {
    let mut changed = Vec::new();
    for (path, text) in texts {
        let read = Text::of(text);
        let mut edits: Vec<(Place, Vec<Edit>)> = Vec::new();
        for (place, value) in read.objects() {
            let steps = plan.steps.iter().filter(|step| step.action.writes() && is(&step.object, value, global));
            let wanted: Vec<Edit> =
                steps.flat_map(|step| &step.changes).filter_map(|change| edit(value, &change.path, change.after.as_ref())).collect();
            if !wanted.is_empty() {
                edits.push((place, wanted));
            }
        }
        let (after, refused) = read.edited(&edits);
        if let Some((at, why)) = refused.first() {
            let place = edits[*at].0;
            let name = read.objects().into_iter().find(|(at, _)| *at == place).map(|(_, value)| name_of(value)).unwrap_or_default();
            return Err(CliError::refused(format!("{}: {name} cannot be edited: {why}; nothing is written", path.display())));
        }
        if after != *text {
            changed.push((path.clone(), text.clone(), after));
        }
    }
    if changed.is_empty() {
        terminal.problem("what is to change stands in none of the files");
    }
    Ok(changed)
}

fn is(target: &Target, value: &Value, global: &GlobalArgs) -> bool {
    let namespace = value["metadata"]["namespace"].as_str();
    let assumed = global.cluster.namespace.first().map(String::as_str);
    value["kind"] == *target.kind
        && value["metadata"]["name"] == *target.name
        && (target.namespace.is_empty() || namespace.is_none_or(|namespace| namespace == target.namespace) || assumed == Some(&target.namespace))
}

/// A change as an edit of this very object, in which a port has a place.
fn edit(object: &Value, path: &[Seg], after: Option<&Value>) -> Option<Edit> {
    let mut steps = Vec::new();
    let mut at = Some(object);
    for seg in path {
        match seg {
            Seg::Key(key) => {
                steps.push(Step::Key(key.clone()));
                at = at.and_then(|at| at.get(key));
            }
            Seg::Port { port, protocol } => {
                let is = |item: &Value| item["port"].as_i64() == Some(*port) && item["protocol"].as_str().unwrap_or("TCP") == protocol;
                let index = at?.as_array()?.iter().position(is)?;
                steps.push(Step::Index(index));
                at = at.and_then(|at| at.get(index));
            }
        }
    }
    Some(Edit::new(steps, after.and_then(Value::as_str)))
}

/// Writes the new text where the old one stands.
fn put(path: &Path, before: &str, after: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::usage(format!("cannot write {}: {error}", path.display()));
    let target = fs::canonicalize(path).map_err(failed)?;
    if fs::read_to_string(&target).map_err(failed)? != before {
        return Err(CliError::usage(format!("{} changed while the plan was made: nothing is written", path.display())));
    }
    let permissions = fs::metadata(&target).map_err(failed)?.permissions();
    file::put(&target, Some(permissions), true, |out| out.write_all(after.as_bytes())).map_err(failed)
}
