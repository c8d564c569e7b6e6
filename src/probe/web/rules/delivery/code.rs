//! The code that browsers get.

use super::caching::nothing_seen;
use super::{count, finding, size, told};
use crate::model::{Confidence, Evidence, EvidenceKind, Observation, Proof, RuleKind, RuleMeta, Severity};
use crate::probe::web::address::{location, shown};
use crate::probe::web::delivery::code::Code;
use crate::probe::web::delivery::{Asset, Delivery, Kind};
use crate::probe::web::tally::Sight;

/// People get what is meant for its makers.
pub static DEVELOPMENT: RuleMeta = RuleMeta {
    id: "development-build-served",
    title: "The app runs in development mode",
    kind: RuleKind::Finding,
    severity: Severity::Major,
    confidence: Confidence::High,
    what: "Looks in the page and its scripts for what only development servers and builds for development contain, and for tools \
           that their makers say are not for production.",
    why: "Such an app is several times larger and slower, shows its source code and its error messages to everybody, and a \
          development server gives way under a few visitors.",
    fix: "Build the app and serve the result: `npm run build`, then the folder that it made (`dist`, `build`) or `npm start`; never \
          `npm run dev` in production.",
    example: "bad:  <script src=\"/@vite/client\">\ngood: <script src=\"/assets/index-BxYz12ab.js\">",
    references: &[
        "F9",
        "C56",
        "https://vite.dev/guide/build",
        "https://react.dev/learn/add-react-to-an-existing-project",
    ],
};

/// Scripts as people wrote them.
pub static UNMINIFIED: RuleMeta = RuleMeta {
    id: "scripts-unminified",
    title: "Scripts are sent as people wrote them",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Looks at the length of lines and the share of blanks in the scripts that the page loads from its own origin. Less than \
           30 KB in all is left alone.",
    why: "Comments, blanks and long names make up about half of such a file: people wait for what only you need.",
    fix: "Let a bundler build for production: `vite build`, `next build`, `esbuild --bundle --minify app.js --outfile=app.min.js`.",
    example: "bad:  function total(items) { … }\ngood: function t(e){…}",
    references: &["C56", "https://developer.chrome.com/docs/lighthouse/performance/unminified-javascript"],
};

/// Scripts as bundlers make them.
pub static MINIFIED: RuleMeta = RuleMeta {
    id: "scripts-minified",
    title: "Scripts are built for production",
    kind: RuleKind::Proof,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Sees that the scripts which were looked at are minified, and that none is built for development.",
    why: "Browsers load and read less.",
    fix: "Nothing to do.",
    example: "",
    references: &["C56"],
};

/// Too much of it.
pub static HEAVY: RuleMeta = RuleMeta {
    id: "scripts-heavy",
    title: "The page loads very much JavaScript",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::High,
    what: "Adds up the bytes on the wire of the first scripts that the page loads from its own origin; beyond 1 MB it is too much.",
    why: "An ordinary phone needs seconds to load and run a megabyte of script, in which the page looks ready and does not react.",
    fix: "Load what a page does not need at once later, with `import()` for each route; the size report of your bundler names the \
          largest libraries.",
    example: "bad:  one bundle with 2.3 MB\ngood: 180 KB at first, the rest with each route",
    references: &["C56", "https://web.dev/articles/reduce-javascript-payloads-with-code-splitting"],
};

/// Less unminified code than this is not worth a word, in bytes.
const WORTH_MINIFYING: usize = 30_000;
/// HTTP Archive's pages in the middle load about half of it, in bytes.
const TOO_MUCH: u64 = 1_000_000;

fn scripts(delivery: &Delivery) -> Vec<(&Asset, Code)> {
    let scripts = delivery.arrived().filter(|(asset, _)| asset.kind == Kind::Script);
    scripts.filter_map(|(asset, _)| Some((asset, asset.code?))).collect()
}

/// Why code is not weighed: what a development server sends says nothing of what a build would.
fn in_development(delivery: &Delivery) -> Option<Sight> {
    let tool = scripts(delivery).iter().any(|(_, code)| code.tool.is_some()) || !delivery.tools.is_empty();
    let why = || format!("{} runs in development mode, which is a fault of its own", shown(&delivery.page));
    tool.then(|| Sight::NotSeen(why()))
}

/// Judges whether the app runs in development mode.
pub fn judge_development(delivery: &Delivery) -> Sight {
    if delivery.local {
        return Sight::NotSeen(
            "on this machine development mode is as it should be: give the deployed address".to_owned(),
        );
    }
    let scripts = scripts(delivery);
    let mut lines: Vec<String> = delivery.tools.iter().map(|tool| format!("the page loads {tool}")).collect();
    lines.extend(scripts.iter().filter_map(|(asset, code)| Some(format!("{}: {}", shown(&asset.url), code.tool?))));
    if lines.is_empty() {
        let looked = !scripts.is_empty();
        return if looked { Sight::Seen(Vec::new()) } else { nothing_seen(delivery) };
    }
    let grave = lines.iter().any(|line| line.contains("development"));
    let (severity, message) = if grave {
        (Severity::Major, format!("{} serves an app in development mode", shown(&delivery.page)))
    } else {
        (Severity::Minor, format!("{} loads a tool that is not for production", shown(&delivery.page)))
    };
    told(finding(&DEVELOPMENT, delivery, message, &lines).severity(severity))
}

/// Judges whether scripts are built for production.
pub fn judge_minified(delivery: &Delivery) -> Sight {
    if let Some(sight) = in_development(delivery) {
        return sight;
    }
    let scripts = scripts(delivery);
    if scripts.is_empty() {
        return if delivery.scripts == 0 {
            Sight::Absent(format!("{} names no script of its own", shown(&delivery.page)))
        } else {
            Sight::NotSeen(format!("no script of {} could be read", shown(&delivery.page)))
        };
    }
    let line = |(asset, code): &&(&Asset, Code)| {
        let bytes = size(code.bytes as u64);
        format!("{}: {bytes}, {} characters in a usual line, {} % blanks", shown(&asset.url), code.line, code.blank)
    };
    let plain: Vec<&(&Asset, Code)> = scripts.iter().filter(|(_, code)| code.minified() == Some(false)).collect();
    let bytes: usize = plain.iter().map(|(_, code)| code.bytes).sum();
    if bytes >= WORTH_MINIFYING {
        let message = format!(
            "{} of {} come as people wrote them ({})",
            plain.len(),
            count(scripts.len(), "script"),
            size(bytes as u64)
        );
        return told(finding(&UNMINIFIED, delivery, message, &plain.iter().map(line).collect::<Vec<_>>()));
    }
    let packed: Vec<&(&Asset, Code)> = scripts.iter().filter(|(_, code)| code.minified() == Some(true)).collect();
    if packed.is_empty() || !plain.is_empty() {
        return Sight::Seen(Vec::new());
    }
    let message = format!(
        "{} of {} minified",
        packed.len(),
        if scripts.len() == 1 { "1 script is".to_owned() } else { format!("{} scripts are", scripts.len()) }
    );
    let text = packed.iter().map(line).collect::<Vec<_>>().join("\n");
    let evidence = Evidence::new(EvidenceKind::Note, text);
    Observation::from(Proof::new(&MINIFIED, location(&delivery.page), "", message).evidence(evidence)).into()
}

/// Judges how much script there is.
pub fn judge_weight(delivery: &Delivery) -> Sight {
    if let Some(sight) = in_development(delivery) {
        return sight;
    }
    let sized: Vec<(&Asset, u64)> = delivery
        .arrived()
        .filter(|(asset, _)| asset.kind == Kind::Script)
        .filter_map(|(asset, sent)| Some((asset, sent.wire?)))
        .collect();
    if sized.is_empty() {
        return if delivery.scripts == 0 {
            Sight::Absent(format!("{} names no script of its own", shown(&delivery.page)))
        } else {
            nothing_seen(delivery)
        };
    }
    let bytes: u64 = sized.iter().map(|(_, bytes)| *bytes).sum();
    if bytes > TOO_MUCH {
        let lines: Vec<String> =
            sized.iter().map(|(asset, bytes)| format!("{}: {}", shown(&asset.url), size(*bytes))).collect();
        let message = format!("{} loads {} of script at least", shown(&delivery.page), size(bytes));
        return told(finding(&HEAVY, delivery, message, &lines));
    }
    if sized.len() < delivery.scripts {
        let all = count(delivery.scripts, "script");
        return Sight::NotSeen(format!("{} of {all} were looked at, {} in all", sized.len(), size(bytes)));
    }
    Sight::Seen(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asset, code, page, said, sent};
    use super::*;

    fn script(bytes: usize, line: usize, tool: Option<&'static str>) -> Asset {
        let headers = [("ETag", "\"1\""), ("Content-Encoding", "br")];
        let mut script = asset("/app.js", Kind::Script, sent("text/javascript", bytes as u64 / 4, &headers));
        script.code = code(bytes, line, tool);
        script
    }

    /// What is said of one script beside its packing.
    fn of(script: Asset) -> Vec<String> {
        said(&page(&[], vec![script])).into_iter().filter(|line| !line.contains("compressed")).collect()
    }

    #[test]
    fn much_written_code_is_told_and_little_is_not() {
        assert_eq!(
            of(script(90_000, 40, None)),
            ["minor scripts-unminified: 1 of 1 script come as people wrote them (90 KB)"]
        );
        assert!(of(script(20_000, 40, None)).is_empty());
        assert!(of(script(90_000, 9000, None))[0].starts_with("proof scripts-minified"));
    }

    #[test]
    fn development_mode_is_one_finding_and_no_proof() {
        let found = of(script(90_000, 9000, Some("React built for development")));
        assert_eq!(
            found,
            ["major development-build-served: https://shop.example.com/ serves an app in development mode"]
        );
        let mut tailwind = page(&[], Vec::new());
        tailwind.tools.push("Tailwind's script that makes the styles anew in every browser");
        assert!(said(&tailwind)[0].starts_with("minor development-build-served"));
        let mut local = page(&[], vec![script(90_000, 9000, Some("React built for development"))]);
        local.local = true;
        assert!(!said(&local).iter().any(|line| line.contains("development-build-served")));
    }

    #[test]
    fn a_megabyte_is_too_much() {
        let found = of(script(4_800_000, 9000, None));
        assert!(
            found.iter().any(|line| line.contains("scripts-heavy: https://shop.example.com/ loads 1.2 MB")),
            "{found:?}"
        );
    }
}
