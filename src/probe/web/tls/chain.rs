//! Whether a server sends its certificates as it should: its own first, each followed by that of its issuer, no root
//! (RFC 8446, section 4.4.2).

use super::certificate::Certificate;

/// What is wrong with one place of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disorder {
    /// It was sent before.
    Repeated,
    /// It belongs into the chain, but not here.
    OutOfOrder,
    /// Nothing before it was issued by it.
    Unrelated,
    /// A root that browsers have already: harmless, only bytes.
    Root,
}

impl Disorder {
    /// As a phrase.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Repeated => "sent twice",
            Self::OutOfOrder => "sent in the wrong place",
            Self::Unrelated => "does not belong to this chain",
            Self::Root => "a root, which need not be sent",
        }
    }
}

/// What is wrong with each certificate of a chain; the server's own, the first, is always in its place.
pub fn disorder(chain: &[Certificate]) -> Vec<Option<Disorder>> {
    let mut found = Vec::with_capacity(chain.len());
    let mut expected = chain.first().map(|leaf| leaf.issuer_name.clone()).unwrap_or_default();
    for (at, certificate) in chain.iter().enumerate() {
        if at == 0 {
            found.push(None);
            continue;
        }
        let before = chain.get(..at).unwrap_or_default();
        let repeated = before.iter().any(|earlier| earlier.fingerprint == certificate.fingerprint);
        let in_place = certificate.subject_name == expected;
        let vouches = chain
            .iter()
            .enumerate()
            .any(|(other, issued)| other != at && issued.issuer_name == certificate.subject_name);
        // The same authority vouched for by another root, for clients that know only that one.
        let crossed = before.iter().any(|earlier| earlier.subject_name == certificate.subject_name);
        found.push(match (repeated, in_place, vouches) {
            (true, ..) => Some(Disorder::Repeated),
            (_, false, _) if crossed => None,
            (_, true, _) if certificate.self_issued => Some(Disorder::Root),
            (_, true, _) => None,
            (_, false, true) => Some(Disorder::OutOfOrder),
            (_, false, false) => Some(Disorder::Unrelated),
        });
        if !repeated {
            expected.clone_from(&certificate.issuer_name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disorders(names: &[(&str, &str)]) -> Vec<Option<Disorder>> {
        let chain: Vec<Certificate> = names
            .iter()
            .map(|(subject, issuer)| Certificate {
                subject_name: subject.as_bytes().to_vec(),
                issuer_name: issuer.as_bytes().to_vec(),
                self_issued: subject == issuer,
                fingerprint: format!("{subject} {issuer}"),
                ..Certificate::default()
            })
            .collect();
        disorder(&chain)
    }

    #[test]
    fn the_table_of_orders() {
        use Disorder::{OutOfOrder, Repeated, Root, Unrelated};
        let (leaf, low, high, root, other) = (("l", "a"), ("a", "b"), ("b", "r"), ("r", "r"), ("x", "y"));
        for (chain, expected) in [
            (vec![leaf], vec![None]),
            (vec![leaf, low, high], vec![None, None, None]),
            (vec![leaf, low, high, root], vec![None, None, None, Some(Root)]),
            (vec![leaf, high, low], vec![None, Some(OutOfOrder), Some(OutOfOrder)]),
            (vec![leaf, low, low, high], vec![None, None, Some(Repeated), None]),
            (vec![leaf, low, other], vec![None, None, Some(Unrelated)]),
            (vec![leaf, low, ("a", "z")], vec![None, None, None]),
            (vec![leaf, leaf, low], vec![None, Some(Repeated), None]),
        ] {
            assert_eq!(disorders(&chain), expected, "{chain:?}");
        }
    }
}
