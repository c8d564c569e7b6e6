//! What is looked at again after an edit: as little as possible, and never less than what the edit touches.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gonogo::probe::SharedCode;
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, Seen, run_with};

/// A project of the fixtures that consist of several files, each in a folder of its own.
fn project() -> (Folder, Vec<(String, String)>) {
    let folder = Folder::with(&[("package.json", r#"{"name": "made", "dependencies": {"express": "4", "pg": "8"}}"#)]);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules");
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(&fixtures).sort_by_file_path(Path::cmp).build() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&fixtures).unwrap().to_str().unwrap().to_owned();
        let is_code =
            path.rsplit_once('.').is_some_and(|(_, ending)| "js jsx ts tsx py php go rb java vue".contains(ending));
        if path.split('/').count() > 2 && is_code && entry.path().is_file() {
            let text = fs::read_to_string(entry.path()).unwrap();
            folder.write(&path, &text);
            files.push((path, text));
        }
    }
    (folder, files)
}

/// Everything that a run says, as text.
fn told(seen: &Seen) -> String {
    let mut lines: Vec<String> = seen
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} {} {:?} {:?} {} {} {:?}",
                f.location, f.rule, f.severity, f.confidence, f.message, f.fingerprint, f.evidence
            )
        })
        .chain(
            seen.proofs
                .iter()
                .map(|p| format!("{} {} {} {} {:?}", p.location, p.rule, p.message, p.fingerprint, p.evidence)),
        )
        .collect();
    lines.push(format!("{:#?}", seen.result.as_ref().unwrap()));
    lines.join("\n")
}

/// Numbers that look thrown, and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// One edit of a kind that people make: lines that move, a line that goes, a function that becomes another, a file that
/// is replaced, a state that comes back.
fn edit(folder: &Folder, files: &[(String, String)], dice: &mut Dice) -> String {
    let (path, text) = &files[dice.below(files.len())];
    let now = fs::read_to_string(folder.path().join(path)).unwrap();
    let lines: Vec<&str> = now.lines().collect();
    let (kind, new) = match dice.below(6) {
        0 if !path.ends_with("php") => ("moved", format!("\n\n{now}")),
        1 | 2 => {
            let gone = dice.below(lines.len().max(1));
            (
                "a line less",
                lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| format!("{line}\n")).collect(),
            )
        }
        3 => ("renamed", now.replacen("get", "fetch", 2).replacen("find", "load", 2)),
        4 => {
            let ending = path.rsplit('.').next().unwrap();
            let alike: Vec<_> = files.iter().filter(|(other, _)| other.ends_with(ending)).collect();
            ("another", alike[dice.below(alike.len())].1.clone())
        }
        _ => ("as it was", text.clone()),
    };
    folder.write(path, &new);
    format!("{path}: {kind}")
}

#[tokio::test]
async fn after_any_edit_the_same_is_seen_as_by_a_program_that_starts_afresh() {
    // More edits find more: `GONOGO_EDITS=500` once in a while.
    let edits = std::env::var("GONOGO_EDITS").ok().and_then(|edits| edits.parse().ok()).unwrap_or(12);
    let (folder, files) = project();
    let mut dice = Dice(7);
    let mut code = Arc::new(SharedCode::default());
    run_with(&SourceProbe, folder.path(), &code).await.unwrap();
    let mut done = Vec::new();
    for _ in 0..edits {
        done.push(edit(&folder, &files, &mut dice));
        code = Arc::new(code.renewed());
        let again = told(&run_with(&SourceProbe, folder.path(), &code).await.unwrap());
        let afresh = told(&run_with(&SourceProbe, folder.path(), &Arc::default()).await.unwrap());
        if again != afresh {
            let different: Vec<_> = again.lines().zip(afresh.lines()).filter(|(a, b)| a != b).take(4).collect();
            panic!("after {done:#?}: {different:#?}");
        }
    }
}

#[tokio::test]
async fn what_an_edit_does_in_another_file_is_seen() {
    let folder = Folder::with(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"express": "4", "pg": "8"}}"#),
        (
            "src/orders.ts",
            "import { load } from './load';\nexport async function all(ids: string[]) {\n  const out = [];\n  for (const id of ids) {\n    out.push(await load(id));\n  }\n  return out;\n}\n",
        ),
        (
            "src/load.ts",
            "import { cached } from './cache';\nexport async function load(id: string) {\n  return cached(id);\n}\n",
        ),
    ]);
    for number in 0..10 {
        folder.write(&format!("src/other{number}.ts"), "export const a = 1;\n");
    }
    let code = Arc::new(SharedCode::default());
    let first = run_with(&SourceProbe, folder.path(), &code).await.unwrap();
    assert!(first.of("n-plus-one-query").is_empty(), "{:?}", first.places());
    folder.write(
        "src/load.ts",
        "import { pool } from './db';\nexport async function load(id: string) {\n  const { rows } = await pool.query('SELECT * FROM orders WHERE id = $1', [id]);\n  return rows[0];\n}\n",
    );
    let code = Arc::new(code.renewed());
    let second = run_with(&SourceProbe, folder.path(), &code).await.unwrap();
    assert_eq!(second.of("n-plus-one-query").len(), 1, "{:?}", second.places());
}

/// A project in which it hangs on other files whether what is wrong in one counts.
fn tied() -> Folder {
    let items = include_str!("../fixtures/rules/check-then-act/good_uncalled/src/items.ts");
    Folder::with(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"react": "19", "react-dom": "19", "bcrypt": "6"}}"#),
        ("src/items.ts", items),
        ("src/routes.ts", "export const routes = [];\n"),
        (
            "src/accounts.ts",
            "import bcrypt from 'bcrypt';\nexport async function resetPassword(users, id, password) {\n  return users.update(id, { hash: await bcrypt.hash(password, 4) });\n}\nexport const size = 4;\n",
        ),
        ("src/start.ts", "import { size } from './accounts';\nconsole.log(size);\n"),
        (
            "src/main.tsx",
            "import { createRoot } from 'react-dom/client';\nimport App from './App';\ncreateRoot(document.body).render(<App />);\n",
        ),
        ("src/App.tsx", "export default function App() {\n  return <p>hi</p>;\n}\n"),
        ("src/settings.ts", "export const settings = { key: import.meta.env.VITE_JWT_SECRET_KEY };\n"),
        ("src/answers.ts", "export const none = 1;\n"),
    ])
}

#[tokio::test]
async fn what_is_kept_of_other_files_changes_with_them() {
    let folder = tied();
    let edits = [
        // A name is handed on, and is not any more; then two files hand it on, and one of them goes on.
        ("src/routes.ts", "import { items } from './items';\nexport const routes = [items.addToTeam];\n", true),
        ("src/routes.ts", "export const routes = [];\n", true),
        ("src/routes.ts", "import { items } from './items';\nexport const routes = [items.addToTeam];\n", true),
        ("src/answers.ts", "import { items } from './items';\nexport const both = { add: items.addToTeam };\n", false),
        ("src/routes.ts", "export const routes = [];\n", false),
        ("src/answers.ts", "export const none = 1;\n", true),
        // A function is used, by an import of the same modules; then nobody imports its module at all.
        ("src/start.ts", "import { resetPassword } from './accounts';\nconsole.log(resetPassword);\n", true),
        ("src/start.ts", "import { size } from './accounts';\nconsole.log(size);\n", true),
        ("src/start.ts", "console.log(4);\n", true),
        // A page takes a module in, and leaves it out.
        (
            "src/App.tsx",
            "import { settings } from './settings';\nexport default function App() {\n  return <p>{settings.key}</p>;\n}\n",
            true,
        ),
        ("src/App.tsx", "export default function App() {\n  return <p>hi</p>;\n}\n", true),
        (
            "src/main.tsx",
            "import { createRoot } from 'react-dom/client';\nimport App from './App';\nimport './settings';\ncreateRoot(document.body).render(<App />);\n",
            true,
        ),
        // What was wrong goes, and comes back elsewhere.
        ("src/settings.ts", "export const settings = { mode: import.meta.env.MODE };\n", true),
        (
            "src/App.tsx",
            "export default function App() {\n  return <p>{import.meta.env.VITE_JWT_SECRET_KEY}</p>;\n}\n",
            true,
        ),
        // A package is imported that no manifest declares, in a second file as well; then it is declared.
        ("src/routes.ts", "import { z } from 'zod';\nexport const routes = [z.string()];\n", true),
        ("src/answers.ts", "import { z } from 'zod';\nexport const none = z.number();\n", true),
        ("src/routes.ts", "export const routes = [];\n", true),
        (
            "package.json",
            r#"{"name": "shop", "dependencies": {"react": "19", "react-dom": "19", "bcrypt": "6", "zod": "4"}}"#,
            true,
        ),
    ];
    let mut code = Arc::new(SharedCode::default());
    let first = run_with(&SourceProbe, folder.path(), &code).await.unwrap();
    let findings = |seen: &Seen| {
        let lines = seen.findings.iter().map(|f| format!("{} {} {:?} {}", f.location, f.rule, f.confidence, f.message));
        lines.collect::<Vec<_>>()
    };
    let mut known = findings(&first);
    for (at, (path, text, tells)) in edits.into_iter().enumerate() {
        folder.write(path, text);
        code = Arc::new(code.renewed());
        let again = run_with(&SourceProbe, folder.path(), &code).await.unwrap();
        let afresh = run_with(&SourceProbe, folder.path(), &Arc::default()).await.unwrap();
        assert_eq!(told(&again), told(&afresh), "edit {at} of {path}");
        let now = findings(&again);
        assert_eq!(now != known, tells, "edit {at} of {path}: {now:#?}");
        known = now;
    }
}
