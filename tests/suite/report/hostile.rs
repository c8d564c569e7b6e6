//! Text from outside cannot become markup, links, mentions or terminal control.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{PLAIN, as_json, as_markdown, as_text, sample};
use gonogo::model::{DatabaseReport, Evidence, EvidenceKind, Gap, Report, escape};
use gonogo::report::TextOptions;

/// Strings that have broken reports somewhere.
fn hostile() -> Vec<String> {
    let mut strings: Vec<String> = [
        "</details><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- ",
        "a | b | c",
        "| a |\n|---|\n| b |",
        "[click](javascript:alert(1))",
        "](javascript:alert(1)) [x",
        "![x](https://evil.example/pixel.png)",
        "<https://evil.example>",
        "https://evil.example/a_b and www.evil.example",
        "mail eve@evil.example or ask @octocat about #12",
        "[x]: https://evil.example",
        "[^1] [^1]: note",
        "`unbalanced",
        "``two``three```",
        "`a``b`c`",
        "```\n# out\n```",
        "~~~\n# out\n~~~",
        "# heading",
        "text\n===\n",
        "text\n---\n",
        "- [ ] task\n- item",
        "1. one\n2) two",
        "> quote",
        "    indented",
        "***bold*** __bold__ ~~gone~~ _x_",
        "$$\\frac{1}{2}$$ $`x`$",
        "&lt;b&gt; &#60;b&#62; &amp;",
        "\\",
        "\\`",
        "ends in backslash\\",
        "\u{1b}[31mred\u{1b}]8;;https://evil.example\u{7}x\u{9b}0m",
        "\u{202e}gnp.exe\u{2066}",
        "line\u{2028}separator\u{85}next\r\nmore",
        "\u{0}nul",
        "```mermaid\npie\n```",
        "pie \"a\" : 1",
        ":-: | :-:",
        "**",
        " ",
        "",
    ]
    .iter()
    .map(|text| (*text).to_owned())
    .collect();
    strings.push("x".repeat(10_000));
    strings.push("`".repeat(10_000));
    strings.push("<b>[`".repeat(2_000));
    strings.push("\n".repeat(10_000));
    strings
}

/// The sample with `text` in every place that a project or a person can fill.
fn poisoned(text: &str) -> Report {
    let mut report = sample::with_a_database();
    let bad = || text.to_owned();
    report.project.name = bad();
    report.project.commit = Some(bad());
    report.project.stack = vec![bad(), bad()];
    for section in &mut report.sections {
        section.title = bad();
        section.summary = bad();
    }
    for probe in &mut report.probes {
        probe.why = probe.why.as_ref().map(|_| bad());
        probe.examined = probe.examined.values().map(|number| (bad(), *number)).collect();
        probe.not_examined = vec![Gap { reason: bad(), count: 3, examples: vec![bad(), bad()] }];
    }
    for item in &mut report.items {
        (item.title, item.why, item.impact) = (bad(), bad(), bad());
        (item.how, item.fix, item.ask) = (bad(), bad(), bad());
        item.note = Some(bad());
        if let Some(acceptance) = &mut item.accepted {
            (acceptance.owner, acceptance.reason) = (bad(), bad());
        }
    }
    let locations = (report.findings.iter_mut().map(|finding| &mut finding.location))
        .chain(report.proofs.iter_mut().map(|proof| &mut proof.location));
    for location in locations {
        location.path = Some(bad());
        location.package = location.package.as_ref().map(|_| bad());
        location.version = location.version.as_ref().map(|_| bad());
    }
    for finding in &mut report.findings {
        (finding.message, finding.fix) = (bad(), bad());
        let kinds = [EvidenceKind::Plan, EvidenceKind::Query, EvidenceKind::Header, EvidenceKind::Note];
        finding.evidence.extend(kinds.map(|kind| Evidence::new(kind, text)));
        finding.evidence.iter_mut().for_each(|evidence| evidence.text = bad());
    }
    report.proofs.iter_mut().for_each(|proof| proof.message = bad());
    if let Some(database) = &mut report.database {
        poison(database, text);
    }
    report.web = Some(crate::support::sites::poisoned(text));
    report.dependencies = Some(crate::support::packages::poisoned(text));
    report
}

fn poison(database: &mut DatabaseReport, text: &str) {
    let bad = || text.to_owned();
    (database.server, database.method) = (bad(), bad());
    for query in &mut database.queries {
        query.sql = bad();
        query.sent_by = query.sent_by.as_ref().map(|_| bad());
        query.not_examined = query.not_examined.as_ref().map(|_| bad());
        query.places.iter_mut().for_each(|place| place.path = bad());
        for harm in &mut query.harms {
            (harm.table, harm.message, harm.fix) = (Some(bad()), bad(), bad());
        }
        query.plan.iter_mut().chain(&mut query.plan_now).for_each(|node| node.details = vec![bad()]);
    }
    for proposal in &mut database.proposals {
        (proposal.table, proposal.statement) = (bad(), bad());
        (proposal.keys, proposal.predicate) = (vec![bad(), bad()], Some(bad()));
        let migration = &mut proposal.migration;
        (migration.tool, migration.place, migration.text) = (bad(), bad(), bad());
    }
}

/// The page as a tree, without what the leaves say.
fn structure(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for event in Parser::new_ext(page, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(tag) => {
                tags.push(match tag {
                    Tag::CodeBlock(CodeBlockKind::Fenced(info)) => format!("+fence {info}"),
                    Tag::Heading { level, .. } => format!("+{level}"),
                    Tag::List(first) => format!("+list {}", first.is_some()),
                    other => format!("+{:?}", other.to_end()),
                });
            }
            Event::End(end) => tags.push(match end {
                TagEnd::Heading(level) => format!("-{level}"),
                other => format!("-{other:?}"),
            }),
            Event::Text(_) | Event::Code(_) | Event::SoftBreak => {}
            other => tags.push(format!("{other:?}")),
        }
    }
    tags
}

#[test]
fn no_text_changes_the_structure_of_the_page() {
    let [wanted, of_lines] = ["plain words", "plain\nwords"].map(|words| structure(&as_markdown(&poisoned(words))));
    assert!(wanted.iter().any(|tag| tag == "+fence mermaid"));
    assert!(wanted.iter().any(|tag| tag == "+Table"));
    // Where nothing is said, nothing is written; that is no change by a text.
    for text in hostile().into_iter().filter(|text| !text.is_empty()) {
        let found = structure(&as_markdown(&poisoned(&text)));
        // Evidence of one line is a list, of more lines a block.
        let wanted = if text.lines().count() > 1 { &of_lines } else { &wanted };
        let shown: String = text.chars().take(60).collect();
        let differs = wanted.iter().zip(&found).position(|(a, b)| a != b);
        assert_eq!(
            (differs.map(|at| (wanted.get(at), found.get(at))), found.len()),
            (None, wanted.len()),
            "{shown:?} changed the page"
        );
    }
}

#[test]
fn nothing_becomes_html_a_link_or_an_image() {
    for text in hostile() {
        for event in Parser::new_ext(&as_markdown(&poisoned(&text)), Options::all()) {
            let live = matches!(
                event,
                Event::Html(_)
                    | Event::InlineHtml(_)
                    | Event::FootnoteReference(_)
                    | Event::InlineMath(_)
                    | Event::DisplayMath(_)
                    | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::FootnoteDefinition(_))
            );
            assert!(!live, "{:?} became {event:?}", text.chars().take(60).collect::<String>());
        }
    }
}

#[test]
fn github_finds_no_address_mention_or_issue_outside_code() {
    for text in hostile() {
        let mut in_code = false;
        for event in Parser::new_ext(&as_markdown(&poisoned(&text)), Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Text(words) if !in_code => {
                    for live in ["://", "www.", "@octocat", "@evil", "#12"] {
                        assert!(!words.contains(live), "{words:?} holds {live}");
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_words_themselves_survive() {
    let words = "a*b [c](d) <e> snake_case `code`";
    let mut seen = String::new();
    for event in Parser::new(&as_markdown(&poisoned(words))) {
        if let Event::Text(text) | Event::Code(text) = event {
            seen.push_str(&text);
        }
    }
    assert!(seen.contains("a*b [c](d) <e> snake_case code"));
}

#[test]
fn no_control_character_leaves_in_any_format() {
    for text in hostile() {
        let report = poisoned(&text);
        for page in [
            as_markdown(&report),
            as_json(&report),
            as_text(&report, PLAIN),
            as_text(&report, TextOptions { verbose: true, ascii: true, ..PLAIN }),
        ] {
            let unsafe_one = page.chars().find(|c| *c != '\n' && escape::is_unsafe(*c));
            assert_eq!(unsafe_one, None, "{:?}", text.chars().take(60).collect::<String>());
        }
    }
}

#[test]
fn json_keeps_the_very_string() {
    for text in hostile() {
        let report = poisoned(&text);
        let read: Report = serde_json::from_str(&as_json(&report)).unwrap();
        assert_eq!(read.project.name, text);
        assert_eq!(read.items, report.items);
    }
}

#[test]
fn a_long_line_does_not_make_a_wall() {
    for page in [as_markdown(&poisoned(&"x".repeat(10_000))), as_text(&poisoned(&"x ".repeat(5_000)), PLAIN)] {
        let longest = page.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest < 5_000, "{longest}");
    }
}
