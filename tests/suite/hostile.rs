//! Projects that are out to hurt: nothing hangs, nothing crashes, what was not examined is counted, and nothing that
//! could steer a terminal gets through.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::binary::World;
use crate::support::probes::Folder;

fn nasty() -> Folder {
    let folder = Folder::with(&[
        ("package.json", r#"{"name": "na\u001b[31msty\u202e", "dependencies": {"express": "4", "pg": "8"}}"#),
        ("ok.ts", "try { await chargeCard(order) } catch (e) {}\n"),
    ]);
    folder.write("binary.ts", b"\x00\x01\x02export const a = 1".as_slice());
    folder.write("latin.py", b"caf\xe9 = 1\n".as_slice());
    folder.write("huge.js", "let a = 1;\n".repeat(200_001));
    folder.write("deep.js", format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)));
    folder.write("parens.py", "(".repeat(200_000));
    folder.write("unfinished.tsx", "export default () => <div><p>{`${");
    folder.write("minified.js", format!("var a={};", "function(){return 1},".repeat(30_000)));
    folder.write("package-lock.json", "{".repeat(50_000));
    folder.write("requirements.txt", "-r requirements.txt\n");
    folder.write(".env", "A=\u{1b}]0;owned\u{7}\nSECRET_TOKEN=\"unterminated\n");
    folder.write(".github/workflows/a.yml", "a: &a [*a, *a]\nb: {c: [");
    folder.write("Dockerfile", "FROM \u{1b}[2J\n");
    folder
}

#[cfg(unix)]
fn traps(folder: &Folder) {
    use std::os::unix::ffi::OsStrExt;
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink(folder.path(), at("loop")).unwrap();
    std::os::unix::fs::symlink("b", at("a")).unwrap();
    std::os::unix::fs::symlink("a", at("b")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at("outside.ts")).unwrap();
    for pipe in ["pipe.ts", ".env.local"] {
        assert!(std::process::Command::new("mkfifo").arg(at(pipe)).status().unwrap().success());
    }
    let name = std::ffi::OsStr::from_bytes(b"evil\x1b[31m\n.ts");
    fs::write(folder.path().join(name), "try { await chargeCard(order) } catch (e) {}\n").unwrap();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"not\xffutf8.ts")), "let a = 1\n").unwrap();
}

#[cfg(unix)]
#[test]
fn a_project_full_of_traps_is_examined_and_its_gaps_are_counted() {
    let (world, folder) = (World::new(), nasty());
    traps(&folder);
    let path = folder.path().to_str().unwrap();
    let start = Instant::now();
    let said = world.run(&["check", path, "--format", "json"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(said.code, 1, "{}", said.err);
    let report = said.json();
    let mut gaps = String::new();
    for probe in report["probes"].as_array().unwrap() {
        assert!(["completed", "skipped"].contains(&probe["outcome"].as_str().unwrap()), "{probe}");
        gaps.push_str(&probe["not_examined"].to_string());
    }
    for reason in ["larger than 2 MB", "binary", "not UTF-8", "not a regular file", "symbolic link"] {
        assert!(gaps.contains(reason), "{reason} is not counted: {gaps}");
    }
    let found: Vec<&str> = (report["findings"].as_array().unwrap().iter())
        .filter(|finding| finding["rule"] == "swallowed-error")
        .map(|finding| finding["location"]["path"].as_str().unwrap())
        .collect();
    assert!(found.contains(&"ok.ts") && found.iter().any(|path| path.starts_with("evil")), "{found:?}");
    let item =
        |id: &str| report["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap()["status"].clone();
    assert_eq!(item("security.queries-parameterized"), "unknown", "files were left out, so silence proves nothing");
    for format in ["text", "markdown"] {
        let said = world.run(&["report", path, "--format", format]);
        assert!(said.out.contains("ok.ts"));
        let steering = |c: char| gonogo::model::escape::is_unsafe(c) && c != '\n';
        assert!(!said.out.contains(steering), "{format}: {:?}", said.out.chars().find(|c| steering(*c)));
        assert!(!said.err.contains(steering));
    }
}

#[test]
fn a_project_that_is_one_enormous_folder_can_be_examined() {
    let (world, folder) = (World::new(), Folder::with(&[("package.json", "{}")]));
    for n in 0..5_000 {
        folder.write(&format!("f{n}.txt"), "x");
    }
    let start = Instant::now();
    let said = world.run(&["check", folder.path().to_str().unwrap(), "-q"]);
    assert!(said.code == 1 && start.elapsed() < Duration::from_secs(30), "{said:?}");
}
