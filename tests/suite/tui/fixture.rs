//! A session that holds still: a shop, three probes, four sections, and something of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{packages, queries, sites};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use gonogo::model::{
    Cell, Checklist, Confidence, Coverage, DatabaseReport, DependencyReport, EventKind, Evidence, EvidenceKind,
    Examined, ExaminedQuery, ExternalService, Finding, Fingerprint, Gap, Item, ItemId, Location, Observation, Offer,
    OfferTarget, Outcome, ProbeId, ProbeMeta, Progress, Project, Proof, Reply, RuleId, RuleKind, RuleMeta, RunEvent,
    RunId, Secret, Section, SeenAt, Settings, Severity, Skip, SkipReason, Span, Theme, WebReport,
};
use gonogo::session::{AcceptanceDraft, Command, Effect, Msg, Session, Start};
use gonogo::tui::keymap::Keymap;
use gonogo::tui::ui_state::{Dress, Ui};
use gonogo::tui::update::{Request, update};
use gonogo::tui::view::view;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;

const fn rule(id: &'static str, title: &'static str, kind: RuleKind, severity: Severity) -> RuleMeta {
    RuleMeta {
        id,
        title,
        kind,
        severity,
        confidence: Confidence::High,
        what: "Looks for calls to another service that may wait for ever.",
        why: "When that service hangs, every request that waits for it hangs as well, until none is left for your users.",
        fix: "Give the call a time limit, and say what happens when it is over.",
        example: "# bad\nawait fetch(url)\n# good\nawait fetch(url, { signal: AbortSignal.timeout(5000) })",
        references: &["https://developer.mozilla.org/docs/Web/API/AbortSignal/timeout_static", "F22"],
    }
}

static TIMEOUT: RuleMeta =
    rule("external-call-without-timeout", "External call without a timeout", RuleKind::Finding, Severity::Major);
static INJECTION: RuleMeta = rule("sql-injection", "SQL built from request data", RuleKind::Finding, Severity::Blocker);
static TRACKING: RuleMeta = rule("error-tracking", "Errors go to a tracker", RuleKind::Proof, Severity::Minor);
static LOCKFILE: RuleMeta = rule("lockfile-committed", "A lock file is committed", RuleKind::Proof, Severity::Minor);
static SCAN: RuleMeta = rule("full-table-scan", "A query reads a whole table", RuleKind::Finding, Severity::Major);

const fn probe(
    id: &'static str,
    title: &'static str,
    about: &'static str,
    rules: &'static [&'static RuleMeta],
) -> ProbeMeta {
    ProbeMeta {
        id: ProbeId::from_static(id),
        title,
        about,
        rules,
        follows_files: true,
        timeout: Duration::from_secs(60),
    }
}

pub static SOURCE: ProbeMeta =
    probe("source", "Source", "Reads the project's code.", &[&TIMEOUT, &INJECTION, &TRACKING, &IN_A_LOOP]);
pub static REPOSITORY: ProbeMeta = probe("repository", "Repository", "Reads lock files and workflows.", &[&LOCKFILE]);
pub static IN_A_LOOP: RuleMeta =
    rule("n-plus-one-query", "A query runs once for every element", RuleKind::Finding, Severity::Major);
static EXPOSED: RuleMeta =
    rule("path-exposed", "A file that should stay inside is served", RuleKind::Finding, Severity::Blocker);
static OLD_TLS: RuleMeta = rule("tls-outdated", "Old versions of TLS are offered", RuleKind::Finding, Severity::Major);
pub static WEB: ProbeMeta = probe("web", "Web", "Looks at the deployed app from outside.", &[&EXPOSED, &OLD_TLS]);
static VULNERABLE: RuleMeta =
    rule("vulnerable-dependency", "A package has a known vulnerability", RuleKind::Finding, Severity::Major);
pub static DEPENDENCIES: ProbeMeta =
    probe("dependencies", "Dependencies", "Looks packages up in published advisories.", &[&VULNERABLE]);
pub static DATABASE: ProbeMeta = probe("database", "Database", "Explains the project's queries.", &[&SCAN]);

fn item(id: &str, title: &str, severity: Severity, fails_on: &[&RuleMeta], proved_by: &[&RuleMeta]) -> Item {
    let ids = |rules: &[&RuleMeta]| rules.iter().map(|rule| RuleId::from(rule.id)).collect();
    Item {
        id: ItemId::from(id),
        section: id.split('.').next().unwrap().to_owned(),
        title: title.to_owned(),
        severity,
        why: "One dead disk takes every account and every order with it. Your users entered that data once; they will \
              not enter it again."
            .to_owned(),
        how: "Open the provider's backup page and read the time and size of the newest one.".to_owned(),
        fix: "Turn on daily backups, or schedule `pg_dump` to object storage.".to_owned(),
        ask: "In the last few days, have you seen a finished backup of a plausible size?".to_owned(),
        fails_on: ids(fails_on),
        proved_by: ids(proved_by),
        applies_when: if id.ends_with("cookies") { vec!["users".to_owned()] } else { Vec::new() },
        max_age_days: 30,
        covers: if id == "security.timeouts" { vec!["F29".to_owned()] } else { Vec::new() },
        references: vec!["https://sre.google/sre-book/data-integrity/".to_owned()],
    }
}

fn checklist() -> Checklist {
    use Severity::{Blocker, Major, Minor};
    let section = |id: &str, title: &str| Section {
        id: id.to_owned(),
        title: title.to_owned(),
        summary: format!("What about {title}?"),
    };
    Checklist {
        id: "production".to_owned(),
        title: "Production readiness".to_owned(),
        summary: "What a live app needs.".to_owned(),
        sections: vec![
            section("backups", "Backups"),
            section("monitoring", "Monitoring"),
            section("security", "Security"),
            section("legal", "Legal and privacy"),
        ],
        items: vec![
            item("backups.configured", "The database is backed up by itself, and verified", Blocker, &[], &[]),
            item("backups.restore-tested", "A restore was tested recently", Blocker, &[], &[]),
            item("backups.stored-apart", "A copy of the backups lives outside production", Major, &[], &[]),
            item("monitoring.error-tracking", "Errors in production go to an error tracker", Major, &[], &[&TRACKING]),
            item("monitoring.slow-queries", "Queries stay fast as tables grow", Major, &[&SCAN], &[]),
            item("monitoring.alerts", "Alerts have thresholds and have reached a person", Minor, &[], &[]),
            item("security.timeouts", "Calls to other services have time limits", Major, &[&TIMEOUT], &[]),
            item("security.sql", "No query is built from what users send", Blocker, &[&INJECTION], &[]),
            item("security.lockfile", "Dependencies are locked", Major, &[], &[&LOCKFILE]),
            item("legal.policy", "A privacy policy says what is stored", Major, &[], &[]),
            item("legal.cookies", "Cookies are set only with consent", Minor, &[], &[]),
        ],
    }
}

pub fn project(name: &str) -> Project {
    Project {
        root: PathBuf::from("/srv/shop"),
        name: name.to_owned(),
        commit: None,
        stack: vec!["next.js".to_owned(), "prisma".to_owned(), "postgresql".to_owned()],
        traits: BTreeSet::from(["database".to_owned(), "web".to_owned()]),
        recognised: true,
        offers: vec![Offer {
            probe: ProbeId::from_static("database"),
            target: OfferTarget::Database(Secret::new("postgres://localhost/shop")),
            found_in: "DATABASE_URL in .env".to_owned(),
            shown: "postgres on localhost".to_owned(),
        }],
    }
}

pub fn now() -> Timestamp {
    "2026-11-20T10:15:00Z".parse().unwrap()
}

pub fn empty(name: &str) -> Session {
    opened(project(name), vec![&SOURCE, &REPOSITORY, &DATABASE])
}

pub fn opened(project: Project, probes: Vec<&'static ProbeMeta>) -> Session {
    Session::new(Start {
        project: Arc::new(project),
        settings: Settings::default(),
        checklists: vec![checklist()],
        probes,
        changes: Vec::new(),
        saved_runs: Vec::new(),
        changed_files: BTreeMap::new(),
        instance: "test".to_owned(),
        now: now(),
    })
}

pub fn finding(rule: &RuleMeta, path: &str, line: u32, message: &str) -> Finding {
    let location = Location::File { path: path.to_owned(), span: Some(Span::line(line)) };
    let snippet = Evidence {
        kind: EvidenceKind::Snippet,
        text: "    const order = await find(id)\n    const paid = await fetch(url)\n    return paid.json()".to_owned(),
        first_line: Some(line - 1),
        marked_line: Some(line),
    };
    let mut finding = Finding::new(rule, location, format!("{path}{line}"), message).evidence(snippet);
    finding.probe = SOURCE.id.clone();
    finding.fingerprint = Fingerprint::new(rule.id, &finding.location, &format!("{path}{line}"), 0);
    finding
}

/// Starts every probe and returns their runs.
pub fn start(session: &mut Session) -> BTreeMap<ProbeId, RunId> {
    let effects = session.update(Msg::Do(Command::RunAll), now());
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Start { run, probe, .. } => Some((probe, run)),
            _ => None,
        })
        .collect()
}

pub fn say(session: &mut Session, runs: &BTreeMap<ProbeId, RunId>, probe: &'static str, kind: EventKind) {
    let probe = ProbeId::from_static(probe);
    let run = runs[&probe];
    session.update(Msg::Run(RunEvent { run, probe, at: now(), kind }), now());
}

pub fn observe(
    session: &mut Session,
    runs: &BTreeMap<ProbeId, RunId>,
    probe: &'static str,
    seen: impl Into<Observation>,
) {
    say(session, runs, probe, EventKind::Observed(Box::new(seen.into())));
}

fn completed(rules: &[&RuleMeta]) -> EventKind {
    EventKind::Finished(Outcome::Completed(Examined {
        counts: BTreeMap::from([("files".to_owned(), 120)]),
        gaps: vec![Gap { reason: "larger than 2 MB".to_owned(), count: 2, examples: Vec::new() }],
        rules: rules.iter().map(|rule| (RuleId::from(rule.id), Coverage::Whole)).collect(),
        ..Examined::default()
    }))
}

/// Only the source probe has run, and it has seen that the shop depends on Stripe.
pub fn with_a_service() -> Session {
    let mut session = empty("shop");
    let runs = start(&mut session);
    let at = |line| SeenAt { path: "src/payments/charge.ts".to_owned(), line };
    let mut stripe = ExternalService::new("stripe".to_owned(), "Stripe".to_owned());
    (stripe.calls, stripe.seen) = (3, Some(at(12)));
    (stripe.timeout, stripe.catch) = (Cell::Yes(at(12)), Cell::No(at(30)));
    let examined = Examined { services: vec![stripe], ..Examined::default() };
    say(&mut session, &runs, "source", EventKind::Finished(Outcome::Completed(examined)));
    session
}

/// What the database probe sees of a query: its worst harm.
pub fn scan_of(query: &ExaminedQuery) -> Finding {
    let harm = query.worst().unwrap();
    let place = query.places.first();
    let location = Location::Query {
        sql: query.sql.split_whitespace().collect::<Vec<_>>().join(" "),
        path: place.map(|place| place.path.clone()),
        span: place.map(|place| place.span),
    };
    let mut finding = Finding::new(&SCAN, location, query.sql.clone(), harm.message.clone())
        .severity(harm.severity)
        .fix(harm.fix.clone())
        .evidence(Evidence::new(EvidenceKind::Query, query.sql.clone()));
    finding.probe = DATABASE.id.clone();
    finding
}

/// The database probe has run as well, and the code sends one of its queries in a loop.
pub fn with_a_database() -> Session {
    let mut session = session();
    session.update(Msg::Do(Command::Allow { probe: DATABASE.id.clone(), target: None }), now());
    let runs = start(&mut session);
    let looped = finding(&IN_A_LOOP, "src/routes/orders.ts", 31, "`db.query` runs once for every order");
    observe(&mut session, &runs, "source", looped.confidence(Confidence::Medium));
    say(&mut session, &runs, "source", completed(&[&TIMEOUT, &INJECTION, &TRACKING]));
    say(&mut session, &runs, "repository", completed(&[&LOCKFILE]));
    database_sees(&mut session, &runs, queries::shop());
    session
}

/// Lets the database probe see this.
pub fn database_sees(session: &mut Session, runs: &BTreeMap<ProbeId, RunId>, report: DatabaseReport) {
    for query in report.queries.iter().filter(|query| query.worst().is_some()) {
        observe(session, runs, "database", scan_of(query));
    }
    let examined = Examined {
        rules: BTreeMap::from([(RuleId::from(SCAN.id), Coverage::Whole)]),
        database: Some(Box::new(report)),
        ..Examined::default()
    };
    say(session, runs, "database", EventKind::Finished(Outcome::Completed(examined)));
}

/// The web probe has not run yet; an address was found in the project.
pub fn session_with_a_web_probe() -> Session {
    let mut project = project("shop");
    project.offers = vec![Offer {
        probe: WEB.id.clone(),
        target: OfferTarget::Url("https://shop.example.com/".to_owned()),
        found_in: "homepage in package.json".to_owned(),
        shown: "https://shop.example.com/".to_owned(),
    }];
    opened(project, vec![&SOURCE, &WEB])
}

/// The web probe has run as well.
pub fn with_a_site() -> Session {
    let mut session = session_with_a_web_probe();
    session.update(Msg::Do(Command::Allow { probe: WEB.id.clone(), target: None }), now());
    let runs = start(&mut session);
    say(&mut session, &runs, "source", completed(&[&TIMEOUT, &INJECTION, &TRACKING]));
    web_sees(&mut session, &runs, sites::shop());
    session
}

/// Lets the web probe see this, with what is wrong with it.
pub fn web_sees(session: &mut Session, runs: &BTreeMap<ProbeId, RunId>, report: WebReport) {
    let at = |rule: &RuleMeta, url: &str, message: &str, severity| {
        let location = Location::Url { url: url.to_owned() };
        let mut finding = Finding::new(rule, location, message, message).severity(severity).fix("Take it away.");
        finding.probe = WEB.id.clone();
        finding.fingerprint = Fingerprint::new(rule.id, &finding.location, message, 0);
        finding
    };
    for finding in [
        at(&EXPOSED, "https://www.shop.example.com/.env", "`/.env` is served to anybody", Severity::Blocker),
        at(&EXPOSED, sites::SHOP, "the first address is odd", Severity::Major),
        at(&OLD_TLS, "https://www.shop.example.com/", "TLS 1.0 is offered", Severity::Major),
    ] {
        observe(session, runs, "web", finding);
    }
    let rules = [&EXPOSED, &OLD_TLS].map(|rule| (RuleId::from(rule.id), Coverage::Whole)).into();
    let examined = Examined { rules, web: Some(Box::new(report)), ..Examined::default() };
    say(session, runs, "web", EventKind::Finished(Outcome::Completed(examined)));
}

/// The dependencies probe has not run yet.
pub fn session_with_packages() -> Session {
    opened(project("shop"), vec![&SOURCE, &DEPENDENCIES])
}

/// The dependencies probe has run as well.
pub fn with_packages() -> Session {
    let mut session = session_with_packages();
    let runs = start(&mut session);
    say(&mut session, &runs, "source", completed(&[&TIMEOUT, &INJECTION, &TRACKING]));
    dependencies_sees(&mut session, &runs, packages::shop());
    session
}

/// Lets the dependencies probe see this, with a finding for each advisory.
pub fn dependencies_sees(session: &mut Session, runs: &BTreeMap<ProbeId, RunId>, report: DependencyReport) {
    for package in &report.vulnerable {
        for advisory in &package.advisories {
            let location = Location::Package {
                manifest: package.lock.clone(),
                line: Some(package.line),
                name: package.name.clone(),
                version: package.version.clone(),
            };
            let message = format!("{} {} has a hole ({})", package.name, package.version, advisory.known_as);
            let mut finding = Finding::new(&VULNERABLE, location, &*advisory.known_as, message)
                .severity(advisory.severity.unwrap_or(Severity::Major))
                .fix(package.way_out.words.clone());
            finding.probe = DEPENDENCIES.id.clone();
            finding.fingerprint = Fingerprint::new(VULNERABLE.id, &finding.location, &advisory.known_as, 0);
            observe(session, runs, "dependencies", finding);
        }
    }
    let gaps = vec![Gap {
        reason: "package from git, a URL or an archive, which advisories do not cover".to_owned(),
        count: 2,
        examples: vec!["our-fork".to_owned()],
    }];
    let rules = [(RuleId::from(VULNERABLE.id), Coverage::Part("2 packages come from git".to_owned()))].into();
    let examined = Examined { rules, gaps, dependencies: Some(Box::new(report)), ..Examined::default() };
    say(session, runs, "dependencies", EventKind::Finished(Outcome::Completed(examined)));
}

/// Probes have run but for the database, which waits for a yes; a person has answered some questions.
pub fn session() -> Session {
    let mut session = empty("shop");
    let runs = start(&mut session);
    observe(
        &mut session,
        &runs,
        "source",
        finding(&INJECTION, "src/routes/orders.ts", 27, "`status` comes from the request and is pasted into SQL"),
    );
    observe(
        &mut session,
        &runs,
        "source",
        finding(&TIMEOUT, "src/payments/charge.ts", 12, "`fetch` to api.stripe.com has no timeout"),
    );
    let unsure = finding(&TIMEOUT, "src/mail.ts", 40, "`send` may have no timeout").confidence(Confidence::Low);
    observe(&mut session, &runs, "source", unsure);
    let place = Location::File { path: "src/app.ts".to_owned(), span: Some(Span::line(3)) };
    let proof = Proof::new(&TRACKING, place, "sentry", "Sentry is set up").evidence(Evidence::snippet(
        "import x\nimport y\nSentry.init({ dsn })\n",
        3,
        1,
    ));
    observe(&mut session, &runs, "source", proof);
    say(&mut session, &runs, "source", completed(&[&TIMEOUT, &INJECTION, &TRACKING]));
    let lock = Location::File { path: "package-lock.json".to_owned(), span: None };
    observe(&mut session, &runs, "repository", Proof::new(&LOCKFILE, lock, "lock", "package-lock.json is committed"));
    say(&mut session, &runs, "repository", completed(&[&LOCKFILE]));
    let skip = Skip::new(SkipReason::NeedsConsent, "It would connect to a database. Say yes first.");
    say(&mut session, &runs, "database", EventKind::Finished(Outcome::Skipped(skip)));
    let mut told = |command| {
        for effect in session.update(Msg::Do(command), now()) {
            if let Effect::Save(change) = effect {
                session.update(Msg::Saved(change.id), now());
            }
        }
    };
    let id = ItemId::from;
    told(Command::Answer { item: id("backups.configured"), reply: Some(Reply::Yes) });
    told(Command::Note { item: id("backups.configured"), text: "Checked with Ann.\nNeon keeps 7 days.".to_owned() });
    told(Command::Answer { item: id("monitoring.alerts"), reply: Some(Reply::NotApplicable) });
    told(Command::Answer { item: id("security.timeouts"), reply: Some(Reply::Yes) });
    let draft = AcceptanceDraft {
        owner: "Ann".to_owned(),
        reason: "fewer than ten users until January".to_owned(),
        until: Some("2027-01-15".parse().unwrap()),
    };
    told(Command::Accept { item: id("legal.policy"), draft: Some(draft) });
    session
}

/// A theme with a colour for every role.
pub fn theme(id: &str, background: &str) -> Theme {
    let roles = gonogo::model::theme::ROLES;
    let color = |at: usize| format!("#{at:02x}80{at:02x}");
    Theme {
        id: id.to_owned(),
        title: id.to_owned(),
        background: background.to_owned(),
        roles: roles.iter().enumerate().map(|(at, role)| ((*role).to_owned(), color(at * 10))).collect(),
    }
}

/// A workbench over a session, driven by keys and looked at as text.
pub struct Bench {
    pub ui: Ui,
    pub session: Session,
    pub progress: BTreeMap<ProbeId, Progress>,
    pub asked: Vec<Request>,
}

impl Bench {
    pub fn new(session: Session, width: u16, height: u16) -> Self {
        let themes = vec![theme("dark", "dark"), theme("light", "light")];
        Self::dressed(session, width, height, Dress::new(themes, None, false, false))
    }

    pub fn dressed(session: Session, width: u16, height: u16, dress: Dress) -> Self {
        let mut ui = Ui::new(Size::new(width, height), dress, Keymap::default());
        ui.sync(&session);
        Self { ui, session, progress: BTreeMap::new(), asked: Vec::new() }
    }

    /// Sends an event and carries out what it asks of the session.
    pub fn send(&mut self, event: &Event) {
        for request in update(&mut self.ui, &self.session, event) {
            if let Request::Do(command) = &request {
                self.session.update(Msg::Do(command.clone()), now());
            }
            self.asked.push(request);
        }
        self.ui.sync(&self.session);
    }

    /// Presses keys, as the configuration writes them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.send(&Event::Key(key_event(key)));
        }
        self
    }

    /// Types text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(&Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.send(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self
    }

    pub fn click(&mut self, column: u16, row: u16) -> &mut Self {
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row);
        self.mouse(MouseEventKind::Up(MouseButton::Left), column, row)
    }

    /// Where a text stands on the screen.
    pub fn find(&self, text: &str) -> (u16, u16) {
        let screen = self.screen();
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let column = line[..line.find(text).unwrap()].chars().count();
        (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
    }

    pub fn buffer(&self) -> Buffer {
        let size = self.ui.size;
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        terminal.draw(|frame| view(&self.ui, &self.session, &self.progress, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as lines, without what is blank at their ends.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut screen = String::new();
        for row in 0..buffer.area.height {
            let line: String = (0..buffer.area.width).map(|column| buffer[(column, row)].symbol()).collect();
            screen.push_str(line.trim_end());
            screen.push('\n');
        }
        screen
    }
}

pub fn key_event(key: &str) -> KeyEvent {
    let (modifiers, name) = match key.strip_prefix("ctrl-") {
        Some(name) if !name.is_empty() => (KeyModifiers::CONTROL, name),
        _ => (KeyModifiers::NONE, key),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "backspace" => KeyCode::Backspace,
        other => KeyCode::Char(other.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}
