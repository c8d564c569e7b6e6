//! Dockerfiles: who the container runs as, and what it is built on.

use super::hygiene::BaseImage;
use super::repo::{Repo, is_aside, is_for_development, name_of};
use crate::model::{Confidence, Coverage, Evidence, Finding, Location, RuleKind, RuleMeta, Severity, Span};

/// Runs as root.
pub static ROOT: RuleMeta = RuleMeta {
    id: "container-runs-as-root",
    title: "The container runs as root",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks at the last stage of each Dockerfile, and the stages that it builds on, for a `USER` other than root.",
    why: "Whoever breaks into the app through one bug owns the whole container, and is one step from the machine and your users' data.",
    fix: "Create a user and switch to it before the last command: `RUN adduser --system app` and `USER app`.",
    example: "# good\nFROM node:22-slim\nWORKDIR /app\nCOPY --chown=node:node . .\nUSER node\nCMD [\"node\", \"server.js\"]",
    references: &["https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html"],
};

/// Built on whatever is newest.
pub static UNPINNED: RuleMeta = RuleMeta {
    id: "base-image-unpinned",
    title: "The base image has no fixed version",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Looks for `FROM` lines with `latest` or without a tag or digest.",
    why: "A rebuild months from now takes another operating system or runtime, and breaks in production without any change of yours.",
    fix: "Name the version, such as `node:22-slim`, or a digest.",
    example: "# bad\nFROM node:latest\n# good\nFROM node:22-slim",
    references: &["C48"],
};

/// A Dockerfile.
pub struct Dockerfile {
    /// Relative path.
    pub path: String,
    /// Its text.
    pub text: std::rc::Rc<str>,
    instructions: Vec<Instruction>,
}

struct Instruction {
    line: u32,
    word: String,
    rest: String,
    /// The lines of the here-document that follows it.
    document: Vec<(String, u32)>,
}

struct Stage<'a> {
    image: &'a str,
    name: Option<&'a str>,
    line: u32,
    user: Option<(&'a str, u32)>,
}

/// The Dockerfiles that production may use: not those of tests, examples and development.
#[must_use]
pub fn find(repo: &Repo) -> Vec<Dockerfile> {
    let paths: Vec<&str> = repo.paths().filter(|path| Dockerfile::is_one(path) && !is_aside(path)).collect();
    paths.into_iter().filter_map(|path| Some(Dockerfile::new(path, repo.text(path)?))).collect()
}

/// The last value that an ARG or ENV gives a variable: `NAME=value`, `NAME value`.
fn set_by<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let old = rest.split_once(char::is_whitespace).filter(|(key, _)| !key.contains('='));
    // Blanks within quotes part nothing.
    let (mut quote, mut before) = (None, ' ');
    let is_end = move |c: char| {
        let is_escaped = std::mem::replace(&mut before, c) == '\\';
        match quote {
            Some(open) if c == open && !is_escaped => quote = None,
            None if matches!(c, '"' | '\'') && !is_escaped => quote = Some(c),
            None => return c.is_whitespace() && !is_escaped,
            _ => {}
        }
        false
    };
    let mut pairs =
        rest.split(is_end).filter_map(|word| word.split_once('=')).chain(old).collect::<Vec<_>>().into_iter().rev();
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim().trim_matches(['"', '\'']))
}

impl Dockerfile {
    /// Whether the file at `path` is a Dockerfile that is not for development.
    #[must_use]
    pub fn is_one(path: &str) -> bool {
        let name = name_of(path).to_ascii_lowercase();
        let named = name == "dockerfile"
            || name == "containerfile"
            || name.starts_with("dockerfile.")
            || name.ends_with(".dockerfile")
            || name.ends_with(".docker")
            || name.strip_prefix("dockerfile").is_some_and(|rest| rest.starts_with(['-', '_']) && !rest.contains('.'));
        named && !is_for_development(path) && !name.ends_with(".dockerignore")
    }

    /// The Dockerfile at `path` with this text.
    #[must_use]
    pub fn new(path: &str, text: std::rc::Rc<str>) -> Self {
        Self { path: path.to_owned(), instructions: instructions(&text), text }
    }

    /// The instructions with this name, with their arguments and lines.
    pub fn all(&self, word: &str) -> impl Iterator<Item = (&str, u32)> {
        self.instructions.iter().filter(move |i| i.word == word).map(|i| (i.rest.as_str(), i.line))
    }

    /// What is run while it is built, with its lines: the instructions, and the here-documents that a shell reads.
    pub fn runs(&self) -> impl Iterator<Item = (&str, u32)> {
        let runs = self.instructions.iter().filter_map(|one| match one.word.as_str() {
            "RUN" => Some((one, one.rest.as_str())),
            "ONBUILD" => Some((one, one.rest.trim().strip_prefix("RUN ")?)),
            _ => None,
        });
        runs.flat_map(|(one, rest)| {
            let document = one.document.iter().map(|(line, number)| (line.as_str(), *number));
            std::iter::once((rest, one.line)).chain(document)
        })
    }

    /// The texts that it writes to files, with the lines of the instructions
    /// (<https://docs.docker.com/reference/dockerfile/#example-creating-inline-files>).
    pub fn texts(&self) -> impl Iterator<Item = (String, u32)> {
        let copies = self.instructions.iter().filter(|one| one.word == "COPY" && !one.document.is_empty());
        copies.map(|one| {
            let lines: Vec<&str> = one.document.iter().map(|(line, _)| line.as_str()).collect();
            (lines.join("\n"), one.line)
        })
    }

    /// The value that a variable has on a line: what ENV gave it last in this stage, or else ARG, which may take that from before the first
    /// stage. <https://docs.docker.com/reference/dockerfile/#environment-replacement>
    #[must_use]
    pub fn value_at(&self, name: &str, line: u32) -> Option<&str> {
        let before: Vec<&Instruction> = self.instructions.iter().take_while(|one| one.line < line).collect();
        let stage = before.iter().rposition(|one| one.word == "FROM").map_or(0, |at| at + 1);
        let (_, stage) = before.split_at(stage);
        let last =
            |word: &str| stage.iter().rev().filter(|one| one.word == word).find_map(|one| set_by(&one.rest, name));
        let is_taken =
            || stage.iter().any(|one| one.word == "ARG" && one.rest.split_whitespace().any(|word| word == name));
        last("ENV").or_else(|| last("ARG")).or_else(|| self.value_of(name).filter(|_| is_taken()))
    }

    /// The value that an ARG gives a variable before the first stage.
    fn value_of(&self, name: &str) -> Option<&str> {
        let mut before = self.instructions.iter().take_while(|one| one.word != "FROM");
        before.find_map(|one| set_by(&one.rest, name).filter(|_| one.word == "ARG"))
    }

    fn stages(&self) -> Vec<Stage<'_>> {
        let mut stages: Vec<Stage<'_>> = Vec::new();
        for instruction in &self.instructions {
            match instruction.word.as_str() {
                "FROM" => {
                    let words: Vec<&str> =
                        instruction.rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
                    let name =
                        words.iter().position(|word| word.eq_ignore_ascii_case("as")).and_then(|at| words.get(at + 1));
                    let image = words.first().copied().unwrap_or_default();
                    stages.push(Stage { image, name: name.copied(), line: instruction.line, user: None });
                }
                "USER" => {
                    if let Some(stage) = stages.last_mut() {
                        stage.user = Some((instruction.rest.trim(), instruction.line));
                    }
                }
                _ => {}
            }
        }
        stages
    }

    /// What its stages are built on, but for earlier stages, with the defaults of variables put in.
    #[must_use]
    pub fn bases(&self) -> Vec<BaseImage> {
        let stages = self.stages();
        let names: Vec<&str> = stages.iter().filter_map(|stage| stage.name).collect();
        let own = |image: &str| names.iter().any(|name| name.eq_ignore_ascii_case(image));
        let built = stages.iter().filter(|stage| !own(stage.image));
        built
            .map(|stage| BaseImage { path: self.path.clone(), line: stage.line, image: self.filled(stage.image) })
            .collect()
    }

    /// `node:${VERSION}-slim` with the default of `VERSION`.
    fn filled(&self, image: &str) -> String {
        let Some((before, rest)) = image.split_once('$') else { return image.to_owned() };
        let braced = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            rest.split_at(end)
        });
        let written = name.split_once(":-").map(|(_, default)| default);
        match self.default_of(name).or(written) {
            // One variable is enough: what is left open names no version.
            Some(value) => format!("{before}{}{after}", value.trim_matches(['"', '\''])),
            None => image.to_owned(),
        }
    }

    fn default_of(&self, variable: &str) -> Option<&str> {
        let name = variable.trim_start_matches('$').trim_matches(['{', '}']).split(':').next()?;
        let set = self.all("ARG").chain(self.all("ENV"));
        set.filter_map(|(rest, _)| rest.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
    }
}

/// Joins continued lines and leaves comments out.
fn instructions(text: &str) -> Vec<Instruction> {
    let mut found = Vec::new();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((raw, line)) = lines.next() {
        let mut whole = raw.trim().to_owned();
        if whole.is_empty() || whole.starts_with('#') {
            continue;
        }
        while whole.ends_with('\\') {
            let Some((next, _)) = lines.next() else { break };
            let next = next.trim();
            // Comments and empty lines may stand between continued ones.
            if !next.starts_with('#') && !next.is_empty() {
                whole.pop();
                whole.push_str(next);
            }
        }
        let Some((word, rest)) = whole.split_once(char::is_whitespace) else { continue };
        let mut document = Vec::new();
        if let Some(end) = rest.split("<<").nth(1).filter(|_| matches!(word, "RUN" | "COPY")) {
            let end = end.trim_start_matches('-').trim_matches(['"', '\'']);
            let end: String = end.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !end.is_empty() {
                let inside = lines.by_ref().take_while(|(line, _)| line.trim() != end);
                document.extend(inside.map(|(line, number)| (line.to_owned(), number)));
            }
        }
        found.push(Instruction { line, word: word.to_ascii_uppercase(), rest: rest.trim().to_owned(), document });
    }
    found
}

/// Images whose own start-up drops root, or that never have it.
const UNPRIVILEGED: [&str; 14] = [
    "nonroot",
    "unprivileged",
    "chainguard",
    "cgr.dev/",
    "bitnami/",
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "valkey",
    "rabbitmq",
    "grafana/",
    "prom/",
];

/// What is wrong with one Dockerfile.
#[must_use]
pub fn findings(file: &Dockerfile) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let stages = file.stages();
    for (at, stage) in stages.iter().enumerate() {
        let earlier = stages.get(..at).unwrap_or_default();
        let known = earlier.iter().any(|other| other.name.is_some_and(|name| name.eq_ignore_ascii_case(stage.image)));
        if !known && is_open(stage.image) {
            let message = format!("`FROM {}` takes whatever version is newest on the day of the build", stage.image);
            found.push(worded(&UNPINNED, file, stage.line, stage.image, message));
        }
    }
    found.extend(runs_as_root(file, &stages));
    found
}

fn runs_as_root(file: &Dockerfile, stages: &[Stage<'_>]) -> Option<Finding> {
    let mut at = stages.len().checked_sub(1)?;
    loop {
        let stage = stages.get(at)?;
        if let Some((user, line)) = stage.user {
            let user = if user.starts_with('$') { file.default_of(user)? } else { user };
            let user = user.split(':').next().unwrap_or(user);
            return matches!(user, "root" | "0").then(|| {
                worded(&ROOT, file, line, "user", format!("The last `USER` is `{user}`, so the container runs as root"))
            });
        }
        let earlier = stages.get(..at)?;
        match earlier.iter().rposition(|other| other.name.is_some_and(|name| name.eq_ignore_ascii_case(stage.image))) {
            Some(parent) => at = parent,
            None => {
                let image = stage.image;
                let unknown = image.starts_with('$') || image == "scratch";
                let drops = ["gosu", "su-exec", "setpriv", "runuser"].iter().any(|tool| file.text.contains(tool));
                if unknown || drops || UNPRIVILEGED.iter().any(|name| image.contains(name)) {
                    return None;
                }
                let last = stages.last()?;
                let message = "No `USER` is set in the last stage, so the container runs as root".to_owned();
                let finding = worded(&ROOT, file, last.line, "user", message);
                // Docker's own images run as root; what others build may have a user of its own.
                let runs_as_root = !image.contains('/')
                    || ["distroless", "library/", "oven/bun"].iter().any(|name| image.contains(name));
                return Some(if runs_as_root { finding } else { finding.confidence(Confidence::Low) });
            }
        }
    }
}

fn is_open(image: &str) -> bool {
    if image.is_empty() || image == "scratch" || image.contains('$') || image.contains('@') {
        return false;
    }
    // A colon before the last slash is a registry's port.
    match name_of(image).split_once(':') {
        Some((_, tag)) => tag == "latest",
        // Distroless images carry the versions of runtime and system in their names.
        None => !(image.contains("distroless") && image.ends_with(|c: char| c.is_ascii_digit())),
    }
}

fn worded(rule: &'static RuleMeta, file: &Dockerfile, line: u32, anchor: &str, message: String) -> Finding {
    let location = Location::File { path: file.path.clone(), span: Some(Span::line(line)) };
    Finding::new(rule, location, anchor, message).evidence(Evidence::snippet(&file.text, line, 1))
}

/// How far these rules got.
#[must_use]
pub fn coverage(repo: &Repo, files: &[Dockerfile]) -> Coverage {
    let present = repo.paths().filter(|path| Dockerfile::is_one(path) && !is_aside(path)).count();
    match (present, files.len()) {
        (0, _) => Coverage::Absent("there is no Dockerfile".to_owned()),
        (all, read) if all == read => Coverage::Whole,
        (all, read) => Coverage::Part(format!("{} of {all} Dockerfiles could not be read", all - read)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let file = Dockerfile { path: "Dockerfile".into(), text: text.into(), instructions: instructions(text) };
        findings(&file).iter().map(|f| format!("{} {}", f.rule, f.location.line().unwrap_or(0))).collect()
    }

    #[test]
    fn only_the_last_stage_and_what_it_builds_on_decide_the_user() {
        assert_eq!(found("FROM node:22\nCMD x y\n"), ["container-runs-as-root 1"]);
        assert!(found("FROM node:22 AS base\nUSER node\nFROM base\nCMD x y\n").is_empty());
        assert_eq!(found("FROM node:22 AS build\nUSER node\nFROM node:22\nCMD x y\n"), ["container-runs-as-root 3"]);
        assert_eq!(found("FROM node:22\nUSER node\nUSER root\n"), ["container-runs-as-root 3"]);
        assert!(found("ARG UID=1001\nFROM node:22\nUSER $UID\n").is_empty());
        assert_eq!(found("ARG UID=0\nFROM node:22\nUSER ${UID}\n"), ["container-runs-as-root 3"]);
        assert!(found("FROM gcr.io/distroless/nodejs22:nonroot\nCMD x y\n").is_empty());
        assert!(
            found("FROM golang:1.24 AS b\nRUN <<EOF\nUSER root\nEOF\nFROM scratch\nCOPY --from=b /a /a\n").is_empty()
        );
        assert!(found("FROM debian:12\nENTRYPOINT gosu app /start\n").is_empty());
    }

    #[test]
    fn a_variable_has_the_value_of_its_stage_and_line() {
        let text = "ARG G=1\nFROM a AS x\nARG V=2\nRUN one\nENV V=3 W=4\nARG V=5\nRUN two\nFROM b\nARG G\nARG V=6\nRUN three\n";
        let file = Dockerfile::new("Dockerfile", text.into());
        let of = |name, line| file.value_at(name, line);
        assert_eq!((of("V", 4), of("V", 7), of("V", 11)), (Some("2"), Some("3"), Some("6")));
        assert_eq!((of("G", 4), of("G", 11), of("W", 11)), (None, Some("1"), None));
        let quoted = Dockerfile::new("Dockerfile", "FROM a\nENV P=\"x y\" Q='z w' R=1\\ 2 S T\nRUN one\n".into());
        let of = |name| quoted.value_at(name, 3);
        assert_eq!((of("P"), of("Q"), of("R")), (Some("x y"), Some("z w"), Some("1\\ 2")));
        let runs = Dockerfile::new("Dockerfile", "FROM a\nONBUILD RUN npm i -g b\nONBUILD COPY c d\n".into());
        assert_eq!(runs.runs().collect::<Vec<_>>(), [("npm i -g b", 2)]);
    }

    #[test]
    fn containers_are_known_by_their_names() {
        for (path, is_one) in [
            ("Dockerfile", true),
            ("Dockerfile-prod", true),
            ("Dockerfile_prod", true),
            ("Dockerfile.web", true),
            ("api/app.docker", true),
            ("apps/local-eats/Dockerfile", true),
            ("apps/ci-board/Dockerfile", true),
            ("dev-blog/Dockerfile", true),
            ("Dockerfile-dev", false),
            ("Dockerfile-prod.md", false),
            ("dockerfilex", false),
            ("docker/dev/Dockerfile", false),
            ("docker-dev/Dockerfile", false),
            (".ci/Dockerfile", false),
            ("shop-tests/Dockerfile", false),
        ] {
            assert_eq!(Dockerfile::is_one(path), is_one, "{path}");
        }
    }

    #[test]
    fn an_image_needs_a_version() {
        let open = |image: &str| found(&format!("FROM {image}\nUSER app\n")).len() == 1;
        assert!(open("node") && open("node:latest") && open("registry.example:5000/shop/base"));
        assert!(
            !open("node:22") && !open("node@sha256:abc") && !open("$BASE") && !open("node:${V}") && !open("scratch")
        );
        assert!(
            found("FROM node:22 AS base\nFROM base AS build\nFROM --platform=linux/amd64 base\nUSER a\n").is_empty()
        );
    }

    #[test]
    fn bases_are_told_with_their_variables_and_without_own_stages() {
        let text = "ARG V=18\nFROM --platform=linux/amd64 node:${V}-slim AS base\nFROM base AS build\nFROM $OTHER\nFROM php:${P:-8.1}\n";
        let file = Dockerfile { path: "Dockerfile".into(), text: text.into(), instructions: instructions(text) };
        let bases: Vec<String> = file.bases().iter().map(|base| format!("{} {}", base.line, base.image)).collect();
        assert_eq!(bases, ["2 node:18-slim", "4 $OTHER", "5 php:8.1"]);
    }

    #[test]
    fn continued_lines_are_one_instruction() {
        let list = instructions("FROM a:1\nRUN x && \\\n  # why\n  y\nUSER z\n");
        assert_eq!(
            list.iter().map(|i| (i.word.as_str(), i.line)).collect::<Vec<_>>(),
            [("FROM", 1), ("RUN", 2), ("USER", 5)]
        );
    }
}
