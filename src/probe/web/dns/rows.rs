//! What DNS says, for the report.

use super::{Answer, Dns, mail};
use crate::model::{DnsRow, Standing};

/// So much of a record is shown.
const SHOWN: usize = 200;

/// In the order to show.
pub fn rows(dns: &Dns) -> Vec<DnsRow> {
    let issuers = |dns: &Dns| {
        let issuers: Vec<&str> =
            dns.caa.records().iter().filter(|caa| caa.tag == "issue").map(|caa| caa.value.trim()).collect();
        match issuers.as_slice() {
            [] => format!("records at {} that name no authority", dns.caa_at),
            issuers => format!("{} (at {})", issuers.join(", "), dns.caa_at),
        }
    };
    let mail_matters = dns.receives_mail() == Some(true) || dns.sends_mail() == Some(true);
    let faulty = |fault: Option<String>| match (fault.is_some(), mail_matters) {
        (false, _) => Standing::Good,
        (true, true) => Standing::Weak,
        (true, false) => Standing::Neutral,
    };
    vec![
        row(
            "CAA",
            &dns.caa,
            || issuers(dns),
            Standing::Good,
            "none: every authority may issue certificates",
            Standing::Weak,
        ),
        row(
            "AAAA",
            &dns.aaaa,
            || dns.aaaa.records().join(", "),
            Standing::Good,
            "none: reachable over IPv4 only",
            Standing::Neutral,
        ),
        row("MX", &dns.mx, || dns.mx.records().join(", "), Standing::Neutral, "none: takes no mail", Standing::Neutral),
        row(
            "SPF",
            &dns.spf,
            || dns.spf.records().join(" | "),
            faulty(mail::spf_fault(dns.spf.records())),
            "none",
            faulty(Some(String::new())),
        ),
        row(
            "DMARC",
            &dns.dmarc,
            || dns.dmarc.records().join(" | "),
            faulty(mail::dmarc_fault(dns.dmarc.records())),
            "none",
            faulty(Some(String::new())),
        ),
        row(
            "DNSSEC",
            &dns.ds,
            || format!("the parent zone knows the keys of {} (DS); the signatures were not checked", dns.domain),
            Standing::Good,
            "not signed: the parent zone knows no key (DS)",
            Standing::Neutral,
        ),
    ]
}

fn row<T>(
    name: &str,
    answer: &Answer<T>,
    found: impl FnOnce() -> String,
    standing: Standing,
    nothing: &str,
    without: Standing,
) -> DnsRow {
    let (found, standing) = match answer {
        Answer::Records(_) => (found(), standing),
        Answer::Nothing | Answer::NoName => (nothing.to_owned(), without),
        Answer::Unknown(why) => (format!("not known: {why}"), Standing::Unknown),
    };
    let found = match found.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", found.get(..end).unwrap_or_default()),
        None => found,
    };
    DnsRow { name: name.to_owned(), found, standing }
}

impl Dns {
    /// Whether the domain takes mail; `None` where that is not known.
    pub fn receives_mail(&self) -> Option<bool> {
        match &self.mx {
            Answer::Records(_) => Some(true),
            Answer::Nothing | Answer::NoName => Some(false),
            Answer::Unknown(_) => None,
        }
    }

    /// Whether the domain says that somebody sends its mail; `None` where that is not known.
    pub fn sends_mail(&self) -> Option<bool> {
        match &self.spf {
            Answer::Records(records) => Some(!mail::sends_none(records)),
            Answer::Nothing | Answer::NoName => Some(false),
            Answer::Unknown(_) => None,
        }
    }
}
