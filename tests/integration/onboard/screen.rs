//! The screens of the README: an onboarding as it is printed, and one that is taken back.

use regex::Regex;

use super::{behave, mesh, shop};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::generated::section_is_current;

/// Somebody who calls the cart, and is let in by name or without one.
const FRONTEND: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: frontend}}
  template: {metadata: {labels: {app: frontend}}, spec: {serviceAccountName: frontend, containers: [{name: app, image: 'shop/frontend:1'}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: frontend}}}]}]}
";

/// What a run prints at 100 columns, with the names that a server makes up made up here.
fn screen(fate: Fate, log: &str) -> String {
    let cluster = shop(Injector::Istio, FRONTEND);
    behave(&cluster, Behaviour { injector: Injector::Istio, fate, revision: "default", ..Behaviour::default() });
    if !log.is_empty() {
        cluster.server().script(|scripts| scripts.log_of_all(log));
    }
    let (_, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--width", "100"]);
    assert!(!out.is_empty(), "{err}");
    Regex::new("cart-[0-9a-f]{8}-[a-z0-9]{5}").unwrap().replace_all(&out, "cart-6d5f9c7b8-x2v9k").into_owned()
}

#[test]
fn the_readme_shows_an_onboarding() {
    let out = screen(Fate::Ready, "");
    assert!(out.ends_with("✔ Done.\n"), "{out}");
    section_is_current("onboard", &format!("```console\n$ kubectl mesh onboard -s cart -n shop --yes\n{out}```\n"));
}

#[test]
fn the_readme_shows_one_that_is_taken_back() {
    let out = screen(Fate::CrashLoop, "no such revision");
    assert!(out.ends_with("everything is as it was before.\n"), "{out}");
    let (_, run) = out.split_once("undo: ").unwrap();
    let run = run.split_once('\n').unwrap().1;
    section_is_current("undone", &format!("```console\n{run}```\n"));
}
