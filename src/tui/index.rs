//! What the lists show, worked out anew only when the session or a filter has changed.

use std::collections::{BTreeMap, HashMap};

use super::rows::Rows;
use super::ui_state::{DependencyRow, WebRow, Within};
use crate::model::{
    ExaminedQuery, Finding, Fingerprint, Item, ItemId, Location, Observation, Proof, RequestMade, Severity, Site,
    TlsServer, VulnerablePackage,
};
use crate::session::Session;

/// The rows of every list, and where each observation lies in the session.
#[derive(Debug, Default)]
pub struct Index {
    stamp: Option<Stamp>,
    seen_at: Option<u64>,
    sorted: Vec<Fingerprint>,
    places: HashMap<Fingerprint, (usize, usize)>,
    /// The sections.
    pub sections: Rows<Within>,
    /// The items within the section in hand that pass the filter.
    pub items: Rows<ItemId>,
    /// The findings that pass the filter.
    pub findings: Rows<Fingerprint>,
    queries_at: HashMap<String, usize>,
    /// The queries that pass the filter, by their ids.
    pub queries: Rows<String>,
    about: HashMap<WebRow, Vec<Fingerprint>>,
    /// The sites, servers and the requests that pass the filter.
    pub web: Rows<WebRow>,
    about_packages: HashMap<DependencyRow, Vec<Fingerprint>>,
    /// The vulnerable packages that pass the filter, and the lock files.
    pub dependencies: Rows<DependencyRow>,
}

/// What the rows of each list must contain.
#[derive(Debug, Clone, Copy)]
pub struct Filters<'a> {
    /// Items.
    pub items: &'a str,
    /// Findings.
    pub findings: &'a str,
    /// Queries.
    pub queries: &'a str,
    /// Sites, servers, requests.
    pub web: &'a str,
    /// Packages.
    pub dependencies: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    revision: u64,
    within: Within,
    items: String,
    findings: String,
    queries: String,
    web: String,
    dependencies: String,
}

impl Stamp {
    fn filters(&self) -> [&str; 5] {
        [&self.items, &self.findings, &self.queries, &self.web, &self.dependencies]
    }
}

impl Index {
    /// Works the rows out anew if anything has changed, and says whether it has.
    pub fn refresh(&mut self, session: &Session, within: &Within, filters: Filters<'_>) -> bool {
        let Filters { items, findings, queries, web, dependencies } = filters;
        let wanted = [items, findings, queries, web, dependencies];
        let revision = session.revision();
        let same = self
            .stamp
            .as_ref()
            .is_some_and(|stamp| stamp.revision == revision && stamp.within == *within && stamp.filters() == wanted);
        if same {
            return false;
        }
        if self.seen_at != Some(revision) {
            self.see(session);
            self.seen_at = Some(revision);
        }
        self.list_sections(session);
        self.list_items(session, within, items);
        self.list_findings(session, findings);
        self.list_queries(session, queries);
        self.list_web(session, web);
        self.list_dependencies(session, dependencies);
        self.stamp = Some(Stamp {
            revision,
            within: within.clone(),
            items: items.to_owned(),
            findings: findings.to_owned(),
            queries: queries.to_owned(),
            web: web.to_owned(),
            dependencies: dependencies.to_owned(),
        });
        true
    }

    fn see(&mut self, session: &Session) {
        self.places.clear();
        for (run, probe) in session.runs().iter().enumerate() {
            for (at, seen) in probe.observations().iter().enumerate() {
                self.places.insert(seen.fingerprint().clone(), (run, at));
            }
        }
        self.sorted = session.findings().into_iter().map(|finding| finding.fingerprint.clone()).collect();
        let queries = session.database().map(|report| report.queries.as_slice()).unwrap_or_default();
        self.queries_at = queries.iter().enumerate().map(|(at, query)| (query.id.clone(), at)).collect();
        let prints = |found: Vec<&Finding>| found.into_iter().map(|finding| finding.fingerprint.clone()).collect();
        self.about_packages.clear();
        for package in session.dependencies().map(|report| report.vulnerable.as_slice()).unwrap_or_default() {
            self.about_packages.insert(DependencyRow::of(package), Vec::new());
        }
        for finding in session.findings_about_packages() {
            if let Location::Package { manifest, name, version, .. } = &finding.location {
                let (lock, name, version) = (manifest.clone(), name.clone(), version.clone());
                let prints = self.about_packages.entry(DependencyRow::Package { lock, name, version }).or_default();
                prints.push(finding.fingerprint.clone());
            }
        }
        self.about.clear();
        let Some(report) = session.web() else { return };
        for site in &report.sites {
            self.about.insert(WebRow::Site(site.url.clone()), prints(session.findings_about_site(site)));
        }
        for server in &report.servers {
            self.about.insert(WebRow::Server(server.name.clone()), prints(session.findings_about_server(server)));
        }
    }

    fn list_sections(&mut self, session: &Session) {
        self.sections = Rows::default();
        self.sections.push(Within::Everything);
        for section in session.checklists().iter().flat_map(|list| &list.sections) {
            self.sections.push(Within::Section(section.id.clone()));
        }
    }

    fn list_items(&mut self, session: &Session, within: &Within, filter: &str) {
        let wanted = Wanted::new(filter);
        self.items = Rows::default();
        for section in session.checklists().iter().flat_map(|list| &list.sections) {
            if matches!(within, Within::Section(id) if *id != section.id) {
                continue;
            }
            let items: Vec<&Item> =
                session.items_of(&section.id).filter(|item| wanted.item(session, item, &section.title)).collect();
            if *within == Within::Everything && !items.is_empty() {
                let settled = items.iter().filter(|item| settled(session, &item.id)).count();
                self.items.head(section.title.clone(), format!("{settled}/{}", items.len()));
            }
            items.into_iter().for_each(|item| self.items.push(item.id.clone()));
        }
    }

    fn list_findings(&mut self, session: &Session, filter: &str) {
        let wanted = Wanted::new(filter);
        let mut by_severity: BTreeMap<Severity, Vec<Fingerprint>> = BTreeMap::new();
        for print in &self.sorted {
            if let Some(finding) = self.finding(session, print).filter(|finding| wanted.finding(finding)) {
                by_severity.entry(finding.severity).or_default().push(print.clone());
            }
        }
        self.findings = Rows::default();
        for (severity, prints) in by_severity.into_iter().rev() {
            self.findings.head(severity.word(), prints.len().to_string());
            prints.into_iter().for_each(|print| self.findings.push(print));
        }
    }

    fn list_queries(&mut self, session: &Session, filter: &str) {
        self.queries = Rows::default();
        let Some(report) = session.database() else { return };
        let wanted = Wanted::new(filter);
        let mut shown: Vec<&ExaminedQuery> = report.queries.iter().filter(|query| wanted.query(query)).collect();
        shown.sort_by(|a, b| a.by_harm(b));
        for (title, belongs) in GROUPS {
            let of_group: Vec<&&ExaminedQuery> = shown.iter().filter(|query| belongs(query)).collect();
            if !of_group.is_empty() {
                self.queries.head(title, of_group.len().to_string());
            }
            of_group.into_iter().for_each(|query| self.queries.push(query.id.clone()));
        }
    }

    fn list_web(&mut self, session: &Session, filter: &str) {
        self.web = Rows::default();
        let Some(report) = session.web() else { return };
        let wanted = Wanted::new(filter);
        let sites = report.sites.iter().filter(|site| wanted.site(site)).map(|site| WebRow::Site(site.url.clone()));
        let servers = report.servers.iter().filter(|server| wanted.server(server));
        let servers = servers.map(|server| WebRow::Server(server.name.clone()));
        let requests = report.requests.iter().any(|request| wanted.request(request));
        let requests = requests.then_some(WebRow::Requests);
        let groups: [(&str, Vec<WebRow>); 3] = [
            ("Sites", sites.collect()),
            ("TLS servers", servers.collect()),
            ("Requests made", requests.into_iter().collect()),
        ];
        for (title, rows) in groups.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            let count = if rows == [WebRow::Requests] { report.requests.len() } else { rows.len() };
            self.web.head(title, count.to_string());
            rows.into_iter().for_each(|row| self.web.push(row));
        }
    }

    fn list_dependencies(&mut self, session: &Session, filter: &str) {
        self.dependencies = Rows::default();
        let Some(report) = session.dependencies() else { return };
        let wanted = Wanted::new(filter);
        let mut by_severity: BTreeMap<Option<Severity>, Vec<DependencyRow>> = BTreeMap::new();
        for package in report.vulnerable.iter().filter(|package| wanted.package(package)) {
            by_severity.entry(package.severity).or_default().push(DependencyRow::of(package));
        }
        for (severity, rows) in by_severity.into_iter().rev() {
            self.dependencies.head(severity.map_or("not rated", Severity::word), rows.len().to_string());
            rows.into_iter().for_each(|row| self.dependencies.push(row));
        }
        if report.locks.iter().any(|lock| wanted.all_in(&[&lock.path, &lock.manager])) {
            self.dependencies.head("Lock files", report.locks.len().to_string());
            self.dependencies.push(DependencyRow::LockFiles);
        }
    }

    /// What speaks against a package, the worst first.
    #[must_use]
    pub fn findings_about_package(&self, row: &DependencyRow) -> &[Fingerprint] {
        self.about_packages.get(row).map(Vec::as_slice).unwrap_or_default()
    }

    /// What speaks against a site or a server, the worst first.
    #[must_use]
    pub fn findings_about(&self, row: &WebRow) -> &[Fingerprint] {
        self.about.get(row).map(Vec::as_slice).unwrap_or_default()
    }

    /// One query.
    #[must_use]
    pub fn query<'a>(&self, session: &'a Session, id: &str) -> Option<&'a ExaminedQuery> {
        session.database()?.queries.get(*self.queries_at.get(id)?)
    }

    /// How many findings there are, filtered or not.
    #[must_use]
    pub fn all_findings(&self) -> &[Fingerprint] {
        &self.sorted
    }

    /// One finding.
    #[must_use]
    pub fn finding<'a>(&self, session: &'a Session, print: &Fingerprint) -> Option<&'a Finding> {
        match self.observation(session, print)? {
            Observation::Finding(finding) => Some(finding),
            Observation::Proof(_) => None,
        }
    }

    /// One proof.
    #[must_use]
    pub fn proof<'a>(&self, session: &'a Session, print: &Fingerprint) -> Option<&'a Proof> {
        match self.observation(session, print)? {
            Observation::Proof(proof) => Some(proof),
            Observation::Finding(_) => None,
        }
    }

    fn observation<'a>(&self, session: &'a Session, print: &Fingerprint) -> Option<&'a Observation> {
        let (run, at) = self.places.get(print)?;
        session.runs().get(*run)?.observations().get(*at).map(|seen| session.joined(seen))
    }
}

fn settled(session: &Session, item: &ItemId) -> bool {
    session.verdict(item).is_some_and(|verdict| verdict.status.settled())
}

type Belongs = fn(&ExaminedQuery) -> bool;

/// The headings of the queries, with what stands below each.
const GROUPS: [(&str, Belongs); 4] = [
    ("Slow once the tables grow", |query| severity(query) >= Some(Severity::Major)),
    ("Worth a look", |query| severity(query) == Some(Severity::Minor)),
    ("Fine", |query| severity(query).is_none() && query.not_examined.is_none()),
    ("Not examined", |query| severity(query).is_none() && query.not_examined.is_some()),
];

fn severity(query: &ExaminedQuery) -> Option<Severity> {
    query.worst().map(|harm| harm.severity)
}

/// The words of a filter, all of which must occur somewhere.
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    pub(super) fn new(filter: &str) -> Self {
        Self(filter.split_whitespace().map(str::to_lowercase).collect())
    }

    fn all_in(&self, texts: &[&str]) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let text = texts.join("\n").to_lowercase();
        self.0.iter().all(|word| text.contains(word.as_str()))
    }

    fn item(&self, session: &Session, item: &Item, section: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let verdict = session.verdict(&item.id);
        let status = verdict.map_or("", |verdict| verdict.status.word());
        let severity = verdict.map_or(item.severity, |verdict| verdict.severity).word();
        let extras = verdict.map_or("", super::style::extras);
        let note = session.entry(&item.id).note.as_deref().unwrap_or_default();
        self.all_in(&[&item.title, item.id.as_str(), section, status, severity, extras, note])
    }

    fn query(&self, query: &ExaminedQuery) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut texts = vec![query.sql.as_str()];
        texts.extend(query.sent_by.iter().chain(&query.not_examined).map(String::as_str));
        texts.extend(query.places.iter().map(|place| place.path.as_str()));
        for harm in &query.harms {
            texts.extend([harm.rule.as_str(), harm.severity.word(), harm.message.as_str()]);
            texts.extend(harm.table.as_deref());
        }
        self.all_in(&texts)
    }

    fn site(&self, site: &Site) -> bool {
        let mut texts = vec![site.url.as_str(), site.page.as_str()];
        texts.extend(site.not_reached.as_deref());
        for header in &site.headers {
            texts.push(&header.name);
            texts.extend(header.sent.iter().map(String::as_str));
        }
        texts.extend(site.paths.iter().flat_map(|row| [row.path.as_str(), row.words.as_str()]));
        self.all_in(&texts)
    }

    fn server(&self, server: &TlsServer) -> bool {
        let mut texts = vec![server.name.as_str()];
        texts.extend(server.caps.iter().chain(&server.distrust).map(String::as_str));
        texts.extend(server.versions.iter().flat_map(|row| [row.name.as_str(), row.answer.as_str()]));
        texts.extend(server.suites.iter().map(|row| row.name.as_str()));
        for certificate in &server.chain {
            texts.extend([certificate.subject.as_str(), certificate.issuer.as_str()]);
            texts.extend(certificate.names.iter().map(String::as_str));
        }
        self.all_in(&texts)
    }

    fn package(&self, package: &VulnerablePackage) -> bool {
        let mut texts = vec![package.name.as_str(), &package.version, &package.lock, &package.manager];
        texts.extend(package.severity.map(Severity::word));
        texts.push(if package.development { "development" } else { "production" });
        texts.extend(package.ways_in.iter().flatten().map(|step| step.name.as_str()));
        for advisory in &package.advisories {
            texts.extend([advisory.known_as.as_str(), &advisory.summary]);
            texts.extend(advisory.aliases.iter().map(String::as_str));
        }
        self.all_in(&texts)
    }

    /// Whether a request is asked for.
    pub(super) fn request(&self, request: &RequestMade) -> bool {
        let status = request.status.map(|status| status.to_string()).unwrap_or_default();
        self.all_in(&[&request.method, &request.url, &status, request.trouble.as_deref().unwrap_or_default()])
    }

    fn finding(&self, finding: &Finding) -> bool {
        self.0.is_empty()
            || self.all_in(&[
                &finding.message,
                finding.rule.as_str(),
                finding.probe.as_str(),
                &finding.location.to_string(),
                finding.severity.word(),
                finding.confidence.word(),
            ])
    }
}
