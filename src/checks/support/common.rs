//! What several rules of one run ask of the world, found out by the first and kept for the others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::kubernetes::network::{Direction, Isolated, isolated};
use crate::mesh::linkerd::authz::Authorizations;
use crate::mesh::linkerd::routes::{self, ServerRoutes};
use crate::mesh::linkerd::server::Servers;
use crate::model::Kind;
use crate::world::World;

type Once<T> = OnceLock<Arc<T>>;

/// What a run's rules have in common.
#[derive(Debug)]
pub(in crate::checks) struct Common<'w> {
    world: &'w World,
    servers: Once<Servers<'w>>,
    authorizations: Once<Authorizations<'w>>,
    server_routes: Once<ServerRoutes<'w>>,
    isolated: [Once<[Isolated<'w>]>; 2],
    partial: Once<HashSet<&'w str>>,
}

impl<'w> Common<'w> {
    pub(in crate::checks) fn new(world: &'w World) -> Self {
        let (servers, authorizations, server_routes, isolated, partial) = Default::default();
        Self { world, servers, authorizations, server_routes, isolated, partial }
    }

    pub(in crate::checks) fn servers(&self) -> Arc<Servers<'w>> {
        once(&self.servers, || Servers::read(&self.world.index))
    }

    pub(in crate::checks) fn authorizations(&self) -> Arc<Authorizations<'w>> {
        once(&self.authorizations, || Authorizations::read(&self.world.index, &self.world.linkerd.cluster))
    }

    pub(in crate::checks) fn server_routes(&self) -> Arc<ServerRoutes<'w>> {
        once(&self.server_routes, || ServerRoutes::read(&self.world.index))
    }

    /// Namespaces of whose Services the files hold the smaller part: routes lead to more that are not there than there are.
    pub(in crate::checks) fn partial(&self) -> Arc<HashSet<&'w str>> {
        once(&self.partial, || partial(self.world))
    }

    pub(in crate::checks) fn isolated(&self, direction: Direction) -> Arc<[Isolated<'w>]> {
        let place = match direction {
            Direction::Ingress => &self.isolated[0],
            Direction::Egress => &self.isolated[1],
        };
        place.get_or_init(|| isolated(self.world, direction).into()).clone()
    }
}

fn partial(world: &World) -> HashSet<&str> {
    let index = &world.index;
    let mut absent: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut note = |namespace, name| {
        if index.service(namespace, name).is_none() && !world.is_made(Kind::Service, namespace, name) {
            absent.entry(namespace).or_default().insert(name);
        }
    };
    for route in routes::all(index) {
        routes::parents(route).iter().filter(|p| p.kind == Kind::Service).for_each(|p| note(p.namespace, p.name));
        for backend in route.spec().list("rules").flat_map(|rule| rule.list("backendRefs").collect::<Vec<_>>()) {
            let namespace = Some(backend.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&route.meta.namespace);
            if matches!(backend.text("kind"), "" | "Service") {
                note(namespace, backend.text("name"));
            }
        }
    }
    absent.retain(|namespace, names| names.len() > index.services_in(namespace).len());
    absent.into_keys().collect()
}

fn once<T>(place: &Once<T>, find: impl FnOnce() -> T) -> Arc<T> {
    place.get_or_init(|| Arc::new(find())).clone()
}
