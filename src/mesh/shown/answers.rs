//! What answers say. Of dumps only certificates are kept.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

use super::{Purpose, Question, Shown};
use crate::mesh::certificate::{self, Certificate};
use crate::mesh::envoy::{Answers, Content, Secret, Section};
use crate::model::MeshId;

/// What a port answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Certificates of a handshake in DER, the one of the server first.
    Chain(Vec<Vec<u8>>),
    /// Envoy's secrets.
    Envoy(Vec<Secret>),
    /// ztunnel's certificates, by identity.
    Ztunnel(Vec<Value>),
}

/// The part of ztunnel's dump that holds certificates; the rest, most of it, is passed over by the decoder.
#[derive(Deserialize)]
struct Dump {
    certificates: Vec<Value>,
}

impl Answer {
    /// A dump of Envoy's.
    pub fn of_envoy(source: &mut dyn Read) -> serde_json::Result<Self> {
        let mut answers = Answers::default();
        answers.read(source, &[Section::Secrets], None)?;
        if answers.is_foreign() { Err(serde_json::Error::custom("it is no dump of Envoy's")) } else { Ok(Self::Envoy(answers.secrets)) }
    }

    /// A dump of ztunnel's.
    pub fn of_ztunnel(source: &mut dyn Read) -> serde_json::Result<Self> {
        serde_json::from_reader(source).map(|Dump { certificates }| Self::Ztunnel(certificates))
    }
}

/// What an answer shows, or why it is none.
pub fn read(question: &Question, answer: Answer) -> Result<Vec<Shown>, String> {
    let one = |purpose: Purpose, how: String, chain, accepts| Shown {
        pod: question.pod.clone(),
        workload: question.workload.clone(),
        expected: if purpose == question.purpose { question.expected.clone() } else { Vec::new() },
        purpose,
        how,
        chain,
        accepts,
    };
    let secrets = match answer {
        Answer::Chain(chain) => {
            let chain = chain.iter().map(|der| certificate::read_der(der)).collect::<Result<_, _>>()?;
            return Ok(vec![one(question.purpose.clone(), question.how(), chain, None)]);
        }
        Answer::Ztunnel(entries) => return Ok(entries.iter().filter_map(|entry| of_ztunnel(question, entry)).collect()),
        Answer::Envoy(secrets) => secrets,
    };
    let roots = secrets.iter().find(|secret| secret.name == "ROOTCA").map(|secret| accepted(&secret.content));
    let mut found = Vec::new();
    for Secret { name, content, .. } in secrets {
        let Content::Chain(Ok(chain)) = content else { continue };
        let how = format!("Envoy's secret {:?}", name.as_str());
        found.push(match name.as_str() {
            "default" => one(question.purpose.clone(), how, chain, roots.clone()),
            // `kubernetes-gateway://NAMESPACE/NAME` and the like.
            name => one(Purpose::Gateway(name.to_owned()), how, chain, None),
        });
    }
    Ok(found)
}

/// The roots of one trust domain, or of several where SPIFFE's validator is used.
fn accepted(content: &Content) -> Vec<Certificate> {
    match content {
        Content::Roots(Ok(roots)) => roots.clone(),
        Content::Domains(domains) => domains.iter().filter_map(|(_, roots)| roots.as_ref().ok()).flatten().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The certificate of one identity; a root stands beside it, or last in its chain before ztunnel told them apart.
fn of_ztunnel(question: &Question, entry: &Value) -> Option<Shown> {
    let read = |list: &Value| -> Vec<Certificate> {
        let texts = list.as_array().into_iter().flatten().filter_map(|one| one["pem"].as_str());
        texts.filter_map(|text| certificate::read(&STANDARD.decode(text).ok()?).ok()).flatten().collect()
    };
    let identity = entry["identity"].as_str()?;
    let (mut chain, mut roots) = (read(&entry["certChain"]), read(&entry["rootCerts"]));
    if roots.is_empty() && chain.len() > 1 && chain.last().is_some_and(Certificate::is_self_signed) {
        roots.extend(chain.pop());
    }
    (!chain.is_empty()).then(|| Shown {
        pod: question.pod.clone(),
        workload: question.workload.clone(),
        purpose: Purpose::Workload(MeshId::Istio),
        how: format!("ztunnel's certificate of {identity}"),
        chain,
        accepts: (!roots.is_empty()).then_some(roots),
        expected: vec![identity.to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::shown::Ask;
    use crate::model::{Kind, ObjectRef, Str};

    fn made(name: &str) -> String {
        let mut made = rcgen::CertificateParams::new(vec![]).unwrap();
        made.distinguished_name.push(rcgen::DnType::CommonName, name);
        made.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    fn question(ask: Ask) -> Question {
        let at = |kind| ObjectRef { kind, namespace: Str::from("shop"), name: Str::from("cart"), api_version: Str::default() };
        let purpose = Purpose::Workload(MeshId::Istio);
        Question { pod: at(Kind::Pod), workload: at(Kind::Deployment), port: 15000, ask, purpose, expected: vec!["spiffe://a".to_owned()] }
    }

    fn shown(ask: Ask, dump: Value) -> Vec<(Purpose, Vec<String>, usize)> {
        let names = |chain: &[Certificate]| chain.iter().map(|c| c.subject.clone()).collect();
        let (question, text) = (question(ask), dump.to_string());
        let decode = if question.ask == Ask::Ztunnel { Answer::of_ztunnel } else { Answer::of_envoy };
        let all = read(&question, decode(&mut text.as_bytes()).unwrap()).unwrap();
        all.into_iter().map(|one| (one.purpose.clone(), names(&one.chain), one.accepts.map_or(0, |roots| roots.len()))).collect()
    }

    fn subject(name: &str) -> String {
        format!("CN={name}")
    }

    #[test]
    fn envoys_secrets_are_found_by_name_wherever_they_stand() {
        let bytes = |pem: &str| serde_json::json!({"inline_bytes": STANDARD.encode(pem)});
        let dump = serde_json::json!({"configs": [
            {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump"},
            {"@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump",
             "dynamic_active_secrets": [
                {"name": "default", "secret": {"tls_certificate": {
                    "certificate_chain": bytes(&[made("leaf"), made("issuer")].concat()), "private_key": {"inline_bytes": "W3JlZGFjdGVkXQ=="}}}},
                {"name": "kubernetes-gateway://shop/tls", "secret": {"tls_certificate": {"certificate_chain": {"inline_string": made("host")}}}},
                {"name": "ROOTCA", "secret": {"validation_context": {"custom_validator_config": {"typed_config": {"trust_domains": [
                    {"name": "a", "trust_bundle": bytes(&made("one"))}, {"name": "b", "trust_bundle": bytes(&made("two"))}]}}}}}],
             "dynamic_warming_secrets": [{"name": "file-cert:a~b", "secret": {}}]},
        ]});
        assert_eq!(
            shown(Ask::EnvoySecrets, dump),
            [
                (Purpose::Workload(MeshId::Istio), vec![subject("leaf"), subject("issuer")], 2),
                (Purpose::Gateway("kubernetes-gateway://shop/tls".to_owned()), vec![subject("host")], 0),
            ]
        );
    }

    #[test]
    fn ztunnels_roots_stand_beside_the_chain_or_at_its_end() {
        let pem = |name: &str| serde_json::json!({"pem": STANDARD.encode(made(name)), "serialNumber": "1"});
        let dump = serde_json::json!({"certificates": [
            {"identity": "spiffe://td/ns/shop/sa/cart", "state": "Available", "certChain": [pem("leaf")], "rootCerts": [pem("root")]},
            {"identity": "spiffe://td/ns/shop/sa/old", "state": "Available", "certChain": [pem("leaf"), pem("root")]},
            {"identity": "spiffe://td/ns/shop/sa/none", "state": "Unavailable: no", "certChain": []},
        ], "config": {"secret": "planted"}});
        let workload = (Purpose::Workload(MeshId::Istio), vec![subject("leaf")], 1);
        assert_eq!(shown(Ask::Ztunnel, dump), [workload.clone(), workload]);
    }

    #[test]
    fn what_is_no_dump_is_no_answer() {
        for dump in ["{}", "[1]", "no"] {
            assert!(Answer::of_envoy(&mut dump.as_bytes()).is_err() && Answer::of_ztunnel(&mut dump.as_bytes()).is_err(), "{dump}");
        }
        assert!(read(&question(Ask::Handshake(String::new())), Answer::Chain(vec![b"no".to_vec()])).is_err());
    }
}
