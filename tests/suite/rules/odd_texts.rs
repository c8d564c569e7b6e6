//! Texts that are not quite what a grammar or an editor would like: they are used as far as they go, and counted.

use gonogo::model::{Coverage, Settings};
use gonogo::probe::source::SourceProbe;

use crate::support::probes::{Folder, Seen, run};

/// A rule that speaks up in every language, and code that makes it speak in its second line.
const RULE: &str = "weak-password-hash";
const WEAK: [(&str, &str); 8] = [
    (
        "a.js",
        "import { createHash } from 'crypto';\nexport const hash = (password) => createHash('md5').update(password).digest('hex');\n",
    ),
    (
        "b.ts",
        "import { createHash } from 'crypto';\nexport const hash = (password: string) => createHash('md5').update(password).digest('hex');\n",
    ),
    (
        "c.tsx",
        "import { createHash } from 'crypto';\nexport const hash = (password: string) => createHash('md5').update(password).digest('hex');\n",
    ),
    ("d.py", "import hashlib\ndef hash(password): return hashlib.md5(password.encode()).hexdigest()\n"),
    ("e.php", "<?php\nfunction keep($user, $password) { $user->password = md5($password); }\n"),
    (
        "f.go",
        "package a; import \"crypto/md5\"\nfunc hash(password string) [16]byte { return md5.Sum([]byte(password)) }\n",
    ),
    ("g.rb", "require 'digest'\ndef keep(password) = self.password_digest = Digest::MD5.hexdigest(password)\n"),
    ("h.java", "class A {\nString hash(String password) { return DigestUtils.md5Hex(password); }\n}\n"),
];

async fn seen(change: impl Fn(&str) -> String) -> Seen {
    let folder = Folder::with(&[]);
    for (path, text) in WEAK {
        folder.write(path, change(text));
    }
    run(&SourceProbe, folder.path(), Settings::default()).await.unwrap()
}

fn places(seen: &Seen) -> Vec<String> {
    seen.of(RULE).iter().map(|found| found.location.to_string()).collect()
}

fn second_lines() -> Vec<String> {
    WEAK.iter().map(|(path, _)| format!("{path}:2")).collect()
}

#[tokio::test]
async fn line_ends_and_byte_order_marks_change_nothing() {
    let as_it_is = seen(str::to_owned).await;
    assert_eq!(places(&as_it_is), second_lines());
    let windows = seen(|text| text.replace('\n', "\r\n")).await;
    let marked = seen(|text| format!("\u{feff}{text}")).await;
    let both = seen(|text| format!("\u{feff}{}", text.replace('\n', "\r\n"))).await;
    let unended = seen(|text| text.trim_end().to_owned()).await;
    for other in [windows, marked, both, unended] {
        assert_eq!(places(&other), second_lines());
        assert!(other.result.unwrap().gaps.is_empty());
    }
}

#[tokio::test]
async fn what_a_grammar_cannot_read_costs_only_itself() {
    let broken = |path: &str| match path.rsplit('.').next() {
        Some("py" | "rb") => "\ndef (((:\n\n",
        Some("php") => "\nfunction ((( {\n",
        _ => "\n) ] @@ = (;\n",
    };
    let folder = Folder::with(&[]);
    for (path, text) in WEAK {
        folder.write(path, format!("{text}{}", broken(path)));
    }
    let found = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap();
    assert_eq!(places(&found), second_lines());
    let examined = found.result.unwrap();
    let partly: u64 = examined.gaps.iter().filter(|gap| gap.reason.contains("syntax")).map(|gap| gap.count).sum();
    assert_eq!((partly, examined.counts["files"]), (WEAK.len() as u64, WEAK.len() as u64), "{:?}", examined.gaps);
    assert!(matches!(&examined.rules["sql-injection"], Coverage::Part(why) if why.contains("read only in part")));
}

#[tokio::test]
async fn what_is_no_text_is_counted_and_what_is_empty_is_read() {
    let folder = Folder::with(&[]);
    for (path, _) in WEAK {
        folder.write(&format!("latin/{path}"), b"// caf\xe9\n");
        folder.write(&format!("wide/{path}"), [0xff_u8, 0xfe, b'a', 0, b'=', 0, b'1', 0]);
        folder.write(&format!("empty/{path}"), "");
        folder.write(&format!("mark/{path}"), "\u{feff}");
        folder.write(&format!("blank/{path}"), " \r\n\t\n\n");
        folder.write(&format!("returns/{path}"), "\r\r\r");
    }
    let examined = run(&SourceProbe, folder.path(), Settings::default()).await.unwrap().result.unwrap();
    let count = WEAK.len() as u64;
    let counted =
        |reason: &str| examined.gaps.iter().filter(|gap| gap.reason.contains(reason)).map(|gap| gap.count).sum::<u64>();
    assert_eq!((counted("not UTF-8"), counted("binary")), (count, count), "{:?}", examined.gaps);
    assert_eq!(examined.counts["files"], 4 * count);
    assert!(matches!(examined.rules[RULE], Coverage::Part(_)));
}
