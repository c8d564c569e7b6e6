//! A handshake that accepts every certificate and remembers it: what is wrong with it is judged afterwards, and the page
//! behind a bad one can still be examined.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, InvalidMessage, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

use crate::probe::web::connect::Clock;
use crate::probe::web::trouble::{Phase, Trouble};

/// What a server presented in a handshake, whether or not that went on to succeed.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// Where it was made.
    pub address: SocketAddr,
    /// The certificates in the order sent, the server's own first. Empty if the handshake did not get that far.
    pub chain: Vec<CertificateDer<'static>>,
    /// The OCSP response that came with them; empty if there was none.
    pub staple: Vec<u8>,
    /// Whether the handshake is signed by the certificate's key with an algorithm that browsers accept.
    pub signature_accepted: bool,
    /// Why it did not succeed.
    pub trouble: Option<Trouble>,
}

/// Makes the handshake for the host of `url`, to speak HTTP/1.1.
pub async fn make(
    stream: TcpStream,
    address: SocketAddr,
    url: &Url,
    clock: &Clock,
) -> (Handshake, Option<TlsStream<TcpStream>>) {
    make_offering(stream, address, url, clock, &[b"http/1.1"]).await
}

/// Makes the handshake for the host of `url` and offers these protocols (RFC 7301), the preferred one first.
pub async fn make_offering(
    stream: TcpStream,
    address: SocketAddr,
    url: &Url,
    clock: &Clock,
    protocols: &[&[u8]],
) -> (Handshake, Option<TlsStream<TcpStream>>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let witness = Arc::new(Witness { provider: provider.clone(), seen: Mutex::default() });
    let result = match (config(provider, witness.clone(), protocols), server_name(url)) {
        (Ok(config), Some(name)) => {
            let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
            clock.within(Phase::Handshake, connecting).await.and_then(|made| made.map_err(|error| explain(&error)))
        }
        (Err(error), _) => Err(Trouble::Handshake(error.to_string())),
        (_, None) => Err(Trouble::Handshake("its host name is not one a certificate can carry".to_owned())),
    };
    let seen = std::mem::take(&mut *witness.seen.lock().unwrap_or_else(PoisonError::into_inner));
    let (stream, trouble) = match result {
        Ok(stream) => (Some(stream), None),
        Err(trouble) => (None, Some(trouble)),
    };
    let Seen { chain, staple, signature_refused } = seen;
    (Handshake { address, chain, staple, signature_accepted: !signature_refused, trouble }, stream)
}

/// The name to ask for and to compare with the certificate.
pub fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V4(ip).into())),
        Host::Ipv6(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V6(ip).into())),
    }
}

fn config(provider: Arc<CryptoProvider>, witness: Arc<Witness>, protocols: &[&[u8]]) -> Result<ClientConfig, Error> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(witness)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    // Every connection has to show its certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn explain(error: &std::io::Error) -> Trouble {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => Trouble::NotTls,
        Some(Error::AlertReceived(alert)) => Trouble::Handshake(format!("the server sent the alert {alert:?}")),
        Some(error) => Trouble::Handshake(error.to_string()),
        None => Trouble::from_io(error, Phase::Handshake),
    }
}

/// Accepts everything, and keeps what it saw.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    staple: Vec<u8>,
    signature_refused: bool,
}

impl Witness {
    fn note_signature(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        if result.is_err() {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).signature_refused = true;
        }
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.clone().into_owned()).collect();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.chain, seen.staple) = (chain, ocsp_response.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note_signature(verify_tls12_signature(message, cert, dss, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note_signature(verify_tls13_signature(message, cert, dss, algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A verifier that trusts `roots` and nothing else.
///
/// # Errors
/// When there is no usable root among them.
pub fn verifier_for(roots: rustls::RootCertStore) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.map(|verifier| verifier as Arc<dyn ServerCertVerifier>).map_err(|error| error.to_string())
}
