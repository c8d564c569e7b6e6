//! The parts of a package that an advisory is about, and whether the code imports them.

use std::collections::BTreeMap;

use gonogo::model::{Confidence, PartsUsed, Severity};
use gonogo::probe::dependencies::DependenciesProbe;
use gonogo::probe::dependencies::advisory::{Part, Parts};
use gonogo::probe::dependencies::parts_used::parts_used;
use gonogo::probe::dependencies::query::Query;
use gonogo::probe::dependencies::store::Store;
use gonogo::probe::dependencies::uses::{Code, Imports, Place, PlaceKind};
use gonogo::probe::dependencies::vendored::Vendored;
use gonogo::probe::dependencies::ways_in::Graph;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::{Ecosystem, LockFile, Manager, Scope};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::store::{import, now};
use super::{export, offline, record};
use crate::support::probes::{Folder, run_at};

const CRYPTO: &str = "golang.org/x/crypto";

/// A module, asked for by `called`, or brought in by nobody knows whom.
fn go_mod(module: &str, called: Option<&str>) -> LockFile {
    let mut builder = Builder::new(Manager::Go, "1.22");
    builder.add(module, Draft::new(module, "v0.20.0", 4));
    builder.root("go.mod");
    if let Some(called) = called {
        builder.wants("go.mod", called, "v0.20.0", Scope::Production, module);
    }
    builder.finish("go.mod").lock
}

fn imports(modules: &[(&str, PlaceKind)]) -> Imports {
    let mut code = Code { files: 2, ..Code::default() };
    for (line, (module, kind)) in (1..).zip(modules) {
        let place = Place { kind: *kind, path: "main.go".to_owned(), line };
        code.modules.entry((*module).to_owned()).or_default().push(place);
    }
    Imports { code: BTreeMap::from([(Ecosystem::Go, code)]), ..Imports::default() }
}

fn told(imports: &Imports, lock: &LockFile, paths: &[&str]) -> String {
    let parts: Vec<Part> = paths.iter().map(|path| Part { path: (*path).to_owned(), symbols: Vec::new() }).collect();
    let ways = Graph::of(lock).ways_in(0, &BTreeMap::new());
    match parts_used(imports, lock, &lock.packages[0], &ways, &parts) {
        PartsUsed::Imported { part, places, more } => format!("{part} in {places:?} +{more}"),
        PartsUsed::Built { part, list } => format!("{part} built by {list}"),
        PartsUsed::NotByOwnCode => "not by own code".to_owned(),
        PartsUsed::NotBuilt { list } => format!("not built by {list}"),
        PartsUsed::Unknown { why } => format!("unknown: {why}"),
        PartsUsed::NotExamined => "not examined".to_owned(),
    }
}

#[test]
fn only_what_the_advisory_names_is_looked_for() {
    use PlaceKind::{Aside, Production, Setting};
    let direct = go_mod(CRYPTO, Some(CRYPTO));
    let ssh = "golang.org/x/crypto/ssh";
    let hash = imports(&[("golang.org/x/crypto/bcrypt", Production), ("golang.org/x/crypto/sha3", Production)]);
    assert_eq!(told(&hash, &direct, &[ssh]), "not by own code");
    assert_eq!(told(&hash, &direct, &[]), "not examined");
    let both = imports(&[("golang.org/x/crypto/bcrypt", Production), (ssh, Production)]);
    assert_eq!(told(&both, &direct, &["golang.org/x/crypto/openpgp", ssh]), format!("{ssh} in [(\"main.go\", 2)] +0"));
    assert_eq!(told(&imports(&[(ssh, Setting)]), &direct, &[ssh]), format!("{ssh} in [(\"main.go\", 1)] +0"));
    assert_eq!(told(&imports(&[(ssh, Aside)]), &direct, &[ssh]), "not by own code", "tests are no use");
    let many: Vec<_> = (0..8).map(|_| (ssh, Production)).collect();
    assert!(told(&imports(&many), &direct, &[ssh]).ends_with("(\"main.go\", 5)] +3"));
    // Code imports a replaced module by its old name, the advisory names what is built.
    let fork = go_mod("example.com/fork", Some(CRYPTO));
    assert_eq!(told(&both, &fork, &["example.com/fork/ssh"]), "example.com/fork/ssh in [(\"main.go\", 2)] +0");
    assert_eq!(told(&hash, &fork, &["example.com/fork/ssh"]), "not by own code");
}

#[test]
fn what_another_part_may_need_is_not_called_unused() {
    use PlaceKind::{Aside, Production};
    let direct = go_mod(CRYPTO, Some(CRYPTO));
    let ssh = "golang.org/x/crypto/ssh";
    for (imported, part, expected) in [
        (
            "golang.org/x/crypto/ssh/agent",
            ssh,
            "unknown: golang.org/x/crypto/ssh/agent, which the code imports, may need it",
        ),
        (CRYPTO, ssh, "unknown: golang.org/x/crypto, which the code imports, may need it"),
        (ssh, "golang.org/x/crypto/ssh/agent", "unknown: golang.org/x/crypto/ssh, which the code imports, may need it"),
        (
            "golang.org/x/crypto/bcrypt",
            "golang.org/x/crypto/internal/poly1305",
            "unknown: only the module itself can import it",
        ),
        // A name that only begins alike, and another module.
        ("golang.org/x/crypto/sshx", ssh, "not by own code"),
        ("golang.org", ssh, "not by own code"),
    ] {
        assert_eq!(told(&imports(&[(imported, Production)]), &direct, &[part]), expected);
    }
    assert_eq!(told(&imports(&[("golang.org/x/crypto/ssh/agent", Aside)]), &direct, &[ssh]), "not by own code");
    let hash = imports(&[("golang.org/x/crypto/bcrypt", Production)]);
    assert_eq!(told(&hash, &go_mod(CRYPTO, None), &[ssh]), "unknown: another module brings it in");
    let library = go_mod("stdlib", Some("stdlib"));
    assert_eq!(told(&hash, &library, &["crypto/x509"]), "unknown: Go's own library and every module may import it");
    assert_eq!(
        told(&imports(&[("crypto/x509", Production)]), &library, &["crypto/x509"]),
        "crypto/x509 in [(\"main.go\", 1)] +0"
    );
    let with = |change: &dyn Fn(&mut Imports)| {
        let mut imports = hash.clone();
        change(&mut imports);
        told(&imports, &direct, &[ssh])
    };
    let go = |imports: &mut Imports| imports.code.get_mut(&Ecosystem::Go).unwrap().unread = Some("2 files".to_owned());
    assert_eq!(with(&go), "unknown: 2 files");
    assert_eq!(with(&|imports| imports.not_read = Some("no code".to_owned())), "unknown: no code");
    assert_eq!(with(&|imports| imports.code.clear()), "unknown: there is no Go code that could be read");
    // Rust's functions are no imports.
    let mut builder = Builder::new(Manager::Cargo, "4");
    builder.add("a", Draft::new("a", "1.0.0", 1));
    assert_eq!(told(&hash, &builder.finish("Cargo.lock").lock, &["a::b"]), "not examined");
}

#[test]
fn the_list_in_vendor_says_what_is_built() {
    let ssh = "golang.org/x/crypto/ssh";
    let with = |lock: &LockFile, text: &str, path: &str| {
        let vendored = BTreeMap::from([("go.mod".to_owned(), Vendored::read("vendor/modules.txt", text))]);
        told(&Imports { vendored, ..imports(&[]) }, lock, &[path])
    };
    for lock in [go_mod(CRYPTO, Some(CRYPTO)), go_mod(CRYPTO, None)] {
        let of = |text: &str| with(&lock, text, ssh);
        let rest = "golang.org/x/crypto/bcrypt\n# example.com/a v0.20.0\ngolang.org/x/crypto/ssh\n";
        assert_eq!(of(&format!("# {CRYPTO} v0.20.0\n{rest}")), "not built by vendor/modules.txt");
        assert_eq!(of(&format!("# {CRYPTO} v0.20.0\n{ssh}\n{rest}")), format!("{ssh} built by vendor/modules.txt"));
        // A list of another version says nothing.
        assert!(!of(&format!("# {CRYPTO} v0.19.0\n{rest}")).contains("built"));
        assert!(!of("<<<<<<< HEAD\n").contains("built"));
    }
    let fork = go_mod("example.com/fork", None);
    let text = format!("# {CRYPTO} v0.19.0 => example.com/fork v0.20.0\n{ssh}\n");
    assert_eq!(with(&fork, &text, "example.com/fork/ssh"), "example.com/fork/ssh built by vendor/modules.txt");
}

fn about_ssh() -> Value {
    let mut one = record("GO-2024-1", "Go", CRYPTO, &[("introduced", "0"), ("fixed", "0.31.0")]);
    one["aliases"] = json!(["CVE-2024-1"]);
    one["affected"][0]["ecosystem_specific"] = json!({"imports": [{
        "path": "golang.org/x/crypto/ssh", "symbols": ["Dial", "connection.serverAuthenticate"], "goos": ["linux"],
    }]});
    one
}

#[tokio::test]
async fn the_offline_copy_keeps_the_parts_and_the_finding_tells_them() {
    let source = Folder::with(&[]);
    // GitHub's record of the same hole names no parts.
    let mut github = record("GHSA-1", "Go", CRYPTO, &[("introduced", "0"), ("fixed", "0.31.0")]);
    github["aliases"] = json!(["CVE-2024-1"]);
    github["database_specific"] = json!({"severity": "CRITICAL"});
    export(&source.path().join("all.zip"), &[about_ssh(), github]);
    let dir = Folder::with(&[]);
    import(&[&source.path().join("all.zip")], dir.path()).await.unwrap();
    let query = Query { ecosystem: Ecosystem::Go, name: CRYPTO.to_owned(), version: "v0.20.0".to_owned() };
    let answers = Store::open(dir.path()).unwrap().look_up(&[query].into(), now(), &CancellationToken::new()).unwrap();
    let known: Vec<_> = answers.hits.values().flatten().map(|one| (&*one.id, one.affects[0].parts.clone())).collect();
    let parts = Parts {
        named: vec![Part { path: "golang.org/x/crypto/ssh".to_owned(), symbols: vec!["Dial".to_owned()] }],
        platforms: vec!["linux".to_owned()],
    };
    assert_eq!(known, [("GHSA-1", Parts::default()), ("GO-2024-1", parts)]);

    let go_mod = format!("module example.com/app\ngo 1.22\nrequire (\n\t{CRYPTO} v0.20.0\n)\n");
    let list = format!("# {CRYPTO} v0.20.0\n## explicit; go 1.18\ngolang.org/x/crypto/bcrypt\n");
    let project = Folder::with(&[("go.mod", &go_mod), ("vendor/modules.txt", &list)]);
    let seen = run_at(&DependenciesProbe, project.path(), offline(dir.path()), now()).await.unwrap();
    let [finding] = &seen.findings[..] else { panic!("{:?}", seen.findings) };
    assert_eq!((finding.severity, finding.confidence), (Severity::Major, Confidence::Low));
    assert!(finding.message.contains("nothing that is built imports golang.org/x/crypto/ssh"), "{}", finding.message);
    let evidence = &finding.evidence[0].text;
    assert!(evidence.contains("\nit is in: golang.org/x/crypto/ssh (Dial)\nonly on: linux\n"), "{evidence}");
    assert!(evidence.contains("\nthe part with the hole: not built, as vendor/modules.txt says\n"), "{evidence}");
    let report = seen.result.unwrap().dependencies.unwrap();
    let written = serde_json::to_value(&report.vulnerable[0].advisories[0]).unwrap();
    assert_eq!(
        (&written["parts"], &written["platforms"], &written["parts_used"]),
        (
            &json!(["golang.org/x/crypto/ssh"]),
            &json!(["linux"]),
            &json!({"used": "not-built", "list": "vendor/modules.txt"})
        )
    );
    // A list that is out of step with go.mod says nothing of it.
    project.write("vendor/modules.txt", list.replace("v0.20.0", "v0.19.0"));
    let seen = run_at(&DependenciesProbe, project.path(), offline(dir.path()), now()).await.unwrap();
    assert_eq!((seen.findings[0].severity, seen.findings[0].confidence), (Severity::Blocker, Confidence::High));
}
