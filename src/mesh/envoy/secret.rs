//! Secrets, of which only certificates are read: the fields of keys and tokens are not among those that are decoded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::cluster::Failure;
use super::{Answers, List, Section, Stage};
use crate::mesh::certificate::{self, Certificate};
use crate::model::Str;

/// A secret.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) stage: Stage,
    pub(crate) name: Str,
    pub(crate) version: Str,
    pub(crate) content: Content,
}

/// What is in it.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// What the proxy shows: its own certificate, and what leads from there to a root.
    Chain(Read),
    /// Whom it believes.
    Roots(Read),
    /// Whom it believes, by trust domain.
    Domains(Vec<(Str, Read)>),
    /// Neither: it has not come, or is something without certificates.
    Nothing,
}

/// Certificates, or why they cannot be read.
pub(crate) type Read = Result<Vec<Certificate>, String>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    name: Str,
    version_info: Str,
    secret: Raw,
    error_state: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    name: Str,
    tls_certificate: Option<TlsCertificate>,
    validation_context: Option<Validation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TlsCertificate {
    certificate_chain: Option<Source>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Validation {
    trusted_ca: Option<Source>,
    custom_validator_config: Option<Validator>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Validator {
    typed_config: Spiffe,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spiffe {
    trust_domains: Vec<Domain>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Domain {
    name: Str,
    trust_bundle: Option<Source>,
}

/// Where Envoy has some text from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    inline_bytes: Option<String>,
    inline_string: Option<String>,
    filename: Option<String>,
}

impl Source {
    fn certificates(self) -> Read {
        let pem = match self {
            Self { inline_bytes: Some(bytes), .. } => STANDARD.decode(bytes).map_err(|error| format!("it is no base64: {error}"))?,
            Self { inline_string: Some(text), .. } => text.into_bytes(),
            Self { filename: Some(name), .. } => return Err(format!("it is in the file {name} of the proxy")),
            _ => return Err("it is empty".to_owned()),
        };
        certificate::read(&pem)
    }
}

impl Raw {
    fn content(self) -> Content {
        let validator = |validation: Validation| {
            let domains = validation.custom_validator_config.map(|validator| validator.typed_config.trust_domains).unwrap_or_default();
            let source = |source: Option<Source>| source.unwrap_or_default().certificates();
            match validation.trusted_ca {
                None if !domains.is_empty() => Content::Domains(domains.into_iter().map(|d| (d.name, source(d.trust_bundle))).collect()),
                None => Content::Nothing,
                ca => Content::Roots(source(ca)),
            }
        };
        match (self.tls_certificate, self.validation_context) {
            (Some(TlsCertificate { certificate_chain: Some(chain) }), _) => Content::Chain(chain.certificates()),
            (_, Some(validation)) => validator(validation),
            _ => Content::Nothing,
        }
    }
}

pub(super) fn add(raw: &RawValue, list: List, into: &mut Answers) -> serde_json::Result<()> {
    let Entry { name, version_info, secret, error_state } = serde_json::from_str(raw.get())?;
    let name = if name.is_empty() { secret.name.clone() } else { name };
    into.rejected.extend(error_state.map(|failure| failure.rejection(Section::Secrets, name.clone(), list.stage() == Stage::Active)));
    into.secrets.push(Secret { stage: list.stage(), name, version: version_info, content: secret.content() });
    Ok(())
}
