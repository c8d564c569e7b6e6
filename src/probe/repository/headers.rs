//! Security headers, judged by the files that set them: before anything is deployed, and apart from what a deployed app
//! really sends, which the web probe asks for and which stands higher.
//!
//! Here and not in a probe of its own, since it is one more thing that files around the code say about how the app is
//! shipped, and needs nothing but these files.

use super::repo::Repo;
use crate::model::{
    Confidence, Coverage, Evidence, EvidenceKind, Finding, Location, Observation, Proof, RuleKind, RuleMeta, Severity,
    counted,
};
use crate::probe::header_settings::{Fault, Header, Judged, Settings, Sources, State, judge, lines_for};
use crate::probe::web::configured;

/// Nothing sets some of them.
pub static MISSING: RuleMeta = RuleMeta {
    id: "configured-headers-missing",
    title: "Your configuration leaves out headers that protect your users",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::Medium,
    what: "Reads the files that set headers (nginx, Caddy, Apache, vercel.json, netlify.toml, _headers, firebase.json, Next.js, Nuxt, \
           SvelteKit, helmet, Django, Rails, Laravel, Flask, Spring) and looks for the six that every page should carry.",
    why: "Browsers protect your users from framed pages, guessed file types and foreign scripts only where a header asks for it, \
          and a first deployment without them is open from its first minute.",
    fix: "Add the lines shown to the file named; send the Content-Security-Policy as report-only first and enforce it once nothing \
          of yours is reported.",
    example: "# bad: a server block without any\n# good\nadd_header X-Content-Type-Options \"nosniff\" always;\nadd_header X-Frame-Options \"SAMEORIGIN\" always;",
    references: &[
        "C61",
        "C62",
        "C63",
        "C65",
        "C66",
        "C67",
        "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
    ],
};

/// They are set so that they do not do their work.
pub static WEAK: RuleMeta = RuleMeta {
    id: "configured-header-weak",
    title: "A header that your configuration sets does not do its work",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks for values that browsers ignore or that protect little, for nginx locations that lose the headers of the server \
           around them, for `add_header` without `always`, and for switches that turn a framework's own headers off.",
    why: "A line in a configuration reads like protection. Where it is not sent, or says too little, your users have none and \
          nobody notices.",
    fix: "Change the line as shown, and look at the answer with `curl -sI`.",
    example: "# bad: this location loses every header of the server around it\nlocation / { add_header Cache-Control no-cache; }\n\
              # good\nlocation / { include security-headers.conf; add_header Cache-Control no-cache always; }",
    references: &["C61", "C63", "C65", "https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header"],
};

/// Other settings of a web server.
pub static SERVER: RuleMeta = RuleMeta {
    id: "server-settings-weak",
    title: "The web server is set up in an outdated or talkative way",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks in nginx configurations for old TLS versions, a plain HTTP server that serves the site beside HTTPS, foreign \
           origins that are let in with cookies, `server_tokens on` and `gzip off`.",
    why: "Visitors who come without HTTPS can be listened to, and old protocols let an attacker on the network read what they send.",
    fix: "Change the line as shown and reload nginx.",
    example: "# bad\nssl_protocols TLSv1 TLSv1.1 TLSv1.2;\n# good\nssl_protocols TLSv1.2 TLSv1.3;",
    references: &["C21", "F8", "https://ssl-config.mozilla.org/"],
};

/// A header is set.
pub static SET: RuleMeta = super::proof(
    "configured-header-set",
    "Your configuration sets a header that protects your users",
    "Sees one of the six security headers set for the whole site, with a value that does its work.",
    "What is deployed from these files sends it, unless something on the way takes it off; the web probe looks at that.",
    "Nothing to do.",
    &["C61", "C62", "C63", "C65", "C66", "C67"],
);

/// What was seen, and how far each rule got.
pub struct Seen {
    /// The findings and proofs.
    pub observations: Vec<Observation>,
    /// How far [`MISSING`], [`WEAK`] and [`SET`] got.
    pub headers: Coverage,
    /// How far [`SERVER`] got.
    pub server: Coverage,
}

/// Looks at the project.
pub fn look(repo: &Repo, cancel: &tokio_util::sync::CancellationToken) -> Seen {
    let sources = Sources::gather(repo.entries(), cancel);
    let settings = Settings::read(&sources);
    let mut observations: Vec<Observation> = Vec::new();
    observations.extend(faults(&WEAK, settings.faults.iter().filter(|fault| fault.about_headers), &sources));
    observations.extend(faults(&SERVER, settings.faults.iter().filter(|fault| !fault.about_headers), &sources));
    let headers = match judge(&settings, &sources, configured::RULES) {
        Err(why) => Coverage::Nothing(why),
        Ok(judged) => {
            observations.extend(missing(&judged, &sources).map(Observation::from));
            observations.extend(weak(&judged, &sources).map(Observation::from));
            observations.extend(set(&judged, &sources));
            coverage(&judged, &sources)
        }
    };
    let server = if settings.fronts.iter().any(|front| front.layer == crate::probe::header_settings::Layer::Nginx) {
        Coverage::Whole
    } else {
        Coverage::Absent("the project has no configuration of nginx".to_owned())
    };
    Seen { observations, headers, server }
}

fn missing(judged: &Judged, sources: &Sources) -> Option<Finding> {
    let missing = judged.missing();
    missing.first()?;
    let names: Vec<&str> = missing.iter().map(|header| header.name()).collect();
    let grave = missing.iter().any(|header| matches!(header, Header::Framing | Header::Csp));
    let front = &judged.front;
    let exists = sources.has(&front.path);
    let location = if exists { front.location() } else { Location::Project };
    let (message, fix) = (
        format!(
            "No file of the project sets {}: {} ({}) is the place for {}",
            names.join(", "),
            front.path,
            front.layer.word(),
            if names.len() == 1 { "it" } else { "them" }
        ),
        format!(
            "Add the lines shown to {}.{}",
            front.path,
            if missing.contains(&Header::Csp) {
                " The policy in them is on trial: see what it reports, name your own sources, then send it as Content-Security-Policy."
            } else {
                ""
            }
        ),
    );
    let mut finding = Finding::new(&MISSING, location, front.path.as_str(), message)
        .severity(if grave { Severity::Major } else { Severity::Minor })
        .confidence(if judged.sure { Confidence::Medium } else { Confidence::Low })
        .fix(fix);
    for lines in lines_for(front, &missing, sources) {
        finding = finding
            .evidence(Evidence::new(EvidenceKind::Note, format!("{}, {}:\n{}", lines.path, lines.at, lines.text)));
    }
    let unclear: Vec<String> =
        judged.unclear().into_iter().map(|(header, why)| format!("{}: {why}", header.name())).collect();
    if !unclear.is_empty() {
        finding = finding
            .evidence(Evidence::new(EvidenceKind::Note, format!("not judged by files alone:\n{}", unclear.join("\n"))));
    }
    Some(finding)
}

fn weak(judged: &Judged, sources: &Sources) -> Option<Finding> {
    let weak: Vec<_> = (judged.headers.iter())
        .filter_map(|(header, state)| match state {
            State::Weak(place, message, severity) => Some((header, place.as_ref()?, message, *severity)),
            _ => None,
        })
        .collect();
    let (_, place, message, _) = weak.first()?;
    let severity = weak.iter().map(|(.., severity)| *severity).max()?;
    let more = if weak.len() > 1 { format!(" (and {} more)", weak.len() - 1) } else { String::new() };
    let names: Vec<&str> = weak.iter().map(|(header, ..)| header.name()).collect();
    let mut finding =
        Finding::new(&WEAK, place.location(), names.join(" "), format!("{message}{more}")).severity(severity);
    for (header, place, message, _) in &weak {
        let snippet = sources.text(&place.path).and_then(|text| Evidence::snippet(text, place.line, 0));
        let (name, value) = wanted(**header);
        finding = finding.evidence(snippet).evidence(Evidence::new(
            EvidenceKind::Note,
            format!("{}:{}: {message}\nwanted: {name}: {value}", place.path, place.line),
        ));
    }
    Some(finding)
}

/// A value to strive for; for a policy on scripts the one on trial, under its final name.
fn wanted(header: Header) -> (&'static str, &'static str) {
    (header.name(), header.pasted().1)
}

/// One finding for each file, with every place in it.
fn faults<'a>(rule: &'static RuleMeta, faults: impl Iterator<Item = &'a Fault>, sources: &Sources) -> Vec<Observation> {
    let mut by_file: Vec<(&str, Vec<&Fault>)> = Vec::new();
    for fault in faults {
        match by_file.iter_mut().find(|(path, _)| *path == fault.place.path) {
            Some((_, known)) => known.push(fault),
            None => by_file.push((&fault.place.path, vec![fault])),
        }
    }
    let finding = |(path, mut faults): (&str, Vec<&Fault>)| {
        faults.sort_by_key(|fault| std::cmp::Reverse(fault.grave));
        let first = faults.first()?;
        let more = if faults.len() > 1 { format!(" (and {} more)", faults.len() - 1) } else { String::new() };
        let severity = if first.grave { Severity::Major } else { Severity::Minor };
        let mut finding = Finding::new(rule, first.place.location(), path, format!("{}{more}", first.message))
            .severity(severity)
            .fix(first.fix.clone());
        finding = finding.evidence(sources.text(path).and_then(|text| Evidence::snippet(text, first.place.line, 1)));
        for fault in faults.iter().skip(1).take(12) {
            finding = finding.evidence(Evidence::new(
                EvidenceKind::Note,
                format!("{path}:{}: {}. {}", fault.place.line, fault.message, fault.fix),
            ));
        }
        Some(Observation::from(finding))
    };
    by_file.into_iter().filter_map(finding).collect()
}

fn set(judged: &Judged, sources: &Sources) -> Vec<Observation> {
    let proof = |(header, state): &(Header, State)| {
        let State::Set(layer, place, message) = state else { return None };
        let location = place.as_ref().map_or(Location::Project, |place| place.location());
        let by = if place.is_none() {
            format!(" ({} sends it by itself)", layer.word())
        } else {
            format!(" ({})", layer.word())
        };
        let snippet = place.as_ref().and_then(|place| Evidence::snippet(sources.text(&place.path)?, place.line, 0));
        Some(Observation::from(Proof::new(&SET, location, header.name(), format!("{message}{by}")).evidence(snippet)))
    };
    judged.headers.iter().filter_map(proof).collect()
}

fn coverage(judged: &Judged, sources: &Sources) -> Coverage {
    let unclear = judged.unclear();
    if let Some((header, why)) = unclear.first() {
        let more = if unclear.len() > 1 {
            format!(", and {} more headers are as unclear", unclear.len() - 1)
        } else {
            String::new()
        };
        return Coverage::Part(format!("files alone do not tell whether {} is sent: {why}{more}", header.name()));
    }
    match sources.unread {
        0 => Coverage::Whole,
        unread => Coverage::Part(format!("{} could not be read", counted("files", unread as u64))),
    }
}
