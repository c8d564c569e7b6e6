//! The OCSP response that a server staples (RFC 6960). Its signature is not checked: a server that staples bad news about
//! itself is believed, and good news is only passed on as what the server says.

use jiff::Timestamp;
use x509_parser::asn1_rs::{Any, Class, FromDer, GeneralizedTime, Tag};

/// What a response says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staple {
    /// What it says.
    pub status: Status,
    /// When it was true.
    pub from: Timestamp,
    /// When there will be a newer one.
    pub to: Option<Timestamp>,
}

/// The status of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Taken back by its issuer.
    Revoked,
    /// The issuer does not know it.
    Unknown,
}

impl Status {
    /// For people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

impl Staple {
    /// What `response` says of the certificate with this serial number; `None` if it says nothing that can be read.
    pub fn read(response: &[u8], serial: &[u8]) -> Option<Self> {
        // OCSPResponse { responseStatus 0, [0] { ResponseBytes { id-pkix-ocsp-basic, OCTET STRING } } }
        let mut outer = sequence(response)?;
        if next(&mut outer)?.data != [0] {
            return None;
        }
        let mut bytes = sequence(next(&mut outer)?.data)?;
        next(&mut bytes)?;
        // BasicOCSPResponse { tbsResponseData { [0] version?, responderID, producedAt, responses } … }
        let mut basic = sequence(next(&mut bytes)?.data)?;
        let mut data = next(&mut basic)?.data;
        let mut first = next(&mut data)?;
        if is_context(&first, 0) {
            first = next(&mut data)?;
        }
        // That was the responder; producedAt comes next.
        drop(first);
        next(&mut data)?;
        let mut singles = next(&mut data)?.data;
        while !singles.is_empty() {
            let mut single = next(&mut singles)?.data;
            let mut id = next(&mut single)?.data;
            // CertID { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }
            for _ in 0..3 {
                next(&mut id)?;
            }
            if trimmed(next(&mut id)?.data) == trimmed(serial) {
                return Self::single(single);
            }
        }
        None
    }

    /// The rest of a SingleResponse: certStatus, thisUpdate, `[0]` nextUpdate?
    fn single(mut rest: &[u8]) -> Option<Self> {
        let status = match next(&mut rest)?.header.tag().0 {
            0 => Status::Good,
            1 => Status::Revoked,
            _ => Status::Unknown,
        };
        let from = time(&next(&mut rest)?)?;
        let to = match next(&mut rest) {
            Some(any) if is_context(&any, 0) => time(&Any::from_der(any.data).ok()?.1),
            _ => None,
        };
        Some(Self { status, from, to })
    }

    /// Whether it is too old to count at `now`.
    pub fn is_outdated(&self, now: Timestamp) -> bool {
        self.to.is_some_and(|to| to < now)
    }
}

fn next<'a>(bytes: &mut &'a [u8]) -> Option<Any<'a>> {
    let (rest, any) = Any::from_der(bytes).ok()?;
    *bytes = rest;
    Some(any)
}

fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (_, any) = Any::from_der(bytes).ok()?;
    (any.header.tag() == Tag::Sequence).then_some(any.data)
}

fn is_context(any: &Any<'_>, number: u32) -> bool {
    any.header.class() == Class::ContextSpecific && any.header.tag().0 == number
}

fn time(any: &Any<'_>) -> Option<Timestamp> {
    let time = GeneralizedTime::try_from(any).ok()?.utc_datetime().ok()?;
    Timestamp::from_second(time.unix_timestamp()).ok()
}

/// A number without the zeros in front.
fn trimmed(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}
