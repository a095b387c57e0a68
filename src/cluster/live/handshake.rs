//! The certificates that a port of a pod shows in a TLS handshake. Nothing is sent but the handshake: no certificate of ours, no byte of a protocol, and it is
//! broken off as soon as the server has shown its chain.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::forward::{Bounds, PodPort, Unreached};
use super::{Connection, causes};

impl Connection {
    /// The chain, DER-encoded, the server's own certificate first. Without a name none is asked for.
    pub async fn shown_by(&self, at: &PodPort, name: &str) -> Result<Vec<Vec<u8>>, Unreached> {
        let name = match name {
            // Of an address nothing is said in a handshake.
            "" => ServerName::from(std::net::IpAddr::from([127, 0, 0, 1])),
            name => ServerName::try_from(name.to_owned()).map_err(|_| Unreached::Unreadable(format!("{name:?} is no name to ask for")))?,
        };
        let seen = Arc::new(Seen { provider: ring::default_provider(), chain: Mutex::default() });
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Unreached::Unreadable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(seen.clone())
            .with_no_client_auth();
        let stream = self.forward(at, Bounds::QUESTION).await?;
        let within = Bounds::QUESTION.within;
        let ended = timeout(within, TlsConnector::from(Arc::new(config)).connect(name, stream)).await.map_err(|_| Unreached::TimedOut(within))?;
        let chain = std::mem::take(&mut *seen.chain.lock().unwrap_or_else(PoisonError::into_inner));
        match ended {
            _ if !chain.is_empty() => Ok(chain),
            Ok(_) => Err(Unreached::Unreadable("the handshake shows no certificate".to_owned())),
            Err(error) => {
                Err(Unreached::behind(&error).unwrap_or_else(|| Unreached::Unreadable(format!("no TLS is spoken there: {}", causes(&error)))))
            }
        }
    }
}

/// Takes the chain down and breaks off.
#[derive(Debug)]
struct Seen {
    provider: CryptoProvider,
    chain: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Err(Error::General("the chain is all that was wanted".to_owned()))
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("nothing is verified here".to_owned()))
    }

    fn verify_tls13_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("nothing is verified here".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
