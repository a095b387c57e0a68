//! Who can call whom: every client before every port, one decision for each class of requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::index::Workload;
use crate::mesh::authorization::{Callers, Class, Client, Credential, Gate, PodGroup, Request, Verdict, Via, addresses, describe};
use crate::mesh::calls::{Arrivals, Arriving, Calls};
use crate::mesh::mtls::Senders;
use crate::model::{Gap, MeshId, ObjectRef, Str};
use crate::world::World;

/// A MatrixReport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MatrixReport<'w> {
    /// Sorted by server, port, class and client.
    pub rows: Vec<MatrixRow<'w>>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Whether a client may call a port with requests of a class.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MatrixRow<'w> {
    /// The client.
    pub client: CallerRow<'w>,
    /// The server.
    pub server: &'w ObjectRef,
    /// The port of its pods.
    pub port: u16,
    /// The requests.
    pub class: Arc<str>,
    /// The answer.
    pub decision: Verdict,
}

/// What reports call a client that is no workload.
pub const ANYONE: &str = "anyone in plaintext";

/// A workload in a report, or anyone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallerRow<'w>(pub Option<&'w ObjectRef>);

/// A workload that calls, or anyone in plaintext.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Caller"))]
struct CallerForm<'w> {
    /// Kind; `Anyone` for anyone in plaintext.
    kind: &'static str,
    /// Namespace; empty for anyone.
    namespace: &'w str,
    /// Name.
    name: &'w str,
}

#[cfg(test)]
impl schemars::JsonSchema for CallerRow<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        CallerForm::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        CallerForm::json_schema(generator)
    }
}

impl Serialize for CallerRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self.0 {
            Some(object) => CallerForm { kind: object.kind.name(), namespace: &object.namespace, name: &object.name },
            None => CallerForm { kind: "Anyone", namespace: "", name: ANYONE },
        };
        form.serialize(serializer)
    }
}

/// A client with all that is asked of it for every server.
#[derive(Clone, Debug)]
pub(super) struct Caller<'w> {
    pub(super) workload: Option<&'w Workload>,
    pub(super) request: Request<'w>,
    pub(super) callers: Callers,
    /// Clients whom every mesh takes for the same share a number.
    same: usize,
    /// What its own side sends, as [`Senders`] numbers it.
    sends: Option<(usize, usize)>,
}

/// Everybody who is asked about, and what their own sides send.
#[derive(Debug)]
pub(super) struct Everybody<'w> {
    pub(super) callers: Vec<Caller<'w>>,
    senders: Senders<'w>,
}

impl<'w> Everybody<'w> {
    /// All workloads that may call, and anyone in plaintext.
    pub(super) fn of(world: &'w World, calls: &Calls<'w>) -> Self {
        Self::new(Caller::all(world, calls), calls)
    }

    pub(super) fn new(mut callers: Vec<Caller<'w>>, calls: &Calls<'w>) -> Self {
        let senders = calls.senders(callers.iter().filter_map(|c| c.workload));
        callers.iter_mut().for_each(|c| c.sends = c.workload.and_then(|w| senders.numbers(w)));
        Self { callers, senders }
    }
}

impl<'w> Caller<'w> {
    /// All workloads that may call, and anyone in plaintext.
    pub(super) fn all(world: &'w World, calls: &Calls<'w>) -> Vec<Self> {
        let workloads = world.index.workloads().iter().filter(|w| w.is_live()).map(Some);
        let mut known: HashMap<Callers, usize> = HashMap::new();
        let mut number = |caller: Self| {
            let next = known.len();
            Self { same: *known.entry(caller.callers.clone()).or_insert(next), ..caller }
        };
        workloads.chain([None]).map(|workload| number(Self::new(world, calls, workload))).collect()
    }

    fn new(world: &'w World, calls: &Calls<'w>, workload: Option<&'w Workload>) -> Self {
        let client = match workload {
            Some(workload) => Client { workload: Some(workload), credential: Credential::Membership, addresses: addresses(&world.index, workload) },
            None => Client { credential: Credential::Plaintext, ..Client::default() },
        };
        let request = Request { client, ..Request::default() };
        let callers = calls.authorizer.callers(&request);
        Self { workload, request, callers, same: 0, sends: None }
    }

    /// The number of what its side sends to something of a namespace.
    fn number(&self, server_namespace: &Str) -> Option<usize> {
        let (own, elsewhere) = self.sends?;
        Some(if self.workload.is_some_and(|w| w.reference.namespace == *server_namespace) { own } else { elsewhere })
    }
}

/// The ports of a workload that something may call, each with the Service that leads there.
pub(super) fn ports<'w>(world: &'w World, workload: &'w Workload) -> Vec<(u16, Option<Via<'w>>)> {
    let mut found: BTreeMap<u16, Option<Via<'w>>> = BTreeMap::new();
    for group in PodGroup::of(&world.index, workload) {
        let of_proxies = |name: &str| name.starts_with("linkerd-") || name.starts_with("http-envoy-");
        found.extend(group.ports.iter().filter(|(name, _)| !of_proxies(name)).map(|(_, number)| (*number, None)));
        let mut services: Vec<_> = world.index.services_selecting(&workload.reference.namespace, group.labels).collect();
        services.sort_by_key(|s| s.metadata.age_key());
        for service in services {
            for port in service.spec.ports.iter().filter(|p| p.protocol() == "TCP") {
                if let Some(number) = group.number(&port.target()) {
                    found.entry(number).or_default().get_or_insert(Via { service, port });
                }
            }
        }
    }
    found.into_iter().collect()
}

/// Whether a workload is worth asking about: parts of a mesh's own installation are not.
pub(super) fn is_server(world: &World, workload: &Workload) -> bool {
    let part = |mesh| world.injection(mesh, workload).intended == crate::model::Fact::NotApplicable && world.index.pod_spec(workload).is_some();
    workload.is_live() && !(part(MeshId::Istio) || part(MeshId::Linkerd))
}

/// The answers to each client for each class. Clients whom every mesh takes for the same, and whose calls arrive in the same forms, get the same,
/// unless their pods or addresses matter.
pub(super) fn verdicts<'w>(calls: &Calls<'w>, gate: &Gate<'w>, classes: &[Class], all: &Everybody<'w>, by_pod: bool) -> Vec<Arc<[Verdict]>> {
    let home = &gate.workload.reference.namespace;
    let numbers: Vec<Option<usize>> = all.callers.iter().map(|caller| caller.number(home)).collect();
    let asked: BTreeSet<usize> = numbers.iter().flatten().copied().collect();
    let approach = calls.approach(gate);
    let forms = calls.forms(&approach, &all.senders, asked.into_iter());
    let name = calls.authorizer.server_name(gate);
    let ask = |caller: &Caller<'w>, arriving: &Arriving| -> Arc<[Verdict]> {
        let mut request = caller.request.clone();
        request.sni = name.clone().filter(|_| request.client.credential != Credential::Plaintext);
        let of = |(at, class): (usize, &Class)| {
            request.call.clone_from(&class.call);
            calls.verdict(gate, &request, &caller.callers, arriving.of(at))
        };
        classes.iter().enumerate().map(of).collect()
    };
    // There are few forms in which calls arrive at one port.
    let kinds = all.callers.iter().map(|c| c.same + 1).max().unwrap_or_default();
    let mut known: Vec<(Arriving, Vec<Option<Arc<[Verdict]>>>)> = Vec::new();
    let answers = all.callers.iter().zip(numbers).map(|(caller, number)| {
        let arriving = match (number, caller.workload) {
            (Some(number), Some(client)) => calls.arriving(&approach, client, &forms[number], classes),
            _ => Arriving::Alike(Arrivals::ITSELF),
        };
        if by_pod {
            return ask(caller, &arriving);
        }
        let at = known.iter().position(|(form, _)| *form == arriving).unwrap_or_else(|| {
            known.push((arriving.clone(), vec![None; kinds]));
            known.len() - 1
        });
        known[at].1[caller.same].get_or_insert_with(|| ask(caller, &arriving)).clone()
    });
    answers.collect()
}

/// Classes that get the same answers from everybody, put together, each with the first of them.
fn merged(classes: &[Class], answers: &[Arc<[Verdict]>]) -> Vec<(Arc<str>, usize)> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in 0..classes.len() {
        match groups.iter_mut().find(|group| answers.iter().all(|a| a[at] == a[group[0]])) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups.into_iter().map(|group| (label(classes, &group), group[0])).collect()
}

/// Some classes of all in words.
pub(super) fn label(classes: &[Class], some: &[usize]) -> Arc<str> {
    let some: Vec<&Class> = some.iter().map(|at| &classes[*at]).collect();
    describe(&some, classes).into()
}

/// Everybody who may call against everything that may be called, or one of either.
pub fn matrix<'w>(world: &'w World, client: Option<&Workload>, server: Option<&Workload>) -> MatrixReport<'w> {
    let calls = Calls::new(world.view());
    let all = match client {
        Some(only) => {
            let own = world.index.workloads().iter().filter(|w| w.reference == only.reference);
            Everybody::new(own.map(|w| Caller::new(world, &calls, Some(w))).collect(), &calls)
        }
        None => Everybody::of(world, &calls),
    };
    let wanted = |w: &&Workload| match server {
        Some(only) => only.reference == w.reference,
        None => world.in_scope(&w.reference.namespace) && is_server(world, w),
    };
    let servers: Vec<&'w Workload> = world.index.workloads().iter().filter(wanted).collect();
    let rows = crate::parallel::map(&servers, |server| rows_of(world, &calls, server, &all));
    MatrixReport { rows: rows.into_iter().flatten().collect(), gaps: super::decision::gaps(world) }
}

/// Everybody before every port of one server.
fn rows_of<'w>(world: &'w World, calls: &Calls<'w>, workload: &'w Workload, all: &Everybody<'w>) -> Vec<MatrixRow<'w>> {
    let mut rows = Vec::new();
    for (port, via) in ports(world, workload) {
        let gate = calls.authorizer.gate(workload, port, via);
        let distinctions = calls.distinctions(&gate);
        let by_pod = distinctions.look_at_addresses() || calls.authorizer.looks_at_pods(&gate);
        let classes = distinctions.classes();
        let answers = verdicts(calls, &gate, &classes, all, by_pod);
        for (class, at) in merged(&classes, &answers) {
            rows.extend(all.callers.iter().zip(&answers).map(|(caller, answers)| MatrixRow {
                client: CallerRow(caller.workload.map(|w| &w.reference)),
                server: &workload.reference,
                port,
                class: class.clone(),
                decision: answers[at],
            }));
        }
    }
    rows
}
