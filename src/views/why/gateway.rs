//! What a request from outside meets at the gateway itself: its policies, and the certificate that it is shown.

use super::hops::Hops;
use super::steps::{fails, ok, unknown};
use crate::mesh::authorization::{self, Credential, Server};
use crate::mesh::istio::credentials::{self, Credential as Certificate};
use crate::mesh::mtls;
use crate::mesh::routes::Route;
use crate::model::{Evidence, Kind, Step, StepKind, StepPlace, StepResult, Subject, first_of};
use crate::world::Sight;

const KIND: StepKind = StepKind::Mtls;
const AT: StepPlace = StepPlace::Gateway;

impl Hops<'_> {
    /// The handshake where TLS ends at it, and what its policies say.
    pub(super) fn at_gateway(&self, route: &Route) -> Vec<Step> {
        let gateway = self.asked.client.workload;
        let ports = mtls::called_through(self.view, gateway);
        let port = ports.iter().find(|(_, number, _)| *number == self.asked.request.port).map_or(self.asked.request.port, |(_, _, target)| *target);
        let client = authorization::Client { credential: Credential::Plaintext, ..authorization::Client::default() };
        let request = authorization::Request { client, call: self.call(None), sni: None };
        let decision = self.authorizer.decide(Server::Workload(gateway, port), &request);
        let mut steps = authorization::steps(&decision.rulings);
        steps.iter_mut().filter(|s| s.at == StepPlace::Server).for_each(|s| s.at = AT);
        steps.retain(|s| matches!(s.step, StepKind::Authorization | StepKind::NetworkPolicy));
        let policies = steps.iter().position(|s| s.step == StepKind::Authorization).unwrap_or(steps.len());
        steps.splice(policies..policies, self.certificate(route));
        let last = steps.iter().position(|s| s.result == StepResult::Fails);
        steps.truncate(last.map_or(steps.len(), |at| at + 1));
        steps
    }

    /// Whether clients can trust what the gateway shows them, where their TLS ends at it.
    fn certificate(&self, route: &Route) -> Option<Step> {
        let (object, path) = route.ends_tls.as_ref()?;
        let gateway = self.view.index.object(object.kind, &object.namespace, &object.name)?;
        let server = ["servers", "listeners"].iter().flat_map(|list| gateway.spec().list(list)).find(|f| f.path() == *path)?;
        let all = credentials::of_server(gateway, server);
        let namespace = &self.asked.client.workload.reference.namespace;
        let mut names: Vec<String> = Vec::new();
        let name = self.asked.request.server_name();
        let mut covered = false;
        let mut presented = Vec::new();
        for credential in &all {
            let Some(secret) = credential.secret(self.view.index, namespace) else { return Some(self.no_secret(credential, namespace)) };
            let because = |text: String| {
                vec![Evidence::field(object.clone(), credential.path.as_str(), text), Evidence::object(secret.reference(), "holds the certificate")]
            };
            if let Some(fault) = credential.fault(self.view.index, namespace, secret, self.world.now) {
                let text = credentials::sentence(secret, &fault);
                let hint = "Renew the certificate, or put certificate and key under tls.crt and tls.key.";
                return Some(fails(KIND, AT, text.clone(), because(text), hint));
            }
            if let Some(leaf) = credentials::leaf(secret) {
                covered |= leaf.covers(&name);
                let text = format!("{} is for {}, until {}", secret.reference(), list(&leaf.names), leaf.not_after);
                presented.extend(because(text));
                names.extend(leaf.names);
            }
        }
        let first = all.first()?;
        if !covered {
            let text = format!("the certificate {:?} is for {}, not for {name}: clients refuse it", first.name, list(&names));
            let because = presented.into_iter().map(|e| if e.path.is_some() { Evidence { text: text.clone(), ..e } } else { e }).collect();
            return Some(fails(KIND, AT, text, because, "Issue the certificate for this host too, or present another one."));
        }
        let mut step = ok(KIND, AT, format!("TLS ends here: {}", presented.first().map_or("", |e| e.text.as_str())));
        step.because = presented;
        Some(step)
    }

    fn no_secret(&self, credential: &Certificate<'_>, namespace: &str) -> Step {
        let (home, name) = credential.secret_name(namespace);
        let text = format!("there is no Secret {name:?} in namespace {home:?}, from where the gateway takes its certificate");
        match self.world.sight(Kind::Secret, home) {
            _ if self.view.index.is_made(Kind::Secret, home, name) => unknown(KIND, AT, format!("{text}: the files have another tool make it"), None),
            Sight::Clear => {
                let because = vec![Evidence::field(credential.gateway.reference(), credential.path.as_str(), text.clone())];
                fails(KIND, AT, text, because, "Create the Secret there, or name one that exists.")
            }
            Sight::NotInFiles => unknown(KIND, AT, format!("{text}, among the files; the cluster may have it"), None),
            Sight::Hidden(gap) => {
                let why = gap.as_ref().map_or_else(|| "Secrets were not read".to_owned(), ToString::to_string);
                unknown(KIND, AT, format!("the certificate of Secret {home}/{name} was not seen: {why}"), gap)
            }
        }
    }
}

/// Up to three names.
fn list(names: &[String]) -> String {
    match names {
        [] => "no name at all".to_owned(),
        _ => first_of(names, 3),
    }
}
