//! Ties what the deployed app lacks to the place in the project that should send it, with the lines to add there.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::configured;
use crate::model::{Evidence, EvidenceKind, Finding, Observation, WebReport};
use crate::probe::header_settings::{Header, Lines, Place, Scope, Settings, Sources, lines_for};

/// What the project's files set.
#[derive(Debug, Default)]
pub struct OwnSettings {
    sources: Sources,
    settings: Settings,
}

impl OwnSettings {
    /// Reads the project's files.
    pub fn read(root: &Path, leave_out: &[String], cancel: &CancellationToken) -> Self {
        Self::of(Sources::of_project(root, leave_out, cancel))
    }

    fn of(sources: Sources) -> Self {
        let settings = Settings::read(&sources);
        Self { sources, settings }
    }

    /// Says in a finding about a header or a cookie where in the project it is set, or should be.
    pub fn tie(&self, observation: &mut Observation) {
        let Observation::Finding(finding) = observation else { return };
        let about = |header: &Header| configured::is_about(&finding.rule, header.name());
        if let Some(header) = Header::ALL.into_iter().find(about) {
            self.header(header, finding);
        } else if finding.rule.as_str().contains("cookie") {
            self.cookie(finding);
        }
    }

    /// Fills in where each header is set, or should be.
    pub fn fill(&self, report: &mut WebReport) {
        for row in report.sites.iter_mut().flat_map(|site| &mut site.headers) {
            if row.place.is_none() && Header::named(&row.name).is_some() {
                row.place = self
                    .settings
                    .place(&row.name)
                    .filter(|place| place.path().is_some_and(|path| self.sources.has(path)));
            }
        }
    }

    fn header(&self, header: Header, finding: &mut Finding) {
        let mut set = self
            .settings
            .of(header)
            .filter(|set| set.scope == Scope::Site)
            .filter_map(|set| Some((set, set.place.as_ref()?)));
        if let Some((set, place)) = set.next() {
            let snippet = self.snippet(place);
            finding.evidence.extend(snippet);
            let note = format!(
                "{}:{} sets it for {}: change it there, or look whether what is deployed is built from this file and whether something on the way takes the header off",
                place.path,
                place.line,
                set.layer.word()
            );
            finding.evidence.push(Evidence::new(EvidenceKind::Note, note));
            finding.fix = format!("{} It is set in {}:{}.", finding.fix, place.path, place.line);
            return;
        }
        let Some(front) = self.settings.fronts.first() else { return };
        self.add(lines_for(front, &[header], &self.sources), finding);
    }

    fn cookie(&self, finding: &mut Finding) {
        let cookies = &self.settings.cookies;
        let named = cookies
            .iter()
            .find(|cookie| cookie.name.as_ref().is_some_and(|name| finding.message.contains(&format!("`{name}`"))));
        // A session cookie whose name the project leaves to its framework.
        let session = || {
            cookies.iter().find(|cookie| cookie.name.is_none() && finding.message.to_ascii_lowercase().contains("sess"))
        };
        if let Some(cookie) = named.or_else(session) {
            finding.evidence.extend(self.snippet(&cookie.place));
            self.add(vec![cookie.lines.clone()], finding);
        }
    }

    fn add(&self, lines: Vec<Lines>, finding: &mut Finding) {
        let Some(first) = lines.first() else { return };
        finding.fix = format!("{} In your project that is {}: add the lines shown.", finding.fix, first.path);
        for lines in &lines {
            let place = lines.line.map_or(String::new(), |line| format!(":{line}"));
            finding.evidence.push(Evidence::new(
                EvidenceKind::Note,
                format!("{}{place}, {}:\n{}", lines.path, lines.at, lines.text),
            ));
        }
    }

    fn snippet(&self, place: &Place) -> Option<Evidence> {
        Evidence::snippet(self.sources.text(&place.path)?, place.line, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderRow, Location, Site};
    use crate::probe::web::rules;

    const CONF: &str = "server {\n  listen 443 ssl;\n  add_header X-Frame-Options NONSENSE always;\n  location / { proxy_pass http://app:3000; }\n}\n";

    fn finding(rule: &crate::model::RuleMeta, message: &str) -> Observation {
        Finding::new(rule, Location::Url { url: "https://shop.example.com/".to_owned() }, "", message).into()
    }

    fn texts(seen: &Observation) -> String {
        let Observation::Finding(finding) = seen else { return String::new() };
        finding
            .evidence
            .iter()
            .map(|evidence| evidence.text.clone())
            .chain([finding.fix.clone()])
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_missing_header_gets_its_file_and_lines_and_a_wrong_one_its_place() {
        let own = OwnSettings::of(Sources::of(&[("deploy/shop.conf", CONF)]));
        let mut missing = finding(&rules::content_type_options::META, "missing");
        own.tie(&mut missing);
        assert!(
            texts(&missing).contains("add_header X-Content-Type-Options \"nosniff\" always;"),
            "{}",
            texts(&missing)
        );
        assert!(texts(&missing).contains("deploy/shop.conf:1"));
        let mut wrong = finding(&rules::frame_options::META, "wrong");
        own.tie(&mut wrong);
        assert!(texts(&wrong).contains("It is set in deploy/shop.conf:3."), "{}", texts(&wrong));
        assert_eq!(own.settings.place("x-frame-options").and_then(|place| place.line()), Some(3));

        let row = |name: &str| HeaderRow { name: name.to_owned(), ..HeaderRow::default() };
        let site =
            Site { headers: vec![row("X-Frame-Options"), row("Referrer-Policy"), row("Server")], ..Site::default() };
        let mut report = WebReport { sites: vec![site], ..WebReport::default() };
        own.fill(&mut report);
        let lines: Vec<Option<u32>> =
            report.sites[0].headers.iter().map(|row| row.place.as_ref().and_then(Location::line)).collect();
        assert_eq!(lines, [Some(3), Some(1), None]);
    }

    #[test]
    fn without_a_layer_nothing_is_added() {
        let own = OwnSettings::of(Sources::of(&[("README.md", "hello")]));
        let mut missing = finding(&rules::hsts::META, "missing");
        let before = texts(&missing);
        own.tie(&mut missing);
        assert_eq!(texts(&missing), before);
    }

    #[test]
    fn a_cookie_is_tied_to_the_settings_that_give_it_its_flags() {
        let django = "MIDDLEWARE = []\nINSTALLED_APPS = []\nSESSION_COOKIE_SECURE = False\n";
        let own = OwnSettings::of(Sources::of(&[("shop/settings.py", django)]));
        let rule = crate::model::RuleMeta { id: "cookie-not-secure", ..rules::hsts::META.clone() };
        let mut seen = finding(&rule, "The cookie `sessionid` is sent without `Secure`");
        own.tie(&mut seen);
        assert!(
            texts(&seen).contains("SESSION_COOKIE_SECURE = True") && texts(&seen).contains("shop/settings.py:3"),
            "{}",
            texts(&seen)
        );
    }
}
