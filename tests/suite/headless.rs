//! The real binary without a terminal.

use std::fs;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use gonogo::model::escape;
use serde_json::Value;

use crate::support::binary::{World, said};
use crate::support::probes::Folder;

fn small_app() -> Folder {
    Folder::with(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"express": "4.19.2"}}"#),
        (
            "server.ts",
            "import express from 'express';\nconst app = express();\ntry { await chargeCard(order) } catch (e) {}\n",
        ),
        (".env.example", "PORT=\n"),
    ])
}

#[test]
fn the_demo_shows_every_probe_at_work_and_leaves_nothing_behind() {
    let world = World::new();
    let said = world.run(&["demo", "--check", "--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let report = said.json();
    assert_eq!(report["schema"], 1);
    assert_eq!(report["verdict"], "no-go");
    let probes = report["probes"].as_array().unwrap();
    assert_eq!(probes.len(), 7);
    for probe in probes {
        // A lock file of the demo names no version for one of its packages.
        assert!(["completed", "partial"].contains(&probe["outcome"].as_str().unwrap()), "{probe}");
        let id = &probe["id"];
        let found = report["findings"].as_array().unwrap().iter().filter(|finding| finding["probe"] == *id).count();
        assert!(found > 0, "{id} found nothing");
    }
    assert_eq!(report["project"]["name"], "shop");
    assert_eq!(fs::read_dir(world.temporary()).unwrap().count(), 0, "the demo left something behind");
    assert!(!world.home().join("data").exists(), "the demo wrote into the user's data folder");
}

#[test]
fn the_same_project_gives_the_same_bytes() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    let strip = |text: &str| text.lines().filter(|line| !line.contains("duration_ms")).collect::<Vec<_>>().join("\n");
    let first = world.run(&["check", path, "--format", "json"]);
    let second = World::new().run(&["check", path, "--format", "json"]);
    assert_eq!(first.code, 1, "{first:?}");
    assert_eq!(strip(&first.out), strip(&second.out));
    let markdown = |world: &World| world.run(&["report", path, "--format", "markdown"]).out;
    assert_eq!(markdown(&world), markdown(&world));
}

#[test]
fn json_keeps_its_contract() {
    let (world, app) = (World::new(), small_app());
    let report = world.run(&["check", app.path().to_str().unwrap(), "--format", "json"]).json();
    let has = |value: &Value, names: &[&str]| {
        for name in names {
            assert!(value.get(name).is_some(), "{name} is missing in {value}");
        }
    };
    has(&report, &["schema", "tool", "project", "verdict", "probes", "sections", "items", "findings", "proofs"]);
    has(&report["project"], &["name", "root", "commit", "stack"]);
    has(&report["probes"][0], &["id", "outcome", "why", "examined", "duration_ms"]);
    has(&report["sections"][0], &["id", "title", "poll"]);
    let item =
        ["id", "section", "title", "severity", "status", "why", "basis", "conflict", "stale", "findings", "proofs"];
    has(&report["items"][0], &item);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "swallowed-error").unwrap();
    has(finding, &["fingerprint", "rule", "probe", "severity", "confidence", "message", "location", "evidence", "fix"]);
    let place = ["kind", "path", "line", "column", "end_line", "package", "version", "url"];
    has(&finding["location"], &place);
    assert_eq!((&finding["location"]["path"], &finding["location"]["line"]), (&"server.ts".into(), &3.into()));
    let ids: Vec<&str> =
        report["probes"].as_array().unwrap().iter().map(|probe| probe["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["source", "secrets", "environment", "repository", "dependencies", "database", "web"]);
}

#[test]
fn every_service_is_a_question_with_what_the_code_says() {
    let app = Folder::with(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"express": "5.1.0", "stripe": "18.0.0"}}"#),
        (
            "pay.ts",
            "import Stripe from 'stripe';\nconst stripe = new Stripe(key);\nexport async function pay(order) {\n  try {\n    await stripe.charges.create(order);\n  } catch (error) {\n    logger.error(error);\n    return { queued: true };\n  }\n}\n",
        ),
        ("rates.ts", "export const rates = () => fetch('https://rates.example.com/all');\n"),
    ]);
    let (world, path) = (World::new(), app.path().to_str().unwrap().to_owned());
    let report = world.run(&["check", &path, "--only", "source", "--format", "json"]).json();
    let names: Vec<&str> =
        report["services"].as_array().unwrap().iter().map(|service| service["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Stripe", "rates.example.com"]);
    let stripe = &report["services"][0];
    assert_eq!(stripe["item"], "services.stripe");
    for (cell, known, line) in
        [("timeout", "yes", 5), ("retry", "yes", 5), ("catch", "yes", 6), ("fallback", "yes", 6), ("alert", "yes", 6)]
    {
        assert_eq!((&stripe[cell]["known"], &stripe[cell]["line"]), (&known.into(), &line.into()), "{cell}");
    }
    let rates = &report["services"][1];
    assert_eq!((&rates["timeout"]["known"], &rates["timeout"]["path"]), (&"no".into(), &"rates.ts".into()));
    assert_eq!(rates["fallback"]["known"], "asked");
    let item =
        report["items"].as_array().unwrap().iter().find(|item| item["id"] == "services.rates-example-com").unwrap();
    assert_eq!((&item["section"], &item["status"]), (&"external-services".into(), &"unknown".into()));
    assert!(item["why"].as_str().unwrap().contains("timeout no (rates.ts:1)"), "{item}");
    let markdown = world.run(&["report", &path, "--format", "markdown"]).out;
    assert!(
        markdown.contains("## What the app depends on") && markdown.contains("| rates.example.com |"),
        "{markdown}"
    );
}

#[test]
fn what_cannot_be_used_is_refused_in_one_line() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    let file = app.path().join("server.ts");
    world.run(&["check", "no/such/place"]).refused("does not exist");
    world.run(&["check", file.to_str().unwrap()]).refused("is a file");
    world.run(&["check", path, "--url", "shop"]).refused("is not a web address");
    world.run(&["check", path, "--only", "sauce"]).refused("the probes are source");
    world.run(&["check", path, "--database", "hunter2"]).refused("is not a connection string");
    world.run(&["check", path, "--queries", "none.sql"]).refused("none.sql");
    world.run(&["check", path, "--rows", "0"]).refused("--rows");
    world.run(&["explain", "nothing-like-this"]).refused("gonogo rules");
    world.run(&["report", path]).refused("has not been examined yet");
    world.run(&[path]).refused("terminal");
    world.run(&["demo"]).refused("terminal");
    world.run(&["check", path, "--checklist", "none"]).refused("there are: ai-built, production");
    app.write("gonogo.toml", "rows = 1\nspeed = 2\n");
    world.run(&["check", path]).refused("gonogo.toml:2:");
    world.run(&["check", path, "--format", "pdf"]).refused("possible values: text, json, markdown");
    world.run(&["check", path, "--speed"]).refused("unexpected argument '--speed'");
    world.run(&["check", path, "--rows", "many"]).refused("many");
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (world, app) = (World::new(), small_app());
    fs::set_permissions(app.path(), fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything; then there is nothing to refuse.
    if fs::read_dir(app.path()).is_err() {
        world.run(&["check", app.path().to_str().unwrap()]).refused("cannot be read");
    }
    fs::set_permissions(app.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_empty_project_is_unknown_and_not_green() {
    let (world, app) = (World::new(), Folder::with(&[]));
    let said = world.run(&["check", app.path().to_str().unwrap(), "--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let report = said.json();
    for item in report["items"].as_array().unwrap() {
        assert_ne!(item["status"], "pass", "{item}");
    }
}

#[test]
fn nothing_is_touched_without_consent_and_a_refused_connection_is_one_failed_probe() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    let word = ["hun", "ter2"].concat();
    let database = format!("postgres://ann:{word}@127.0.0.1:1/shop");
    let asked = ["check", path, "--format", "json", "--database", &database, "--url", "https://127.0.0.1:1/"];
    let outcome = |report: &Value, id: &str| {
        report["probes"].as_array().unwrap().iter().find(|probe| probe["id"] == id).unwrap()["outcome"].clone()
    };
    let without = world.run(&asked);
    for id in ["database", "web", "dependencies"] {
        assert_eq!(outcome(&without.json(), id), "skipped", "{id}");
    }
    let with = world.run(&[&asked[..], &["--yes", "--offline"]].concat());
    assert_eq!(with.code, 3, "{}", with.err);
    let report = with.json();
    assert_eq!((outcome(&report, "database"), outcome(&report, "web")), ("failed".into(), "failed".into()));
    assert_eq!(outcome(&report, "source"), "completed");
    assert!(!format!("{without:?}{with:?}").contains(&word), "a password was shown");
}

#[test]
fn a_secret_is_nowhere_to_be_seen() {
    let (world, app) = (World::new(), small_app());
    let key = ["sk_", "live_", "51Hx8QzKp3", "vNwT7yRbL2", "mJdUc9"].concat();
    app.write("pay.ts", format!("const stripe = new Stripe('{key}');\ntry {{ pay('{key}') }} catch {{}}\n"));
    app.write(".env", format!("STRIPE_SECRET_KEY={key}\n"));
    let path = app.path().to_str().unwrap();
    for format in ["json", "markdown", "text"] {
        let said = world.run(&["check", path, "--format", format, "-v"]);
        assert!(said.out.contains("pay.ts"), "{format}: the key was not found: {}", said.out);
        assert!(!said.out.contains(&key) && !said.err.contains(&key), "{format} shows the key");
    }
    let mut folders = vec![world.home().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let bytes = fs::read(entry.path()).unwrap();
                assert!(
                    !bytes.windows(key.len()).any(|part| part == key.as_bytes()),
                    "{:?} holds the key",
                    entry.path()
                );
            }
        }
    }
}

#[test]
fn state_that_is_locked_broken_or_newer_loses_nothing() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    let state = world.home().join("state.db");
    let check = |extra: &[&str]| {
        world.run(&[&["check", path, "-q", "--only", "repository", "--state", state.to_str().unwrap()], extra].concat())
    };
    fs::write(&state, "not a database at all, but somebody may want it back").unwrap();
    let broken = check(&[]);
    assert!(broken.err.contains("state.db.broken-1"), "{broken:?}");
    let kept = fs::read_to_string(world.home().join("state.db.broken-1")).unwrap();
    assert_eq!(kept, "not a database at all, but somebody may want it back");
    assert_eq!(check(&[]).err, "", "the new state works");
    let open = || {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&state);
        sqlx::SqlitePool::connect_with(options)
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let pool = open().await.unwrap();
        sqlx::query("UPDATE _sqlx_migrations SET version = 999").execute(&pool).await.unwrap();
        pool.close().await;
    });
    check(&[]).refused("newer gonogo");
    fs::remove_file(&state).unwrap();
    assert_eq!(check(&[]).err, "");
    let lock = runtime.block_on(async {
        let pool = open().await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        sqlx::query("PRAGMA locking_mode = EXCLUSIVE").execute(&mut *connection).await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut *connection).await.unwrap();
        (pool, connection)
    });
    check(&[]).refused("locked by another program");
    let _context = runtime.enter();
    drop(lock);
}

#[test]
fn the_report_tells_what_was_found_without_running_again() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    let checked = world.run(&["check", path, "--format", "json"]);
    fs::remove_file(app.path().join("server.ts")).unwrap();
    let reported = world.run(&["report", path, "--format", "json"]);
    assert_eq!(reported.code, 1, "{}", reported.err);
    assert_eq!(checked.json()["findings"], reported.json()["findings"]);
    let file = world.home().join("report.md");
    assert_eq!(world.run(&["report", path, "--format", "markdown", "-o", file.to_str().unwrap()]).out, "");
    assert!(fs::read_to_string(file).unwrap().contains("NO-GO"));
    let nowhere = world.run(&["report", path, "-o", "no/such/folder/report.md"]);
    assert!(nowhere.code == 2 && nowhere.err.contains("-o"), "{nowhere:?}");
}

#[test]
fn fail_on_decides_the_exit_code() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    assert_eq!(world.run(&["check", path, "-q", "--fail-on", "never"]).code, 0);
    assert_eq!(world.run(&["check", path, "-q", "--fail-on", "minor"]).code, 1);
}

#[test]
fn lists_and_explanations_come_as_text_and_json() {
    let world = World::new();
    for args in [
        &["rules"][..],
        &["checklists"],
        &["themes"],
        &["explain", "n-plus-one-query"],
        &["explain", "backups.restore-tested"],
    ] {
        let text = world.run(args);
        assert!(text.code == 0 && text.out.len() > 50 && text.err.is_empty(), "{args:?}: {text:?}");
        let json = world.run(&[args, &["--format", "json"]].concat());
        assert!(json.json().is_array() || json.json().is_object());
    }
    assert!(world.run(&["advisories", "status"]).out.contains("advisories update"));
    assert!(world.run(&["advisories", "update"]).err.contains("--yes"));
    assert!(world.run(&["completions", "bash"]).out.contains("_gonogo"));
    assert!(world.run(&["man"]).out.contains(".TH gonogo"));
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_early_changes_no_verdict_and_hears_no_panic() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    for (args, code) in [
        (&["check", path, "-q", "-v", "--format", "json"][..], 1),
        (&["check", path, "-q", "--fail-on", "never"], 0),
        (&["completions", "bash"], 0),
        (&["checklists", "--format", "json"], 0),
        (&["man"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let left = said(world.command(args).stdout(writer).output().unwrap());
        assert_eq!((left.code, left.err.as_str()), (code, ""), "{args:?}");
    }
    if let Ok(full) = fs::File::options().write(true).open("/dev/full") {
        for args in [&["check", path, "-q"][..], &["completions", "zsh"], &["rules"]] {
            said(world.command(args).stdout(full.try_clone().unwrap()).output().unwrap()).refused("No space left");
        }
    }
}

#[test]
fn init_writes_once_and_what_it_writes_is_valid() {
    let (world, app) = (World::new(), small_app());
    let path = app.path().to_str().unwrap();
    assert!(world.run(&["init", path, "--print"]).out.contains("express"));
    assert_eq!(world.run(&["init", path]).code, 0);
    assert_eq!(world.run(&["check", path, "-q", "--fail-on", "never"]).code, 0);
    world.run(&["init", path]).refused("is there already");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_check_with_130() {
    let world = World::new();
    let app = small_app();
    // A server that never answers keeps the web probe busy.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let child = world.start(&["check", app.path().to_str().unwrap(), "--url", &url, "--yes", "--offline"]);
    std::thread::sleep(Duration::from_millis(700));
    let start = Instant::now();
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let said = said(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{said:?}");
    assert!(said.err.contains("interrupted") && start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_prompt_says_what_an_assistant_needs_to_fix_a_finding() {
    let (world, app) = (World::new(), small_app());
    let password = ["hunter2", "hunter2", "77"].concat();
    let code = "import pg from 'pg';\n".repeat(30)
        + &format!(
            "const key = {{ password: '{password}' }};\n// \x1b[31m```\ntry {{ await chargeCard(order) }} catch (e) {{}}\n"
        );
    app.write("server.ts", code);
    let path = app.path().to_str().unwrap();
    let none = world.run(&["explain", "--prompt", "abcd", "--project", path]);
    assert!(none.code == 2 && none.err.contains("not been examined yet"), "{none:?}");
    let report = world.run(&["check", path, "--format", "json"]).json();
    let findings = report["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["rule"] == "swallowed-error").unwrap();
    let print = found["fingerprint"].as_str().unwrap();
    let said = world.run(&["explain", "--prompt", &print[..8], "--project", path]);
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "# The problem",
        "# The place",
        "`server.ts`, line 33",
        ">    33 | try {",
        "     14 | import pg",
        "# What a correct fix must hold",
        "gonogo check --only source",
        print,
    ] {
        assert!(said.out.contains(part), "{part} is missing in {}", said.out);
    }
    assert!(!said.out.contains(&password) && !said.out.contains('\x1b'), "{}", said.out);
    // The fence is longer than what stands in it.
    assert!(said.out.contains("````ts\n"), "{}", said.out);
    for wrong in ["zzzz", "", "a"] {
        let refused = world.run(&["explain", "--prompt", wrong, "--project", path]);
        assert!(refused.code == 2 && refused.err.contains("no finding"), "{refused:?}");
    }
    // What the probe saw is quoted where the file has changed since.
    app.write("server.ts", "// all new\n");
    let said = world.run(&["explain", "--prompt", print, "--project", path]);
    assert!(said.out.contains("chargeCard") && !said.out.contains("all new"), "{}", said.out);
}

/// A web server that answers every request with these bytes, for as long as the process lives.
fn answering(bytes: &'static [u8]) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(bytes);
            });
        }
    });
    url
}

#[test]
fn what_a_server_sends_steers_neither_the_terminal_nor_a_report() {
    let (world, app) = (World::new(), small_app());
    let url = answering(
        b"HTTP/1.1 200 OK\r\nReferrer-Policy: \x1b]0;owned\x07\xc2\x9b31m\xe2\x80\xae\r\nX-Powered-By: \xe2\x81\xa6evil\x1b[2J\r\n\
          Content-Security-Policy: \xef\xbb\xbfdefault-src\x00 \xe2\x80\xa8*\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    );
    let asked = |format: &str| {
        let only = ["check", app.path().to_str().unwrap(), "--only", "web", "--url", &url, "--yes", "--format", format];
        world.run(&only)
    };
    for format in ["text", "json", "markdown"] {
        let said = asked(format);
        assert!(said.code < 2, "{said:?}");
        let steers = |text: &str| text.chars().find(|c| escape::is_unsafe(*c) && *c != '\n');
        assert_eq!((steers(&said.out), steers(&said.err)), (None, None), "{format}: {said:?}");
        if format == "json" {
            let report = said.json();
            let sent = report["web"]["sites"][0]["headers"].to_string();
            assert!(sent.contains("owned"), "the header is shown, escaped: {report:#}");
            // What JSON escapes would steer whoever unpacks it.
            fn texts(value: &Value, steers: &dyn Fn(&str) -> Option<char>) {
                match value {
                    Value::String(text) => assert_eq!(steers(text), None, "{text:?}"),
                    Value::Array(values) => values.iter().for_each(|value| texts(value, steers)),
                    Value::Object(fields) => fields.values().for_each(|value| texts(value, steers)),
                    _ => {}
                }
            }
            texts(&report, &steers);
        }
    }
}
