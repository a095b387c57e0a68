//! What several rules of one run ask of the world, found out by the first and kept for the others.

use std::sync::{Arc, OnceLock};

use super::kubernetes::network::{Direction, Isolated, isolated};
use crate::mesh::linkerd::authz::Authorizations;
use crate::mesh::linkerd::routes::ServerRoutes;
use crate::mesh::linkerd::server::Servers;
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
}

impl<'w> Common<'w> {
    pub(in crate::checks) fn new(world: &'w World) -> Self {
        let (servers, authorizations, server_routes, isolated) = Default::default();
        Self { world, servers, authorizations, server_routes, isolated }
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

    pub(in crate::checks) fn isolated(&self, direction: Direction) -> Arc<[Isolated<'w>]> {
        let place = match direction {
            Direction::Ingress => &self.isolated[0],
            Direction::Egress => &self.isolated[1],
        };
        place.get_or_init(|| isolated(self.world, direction).into()).clone()
    }
}

fn once<T>(place: &Once<T>, find: impl FnOnce() -> T) -> Arc<T> {
    place.get_or_init(|| Arc::new(find())).clone()
}
