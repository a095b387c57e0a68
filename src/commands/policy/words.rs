//! Clients, servers and requests as they are typed.

use std::net::IpAddr;

use clap::Args;

use crate::cli::GlobalArgs;
use crate::commands::{ReadRequest, words};
use crate::error::CliError;
use crate::index::Workload;
use crate::mesh::authorization::{self, Call, Claims, Client, Credential, Http, PodGroup, Request, Server, Token};
use crate::model::Service;
use crate::views::{self, Target};
use crate::world::World;

/// Who calls.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Client")]
pub struct ClientArgs {
    /// Calling workload, such as deploy/web or deploy/web.front, or service account, such as sa/front/web
    #[arg(long, value_name = "CLIENT")]
    pub from: Option<String>,
    /// Identity that the client's certificate names
    #[arg(long, value_name = "IDENTITY", conflicts_with = "plaintext")]
    pub from_identity: Option<String>,
    /// Address that the client calls from
    #[arg(long, value_name = "ADDRESS")]
    pub from_ip: Option<IpAddr>,
    /// Call without mutual TLS, whatever the client is
    #[arg(long)]
    pub plaintext: bool,
}

/// What is sent.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Request")]
pub struct CallArgs {
    /// HTTP method
    #[arg(long)]
    pub method: Option<String>,
    /// HTTP path, with its query
    #[arg(long)]
    pub path: Option<String>,
    /// Host that the client asks for
    #[arg(long)]
    pub host: Option<String>,
    /// HTTP header (can be repeated)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub header: Vec<(String, String)>,
    /// Claim of a valid JWT, a nested one as a.b=V (can be repeated, also for the values of one list). The token is taken to be sent where the server's
    /// rules look for it (fromHeaders, fromParams, fromCookies)
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub jwt_claim: Vec<(String, String)>,
    /// Send a JWT that does not verify, where the server's rules look for it
    #[arg(long, conflicts_with = "jwt_claim")]
    pub jwt_invalid: bool,
    /// Something that is not HTTP
    #[arg(long, conflicts_with_all = ["method", "path", "host", "header", "jwt_claim", "jwt_invalid"])]
    pub tcp: bool,
    /// Server name of the TLS handshake (default: as a sidecar would send it)
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "write NAME=VALUE".to_owned())
}

impl CallArgs {
    /// What is sent.
    pub fn call(&self) -> Call {
        if self.tcp {
            return Call::Tcp;
        }
        let token = match (self.jwt_invalid, self.jwt_claim.as_slice()) {
            (true, _) => Token::Invalid,
            (_, []) => Token::None,
            (_, claims) => Token::Valid(claims.iter().fold(Claims::new(), |mut all, (name, value)| {
                all.entry(name.clone()).or_default().push(value.clone());
                all
            })),
        };
        let http = Http {
            method: self.method.clone(),
            path: self.path.clone(),
            host: self.host.clone(),
            headers: self.header.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            token,
        };
        if http == Http::default() { Call::Any } else { Call::Http(Box::new(http)) }
    }
}

/// What a decision takes to read.
pub(in crate::commands) fn read_request() -> ReadRequest {
    ReadRequest::of(views::MEMBERSHIP_KINDS.iter().chain(views::DECISION_KINDS))
}

/// The same with all that says where a single request is sent.
pub(in crate::commands) fn read_for_requests() -> ReadRequest {
    let mut request = read_request();
    request.kinds.extend(views::REQUEST_KINDS);
    request
}

/// The client that was typed.
pub(super) fn client<'w>(args: &ClientArgs, world: &'w World, global: &GlobalArgs) -> Result<Client<'w>, CliError> {
    let mut client = match args.from.as_deref() {
        None => Client { credential: Credential::Plaintext, ..Client::default() },
        Some(from) => from_words(from, world, global)?,
    };
    if args.from.is_none() && args.from_identity.is_none() && !args.plaintext && args.from_ip.is_none() {
        return Err(CliError::usage("who calls is not said").hint("name a workload with --from deploy/NAME, or use --from-identity or --plaintext"));
    }
    if let Some(identity) = &args.from_identity {
        client.credential = Credential::Identity(identity.clone());
    } else if args.plaintext {
        client.credential = Credential::Plaintext;
    }
    if let Some(ip) = args.from_ip {
        client.addresses = vec![ip];
    }
    Ok(client)
}

/// `sa/NAMESPACE/NAME`, or a workload.
pub(super) fn from_words<'w>(from: &str, world: &'w World, global: &GlobalArgs) -> Result<Client<'w>, CliError> {
    if let Some(account) = from.strip_prefix("sa/").or_else(|| from.strip_prefix("serviceaccount/")) {
        let own = global.cluster.namespace();
        let (namespace, name) = match (account.split_once('/'), own) {
            (Some((namespace, name)), _) => (namespace, name),
            (None, Some(namespace)) => (namespace, account),
            (None, None) => return Err(CliError::usage(format!("{from:?} has no namespace")).hint("write sa/NAMESPACE/NAME")),
        };
        return Ok(Client { credential: Credential::Account { namespace: namespace.into(), name: name.into() }, ..Client::default() });
    }
    match find(from, world, global)? {
        Target::Workload(workload) => Ok(of_workload(workload, world)),
        Target::Service(_) => Err(CliError::usage(format!("{from:?} is a Service, and Services do not call")).hint("name a workload: deploy/NAME")),
    }
}

/// A workload as a client.
pub(super) fn of_workload<'w>(workload: &'w Workload, world: &'w World) -> Client<'w> {
    Client { workload: Some(workload), credential: Credential::Membership, addresses: authorization::addresses(&world.index, workload) }
}

/// The server that was typed: `KIND/NAME:PORT`, where a port that is the only one may be left out.
pub(super) fn server<'w>(to: &str, world: &'w World, global: &GlobalArgs) -> Result<Server<'w>, CliError> {
    let (name, port) = match to.rsplit_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (to, None),
    };
    match find(name, world, global)? {
        Target::Service(service) => Ok(Server::Service(service, service_port(service, port)?)),
        Target::Workload(workload) => Ok(Server::Workload(workload, workload_port(workload, world, port)?)),
    }
}

fn find<'w>(word: &str, world: &'w World, global: &GlobalArgs) -> Result<Target<'w>, CliError> {
    let words = [word.to_owned()];
    let found = words::target(world, &words, global);
    // `-n` is where names without a namespace are looked for; NAME.NAMESPACE says it itself.
    let elsewhere = word.rsplit_once('.').filter(|_| found.is_err() && !global.cluster.namespaces().is_empty());
    let found = match elsewhere.map(|(name, namespace)| views::find(world, &[name.to_owned()], Some(namespace))) {
        Some(Ok(target)) => Ok(Some(target)),
        _ => found,
    };
    found?.ok_or_else(|| CliError::usage("nothing is named"))
}

fn service_port(service: &Service, port: Option<&str>) -> Result<u16, CliError> {
    let tcp: Vec<_> = service.spec.ports.iter().filter(|p| p.protocol() == "TCP").collect();
    let known = || tcp.iter().map(|p| p.port.to_string()).collect::<Vec<_>>().join(", ");
    let number = match (port, tcp.as_slice()) {
        (Some(port), _) => match port.parse::<u16>() {
            Ok(number) => Some(i32::from(number)),
            Err(_) => tcp.iter().find(|p| p.name == port).map(|p| p.port),
        },
        (None, [only]) => Some(only.port),
        (None, _) => {
            return Err(
                CliError::usage(format!("which port of Service {} is not said", service.metadata.name)).hint(format!("its ports are {}", known()))
            );
        }
    };
    number.and_then(|n| u16::try_from(n).ok()).ok_or_else(|| {
        CliError::usage(format!("Service {} has no port {:?}", service.metadata.name, port.unwrap_or_default()))
            .hint(format!("its ports are {}", known()))
    })
}

fn workload_port(workload: &Workload, world: &World, port: Option<&str>) -> Result<u16, CliError> {
    let group = PodGroup::of(&world.index, workload).into_iter().next();
    let mut ports: Vec<(&str, u16)> = group.map(|s| s.ports).unwrap_or_default();
    let of_proxy = |name: &str| name.starts_with("linkerd-") || name.starts_with("http-envoy");
    ports.retain(|(name, _)| !of_proxy(name));
    let known = || ports.iter().map(|(_, n)| n.to_string()).collect::<Vec<_>>().join(", ");
    match (port, ports.as_slice()) {
        (Some(port), _) => {
            let named = ports.iter().find(|(name, _)| *name == port).map(|(_, n)| *n);
            let number = port.parse().ok().filter(|n| *n > 0).or(named);
            number.ok_or_else(|| CliError::usage(format!("{} has no port {port:?}", workload.reference)).hint(format!("its ports are {}", known())))
        }
        (None, [(_, only)]) => Ok(*only),
        (None, _) => Err(CliError::usage(format!("which port of {} is not said", workload.reference))
            .hint(format!("write KIND/NAME:PORT; it declares {}", known()))),
    }
}

/// A request from a client.
pub(super) fn request<'w>(client: Client<'w>, call: &CallArgs) -> Request<'w> {
    Request { client, call: call.call(), sni: call.sni.as_deref().map(Into::into) }
}
