//! The facts that all probes of a batch share.

use std::fs;

use gonogo::model::Settings;
use gonogo::probe::ProbeCx;
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, context, run};

/// What the code of `folder` is read with.
fn code_context(folder: &Folder) -> ProbeCx {
    context(&SourceProbe, folder.path(), Settings::default(), jiff::Timestamp::now()).0
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
