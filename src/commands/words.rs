//! What commands about workloads have in common: the argument, the empty result, the exit code.

use std::collections::BTreeSet;

use super::Terminal;
use crate::cli::{GlobalArgs, SelectArgs};
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, Named, ObjectRef};
use crate::output;
use crate::views::{self, NotFound, Target};
use crate::world::{Sight, SourceKind, World};

/// What the words of a command line name; nothing when there are none.
pub(super) fn target<'w>(world: &'w World, words: &[String], global: &GlobalArgs) -> Result<Option<Target<'w>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    views::find(world, words, namespace(global)).map(Some).map_err(not_found)
}

/// Refuses words that can name no object, a file above all, before anything is read.
pub(super) fn understood(words: &[String]) -> Result<(), CliError> {
    Named::parse(words).map(drop).map_err(|misnamed| not_found(misnamed.into()))
}

/// The objects that the words of a command line name, of any kind; nothing when there are no words.
pub(super) fn objects(world: &World, words: &[String], global: &GlobalArgs) -> Result<Option<BTreeSet<ObjectRef>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    views::objects(world, words, namespace(global)).map(Some).map_err(not_found)
}

/// The kinds that the words of a command line name, of which objects have to be read.
pub(super) fn kinds(words: &[String]) -> BTreeSet<Kind> {
    let named = Named::parse(words).unwrap_or_default();
    named.iter().flat_map(|one| one.kinds.iter().copied().chain(one.all_of())).collect()
}

/// The one namespace that the flags name.
pub(super) fn namespace(global: &GlobalArgs) -> Option<&str> {
    global.cluster.namespace()
}

/// Lets `world` show only what carries the labels of the command line; that nothing does is a slip, or may be hidden.
pub(super) fn select(args: &SelectArgs, named: &[String], world: &mut World) -> Result<(), CliError> {
    let Some(selector) = &args.selector else { return Ok(()) };
    if !named.is_empty() {
        return Err(CliError::usage("names and labels do not go together").hint("leave one of them out"));
    }
    if views::selected(world, selector).is_empty() {
        let message = format!("nothing {} has these labels", output::place(world));
        return Err(match world.index.has_hiding_gaps() {
            false => CliError::usage(message).hint("`kubectl get deployments --show-labels` lists the labels of workloads"),
            true => CliError::unreadable(message).hint("not everything could be read: it may be there all the same"),
        });
    }
    world.selector = Some(selector.clone());
    Ok(())
}

/// What is not there is the user's slip, unless it may hide in what could not be read.
pub(super) fn not_found(NotFound { message, hint, unread, .. }: NotFound) -> CliError {
    match unread {
        None => CliError::usage(message).hint(hint),
        Some(unread) => CliError::unreadable(message).hint(hint).hint(format!("it may be there all the same: {unread}")),
    }
}

/// `did you mean …?` for those of `known` that share the most words between dashes with `typed`, two at least: names of rules are sentences, and of a
/// sentence one remembers words.
pub(super) fn sharing_words(typed: &str, known: &[&str]) -> Option<String> {
    let words: Vec<String> = typed.to_ascii_lowercase().split('-').map(str::to_owned).collect();
    let shared = |id: &str| id.split('-').filter(|word| words.iter().any(|typed| typed == word)).count();
    let mut scored: Vec<_> = known.iter().map(|id| (std::cmp::Reverse(shared(id)), *id)).filter(|(n, _)| n.0 >= 2).collect();
    scored.sort_unstable();
    let near: Vec<&str> = scored.into_iter().take(3).map(|(_, id)| id).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")))
}

/// Says that nothing was found, where it was looked for, and what to do.
pub(super) fn nothing(what: &str, world: &World, terminal: &mut Terminal) {
    let looked = match world.index.inventory().len() {
        1 => "1 object was".to_owned(),
        n => format!("{n} objects were"),
    };
    terminal.note(format!("No {what} found {} ({looked} looked at).", output::place(world)));
    let advice = match (world.source.kind, world.scope().is_empty()) {
        (_, false) => "-A looks at all namespaces.",
        (SourceKind::Files, true) => "Name manifests of Deployments and their like with -f, or add --with-cluster.",
        _ => "`kubectl mesh status --demo` shows what it looks like with a mesh.",
    };
    terminal.note(advice);
}

/// Says that no mesh is here, or that this could not be found out.
pub(super) fn no_mesh(world: &World, terminal: &mut Terminal) {
    if world.traces_may_be_hidden() {
        terminal.note(format!("Whether there is a mesh {} could not be found out.", output::place(world)));
    } else {
        terminal.note(format!("No mesh found {}.", output::place(world)));
    }
}

/// Whether the pods of a namespace (empty for all that were asked for) could not be read, so that their number is not known.
pub(super) fn pods_unread(world: &World, namespace: &str) -> bool {
    let hidden = |namespace: &str| matches!(world.sight(Kind::Pod, namespace), Sight::Hidden(Some(_)));
    let scope = &world.index.inventory().scope;
    if namespace.is_empty() && !scope.is_empty() { scope.iter().any(|one| hidden(one)) } else { hidden(namespace) }
}

/// Tells which lists were refused that a plan rests on.
pub(super) fn refused(world: &World, terminal: &mut Terminal) {
    let gaps = world.index.inventory().gaps.iter().filter(|gap| matches!(gap, Gap::Forbidden { .. }));
    let told: BTreeSet<String> = gaps.map(ToString::to_string).collect();
    if !told.is_empty() {
        terminal.problem(format!("not taken into account: {}", told.into_iter().collect::<Vec<_>>().join("; ")));
    }
}

/// The exit code of a report that stands on `kinds`: no answer where pods are refused, where a server failed to give one of the kinds, or where what was
/// refused left nothing known. Who may not read all of a cluster still gets an answer about the rest, with the gaps below it.
pub(super) fn judged(world: &World, kinds: &[Kind], nothing_known: bool, terminal: &mut Terminal) -> Exit {
    let gaps: Vec<&Gap> = world.index.inventory().gaps.iter().filter(|gap| gap.hides_objects() && kinds.contains(&gap.kind())).collect();
    let failed = |gap: &&&Gap| !matches!(gap, Gap::Forbidden { .. });
    let refused = gaps.iter().any(|gap| matches!(gap, Gap::Forbidden { .. }));
    let open = pods_unread(world, "") || gaps.iter().any(|gap| failed(&gap)) || (nothing_known && refused);
    if !open {
        return Exit::Ok;
    }
    // Pods first: without them nothing else tells much.
    let missing: BTreeSet<(bool, String)> = gaps.iter().map(|gap| (gap.kind() != Kind::Pod, gap.to_string())).collect();
    let few: Vec<&str> = missing.iter().take(5).map(|(_, gap)| gap.as_str()).collect();
    terminal.problem(format!("not enough could be read to tell: {}", few.join("; ")));
    Exit::Unreadable
}
