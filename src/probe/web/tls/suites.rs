//! The cipher suites up to TLS 1.2, sorted into the kinds that matter. Names and parts come from the IANA registry as
//! `tls-parser` carries it.

use std::sync::LazyLock;

use tls_parser::{CIPHERS, TlsCipherAu, TlsCipherEnc, TlsCipherEncMode, TlsCipherKx, TlsCipherSuite};

/// What a suite is like. A suite is of the worst kind that it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing is encrypted.
    Null,
    /// Nobody proves who the server is.
    Anonymous,
    /// Weakened on purpose for the export rules of the nineties (FREAK, Logjam).
    Export,
    /// A 56-bit key.
    Des,
    /// RC4, forbidden by RFC 7465.
    Rc4,
    /// Blocks of 64 bits: 3DES, IDEA, RC2 (Sweet32, CVE-2016-2183).
    SmallBlock,
    /// The key is sent under the certificate's own key or a fixed one.
    Static,
    /// Finite-field Diffie-Hellman; as good as its prime.
    Dhe,
    /// ECDHE with a cipher in CBC mode.
    Cbc,
    /// ECDHE with authenticated encryption.
    Aead,
}

impl Kind {
    /// Every kind, the worst first.
    pub const ALL: [Self; 10] = [
        Self::Null,
        Self::Anonymous,
        Self::Export,
        Self::Des,
        Self::Rc4,
        Self::SmallBlock,
        Self::Static,
        Self::Dhe,
        Self::Cbc,
        Self::Aead,
    ];
    /// Those that nobody should accept.
    pub const WEAK: [Self; 6] = [Self::Null, Self::Anonymous, Self::Export, Self::Des, Self::Rc4, Self::SmallBlock];

    /// What is wrong with it, as something that a server accepts.
    pub const fn weakness(self) -> Option<&'static str> {
        match self {
            Self::Null => Some("connections without any encryption"),
            Self::Anonymous => Some("connections without a certificate, so that anybody can pose as it"),
            Self::Export => Some("export-grade keys that anybody can break"),
            Self::Des => Some("DES, whose 56-bit keys can be tried out"),
            Self::Rc4 => Some("RC4, which leaks what it encrypts"),
            Self::SmallBlock => Some("3DES or a cipher like it, which leaks over long connections"),
            Self::Static => Some("keys without forward secrecy"),
            Self::Dhe | Self::Cbc | Self::Aead => None,
        }
    }

    /// Whether it gives less than 112 bits of security, or none.
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Null | Self::Anonymous | Self::Export | Self::Des)
    }

    /// `None` for suites that no web server uses: pre-shared keys, Kerberos, passwords, TLS 1.3.
    fn of(suite: &TlsCipherSuite) -> Option<Self> {
        use TlsCipherKx::{Dh, Dhe, Ecdh, Ecdhe, Rsa};
        let certificate = matches!(suite.au, TlsCipherAu::Rsa | TlsCipherAu::Dss | TlsCipherAu::Ecdsa);
        let anonymous = suite.au == TlsCipherAu::Null;
        if !matches!(suite.kx, Rsa | Dh | Dhe | Ecdh | Ecdhe) || !(certificate || anonymous) {
            return None;
        }
        Some(match suite.enc {
            TlsCipherEnc::Null => Self::Null,
            _ if suite.name.contains("_EXPORT_") => Self::Export,
            _ if anonymous => Self::Anonymous,
            TlsCipherEnc::Des => Self::Des,
            TlsCipherEnc::Rc4 => Self::Rc4,
            TlsCipherEnc::TripleDes | TlsCipherEnc::Rc2 | TlsCipherEnc::Idea => Self::SmallBlock,
            _ if matches!(suite.kx, Rsa | Dh | Ecdh) => Self::Static,
            _ if suite.kx == Dhe => Self::Dhe,
            _ if suite.enc_mode == TlsCipherEncMode::Cbc => Self::Cbc,
            _ => Self::Aead,
        })
    }

    /// Its suites: authenticated encryption first, then as numbered.
    pub fn suites(self) -> impl Iterator<Item = u16> {
        TABLE.iter().filter(move |(kind, ..)| *kind == self).map(|(.., number)| *number)
    }
}

/// Every suite worth asking for. Left out is what no web server was ever seen to insist on, so that the question stays
/// short enough for old servers: fixed Diffie-Hellman keys in certificates, ARIA, SEED, Camellia with GCM.
static TABLE: LazyLock<Vec<(Kind, bool, u16)>> = LazyLock::new(|| {
    let asked = |suite: &&TlsCipherSuite| {
        let fixed = matches!(suite.kx, TlsCipherKx::Dh | TlsCipherKx::Ecdh) && suite.au != TlsCipherAu::Null;
        let rare = matches!(suite.enc, TlsCipherEnc::Aria | TlsCipherEnc::Seed | TlsCipherEnc::Sm4)
            || (suite.enc == TlsCipherEnc::Camellia && suite.enc_mode == TlsCipherEncMode::Gcm);
        !fixed && !rare
    };
    let mut table: Vec<(Kind, bool, u16)> = CIPHERS
        .values()
        .filter(asked)
        .filter_map(|suite| Some((Kind::of(suite)?, !is_aead(suite.id.0), suite.id.0)))
        .collect();
    table.sort_unstable();
    table
});

/// Every suite that is asked for, the best kind first.
pub fn all() -> Vec<u16> {
    Kind::ALL.into_iter().rev().flat_map(Kind::suites).collect()
}

/// The suites of the weak kinds.
pub fn weak() -> Vec<u16> {
    Kind::WEAK.into_iter().flat_map(Kind::suites).collect()
}

/// The kind of a suite by its number; `None` for TLS 1.3 and what is not known.
pub fn kind(number: u16) -> Option<Kind> {
    TlsCipherSuite::from_id(number).and_then(Kind::of)
}

/// The IANA name.
pub fn name(number: u16) -> String {
    TlsCipherSuite::from_id(number).map_or_else(|| format!("suite {number:#06x}"), |suite| suite.name.to_owned())
}

/// Whether it encrypts and authenticates in one.
pub fn is_aead(number: u16) -> bool {
    TlsCipherSuite::from_id(number).is_some_and(|suite| {
        matches!(suite.enc_mode, TlsCipherEncMode::Gcm | TlsCipherEncMode::Ccm)
            || suite.enc == TlsCipherEnc::Chacha20_Poly1305
    })
}

/// Whether what is recorded today stays secret when the certificate's key is stolen tomorrow. All of TLS 1.3 is.
pub fn is_forward_secret(number: u16) -> bool {
    TlsCipherSuite::from_id(number)
        .is_some_and(|suite| matches!(suite.kx, TlsCipherKx::Dhe | TlsCipherKx::Ecdhe | TlsCipherKx::Tls13))
}

/// Whether a server sends the prime of a finite field with it.
pub fn has_prime(number: u16) -> bool {
    TlsCipherSuite::from_id(number).is_some_and(|suite| matches!(suite.kx, TlsCipherKx::Dh | TlsCipherKx::Dhe))
}

/// A group's name; numbers from the IANA registry "TLS Supported Groups".
pub fn group_name(number: u16) -> String {
    let name = match number {
        X25519_MLKEM_768 => "X25519MLKEM768",
        0x001d => "X25519",
        0x0017 => "P-256",
        0x0018 => "P-384",
        0x0019 => "P-521",
        0x001e => "X448",
        0x0100 => "ffdhe2048",
        0x0101 => "ffdhe3072",
        0x0102 => "ffdhe4096",
        0x0103 => "ffdhe6144",
        0x0104 => "ffdhe8192",
        other => return format!("group {other:#06x}"),
    };
    name.to_owned()
}

/// The group that a quantum computer cannot break either (draft-ietf-tls-ecdhe-mlkem).
pub const X25519_MLKEM_768: u16 = 0x11ec;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_sorted_into_kinds() {
        for (number, expected) in [
            (0x0001, Some(Kind::Null)),
            (0xc010, Some(Kind::Null)),
            (0x0034, Some(Kind::Anonymous)),
            (0xc018, Some(Kind::Anonymous)),
            (0x0003, Some(Kind::Export)),
            (0x0017, Some(Kind::Export)),
            (0x0009, Some(Kind::Des)),
            (0x0005, Some(Kind::Rc4)),
            (0xc007, Some(Kind::Rc4)),
            (0x000a, Some(Kind::SmallBlock)),
            (0xc012, Some(Kind::SmallBlock)),
            (0x009c, Some(Kind::Static)),
            (0x0035, Some(Kind::Static)),
            (0x009e, Some(Kind::Dhe)),
            (0x0033, Some(Kind::Dhe)),
            (0xc013, Some(Kind::Cbc)),
            (0xc02f, Some(Kind::Aead)),
            (0xcca8, Some(Kind::Aead)),
            (0x1301, None),
            (0x008c, None),
            (0x5600, None),
        ] {
            assert_eq!(kind(number), expected, "{}", name(number));
        }
    }

    #[test]
    fn what_is_asked_for_is_whole_and_short() {
        let all = all();
        assert!((100..150).contains(&all.len()), "{}", all.len());
        assert!(Kind::ALL.iter().all(|kind| kind.suites().count() > 0));
        assert_eq!(all.first().map(|first| kind(*first)), Some(Some(Kind::Aead)));
        // What Mozilla's old profile and OpenSSL's defaults hold.
        for number in [0xc02b, 0xc02f, 0xcca9, 0xcca8, 0x009e, 0xccaa, 0xc013, 0x009c, 0x002f, 0x000a, 0x0005] {
            assert!(all.contains(&number), "{number:#06x}");
        }
        assert!(is_aead(0xcca8) && !is_aead(0xc013) && is_aead(0x1301));
        assert!(is_forward_secret(0x1301) && is_forward_secret(0x009e) && !is_forward_secret(0x009c));
    }
}
