//! ClientHellos written by hand, since no current library speaks the versions and suites that we have to ask for.
//! RFC 6101, RFC 5246 section 7.4.1, RFC 8446 section 4.1.

/// A protocol version, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// RFC 6101, forbidden by RFC 7568.
    Ssl3,
    /// RFC 2246, forbidden by RFC 8996.
    Tls10,
    /// RFC 4346, forbidden by RFC 8996.
    Tls11,
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl Version {
    /// Those that are asked for.
    pub const ALL: [Self; 5] = [Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSLv3",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    /// As on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// Whether nobody should offer it any more (RFC 7568, RFC 8996).
    pub const fn is_outdated(self) -> bool {
        matches!(self, Self::Ssl3 | Self::Tls10 | Self::Tls11)
    }
}

/// The suites of TLS 1.3 (RFC 8446, appendix B.4).
pub const SUITES_13: &[u16] = &[0x1301, 0x1302, 0x1303, 0x1304, 0x1305];
/// X25519, P-256, P-384, P-521 (RFC 8422, RFC 8446). Groups of finite fields are never named to TLS 1.2 and below: it is
/// to show the prime that it uses for everybody (RFC 7919, section 4).
pub const GROUPS: &[u16] = &[X25519, 0x0017, 0x0018, 0x0019];
const X25519: u16 = 0x001d;
/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746.
const RENEGOTIATION_INFO: u16 = 0x00ff;
/// RFC 8446, section 4.2.3, the old ones with SHA-1 included.
const SIGNATURES: &[u16] =
    &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0203, 0x0201, 0x0202];

/// What a ClientHello offers.
#[derive(Debug, Clone, Copy)]
pub struct Hello<'a> {
    /// This version and no other.
    pub version: Version,
    /// Sent as SNI; none for IP addresses.
    pub name: Option<&'a str>,
    /// In the order of preference.
    pub suites: &'a [u16],
    /// In the order of preference.
    pub groups: &'a [u16],
}

impl Hello<'_> {
    /// The record to send. In TLS 1.3 a key for X25519 goes with it if that is among the groups; without one the server
    /// names the group that it wants, which is all that there is to know (RFC 8446, section 4.2.8).
    pub fn record(&self) -> Vec<u8> {
        let message = self.message(&[]);
        // Some load balancers hang on messages of 256 to 511 bytes (RFC 7685).
        let message = match message.len() {
            short @ 256..512 if self.version != Version::Ssl3 => {
                let mut padding = Vec::new();
                extension(&mut padding, 21, &vec![0; 512_usize.saturating_sub(short + 4)]);
                self.message(&padding)
            }
            _ => message,
        };
        let mut record = vec![22, 3, u8::from(self.version != Version::Ssl3)];
        with_length_16(&mut record, &message);
        record
    }

    fn message(&self, padding: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        body.extend(self.version.number().min(Version::Tls12.number()).to_be_bytes());
        // Nothing is ever encrypted with what follows from this handshake, so the random bytes need not be random.
        body.extend((0..32_u8).map(|at| at.wrapping_mul(37).wrapping_add(11)));
        // A session id makes TLS 1.3 look like 1.2 to what lies between (RFC 8446, appendix D.4).
        let session: &[u8] = if self.version == Version::Tls13 { &[7; 32] } else { &[] };
        with_length_8(&mut body, session);
        with_length_16(&mut body, &numbers(self.suites.iter().chain(&[RENEGOTIATION_INFO])));
        with_length_8(&mut body, &[0]);
        if self.version != Version::Ssl3 {
            with_length_16(&mut body, &[&self.extensions(), padding].concat());
        }
        let mut message = vec![1, 0];
        with_length_16(&mut message, &body);
        message
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        if let Some(name) = self.name {
            let mut entry = vec![0];
            with_length_16(&mut entry, name.as_bytes());
            extension(&mut all, 0, &prefixed_16(&entry));
        }
        // A stapled OCSP response is welcome (RFC 6066, section 8).
        extension(&mut all, 5, &[1, 0, 0, 0, 0]);
        extension(&mut all, 10, &prefixed_16(&numbers(self.groups)));
        extension(&mut all, 11, &[1, 0]);
        if self.version >= Version::Tls12 {
            extension(&mut all, 13, &prefixed_16(&numbers(SIGNATURES)));
        }
        if self.version <= Version::Tls12 {
            // Servers in FIPS mode insist on the extended master secret (RFC 7627).
            extension(&mut all, 23, &[]);
        }
        if self.version == Version::Tls13 {
            let mut versions = vec![2];
            versions.extend(self.version.number().to_be_bytes());
            extension(&mut all, 43, &versions);
            let mut shares = Vec::new();
            if self.groups.contains(&X25519) {
                // The base point of X25519 is a valid public key (RFC 7748, section 4.1).
                let mut point = [0; 32];
                if let Some(first) = point.first_mut() {
                    *first = 9;
                }
                shares.extend(X25519.to_be_bytes());
                with_length_16(&mut shares, &point);
            }
            extension(&mut all, 51, &prefixed_16(&shares));
        }
        all
    }
}

fn numbers<'a>(list: impl IntoIterator<Item = &'a u16>) -> Vec<u8> {
    list.into_iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn extension(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_be_bytes());
    with_length_16(out, data);
}

fn prefixed_16(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 2);
    with_length_16(&mut out, data);
    out
}

fn with_length_8(out: &mut Vec<u8>, data: &[u8]) {
    out.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(data);
}

/// `data` behind its length.
pub fn with_length_16(out: &mut Vec<u8>, data: &[u8]) {
    out.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(data);
}

#[cfg(test)]
mod tests {
    use tls_parser::{TlsMessage, TlsMessageHandshake, parse_tls_plaintext};

    use super::super::suites;
    use super::*;

    #[test]
    fn a_hello_offers_one_version_and_can_be_read() {
        let suites = suites::all();
        for version in Version::ALL {
            for name in [None, Some("a.example")] {
                let record = Hello { version, name, suites: &suites, groups: GROUPS }.record();
                let (rest, read) = parse_tls_plaintext(&record).unwrap();
                assert!(rest.is_empty());
                let [TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))] = read.msg.as_slice() else {
                    panic!("{version:?}: {read:?}");
                };
                assert_eq!(hello.version.0, version.number().min(0x0303));
                assert_eq!(hello.ciphers.len(), suites.len() + 1);
                assert_eq!(hello.ext.is_none(), version == Version::Ssl3);
                let has = |needle: &[u8]| record.windows(needle.len()).any(|window| window == needle);
                assert_eq!(has(&[0, 43, 0, 3, 2, 3, 4]), version == Version::Tls13);
                assert_eq!(has(b"a.example"), name.is_some() && version != Version::Ssl3);
                assert!(version == Version::Ssl3 || !(256..512).contains(&(record.len() - 5)), "{}", record.len());
            }
        }
    }
}
