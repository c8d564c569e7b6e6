//! Code that is out to hurt, or that no person wrote: it ends within limits, and is counted as what it is.

use std::time::{Duration, Instant};

use gonogo::model::{Coverage, Examined, Settings};
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, run};

/// Far more than it takes, for slow machines.
const LONG: Duration = Duration::from_secs(60);

async fn read(folder: &Folder) -> Examined {
    let started = Instant::now();
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    seen.result.unwrap()
}

/// How many files were passed over, or read in part, for this reason.
fn counted(examined: &Examined, reason: &str) -> u64 {
    examined.gaps.iter().filter(|gap| gap.reason.contains(reason)).map(|gap| gap.count).sum()
}

/// The start and the end of a file of each language, and in it the opening and the closing of a block of each kind.
struct Deep {
    extension: &'static str,
    start: &'static str,
    end: &'static str,
    /// Brackets, calls and tests.
    nests: [(&'static str, &'static str); 3],
}

const OF_ECMA: [(&str, &str); 3] = [("(", ")"), ("f(", ")"), ("(a ? (", ") : 0)")];

const DEEP: [Deep; 12] = [
    Deep { extension: "js", start: "x = ", end: ";\n", nests: OF_ECMA },
    Deep { extension: "ts", start: "x = ", end: ";\n", nests: OF_ECMA },
    Deep { extension: "tsx", start: "x = ", end: ";\n", nests: [("[", "]"), ("f(", ")"), ("(a ? (", ") : 0)")] },
    Deep { extension: "jsx", start: "x = ", end: ";\n", nests: [("{a: ", "}"), ("<p>{", "}</p>"), ("(() => ", ")")] },
    Deep { extension: "vue", start: "<script>\nx = ", end: ";\n</script>\n", nests: OF_ECMA },
    Deep { extension: "svelte", start: "<script lang=\"ts\">\nx = ", end: ";\n</script>\n", nests: OF_ECMA },
    Deep { extension: "py", start: "x = ", end: "\n", nests: [("(", ")"), ("f(", ")"), ("(1 if a else (", "))")] },
    Deep {
        extension: "php",
        start: "<?php $x = ",
        end: ";\n",
        nests: [("[", "]"), ("f(", ")"), ("($a ? (", ") : 0)")],
    },
    Deep {
        extension: "go",
        start: "package a\n\nvar x = ",
        end: "\n",
        nests: [("(", ")"), ("f(", ")"), ("func() any { if a { return ", " }; return 0 }()")],
    },
    Deep { extension: "rb", start: "x = ", end: "\n", nests: [("[", "]"), ("f(", ")"), ("(a ? (", ") : 0)")] },
    Deep {
        extension: "java",
        start: "class A { int x = ",
        end: "; }\n",
        nests: [("(", ")"), ("f(", ")"), ("(a ? (", ") : 0)")],
    },
    Deep {
        extension: "blade.php",
        start: "",
        end: "\n",
        nests: [("{{ ", " }}"), ("{!! ", " !!}"), ("@if ($a) ", " @endif")],
    },
];

#[tokio::test]
async fn ten_thousand_levels_of_nesting_are_counted_in_every_language() {
    let folder = Folder::with(&[]);
    for Deep { extension, start, end, nests } in DEEP {
        for (kind, (open, close)) in nests.into_iter().enumerate() {
            let (opened, closed) = (open.repeat(10_000), close.repeat(10_000));
            folder.write(&format!("src/deep_{kind}.{extension}"), format!("{start}{opened}1{closed}{end}"));
            // Nobody closed them.
            folder.write(&format!("src/open_{kind}.{extension}"), format!("{start}{opened}"));
        }
    }
    let examined = read(&folder).await;
    let passed_over = counted(&examined, "took too long") + counted(&examined, "minified");
    assert_eq!(examined.counts["files"] + passed_over, DEEP.len() as u64 * 6, "{:?}", examined.gaps);
    // All but the templates, which no grammar reads.
    let told = counted(&examined, "nested too deeply") + counted(&examined, "does not know") + passed_over;
    assert!(told >= (DEEP.len() as u64 - 1) * 6, "{:?}", examined.gaps);
}

#[tokio::test]
async fn statements_nested_in_each_other_are_counted_in_every_language() {
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    // Indentation makes a file of so many levels in Python larger than any that is read.
    let python: String = (0..600).map(|level| format!("{}if a:\n", " ".repeat(level))).collect();
    let files = [
        ("a.ts", nested("if (a) {\n", "}\n")),
        ("b.js", nested("for (const a of b) {\n", "}\n")),
        ("c.js", nested("function f() {\n", "}\n")),
        ("d.js", nested("try {\n", "} catch (e) { throw e; }\n")),
        ("e.php", format!("<?php\n{}", nested("if ($a) {\n", "}\n"))),
        ("f.go", format!("package a\nfunc f() {{\n{}}}\n", nested("if a {\n", "}\n"))),
        ("g.rb", nested("if a\n", "end\n")),
        ("h.rb", nested("a.each do |b|\n", "end\n")),
        ("i.java", format!("class A {{ void f() {{\n{}}} }}\n", nested("if (a) {\n", "}\n"))),
        ("j.java", nested("class A {\n", "}\n")),
        ("k.py", format!("{python}{}b()\n", " ".repeat(600))),
        ("l.tsx", format!("const a = {};\n", nested("<p>", "</p>"))),
    ];
    let folder = Folder::with(&[]);
    for (path, text) in &files {
        folder.write(path, text);
    }
    let examined = read(&folder).await;
    let told = ["nested too deeply", "does not know", "took too long"].map(|reason| counted(&examined, reason));
    assert_eq!(told.iter().sum::<u64>(), files.len() as u64, "{:?}", examined.gaps);
}

/// A long file of each language: so many lines, and in the middle one that a rule speaks up about.
const TALL: [(&str, &str, &str, &str); 9] = [
    ("a.js", "// nothing\n", "try { await charge(order); } catch {}\n", "swallowed-error"),
    ("b.ts", "\n", "try { await charge(order); } catch {}\n", "swallowed-error"),
    ("c.tsx", "// nothing\n", "try { await charge(order); } catch {}\n", "swallowed-error"),
    ("d.py", "\n", "try:\n    charge(order)\nexcept Exception:\n    pass\n", "swallowed-error"),
    ("e.php", "\n", "<?php try { charge($order); } catch (Exception $e) {}\n", "swallowed-error"),
    ("f.rb", "# nothing\n", "begin\n  charge(order)\nrescue StandardError\nend\n", "swallowed-error"),
    (
        "g.java",
        "// nothing\n",
        "class A { void f() { try { charge(order); } catch (Exception e) {} } }\n",
        "swallowed-error",
    ),
    (
        "h.go",
        "// nothing\n",
        "package a\nimport \"crypto/md5\"\nfunc hash(password string) [16]byte { return md5.Sum([]byte(password)) }\n",
        "weak-password-hash",
    ),
    ("i.vue", "\n", "<script>\ntry { await charge(order); } catch {}\n</script>\n", "swallowed-error"),
];

#[tokio::test]
async fn a_hundred_thousand_lines_are_read_in_every_language() {
    let folder = Folder::with(&[]);
    for (path, filler, code, _) in TALL {
        let half = filler.repeat(50_000);
        folder.write(path, format!("{half}{code}{half}"));
    }
    let started = Instant::now();
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    let examined = seen.result.as_ref().unwrap();
    assert_eq!(examined.counts["files"], TALL.len() as u64, "{:?}", examined.gaps);
    assert!(examined.gaps.is_empty() && examined.counts["lines"] > 900_000, "{examined:?}");
    for (path, _, _, rule) in TALL {
        let found = seen.of(rule).into_iter().any(|found| found.location.path() == Some(path));
        assert!(found, "{rule} is not found in {path}");
    }
}

#[tokio::test]
async fn what_no_person_wrote_is_left_out_and_told() {
    let bad = "try { await f(); } catch {}\n";
    let folder = Folder::with(&[("src/own.ts", bad)]);
    let generated = [
        ("src/api.ts", "// This file is auto-generated. DO NOT EDIT.\n"),
        ("src/schema_pb2.py", "# -*- coding: utf-8 -*-\n# Generated by the compiler.  DO NOT EDIT!\n"),
        ("src/orders.go", "// Code generated by sqlc. DO NOT EDIT.\n\npackage a\n"),
        ("src/Orders.java", "/* @generated by a tool */\nclass Orders {}\n"),
        ("src/orders.rb", "# Autogenerated by a tool\n"),
        ("src/orders.php", "<?php\n// This file was automatically generated.\n"),
        ("dist/app.js", ""),
        ("public/vendor/lib.js", ""),
    ];
    for (path, head) in generated {
        folder.write(path, format!("{head}{}", if path.ends_with("js") { bad } else { "" }));
    }
    // In one line; the last two hold data, and are read.
    folder.write("src/bundle.js", "!function(a){try{b(a)}catch(c){}};".repeat(30_000));
    folder.write("src/icons.ts", format!("export const icon = '{}';\n", "M1 2L3 4".repeat(100_000)));
    folder.write("src/words.py", format!("WORDS = [{}]\n", "'word', ".repeat(20_000)));
    folder.write("src/too_large.js", format!("const a = '{}';", "x".repeat(5 * 1024 * 1024)));
    let seen = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert_eq!(seen.places(), ["swallowed-error src/own.ts:1"]);
    let examined = seen.result.unwrap();
    assert_eq!(counted(&examined, "generated code"), generated.len() as u64, "{:?}", examined.gaps);
    assert_eq!(counted(&examined, "minified"), 1, "{:?}", examined.gaps);
    assert_eq!(counted(&examined, "larger than 2 MB"), 1, "{:?}", examined.gaps);
    assert_eq!(examined.counts["files"], 3, "{:?}", examined.gaps);
    // Nobody is told to be safe from a file that was not looked at.
    assert!(matches!(&examined.rules["sql-injection"], Coverage::Part(why) if why.contains("1 file not read")));
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
