//! One row for each line of the meshes' semantics: policies in short form, a request, and the answer of their enforcers.

use std::net::IpAddr;

use serde_json::Value;

use super::{Authorizer, Call, Client, Credential, Http, Request, Server, Token};
use crate::mesh::testing::World;
use crate::model::Kind;

/// A cart with a sidecar behind a Service whose ports speak HTTP, TCP and nothing declared.
const SIDECAR: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: cart}, spec: {template: {metadata: {labels: {app: cart},
  annotations: {sidecar.istio.io/status: '{}'}}, spec: {serviceAccountName: cart, containers: [{name: app}, {name: istio-proxy}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: cart}, spec: {clusterIP: 10.0.0.1, selector: {app: cart}, ports: [
  {name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90, targetPort: 9090}, {name: any, port: 70, targetPort: 7070}]}}
";

/// The same without a proxy of its own, taken in by ztunnel.
pub(super) fn ambient() -> String {
    let namespace = SIDECAR.replace("{name: shop}", "{name: shop, labels: {istio.io/dataplane-mode: ambient}}");
    namespace.replace("sidecar.istio.io/status: '{}'", "a: b").replace(", {name: istio-proxy}", "")
}

/// An AuthorizationPolicy of namespace shop for all its pods.
pub(super) fn policy(action: &str, rules: &str) -> String {
    format!(
        "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{namespace: shop, name: p-{action}}}, spec: {{action: {action}, rules: {rules}}}}}"
    )
}

/// A world of manifests.
pub(super) fn world(objects: &str) -> World {
    let documents = objects.split("---").filter(|d| !d.trim().is_empty());
    let all: Vec<String> = documents.map(|d| serde_saphyr::from_str::<Value>(d).unwrap().to_string()).collect();
    World::new(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The answer to `WHO [PORT] [tcp | METHOD PATH] [HEADER=VALUE…]`, where WHO is an identity, or `-` for plaintext.
fn ask(objects: &str, line: &str) -> &'static str {
    let world = world(objects);
    let words: Vec<&str> = line.split_whitespace().collect();
    let (who, mut rest) = (words[0], &words[1..]);
    let mut port = 8080;
    if let Some(number) = rest.first().and_then(|w| w.parse().ok()) {
        (port, rest) = (number, &rest[1..]);
    }
    let mut http = Http::default();
    let plain: Vec<&str> = rest.iter().copied().filter(|w| w.starts_with('/') || !w.contains('=')).collect();
    for (name, value) in rest.iter().filter(|w| !w.starts_with('/')).filter_map(|w| w.split_once('=')) {
        match name {
            "host" => http.host = Some(value.to_owned()),
            "jwt" => http.token = Token::Invalid,
            name if name.starts_with("claim.") => {
                let Token::Valid(mut claims) = std::mem::take(&mut http.token) else {
                    http.token = Token::Valid([(name[6..].to_owned(), vec![value.to_owned()])].into());
                    continue;
                };
                claims.entry(name[6..].to_owned()).or_default().push(value.to_owned());
                http.token = Token::Valid(claims);
            }
            name => http.headers.push((name.to_owned(), value.to_owned())),
        }
    }
    let call = match plain.as_slice() {
        ["tcp"] => Call::Tcp,
        [] => Call::Any,
        [method, path] => Call::Http(Box::new(Http { method: Some((*method).to_owned()), path: Some((*path).to_owned()), ..http })),
        other => panic!("{other:?}"),
    };
    let credential = if who == "-" { Credential::Plaintext } else { Credential::Identity(who.to_owned()) };
    let addresses = vec!["10.9.8.7".parse::<IpAddr>().unwrap()];
    let request = Request { client: Client { credential, addresses, ..Client::default() }, call, sni: None };
    let view = world.view();
    let server = view.index.workloads().iter().find(|w| w.reference.name == "cart" && w.reference.kind == Kind::Deployment).unwrap();
    Authorizer::new(view).decide(Server::Workload(server, port), &request).verdict.name()
}

/// Rows of policies, request and answer on one base.
fn rows(base: &str, rows: &[(&str, &str, &str)]) {
    for (objects, request, answer) in rows {
        assert_eq!(ask(&format!("{base}\n---\n{objects}"), request), *answer, "{request} under {objects}");
    }
}

pub(super) const FRONT: &str = "cluster.local/ns/web/sa/front";

#[test]
fn istios_order_and_empty_forms() {
    let both = format!("{}\n---\n{}", policy("ALLOW", "[{}]"), policy("DENY", "[{to: [{operation: {paths: [/no]}}]}]"));
    let custom = policy("CUSTOM", "[{to: [{operation: {paths: [/ask]}}]}]");
    rows(
        SIDECAR,
        &[
            ("", "- GET /", "allow"),
            (&policy("ALLOW", "[]"), "- GET /", "deny"),
            (&policy("ALLOW", "[{}]"), "- GET /", "allow"),
            (&policy("DENY", "[{}]"), "- GET /", "deny"),
            (&policy("DENY", "[]"), "- GET /", "allow"),
            (&policy("AUDIT", "[{}]"), "- GET /", "allow"),
            (&policy("WHATEVER", "[]"), "- GET /", "allow"),
            (&both, "- GET /no", "deny"),
            (&both, "- GET /yes", "allow"),
            (&custom, "- GET /ask", "deny"),
            (&custom, "- GET /other", "allow"),
            (&policy("ALLOW", "[{from: [], to: []}]"), "- GET /", "allow"),
        ],
    );
}

#[test]
fn istio_policies_that_are_tried_out() {
    let tried = |action: &str| policy(action, "[{}]").replace("namespace: shop,", "namespace: shop, annotations: {istio.io/dry-run: 'true'},");
    rows(SIDECAR, &[(&tried("DENY"), "- GET /", "allow"), (&tried("ALLOW"), "- GET /", "allow")]);
    // istiod refuses in the place of an authorizer that nobody defined, but not for what is only tried out.
    rows(SIDECAR, &[(&tried("CUSTOM"), "- GET /", "allow"), (&policy("CUSTOM", "[{}]"), "- GET /", "deny")]);
}

#[test]
fn istios_fields_and_their_opposites() {
    let allow = |rule: &str| policy("ALLOW", &format!("[{rule}]"));
    let source = |s: &str| allow(&format!("{{from: [{{source: {{{s}}}}}]}}"));
    let operation = |o: &str| allow(&format!("{{to: [{{operation: {{{o}}}}}]}}"));
    let when = |key: &str, values: &str| allow(&format!("{{when: [{{key: '{key}', {values}}}]}}"));
    let get = format!("{FRONT} GET /a/b");
    let get = get.as_str();
    let filter = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {namespace: shop, name: f}, spec: {}}";
    rows(
        SIDECAR,
        &[
            (&source("principals: [cluster.local/ns/web/sa/front]"), get, "allow"),
            (&source("principals: ['*/sa/front']"), get, "allow"),
            (&source("principals: ['cluster.local/ns/web/*']"), get, "allow"),
            (&source("principals: ['cluster.local/*/sa/front']"), get, "deny"),
            (&source("principals: ['spiffe://cluster.local/ns/web/sa/front']"), get, "deny"),
            (&source("principals: ['*']"), "- GET /", "deny"),
            (&source("notPrincipals: ['*']"), "- GET /", "allow"),
            (&source("notPrincipals: ['*']"), get, "deny"),
            (&source("namespaces: ['w*']"), get, "allow"),
            (&source("notNamespaces: [web]"), "- GET /", "allow"),
            (&source("serviceAccounts: [web/front]"), get, "allow"),
            (&source("serviceAccounts: [front]"), get, "deny"),
            (&source("trustDomains: ['cluster.*']"), get, "allow"),
            (&source("ipBlocks: [10.9.0.0/16]"), get, "allow"),
            (&source("notIpBlocks: [10.9.8.7]"), get, "deny"),
            (&source("remoteIpBlocks: [1.2.3.4]"), "- GET / x-forwarded-for=9.9.9.9,1.2.3.4", "allow"),
            (&source("namespaces: [web], ipBlocks: [1.1.1.1]"), get, "deny"),
            (&allow("{from: [{source: {namespaces: [x]}}, {source: {namespaces: [web]}}]}"), get, "allow"),
            (&operation("methods: [GET]"), get, "allow"),
            (&operation("methods: [get]"), get, "deny"),
            (&operation("paths: ['/a/*']"), get, "allow"),
            (&operation("paths: ['/{*}/b']"), get, "allow"),
            (&operation("paths: ['/a/{**}']"), "- GET /a", "deny"),
            (&operation("paths: ['/a/b']"), "- GET /a/x/../b?q=1", "allow"),
            (&operation("notPaths: ['/a/*'], methods: [GET]"), get, "deny"),
            (&operation("hosts: ['API.example']"), "- GET / host=api.example", "allow"),
            (&operation("hosts: [api.example]"), "- GET / host=api.example:80", "deny"),
            (&operation("ports: ['8080']"), get, "allow"),
            (&operation("ports: ['80']"), get, "deny"),
            (&when("request.headers[x-a]", "values: ['*']"), "- GET / x-a=1", "allow"),
            (&when("request.headers[x-a]", "notValues: [b]"), "- GET /", "allow"),
            (&when("request.headers[X-A]", "values: ['b*']"), "- GET / x-a=bc", "allow"),
            (&when("source.namespace", "values: [web]"), get, "allow"),
            (&when("destination.port", "values: ['8080']"), get, "allow"),
            (&when("source.ip", "notValues: [10.0.0.0/8]"), get, "deny"),
            (&when("experimental.envoy.filters.network.x[k]", "values: [a]"), get, "deny"),
            (&when("experimental.envoy.filters.network.x[k]", "notValues: [a]"), get, "allow"),
            (&format!("{filter}\n---\n{}", when("experimental.envoy.filters.network.x[k]", "values: [a]")), get, "unknown"),
            (&when("no.such.key", "values: [a]"), get, "deny"),
            (&policy("DENY", "[{when: [{key: no.such.key, values: [a]}]}]"), get, "allow"),
        ],
    );
}

#[test]
fn istios_tokens() {
    let tokens = "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {namespace: shop, name: t}, spec: {jwtRules: [{issuer: i, audiences: [a]}]}}";
    let owner = |who: &str| format!("{tokens}\n---\n{}", policy("ALLOW", &format!("[{{from: [{{source: {{requestPrincipals: ['{who}']}}}}]}}]")));
    rows(
        SIDECAR,
        &[
            (tokens, "- GET /", "allow"),
            (tokens, "- GET / jwt=bad", "deny"),
            (tokens, "- GET / claim.iss=other claim.sub=s", "deny"),
            (tokens, "- GET / claim.iss=i claim.sub=s claim.aud=b", "deny"),
            (tokens, "- GET / claim.iss=i claim.sub=s claim.aud=a", "allow"),
            (&owner("i/s"), "- GET / claim.iss=i claim.sub=s claim.aud=a", "allow"),
            (&owner("*"), "- GET / claim.iss=i claim.aud=a", "deny"),
            (&owner("i/*"), "- GET /", "deny"),
            (tokens, "- GET /a?access_token=x", "unknown"),
            (&owner("i/*"), "- GET /a?access_token=x", "unknown"),
            (&format!("{tokens}\n---\n{}", policy("DENY", "[{}]")), "- GET /a?access_token=x", "deny"),
        ],
    );
    // A rule that says where it looks, looks nowhere else.
    let places = tokens.replace("audiences: [a]", "audiences: [a], fromHeaders: [{name: X-Token, prefix: 'key-'}], fromCookies: [session]");
    rows(
        SIDECAR,
        &[
            (&places, "- GET / claim.iss=i claim.aud=a", "allow"),
            (&places, "- GET / x-token=key-1", "unknown"),
            (&places, "- GET / x-token=1", "allow"),
            (&places, "- GET / cookie=session=1", "unknown"),
            (&places, "- GET /a?access_token=x", "allow"),
        ],
    );
}

#[test]
fn istios_http_fields_on_connections() {
    let rule = |from: &str, to: &str| format!("[{{from: [{{source: {{{from}}}}}], to: [{{operation: {{{to}}}}}]}}]");
    let ports = |action| policy(action, "[{to: [{operation: {ports: ['9090'], methods: [GET]}}]}]");
    rows(
        SIDECAR,
        &[
            (&ports("ALLOW"), "- 9090 tcp", "deny"),
            (&ports("DENY"), "- 9090 tcp", "deny"),
            (&policy("DENY", "[{to: [{operation: {methods: [GET]}}]}]"), "- 9090 tcp", "deny"),
            (&policy("DENY", &rule("namespaces: [web]", "methods: [GET]")), "- 9090 tcp", "allow"),
        ],
    );
    let front = format!("{FRONT} tcp");
    rows(
        &ambient(),
        &[
            (&policy("ALLOW", &rule("namespaces: [web]", "methods: [GET]")), &front, "deny"),
            (&policy("DENY", &rule("namespaces: [web]", "methods: [GET]")), &front, "allow"),
            (&policy("DENY", "[{to: [{operation: {ports: ['8080'], methods: [GET]}}]}]"), &front, "deny"),
            (&policy("CUSTOM", "[{}]"), &front, "allow"),
            (&policy("DENY", "[{from: [{source: {trustDomains: [cluster.local]}}]}]"), &front, "allow"),
            (&policy("ALLOW", "[{from: [{source: {namespaces: ['w*b']}}]}]"), &front, "deny"),
            (&policy("ALLOW", "[{from: [{source: {namespaces: ['w*']}}]}]"), &front, "allow"),
            (&policy("DENY", "[{}]").replace("spec: {", "spec: {selector: {}, "), &front, "allow"),
        ],
    );
}

#[test]
fn istios_mutual_tls_takes_part() {
    let mode = |mode: &str| {
        format!(
            "{{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {{namespace: shop, name: d}}, spec: {{mtls: {{mode: {mode}}}}}}}"
        )
    };
    let named = format!("{}\n---\n{}", mode("DISABLE"), policy("ALLOW", "[{from: [{source: {namespaces: [web]}}]}]"));
    let path = format!("{}\n---\n{}", mode("DISABLE"), policy("ALLOW", "[{to: [{operation: {paths: [/a]}}]}]"));
    let tls = |port: &str| format!("{FRONT} {port} GET /a");
    rows(
        SIDECAR,
        &[
            (&mode("STRICT"), "- GET /", "deny"),
            (&mode("STRICT"), &tls("8080"), "allow"),
            (&mode("PERMISSIVE"), "- GET /", "allow"),
            (&mode("DISABLE"), &tls("8080"), "deny"),
            (&mode("DISABLE"), &tls("9090"), "allow"),
            (&named, &tls("9090"), "deny"),
            // On a port that is looked at, TLS that nobody ends is no HTTP.
            (&path, &tls("7070"), "deny"),
            (&path, "- 7070 GET /a", "allow"),
            ("", "other.domain/ns/web/sa/front GET /", "deny"),
        ],
    );
    rows(&ambient(), &[(&mode("STRICT"), "- tcp", "deny"), (&mode("DISABLE"), "- tcp", "allow"), ("", "other.domain/ns/web/sa/front tcp", "deny")]);
}

#[test]
fn where_istio_enforces_nothing() {
    let deny = policy("DENY", "[{}]");
    let with = |annotation: &str| SIDECAR.replace("sidecar.istio.io/status: '{}'", &format!("sidecar.istio.io/status: '{{}}', {annotation}"));
    rows(&with("traffic.sidecar.istio.io/excludeInboundPorts: '1,8080'"), &[(&deny, "- GET /", "allow"), (&deny, "- 9090 tcp", "deny")]);
    rows(&with("traffic.sidecar.istio.io/includeInboundPorts: '9090'"), &[(&deny, "- GET /", "allow"), (&deny, "- 9090 tcp", "deny")]);
    rows(&with("sidecar.istio.io/interceptionMode: NONE"), &[(&deny, "- GET /", "allow")]);
    let targeted = deny.replace("rules", "targetRefs: [{kind: Service, group: '', name: cart}], rules");
    rows(SIDECAR, &[(&targeted, "- GET /", "allow")]);
    let root = deny.replace("namespace: shop", "namespace: istio-system");
    rows(SIDECAR, &[(&root, "- GET /", "deny"), (&root.replace("istio-system", "other"), "- GET /", "allow")]);
}

/// A Sidecar's inbound listeners say what their ports speak, whatever Services do.
#[test]
fn a_sidecars_inbound_ports_are_what_it_declares() {
    let sidecar = "{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {namespace: shop, name: s}, spec: {ingress: [{port: {number: 9090, protocol: HTTP, name: h}, defaultEndpoint: '127.0.0.1:1'}]}}";
    let read = policy("ALLOW", "[{to: [{operation: {methods: [GET]}}]}]");
    rows(SIDECAR, &[(&read, "- 9090 GET /", "deny"), (&format!("{sidecar}\n---\n{read}"), "- 9090 GET /", "allow")]);
}

/// A gateway whose Gateway policies target, and one that a selector picks.
#[test]
fn target_refs_are_for_gateways_of_the_gateway_api() {
    let gateway = |labels: &str| SIDECAR.replace("labels: {app: cart}", &format!("labels: {{{labels}}}"));
    let deny = policy("DENY", "[{}]").replace("rules", "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: cart}], rules");
    let elsewhere = deny.replace("name: cart}]", "name: cart, namespace: other}]");
    rows(&gateway("gateway.networking.k8s.io/gateway-name: cart"), &[(&deny, "- GET /", "deny"), (&elsewhere, "- GET /", "allow")]);
    rows(&gateway("istio: ingressgateway"), &[(&deny, "- GET /", "allow")]);
}

/// A cart with Linkerd's proxy, whose default lets everybody in.
const LINKERD: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: cart}, spec: {template: {metadata: {labels: {app: cart, linkerd.io/control-plane-ns: linkerd},
  annotations: {A: b}}, spec: {containers: [{name: app, ports: [{name: web, containerPort: 8080}], readinessProbe: {httpGet: {path: '/ready?x=1', port: web}}}, {name: linkerd-proxy}]}}}}
";

fn server(name: &str, rest: &str) -> String {
    format!(
        "{{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {{namespace: shop, name: {name}, labels: {{s: {name}}}}}, spec: {{podSelector: {{}}, port: 8080{rest}}}}}"
    )
}

fn grant(target: &str, required: &str) -> String {
    format!(
        "{{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {{namespace: shop, name: g}}, spec: {{targetRef: {target}, requiredAuthenticationRefs: [{required}]}}}}"
    )
}

const MESH: &str = "front.web.serviceaccount.identity.linkerd.cluster.local";

#[test]
fn linkerds_default_policies() {
    let with = |annotations: &str| LINKERD.replace("A: b", annotations);
    let get = format!("{MESH} GET /");
    let tls = get.as_str();
    for (policy, plain, meshed) in [
        ("all-unauthenticated", "allow", "allow"),
        ("all-authenticated", "deny", "allow"),
        ("cluster-unauthenticated", "allow", "allow"),
        ("cluster-authenticated", "deny", "allow"),
        ("deny", "deny", "deny"),
        ("audit", "allow", "allow"),
        ("nonsense", "allow", "allow"),
    ] {
        rows(&with(&format!("config.linkerd.io/default-inbound-policy: {policy}")), &[("", "- GET /", plain), ("", tls, meshed)]);
    }
    rows(&with("config.linkerd.io/proxy-require-identity-inbound-ports: '8080'"), &[("", "- GET /", "deny"), ("", tls, "allow")]);
    let denied = with("config.linkerd.io/default-inbound-policy: deny");
    rows(&denied, &[("", "- GET /ready", "allow"), ("", "- POST /ready", "deny"), ("", "- GET /ready/x", "deny")]);
    rows(&with("config.linkerd.io/default-inbound-policy: deny, config.linkerd.io/skip-inbound-ports: '8080'"), &[("", "- GET /", "allow")]);
    rows(&with("config.linkerd.io/default-inbound-policy: all-authenticated"), &[("", "spiffe://td/x GET /", "deny")]);
}

#[test]
fn linkerds_servers_and_grants() {
    let get = format!("{MESH} GET /");
    let tls = get.as_str();
    let to_server = "{group: policy.linkerd.io, kind: Server, name: s}";
    let of = |more: &[&str]| [&[server("s", "").as_str()], more].concat().join("\n---\n");
    let mesh = "{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {namespace: shop, name: m}, spec: {identities: ['*.web.serviceaccount.identity.linkerd.cluster.local']}}";
    let network = "{apiVersion: policy.linkerd.io/v1alpha1, kind: NetworkAuthentication, metadata: {namespace: shop, name: n}, spec: {networks: [{cidr: 10.0.0.0/8, except: [10.9.0.0/16]}]}}";
    let (by_mesh, by_network) =
        ("{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: m}", "{group: policy.linkerd.io, kind: NetworkAuthentication, name: n}");
    let old = |client: &str| {
        format!(
            "{{apiVersion: policy.linkerd.io/v1beta1, kind: ServerAuthorization, metadata: {{namespace: shop, name: a}}, spec: {{server: {{selector: {{matchLabels: {{s: s}}}}}}, client: {client}}}}}"
        )
    };
    let two = format!("{}\n---\n{}", server("s", ", accessPolicy: all-unauthenticated"), server("a", ""));
    rows(
        LINKERD,
        &[
            (&of(&[]), tls, "deny"),
            (&of(&[&grant(to_server, "")]), "- GET /", "allow"),
            (&of(&[&grant("{kind: Namespace, name: shop}", "")]), "- GET /", "allow"),
            (&grant("{kind: Namespace, name: shop}", ""), "- GET /", "allow"),
            (&of(&[mesh, &grant(to_server, by_mesh)]), tls, "allow"),
            (&of(&[mesh, &grant(to_server, by_mesh)]), "- GET /", "deny"),
            (&of(&[&grant(to_server, by_mesh)]), tls, "deny"),
            (&of(&[mesh, network, &grant(to_server, &format!("{by_mesh}, {by_network}"))]), tls, "deny"),
            (&of(&[&grant(to_server, "{kind: ServiceAccount, name: front, namespace: web}")]), tls, "allow"),
            (&of(&[&old("{unauthenticated: true}")]), "- GET /", "allow"),
            (&of(&[&old("{meshTLS: {unauthenticatedTLS: true}}")]), tls, "allow"),
            (&of(&[&old("{meshTLS: {}}")]), tls, "deny"),
            (&of(&[&old("{networks: [{cidr: 1.0.0.0/8}], unauthenticated: true}")]), "- GET /", "deny"),
            (&server("s", ", accessPolicy: all-authenticated"), tls, "allow"),
            (&two, "- GET /", "deny"),
            (&of(&[]), "- GET /ready", "allow"),
        ],
    );
}

#[test]
fn linkerds_routes_and_protocols() {
    let route = |rules: &str| {
        format!(
            "{{apiVersion: policy.linkerd.io/v1beta3, kind: HTTPRoute, metadata: {{namespace: shop, name: r}}, spec: {{parentRefs: [{{group: policy.linkerd.io, kind: Server, name: s}}], rules: {rules}}}}}"
        )
    };
    let read = route("[{matches: [{path: {type: PathPrefix, value: /a}, method: GET}]}]");
    let on_route = grant("{group: policy.linkerd.io, kind: HTTPRoute, name: r}", "");
    let of = |rest: &str, more: &[&str]| [&[server("s", rest).as_str()], more].concat().join("\n---\n");
    rows(
        LINKERD,
        &[
            (&of("", &[&read]), "- GET /a/b", "deny"),
            (&of("", &[&read, &on_route]), "- GET /a/b", "allow"),
            (&of("", &[&read, &on_route]), "- GET /ab", "not-found"),
            (&of("", &[&read, &on_route]), "- GET /ready", "not-found"),
            (&of(", proxyProtocol: opaque", &[&read, &on_route]), "- GET /a", "deny"),
            (&of(", proxyProtocol: HTTP/1", &[&grant("{kind: Namespace, name: shop}", "")]), "- tcp", "deny"),
            (&of("", &[&grant("{kind: Namespace, name: shop}", "")]), "- tcp", "allow"),
            (&of(", proxyProtocol: gRPC, accessPolicy: all-unauthenticated", &[]), "- POST /a.B/C", "allow"),
            (&of(", proxyProtocol: gRPC, accessPolicy: all-unauthenticated", &[]), "- GET /a", "not-found"),
            (&of("", &[&read.replace("name: s}", "name: s, port: 8080}"), &on_route]), "- GET /a", "deny"),
            (&of(", accessPolicy: all-unauthenticated", &[&route("[{matches: [{path: {value: a}}]}]")]), "- GET /b", "allow"),
        ],
    );
}

#[test]
fn linkerds_routes_of_grpc() {
    let server = server("s", ", proxyProtocol: gRPC, accessPolicy: all-unauthenticated");
    let with = |rules: &str| {
        format!(
            "{server}\n---\n{{apiVersion: gateway.networking.k8s.io/v1, kind: GRPCRoute, metadata: {{namespace: shop, name: r}}, spec: {{parentRefs: [{{group: policy.linkerd.io, kind: Server, name: s}}], rules: {rules}}}}}"
        )
    };
    rows(
        LINKERD,
        &[
            (&with("[{matches: [{method: {service: a.B}}]}]"), "- POST /a.B/C", "allow"),
            (&with("[{matches: [{method: {service: a.B}}]}]"), "- POST /other.B/C", "not-found"),
            (&with("[{}]"), "- GET /", "allow"),
            // The policy controller drops the route, and with it the last that there was.
            (&with("[{matches: [{method: {type: RegularExpression, service: x.*}}]}]"), "- POST /a.B/C", "allow"),
            // It hands this one on, and the proxy refuses what it cannot read.
            (&with("[{matches: [{headers: [{name: a, value: b}]}]}]"), "- POST /a.B/C a=b", "deny"),
        ],
    );
}

#[test]
fn kubernetes_network_policies_come_first() {
    let closed = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: n}, spec: {podSelector: {}}}";
    let open = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: n}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}}";
    rows(SIDECAR, &[(closed, "- GET /", "deny"), (open, "- GET /", "allow")]);
}
