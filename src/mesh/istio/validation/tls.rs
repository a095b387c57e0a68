//! TLS settings of clients (DestinationRules) and servers (Gateways, Sidecars).

use std::collections::BTreeSet;

use crate::mesh::istio::validation::{Judge, has};
use crate::model::Field;

/// Judges `tls` of a traffic policy.
pub(crate) fn client_tls(judge: &mut Judge<'_>, tls: &Field<'_>) {
    let mode = tls.text("mode");
    let (simple, mutual) = (mode == "SIMPLE", mode == "MUTUAL");
    let credential = tls.text("credentialName");
    config_map(judge, tls, credential);
    if tls.get("insecureSkipVerify").and_then(|f| f.bool()) == Some(true) {
        for name in ["caCertificates", "subjectAltNames", "credentialName"] {
            if has(tls, name) && (simple || (mutual && name != "credentialName")) {
                let message = format!("{name} is set, but insecureSkipVerify switches verification off");
                judge.error(tls.path_of(name), message, "Remove insecureSkipVerify, so that the server's certificate is verified.");
            }
        }
    }
    if !credential.is_empty() && (simple || mutual) {
        for name in ["clientCertificate", "privateKey", "caCertificates", "caCrl"] {
            if has(tls, name) {
                let message = format!("{name} and credentialName are used together");
                judge.about("credentialName").error(tls.path_of(name), message, "Keep credentialName, or the files alone.");
            }
        }
    } else if mutual {
        for name in ["clientCertificate", "privateKey"] {
            if !has(tls, name) {
                judge.error(tls.path_of(name), format!("mode MUTUAL needs {name}"), "Write clientCertificate and privateKey, or credentialName.");
            }
        }
    }
}

/// A credential in a ConfigMap has to be in the rule's own namespace. Istio ignores what stands after the name.
fn config_map(judge: &mut Judge<'_>, tls: &Field<'_>, credential: &str) {
    let Some(place) = credential.strip_prefix("configmap://") else { return };
    if judge.is_inside() {
        let message = "MeshConfig stands in no namespace that a ConfigMap could be taken from";
        judge.about("ConfigMap").error(tls.path_of("credentialName"), message, "Name files instead.");
        return;
    }
    let mut parts = place.split('/');
    let (namespace, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if name.is_empty() || namespace != judge.namespace() {
        let hint = format!("Write configmap://{}/name.", judge.namespace());
        judge.about("ConfigMap").error(
            tls.path_of("credentialName"),
            format!("{credential:?} is not a ConfigMap in the namespace of this rule"),
            hint,
        );
    }
}

/// Ciphers that BoringSSL knows.
const CIPHERS: [&str; 15] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

const FILES: [&str; 3] = ["serverCertificate", "privateKey", "caCertificates"];
const REMOTE: [&str; 3] = ["credentialName", "credentialNames", "tlsCertificates"];

/// Judges `tls` of a server.
pub(crate) fn server_tls(judge: &mut Judge<'_>, tls: &Field<'_>) {
    ciphers(judge, tls);
    for name in ["credentialNames", "tlsCertificates"] {
        let count = tls.list(name).count();
        if tls.get(name).is_some() && !(1..=2).contains(&count) {
            let message = format!("{count} certificates are listed, and the API server takes 1 or 2");
            judge.about("count").error(tls.path_of(name), message, "Keep one, or two of different kinds of keys.");
        }
    }
    // A mode that is not written is PASSTHROUGH.
    let mode = Some(tls.text("mode")).filter(|mode| !mode.is_empty()).unwrap_or("PASSTHROUGH");
    if mode == "ISTIO_MUTUAL" {
        for name in FILES.into_iter().chain(REMOTE).filter(|name| has(tls, name)) {
            judge.error(tls.path_of(name), format!("mode ISTIO_MUTUAL uses Istio's own certificates, not {name}"), format!("Remove {name}."));
        }
        return;
    }
    if mode == "PASSTHROUGH" || mode == "AUTO_PASSTHROUGH" {
        for name in FILES.into_iter().chain(REMOTE).chain(["caCrl"]).filter(|name| has(tls, name)) {
            judge.warn(tls.path_of(name), format!("mode {mode} passes TLS on: {name} is ignored"), format!("Remove {name}, or use another mode."));
        }
    }
    let files = has(tls, "serverCertificate") && has(tls, "privateKey");
    let sources: Vec<&str> = files.then_some("serverCertificate").into_iter().chain(REMOTE.into_iter().filter(|name| has(tls, name))).collect();
    if let [first, second, ..] = sources.as_slice() {
        let message = format!("{} are used together", sources.join(" and "));
        judge.error(tls.path(), message, format!("Keep one source of certificates: {first} or {second}."));
    }
    terminated(judge, tls, mode);
}

/// Modes that end TLS here need a certificate.
fn terminated(judge: &mut Judge<'_>, tls: &Field<'_>, mode: &str) {
    let mutual = mode == "MUTUAL" || mode == "OPTIONAL_MUTUAL";
    let terminates = mutual || mode == "SIMPLE";
    if terminates && (has(tls, "credentialName") || has(tls, "credentialNames")) {
        return;
    }
    if mutual && !has(tls, "caCertificates") {
        judge.error(tls.path_of("caCertificates"), format!("mode {mode} needs the CA of clients"), "Write caCertificates, or use credentialName.");
    }
    let listed: Vec<Field<'_>> = tls.list("tlsCertificates").collect();
    let certificates = if listed.is_empty() { vec![*tls] } else { listed };
    for certificate in certificates.iter().filter(|_| terminates) {
        for name in ["serverCertificate", "privateKey"] {
            if !has(certificate, name) {
                let hint = "Write credentialName, or serverCertificate and privateKey.";
                judge.error(certificate.path_of(name), format!("mode {mode} needs a certificate and {name} is missing"), hint);
            }
        }
    }
    if has(tls, "caCrl") {
        if has(tls, "credentialName") {
            let hint = "Put the revocation list into the credential, under the key ca.crl.";
            judge.error(tls.path_of("caCrl"), "caCrl and credentialName are used together", hint);
        }
        if mode == "SIMPLE" {
            judge.about("mode").error(
                tls.path_of("caCrl"),
                "mode SIMPLE verifies no clients and has no use for caCrl",
                "Remove caCrl, or use mode MUTUAL.",
            );
        }
    }
}

fn ciphers(judge: &mut Judge<'_>, tls: &Field<'_>) {
    if ["TLSV1_0", "TLSV1_1"].contains(&tls.text("minProtocolVersion")) && !has(tls, "cipherSuites") {
        let message = "TLS below 1.2 needs ciphers that are off by default";
        judge.warn(tls.path_of("minProtocolVersion"), message, "List cipherSuites for it, or require TLSV1_2.");
    }
    let mut seen = BTreeSet::new();
    for (cipher, field) in tls.texts("cipherSuites") {
        // Anything that begins with a sign is part of OpenSSL's selection language.
        let free = cipher == "ALL" || !cipher.starts_with(char::is_alphanumeric);
        if !free && !CIPHERS.contains(&cipher) {
            judge.warn(field.path(), format!("Envoy knows no cipher {cipher:?} and ignores it"), format!("Use some of {}.", CIPHERS.join(", ")));
        } else if !seen.insert(cipher) {
            judge.warn(field.path(), format!("cipher {cipher:?} is listed twice"), "Remove one of the two.");
        }
    }
}
