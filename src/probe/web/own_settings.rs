//! Ties what the deployed app lacks to the place in the project that should send it, with the lines to add there.

use std::path::Path;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::rules::delivery::HASHED;
use super::{configured, rules};
use crate::model::{Evidence, EvidenceKind, Finding, Observation, WebReport};
use crate::probe::header_settings::delivery::{self, Advice};
use crate::probe::header_settings::{Header, Layer, Lines, Place, Scope, Settings, Sources, lines_for};

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
        } else if finding.rule.as_str() == rules::cookies::META.id {
            self.cookies(finding);
        } else if finding.rule.as_str() == rules::server_details::META.id {
            self.details(finding);
        } else if finding.rule.as_str() == rules::delivery::UNCOMPRESSED.id {
            self.advise(delivery::packing(&self.settings, &self.sources), finding);
        } else if finding.rule.as_str() == rules::delivery::UNCACHED.id
            && let Some(folder) = folder_of_hashed(finding)
        {
            self.advise(delivery::keeping(&folder, &self.settings, &self.sources), finding);
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
            self.found(place, set.layer, "whether something on the way takes the header off", finding);
            return;
        }
        let Some(front) = self.settings.fronts.first() else { return };
        self.add(lines_for(front, &[header], &self.sources), finding);
    }

    /// What does not arrive is set in the project all the same.
    fn found(&self, place: &Place, layer: Layer, or: &str, finding: &mut Finding) {
        finding.evidence.extend(self.snippet(place));
        let note = format!(
            "{}:{} sets it for {}: change it there, or look whether what is deployed is built from this file and {or}",
            place.path,
            place.line,
            layer.word()
        );
        finding.evidence.push(Evidence::new(EvidenceKind::Note, note));
        finding.fix = format!("{} It is set in {}:{}.", finding.fix, place.path, place.line);
    }

    fn advise(&self, advice: Option<Advice>, finding: &mut Finding) {
        let Some(Advice { layer, set, lines }) = advice else { return };
        match set {
            Some(place) => self.found(&place, layer, "for which files it counts", finding),
            None => self.add(lines, finding),
        }
    }

    /// For each cookie that the finding names, the place of its flags.
    fn cookies(&self, finding: &mut Finding) {
        let names = named(finding);
        let is_named = |name: &String| names.contains(name);
        let session = || names.iter().any(|name| name.to_ascii_lowercase().contains("sess"));
        let places: Vec<_> = self
            .settings
            .cookies
            .iter()
            // Of a session's cookie the project may leave the name to its framework.
            .filter(|cookie| cookie.name.as_ref().map_or_else(session, is_named))
            .collect();
        finding.evidence.extend(places.iter().filter_map(|cookie| self.snippet(&cookie.place)));
        self.add(places.iter().map(|cookie| cookie.lines.clone()).collect(), finding);
    }

    /// The line that keeps a server or a framework from telling what runs.
    fn details(&self, finding: &mut Finding) {
        const LINES: [(&str, Layer, &str, &str); 3] = [
            ("sent: server: nginx/", Layer::Nginx, "inside the `server` block", "    server_tokens off;"),
            ("sent: x-powered-by: express", Layer::Express, "after the app is made", "app.disable(\"x-powered-by\");"),
            (
                "sent: x-powered-by: next.js",
                Layer::Next,
                "inside the configuration object",
                "  poweredByHeader: false,",
            ),
        ];
        let sent: Vec<String> = finding.evidence.iter().map(|evidence| evidence.text.to_ascii_lowercase()).collect();
        let lines = LINES.into_iter().filter(|(mark, ..)| sent.iter().any(|text| text.contains(mark)));
        let lines = lines.filter_map(|(_, layer, at, text)| {
            let front = self.settings.fronts.iter().find(|front| front.layer == layer)?;
            Some(Lines { path: front.path.clone(), at: at.to_owned(), text: text.to_owned(), line: front.line })
        });
        self.add(lines.collect(), finding);
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

/// The folder of the first file that a finding lists whose name changes with its content; `None` where that is the whole site.
fn folder_of_hashed(finding: &Finding) -> Option<String> {
    let mut lines = finding.evidence.iter().flat_map(|evidence| evidence.text.lines());
    let path = lines.find_map(|line| {
        let (address, _) = line.split_once(": ").filter(|(_, why)| why.ends_with(HASHED))?;
        Some(Url::parse(address).ok()?.path().to_owned())
    })?;
    let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/"))?;
    let plain = folder.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.'));
    (plain && folder != "/").then_some(folder)
}

/// The names of the cookies that a finding lists as sent.
fn named(finding: &Finding) -> Vec<String> {
    let lines = finding.evidence.iter().flat_map(|evidence| evidence.text.lines());
    let names = lines.filter_map(|line| Some(line.strip_prefix("sent: Set-Cookie: ")?.split_once("=…")?.0.to_owned()));
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderRow, Location, Site};
    use crate::probe::web::cookies;
    use crate::probe::web::tally::Sight;

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

    /// What the rule says of a page that sets these cookies, tied to a project with these files.
    fn cookie_finding(set: &[&str], files: &[(&str, &str)]) -> String {
        let url = Url::parse("https://shop.example.com/").unwrap();
        let set = set
            .iter()
            .map(|text| rules::cookies::Set { url: url.clone(), cookie: cookies::read(text.as_bytes()).unwrap() });
        let Sight::Seen(mut seen) = rules::cookies::judge(&set.collect::<Vec<_>>()) else { panic!("nothing was seen") };
        OwnSettings::of(Sources::of(files)).tie(&mut seen[0]);
        texts(&seen[0])
    }

    #[test]
    fn a_cookie_is_tied_to_the_settings_that_give_it_its_flags() {
        let django = "MIDDLEWARE = []\nINSTALLED_APPS = []\nSESSION_COOKIE_SECURE = False\n";
        let files = [("shop/settings.py", django)];
        let told = cookie_finding(&["sessionid=x; HttpOnly", "csrftoken=x; SameSite=Lax"], &files);
        assert!(told.contains("shop/settings.py:3, at the end of the file:\nSESSION_COOKIE_SECURE = True"), "{told}");
        assert!(told.contains("CSRF_COOKIE_SECURE = True"), "the one that only counts as one more: {told}");
        let told = cookie_finding(&["sid=x"], &files);
        assert!(!told.contains("settings.py"), "a cookie of somebody else: {told}");
        let laravel = [("config/session.php", "<?php\nreturn [\n'secure' => false,\n];\n")];
        let told = cookie_finding(&["shop_session=x"], &laravel);
        assert!(told.contains("config/session.php:3"), "a name that the framework makes: {told}");
        assert!(!cookie_finding(&["jwt=x"], &laravel).contains("session.php"));
    }

    #[test]
    fn what_tells_the_software_gets_the_line_that_stops_it() {
        let own = OwnSettings::of(Sources::of(&[("deploy/shop.conf", CONF)]));
        let told = |sent: &str| {
            let mut seen = finding(&rules::server_details::META, "Every answer tells strangers what runs");
            if let Observation::Finding(finding) = &mut seen {
                finding.evidence.push(Evidence::new(EvidenceKind::Header, format!("sent: {sent}")));
            }
            own.tie(&mut seen);
            texts(&seen)
        };
        assert!(
            told("Server: nginx/1.18.0")
                .contains("deploy/shop.conf:1, inside the `server` block:\n    server_tokens off;")
        );
        assert!(!told("X-Powered-By: Express").contains("In your project"), "no such app is in the project");
    }
}
