//! The first two messages of a TLS handshake, written by hand, since no current library speaks the versions that we have to
//! ask for. RFC 5246 section 7.4.1, RFC 8446 section 4.1.

/// A protocol version, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
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
    pub const ALL: [Self; 4] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    /// As on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// Whether nobody should offer it any more (RFC 8996).
    pub const fn is_outdated(self) -> bool {
        matches!(self, Self::Tls10 | Self::Tls11)
    }
}

/// Every suite that some server might insist on up to TLS 1.2, weak ones included: the question is the version alone.
/// Numbers from the IANA registry "TLS Cipher Suites".
const SUITES: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024, 0xc028,
    0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0x009e, 0x009f, 0xccaa, 0x0033, 0x0039, 0x0067, 0x006b, 0x0032,
    0x0038, 0x0041, 0x0084, 0x0045, 0x0088, 0xc008, 0xc012, 0x0016, 0x000a, 0xc007, 0xc011, 0x0005, 0x0004, 0x0096,
    0x0007, 0xc018, 0xc019, 0x0034, 0x003a, 0x00a6, 0x00a7, 0xc006, 0xc010, 0x0002, 0x0001, 0x003b, 0xc0ac, 0xc0ad,
    0xc0ae, 0xc0af, 0xc09c, 0xc09d, 0xc09e, 0xc09f,
];
/// The suites of TLS 1.3 (RFC 8446, appendix B.4).
const SUITES_13: &[u16] = &[0x1301, 0x1302, 0x1303, 0x1304, 0x1305];
/// TLS_EMPTY_RENEGOTIATION_INFO_SCSV, RFC 5746.
const RENEGOTIATION_INFO: u16 = 0x00ff;
/// X25519, P-256, P-384, P-521 (RFC 8422, RFC 8446).
const GROUPS: &[u16] = &[0x001d, 0x0017, 0x0018, 0x0019];
/// RFC 8446, section 4.2.3, the old ones with SHA-1 included.
const SIGNATURES: &[u16] =
    &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0807, 0x0203, 0x0201, 0x0202];

/// A ClientHello record that offers `version` and no other. `name` is sent as SNI; none for IP addresses.
pub fn client_hello(version: Version, name: Option<&str>) -> Vec<u8> {
    let legacy = version.number().min(Version::Tls12.number());
    let mut body = Vec::with_capacity(512);
    body.extend(legacy.to_be_bytes());
    // Nothing is ever encrypted with what follows from this handshake, so the random bytes need not be random.
    body.extend((0..32_u8).map(|at| at.wrapping_mul(37).wrapping_add(11)));
    // A session id makes TLS 1.3 look like 1.2 to what lies between (RFC 8446, appendix D.4).
    let session: &[u8] = if version == Version::Tls13 { &[7; 32] } else { &[] };
    with_length_8(&mut body, session);
    let suites = if version == Version::Tls13 { SUITES_13 } else { SUITES };
    with_length_16(&mut body, &numbers(suites.iter().chain(&[RENEGOTIATION_INFO])));
    with_length_8(&mut body, &[0]);
    with_length_16(&mut body, &extensions(version, name));

    let mut message = vec![1, 0];
    with_length_16(&mut message, &body);
    let mut record = vec![22, 3, 1];
    with_length_16(&mut record, &message);
    record
}

fn extensions(version: Version, name: Option<&str>) -> Vec<u8> {
    let mut all = Vec::new();
    if let Some(name) = name {
        let mut entry = vec![0];
        with_length_16(&mut entry, name.as_bytes());
        extension(&mut all, 0, &prefixed_16(&entry));
    }
    extension(&mut all, 10, &prefixed_16(&numbers(GROUPS)));
    extension(&mut all, 11, &[1, 0]);
    if version >= Version::Tls12 {
        extension(&mut all, 13, &prefixed_16(&numbers(SIGNATURES)));
    }
    if version == Version::Tls13 {
        let mut versions = vec![2];
        versions.extend(version.number().to_be_bytes());
        extension(&mut all, 43, &versions);
        // The base point of X25519 is a valid public key (RFC 7748, section 4.1).
        let mut point = [0; 32];
        if let Some(first) = point.first_mut() {
            *first = 9;
        }
        let mut share = 0x001d_u16.to_be_bytes().to_vec();
        with_length_16(&mut share, &point);
        extension(&mut all, 51, &prefixed_16(&share));
    }
    all
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

fn with_length_16(out: &mut Vec<u8>, data: &[u8]) {
    out.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(data);
}

/// What a server answered to a ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A ServerHello with this version number.
    Hello(u16),
    /// A fatal alert: it will not.
    Alert,
    /// Not TLS.
    NotTls,
    /// More bytes are needed.
    Incomplete,
}

/// Reads the answer from what has arrived so far.
pub fn read_answer(mut bytes: &[u8]) -> Answer {
    let mut message = Vec::new();
    loop {
        let Some(&kind) = bytes.first() else { return Answer::Incomplete };
        // ChangeCipherSpec, alert, handshake, application data; the second byte is the major version.
        if !(20..=23).contains(&kind) || bytes.get(1).is_some_and(|major| *major != 3) {
            return Answer::NotTls;
        }
        let Some((record, rest)) = record(bytes) else { return Answer::Incomplete };
        bytes = rest;
        match kind {
            // Level 1 is a warning, such as unrecognized_name: the handshake goes on.
            21 if record.first() == Some(&1) => {}
            21 => return Answer::Alert,
            22 => {
                message.extend_from_slice(record);
                match server_version(&message) {
                    Answer::Incomplete => {}
                    answer => return answer,
                }
            }
            _ => {}
        }
    }
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?]));
    let body = bytes.get(5..)?;
    (body.len() >= length).then(|| body.split_at(length))
}

/// The version that a ServerHello chose. A HelloRetryRequest has the same form and says the same.
fn server_version(message: &[u8]) -> Answer {
    const SERVER_HELLO: u8 = 2;
    match message.first() {
        Some(&SERVER_HELLO) => {}
        Some(_) => return Answer::NotTls,
        None => return Answer::Incomplete,
    }
    let Some(length) = message.get(1..4).map(|b| b.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)))
    else {
        return Answer::Incomplete;
    };
    let Some(body) = message.get(4..4 + length) else { return Answer::Incomplete };
    let Some(legacy) = number(body, 0) else { return Answer::NotTls };
    Answer::Hello(selected_version(body).unwrap_or(legacy))
}

/// The supported_versions extension of a ServerHello, which alone tells TLS 1.3 from 1.2.
fn selected_version(body: &[u8]) -> Option<u16> {
    let session = usize::from(*body.get(34)?);
    // Session id, cipher suite, compression method, length of the extensions.
    let mut at = 35 + session + 2 + 1 + 2;
    loop {
        let (kind, length) = (number(body, at)?, usize::from(number(body, at + 2)?));
        if kind == 43 && length == 2 {
            return number(body, at + 4);
        }
        at += 4 + length;
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_hello(legacy: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend([5; 32]);
        body.push(0);
        body.extend([0x13, 0x01, 0]);
        with_length_16(&mut body, extensions);
        let mut message = vec![2, 0];
        with_length_16(&mut message, &body);
        message
    }

    fn in_records(message: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for part in message.chunks(size) {
            out.extend([22, 3, 3]);
            with_length_16(&mut out, part);
        }
        out
    }

    #[test]
    fn the_chosen_version_is_read_however_it_is_cut() {
        let old = server_hello(0x0302, &[]);
        let new = server_hello(0x0303, &[0, 51, 0, 1, 9, 0, 43, 0, 2, 3, 4]);
        for size in [1, 7, 500] {
            assert_eq!(read_answer(&in_records(&old, size)), Answer::Hello(0x0302));
            assert_eq!(read_answer(&in_records(&new, size)), Answer::Hello(0x0304));
        }
        let whole = in_records(&new, 500);
        for end in 0..whole.len() {
            assert_eq!(read_answer(&whole[..end]), Answer::Incomplete, "{end} bytes");
        }
    }

    #[test]
    fn a_warning_is_passed_over_and_a_fatal_alert_is_not() {
        let mut bytes = vec![21, 3, 1, 0, 2, 1, 112];
        bytes.extend(in_records(&server_hello(0x0301, &[]), 500));
        assert_eq!(read_answer(&bytes), Answer::Hello(0x0301));
        assert_eq!(read_answer(&[21, 3, 1, 0, 2, 2, 70]), Answer::Alert);
    }

    #[test]
    fn what_is_not_tls_is_known() {
        assert_eq!(read_answer(b"HTTP/1.1 400 Bad Request\r\n"), Answer::NotTls);
        assert_eq!(read_answer(&[22, 9]), Answer::NotTls);
        assert_eq!(read_answer(&in_records(&[1, 0, 0, 0], 9)), Answer::NotTls);
        assert_eq!(read_answer(&in_records(&[2, 0, 0, 1, 3], 9)), Answer::NotTls);
    }

    #[test]
    fn a_hello_offers_one_version() {
        let hello = client_hello(Version::Tls11, Some("a.example"));
        assert_eq!(&hello[9..11], &[3, 2]);
        assert!(hello.windows(9).any(|window| window == b"a.example"));
        assert!(!hello.windows(5).any(|window| window == [0, 43, 0, 3, 2]));
        let hello = client_hello(Version::Tls13, None);
        assert!(hello.windows(7).any(|window| window == [0, 43, 0, 3, 2, 3, 4]));
    }
}
