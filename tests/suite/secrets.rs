//! Tests of the `secrets` probe.

use std::process::Command;

use gonogo::model::{Confidence, Coverage, RuleId, Settings, Severity};
use gonogo::probe::secrets::providers::{Check, PROVIDERS, Provider};
use gonogo::probe::secrets::{SecretsProbe, redact};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::support::probes::{Folder, Seen, run};

/// A random text that a pattern matches, so that every row is tested on keys that stand in no file.
struct Maker(u64);

impl Maker {
    fn below(&mut self, limit: u64) -> u64 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn key(&mut self, pattern: &str) -> String {
        let hir = regex_syntax::Parser::new().parse(&pattern.replace(r"\b", r"(?-u:\b)")).unwrap();
        let mut key = String::new();
        self.write(&hir, &mut key);
        key
    }

    fn write(&mut self, hir: &Hir, out: &mut String) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).unwrap()),
            HirKind::Class(Class::Unicode(class)) => {
                // Letters and digits where the class has them: what real keys are made of.
                let all: Vec<char> = class.ranges().iter().flat_map(|r| r.start()..=r.end().min('~')).collect();
                let plain: Vec<char> = all.iter().copied().filter(char::is_ascii_alphanumeric).collect();
                let from = if plain.is_empty() { &all } else { &plain };
                out.push(from[self.below(from.len() as u64) as usize]);
            }
            HirKind::Class(Class::Bytes(_)) => unreachable!("no byte classes in the table"),
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(repetition.min + 8).min(repetition.min + 8);
                let least = if repetition.max == Some(1) { 0 } else { repetition.min };
                // Past 3 optional characters nothing new is tested.
                let times = if repetition.min == 0 { most.min(3) } else { most.max(least) };
                (0..times).for_each(|_| self.write(&repetition.sub, out));
            }
            HirKind::Capture(capture) => self.write(&capture.sub, out),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.write(part, out)),
            HirKind::Alternation(ways) => {
                let way = self.below(ways.len() as u64) as usize;
                self.write(&ways[way], out);
            }
        }
    }

    /// A made-up key of this row, and what of it must never be shown.
    fn sample(&mut self, provider: &Provider) -> (String, String) {
        let body = self.key("[A-Za-z0-9]{24}");
        match provider.check {
            Check::ServiceRole => {
                // {"role":"service_role"}
                let claims = ["eyJyb2xlIjoi", "c2VydmljZV9yb2xlIn0"].concat();
                (format!("eyJhbGciOiJIUzI1NiJ9.{claims}.{body}"), body)
            }
            Check::PemBody => {
                let line = self.key("[A-Za-z0-9]{64}");
                (["-----BEGIN RSA ", "PRIVATE", " KEY-----\n", &line, "\n", &body, "\n-----END"].concat(), line)
            }
            Check::UrlPassword => (format!("mysql://shop:{body}@db.acme.io/shop"), body),
            _ => {
                let key = self.key(provider.pattern);
                let secret = regex::Regex::new(provider.pattern)
                    .unwrap()
                    .captures(&key)
                    .map(|found| found.name("s").unwrap_or(found.get(0).unwrap()).as_str().to_owned());
                assert!(secret.is_some(), "{}: {key}", provider.name);
                (key, secret.unwrap())
            }
        }
    }
}

async fn scan(folder: &Folder) -> Seen {
    run(&SecretsProbe, folder.path(), Settings::default()).await.unwrap()
}

fn everything_shown(seen: &Seen) -> String {
    format!("{:?} {:?} {:?}", seen.findings, seen.proofs, seen.result)
}

fn body() -> String {
    ["q7Zt2LmX", "9vRb4KpN", "8sWdT3yH"].concat()
}

fn stripe() -> String {
    ["sk_", "live_", &body()].concat()
}

fn git(folder: &Folder, args: &[&str]) {
    let done = Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test]
async fn a_key_of_every_row_is_found_and_shown_nowhere() {
    for seed in [0x9e37_79b9_7f4a_7c15_u64, 0xd1b5_4a32_d192_ed03] {
        let mut maker = Maker(seed);
        for provider in PROVIDERS {
            let (key, secret) = maker.sample(provider);
            // Some formats are only looked for where their provider is named.
            let named = provider.marks[0];
            let folder = Folder::with(&[("src/app.ts", &format!("// {named}\nconst a = [`{key}`];\n"))]);
            let seen = scan(&folder).await;
            assert_eq!(seen.findings.len(), 1, "{}: {key}: {:?}", provider.name, seen.findings);
            let shown = everything_shown(&seen);
            let tail = &secret[secret.len() / 3..];
            assert!(!shown.contains(tail), "{}: {shown}", provider.name);
            let said = redact::text(&format!("{named} said: {key} is wrong")).into_owned();
            assert!(!said.contains(tail), "{}: {said}", provider.name);
        }
    }
}

#[tokio::test]
async fn findings_point_at_the_key_and_say_what_it_is() {
    let folder = Folder::with(&[
        ("server/pay.ts", &format!("import Stripe from 'stripe';\n\nconst s = new Stripe('{}');\n", stripe())),
        ("server/auth.py", &format!("JWT_SECRET = os.environ.get('JWT_SECRET') or '{}'\n", body())),
    ]);
    let seen = scan(&folder).await;
    assert_eq!(seen.places(), ["provider-key-exposed server/pay.ts:3", "secret-assignment server/auth.py:1"]);
    let key = seen.of("provider-key-exposed")[0];
    assert_eq!((key.severity, key.confidence), (Severity::Blocker, Confidence::High));
    assert!(key.message.contains("Stripe") && key.message.contains("sk_l…"), "{}", key.message);
    assert!(key.evidence[0].text.contains("new Stripe('sk_l…')"), "{:?}", key.evidence);
    let examined = seen.result.unwrap();
    assert_eq!(examined.counts["files"], 2);
    assert_eq!(examined.rules[&RuleId::from("secret-assignment")], Coverage::Whole);
}

#[tokio::test]
async fn the_same_key_twice_in_a_file_is_one_finding() {
    let folder = Folder::with(&[("a.js", &format!("f('{0}');\ng('{0}');\n", stripe()))]);
    let seen = scan(&folder).await;
    assert_eq!(seen.places(), ["provider-key-exposed a.js:1"]);
    assert!(seen.findings[0].evidence.iter().any(|e| e.text.contains("again on line 2")));
}

#[tokio::test]
async fn what_git_ignores_is_no_leak_and_what_it_tracks_is() {
    let key = format!("KEY={}\n", stripe());
    let folder = Folder::with(&[
        (".gitignore", ".env\nout/\n"),
        (".env", &key),
        (".env.local", &key),
        (".env.example", &key),
        ("out/forced.js", &format!("k('{}')\n", stripe())),
        ("out/built.js", &format!("k('{}')\n", stripe())),
    ]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-f", "out/forced.js"]);
    let seen = scan(&folder).await;
    assert_eq!(
        seen.places(),
        [
            "provider-key-exposed .env.example:1",
            "provider-key-exposed .env.local:1",
            "provider-key-exposed out/forced.js:1"
        ]
    );
    // Once it is tracked, the environment probe reports the file as a whole.
    git(&folder, &["add", "-f", ".env", ".env.local"]);
    assert!(!scan(&folder).await.places().iter().any(|place| place.contains(".env.local")));
    assert!(seen.result.unwrap().gaps.iter().any(|gap| gap.reason.contains("earlier commits")));
}

#[tokio::test]
async fn keys_in_tests_and_documentation_are_worth_a_look_only() {
    let text = format!("const key = '{}';\nconst password = 'h7Kd92mQpa!Zr';\n", stripe());
    let folder =
        Folder::with(&[("src/pay.test.ts", &text), ("docs/setup.md", &text), ("tests/fixtures/a.json", &text)]);
    let seen = scan(&folder).await;
    assert_eq!(seen.findings.len(), 3, "{:?}", seen.places());
    assert!(seen.findings.iter().all(|f| f.confidence == Confidence::Low && f.rule.as_str() == "provider-key-exposed"));
}

#[tokio::test]
async fn what_could_not_be_read_is_said() {
    let folder = Folder::with(&[("a.ts", "let a = 1;\n")]);
    folder.write("logo.bin", [0_u8, 1, 2, 3]);
    assert_eq!(scan(&folder).await.result.unwrap().rules[&RuleId::from("provider-key-exposed")], Coverage::Whole);
    folder.write("huge.txt", "words and more words\n".repeat(150_000));
    folder.write("huge.bin", vec![0_u8; 3_000_000]);
    let examined = scan(&folder).await.result.unwrap();
    let coverage = &examined.rules[&RuleId::from("provider-key-exposed")];
    assert_eq!(coverage, &Coverage::Part("1 file was not read".to_owned()));
    assert_eq!(examined.gaps[0].examples, ["huge.txt"]);
}

#[tokio::test]
async fn an_empty_folder_is_not_called_clean() {
    let folder = Folder::with(&[]);
    let examined = scan(&folder).await.result.unwrap();
    assert!(matches!(examined.rules[&RuleId::from("secret-assignment")], Coverage::Absent(_)));
}

#[tokio::test]
async fn a_minified_line_is_shown_around_the_key() {
    let line = format!("{}k('{}');{}\n", "a();".repeat(2000), stripe(), "b();".repeat(2000));
    let seen = scan(&Folder::with(&[("app.js", &line)])).await;
    let shown = &seen.findings[0].evidence[0].text;
    assert!(shown.len() < 200 && shown.contains("k('sk_l…')"), "{shown}");
}
