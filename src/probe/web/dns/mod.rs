//! What DNS says of a site's name: who may issue certificates for it, IPv6, mail, signatures.

mod ask;
pub mod mail;
mod rows;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::{join, join_all, join5};
use hickory_resolver::proto::rr::{RData, RecordType};
use url::{Host, Url};

use super::address::is_localhost;
pub use ask::Answer;
use ask::Asker;
pub use rows::rows;

/// All questions together may take so long.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names are not climbed further; public names have fewer labels.
const MOST_LABELS: usize = 8;
/// Of the records of one answer no more are kept.
const MOST_RECORDS: usize = 100;

/// A CAA property (RFC 8659, section 4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caa {
    /// `issue`, `issuewild`, `iodef`, in lower case.
    pub tag: String,
    /// `letsencrypt.org`.
    pub value: String,
}

/// What DNS says of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// The name.
    pub host: String,
    /// The registered domain that it belongs to: `example.com`.
    pub domain: String,
    /// The nearest CAA records above the name (RFC 8659, section 3), and whose they are.
    pub caa: Answer<Caa>,
    /// The name at which they stand, where there are any.
    pub caa_at: String,
    /// Its IPv6 addresses.
    pub aaaa: Answer<String>,
    /// Who takes the domain's mail. A domain that says that it takes none (RFC 7505) has none here.
    pub mx: Answer<String>,
    /// The domain's texts that begin like an SPF record.
    pub spf: Answer<String>,
    /// The texts of `_dmarc.` that begin like a DMARC record.
    pub dmarc: Answer<String>,
    /// The fingerprints of signing keys (DS) that the parent zone holds.
    pub ds: Answer<String>,
}

/// How to ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct Way {
    /// Why nobody is to be asked, as a phrase.
    pub why_not: Option<&'static str>,
    /// The server to ask; `None`: those that this machine uses.
    pub server: Option<SocketAddr>,
}

/// Asks about the host of `page`.
///
/// # Errors
/// Why it was not asked, as a phrase.
pub async fn collect(page: &Url, way: Way) -> Result<Dns, String> {
    let (host, domain) = public_name(page)?;
    if let Some(why_not) = way.why_not {
        return Err(why_not.to_owned());
    }
    let asker = Asker::new(way.server, PATIENCE)?;
    Ok(ask_all(&asker, host, domain).await)
}

async fn ask_all(asker: &Asker, host: String, domain: String) -> Dns {
    let dmarc_name = format!("_dmarc.{domain}");
    let texts = |prefix: &'static str| {
        move |data: &RData| match data {
            RData::TXT(text) => {
                // The strings of one record are one text (RFC 7208, section 3.3).
                let text = String::from_utf8_lossy(&text.txt_data.concat()).into_owned();
                mail::begins(&text, prefix).then_some(text)
            }
            _ => None,
        }
    };
    let mail = join(
        asker.ask(&domain, RecordType::MX, |data| match data {
            RData::MX(mx) if !mx.exchange.is_root() => Some(mx.exchange.to_utf8()),
            _ => None,
        }),
        asker.ask(&domain, RecordType::TXT, texts("v=spf1")),
    );
    let (caa, aaaa, (mx, spf), dmarc, ds) = join5(
        caa(asker, &host),
        asker.ask(&host, RecordType::AAAA, |data| match data {
            RData::AAAA(address) => Some(address.to_string()),
            _ => None,
        }),
        mail,
        asker.ask(&dmarc_name, RecordType::TXT, texts("v=DMARC1")),
        // Without the feature that checks signatures these arrive as bytes, which is all that is needed here.
        asker.ask(&domain, RecordType::DS, |data| (data.record_type() == RecordType::DS).then(|| "DS".to_owned())),
    )
    .await;
    let (caa_at, caa) = caa;
    Dns { host, domain, caa, caa_at, aaaa, mx, spf, dmarc, ds }
}

/// Climbs from the name towards the root and stops at the first that has CAA records.
async fn caa(asker: &Asker, host: &str) -> (String, Answer<Caa>) {
    let mut names = vec![host];
    while let Some((_, parent)) = names.last().and_then(|name| name.split_once('.')) {
        if names.len() == MOST_LABELS {
            break;
        }
        names.push(parent);
    }
    let asked = names.iter().map(|name| {
        asker.ask(name, RecordType::CAA, |data| match data {
            RData::CAA(caa) => {
                Some(Caa { tag: caa.tag.to_ascii_lowercase(), value: String::from_utf8_lossy(&caa.value).into_owned() })
            }
            _ => None,
        })
    });
    let answers = join_all(asked).await;
    if answers.first() == Some(&Answer::NoName) {
        // The page was reached by a hosts file or a network's own DNS, so what others see is not known.
        return (host.to_owned(), Answer::Unknown("the DNS server does not know the name".to_owned()));
    }
    for (name, answer) in names.iter().zip(answers) {
        if !matches!(answer, Answer::Nothing | Answer::NoName) {
            return ((*name).to_owned(), answer);
        }
    }
    (host.to_owned(), Answer::Nothing)
}

/// Host and registered domain of a page whose name the public DNS can know.
fn public_name(page: &Url) -> Result<(String, String), String> {
    let Some(Host::Domain(name)) = page.host() else {
        return Err("the address is a number and has no name".to_owned());
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if is_localhost(&name) {
        return Err("it is on this machine".to_owned());
    }
    // RFC 6761 and its registry of special-use names, and ICANN's `.internal`.
    const SPECIAL: [&str; 8] = ["test", "invalid", "local", "internal", "example", "onion", "alt", "arpa"];
    let top = name.rsplit('.').next().unwrap_or_default();
    let suffix = psl::suffix(name.as_bytes()).filter(psl::Suffix::is_known);
    let (false, Some(suffix)) = (SPECIAL.contains(&top), suffix) else {
        return Err(format!("{name} is not a name of the public DNS"));
    };
    let Some(domain) = psl::domain_str(&name) else {
        return Err(format!("{name} is not a registered name"));
    };
    if suffix.typ() == Some(psl::Type::Private) {
        return Err(format!("{name} is a name of your host's, whose DNS is not yours to set"));
    }
    let domain = domain.to_owned();
    Ok((name, domain))
}
