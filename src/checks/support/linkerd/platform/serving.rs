//! Certificates with which the API server verifies what it calls: webhooks and aggregated APIs.

use crate::checks::Findings;
use crate::mesh::certificate::{self, Certificate};
use crate::mesh::linkerd::anchors::at;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Finding, Severity};
use crate::world::World;

/// Something that the API server calls.
pub(in crate::checks) struct Served<'w> {
    /// The component that answers.
    pub(in crate::checks) name: &'static str,
    /// The object that says so.
    pub(in crate::checks) object: &'w Object,
    /// Where its `caBundle` stands.
    pub(in crate::checks) holder: Field<'w>,
    /// The Service by which it is called.
    pub(in crate::checks) service: Option<Field<'w>>,
    /// The codes of `linkerd check` for a certificate that is not valid, and for one that ends soon; empty where it does not look.
    pub(in crate::checks) codes: [&'static str; 2],
}

const HINT: &str = "Renew the component's certificate and the caBundle together, then restart the component.";

impl Served<'_> {
    /// Judges the bundle, the certificate in the component's Secret, and whether one verifies the other.
    pub(in crate::checks) fn judge(&self, world: &World, findings: &mut Findings<'_>) {
        let mut trusted = Vec::new();
        if let Some(bundle) = self.holder.get("caBundle") {
            match certificate::of_bundle(bundle.str().unwrap_or_default()) {
                Ok(read) => trusted = read,
                Err(why) => {
                    let what = format!("the caBundle of {} cannot be read: {why}", self.name);
                    self.valid(findings.add(self.object, bundle.path(), what, HINT)).detail("unreadable");
                }
            }
            self.dates(world, findings, self.object, &bundle.path(), &trusted);
        }
        let part = |name| self.service.as_ref().map(|s| s.text(name)).unwrap_or_default();
        let (namespace, service) = (part("namespace"), part("name"));
        let secret = world.index.object(Kind::Secret, namespace, &format!("{}-k8s-tls", self.name));
        let Some(served) = secret.and_then(|s| at(s, "tls.crt")) else { return };
        let chain = match served.certificates {
            Ok(chain) => chain,
            Err(why) => {
                let what = format!("the certificate of {} cannot be read: {why}", self.name);
                self.valid(findings.add(served.object, served.path, what, HINT)).detail("unreadable");
                return;
            }
        };
        self.dates(world, findings, served.object, &served.path, &chain);
        if !trusted.is_empty() && !certificate::leads_to(&chain, &trusted) {
            let what = format!("the certificate of {} was not issued by the caBundle with which the API server verifies it", self.name);
            self.valid(findings.add(served.object, &*served.path, what, HINT)).detail("issuer").related(self.object.reference(), "has the caBundle");
        }
        let called = format!("{service}.{namespace}.svc");
        if let Some(first) = chain.first().filter(|c| !c.names.is_empty() && !c.covers(&called) && !service.is_empty()) {
            let what = format!("the certificate of {} is for {}, and the API server calls {called}", self.name, first.names.join(", "));
            self.valid(findings.add(served.object, served.path, what, HINT)).detail("name").related(self.object.reference(), "names the Service");
        }
    }

    fn dates(&self, world: &World, findings: &mut Findings<'_>, object: &Object, path: &str, all: &[Certificate]) {
        for certificate in all {
            if let Some(how) = certificate.out_of_date(world.now) {
                self.valid(findings.add(object, path, format!("the certificate {:?} {how}", certificate.subject), HINT))
                    .detail(certificate.subject.as_str());
            } else if certificate.ends_soon(world.now) {
                let left = certificate.time_left(world.now);
                let what = format!("the certificate {:?} ends in {left}, at {}", certificate.subject, certificate.not_after);
                self.code(findings.add(object, path, what, HINT).severity(Severity::Warning), self.codes[1]).detail(certificate.subject.as_str());
            }
        }
    }

    fn valid<'f>(&self, finding: &'f mut Finding) -> &'f mut Finding {
        self.code(finding, self.codes[0])
    }

    fn code<'f>(&self, finding: &'f mut Finding, code: &'static str) -> &'f mut Finding {
        if code.is_empty() { finding.codes(&[]) } else { finding.codes(&[code]) }
    }
}
