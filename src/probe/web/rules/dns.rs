//! What DNS says of certificates and mail.

use crate::model::{
    Confidence, Evidence, EvidenceKind, Finding, Location, Observation, Proof, RuleKind, RuleMeta, Severity,
};
use crate::probe::web::dns::{Answer, Dns, mail};
use crate::probe::web::tally::Sight;

/// Every authority may issue.
pub static CAA: RuleMeta = RuleMeta {
    id: "caa-missing",
    title: "Any authority may issue a certificate for the domain",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Asks DNS for CAA records at the name and above it.",
    why: "Without them it is enough that one of some hundred authorities makes a mistake, and somebody else holds a valid \
          certificate for your name.",
    fix: "Add a CAA record for the authority that your host uses, like `example.com. CAA 0 issue \"letsencrypt.org\"`; ask your \
          host which ones it needs, since a wrong record stops renewal.",
    example: "bad:  no CAA record\ngood: example.com. CAA 0 issue \"letsencrypt.org\"",
    references: &["https://www.rfc-editor.org/rfc/rfc8659"],
};

/// Few may issue.
pub static CAA_SET: RuleMeta = RuleMeta {
    id: "caa-set",
    title: "DNS says which authorities may issue certificates",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees CAA records at the name or above it that name an authority, or refuse all.",
    why: "Nobody else can be talked into issuing a certificate for your name.",
    fix: "Nothing to do.",
    example: "",
    references: &["https://www.rfc-editor.org/rfc/rfc8659"],
};

/// Anybody can write mail in the domain's name.
pub static MAIL: RuleMeta = RuleMeta {
    id: "mail-forgeable",
    title: "Anybody can send mail in the domain's name",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Where the domain takes or sends mail, reads its SPF record (who may send) and its DMARC record (what to do with the rest).",
    why: "Mail providers trust such a domain less, so that your password and receipt mails end in spam, and your users get forged \
          ones that look like yours.",
    fix: "Add one TXT record at the domain with your mail provider's line, like `v=spf1 include:_spf.example.net -all`, and one at \
          `_dmarc` with `v=DMARC1; p=none; rua=mailto:you@example.com`. After some weeks of clean reports raise it to \
          `p=quarantine`.",
    example: "bad:  v=spf1 +all\ngood: v=spf1 include:_spf.example.net -all, and v=DMARC1; p=quarantine",
    references: &["https://www.rfc-editor.org/rfc/rfc7208", "https://www.rfc-editor.org/rfc/rfc7489"],
};

/// Forged mail is refused.
pub static MAIL_SET: RuleMeta = RuleMeta {
    id: "mail-protected",
    title: "Forged mail in the domain's name is refused",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees an SPF record that refuses strangers and a DMARC policy that is more than counting.",
    why: "Your mails are trusted more, and forged ones do not arrive.",
    fix: "Nothing to do.",
    example: "",
    references: &["https://www.rfc-editor.org/rfc/rfc7489"],
};

/// About certificates.
pub static CAA_RULES: &[&RuleMeta] = &[&CAA, &CAA_SET];
/// About mail.
pub static MAIL_RULES: &[&RuleMeta] = &[&MAIL, &MAIL_SET];

/// Judges who may issue certificates.
pub fn judge_caa(dns: &Dns) -> Sight {
    let place = Location::Url { url: format!("https://{}/", dns.host) };
    match &dns.caa {
        Answer::Unknown(why) => Sight::NotSeen(format!("the CAA records of {} are not known: {why}", dns.caa_at)),
        Answer::Nothing | Answer::NoName => {
            let message = format!("{} has no CAA record, so any authority may issue certificates for it", dns.host);
            Observation::from(Finding::new(&CAA, place, "", message)).into()
        }
        Answer::Records(records) if records.iter().any(|caa| caa.tag == "issue") => {
            let lines: Vec<String> =
                records.iter().map(|caa| format!("{} CAA {} \"{}\"", dns.caa_at, caa.tag, caa.value)).collect();
            let message = format!("Only chosen authorities may issue certificates for {}", dns.host);
            let evidence = Evidence::new(EvidenceKind::Note, lines.join("\n"));
            Observation::from(Proof::new(&CAA_SET, place, "", message).evidence(evidence)).into()
        }
        // Records about wildcards or reports alone restrict nothing else (RFC 8659, section 4.2).
        Answer::Records(_) => {
            let message = format!("The CAA records of {} name no authority, so any may issue certificates", dns.caa_at);
            Observation::from(Finding::new(&CAA, place, "", message)).into()
        }
    }
}

/// Judges whether mail can be forged.
pub fn judge_mail(dns: &Dns) -> Sight {
    let domain = &dns.domain;
    match (dns.receives_mail(), dns.sends_mail()) {
        (Some(true), _) | (_, Some(true)) => {}
        (Some(false), Some(false)) => {
            return Sight::Absent(format!("DNS shows no sign that {domain} takes or sends mail"));
        }
        _ => return Sight::NotSeen(format!("whether {domain} takes or sends mail is not known")),
    }
    let unknown = [("SPF", &dns.spf), ("DMARC", &dns.dmarc)]
        .into_iter()
        .find_map(|(name, answer)| Some(format!("the {name} record of {domain} is not known: {}", answer.unknown()?)));
    if let Some(why) = unknown {
        return Sight::NotSeen(why);
    }
    let faults: Vec<String> =
        [mail::spf_fault(dns.spf.records()), mail::dmarc_fault(dns.dmarc.records())].into_iter().flatten().collect();
    let place = Location::Url { url: format!("https://{domain}/") };
    let line = |name: &str, records: &[String]| match records {
        [] => format!("{name}: none"),
        records => format!("{name}: {}", records.join("\n")),
    };
    let text = [line("SPF", dns.spf.records()), line("DMARC", dns.dmarc.records())].join("\n");
    let evidence = Evidence::new(EvidenceKind::Note, text);
    if faults.is_empty() {
        let message = format!("Mail that somebody forges in the name of {domain} is refused or set aside");
        return Observation::from(Proof::new(&MAIL_SET, place, "", message).evidence(evidence)).into();
    }
    let message = format!("Mail in the name of {domain} can be forged: {}", faults.join("; "));
    Observation::from(Finding::new(&MAIL, place, "", message).evidence(evidence)).into()
}
