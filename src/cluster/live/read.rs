//! Reading all that is wanted, and saying for each kind how completely that worked.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use tokio::sync::Semaphore;

use super::discovery::{Discovery, Versions, is_custom};
use super::error::ReadError;
use super::http::{Ask, Failure};
use super::list::{self, List, Listed};
use super::{Connection, Progress, page};
use crate::model::{Access, Coverage, Gap, Inventory, Kind, Str};

/// Lists under way at once; each may have two pages on the wire, within the limit on connections.
const LISTS: usize = 6;

/// Which namespaces are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// These, and cluster-scoped objects.
    Some(BTreeSet<Str>),
}

/// What to read.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Kinds to list. Of Secrets only certificates of type `kubernetes.io/tls` are listed; ConfigMaps belong into `extra`.
    pub kinds: BTreeSet<Kind>,
    /// Kinds of which names, labels and annotations suffice: far smaller answers.
    pub metadata_only: BTreeSet<Kind>,
    /// Where.
    pub scope: Scope,
    /// Single objects (by namespace and name), or a kind's objects in one more namespace (without a name): what rules need from a control plane's
    /// namespace when the scope is another. An object that is not there is no gap.
    pub extra: Vec<(Kind, Str, Option<Str>)>,
    /// A kind's objects in a namespace that carry a label.
    pub labelled: Vec<(Kind, Str, &'static str)>,
}

impl Wanted {
    /// These kinds, whole, and nothing else.
    pub fn new(scope: Scope, kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self { kinds: kinds.into_iter().collect(), metadata_only: BTreeSet::new(), scope, extra: Vec::new(), labelled: Vec::new() }
    }

    /// Leaves out of what is extra or labelled what was asked already.
    pub fn without(&mut self, asked: &BTreeSet<Question>) {
        self.extra.retain(|(kind, namespace, name)| !asked.contains(&Question::new(*kind, namespace, name.clone(), None)));
        self.labelled.retain(|(kind, namespace, label)| !asked.contains(&Question::new(*kind, namespace, None, Some(label))));
    }

    /// The questions that this takes.
    pub fn questions(&self) -> BTreeSet<Question> {
        questions(self).0.into_iter().collect()
    }
}

/// One question to the server: a list, or one object by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub(super) kind: Kind,
    /// Empty for all namespaces, and for what is in none.
    pub(super) namespace: Str,
    pub(super) name: Option<Str>,
    pub(super) label: Option<&'static str>,
}

impl Question {
    fn new(kind: Kind, namespace: &Str, name: Option<Str>, label: Option<&'static str>) -> Self {
        let namespace = if kind.namespaced() { namespace.clone() } else { Str::default() };
        Self { kind, namespace, name, label }
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The right that asking it takes.
    pub fn access(&self) -> Access {
        Access::of(if self.name.is_some() { "get" } else { "list" }, self.kind, &self.namespace)
    }
}

impl Connection {
    /// Reads all that is wanted. What cannot be read is a gap and the rest goes on; only when nothing at all was answered, or everything with
    /// "who are you?", there is no inventory.
    pub async fn read(&self, wanted: &Wanted, progress: &dyn Progress) -> Result<Inventory, ReadError> {
        let (mut jobs, spare) = questions(wanted);
        let custom: BTreeSet<Kind> = jobs.iter().map(|job| job.kind).filter(|kind| is_custom(*kind)).collect();
        let custom: Vec<Kind> = custom.into_iter().collect();
        let found = tokio::sync::OnceCell::new();
        let discover = async || {
            let load = || Discovery::load(&self.http, self.cache.as_ref(), &custom);
            found.get_or_init(async || if custom.is_empty() { Ok(Discovery::unknown()) } else { load().await }).await
        };
        let turns = Semaphore::new(LISTS);
        let ask = async |job: &Question| {
            let discovery = if is_custom(job.kind) { discover().await.clone() } else { Ok(Discovery::unknown()) };
            match discovery {
                Ok(discovery) => {
                    // Never closed, so that there is always a turn.
                    let _turn = turns.acquire().await;
                    self.answer(job, &discovery, wanted, progress).await
                }
                Err(failure) => Listed { failure: Some(failure), ..Listed::default() },
            }
        };
        let mut answers = join_all(jobs.iter().map(&ask)).await;
        self.verdict(&answers)?;
        let nothing = |answer: &Listed| answer.failure.is_some() && answer.objects.is_empty();
        let failed: BTreeSet<&Question> = jobs.iter().zip(&answers).filter(|(_, answer)| nothing(answer)).map(|(job, _)| job).collect();
        let again: Vec<Question> = spare.into_iter().filter(|(list, _)| failed.contains(list)).map(|(_, job)| job).collect();
        answers.extend(join_all(again.iter().map(&ask)).await);
        jobs.extend(again);

        let mut inventory = Inventory::default();
        for (job, answer) in jobs.iter().zip(answers) {
            inventory.append(answer.objects);
            if let (Some(name), Some(Failure::NotFound)) = (&job.name, &answer.failure) {
                inventory.absent.insert((job.kind, job.namespace.clone(), name.clone()));
            }
            inventory.gaps.extend(answer.failure.and_then(|failure| gap(job, &failure)));
        }
        if let Scope::Some(namespaces) = &wanted.scope {
            inventory.scope = namespaces.clone();
            let outside = |job: &&Question| job.kind.namespaced() && !namespaces.contains(&job.namespace);
            inventory.also_read = jobs.iter().filter(outside).map(|job| (job.kind, job.namespace.clone())).collect();
        }
        inventory.coverage = coverage(&jobs, &inventory.gaps);
        inventory.gaps.sort();
        Ok(inventory)
    }

    async fn answer(&self, job: &Question, discovery: &Discovery, wanted: &Wanted, progress: &dyn Progress) -> Listed {
        let failed = |failure| Listed { failure: Some(failure), ..Listed::default() };
        let versions = match discovery.versions(job.kind) {
            Versions::Try(versions) => versions,
            Versions::None => return failed(Failure::NotFound),
            Versions::Strange(served) => {
                return failed(Failure::Other(format!("the server has it only as {}, which this version does not understand", served.join(", "))));
            }
        };
        for version in versions {
            let listed = match &job.name {
                Some(name) => self.one(job, &version, name).await,
                None => self.list(job, version, wanted).read(&self.http, &self.decoders, progress).await,
            };
            if listed.failure != Some(Failure::NotFound) {
                return listed;
            }
        }
        failed(Failure::NotFound)
    }

    fn list(&self, job: &Question, version: String, wanted: &Wanted) -> List {
        List {
            kind: job.kind,
            version,
            namespace: job.namespace.clone(),
            label: job.label,
            metadata_only: wanted.metadata_only.contains(&job.kind),
            page_size: self.page_size,
            protobuf: self.protobuf,
        }
    }

    async fn one(&self, job: &Question, version: &str, name: &Str) -> Listed {
        let uri = format!("{}/{}", list::path(job.kind, version, &job.namespace), list::escape(name));
        let mut listed = Listed::default();
        match self.http.read(Ask::json(&uri)).await {
            Ok(answer) => match (answer.format(), std::str::from_utf8(&answer.body)) {
                (Ok(page::Format::Json), Ok(json)) => {
                    let item_kind = list::item_kind(job.kind, version);
                    match page::item(&item_kind, json) {
                        Ok(item) if item.meta().name != *name => {
                            listed.failure = Some(Failure::Other("the answer is not the object that was asked for".to_owned()));
                        }
                        Ok(mut item) => {
                            item.meta_mut().api_version = item_kind.api_version;
                            listed.objects.push(item);
                        }
                        Err(gap) => listed.objects.gaps.push(*gap),
                    }
                }
                (Err(failure), _) => listed.failure = Some(failure),
                _ => listed.failure = Some(Failure::Broken("the answer is no JSON".to_owned())),
            },
            Err(failure) => listed.failure = Some(failure),
        }
        listed
    }

    /// Whether there is anything to go on with.
    fn verdict(&self, answers: &[Listed]) -> Result<(), ReadError> {
        let (server, from) = (self.server.clone(), self.from.clone());
        let mut failures = answers.iter().filter_map(|answer| answer.failure.as_ref());
        if !self.http.answered()
            && let Some(failure) = failures.next()
        {
            return Err(ReadError::Unreachable { server, from, detail: failure.to_string() });
        }
        let refusal = |answer: &Listed| matches!(answer.failure, Some(Failure::Unauthorized(_)));
        match answers.first().and_then(|answer| answer.failure.as_ref()) {
            Some(failure) if answers.iter().all(refusal) => Err(ReadError::NotLoggedIn { server, from, detail: failure.to_string() }),
            _ => Ok(()),
        }
    }
}

/// Every question once, and apart from them the extra ones that a list is to answer: they are asked when that list brings nothing.
fn questions(wanted: &Wanted) -> (Vec<Question>, Vec<(Question, Question)>) {
    let scope = match &wanted.scope {
        Scope::All => BTreeSet::from([Str::default()]),
        Scope::Some(namespaces) => namespaces.clone(),
    };
    let extra: BTreeSet<Question> = wanted.extra.iter().map(|(kind, namespace, name)| Question::new(*kind, namespace, name.clone(), None)).collect();
    let mut jobs: BTreeSet<Question> =
        wanted.kinds.iter().flat_map(|kind| scope.iter().map(|namespace| Question::new(*kind, namespace, None, None))).collect();
    let mut spare = Vec::new();
    // Lists sort before the single objects that they bring; the list of Secrets brings only those of type kubernetes.io/tls.
    for job in extra {
        let lists = [Question { name: None, ..job.clone() }, Question { name: None, namespace: Str::default(), ..job.clone() }];
        match lists.into_iter().find(|list| *list != job && jobs.contains(list)) {
            Some(list) if job.kind != Kind::Secret => spare.push((list, job)),
            _ => drop(jobs.insert(job)),
        }
    }
    jobs.extend(wanted.labelled.iter().map(|(kind, namespace, label)| Question::new(*kind, namespace, None, Some(label))));
    (jobs.into_iter().collect(), spare)
}

fn gap(job: &Question, failure: &Failure) -> Option<Gap> {
    let (kind, namespace) = (job.kind, job.namespace.clone());
    Some(match failure {
        // A named object that is not there is simply absent.
        Failure::NotFound if job.name.is_some() => return None,
        Failure::NotFound if is_custom(kind) => Gap::NotServed(kind),
        // Every API server has these.
        Failure::NotFound => Gap::Incomplete { kind, namespace, detail: "the server does not know them (HTTP 404): is it an API server?".into() },
        Failure::Forbidden(detail) => Gap::Forbidden { kind, namespace, detail: detail.as_str().into() },
        other => Gap::Incomplete { kind, namespace, detail: other.to_string().into() },
    })
}

fn coverage(jobs: &[Question], gaps: &[Gap]) -> BTreeMap<Kind, Coverage> {
    let hidden: BTreeSet<Kind> = gaps.iter().filter(|gap| gap.hides_objects()).map(Gap::kind).collect();
    jobs.iter().map(|job| (job.kind, if hidden.contains(&job.kind) { Coverage::Hidden } else { Coverage::Complete })).collect()
}
