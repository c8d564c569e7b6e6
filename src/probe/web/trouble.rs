//! What can go wrong between us and a server, in words for its owner.

use std::io;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The host's name is looked up.
    Lookup,
    /// A TCP connection is made.
    Connect,
    /// The TLS handshake is made.
    Handshake,
    /// The request is sent.
    Send,
    /// Status line and headers are read.
    Head,
}

impl Phase {
    /// As the end of a sentence: `it did not answer within 5 s …`, `it closed the connection …`.
    const fn words(self) -> &'static str {
        match self {
            Self::Lookup => "while its name was looked up",
            Self::Connect => "while connecting",
            Self::Handshake => "during the TLS handshake",
            Self::Send => "while the request was sent",
            Self::Head => "while its response headers were read",
        }
    }
}

/// Why an address could not be examined. Displays as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// DNS knows no address.
    #[error("its name has no address in DNS")]
    UnknownHost,
    /// Nobody listens.
    #[error("the connection was refused")]
    Refused,
    /// The operating system says no.
    #[error("it cannot be reached ({0})")]
    Unreachable(String),
    /// Its name points at a more private network than the one it was reached on before.
    #[error("it points into a private network or this machine")]
    PrivateAddress,
    /// Too slow.
    #[error("it did not answer within {seconds} s {}", .phase.words())]
    TimedOut {
        /// While doing what.
        phase: Phase,
        /// The time it had, in seconds, rounded down.
        seconds: u64,
    },
    /// Nothing came while it was waited for, which was less than a phase: in milliseconds.
    #[error("it did not answer within {0} ms")]
    Silent(u128),
    /// The site as a whole is too slow.
    #[error("the {0} s for this site were over before it was asked")]
    OutOfTime(u64),
    /// All sites together are too slow.
    #[error("the {0} s for all addresses together were over before it was asked")]
    RunOver(u64),
    /// Over HTTP/2; said as the end of a sentence.
    #[error("{0}")]
    Http2(String),
    /// It was asked often enough.
    #[error("it was not asked, since {0} requests are enough for one run")]
    Enough(usize),
    /// It belongs to no site that was given.
    #[error("it belongs to another site, which was not given with --url")]
    NotOurs,
    /// Too much came in all.
    #[error("it sent more than {0} MB in all")]
    TooMuch(usize),
    /// The connection ended before its time.
    #[error("it closed the connection {}", .0.words())]
    Closed(Phase),
    /// Something else than TLS came back.
    #[error("it does not speak TLS on this port")]
    NotTls,
    /// The handshake did not succeed.
    #[error("the TLS handshake failed ({0})")]
    Handshake(String),
    /// A TLS record came back to plain HTTP.
    #[error("it speaks TLS on this port, so the address must begin with https://")]
    SpeaksTls,
    /// The answer has no status line.
    #[error("its answer is not HTTP")]
    NotHttp,
    /// Too many bytes of headers.
    #[error("its response headers are longer than {0} KB")]
    HeadTooLong(usize),
    /// Too many headers.
    #[error("it sends more than {0} response headers")]
    TooManyHeaders(usize),
    /// Too many 1xx responses.
    #[error("it sends more than {0} informational responses and no answer")]
    TooManyInformational(usize),
}

impl Trouble {
    /// From an I/O error of `phase`.
    pub fn from_io(error: &io::Error, phase: Phase) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Closed(phase),
            kind => Self::Unreachable(kind.to_string()),
        }
    }

    /// What to do about it, as a sentence.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::UnknownHost => "Check the spelling of the address and that its DNS record exists.",
            Self::Refused => "Start the app, or correct the port of --url.",
            Self::Unreachable(_) => "Check your own connection and the address.",
            Self::PrivateAddress => "Give that address itself with --url if you want it examined.",
            Self::TimedOut { .. } | Self::Silent(_) | Self::Closed(_) => {
                "Check that the app runs and that no firewall drops the connection, then run the probe again."
            }
            Self::Http2(_) => "Check the HTTP/2 settings of the server or the proxy before it.",
            Self::OutOfTime(_) => "Run the probe again when the app answers faster.",
            Self::Enough(_) | Self::TooMuch(_) | Self::RunOver(_) => "Give fewer addresses at a time.",
            Self::NotOurs => "Give that address itself with --url if it is yours.",
            Self::NotTls => "Set up TLS on that port, or give the address that speaks it.",
            Self::Handshake(_) => "Check the server's TLS settings.",
            Self::SpeaksTls => "Give the address with https://.",
            Self::NotHttp => "Check that a web server listens on that port.",
            Self::HeadTooLong(_) | Self::TooManyHeaders(_) | Self::TooManyInformational(_) => {
                "Browsers give up on that as well: mend the server's responses."
            }
        }
    }
}
