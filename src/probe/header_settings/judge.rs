//! Judges what the files set, by the rules that judge what a deployed app sends.

use super::front::Front;
use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Scope, Settings, Text};
use super::sources::{Sources, folder_of, name_of};
use crate::model::{Observation, RuleId, Severity};

/// Rules that judge what a page carries. They are given, since those for deployed apps tie what they find to the settings read
/// here.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What they make of a page with these headers.
    pub judge: fn(&[(String, String)]) -> Vec<Observation>,
    /// Whether one of them is about the header of this name.
    pub is_about: fn(&RuleId, &str) -> bool,
}

/// How one header stands, as far as files tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is set as it should be: by this layer, at this place unless the layer does so by itself.
    Set(Layer, Option<Place>, String),
    /// It is set to something that does not do its work; the sentence says what.
    Weak(Option<Place>, String, Severity),
    /// Nothing sets it.
    Missing,
    /// Only a request to the deployed app would tell; the phrase says why.
    Unclear(String),
}

/// What was judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The layer that faces visitors.
    pub front: Front,
    /// Whether it is plain that visitors meet this layer: the project has one site, and files that only one server reads.
    pub sure: bool,
    /// Every header, in the order to show.
    pub headers: Vec<(Header, State)>,
}

impl Judged {
    /// The headers that nothing sets.
    #[must_use]
    pub fn missing(&self) -> Vec<Header> {
        self.headers.iter().filter(|(_, state)| *state == State::Missing).map(|(header, _)| *header).collect()
    }

    /// Why some could not be judged, each reason once.
    #[must_use]
    pub fn unclear(&self) -> Vec<(Header, &str)> {
        let unclear = self.headers.iter().filter_map(|(header, state)| match state {
            State::Unclear(why) => Some((*header, why.as_str())),
            _ => None,
        });
        unclear.collect()
    }
}

/// Judges the settings by `rules`.
///
/// # Errors
/// Why there is nothing to judge, as a sentence without a full stop.
pub fn judge(settings: &Settings, sources: &Sources, rules: Rules) -> Result<Judged, String> {
    let Some(front) = settings.fronts.first() else {
        return Err(
            "no file of the project says what answers your visitors, so what it sends is not known; give the deployed \
                    address with --url"
                .to_owned(),
        );
    };
    if !front.pages {
        return Err(format!(
            "{} answers with data, as far as {} tells, and these headers are for pages",
            front.layer.word(),
            front.path
        ));
    }
    if let Some(framework) = unread_framework(front, sources) {
        return Err(format!(
            "the project is built with {framework}, whose way to send headers is not read; give the deployed address with --url"
        ));
    }
    let sent = sent(settings, front, sources);
    let lines: Vec<(String, String)> = sent.iter().map(|(name, value, _)| (name.clone(), value.clone())).collect();
    let seen = (rules.judge)(&lines);
    let stands = |header: Header| {
        let about = |rule: &RuleId| (rules.is_about)(rule, header.name());
        (header, state(header, settings, sources, front, &sent, &seen, about))
    };
    let headers = Header::ALL.into_iter().map(stands).collect();
    Ok(Judged { front: front.clone(), sure: sure(front, sources), headers })
}

/// Frameworks that answer visitors by themselves, and whose code for headers takes many shapes.
const UNREAD: [(&str, &str); 10] = [
    ("@remix-run/node", "Remix"),
    ("@react-router/node", "React Router"),
    ("astro", "Astro"),
    ("@nestjs/core", "NestJS"),
    ("@adonisjs/core", "AdonisJS"),
    ("@tanstack/react-start", "TanStack Start"),
    ("gatsby", "Gatsby"),
    ("hono", "Hono"),
    ("meteor-base", "Meteor"),
    ("elysia", "Elysia"),
];

/// One of them, unless a server or host whose file is read stands before it.
fn unread_framework(front: &Front, sources: &Sources) -> Option<&'static str> {
    if matches!(
        front.layer,
        Layer::Nginx | Layer::Caddy | Layer::Vercel | Layer::Netlify | Layer::HeadersFile | Layer::Firebase
    ) {
        return None;
    }
    let named = |package: &str| {
        sources
            .manifests()
            .any(|(path, text)| name_of(path) == "package.json" && text.contains(&format!("\"{package}\":")))
    };
    UNREAD.iter().find(|(package, _)| named(package)).map(|(_, name)| *name)
}

/// Whether the project has one site, as far as its folders tell, and one server that is sure to read the file.
fn sure(front: &Front, sources: &Sources) -> bool {
    let configures = |path: &&str| {
        let name = name_of(path);
        matches!(name, "vercel.json" | "netlify.toml")
            || name.starts_with("next.config.")
            || name.starts_with("nuxt.config.")
    };
    let mut sites: Vec<&str> = sources.paths().filter(configures).map(folder_of).collect();
    sites.dedup();
    // What stands at the top is the project's own; what lies beside it are its parts.
    let several = sites.len() > 1 && !sites.contains(&"") && !folder_of(&front.path).is_empty();
    front.layer != Layer::Apache && !several
}

/// The folder of the app that a file belongs to: the nearest one above it with a manifest.
fn app_of<'p>(path: &'p str, sources: &Sources) -> &'p str {
    let mut folder = folder_of(path);
    while !folder.is_empty() {
        if ["package.json", "manage.py", "composer.json", "Gemfile", "pyproject.toml", "pom.xml", "go.mod"]
            .iter()
            .any(|name| sources.has(&format!("{folder}{name}")))
        {
            return folder;
        }
        folder = folder_of(folder.trim_end_matches('/'));
    }
    ""
}

/// Whether what a file sets reaches the visitors of the front: what belongs to another app of the project does not.
fn reaches(set: &HeaderSetting, front: &Front, sources: &Sources) -> bool {
    let Some(place) = &set.place else { return true };
    let (own, fronts) = (app_of(&place.path, sources), app_of(&front.path, sources));
    let apart = |folder: &str| folder.starts_with("apps/") || folder.starts_with("packages/");
    own == fronts || own.is_empty() || fronts.is_empty() && !apart(own)
}

/// What a page would carry: of every header the value of the foremost layer.
fn sent<'a>(settings: &'a Settings, front: &Front, sources: &Sources) -> Vec<(String, String, &'a HeaderSetting)> {
    let mut sent: Vec<(String, String, &HeaderSetting)> = Vec::new();
    for set in settings.headers.iter().filter(|set| set.scope == Scope::Site && reaches(set, front, sources)) {
        if let Text::Known(value) = &set.value
            && !value.trim().is_empty()
            && !sent.iter().any(|(name, ..)| name.eq_ignore_ascii_case(&set.name))
        {
            sent.push((set.name.clone(), value.clone(), set));
        }
    }
    sent
}

fn state(
    header: Header,
    settings: &Settings,
    sources: &Sources,
    front: &Front,
    sent: &[(String, String, &HeaderSetting)],
    seen: &[Observation],
    about: impl Fn(&RuleId) -> bool,
) -> State {
    let set = sent.iter().find(|(name, ..)| name.eq_ignore_ascii_case(header.name())).map(|(_, _, set)| *set);
    let policy =
        || sent.iter().find(|(name, ..)| name.eq_ignore_ascii_case(Header::Csp.name())).map(|(_, _, set)| *set);
    for observation in seen {
        match observation {
            Observation::Proof(proof) if about(&proof.rule) => {
                // Framing may be forbidden by a policy alone; a tag in the page cannot do that.
                let by = set.or_else(policy);
                let Some(by) = by.filter(|by| !(header == Header::Framing && by.layer == Layer::Page)) else {
                    continue;
                };
                return State::Set(by.layer, by.place.clone(), proof.message.clone());
            }
            Observation::Finding(finding) if about(&finding.rule) => {
                if let Some(set) = set {
                    return State::Weak(set.place.clone(), finding.message.clone(), finding.severity);
                }
            }
            _ => {}
        }
    }
    if let Some(why) = in_part(header, settings) {
        return State::Unclear(why);
    }
    let said = settings.unclear.iter().find(|(about, _)| about.is_none_or(|about| about == header));
    if let Some((_, why)) = said {
        return State::Unclear(why.clone());
    }
    if header == Header::Hsts
        && matches!(front.layer, Layer::Next | Layer::Nuxt | Layer::SvelteKit)
        && !has_own_server(sources)
    {
        return State::Unclear("hosts for such apps, Vercel for one, send it by themselves".to_owned());
    }
    State::Missing
}

/// What is said of a header without being plain.
fn in_part(header: Header, settings: &Settings) -> Option<String> {
    let at = |set: &HeaderSetting| {
        set.place.as_ref().map_or_else(|| set.layer.word().to_owned(), |place| format!("{}:{}", place.path, place.line))
    };
    let mut own = settings.of(header);
    if let Some(set) = own.next() {
        return Some(match (&set.scope, &set.value) {
            (Scope::Path(path), _) => format!("{} sets it for {path} alone", at(set)),
            (Scope::Unclear, _) => format!("{} sets it, for which answers is not to be read there", at(set)),
            (Scope::Site, Text::Dynamic) => {
                format!("its value in {} is worked out while the app runs or is built", at(set))
            }
            (Scope::Site, Text::Known(_)) => format!("{} sets it, in another app of the project", at(set)),
        });
    }
    if header == Header::Framing
        && let Some(set) = settings.of(Header::Csp).find(|set| set.value == Text::Dynamic || set.scope != Scope::Site)
    {
        return Some(format!("the policy in {} may forbid it, and is not whole to read", at(set)));
    }
    if header == Header::Csp {
        let trial = settings.headers.iter().find(|set| set.name.eq_ignore_ascii_case(REPORT_ONLY));
        return trial
            .map(|set| format!("the policy in {} is on trial (`{REPORT_ONLY}`) and blocks nothing yet", at(set)));
    }
    None
}

/// Whether the project brings the machine that it runs on.
fn has_own_server(sources: &Sources) -> bool {
    sources.paths().any(|path| {
        let name = name_of(path).to_ascii_lowercase();
        name.starts_with("dockerfile")
            || name.starts_with("docker-compose")
            || name.starts_with("compose.")
            || name == "fly.toml"
    })
}
