//! Where rules put what they find.

use crate::checks::Check;
use crate::index::Workload;
use crate::model::{Kind, Meta, ObjectRef, Subject, nearest};
use crate::report::{Finding, Location, Severity, Skipped};
use crate::world::{Sight, SourceKind, World};

/// Collects the findings of one rule.
#[derive(Debug)]
pub struct Findings<'w> {
    world: &'w World,
    check: &'static Check,
    remotes: Vec<&'w World>,
    pub(super) found: Vec<Finding>,
    pub(super) unknown: Vec<Skipped>,
}

impl<'w> Findings<'w> {
    pub(super) fn new(world: &'w World, check: &'static Check) -> Self {
        let remotes = world.remotes.iter().filter(|remote| remote.index.hidden(check.remote).is_none()).collect();
        Self { world, check, remotes, found: Vec::new(), unknown: Vec::new() }
    }

    /// The other clusters of which everything was seen that this rule reads.
    pub fn remotes(&self) -> &[&'w World] {
        &self.remotes
    }

    /// Why the rest of them were not, cluster by cluster.
    pub fn unseen(&self) -> impl Iterator<Item = String> + use<'w> {
        let (world, check) = (self.world, self.check);
        world.remotes.iter().filter_map(|remote| Some(format!("cluster {}: {}", remote.source.name, remote.index.hidden(check.remote)?)))
    }

    /// Reports that something is wrong with `object` at `path` (empty for the object as a whole), and how to fix it.
    pub fn add(&mut self, object: &impl Subject, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> &mut Finding {
        self.push(object.reference(), object.meta(), path.into(), message.into(), hint.into())
    }

    /// Reports something about an object that could not be decoded or need not exist.
    pub fn add_unread(&mut self, object: &ObjectRef, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> &mut Finding {
        self.push(object.clone(), &Meta::default(), path.into(), message.into(), hint.into())
    }

    /// Reports something about the cluster as a whole; `path` names the part of it.
    pub fn add_cluster(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> &mut Finding {
        self.add_unread(&self.world.cluster(), path, message, hint)
    }

    /// Reports something about a workload; `path` is relative to its pod template (`spec.containers[0]…`, `metadata.labels…`),
    /// empty for the workload as a whole.
    pub fn add_workload(&mut self, workload: &Workload, path: &str, message: impl Into<String>, hint: impl Into<String>) -> &mut Finding {
        let index = &self.world.index;
        let full = match (index.template_path(workload), path) {
            (_, "") | ("", _) => path.to_owned(),
            (template, path) => format!("{template}.{path}"),
        };
        self.push(workload.reference.clone(), index.workload_meta(workload), full, message.into(), hint.into())
    }

    /// Reports that `object` refers, at `path`, to something of one of `kinds` in `namespace` (empty for anywhere) that is not there.
    ///
    /// How much that means depends on what was seen. In a cluster that was read, it is a finding like any other. Files tell it only of namespaces
    /// whose objects of the kind they hold; elsewhere it is a note that the object is not among the files. And where a gap hides the kind,
    /// nothing is reported: the rule notes that it cannot tell.
    pub fn missing(
        &mut self,
        object: &impl Subject,
        path: impl Into<String>,
        kinds: &[(Kind, &str)],
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<&mut Finding> {
        let world = self.world;
        let meta = object.meta();
        let sights: Vec<(Kind, &str, Sight)> = kinds.iter().map(|(kind, ns)| (*kind, *ns, self.sight(meta, *kind, ns))).collect();
        if let Some((kind, namespace, Sight::Hidden(gap))) = sights.iter().find(|(_, _, s)| matches!(s, Sight::Hidden(_))) {
            let why = gap.as_ref().map_or_else(|| format!("{} of namespace {namespace} were not read", kind.resource()), ToString::to_string);
            self.cannot_tell(&object.reference(), why);
            return None;
        }
        if let Some(gap) = kinds.iter().find_map(|(kind, ns)| world.index.undecoded(*kind, ns)) {
            self.cannot_tell(&object.reference(), gap.to_string());
            return None;
        }
        if sights.iter().any(|(_, _, s)| *s == Sight::Clear) {
            return Some(self.add(object, path, message, hint));
        }
        let hint = format!("{} The files hold {}: add --with-cluster to judge by the cluster too.", hint.into(), nothing_of(kinds));
        let finding = self.add(object, path, not_among_files(&message.into()), hint);
        finding.severity(Severity::Info);
        Some(finding)
    }

    /// How clearly objects of a kind are seen from where an object stands. Files that name no namespace are of as many as there are folders: what
    /// one of them lacks, only its own folder tells.
    fn sight(&self, from: &Meta, kind: Kind, namespace: &str) -> Sight {
        let sight = self.world.sight(kind, namespace);
        let inventory = self.world.index.inventory();
        let assumed = || inventory.assumed_namespace.as_ref().is_some_and(|assumed| assumed == namespace);
        // What is looked for in another namespace may be among what names none.
        let homeless = || inventory.assumed_namespace.as_ref().is_some_and(|assumed| assumed != namespace && self.world.index.holds(kind, assumed));
        if sight == Sight::Clear && kind.namespaced() && homeless() {
            return Sight::NotInFiles;
        }
        let folder =
            |meta: &Meta| meta.origin.as_ref().and_then(|origin| std::path::Path::new(origin.file.as_str()).parent().map(std::path::Path::to_owned));
        if sight != Sight::Clear || !kind.namespaced() || !assumed() {
            return sight;
        }
        let Some(home) = folder(from) else { return sight };
        let beside =
            inventory.metas().any(|(k, meta)| k == kind && meta.namespace == namespace && folder(meta).is_some_and(|at| at.starts_with(&home)));
        if beside { sight } else { Sight::NotInFiles }
    }

    /// Reports, as [`Findings::missing`] does, one object that is not there; where another tool makes it of what the files hold, that is only worth
    /// knowing.
    pub fn missing_named(
        &mut self,
        object: &impl Subject,
        path: impl Into<String>,
        (kind, namespace, name): (Kind, &str, &str),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<&mut Finding> {
        let files = self.world.source.kind == SourceKind::Files;
        let hint = if files && self.is_elsewhere((kind, namespace, name)) {
            "Some of the files name no namespace: -n says which is meant."
        } else if files && kind == Kind::Service && is_of_gateway(name) {
            "Gateways are installed apart from what uses them: add --with-cluster to judge by the cluster too."
        } else if files && self.is_beside_chart(object.meta(), kind) {
            "A Helm chart installs more than the files beside its values show: add --with-cluster to judge by the cluster too."
        } else if self.world.is_made(kind, namespace, name) {
            "The files have another tool make it: see in the cluster whether it did."
        } else if files && matches!(kind, Kind::Secret | Kind::ConfigMap) && !self.shows_certificates((kind, namespace, name)) {
            "Certificates are seldom kept with manifests: add --with-cluster to judge by the cluster too."
        } else if files && kind == Kind::Service && self.world.lacks_most_services(namespace) {
            "The files hold few of the Services that their routes lead to: add --with-cluster to judge by the cluster too."
        } else {
            return self.missing(object, path, &[(kind, namespace)], message, hint);
        };
        let finding = self.add(object, path, not_among_files(&message.into()), hint);
        finding.severity(Severity::Info);
        Some(finding)
    }

    /// Whether an object stands in the namespace that objects without one were taken for, while it is looked for in another, or the reverse.
    fn is_elsewhere(&self, (kind, namespace, name): (Kind, &str, &str)) -> bool {
        let inventory = self.world.index.inventory();
        inventory.assumed_namespace.as_ref().is_some_and(|assumed| {
            let fits = |meta: &Meta| meta.name == name && (assumed == namespace || meta.namespace == *assumed);
            kind.namespaced() && inventory.metas().any(|(k, meta)| k == kind && fits(meta))
        })
    }

    /// Whether the files show that a certificate is missing, of which they seldom hold all: they have others of its namespace made, or hold one of
    /// nearly this name, or of this name in another namespace.
    fn shows_certificates(&self, (kind, namespace, name): (Kind, &str, &str)) -> bool {
        let index = &self.world.index;
        let objects = || index.objects(kind).iter().map(|object| &object.meta);
        let here = objects().filter(|meta| meta.namespace == namespace).map(|meta| meta.name.as_str());
        index.makes(kind, namespace) || !nearest(name, here).is_empty() || objects().any(|meta| meta.name == name)
    }

    /// Whether values for a Helm chart lie beside the file that an object stands in.
    fn is_beside_chart(&self, meta: &Meta, kind: Kind) -> bool {
        let directories = &self.world.index.inventory().helm_directories;
        let native = matches!(kind.group(), "" | "apps" | "batch");
        let directory = meta.origin.as_ref().and_then(|origin| origin.file.rsplit_once('/')).map(|(directory, _)| directory);
        native && directory.is_some_and(|directory| directories.contains(directory))
    }

    /// Notes that this rule cannot tell about `object`, and why.
    pub fn cannot_tell(&mut self, object: &ObjectRef, why: impl Into<String>) {
        self.unknown.push(Skipped { rule: self.check.id, because: format!("{object}: {}", why.into()), unread: true });
    }

    fn push(&mut self, object: ObjectRef, meta: &Meta, path: String, message: String, hint: String) -> &mut Finding {
        let location = meta.locate(&path).map(|(file, span)| Location { file: file.clone(), span });
        self.found.push(Finding {
            rule: self.check.id,
            aliases: self.check.aliases.to_vec(),
            severity: self.check.severity,
            category: self.check.category,
            mesh: self.check.mesh,
            object,
            path: Some(path).filter(|p| !p.is_empty()),
            location,
            message: shortened(message),
            hint,
            detail: None,
            namesakes_before: 0,
            related: Vec::new(),
            related_more: 0,
            fix: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

/// Whether a Service is called as Istio's charts call those of gateways.
fn is_of_gateway(name: &str) -> bool {
    ["ingressgateway", "egressgateway", "eastwestgateway"].iter().any(|of| name.ends_with(of))
}

/// `no Service of namespace "pay" and no ServiceEntry`.
fn nothing_of(kinds: &[(Kind, &str)]) -> String {
    let words = kinds.iter().map(|(kind, namespace)| match (*kind, *namespace) {
        (Kind::Namespace | Kind::GatewayClass, _) => format!("not every {kind}"),
        (_, "") => format!("no {kind}"),
        _ => format!("no {kind} of namespace {namespace:?}"),
    });
    let mut words: Vec<String> = words.collect();
    words.dedup();
    words.join(" and ")
}

/// What a message says about something that does not exist, said of something that the files do not show; what would follow from its absence is
/// left out.
fn not_among_files(message: &str) -> String {
    const ABSENT: &str = "does not exist";
    match message.split_once(ABSENT) {
        Some((before, after)) => format!("{before}is not among the files{}", after.split(": ").next().unwrap_or_default()),
        None => format!("as far as the files show, {message}"),
    }
}

/// The longest message that is kept. Rules name a few of many objects; where one names all, a finding for each would grow with their square.
const LONGEST: usize = 2000;

fn shortened(mut message: String) -> String {
    if message.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| message.is_char_boundary(*at)).unwrap_or_default();
        message.truncate(end);
        message.push_str(" … and more");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::{not_among_files, nothing_of};
    use crate::model::Kind;

    #[test]
    fn a_note_claims_no_more_than_the_files_show() {
        let told = not_among_files("Secret \"tls\" does not exist in namespace \"edge\": the listener does not come up");
        assert_eq!(told, "Secret \"tls\" is not among the files in namespace \"edge\"");
        assert_eq!(not_among_files("no workload has the label a=b"), "as far as the files show, no workload has the label a=b");
        assert_eq!(nothing_of(&[(Kind::Service, "pay"), (Kind::ServiceEntry, "")]), "no Service of namespace \"pay\" and no ServiceEntry");
    }
}
