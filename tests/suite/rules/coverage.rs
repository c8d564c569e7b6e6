//! How far a rule says it got, and what the code says of the project.

use std::path::Path;

use gonogo::model::{Coverage, Settings};
use gonogo::probe::source::SourceProbe;

use super::{coverage, examined};
use crate::support::probes::run;

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
