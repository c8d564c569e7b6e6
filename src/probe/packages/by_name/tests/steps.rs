//! A shell's text, taken apart.

use super::super::steps::{Step, steps};

fn shown(text: &str) -> String {
    let one = |step: &Step| match step {
        Step::Open => "(".to_owned(),
        Step::Close => ")".to_owned(),
        Step::Deep => "…".to_owned(),
        Step::Command(one) => {
            let writes: String = one.writes.iter().map(|file| format!(" >{file}")).collect();
            format!("[{}]{writes}", one.words.join("|"))
        }
    };
    steps(text).iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_text_is_taken_apart() {
    for (text, told) in [
        ("a 'x; y' && b|c # npm i d", "[a|x; y] [b] [c]"),
        ("pip install \"a==1; python_version<'3.8'\" b==2", "[pip|install|a==1; python_version<'3.8'|b==2]"),
        ("su -c 'x && npm i -g y' u", "( [x] [npm|i|-g|y] )"),
        ("bash -lc \"pip install x\"; z", "( [pip|install|x] ) [z]"),
        ("sh ./x.sh -c y", "[sh|./x.sh|-c|y]"),
        ("echo don't; npm i -g x", "[echo|don't] [npm|i|-g|x]"),
        ("curl http://a/#b 2>/dev/null", "[curl|http://a/#b] >/dev/null"),
        ("echo x >> r.txt && y 2>&1 | tee z &> /dev/null", "[echo|x] >r.txt [y] [tee|z] >/dev/null"),
        ("(cd a && b) && c", "( [cd|a] [b] ) [c]"),
        (
            "pip install $(cat a.txt | sort) ${X:-y z}",
            "( [cat|a.txt] [sort] ) [pip|install|$(cat a.txt | sort)|${X:-y z}]",
        ),
        ("echo \"it is `pip install x`\"", "( [pip|install|x] ) [echo|it is `pip install x`]"),
        ("pip install -r <(uv export)", "( [uv|export] ) [pip|install|-r|<(uv export)]"),
        ("a \\\n  b\nc\\ d", "[a|b] [c d]"),
        ("eval \"npm i x\"", "( [npm|i|x] )"),
        ("for p in a b; do pip install $p; done", "[for|p|in|a|b] [do|pip|install|$p] [done]"),
        ("a $( b", "( [b] ) [a|$( b]"),
        ("a ${b", "[a|${b]"),
        ("", ""),
    ] {
        assert_eq!(shown(text), told, "{text}");
    }
}

#[test]
fn a_text_in_a_text_in_a_text_ends_somewhere() {
    let text = format!("{}x{}", "$(a ".repeat(5_000), ")".repeat(5_000));
    assert!(steps(&text).len() < 100);
}

#[test]
fn a_command_is_told_as_written() {
    let texts: Vec<String> = steps("a && su -c 'npm i  -g \"y\"' u; (b)")
        .into_iter()
        .filter_map(|step| match step {
            Step::Command(one) => Some(one.text),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["a", "npm i  -g \"y\"", "b"]);
}
