//! Reads what a server sends after a ClientHello, as it comes, up to ServerHelloDone. Up to TLS 1.2 all of that is in the
//! clear. Records are put together here; the messages in them are read by `tls-parser`.

use rustls::pki_types::CertificateDer;
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, TlsServerHelloContents, parse_dh_params,
    parse_tls_message_handshake, parse_tls_server_hello_extensions,
};

use super::suites;

/// A certificate for 10,000 names has 300 KB; browsers take less.
const MOST_BYTES: usize = 1024 * 1024;
/// Warnings and ChangeCipherSpecs that are passed over.
const MOST_IDLE_RECORDS: usize = 64;
/// More certificates are not kept.
const MOST_CERTIFICATES: usize = 20;
/// A record holds at most 2^14 bytes, and 2048 more when it is encrypted (RFC 5246, section 6.2.3).
const MOST_RECORD: usize = 16 * 1024 + 2048;

/// The first answer of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerHello {
    /// The version that it chose.
    pub version: u16,
    /// The suite that it chose.
    pub suite: u16,
    /// The group that it chose, which only TLS 1.3 says here.
    pub group: Option<u16>,
}

/// Everything that a server said up to where we stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flight {
    /// Its ServerHello, or the HelloRetryRequest, which has the same form.
    pub hello: Option<ServerHello>,
    /// Its certificates in the order sent.
    pub chain: Vec<CertificateDer<'static>>,
    /// The OCSP response that it staples.
    pub staple: Option<Vec<u8>>,
    /// The length of its Diffie-Hellman prime.
    pub prime_bits: Option<usize>,
}

/// How far to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The ServerHello alone.
    Hello,
    /// ServerHelloDone.
    Done,
}

/// Where the reading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// More bytes are needed.
    More,
    /// Everything that was wanted is there.
    Done,
    /// A fatal alert.
    Alert,
    /// Not TLS.
    NotTls,
    /// More than any real server sends.
    TooMuch,
}

/// The reader; bytes go in as they arrive.
#[derive(Debug)]
pub struct Reader {
    until: Until,
    pending: Vec<u8>,
    message: Vec<u8>,
    bytes: usize,
    idle: usize,
    flight: Flight,
}

impl Reader {
    /// Reads as far as this.
    pub fn new(until: Until) -> Self {
        Self { until, pending: Vec::new(), message: Vec::new(), bytes: 0, idle: 0, flight: Flight::default() }
    }

    /// The ServerHello, once it is there.
    pub const fn hello(&self) -> Option<&ServerHello> {
        self.flight.hello.as_ref()
    }

    /// What has been read.
    pub fn into_flight(self) -> Flight {
        self.flight
    }

    /// Takes in what has arrived.
    pub fn take(&mut self, bytes: &[u8]) -> State {
        self.bytes += bytes.len();
        if self.bytes > MOST_BYTES {
            return State::TooMuch;
        }
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        loop {
            match self.record(rest) {
                (State::More, Some(next)) => rest = next,
                (state, _) => {
                    self.pending = rest.to_vec();
                    return state;
                }
            }
        }
    }

    /// Reads one record; gives what is behind it if it was whole.
    fn record<'b>(&mut self, bytes: &'b [u8]) -> (State, Option<&'b [u8]>) {
        let Some(&kind) = bytes.first() else { return (State::More, None) };
        // ChangeCipherSpec, alert, handshake, application data; the second byte is the major version.
        if !(20..=23).contains(&kind) || bytes.get(1).is_some_and(|major| *major != 3) {
            return (State::NotTls, None);
        }
        let (Some(&high), Some(&low)) = (bytes.get(3), bytes.get(4)) else { return (State::More, None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > MOST_RECORD {
            return (State::NotTls, None);
        }
        let (Some(body), Some(next)) = (bytes.get(5..5 + length), bytes.get(5 + length..)) else {
            return (State::More, None);
        };
        let state = match kind {
            // Level 1 is a warning, such as unrecognized_name: the handshake goes on.
            21 if body.first() != Some(&1) => State::Alert,
            22 if !body.is_empty() => self.handshake(body),
            _ => {
                self.idle += 1;
                if self.idle > MOST_IDLE_RECORDS { State::TooMuch } else { State::More }
            }
        };
        (state, Some(next))
    }

    fn handshake(&mut self, bytes: &[u8]) -> State {
        self.message.extend_from_slice(bytes);
        loop {
            let Some(header) = self.message.get(1..4) else { return State::More };
            let length = header.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            if length > MOST_BYTES {
                return State::TooMuch;
            }
            if self.message.len() < 4 + length {
                return State::More;
            }
            let rest = self.message.split_off(4 + length);
            let message = std::mem::replace(&mut self.message, rest);
            match self.message(&message) {
                State::More => {}
                state => return state,
            }
        }
    }

    fn message(&mut self, bytes: &[u8]) -> State {
        const SERVER_HELLO: u8 = 2;
        let first = self.flight.hello.is_none();
        if first && bytes.first() != Some(&SERVER_HELLO) {
            return State::NotTls;
        }
        let Ok((_, TlsMessage::Handshake(message))) = parse_tls_message_handshake(bytes) else {
            return if first { State::NotTls } else { State::More };
        };
        match message {
            TlsMessageHandshake::ServerHello(hello) if first => {
                let hello = server_hello(&hello);
                self.flight.hello = Some(hello);
                // In TLS 1.3 what follows is encrypted.
                if self.until == Until::Hello || hello.version >= 0x0304 {
                    return State::Done;
                }
            }
            TlsMessageHandshake::Certificate(certificates) => {
                let chain = certificates.cert_chain.iter().take(MOST_CERTIFICATES);
                self.flight.chain = chain.map(|raw| CertificateDer::from(raw.data.to_vec())).collect();
            }
            // Type 1 is OCSP (RFC 6066, section 8).
            TlsMessageHandshake::CertificateStatus(status) if status.status_type == 1 => {
                self.flight.staple = Some(status.blob.to_vec());
            }
            TlsMessageHandshake::ServerKeyExchange(exchange)
                if self.flight.hello.is_some_and(|hello| suites::has_prime(hello.suite)) =>
            {
                self.flight.prime_bits = parse_dh_params(exchange.parameters).ok().map(|(_, params)| bits(params.dh_p));
            }
            TlsMessageHandshake::ServerDone(_) => return State::Done,
            _ => {}
        }
        State::More
    }
}

fn server_hello(hello: &TlsServerHelloContents<'_>) -> ServerHello {
    let (mut version, mut group) = (hello.version.0, None);
    let extensions = hello.ext.and_then(|bytes| parse_tls_server_hello_extensions(bytes).ok());
    for extension in extensions.map(|(_, list)| list).unwrap_or_default() {
        match extension {
            // This alone tells TLS 1.3 from 1.2 (RFC 8446, section 4.2.1).
            TlsExtension::SupportedVersions(versions) => version = versions.first().map_or(version, |first| first.0),
            TlsExtension::KeyShare([high, low, ..]) => group = Some(u16::from_be_bytes([*high, *low])),
            _ => {}
        }
    }
    ServerHello { version, suite: hello.cipher.0, group }
}

fn bits(number: &[u8]) -> usize {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let zeros = number.get(start).map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() - start) * 8 - zeros
}

#[cfg(test)]
mod tests {
    use super::super::hello::with_length_16;
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut message = vec![kind, 0];
        with_length_16(&mut message, body);
        message
    }

    fn server_hello(legacy: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend([5; 32]);
        body.push(0);
        body.extend(suite.to_be_bytes());
        body.push(0);
        if legacy > 0x0300 {
            with_length_16(&mut body, extensions);
        }
        message(2, &body)
    }

    fn in_records(message: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for part in message.chunks(size) {
            out.extend([22, 3, 3]);
            with_length_16(&mut out, part);
        }
        out
    }

    fn read(bytes: &[u8]) -> (State, Flight) {
        let mut reader = Reader::new(Until::Done);
        let state = reader.take(bytes);
        (state, reader.into_flight())
    }

    fn hello(version: u16, suite: u16, group: Option<u16>) -> ServerHello {
        ServerHello { version, suite, group }
    }

    #[test]
    fn the_choice_is_read_however_it_is_cut() {
        for (message, expected) in [
            (server_hello(0x0300, 5, &[]), hello(0x0300, 5, None)),
            (server_hello(0x0302, 0x2f, &[]), hello(0x0302, 0x2f, None)),
            (
                server_hello(0x0303, 0x1301, &[0, 51, 0, 2, 0x11, 0xec, 0, 43, 0, 2, 3, 4]),
                hello(0x0304, 0x1301, Some(0x11ec)),
            ),
        ] {
            for size in [1, 7, 500] {
                let bytes = in_records(&message, size);
                assert_eq!(read(&bytes).1.hello, Some(expected));
                let mut reader = Reader::new(Until::Hello);
                let states: Vec<State> = bytes.chunks(1).map(|byte| reader.take(byte)).collect();
                let (last, before) = states.split_last().unwrap();
                assert_eq!(*last, State::Done);
                assert!(before.iter().all(|state| *state == State::More), "{size}");
                assert_eq!(reader.into_flight().hello, Some(expected));
            }
        }
    }

    #[test]
    fn the_whole_flight_is_read() {
        let mut prime = vec![0, 0x7f];
        prime.extend([0xff; 127]);
        let mut exchange = Vec::new();
        for part in [&prime, &vec![2], &vec![9; 128]] {
            with_length_16(&mut exchange, part);
        }
        let bytes = [
            server_hello(0x0303, 0x0033, &[0, 5, 0, 0]),
            message(11, &[0, 0, 8, 0, 0, 2, 0x30, 0, 0, 0, 0]),
            message(22, &[1, 0, 0, 3, 1, 2, 3]),
            message(12, &exchange),
            message(14, &[]),
        ]
        .concat();
        for size in [3, 16_000] {
            let (state, flight) = read(&in_records(&bytes, size));
            assert_eq!(state, State::Done);
            assert_eq!(flight.chain, [CertificateDer::from(vec![0x30, 0]), CertificateDer::from(vec![])]);
            assert_eq!(flight.staple, Some(vec![1, 2, 3]));
            assert_eq!(flight.prime_bits, Some(1023));
        }
    }

    #[test]
    fn a_warning_is_passed_over_and_a_fatal_alert_is_not() {
        let mut bytes = vec![21, 3, 1, 0, 2, 1, 112];
        bytes.extend(in_records(&server_hello(0x0301, 0x2f, &[]), 500));
        assert_eq!(read(&bytes).1.hello, Some(hello(0x0301, 0x2f, None)));
        assert_eq!(read(&[21, 3, 1, 0, 2, 2, 70]).0, State::Alert);
    }

    #[test]
    fn what_is_not_tls_is_known() {
        assert_eq!(read(b"HTTP/1.1 400 Bad Request\r\n").0, State::NotTls);
        assert_eq!(read(&[22, 9]).0, State::NotTls);
        assert_eq!(read(&[22, 3, 3, 0xff, 0xff]).0, State::NotTls);
        assert_eq!(read(&in_records(&[1, 0, 0, 0], 9)).0, State::NotTls);
        assert_eq!(read(&in_records(&[2, 0, 0, 1, 3], 9)).0, State::NotTls);
    }

    #[test]
    fn endless_and_oversized_answers_are_cut_short() {
        assert_eq!(read(&[22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff]).0, State::TooMuch);
        for idle in [&[21, 3, 3, 0, 2, 1, 112][..], &[20, 3, 3, 0, 1, 1], &[22, 3, 3, 0, 0], &[23, 3, 3, 0, 0]] {
            assert_eq!(read(&idle.repeat(1000)).0, State::TooMuch);
        }
        let mut reader = Reader::new(Until::Done);
        let hello = in_records(&server_hello(0x0303, 0x2f, &[]), 500);
        let mut state = reader.take(&hello);
        let mut taken = hello.len();
        while state == State::More {
            let filler = in_records(&message(11, &[0; 60_000]), 16_000);
            taken += filler.len();
            state = reader.take(&filler);
        }
        assert_eq!(state, State::TooMuch);
        assert!(taken < 2 * MOST_BYTES);
    }
}
