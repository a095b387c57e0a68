//! Who is let in, by each form of policy.

use super::*;
use crate::mesh::linkerd::testing::{index, world};

const SERVER: &str = "{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {podSelector: {}, port: 80}}";
const MESH: &str =
    "{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {namespace: shop, name: all}, spec: {identities: ['*']}}";

fn policy(name: &str, target: &str, refs: &str) -> String {
    format!(
        "{{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {{namespace: shop, name: {name}}}, spec: {{targetRef: {target}, requiredAuthenticationRefs: {refs}}}}}"
    )
}

fn granted(documents: &[&str]) -> Vec<(String, Clients)> {
    let world = world(documents);
    let view = world.view();
    let server = view.linkerd_servers().iter().next().unwrap();
    view.linkerd_authorizations().of_server(server, &view.linkerd.cluster).into_iter().map(|g| (g.source.name.to_string(), g.clients)).collect()
}

#[test]
fn grants_of_a_server_add_up() {
    let one = policy("one", "{group: Policy.linkerd.io, kind: server, name: web}", "[]");
    let two = policy("two", "{kind: Namespace, name: shop}", "[{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: all}]");
    let other = policy("other", "{kind: Namespace, name: elsewhere}", "[]");
    let names: Vec<String> = granted(&[SERVER, MESH, &one, &two, &other]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["one", "two"]);
}

#[test]
fn a_grant_covers_those_for_some_of_its_clients() {
    let of = |clients: &Clients, cidr: &str| Grant {
        source: index(&[SERVER]).objects(Kind::Server)[0].reference(),
        clients: clients.clone(),
        networks: vec![Network::from(network::parse(cidr).unwrap())],
    };
    let named = |pattern: &str| Clients::Named(vec![IdentityMatch::parse(pattern)]);
    let covers = |wide: &Clients, narrow: &Clients| of(wide, "10.0.0.0/8").covers(&of(narrow, "10.1.0.0/16"));
    assert!(covers(&Clients::Anyone, &Clients::AnyTls) && covers(&Clients::AnyTls, &named("*")) && covers(&named("*"), &named("*.shop.x")));
    assert!(!covers(&named("*"), &Clients::AnyTls) && !covers(&Clients::AnyTls, &Clients::Anyone) && !covers(&named("a.x"), &named("*.x")));
    assert!(!of(&Clients::Anyone, "10.1.0.0/16").covers(&of(&named("*"), "10.0.0.0/8")), "networks count too");
}

#[test]
fn a_missing_authentication_voids_the_policy() {
    let one =
        policy("one", "{group: policy.linkerd.io, kind: Server, name: web}", "[{group: policy.linkerd.io, kind: NetworkAuthentication, name: gone}]");
    assert!(granted(&[SERVER, &one]).is_empty());
}

#[test]
fn a_server_authorization_without_networks_means_the_cluster() {
    let saz = "{apiVersion: policy.linkerd.io/v1beta1, kind: ServerAuthorization, metadata: {namespace: shop, name: a}, spec: {server: {selector: {matchLabels: {app: web}}}, client: {unauthenticated: true}}}";
    let index = index(&[SERVER, saz]);
    let cluster = ClusterInfo::default();
    let grant = server_authorization_grant(&index.objects(Kind::ServerAuthorization)[0], &cluster).unwrap();
    assert_eq!((grant.networks.len(), grant.is_open()), (cluster.networks.len(), false));
    assert_eq!(granted(&[SERVER, saz]).len(), 1);
}

#[test]
fn a_service_account_is_one_exact_name() {
    let one = policy("one", "{group: policy.linkerd.io, kind: Server, name: web}", "[{kind: ServiceAccount, name: cart, namespace: pay}]");
    let name = IdentityMatch::Exact("cart.pay.serviceaccount.identity.linkerd.cluster.local".into());
    assert_eq!(granted(&[SERVER, &one]), [("one".to_owned(), Clients::Named(vec![name]))]);
}
