//! What holds for all policies, tried out on many: sidecars, ambient and Linkerd.

use kubectl_mesh::mesh::authorization::{Authorizer, Call, Client, Credential, Http, Request, Server, Verdict, addresses};
use kubectl_mesh::model::MeshId;
use kubectl_mesh::views;
use kubectl_mesh::world::World;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::worlds::{PLANES, Plane, closed_server, grant, istio, linkerd, linkerd_object, planned, policy, routing, rule, sending, world};

/// A client of the world; anyone in plaintext for an empty name.
fn client<'w>(world: &'w World, name: &str) -> Client<'w> {
    match world.index.workload("web", name, None) {
        Some(w) => Client { workload: Some(w), credential: Credential::Membership, addresses: addresses(&world.index, w) },
        None => Client { credential: Credential::Plaintext, ..Client::default() },
    }
}

/// The decisions of every client about some requests.
fn decisions(world: &World) -> Vec<Verdict> {
    let authorizer = Authorizer::new(world.view());
    let cart = world.index.workload("shop", "cart", None).unwrap();
    let mut all = Vec::new();
    for name in ["front", "batch", ""] {
        for method in ["GET", "POST", "DELETE"] {
            for path in ["/a", "/a/b", "/c/1/d", "/z"] {
                let http = Http { method: Some(method.into()), path: Some(path.into()), ..Http::default() };
                let request = Request { client: client(world, name), call: Call::Http(Box::new(http)), sni: None };
                all.push(authorizer.decide(Server::Workload(cart, 8080), &request).verdict);
            }
        }
    }
    all
}

fn with(before: &[Value], more: Value) -> Vec<Value> {
    before.iter().cloned().chain([more]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_further_deny_opens_nothing(before in istio(&["ALLOW", "DENY"]), rules in prop::collection::vec(rule(), 1..3)) {
        for plane in [Plane::Sidecar, Plane::Ambient] {
            let after = world(plane, &with(&before, policy("more", "DENY", &rules)));
            for (was, is) in decisions(&world(plane, &before)).into_iter().zip(decisions(&after)) {
                prop_assert!(!(was == Verdict::Deny && is == Verdict::Allow), "{plane:?}");
            }
        }
    }

    #[test]
    fn a_further_allow_closes_nothing_unless_it_is_the_first(before in istio(&["ALLOW", "DENY"]), rules in prop::collection::vec(rule(), 0..3)) {
        let first = !before.iter().any(|p| p["spec"]["action"] == "ALLOW");
        for plane in [Plane::Sidecar, Plane::Ambient] {
            let after = world(plane, &with(&before, policy("more", "ALLOW", &rules)));
            let open = decisions(&world(plane, &before));
            prop_assert!(!before.is_empty() || open.iter().all(|was| *was == Verdict::Allow), "{plane:?}: without a policy everything is allowed");
            for (was, is) in open.into_iter().zip(decisions(&after)) {
                prop_assert!(first || !(was == Verdict::Allow && is == Verdict::Deny), "{plane:?}");
            }
        }
    }

    /// Linkerd's grants add up, and a Server's port was closed before any of them.
    #[test]
    fn a_further_grant_closes_nothing((before, more) in prop_oneof![(linkerd(), grant("more")), closed_server()]) {
        let after = world(Plane::Linkerd, &with(&before, more));
        for (was, is) in decisions(&world(Plane::Linkerd, &before)).into_iter().zip(decisions(&after)) {
            prop_assert!(!(was == Verdict::Allow && is != Verdict::Allow));
        }
    }

    /// But by age: the oldest Server governs a port, and equal ages go by name.
    #[test]
    fn the_order_of_objects_does_not_matter((plane, before) in planned()) {
        let reversed: Vec<Value> = before.iter().rev().cloned().collect();
        prop_assert_eq!(decisions(&world(plane, &before)), decisions(&world(plane, &reversed)));
    }

    #[test]
    fn no_change_changes_nothing((plane, before) in planned()) {
        let (one, same) = (world(plane, &before), world(plane, &before));
        let report = views::simulation(&one, &same);
        prop_assert!(report.changed.is_empty() && report.unchanged > 0);
    }

    /// A request is decided for all clients like some class of the matrix: no class is left out.
    #[test]
    fn every_request_is_decided_as_a_class_of_the_matrix_is(
        (plane, before) in planned(),
        method in "GET|POST|PUT|DELETE",
        path in "/(a|a/b|b|c/x/d|c/x|z/b)",
        tcp in any::<bool>(),
    ) {
        let world = world(plane, &before);
        let authorizer = Authorizer::new(world.view());
        let cart = world.index.workload("shop", "cart", None).unwrap();
        let report = views::matrix(&world, None, Some(cart));
        let names = ["front", "batch", ""];
        let columns = names.map(|name| {
            let client = world.index.workload("web", name, None).map(|w| &w.reference);
            report.rows.iter().filter(|r| r.client.0 == client).map(|r| r.decision).collect::<Vec<Verdict>>()
        });
        let http = Http { method: Some(method), path: Some(path), ..Http::default() };
        // Whether a port that is declared HTTP carries anything else is no question of the matrix.
        let call = if tcp && plane == Plane::Ambient { Call::Tcp } else { Call::Http(Box::new(http)) };
        let got = names.map(|name| {
            let request = Request { client: client(&world, name), call: call.clone(), sni: None };
            authorizer.decide(Server::Workload(cart, 8080), &request).verdict
        });
        let found = (0..columns[0].len()).any(|class| (0..3).all(|client| columns[client][class] == got[client]));
        prop_assert!(found, "{:?} is none of {:?}", got, columns);
    }

    /// The matrix asks what clients' own sides send, as a single question does: whatever DestinationRules and PeerAuthentications say.
    #[test]
    fn the_matrix_agrees_with_single_questions_about_what_clients_send(
        (plane, policies) in planned(),
        sent in sending(),
        method in "GET|POST|PUT",
        path in "/(a|a/b|b|c/x/d)",
    ) {
        let world = world(plane, &[policies, sent.clone()].concat());
        let cart = world.index.workload("shop", "cart", None).unwrap();
        let service = world.index.service("shop", "cart").unwrap();
        let report = views::matrix(&world, None, Some(cart));
        let names = ["front", "batch", "cart", ""];
        let columns = names.map(|name| {
            let client = world.index.workload(if name == "cart" { "shop" } else { "web" }, name, None).map(|w| &w.reference);
            report.rows.iter().filter(|r| r.client.0 == client).map(|r| r.decision.name()).collect::<Vec<&str>>()
        });
        let http = Http { method: Some(method), path: Some(path), ..Http::default() };
        let got = names.map(|name| {
            let client = if name == "cart" { Client { workload: Some(cart), ..Client::default() } } else { client(&world, name) };
            let request = Request { client, call: Call::Http(Box::new(http.clone())), sni: None };
            views::decision(&world, Server::Service(service, 80), &request).decision
        });
        let found = (0..columns[0].len()).any(|class| (0..4).all(|client| columns[client][class] == got[client].name()));
        prop_assert!(found, "{:?} is none of {:?} with {:?}", got, columns, sent);
    }

    /// The same where routes say which requests go to which subset: the matrix tells requests apart as they do. What is sent to another server is
    /// decided there.
    #[test]
    fn the_matrix_agrees_with_single_questions_about_what_routes_send(
        policies in istio(&["ALLOW", "DENY"]),
        sent in sending(),
        routes in routing(),
        method in "GET|POST|PUT",
        path in "/(a|a/b|b|c/x/d|z)",
        header in prop::option::of("1|11|2"),
    ) {
        let world = world(Plane::Sidecar, &[policies, sent.clone(), routes.clone()].concat());
        let cart = world.index.workload("shop", "cart", None).unwrap();
        let other = world.index.workload("shop", "other", None).unwrap();
        let service = world.index.service("shop", "cart").unwrap();
        let rows = |server| {
            let report = views::matrix(&world, None, Some(server));
            ["front", "batch", "cart", ""].map(|name| {
                let client = world.index.workload(if name == "cart" { "shop" } else { "web" }, name, None).map(|w| &w.reference);
                report.rows.iter().filter(|r| r.client.0 == client).map(|r| r.decision).collect::<Vec<Verdict>>()
            })
        };
        let (columns, beside) = (rows(cart), rows(other));
        let headers = header.into_iter().map(|value| ("x-v".to_owned(), value)).collect();
        let http = Http { method: Some(method), path: Some(path), headers, ..Http::default() };
        let got = ["front", "batch", "cart", ""].map(|name| {
            let client = if name == "cart" { Client { workload: Some(cart), ..Client::default() } } else { client(&world, name) };
            let request = Request { client, call: Call::Http(Box::new(http.clone())), sni: None };
            let report = views::decision(&world, Server::Service(service, 80), &request);
            (report.decision, report.headline.contains("It is not sent to Service shop/cart"))
        });
        // What no class can say is left open, so that the matrix does not know where a single question does.
        let text = format!("{routes:?}");
        let open = ["regex", "queryParams", "ignoreUriCase"].iter().any(|word| text.contains(word));
        let agrees = |class: usize, client: usize| {
            let (decision, elsewhere) = got[client];
            elsewhere || columns[client][class] == decision || (open && columns[client][class] == Verdict::Unknown)
        };
        let found = (0..columns[0].len()).any(|class| (0..4).all(|client| agrees(class, client)));
        prop_assert!(found, "{:?} is none of {:?} with {:?} {:?}", got, columns, sent, routes);
        for (client, (decision, elsewhere)) in got.iter().enumerate() {
            prop_assert!(!elsewhere || *decision == Verdict::NotFound || beside[client].contains(decision), "{got:?} {beside:?}");
        }
    }

    /// A change of what clients send is a change of decisions, of exactly those that come out otherwise.
    #[test]
    fn a_simulation_shows_what_a_destination_rule_changes(policies in istio(&["ALLOW"]), before in sending(), after in sending()) {
        let (was, is) = (world(Plane::Sidecar, &[policies.clone(), before].concat()), world(Plane::Sidecar, &[policies, after].concat()));
        let report = views::simulation(&was, &is);
        let (old, new) = (views::matrix(&was, None, None), views::matrix(&is, None, None));
        let decisions = |rows: &[views::MatrixRow<'_>], name: &str, port: u16| {
            let of = rows.iter().filter(|r| r.port == port && r.client.0.is_some_and(|c| c.name == name));
            of.map(|r| r.decision.name()).collect::<std::collections::BTreeSet<_>>()
        };
        for name in ["front", "batch"] {
            let changed = report.changed.iter().any(|row| row.client.0.is_some_and(|c| c.name == name) && row.server.name == "cart");
            prop_assert!(changed || decisions(&old.rows, name, 8080) == decisions(&new.rows, name, 8080));
        }
        prop_assert!(report.changed.iter().all(|row| row.before != row.after && !row.because.is_empty()));
    }

    /// What is made of today's edges lets in whom today's policies let in: it changes no decision.
    #[test]
    fn policies_made_of_what_is_allowed_change_nothing(before in istio(&["DENY"])) {
        for plane in PLANES {
            let (mesh, closed, before) = match plane {
                Plane::Linkerd => (
                    MeshId::Linkerd,
                    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "linkerd-config", "namespace": "linkerd"},
                        "data": {"values": "proxy: {defaultInboundPolicy: all-authenticated}"}}),
                    Vec::new(),
                ),
                _ => (
                    MeshId::Istio,
                    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "default", "namespace": "istio-system"},
                        "spec": {"mtls": {"mode": "STRICT"}}}),
                    before.clone(),
                ),
            };
            let now = with(&before, closed);
            let today = world(plane, &now);
            let made = views::generate_from_today(&today, mesh, None);
            prop_assert!(before.iter().any(|p| !p.is_null()) || !made.objects.is_empty(), "{plane:?} makes nothing: {:?}", made.notes);
            let after: Vec<Value> = now.iter().cloned().chain(made.objects.clone()).collect();
            let after = world(plane, &after);
            let report = views::simulation(&today, &after);
            prop_assert!(report.changed.is_empty(), "{plane:?}: {:?} of {:?}", report.changed, made.objects);
        }
    }
}

/// Only age moves a decision from one Server to another.
#[test]
fn the_older_server_governs() {
    let server = |name: &str, age: u32, access: &str| {
        linkerd_object("v1beta3", "Server", name, age, json!({"podSelector": {}, "port": 8080, "accessPolicy": access}))
    };
    let of = |open_age, closed_age| {
        let all = [server("open", open_age, "all-unauthenticated"), server("closed", closed_age, "deny")];
        decisions(&world(Plane::Linkerd, &all))[0]
    };
    assert_eq!([of(1, 2), of(2, 1), of(3, 3)], [Verdict::Allow, Verdict::Deny, Verdict::Deny], "of equal age the name decides");
}
