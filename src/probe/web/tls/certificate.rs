//! What a certificate says, read leniently.

use std::net::IpAddr;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

/// Of a certificate with thousands of names, so many are shown.
const NAMES_SHOWN: usize = 5;

/// The facts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the whole certificate, in hexadecimal.
    pub fingerprint: String,
    /// The subject as encoded, to compare.
    pub subject_name: Vec<u8>,
    /// The issuer as encoded, to compare.
    pub issuer_name: Vec<u8>,
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    /// Its subject's common name, else the whole subject.
    pub subject: String,
    /// The DNS names and IP addresses it is for.
    pub names: Vec<String>,
    /// Its issuer's common name or organisation.
    pub issuer: String,
    /// Whether subject and issuer are one.
    pub self_issued: bool,
    /// Whether it says where its issuer's certificate can be fetched, as those of public authorities do.
    pub names_issuer_address: bool,
    /// First second of its life.
    pub not_before: Timestamp,
    /// Last second of its life.
    pub not_after: Timestamp,
    /// The key, for people: `RSA, 2048 bits`.
    pub key: String,
    /// Why the key is too weak, as the end of a sentence.
    pub weak_key: Option<String>,
    /// The signature algorithm, for people.
    pub signature: String,
    /// Whether the signature uses MD5 or SHA-1, which can be forged.
    pub weak_signature: bool,
    /// Whether it may vouch for other certificates.
    pub is_authority: bool,
    /// Whether it may be used by a web server (RFC 5280, section 4.2.1.12).
    pub for_servers: bool,
    /// Whether it demands that the server staples an OCSP response (RFC 7633).
    pub must_staple: bool,
    /// Whether its issuer says in it that it keeps the rules for public authorities: it names one of the policies that the
    /// CA/Browser Forum reserved for that (Baseline Requirements, section 7.1.6.1). Private authorities do not.
    pub claims_public: bool,
}

impl Default for Certificate {
    /// One that says nothing and is always valid.
    fn default() -> Self {
        Self {
            fingerprint: String::new(),
            subject_name: Vec::new(),
            issuer_name: Vec::new(),
            serial: Vec::new(),
            subject: String::new(),
            names: Vec::new(),
            issuer: String::new(),
            self_issued: false,
            names_issuer_address: false,
            not_before: Timestamp::MIN,
            not_after: Timestamp::MAX,
            key: String::new(),
            weak_key: None,
            signature: String::new(),
            weak_signature: false,
            is_authority: false,
            for_servers: true,
            must_staple: false,
            claims_public: false,
        }
    }
}

impl Certificate {
    /// Reads a DER certificate; `None` if it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let (key, weak_key) = key(&certificate);
        let (signature, weak_signature) = signature(&certificate);
        Some(Self {
            fingerprint: fingerprint(der),
            subject_name: certificate.subject().as_raw().to_vec(),
            issuer_name: certificate.issuer().as_raw().to_vec(),
            serial: certificate.raw_serial().to_vec(),
            subject: name(certificate.subject()),
            names: names(&certificate),
            issuer: name(certificate.issuer()),
            self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            names_issuer_address: names_issuer_address(&certificate),
            not_before: time(certificate.validity().not_before.timestamp()),
            not_after: time(certificate.validity().not_after.timestamp()),
            key,
            weak_key,
            signature,
            weak_signature,
            is_authority: certificate.is_ca(),
            for_servers: for_servers(&certificate),
            must_staple: must_staple(&certificate),
            claims_public: claims_public(&certificate),
        })
    }

    /// Several lines for people. Nothing in it changes between two connections to the same server.
    pub fn describe(&self) -> String {
        format!(
            "subject: {}\nnames: {}\nissuer: {}\nvalid: {} to {}\nkey: {}\nsignature: {}",
            self.subject,
            self.names_shown(),
            self.issuer,
            day(self.not_before),
            day(self.not_after),
            self.key,
            self.signature
        )
    }

    /// The names it is for, or the first of many.
    pub fn names_shown(&self) -> String {
        match self.names.len() {
            0 => "none".to_owned(),
            count if count <= NAMES_SHOWN => self.names.join(", "),
            count => {
                let shown: Vec<&str> = self.names.iter().take(NAMES_SHOWN).map(String::as_str).collect();
                format!("{} and {} more", shown.join(", "), count - NAMES_SHOWN)
            }
        }
    }
}

/// A date as people write it, UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Certificates can carry years that a clock cannot; those become the nearest that it can.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

fn name(name: &x509_parser::x509::X509Name<'_>) -> String {
    let common = name.iter_common_name().chain(name.iter_organization()).find_map(|part| part.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let read = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let ip = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            ip.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(read).collect()
}

fn names_issuer_address(certificate: &X509Certificate<'_>) -> bool {
    /// id-ad-caIssuers, RFC 5280 section 4.2.2.1.
    const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => {
            access.accessdescs.iter().any(|description| description.access_method.to_id_string() == CA_ISSUERS)
        }
        _ => false,
    })
}

fn for_servers(certificate: &X509Certificate<'_>) -> bool {
    match certificate.extended_key_usage() {
        Ok(Some(usage)) => usage.value.server_auth || usage.value.any,
        _ => true,
    }
}

fn must_staple(certificate: &X509Certificate<'_>) -> bool {
    /// id-pe-tlsfeature, RFC 7633; what it holds is SEQUENCE OF INTEGER, and status_request is 5.
    const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
    certificate.extensions().iter().any(|extension| {
        extension.oid.to_id_string() == TLS_FEATURE && extension.value.windows(3).any(|part| part == [2, 1, 5])
    })
}

fn claims_public(certificate: &X509Certificate<'_>) -> bool {
    /// Domain, organisation, individual and extended validation.
    const RESERVED: [&str; 4] = ["2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3", "2.23.140.1.1"];
    certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
        ParsedExtension::CertificatePolicies(policies) => {
            policies.iter().any(|policy| RESERVED.contains(&policy.policy_id.to_id_string().as_str()))
        }
        _ => false,
    })
}

fn fingerprint(der: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(der).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn key(certificate: &X509Certificate<'_>) -> (String, Option<String>) {
    /// NIST SP 800-131A: shorter RSA keys are no longer allowed; browsers refuse them.
    const RSA_BITS: usize = 2048;
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let bits = rsa.key_size();
            let weak = (bits > 0 && bits < RSA_BITS).then(|| format!("its RSA key has only {bits} bits"));
            (format!("RSA, {bits} bits"), weak)
        }
        Ok(PublicKey::EC(point)) => (format!("EC, {} bits", point.key_size()), None),
        Ok(PublicKey::DSA(_)) => ("DSA".to_owned(), Some("its key is DSA, which browsers refuse".to_owned())),
        _ => match certificate.public_key().algorithm.algorithm.to_id_string().as_str() {
            // RFC 8410, section 3.
            "1.3.101.112" => ("Ed25519".to_owned(), None),
            other => (format!("of type {other}"), None),
        },
    }
}

fn signature(certificate: &X509Certificate<'_>) -> (String, bool) {
    // RFC 8017 appendix A.2.4, RFC 5758 section 3, RFC 8410 section 3.
    let (name, weak) = match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => ("MD5 with RSA", true),
        "1.2.840.113549.1.1.5" => ("SHA-1 with RSA", true),
        "1.2.840.10045.4.1" => ("SHA-1 with ECDSA", true),
        "1.2.840.113549.1.1.11" => ("SHA-256 with RSA", false),
        "1.2.840.113549.1.1.12" => ("SHA-384 with RSA", false),
        "1.2.840.113549.1.1.13" => ("SHA-512 with RSA", false),
        "1.2.840.113549.1.1.10" => ("RSA-PSS", false),
        "1.2.840.10045.4.3.2" => ("SHA-256 with ECDSA", false),
        "1.2.840.10045.4.3.3" => ("SHA-384 with ECDSA", false),
        "1.2.840.10045.4.3.4" => ("SHA-512 with ECDSA", false),
        "1.3.101.112" => ("Ed25519", false),
        other => return (other.to_owned(), false),
    };
    (name.to_owned(), weak)
}
