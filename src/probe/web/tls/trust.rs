//! Whether a browser would trust what a server presented, and if not, every reason why.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use super::certificate::{Certificate, day};
use super::handshake::verifier_for;

/// The authorities to trust: those of `file`, in place of the system's, or the system's.
///
/// # Errors
/// One sentence: why there are none, and what to do.
pub fn roots(file: Option<&Path>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let Some(file) = file else {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        return rustls_platform_verifier::Verifier::new(provider)
            .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
            .map_err(|_| {
                "this machine has no trust roots: install the package ca-certificates or set SSL_CERT_FILE".to_owned()
            });
    };
    let mut store = RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(file)
        .map_err(|_| format!("the trust roots in {} cannot be read: check SSL_CERT_FILE", file.display()))?;
    store.add_parsable_certificates(read.flatten());
    verifier_for(store).map_err(|_| format!("{} holds no certificate in PEM form: check SSL_CERT_FILE", file.display()))
}

/// A reason for not trusting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// Its life is over.
    Expired(Timestamp),
    /// Its life has not begun.
    NotYetValid(Timestamp),
    /// It is for other hosts.
    WrongHost,
    /// It vouches for itself.
    SelfSigned,
    /// The chain ends in an authority that nobody here knows.
    UnknownRoot(String),
    /// The chain lacks the link to an authority, which the certificate says how to fetch.
    IncompleteChain(String),
    /// Its issuer is neither sent nor known, and nothing says where to find it.
    UnknownIssuer(String),
    /// Its key can be broken.
    WeakKey(String),
    /// Its signature can be forged.
    WeakSignature(String),
    /// It is not meant for web servers.
    WrongPurpose,
    /// It and its chain have so many bytes that browsers give up.
    TooLarge(usize),
    /// Taken back by its issuer.
    Revoked,
    /// Anything else, in rustls's words.
    Other(String),
}

impl Distrust {
    /// A word for it, the same in every run.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not-yet-valid",
            Self::WrongHost => "wrong-host",
            Self::SelfSigned => "self-signed",
            Self::UnknownRoot(_) => "unknown-root",
            Self::IncompleteChain(_) => "incomplete-chain",
            Self::UnknownIssuer(_) => "unknown-issuer",
            Self::WeakKey(_) => "weak-key",
            Self::WeakSignature(_) => "weak-signature",
            Self::WrongPurpose => "wrong-purpose",
            Self::TooLarge(_) => "too-large",
            Self::Revoked => "revoked",
            Self::Other(_) => "other",
        }
    }

    /// As the end of a sentence that begins with `The certificate of shop.example.com`.
    pub fn words(&self, certificate: &Certificate) -> String {
        match self {
            Self::Expired(end) => format!("expired on {}", day(*end)),
            Self::NotYetValid(start) => format!("is not valid before {}", day(*start)),
            Self::WrongHost if certificate.names.is_empty() => "names no host at all".to_owned(),
            Self::WrongHost => format!("is for {} only", certificate.names_shown()),
            Self::SelfSigned => "is self-signed, so no browser trusts it".to_owned(),
            Self::UnknownRoot(root) => format!("comes from {root}, an authority that is not trusted"),
            Self::IncompleteChain(issuer) => {
                format!("was issued by {issuer}, whose own certificate the server does not send")
            }
            Self::UnknownIssuer(issuer) => {
                format!("was issued by {issuer}, which is neither trusted nor sent by the server")
            }
            Self::WeakKey(why) => format!("is too weak: {why}"),
            Self::WeakSignature(algorithm) => format!("is signed with {algorithm}, which can be forged"),
            Self::WrongPurpose => "is not meant for web servers (it lacks the purpose serverAuth)".to_owned(),
            Self::TooLarge(bytes) => format!("is too large for browsers, with {} KB", bytes / 1024),
            Self::Revoked => "has been revoked by its issuer".to_owned(),
            Self::Other(why) => format!("is not accepted: {why}"),
        }
    }

    /// What to do, as a sentence.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Expired(_) => {
                "Renew the certificate now, and let certbot, Caddy or your platform renew it by itself from here on."
            }
            Self::NotYetValid(_) => "Set the server's clock right, or use the certificate from the day it is valid.",
            Self::WrongHost => "Get a certificate that names this host, or give visitors the address it names.",
            Self::SelfSigned => {
                "Get a free certificate from Let's Encrypt, with certbot, Caddy or your platform, for the public name."
            }
            Self::UnknownRoot(_) | Self::UnknownIssuer(_) => {
                "Use a certificate from a public authority such as Let's Encrypt, and send its whole chain."
            }
            Self::IncompleteChain(_) => {
                "Configure the server with the full chain (`fullchain.pem` with certbot), not with its own certificate alone."
            }
            Self::WeakKey(_) | Self::WeakSignature(_) => {
                "Get a new certificate with a key of type EC P-256 or RSA 2048 and a SHA-256 signature."
            }
            Self::WrongPurpose => {
                "Get a certificate for a web server; this one was made for something else, such as client log-in or e-mail."
            }
            Self::TooLarge(_) => {
                "Get several certificates with at most a hundred names each, or one for `*.` your domain."
            }
            Self::Revoked => "Get a new certificate with a new key.",
            Self::Other(_) => "Get a new certificate from a public authority such as Let's Encrypt.",
        }
    }
}

/// What a server presented of itself.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The certificates as sent.
    pub chain: &'a [CertificateDer<'static>],
    /// What they say; the server's own first.
    pub read: &'a [Certificate],
    /// Whether the stapled response says that the certificate has been revoked.
    pub revoked: bool,
    /// Whether the handshake is signed by the certificate's key with an algorithm that browsers accept.
    pub signature_accepted: bool,
}

/// Every reason not to trust what was presented for `name` at `now`; none if a browser would accept it.
pub fn examine(
    presented: Presented<'_>,
    name: &ServerName<'_>,
    verifier: &dyn ServerCertVerifier,
    now: Timestamp,
) -> Vec<Distrust> {
    let (Some((end_entity, intermediates)), Some(leaf)) = (presented.chain.split_first(), presented.read.first())
    else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    if now > leaf.not_after {
        reasons.push(Distrust::Expired(leaf.not_after));
    } else if now < leaf.not_before {
        reasons.push(Distrust::NotYetValid(leaf.not_before));
    }
    if presented.revoked {
        reasons.push(Distrust::Revoked);
    }
    // Asked for a time within its life, so that being too old does not hide what else is wrong.
    let within = now.clamp(leaf.not_before, leaf.not_after.max(leaf.not_before));
    let seconds = u64::try_from(within.as_second()).unwrap_or(0);
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let bytes: usize = presented.chain.iter().map(|certificate| certificate.len()).sum();
    let judged = verifier.verify_server_cert(end_entity, intermediates, name, &[], time);
    if bytes > MOST_BYTES {
        reasons.push(Distrust::TooLarge(bytes));
    }
    if judged.is_err() && wrong_host(end_entity, leaf, name) {
        reasons.push(Distrust::WrongHost);
    }
    let before = reasons.len();
    // Verifiers look at the keys and signatures of a chain's issuers; browsers refuse a weak key of the server's own as well.
    reasons.extend(leaf.weak_key.clone().map(Distrust::WeakKey));
    if leaf.weak_signature && !leaf.self_issued {
        reasons.push(Distrust::WeakSignature(leaf.signature.clone()));
    }
    if let Err(error) = &judged {
        if !leaf.for_servers {
            reasons.push(Distrust::WrongPurpose);
        }
        let explained = reasons.len() > before || bytes > MOST_BYTES;
        let of_chain = chain(error, presented.read, leaf, explained);
        if let Some(reason) = of_chain.filter(|reason| !reasons.contains(reason)) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() && !presented.signature_accepted {
        reasons.push(Distrust::Other("the server's signature in the handshake does not match it".to_owned()));
    }
    reasons
}

/// Chromium and everything built on OpenSSL read certificate messages up to here (SSL_MAX_CERT_LIST_DEFAULT).
pub const MOST_BYTES: usize = 100 * 1024;

fn wrong_host(end_entity: &CertificateDer<'_>, leaf: &Certificate, name: &ServerName<'_>) -> bool {
    match ParsedCertificate::try_from(end_entity) {
        Ok(parsed) => rustls::client::verify_server_name(&parsed, name).is_err(),
        // Larger than webpki reads.
        Err(_) => {
            let name = name.to_str().to_ascii_lowercase();
            let parent = name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
            let covers = |known: &String| {
                let known = known.to_ascii_lowercase();
                known == name || Some(&known) == parent.as_ref()
            };
            !leaf.names.iter().any(covers)
        }
    }
}

/// What `error` says of the chain; nothing where another reason says it already.
fn chain(error: &Error, read: &[Certificate], leaf: &Certificate, explained: bool) -> Option<Distrust> {
    if leaf.self_issued {
        return Some(Distrust::SelfSigned);
    }
    let Error::InvalidCertificate(why) = error else { return Some(Distrust::Other(error.to_string())) };
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => None,
        CertificateError::UnknownIssuer => {
            let last = last_of_chain(read, leaf);
            Some(if last.self_issued {
                Distrust::UnknownRoot(last.subject.clone())
            } else if last.names_issuer_address {
                Distrust::IncompleteChain(last.issuer.clone())
            } else {
                Distrust::UnknownIssuer(last.issuer.clone())
            })
        }
        CertificateError::Revoked => Some(Distrust::Revoked),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Some(Distrust::WrongPurpose)
        }
        _ if explained => None,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Some(Distrust::Other("a certificate of its issuer has expired".to_owned()))
        }
        // A version or a form that no current library reads.
        CertificateError::Other(_) | CertificateError::BadEncoding => {
            Some(Distrust::Other("its form is older or other than browsers read".to_owned()))
        }
        other => Some(Distrust::Other(other.to_string())),
    }
}

/// How far the sent certificates lead, from issuer to issuer.
fn last_of_chain<'c>(read: &'c [Certificate], leaf: &'c Certificate) -> &'c Certificate {
    let mut last = leaf;
    for _ in read {
        let issuer = read.iter().find(|other| !last.self_issued && other.subject_name == last.issuer_name);
        last = issuer.unwrap_or(last);
    }
    last
}
