//! SPF (RFC 7208) and DMARC (RFC 7489) records. Pure.

/// More terms that ask DNS make receivers give up (RFC 7208, section 4.6.4).
const MOST_LOOKUPS: usize = 10;

/// Whether a text is a record of this version: the version alone or with something after it.
pub fn begins(text: &str, version: &str) -> bool {
    let text = text.trim_start();
    let (Some(start), rest) = (text.get(..version.len()), text.get(version.len()..).unwrap_or_default()) else {
        return false;
    };
    start.eq_ignore_ascii_case(version) && rest.chars().next().is_none_or(|c| c.is_ascii_whitespace() || c == ';')
}

/// What is wrong with the SPF records of a domain, as a clause; `None` where nothing is.
pub fn spf_fault(records: &[String]) -> Option<String> {
    let record = match records {
        [] => return Some("no SPF record says who may send its mail".to_owned()),
        [record] => record,
        several => {
            return Some(format!("it has {} SPF records, and with more than one receivers heed none", several.len()));
        }
    };
    let mut all = None;
    let (mut redirect, mut lookups) = (false, 0);
    for term in record.split_ascii_whitespace().skip(1) {
        let term = term.to_ascii_lowercase();
        let (qualifier, name) = match term.strip_prefix(['+', '-', '~', '?']) {
            Some(name) => (term.chars().next().unwrap_or('+'), name),
            None => ('+', term.as_str()),
        };
        let kind = name.split([':', '/', '=']).next().unwrap_or_default();
        match kind {
            "all" => all = all.or(Some(qualifier)),
            "redirect" => {
                redirect = true;
                lookups += 1;
            }
            "include" | "a" | "mx" | "ptr" | "exists" => lookups += 1,
            _ => {}
        }
    }
    if lookups > MOST_LOOKUPS {
        return Some(format!(
            "its SPF record asks for {lookups} lookups, and beyond {MOST_LOOKUPS} receivers heed none of it"
        ));
    }
    match all {
        Some('+') => Some("its SPF record ends in `+all`, so everybody may send in its name".to_owned()),
        Some('?') => Some("its SPF record ends in `?all`, which refuses nobody".to_owned()),
        None if !redirect => Some("its SPF record does not end in `-all` or `~all`, so it refuses nobody".to_owned()),
        _ => None,
    }
}

/// Whether the SPF record says that the domain sends no mail at all.
pub fn sends_none(records: &[String]) -> bool {
    matches!(records, [record] if record.split_ascii_whitespace().skip(1).eq(["-all"]))
}

/// What is wrong with the DMARC records of a domain, as a clause; `None` where nothing is.
pub fn dmarc_fault(records: &[String]) -> Option<String> {
    let record = match records {
        [] => return Some("no DMARC record says what to do with mail that somebody else sends in its name".to_owned()),
        [record] => record,
        several => {
            return Some(format!("it has {} DMARC records, and with more than one receivers heed none", several.len()));
        }
    };
    let policy = record.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        name.trim().eq_ignore_ascii_case("p").then(|| value.trim().to_ascii_lowercase())
    });
    match policy.as_deref() {
        Some("quarantine" | "reject") => None,
        Some("none") => {
            Some("its DMARC record has `p=none`, so forged mail is only counted and still delivered".to_owned())
        }
        _ => Some("its DMARC record has no policy (`p=`) that receivers understand".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spf(record: &str) -> String {
        assert!(begins(record, "v=spf1"), "{record}");
        spf_fault(&[record.to_owned()]).unwrap_or_default()
    }

    fn dmarc(record: &str) -> String {
        assert!(begins(record, "v=DMARC1"), "{record}");
        dmarc_fault(&[record.to_owned()]).unwrap_or_default()
    }

    #[test]
    fn spf_records_are_read_as_receivers_do() {
        for good in
            ["v=spf1 -all", "v=spf1 include:_spf.example.com ~all", "V=SPF1 MX -ALL", "v=spf1 redirect=x.example"]
        {
            assert_eq!(spf(good), "", "{good}");
        }
        assert!(spf("v=spf1 all").contains("`+all`"));
        assert!(spf("v=spf1 a +all").contains("`+all`"));
        assert!(spf("v=spf1 ?all").contains("`?all`"));
        assert!(spf("v=spf1 ip4:192.0.2.0/24").contains("does not end"));
        assert!(spf("v=spf1").contains("does not end"));
        let many: Vec<String> = (0..11).map(|at| format!("include:{at}.example.com")).collect();
        assert!(spf(&format!("v=spf1 {} -all", many.join(" "))).contains("11 lookups"));
        assert_eq!(spf(&format!("v=spf1 {} -all", many[..10].join(" "))), "");
        assert!(spf_fault(&[]).unwrap().contains("no SPF record"));
        assert!(spf_fault(&["v=spf1 -all".to_owned(), "v=spf1 ~all".to_owned()]).unwrap().contains("2 SPF records"));
        assert!(!begins("v=spf10 -all", "v=spf1") && !begins("google-site-verification=x", "v=spf1"));
        assert!(sends_none(&["v=spf1 -all".to_owned()]) && !sends_none(&["v=spf1 mx -all".to_owned()]));
    }

    #[test]
    fn dmarc_policies_are_read_as_receivers_do() {
        assert_eq!(dmarc("v=DMARC1; p=reject; rua=mailto:d@example.com"), "");
        assert_eq!(dmarc("v=DMARC1;P = Quarantine"), "");
        assert!(dmarc("v=DMARC1; p=none").contains("`p=none`"));
        assert!(dmarc("v=DMARC1; rua=mailto:d@example.com").contains("no policy"));
        assert!(dmarc("v=DMARC1; sp=reject").contains("no policy"));
        assert!(dmarc_fault(&[]).unwrap().contains("no DMARC record"));
    }
}
