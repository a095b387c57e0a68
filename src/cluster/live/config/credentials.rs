//! What a server is trusted by, and what it is shown.

use kube::config::{AuthInfo, Cluster};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The certificates to trust; nothing means those of the system.
pub(super) fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    use base64::Engine as _;
    let pem = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim());
            bytes.map_err(|error| format!("certificate-authority-data is not base64: {error}"))?
        }
        (_, Some(file)) if !file.is_empty() => std::fs::read(file).map_err(|error| format!("cannot read certificate-authority {file}: {error}"))?,
        _ => return Ok(None),
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).map(|found| found.map(|der| der.to_vec())).collect();
    match certificates {
        Ok(found) if found.is_empty() => Err("its certificate authority holds no PEM certificate".to_owned()),
        Ok(found) => Ok(Some(found)),
        Err(error) => Err(format!("its certificate authority cannot be read: {error}")),
    }
}

/// Puts the content of a token file in the token's place. kube would send a newline at its end along, and the file wins, as in kubectl.
pub(super) fn read_token_file(auth: &mut AuthInfo) -> Result<(), String> {
    if let Some(file) = auth.token_file.take().filter(|file| !file.is_empty()) {
        let token = std::fs::read_to_string(&file).map_err(|error| format!("cannot read the token file {file}: {error}"))?;
        auth.token = Some(token.trim().to_owned().into());
    }
    Ok(())
}

/// Refuses a token that no header can carry; it is not shown.
pub(super) fn sendable(auth: &AuthInfo) -> Result<(), String> {
    // The only door that kube leaves open to it.
    let shown = serde_json::to_value(auth).unwrap_or_default();
    match shown.get("token").and_then(serde_json::Value::as_str) {
        Some(token) if token.chars().any(|c| c.is_control() || !c.is_ascii()) => {
            Err("its token has a character that no request can carry".to_owned())
        }
        _ => Ok(()),
    }
}
