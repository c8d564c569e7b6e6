//! Tests of the source rules on their fixtures.
//!
//! `tests/fixtures/rules/<id>/{bad,good}*`: a file is a project of its own, and so is a folder. A comment
//! `expect: <id>` marks a line on which the rule speaks up; it may speak up nowhere else. With `unsure` behind it, the
//! finding must be a minor one, or one of less than high confidence; with `sure`, it must be neither. For a rule that speaks against,
//! `good` files hold no mark; for a proof, `bad` files hold none. What other rules see in a fixture does not count: the
//! apps of `tests/fixtures/apps` show that they stay silent together.
//!
//! JavaScript is also read as TypeScript and TSX, so that every fixture tests each grammar that it is valid in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gonogo::model::{Confidence, Coverage, Examined, RuleKind, Settings, Severity};
use gonogo::probe::source::SourceProbe;
use gonogo::probe::source::facts::Language;
use gonogo::probe::source::rules::RULES;
use gonogo::probe::{Probe, ProbeCx};

use crate::support::probes::{Folder, Seen, context, run};

/// Languages with the ending of their files; JavaScript stands for its family.
const LANGUAGES: [(Language, &str); 5] = [
    (Language::Python, ".py"),
    (Language::Php, ".php"),
    (Language::Go, ".go"),
    (Language::Ruby, ".rb"),
    (Language::Java, ".java"),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// What the code of `folder` is read with.
fn code_context(folder: &Folder) -> ProbeCx {
    context(&SourceProbe, folder.path(), Settings::default(), jiff::Timestamp::now()).0
}

/// One project: its files by path.
struct Case {
    name: String,
    files: Vec<(String, String)>,
}

impl Case {
    /// The same project in every grammar that reads it.
    fn all(entry: &Path) -> Vec<Self> {
        if entry.is_dir() {
            let mut files = Vec::new();
            collect(entry, entry, &mut files);
            return vec![Self { name: name(entry), files }];
        }
        let text = fs::read_to_string(entry).unwrap();
        let stem = entry.file_stem().unwrap().to_string_lossy().into_owned();
        let extensions: &[&str] = match entry.extension().unwrap().to_str().unwrap() {
            "js" => &["js", "ts", "tsx", "mjs"],
            "jsx" => &["jsx", "tsx"],
            "ts" => &["ts"],
            "tsx" => &["tsx"],
            "py" => &["py"],
            "php" => &["php"],
            "go" => &["go"],
            "rb" => &["rb"],
            "java" => &["java"],
            "vue" => &["vue"],
            "svelte" => &["svelte"],
            "html" => &["html"],
            "twig" => &["twig"],
            "erb" => &["erb"],
            "ejs" => &["ejs"],
            "hbs" => &["hbs"],
            "pug" => &["pug"],
            "sql" => &["sql"],
            _ => &[],
        };
        assert!(!extensions.is_empty(), "no front end reads {}", entry.display());
        let case = |extension: &&str| {
            let path = format!("src/{stem}.{extension}");
            Self { name: format!("{stem}.{extension}"), files: vec![(path, text.clone())] }
        };
        extensions.iter().map(case).collect()
    }

    fn expected(&self) -> Vec<String> {
        let mut expected: Vec<String> = self.marks().into_iter().map(|(place, _)| place).collect();
        expected.sort();
        expected
    }

    /// What is marked, and whether the rule must be sure that it matters, or must not be.
    fn marks(&self) -> Vec<(String, Option<bool>)> {
        let mut marks = Vec::new();
        for (path, text) in &self.files {
            for (number, line) in (1..).zip(text.lines()) {
                if let Some((_, mark)) = line.split_once("expect: ") {
                    let (rule, doubt) = mark.trim().split_once(' ').unwrap_or((mark.trim(), ""));
                    let wanted = match doubt {
                        "sure" => Some(true),
                        "unsure" => Some(false),
                        _ => None,
                    };
                    marks.push((format!("{rule} {path}:{number}"), wanted));
                }
            }
        }
        marks
    }

    async fn run(&self) -> Seen {
        let folder = Folder::with(&[]);
        for (path, text) in &self.files {
            folder.write(path, text);
        }
        run(&SourceProbe, folder.path(), Settings::default()).await.unwrap()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in entries(folder) {
        if entry.is_dir() {
            collect(root, &entry, files);
        } else {
            let path = entry.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push((path, fs::read_to_string(&entry).unwrap()));
        }
    }
}

#[tokio::test]
async fn rules_see_what_their_fixtures_mark_and_nothing_else() {
    let mut wrong = Vec::new();
    for rule in entries(&fixtures()) {
        for entry in entries(&rule) {
            for case in Case::all(&entry) {
                let seen = case.run().await;
                let mut found = seen.places();
                found.extend(seen.proofs.iter().map(|proof| format!("{} {}", proof.rule, proof.location)));
                found.retain(|found| found.split(' ').next() == Some(name(&rule).as_str()));
                found.sort();
                for (place, wanted) in case.marks() {
                    let sure = seen.findings.iter().any(|finding| {
                        format!("{} {}", finding.rule, finding.location) == place
                            && finding.confidence == Confidence::High
                            && finding.severity > Severity::Minor
                    });
                    if wanted.is_some_and(|wanted| wanted != sure) {
                        let how = if sure { "as if it were sure" } else { "in doubt" };
                        wrong.push(format!("{}/{}: {place} is told {how}", name(&rule), case.name));
                    }
                }
                let parsed = seen.result.unwrap();
                if let Some(gap) = parsed.gaps.first() {
                    wrong.push(format!("{}/{}: {gap:?}", name(&rule), case.name));
                }
                if found != case.expected() {
                    wrong.push(format!(
                        "{}/{}: expected {:?}, found {found:?}",
                        name(&rule),
                        case.name,
                        case.expected()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_documented_and_has_fixtures_in_every_language_that_it_reads() {
    let mut ids = BTreeSet::new();
    for rule in SourceProbe.meta().rules {
        assert!(ids.insert(rule.id), "{} stands twice", rule.id);
        for text in [rule.title, rule.what, rule.why, rule.fix, rule.example] {
            assert!(!text.is_empty(), "{} is not documented", rule.id);
        }
        assert!(!rule.title.ends_with('.') && rule.what.ends_with('.'), "{}", rule.id);
        assert!(!rule.references.is_empty(), "{} has no reference", rule.id);
        let names: Vec<String> = entries(&fixtures().join(rule.id)).iter().map(|entry| name(entry)).collect();
        let (speaks, silent) = if rule.kind == RuleKind::Proof { ("good", "bad") } else { ("bad", "good") };
        for kind in [speaks, silent] {
            assert!(names.iter().filter(|name| name.starts_with(kind)).count() >= 3, "{} {kind}", rule.id);
        }
        // Folders hold several files and stand for whatever language these are in.
        let reads = |language| RULES.iter().any(|known| known.meta.id == rule.id && (known.reads)(language));
        // What it reads is SQL, whatever language the app is written in.
        let of_sql = rule.id == "supabase-rls-disabled";
        for (language, end) in LANGUAGES.into_iter().filter(|(language, _)| !of_sql && reads(*language)) {
            let holds = |name: &&String| {
                let path = fixtures().join(rule.id).join(name.as_str());
                let mut files = Vec::new();
                if path.is_dir() {
                    collect(&path, &path, &mut files);
                } else {
                    files.push((name.to_string(), String::new()));
                }
                name.starts_with(speaks) && files.iter().any(|(path, _)| path.ends_with(end))
            };
            let count = names.iter().filter(holds).count();
            assert!(count >= 2, "{} has {count} in {language:?}", rule.id);
        }
    }
    let listed: BTreeSet<String> = entries(&fixtures()).iter().map(|entry| name(entry)).collect();
    assert_eq!(listed, ids.iter().map(ToString::to_string).collect(), "fixtures of a rule that is not listed");
}

#[tokio::test]
async fn a_comment_with_a_reason_allows_a_rule_and_is_counted() {
    let call = "fetch('https://api.example.com');\n";
    let folder = Folder::with(&[
        (
            "a.ts",
            &format!("// gonogo: allow external-call-without-timeout because the platform ends us after 10 s\n{call}"),
        ),
        ("b.ts", &format!("// gonogo: allow external-call-without-timeout\n{call}")),
        ("c.ts", &format!("// gonogo: allow swallowed-error because of something else\n{call}")),
        (
            "d.py",
            "import requests\nrequests.get('https://api.example.com')  # gonogo: allow external-call-without-timeout because this ends soon\n",
        ),
    ]);
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert_eq!(seen.places(), ["external-call-without-timeout b.ts:2", "external-call-without-timeout c.ts:2"]);
    let examined = seen.result.unwrap();
    assert_eq!(examined.counts["suppressed"], 2);
    assert!(examined.gaps.iter().any(|gap| gap.reason.contains("no reason") && gap.examples == ["b.ts:1"]));
}

#[tokio::test]
async fn tests_scripts_and_migrations_are_not_production() {
    let call = "export const a = () => fetch('https://api.example.com');\n";
    let paths = ["src/a.test.ts", "scripts/a.ts", "prisma/seed.ts", "db/migrations/1.ts", "e2e/a.ts", "vite.config.ts"];
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, call)).collect();
    let seen = run(&SourceProbe, Folder::with(&files).path(), Settings::default()).await.unwrap();
    assert_eq!(seen.places(), Vec::<String>::new());
}

async fn examined(files: &[(&str, &str)]) -> Examined {
    run(&SourceProbe, Folder::with(files).path(), Settings::default()).await.unwrap().result.unwrap()
}

async fn coverage(files: &[(&str, &str)], rule: &str) -> Coverage {
    examined(files).await.rules[rule].clone()
}

#[tokio::test]
async fn a_development_server_must_not_be_what_production_starts() {
    let seen = async |files: &[(&str, &str)]| {
        let seen = run(&SourceProbe, Folder::with(files).path(), Settings::default()).await.unwrap();
        seen.findings.iter().map(|found| format!("{} {}", found.location, found.message)).collect::<Vec<_>>()
    };
    let package = "{\n  \"name\": \"start\",\n  \"scripts\": {\n    \"dev\": \"next dev\",\n    \"start\": \"npm run dev\"\n  }\n}\n";
    let started = ["package.json:5 The `start` script runs `next dev`, which is for development"];
    assert_eq!(seen(&[("package.json", package)]).await, started);
    // Only `start` is what a host runs; a script for production takes its place.
    let fine = r#"{"scripts": {"dev": "nodemon src/a.js", "start": "node src/a.js"}}"#;
    assert!(seen(&[("package.json", fine)]).await.is_empty());
    let nest = r#"{"scripts": {"start": "nest start --watch", "start:prod": "node dist/main"}}"#;
    assert!(seen(&[("package.json", nest)]).await.is_empty());
    assert!(seen(&[("examples/a/package.json", package), ("package.json", "{ broken")]).await.is_empty());
    // Where a container says what is started, `start` is for developers.
    let docker = "FROM node:22 AS build\nCMD npm run dev\nFROM node:22\nCOPY . .\nCMD [\"node\", \"dist/a.js\"]\n";
    assert!(seen(&[("package.json", package), ("Dockerfile", docker)]).await.is_empty());
    let docker = "FROM node:22\nCOPY . .\nENTRYPOINT [\"sh\", \"-c\"]\n\nCMD [\"npm run dev\"]\n";
    let container = ["Dockerfile:5 The container is started with `next dev`, which is for development"];
    assert_eq!(seen(&[("package.json", package), ("Dockerfile", docker)]).await, container);
    assert!(seen(&[("Dockerfile.dev", docker), ("package.json", fine)]).await.is_empty());
    let procfile = "release: python manage.py migrate\nweb: python manage.py runserver 0.0.0.0:$PORT\n";
    let web = ["Procfile:2 The web process is started with `manage.py runserver`, which is for development"];
    assert_eq!(seen(&[("Procfile", procfile)]).await, web);
}

#[tokio::test]
async fn a_rule_is_whole_only_where_everything_was_read() {
    let good = ("src/a.ts", "export const a = (db) => db.query('SELECT 1');\n");
    assert_eq!(coverage(&[good], "sql-injection").await, Coverage::Whole);
    assert!(matches!(coverage(&[], "sql-injection").await, Coverage::Nothing(_) | Coverage::Absent(_)));
    let kotlin = ("Main.kt", "fun main() {}\n");
    assert!(
        matches!(coverage(&[kotlin], "sql-injection").await, Coverage::Nothing(why) if why.contains("Kotlin (1 file)"))
    );
    assert!(matches!(coverage(&[good, kotlin], "sql-injection").await, Coverage::Part(why) if why.contains("Kotlin")));
    let effect = ("src/c.tsx", "export const C = () => { useEffect(() => { a(); }, []); return <p />; };\n");
    assert_eq!(coverage(&[effect, kotlin], "effect-without-cleanup").await, Coverage::Whole);
    let broken = ("src/b.ts", "export const a = (((;\nfunction ( {\n");
    assert!(
        matches!(coverage(&[good, broken], "swallowed-error").await, Coverage::Part(why) if why.contains("1 file"))
    );
    let python = ("a.py", "x = 1\n");
    assert!(matches!(coverage(&[python], "effect-without-cleanup").await, Coverage::Absent(_)));
}

#[tokio::test]
async fn a_rule_without_its_subject_is_absent() {
    let bare = ("src/a.ts", "export const a = 1;\n");
    let subjects = [
        ("sql-injection", "export const a = (db) => db.query('SELECT * FROM t WHERE id = ?', [1]);\n"),
        ("n-plus-one-query", "export const a = () => prisma.user.findMany();\n"),
        ("swallowed-error", "export const a = () => { try { b(); } catch (error) { log(error); } };\n"),
        ("external-call-without-timeout", "fetch('https://a.example.com', { signal: AbortSignal.timeout(9) });\n"),
        ("blocking-call-in-handler", "app.get('/', (req, res) => res.end());\n"),
        ("effect-without-cleanup", "useEffect(() => { a(); }, []);\n"),
    ];
    for (rule, text) in subjects {
        assert!(
            matches!(coverage(&[bare], rule).await, Coverage::Absent(why) if why.starts_with("The code has no ")),
            "{rule}"
        );
        assert_eq!(coverage(&[bare, ("src/b.ts", text)], rule).await, Coverage::Whole, "{rule}");
        let test_only = [bare, ("src/b.test.ts", text)];
        assert!(matches!(coverage(&test_only, rule).await, Coverage::Absent(_)), "{rule} in a test");
    }
    for rule in ["cors-any-origin", "debug-mode-enabled", "env-localhost-fallback", "hardcoded-endpoint"] {
        assert_eq!(coverage(&[bare], rule).await, Coverage::Whole, "{rule}");
    }
    // Its own address is no other service.
    let own = ("src/b.ts", "export const a = () => fetch('/api/orders');\n");
    assert!(matches!(coverage(&[own], "external-call-without-timeout").await, Coverage::Absent(_)));
    // A database whose queries are not recognised is not the absence of queries.
    let silent = ("db.ts", "import { Pool } from 'pg';\nexport const pool = new Pool();\n");
    assert!(matches!(coverage(&[silent], "sql-injection").await, Coverage::Part(why) if why.contains("pg")));
}

#[tokio::test]
async fn what_a_rule_cannot_judge_lowers_its_coverage() {
    let calls = "external-call-without-timeout";
    let limited = ("z.ts", "fetch('https://a.example.com', { signal: AbortSignal.timeout(9) });\n");
    for (name, text, named) in [
        ("a.py", "import pycurl\nc = pycurl.Curl()\n", "pycurl"),
        ("a.py", "import urllib3\nhttp = urllib3.PoolManager()\n", "urllib3"),
        ("a.py", "import aiohttp\ns = aiohttp.ClientSession()\n", "aiohttp"),
        ("a.py", "import requests\ndef make():\n    s = requests.Session()\n    return s\n", "session"),
        ("a.py", "import requests\nrequests.Session().get('https://a.example.com')\n", "session"),
        ("a.py", "from urllib.request import urlretrieve\nurlretrieve('https://a.example.com', 'a')\n", "urlretrieve"),
        ("a.py", "import http.client\nc = http.client.HTTPSConnection('a.example.com')\n", "http.client"),
        (
            "a.js",
            "const fetch = (...a) => import('node-fetch').then((m) => m.default(...a));\nfetch('https://a.example.com');\n",
            "node-fetch",
        ),
        ("a.ts", "import { S3Client } from '@aws-sdk/client-s3';\nexport const s = new S3Client({});\n", "@aws-sdk"),
        ("a.js", "$.ajax({ url: 'https://a.example.com' });\n", "jQuery"),
    ] {
        let found = coverage(&[limited, (name, text)], calls).await;
        assert!(matches!(&found, Coverage::Part(why) if why.contains(named)), "{text}: {found:?}");
    }
    for (name, text) in [
        ("a.ts", "import http from 'node:http';\nhttp.createServer(app).listen(1);\n"),
        ("a.ts", "import { fetch, setGlobalDispatcher } from 'undici';\nexport const a = fetch;\n"),
        ("a.py", "from aiohttp import web\napp = web.Application()\n"),
        ("a.py", "import requests\ns = requests.Session()\ns.get('https://a.example.com', timeout=9)\n"),
        ("a.py", "from smtplib import SMTPDataError\nfrom urllib3.exceptions import HTTPError\n"),
        ("a.ts", "import 'isomorphic-fetch';\n"),
        ("a.js", "$.ajax({ url: '/orders' });\n"),
        ("a.ts", "import Stripe from 'stripe';\nexport const stripe = new Stripe('');\n"),
    ] {
        assert_eq!(coverage(&[limited, (name, text)], calls).await, Coverage::Whole, "{text}");
    }
    let elsewhere = ("a.ts", "import cors from 'cors';\nimport { rules } from './rules';\napp.use(cors(rules));\n");
    assert!(matches!(coverage(&[elsewhere], "cors-any-origin").await, Coverage::Part(_)));
    let unknown = ("a.py", "from sanic_cors import CORS\nCORS(app)\n");
    assert!(matches!(coverage(&[unknown], "cors-any-origin").await, Coverage::Part(why) if why.contains("sanic_cors")));
    let slonik = ("a.ts", "import { createPool } from 'slonik';\nexport const q = 'SELECT * FROM t';\n");
    assert!(matches!(coverage(&[slonik], "n-plus-one-query").await, Coverage::Part(why) if why.contains("slonik")));
}

#[tokio::test]
async fn the_code_shows_what_the_project_is() {
    let traits = async |files: &[(&str, &str)]| examined(files).await.traits.into_iter().collect::<Vec<_>>();
    let sqlite = "import express from 'express';\nimport { DatabaseSync } from 'node:sqlite';\nconst db = new DatabaseSync('a.db');\nexpress().get('/', (req, res) => res.json(db.prepare('SELECT * FROM t').all()));\n";
    assert_eq!(traits(&[("server.js", sqlite)]).await, ["database"]);
    assert_eq!(traits(&[("scripts/a.js", sqlite)]).await, Vec::<String>::new());
    assert_eq!(traits(&[("a.py", "import sqlite3\nc = sqlite3.connect('a.db')\n")]).await, ["database"]);
    assert_eq!(
        traits(&[("a.py", "import requests\nrequests.post('https://api.stripe.com/v1/x')\n")]).await,
        ["payments"]
    );
    assert_eq!(traits(&[("a.py", "from django.core.mail import send_mail\n")]).await, ["email"]);
    assert_eq!(traits(&[("a.ts", "const s = new WebSocketServer({ port: 1 });\n")]).await, ["websocket"]);
    let link = "export const docs = 'https://platform.openai.com/docs';\nimport { ai } from './ai';\n";
    assert_eq!(traits(&[("a.ts", link)]).await, Vec::<String>::new());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/app");
    let seen = run(&SourceProbe, &demo, Settings::default()).await.unwrap().result.unwrap().traits;
    for name in ["ai", "database", "payments"] {
        assert!(seen.contains(name), "{name}: {seen:?}");
    }
}

#[tokio::test]
async fn hostile_files_end_within_limits_and_are_counted() {
    let deep = format!("const a = {}1{};\n", "(\n".repeat(100_000), ")".repeat(100_000));
    let deep_python = format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let joined = format!("const s = {};\n", vec!["'a'"; 20_000].join(" + "));
    let chained = format!("a{};\n", "\n.b()".repeat(20_000));
    let elses = format!("if (a) b(); {}\n", "else if (a) b();\n".repeat(20_000));
    let long = "export async function f(x) { try { await g(x); } catch (e) { log(e); } }\n".repeat(20_000);
    let lines = "a = b(c)\n".repeat(100_000);
    let minified = format!("{}\n", "function a(b){return b()};".repeat(2_000));
    let folder = Folder::with(&[
        ("deep.ts", &deep),
        ("deep.py", &deep_python),
        ("joined.js", &joined),
        ("chained.js", &chained),
        ("elses.js", &elses),
        ("long.js", &long),
        ("lines.py", &lines),
        ("minified.js", &minified),
        ("empty.ts", ""),
        ("empty.py", ""),
        ("broken.tsx", "export const <<<< = ) {{{ \u{0} ;\n"),
        ("comment.js", "/*"),
        ("quote.py", "'''"),
        ("odd.js", "\u{feff}const ü = `${`${`${a}`}`}`; // ключ 🎉\n"),
    ]);
    folder.write("latin.js", b"const a = '\xe9';");
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    let examined = seen.result.unwrap();
    let counted =
        |reason: &str| examined.gaps.iter().filter(|gap| gap.reason.contains(reason)).map(|gap| gap.count).sum::<u64>();
    assert!(counted("nested too deeply") >= 2, "{:?}", examined.gaps);
    assert_eq!(counted("minified"), 1);
    assert_eq!(counted("not UTF-8"), 1);
    assert_eq!(counted("binary"), 1);
    assert!(examined.counts["lines"] > 100_000);
    assert!(matches!(examined.rules["swallowed-error"], Coverage::Part(_)));
}

#[tokio::test]
async fn code_made_to_be_slow_to_judge_ends_soon() {
    let appended = format!(
        "export function h(req, res) {{\n  let q = 'SELECT * FROM t WHERE a = 1';\n{}  db.query(q);\n}}\n",
        "  q = q + \" AND b = '\" + q + req.x + q + \"'\";\n".repeat(1_000)
    );
    let loops = "const a = b; for (const c of a) { d = c; f(a, d); db.query(`SELECT * FROM t WHERE a = '${d}'`); }\n";
    let folder = Folder::with(&[("appended.js", &appended), ("loops.js", &loops.repeat(1_500))]);
    let started = std::time::Instant::now();
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert_eq!(seen.result.unwrap().counts["files"], 2);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_environment_is_read_through_helpers_of_other_files() {
    let folder = Folder::with(&[
        ("packages/lib/package.json", r#"{"name": "@shop/lib"}"#),
        ("packages/lib/env.ts", "export const env = (name: string) => process.env[name];\n"),
        (
            "apps/web/a.ts",
            "import { env } from '@shop/lib/env';\nexport const a = env('SHOP_A');\nexport const b = env('SHOP_B') ?? '1';\nconst f = env('SHOP_F'); if (f) g(f);\n",
        ),
        ("b/env.py", "import os\ndef need(name, default=None):\n    return os.getenv(name, default)\n"),
        (
            "b/raising.py",
            "import os\ndef must(name):\n    v = os.getenv(name)\n    if not v:\n        raise ValueError(name)\n    return v\n",
        ),
        (
            "b/settings.py",
            "from b.env import need\nfrom b.raising import must\nC = need('SHOP_C')\nD = need('SHOP_D', 'x')\nE = must('SHOP_E')\n",
        ),
    ]);
    let cx = code_context(&folder);
    let index = cx.code.index(&cx).await.unwrap();
    let reads: Vec<(&str, bool)> =
        index.files.iter().flat_map(|file| &file.env_reads).map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(
        reads,
        [("SHOP_A", false), ("SHOP_B", true), ("SHOP_F", true), ("SHOP_C", true), ("SHOP_D", true), ("SHOP_E", false)]
    );
}

#[tokio::test]
async fn a_new_batch_sees_what_changed_and_what_went() {
    let folder = Folder::with(&[("a.ts", "fetch('https://a.example.com');\n"), ("b.ts", "f();\n"), ("c.ts", "g();\n")]);
    let cx = code_context(&folder);
    let index = async |code: &gonogo::probe::SharedCode| code.index(&cx).await.unwrap();
    let code = gonogo::probe::SharedCode::default();
    let first = index(&code).await;
    assert!(std::sync::Arc::ptr_eq(&first, &index(&code).await), "one batch shares one index");
    folder.write("b.ts", "f();\nh();\n");
    fs::remove_file(folder.path().join("c.ts")).unwrap();
    let second = index(&code.renewed()).await;
    assert!(
        std::sync::Arc::ptr_eq(first.files.get(0).unwrap(), second.files.get(0).unwrap()),
        "what did not change is not read again"
    );
    assert_eq!(
        second.files.iter().map(|file| (file.path.as_str(), file.lines)).collect::<Vec<_>>(),
        [("a.ts", 1), ("b.ts", 2)]
    );
    cx.cancel.cancel();
    assert!(code.renewed().index(&cx).await.is_err());
}

#[tokio::test]
async fn who_reads_the_code_and_who_waits_for_it_both_see_progress() {
    let folder = Folder::with(&[]);
    for number in 0..200 {
        folder.write(&format!("src/{number}.ts"), "export const a = () => { b(); };\n".repeat(200));
    }
    let context = || context(&SourceProbe, folder.path(), Settings::default(), jiff::Timestamp::now());
    let ((reader, _events, mut read), (waiter, _other_events, mut waited)) = (context(), context());
    let watch = async |latest: &mut tokio::sync::watch::Receiver<gonogo::model::Progress>| {
        let mut seen = Vec::new();
        while seen.last() != Some(&(200, Some(200))) && latest.changed().await.is_ok() {
            let progress = latest.borrow_and_update().clone();
            seen.push((progress.done, progress.total));
        }
        seen
    };
    let code = gonogo::probe::SharedCode::default();
    let (first, second, read, waited) =
        tokio::join!(code.index(&reader), code.index(&waiter), watch(&mut read), watch(&mut waited));
    assert!(std::sync::Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
    for seen in [read, waited] {
        assert!(seen.len() > 1 && seen.iter().any(|(done, total)| *done < 200 && *total == Some(200)), "{seen:?}");
    }
}

#[tokio::test]
async fn the_same_project_gives_the_same_findings_in_the_same_order() {
    let text = "try { await fetch('https://b.example.com'); } catch {}\nawait fetch('https://a.example.com');\n";
    let folder = Folder::with(&[("b.ts", text), ("a.ts", text)]);
    let order = async || {
        let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
        seen.findings.iter().map(|f| format!("{} {} {}", f.location, f.rule, f.fingerprint)).collect::<Vec<_>>()
    };
    let first = order().await;
    assert_eq!(first, order().await);
    let places: Vec<&str> = first.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["a.ts:1", "a.ts:1", "a.ts:2", "b.ts:1", "b.ts:1", "b.ts:2"]);
}
