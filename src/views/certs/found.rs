//! Where certificates stand.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{CertificateReport, CertificateRow, Chain, Held, RenewalRow, Role, Validity, once_each, showing};
use crate::mesh::called;
use crate::mesh::certificate::{self, Certificate, leads_to, value};
use crate::mesh::expiry::{RenewedBy, is_late};
use crate::mesh::istio::{authority, credentials};
use crate::mesh::linkerd::{anchors, trust};
use crate::mesh::shown::Shown;
use crate::model::{Evidence, Field, Kind, Map, MeshId, Object, ObjectRef, Str, Subject};
use crate::report::MeshTag;
use crate::world::World;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) rows: Vec<CertificateRow>,
    pub(super) sets: Vec<Held>,
}

pub(super) fn all(world: &World, with_secrets: bool, shown: &[Shown]) -> Found {
    let mut found = Found::default();
    istio(world, with_secrets, &mut found);
    linkerd(world, with_secrets, &mut found);
    webhooks(world, with_secrets, &mut found);
    gateways(world, with_secrets, &mut found);
    showing::all(world, shown, &mut found);
    renewals(world, &mut found);
    found
}

fn place(object: &Object, path: impl Into<String>, text: impl Into<String>) -> Evidence {
    Evidence::field(object.reference(), path, text)
}

impl Found {
    pub(super) fn add(&mut self, mesh: MeshTag, role: Role, certificate: &Certificate, chain: Chain, at: Evidence, now: Timestamp) {
        let row = CertificateRow::new(mesh, role, certificate, now);
        self.rows.push(CertificateRow { chain, places: vec![at], ..row });
    }

    /// Says of the last one, which is `certificate`, whether it holds longer than its issuer among `others`.
    pub(super) fn issuer(&mut self, certificate: &Certificate, others: &[Certificate]) {
        let ends = |issuer: &Certificate| format!("it holds longer than its issuer, which ends at {}", issuer.not_after);
        self.problem(certificate.outlives(others).map(ends));
    }

    /// Says of the last one what else is wrong with it.
    pub(super) fn problem(&mut self, what: Option<String>) {
        if let Some(row) = self.rows.last_mut() {
            row.problems.extend(what);
        }
    }

    /// What stands where certificates should.
    fn broken(&mut self, mesh: MeshTag, role: Role, why: &str, at: Evidence) {
        self.unread(mesh, role, format!("cannot be read: {why}"), at);
    }

    /// What was not read.
    fn unread(&mut self, mesh: MeshTag, role: Role, subject: String, at: Evidence) {
        self.rows.push(CertificateRow { places: vec![at], ..CertificateRow::unread(mesh, role, subject) });
    }
}

fn istio(world: &World, with_secrets: bool, found: &mut Found) {
    let index = &world.index;
    for map in index.objects(Kind::ConfigMap).iter().filter(|m| m.meta.name == authority::ROOTS && world.in_scope(&m.meta.namespace)) {
        let at = place(map, "data[\"root-cert.pem\"]", "the roots that pods of the namespace trust");
        match value(map, authority::ROOTS_KEY).map_or_else(|| Err("it is empty".to_owned()), |pem| certificate::read(&pem)) {
            Ok(roots) => {
                roots.iter().for_each(|root| found.add(MeshTag::Istio, Role::TrustAnchor, root, Chain::Anchor, at.clone(), world.now));
                found.sets.push(Held { mesh: MeshId::Istio, certificates: roots, place: Some(at), pods: 0 });
            }
            Err(why) => found.broken(MeshTag::Istio, Role::TrustAnchor, &why, at),
        }
    }
    for entry in world.istio.config.root().list("caCertificates") {
        let Some(pem) = entry.get("pem") else { continue };
        let place =
            |object: &ObjectRef| Evidence::field(object.clone(), format!("data.mesh.{}", pem.path()), "a root that all proxies trust besides");
        let at = world.istio.config.object.as_ref().map_or_else(|| Evidence::default("a root of the mesh configuration"), place);
        match certificate::read(pem.str().unwrap_or_default().as_bytes()) {
            Ok(roots) => roots.iter().for_each(|root| found.add(MeshTag::Istio, Role::TrustAnchor, root, Chain::Anchor, at.clone(), world.now)),
            Err(why) => found.broken(MeshTag::Istio, Role::TrustAnchor, &why, at),
        }
    }
    if !with_secrets {
        return;
    }
    for authority in authority::all(index) {
        let roots = authority.roots.clone();
        for (key, certificates) in &authority.chains {
            let at = place(authority.secret, format!("data{}", crate::model::key(key)), "the control plane's authority");
            for (position, certificate) in certificates.iter().enumerate() {
                let is_root = roots.iter().any(|root| root.der == certificate.der);
                let around = authority.chain_from(certificate);
                let (role, chain) = match (is_root, leads_to(&around, &roots)) {
                    (true, _) => (Role::TrustAnchor, Chain::Anchor),
                    (false, leads) if position == 0 && authority::SIGNERS.contains(key) => (Role::Issuer, verdict(leads, &roots)),
                    (false, leads) => (Role::Intermediate, verdict(leads, &roots)),
                };
                found.add(MeshTag::Istio, role, certificate, chain, at.clone(), world.now);
                found.issuer(certificate, &around);
                if let Some(row) = found.rows.last_mut().filter(|_| is_root && authority.secret.meta.name == authority::OWN) {
                    row.renewed_by = RenewedBy::Istiod;
                    row.judge(world.now);
                }
            }
        }
        if !roots.is_empty() {
            let at = Evidence::object(authority.secret.reference(), "the roots of the control plane's authority");
            found.sets.push(Held { mesh: MeshId::Istio, certificates: roots, place: Some(at), pods: 0 });
        }
    }
}

pub(super) fn verdict(leads: bool, anchors: &[Certificate]) -> Chain {
    match (leads, anchors.is_empty()) {
        (_, true) => Chain::Unknown,
        (true, false) => Chain::Verified,
        (false, false) => Chain::Broken,
    }
}

fn linkerd(world: &World, with_secrets: bool, found: &mut Found) {
    for config in &world.linkerd.configs {
        let Some(bundle) = anchors::anchors(&world.index, config) else { continue };
        let at = place(bundle.object, bundle.path.as_str(), "the trust anchors of the control plane");
        let roots = match bundle.certificates {
            Ok(roots) => roots,
            Err(why) => {
                found.broken(MeshTag::Linkerd, Role::TrustAnchor, &why, at);
                continue;
            }
        };
        roots.iter().for_each(|root| found.add(MeshTag::Linkerd, Role::TrustAnchor, root, Chain::Anchor, at.clone(), world.now));
        let text = config.trust_anchors.as_deref().unwrap_or_default();
        // Pods by the thousand carry few different bundles.
        let (mut same, mut seen, mut copies) = (0, HashMap::new(), BTreeMap::<&str, usize>::new());
        for pod in world.index.pods().iter().filter(|pod| !pod.is_over()) {
            let copy = trust::copy(pod).unwrap_or_default();
            let own = if copy.is_empty() { pod.metadata.annotations.get(trust::ANCHORS_HASH).unwrap_or_default() } else { copy };
            match *seen.entry(own).or_insert_with(|| trust::of(pod, text)) {
                trust::Trust::Same => same += 1,
                trust::Trust::Differs { .. } => *copies.entry(copy).or_default() += 1,
                trust::Trust::Unknown => {}
            }
        }
        found.sets.push(Held { mesh: MeshId::Linkerd, certificates: roots.clone(), place: Some(at), pods: same });
        for (copy, pods) in copies.into_iter().filter(|(copy, _)| !copy.is_empty()) {
            let certificates = certificate::read(copy.as_bytes()).unwrap_or_default();
            found.sets.push(Held { mesh: MeshId::Linkerd, certificates, place: None, pods });
        }
        if let Some((written, object)) = anchors::of_values(&world.index, config) {
            let at = place(object, "data.values", "identityTrustAnchorsPEM, which the next upgrade writes over the ConfigMap");
            found.sets.push(Held { mesh: MeshId::Linkerd, certificates: written, place: Some(at), pods: 0 });
        }
        if with_secrets && let Some(issuer) = anchors::issuer(&world.index, config) {
            let at = place(issuer.object, issuer.path, "the control plane's issuer");
            match issuer.certificates {
                Ok(chain) => {
                    for (position, certificate) in chain.iter().enumerate() {
                        let role = if position == 0 { Role::Issuer } else { Role::Intermediate };
                        let leads = verdict(leads_to(&chain[position..], &roots), &roots);
                        let above = [&chain[position + 1..], &roots].concat();
                        found.add(MeshTag::Linkerd, role, certificate, leads, at.clone(), world.now);
                        found.issuer(certificate, &above);
                    }
                }
                Err(why) => found.broken(MeshTag::Linkerd, Role::Issuer, &why, at),
            }
        }
    }
}

/// What the API server verifies the meshes' webhooks and APIs by, and where Secrets were read, what these show.
fn webhooks(world: &World, with_secrets: bool, found: &mut Found) {
    for called in called::all(&world.index) {
        let (namespace, name) = (called.namespace, called.service);
        let Some(mesh) = mesh_in(world, namespace) else { continue };
        let Some(trusted) = called.trusted() else { continue };
        let at = place(called.object, called.path(), format!("verifies Service {namespace}/{name}"));
        let trusted = match trusted {
            Ok(trusted) => trusted,
            Err(why) => {
                found.broken(mesh.into(), Role::Webhook, &why, at);
                continue;
            }
        };
        trusted.iter().for_each(|one| found.add(mesh.into(), Role::Webhook, one, Chain::Anchor, at.clone(), world.now));
        let secret = world.index.object(Kind::Secret, namespace, &format!("{name}-k8s-tls")).filter(|_| with_secrets);
        if let Some(served) = secret.and_then(|secret| anchors::at(secret, "tls.crt")) {
            let at = place(served.object, served.path, format!("shown by Service {namespace}/{name}"));
            match served.certificates {
                Ok(chain) => {
                    let verdict = verdict(leads_to(&chain, &trusted), &trusted);
                    if let Some(one) = chain.first() {
                        found.add(mesh.into(), Role::Webhook, one, verdict, at, world.now);
                        found.issuer(one, &trusted);
                    }
                }
                Err(why) => found.broken(mesh.into(), Role::Webhook, &why, at),
            }
        }
    }
}

/// The mesh whose control plane, or extension, runs in a namespace.
pub(super) fn mesh_in(world: &World, namespace: &str) -> Option<MeshId> {
    let plane = world.control_planes().find(|plane| plane.namespace == namespace).map(|plane| plane.mesh);
    let extension = || world.index.namespace(namespace).is_some_and(|n| n.metadata.labels.has("linkerd.io/extension"));
    plane.or_else(|| extension().then_some(MeshId::Linkerd)).or_else(|| (namespace == world.istio.root_namespace()).then_some(MeshId::Istio))
}

fn gateways(world: &World, with_secrets: bool, found: &mut Found) {
    let index = &world.index;
    for gateway in [Kind::IstioGateway, Kind::Gateway].into_iter().flat_map(|kind| index.objects(kind)).filter(|g| world.in_scope(&g.meta.namespace))
    {
        let servers = if gateway.kind == Kind::Gateway { "listeners" } else { "servers" };
        let selector: Map = gateway.spec().get("selector").iter().flat_map(Field::entries).filter_map(|(k, v)| Some((k, v.str()?))).collect();
        // istiod looks where the gateway's pods are.
        let pods = index.select(None, &selector).map(|w| w.reference.namespace.clone()).filter(|_| gateway.kind == Kind::IstioGateway);
        let mut namespaces: Vec<Str> = pods.collect();
        if namespaces.is_empty() {
            namespaces.push(gateway.meta.namespace.clone());
        }
        namespaces.sort();
        namespaces.dedup();
        for credential in gateway.spec().list(servers).flat_map(|server| credentials::of_server(gateway, server)) {
            for namespace in &namespaces {
                let (home, name) = credential.secret_name(namespace);
                let at = place(gateway, credential.path.as_str(), format!("Secret {home}/{name}"));
                match index.object(Kind::Secret, home, name).filter(|_| with_secrets).and_then(credentials::chain).map(|pem| certificate::read(&pem))
                {
                    Some(Ok(chain)) => {
                        chain.iter().take(1).for_each(|leaf| found.add(MeshTag::Any, Role::Gateway, leaf, Chain::Unknown, at.clone(), world.now));
                    }
                    Some(Err(why)) => found.broken(MeshTag::Any, Role::Gateway, &why, at),
                    None => found.unread(MeshTag::Any, Role::Gateway, format!("in Secret {home}/{name}"), at),
                }
            }
        }
    }
}

/// What cert-manager says of the Secrets that hold them.
fn renewals(world: &World, found: &mut Found) {
    let own = ["linkerd-identity-issuer", "linkerd-trust-anchor", "cacerts", "istio-ca-secret"];
    for object in world.index.objects(Kind::CertManagerCertificate) {
        let secret = object.spec().text("secretName");
        let namespace = object.meta.namespace.as_str();
        let status = object.root().get("status");
        let time = |name: &str| status.as_ref().and_then(|s| s.text(name).parse::<Timestamp>().ok());
        let condition = |s: &Field<'_>| s.list("conditions").find(|c| c.text("type") == "Ready").map(|c| c.text("status") == "True");
        let (from, until, due) = (time("notBefore"), time("notAfter"), time("renewalTime"));
        let renewal = RenewalRow {
            certificate: object.reference(),
            ready: status.as_ref().and_then(condition),
            renewal_time: due.map(|t| t.to_string()),
            overdue: due.is_some_and(|t| t < world.now),
            late: due.zip(from.zip(until)).is_some_and(|(due, (from, until))| is_late(due, from, until, world.now)),
        };
        let managed = |row: CertificateRow| {
            let mut row = CertificateRow { renewal: Some(renewal.clone()), renewed_by: RenewedBy::CertManager, ..row };
            row.judge(world.now);
            // Of a certificate that was not read, cert-manager knows the dates.
            match from.zip(until) {
                Some((from, until)) if row.state == Validity::Unknown => row.dated(from, until, world.now),
                _ => row,
            }
        };
        let suffix = format!("Secret {namespace}/{secret}");
        let holds = |at: &Evidence| {
            at.text == suffix
                || at.object.as_ref().is_some_and(|o: &ObjectRef| o.kind == Kind::Secret && o.namespace == namespace && o.name == secret)
        };
        let mut known = false;
        for row in found.rows.iter_mut().filter(|row| row.places.iter().any(holds)) {
            known = true;
            *row = managed(row.clone());
        }
        let mesh = mesh_in(world, namespace);
        let served = secret.ends_with("-k8s-tls");
        if !known && let Some(mesh) = mesh.filter(|_| served || own.contains(&secret)) {
            let role = match secret {
                _ if served => Role::Webhook,
                "linkerd-trust-anchor" => Role::TrustAnchor,
                _ => Role::Issuer,
            };
            let name = object.spec().text("commonName");
            let subject = if name.is_empty() { format!("in {suffix}") } else { format!("CN={name}") };
            let row = CertificateRow::unread(mesh.into(), role, subject);
            found.rows.push(managed(CertificateRow { places: vec![Evidence::object(object.reference(), suffix)], ..row }));
        }
    }
}

/// Certificates in PEM files: each is verified by the authorities among them that signed themselves.
pub fn of_files(files: &[(String, Vec<u8>)], now: Timestamp) -> Result<CertificateReport, String> {
    let mut all = Vec::new();
    for (name, text) in files {
        // A SEQUENCE, as every DER-encoded certificate begins; no PEM does.
        let read = if text.first() == Some(&0x30) { certificate::read_der(text).map(|one| vec![one]) } else { certificate::read(text) };
        let read = read.map_err(|why| format!("{name}: {why}"))?;
        all.extend(read.into_iter().enumerate().map(|(at, certificate)| (format!("{name}, certificate {}", at + 1), certificate)));
    }
    let certificates: Vec<Certificate> = all.iter().map(|(_, certificate)| certificate.clone()).collect();
    let anchors: Vec<Certificate> = certificates.iter().filter(|c| c.is_authority && c.is_self_signed()).cloned().collect();
    let mut found = Found::default();
    for (position, (place, certificate)) in all.iter().enumerate() {
        let mut chain = certificates.clone();
        chain.swap(0, position);
        let chain = match anchors.contains(certificate) {
            true => Chain::Anchor,
            false => verdict(leads_to(&chain, &anchors), &anchors),
        };
        found.add(MeshTag::Any, Role::File, certificate, chain, Evidence::default(place.as_str()), now);
        found.issuer(certificate, &certificates);
    }
    Ok(CertificateReport { certificates: once_each(found.rows, now), ..CertificateReport::default() })
}
