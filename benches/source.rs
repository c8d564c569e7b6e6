//! What reading code costs, beside a floor from the same machine in the same run: tree-sitter alone, parsing the same
//! files on as many threads. `cold` reads a project of about 9 MB, makes facts and index and asks every rule; `one file
//! changed` does so again in a project of 10,000 files of which one was edited, with the rest in memory; `a new start` with
//! the facts of the rest on disk, and the new ones written there.
//!
//! `cargo bench --bench source`; `GONOGO_BENCH_PROJECT=/path` measures a project of yours instead of a made one (nothing
//! is written there, and the second figure is left out). Prints ratios; judges nothing, because machines are shared and
//! noisy.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use gonogo::model::{Progress, Project, RunId, Settings};
use gonogo::probe::files::MAX_FILE_BYTES;
use gonogo::probe::source::{SourceProbe, facts_of_text};
use gonogo::probe::{Emitter, Probe, ProbeCx, SharedCode};
use ignore::WalkBuilder;
use jiff::Timestamp;
use rayon::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// How much code the made project holds.
const BYTES: usize = 9_000_000;
/// How large its files are, where the samples can stand one below the other.
const A_FILE: usize = 8_000;
/// How many files the project has in which one changes.
const FILES: usize = 10_000;
/// How far apart the files stand that are edited one after the other: a prime, so that all kinds have their turn.
const EDITED_APART: usize = 997;
/// Endings of the files that samples are taken from.
const CODE: [&str; 12] = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "py", "php", "go", "rb", "java", "mts"];

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let runtime = Runtime::new().unwrap();
    let given = std::env::var_os("GONOGO_BENCH_PROJECT").map(PathBuf::from);
    let made = given.is_none().then(|| tempfile::tempdir().unwrap());
    let root = match (&given, &made) {
        (Some(given), _) => given.clone(),
        (None, Some(made)) => {
            make_project(made.path(), BYTES, A_FILE, usize::MAX);
            made.path().to_owned()
        }
        (None, None) => return,
    };
    // What the probe leaves out, large files, generated and minified code, does not count for the floor either.
    let mut files = code_in(&root);
    files.retain(|(path, text)| text.len() as u64 <= MAX_FILE_BYTES && facts_of_text(path, text).is_some());
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    println!("{}: {} files, {:.1} MB, {threads} threads", root.display(), files.len(), bytes as f64 / 1e6);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();

    let floor = measure(&mut criterion, "floor: tree-sitter alone", &mut || {
        pool.install(|| files.par_iter().with_max_len(1).for_each(|(path, text)| parse(path, text)));
        None
    });
    let cold = measure(&mut criterion, "cold: read, facts, index, rules", &mut || {
        Some(examine(&runtime, &root, SharedCode::default()))
    });
    println!("cold / floor = {:.2}", cold / floor);

    if given.is_none() {
        let many = tempfile::tempdir().unwrap();
        make_project(many.path(), usize::MAX, 0, FILES);
        // Every edit is to another file, server or client, whatever its language: a line at the end of what stands there.
        let edited: Vec<PathBuf> = code_in(many.path()).into_iter().map(|(path, _)| many.path().join(path)).collect();
        let mut edits = 0;
        let mut edit = || {
            edits += 1;
            let file = &edited[edits * EDITED_APART % edited.len()];
            let line = if file.extension().is_some_and(|ending| ending == "py" || ending == "rb") { "#" } else { "//" };
            let text = fs::read_to_string(file).unwrap();
            fs::write(file, format!("{text}{line} edit {edits}\n")).unwrap();
        };
        let kept = tempfile::tempdir().unwrap();
        let start = || {
            let code = examine(&runtime, many.path(), SharedCode::kept_at(kept.path().join("facts")));
            runtime.block_on(code.finish(Duration::from_secs(60)));
            code
        };
        let mut code = start();
        let again = measure(&mut criterion, "a new start, one file of 10,000 changed", &mut || {
            edit();
            Some(start())
        });
        println!("a new start, one file of {FILES} changed: {:.0} ms", again * 1000.0);
        let warm = measure(&mut criterion, "one file of 10,000 changed", &mut || {
            edit();
            let now = examine(&runtime, many.path(), code.renewed());
            Some(std::mem::replace(&mut code, now))
        });
        println!("one file of {FILES} changed: {:.0} ms", warm * 1000.0);
    }
    criterion.final_summary();
}

/// Measures `run` with criterion; the median in seconds. What it gives back is freed outside the time: the program keeps
/// what it read of the code as long as it runs.
fn measure(criterion: &mut Criterion, name: &str, run: &mut dyn FnMut() -> Option<Arc<SharedCode>>) -> f64 {
    let times: RefCell<Vec<Duration>> = RefCell::default();
    let run = RefCell::new(run);
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|count| {
            let mut total = Duration::ZERO;
            for _ in 0..count {
                let started = Instant::now();
                let kept = (run.borrow_mut())();
                let took = started.elapsed();
                drop(kept);
                times.borrow_mut().push(took);
                total += took;
            }
            total
        });
    });
    let mut times = times.into_inner();
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
}

/// Every rule over the project; the code as it was read.
fn examine(runtime: &Runtime, root: &Path, code: SharedCode) -> Arc<SharedCode> {
    let code = Arc::new(code);
    let project = Project {
        root: root.to_owned(),
        name: "bench".to_owned(),
        commit: None,
        stack: Vec::new(),
        traits: BTreeSet::new(),
        recognised: false,
        offers: Vec::new(),
    };
    let (events, mut received) = mpsc::channel(64);
    let cx = ProbeCx {
        project: Arc::new(project),
        settings: Arc::new(Settings::default()),
        emitter: Emitter::new(events, RunId(1), SourceProbe.meta(), BTreeSet::new(), Timestamp::now),
        progress: watch::channel(Progress::default()).0,
        cancel: CancellationToken::new(),
        code: Arc::clone(&code),
        now: Timestamp::now(),
        only: None,
    };
    runtime.block_on(async {
        let Ok(plan) = SourceProbe.plan(&cx.project, &cx.settings) else { return };
        let running = tokio::spawn(SourceProbe.run(plan, cx));
        while received.recv().await.is_some() {}
        running.await.unwrap().unwrap();
    });
    code
}

/// Parses one file and drops the tree.
fn parse(path: &str, text: &str) {
    let grammar = match path.rsplit('.').next().unwrap_or("") {
        "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX,
        "py" => tree_sitter_python::LANGUAGE,
        "php" => tree_sitter_php::LANGUAGE_PHP,
        "go" => tree_sitter_go::LANGUAGE,
        "rb" => tree_sitter_ruby::LANGUAGE,
        "java" => tree_sitter_java::LANGUAGE,
        _ => tree_sitter_javascript::LANGUAGE,
    };
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&grammar.into()).unwrap();
    std::hint::black_box(parser.parse(text, None));
}

/// The code under `root` as git would list it: paths and texts.
fn code_in(root: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = WalkBuilder::new(root)
        .require_git(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|ending| CODE.iter().any(|code| ending == *code)))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root).ok()?.display().to_string();
            Some((path, fs::read_to_string(entry.path()).ok()?))
        })
        .collect();
    files.sort();
    files
}

/// Writes a project from the repository's fixtures and its demo: the same one every time, with names that differ from
/// file to file. It ends when it holds so many bytes or files. Where it is to hold so many files, one in twenty may have
/// something wrong, about as in real projects; else every other one has, so that no rule is idle.
fn make_project(root: &Path, bytes: usize, a_file: usize, files: usize) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut samples: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut careful = samples.clone();
    for (path, text) in code_in(&here.join("tests/fixtures/rules")).into_iter().chain(code_in(&here.join("demo/app"))) {
        let ending = path.rsplit('.').next().unwrap_or("");
        if !path.contains("bad_") {
            careful.entry(ending.to_owned()).or_default().push(text.clone());
        }
        samples.entry(ending.to_owned()).or_default().push(text);
    }
    fs::create_dir_all(root).unwrap();
    fs::write(root.join("package.json"), r#"{"name": "made", "dependencies": {"express": "4", "pg": "8"}}"#).unwrap();
    let endings: Vec<&String> = samples.keys().collect();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let mut written = 0;
    for number in 0..files {
        if written >= bytes {
            break;
        }
        // Every second file is TypeScript, as in the projects that this is for; the rest take turns.
        let ending = match number % 4 {
            1 => "ts",
            3 => "tsx",
            _ => endings[number / 2 % endings.len()].as_str(),
        };
        let of = if files == usize::MAX || number % 20 == 0 { &samples } else { &careful };
        let Some(samples) = of.get(ending) else { continue };
        let mut text = String::new();
        loop {
            let place = next.entry(ending).or_default();
            text.push_str(&renamed(&samples[*place % samples.len()], number));
            *place += 1;
            // One file of these languages holds one unit.
            if text.len() >= a_file || matches!(ending, "php" | "go" | "java") {
                break;
            }
        }
        let folder = root.join(format!("area{}", number % 40));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("file{number}.{ending}")), &text).unwrap();
        written += text.len();
    }
}

/// `text` with other names for what it declares.
fn renamed(text: &str, number: usize) -> String {
    let mut declared = BTreeSet::new();
    let words: Vec<&str> = text.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let bare = |word: &str| word.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_')).to_owned();
    for pair in words.windows(2) {
        let name = bare(pair[1]);
        let declares = matches!(pair[0].trim_end(), "function" | "def" | "class" | "const" | "func" | "let");
        if declares && name.len() > 2 && name != "self" {
            declared.insert(name);
        }
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for word in words {
        let name = bare(word);
        out.push_str(&name);
        if declared.contains(&name) {
            out.push_str(&number.to_string());
        }
        out.push_str(&word[name.len()..]);
    }
    out.push('\n');
    out
}
