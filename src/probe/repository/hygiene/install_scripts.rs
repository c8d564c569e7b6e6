//! Packages that run a program when they are installed.

mod approval;

use approval::Approval;

use super::{Locks, Text, is_aside, listed, named};
use crate::model::{Confidence, Coverage, Finding, Location, RuleKind, RuleMeta, Severity, Span};
use crate::probe::packages::{Ecosystem, LockFile, LockedPackage, Manager, Packages};

/// The rule.
pub static META: RuleMeta = RuleMeta {
    id: "install-script-dependency",
    title: "Packages run a program when they are installed",
    kind: RuleKind::Finding,
    severity: Severity::Minor,
    confidence: Confidence::Medium,
    what: "Lists the packages that a lock file of npm, or of pnpm before version 9, marks as running a script on installation, those that pnpm and Bun are told to let, and settings that let all of them.",
    why: "Stolen packages do their harm in such scripts: on your machine and on the one that builds, with every key that lies there.",
    fix: "Look at what each script is for. Install with `--ignore-scripts` and build by name only what needs it, or use pnpm 10, which asks first.",
    example: "# .npmrc\nignore-scripts=true\n# then, for what really needs it\nnpm rebuild better-sqlite3",
    references: &[
        "C48",
        "https://docs.npmjs.com/cli/v11/using-npm/scripts",
        "https://pnpm.io/settings#onlybuiltdependencies",
        "https://bun.com/docs/pm/lifecycle",
    ],
};

/// Packages whose scripts are known to fetch or build a binary, or to print a line.
const WELL_KNOWN: [&str; 102] = [
    "@apollo/protobufjs",
    "@apollo/rover",
    "@biomejs/biome",
    "@bufbuild/buf",
    "@datadog/native-metrics",
    "@datadog/pprof",
    "@ffmpeg-installer/ffmpeg",
    "@firebase/util",
    "@fortawesome/fontawesome-common-types",
    "@fortawesome/fontawesome-svg-core",
    "@fortawesome/free-brands-svg-icons",
    "@fortawesome/free-regular-svg-icons",
    "@fortawesome/free-solid-svg-icons",
    "@nestjs/core",
    "@newrelic/native-metrics",
    "@parcel/watcher",
    "@playwright/browser-chromium",
    "@prisma/client",
    "@prisma/engines",
    "@scarf/scarf",
    "@sentry/cli",
    "@sentry/profiling-node",
    "@serialport/bindings-cpp",
    "@swc/core",
    "@tailwindcss/oxide",
    "@tensorflow/tfjs-node",
    "@tree-sitter/tree-sitter",
    "@vercel/speed-insights",
    "argon2",
    "aws-crt",
    "bcrypt",
    "better-sqlite3",
    "bigint-buffer",
    "bufferutil",
    "canvas",
    "chromedriver",
    "core-js",
    "core-js-pure",
    "couchbase",
    "cpu-features",
    "cwebp-bin",
    "cypress",
    "dd-trace",
    "deasync",
    "electron",
    "es5-ext",
    "esbuild",
    "ffmpeg-static",
    "fsevents",
    "geckodriver",
    "gifsicle",
    "grpc",
    "husky",
    "isolated-vm",
    "keccak",
    "keytar",
    "lefthook",
    "leveldown",
    "libpq",
    "lmdb",
    "mozjpeg",
    "msgpackr-extract",
    "msw",
    "netlify-cli",
    "ngrok",
    "node-expat",
    "node-pty",
    "node-sass",
    "nodemon",
    "nx",
    "onnxruntime-node",
    "opencollective-postinstall",
    "optipng-bin",
    "oracledb",
    "patch-package",
    "pg-native",
    "phantomjs-prebuilt",
    "playwright",
    "pngquant-bin",
    "preact",
    "prisma",
    "protobufjs",
    "puppeteer",
    "puppeteer-chromium-resolver",
    "re2",
    "secp256k1",
    "serialport",
    "sharp",
    "simple-git-hooks",
    "sqlite3",
    "ssh2",
    "styled-components",
    "supabase",
    "tree-sitter",
    "turbo",
    "unrs-resolver",
    "ursa-optional",
    "utf-8-validate",
    "vue-demi",
    "workerd",
    "wrangler",
    "zeromq",
];

/// One finding for each lock file with packages that are not known for what their scripts do.
pub fn findings(packages: &Packages, text: Text<'_>) -> Vec<Finding> {
    let locks =
        packages.locks.iter().filter(|lock| lock.manager.ecosystem() == Ecosystem::Npm && !is_aside(&lock.path));
    locks.filter_map(|lock| finding(lock, &Approval::read(packages, lock, text))).collect()
}

fn finding(lock: &LockFile, approval: &Approval) -> Option<Finding> {
    if approval.off {
        return None;
    }
    if let (Some((path, line)), Manager::Pnpm) = (&approval.all, lock.manager) {
        let message = "Every package may run a program when installed: `dangerouslyAllowAllBuilds` is set".to_owned();
        let fix =
            "Take `dangerouslyAllowAllBuilds` out, and let by name only those that need it: `pnpm approve-builds`.";
        let location = Location::File { path: path.clone(), span: Some(Span::line(*line)) };
        return Some(Finding::new(&META, location, "all", message).fix(fix));
    }
    // Newer lock files of pnpm do not say who has a script; a name in its list does.
    let runs = |package: &&LockedPackage| {
        if approval.asks { approval.lets(&package.name, &package.version) } else { package.install_script }
    };
    let running: Vec<&LockedPackage> = lock.packages.iter().filter(runs).collect();
    let known = |package: &LockedPackage| WELL_KNOWN.contains(&package.name.as_str());
    let mut unknown: Vec<&LockedPackage> = running.iter().copied().filter(|package| !known(package)).collect();
    unknown.dedup_by(|a, b| a.name == b.name);
    let first = unknown.first()?;
    let verb = if unknown.len() == 1 { "runs" } else { "run" };
    let message =
        format!("{} {verb} a program when installed", named(unknown.iter().map(|package| package.name.as_str()), 4));
    let lines: Vec<String> = unknown
        .iter()
        .map(|package| format!("line {}  {} {}", package.line, package.name, package.version))
        .chain(
            running
                .iter()
                .filter(|package| known(package))
                .map(|package| format!("line {}  {} {} (well known)", package.line, package.name, package.version)),
        )
        .collect();
    let location = Location::File { path: lock.path.clone(), span: Some(Span::line(first.line)) };
    let fix = match lock.manager {
        Manager::Pnpm if approval.asks => {
            "Look at what each script is for, and take those out of `onlyBuiltDependencies` or `allowBuilds` that work without it."
                .to_owned()
        }
        Manager::Pnpm => {
            "Move to pnpm 10, which runs no script before you approve it: `pnpm approve-builds`.".to_owned()
        }
        Manager::Bun => {
            "Look at what each script is for, and take those out of `trustedDependencies` that work without it."
                .to_owned()
        }
        _ => META.fix.to_owned(),
    };
    Some(Finding::new(&META, location, "scripts", message).fix(fix).evidence(listed(&lines)))
}

/// How far the rule got.
pub fn coverage(packages: &Packages, locks: &Locks) -> Coverage {
    let node: Vec<&LockFile> =
        packages.locks.iter().filter(|lock| lock.manager.ecosystem() == Ecosystem::Npm).collect();
    let silent = node.iter().find(|lock| match lock.manager {
        Manager::Npm => lock.format == "1" || lock.format.is_empty(),
        Manager::Pnpm => {
            lock.format.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_none_or(|major| major >= 9)
        }
        _ => true,
    });
    match (silent, node.is_empty()) {
        (Some(lock), _) => Coverage::Part(format!("`{}` does not say which packages run a script", lock.path)),
        (None, true) if locks.unread.is_empty() => {
            Coverage::Absent("there is no lock file that marks install scripts".to_owned())
        }
        _ => locks.coverage(),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::samples;
    use super::*;

    fn told(manager: Manager, files: &[(&str, &str)], package_manager: Option<&str>) -> Vec<String> {
        let mut manifest = samples::manifest("package.json", &[]);
        manifest.package_manager = package_manager.map(str::to_owned);
        let all = ["esbuild 0.25.0", "left-pad 1.0.0", "odd-tool 1.2.3", "plain 1.0.0"];
        let lock = samples::lock_with(manager, "the.lock", "package.json", &all, |draft| {
            draft.install_script = draft.name != "plain";
        });
        let text = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| Rc::from(*text));
        findings(&samples::packages(vec![manifest], vec![lock]), &text)
            .iter()
            .map(|f| format!("{} {:?}", f.message, f.evidence.first().map_or("", |one| &one.text)))
            .collect()
    }

    #[test]
    fn what_is_not_well_known_is_told() {
        assert_eq!(
            told(Manager::Npm, &[], None),
            ["`left-pad` and `odd-tool` run a program when installed \
              \"line 11  left-pad 1.0.0\\nline 12  odd-tool 1.2.3\\nline 10  esbuild 0.25.0 (well known)\""]
        );
        assert_eq!(told(Manager::Npm, &[(".npmrc", "ignore-scripts = true\n")], None), Vec::<String>::new());
        let lock = samples::lock_with(Manager::Npm, "package-lock.json", "package.json", &["esbuild 1.0.0"], |draft| {
            draft.install_script = true;
        });
        assert_eq!(finding(&lock, &Approval::default()), None);
        for (npmrc, silent) in [
            ("ignore-scripts=true # safe\n", true),
            ("ignore-scripts = true ; safe\n", true),
            ("ignore-scripts=false\nignore-scripts=\"true\"\n", true),
            ("ignore-scripts\n", true),
            ("ignore-scripts=true\nignore-scripts=false\n", false),
            ("# ignore-scripts=true\n", false),
            ("ignore-scripts-not=true\n", false),
        ] {
            assert_eq!(told(Manager::Npm, &[(".npmrc", npmrc)], None).is_empty(), silent, "{npmrc}");
        }
    }

    #[test]
    fn pnpm_10_lets_only_those_run_that_it_is_told_of() {
        assert_eq!(told(Manager::Pnpm, &[], None).len(), 1);
        assert_eq!(told(Manager::Pnpm, &[], Some("pnpm@10.4.1")), Vec::<String>::new());
        assert_eq!(told(Manager::Bun, &[], None), Vec::<String>::new());
        let list = [("pnpm-workspace.yaml", "onlyBuiltDependencies:\n  - esbuild\n  - odd-tool\n")];
        let seen = told(Manager::Pnpm, &list, Some("pnpm@10.4.1"));
        assert!(seen.len() == 1 && seen[0].starts_with("`odd-tool` runs"), "{seen:?}");
        let old = [("package.json", "{\"pnpm\": {\"onlyBuiltDependencies\": [\"left-pad\"]}}")];
        assert!(told(Manager::Pnpm, &old, None)[0].starts_with("`left-pad` runs"));
    }

    #[test]
    fn what_lets_scripts_loose_is_told() {
        let all = "Every package may run a program when installed: `dangerouslyAllowAllBuilds` is set";
        for file in [
            ("pnpm-workspace.yaml", "packages: []\ndangerouslyAllowAllBuilds: true\n"),
            (".npmrc", "dangerously-allow-all-builds=true\n"),
            ("package.json", "{\"pnpm\": {\"dangerouslyAllowAllBuilds\": true}}"),
        ] {
            let seen = told(Manager::Pnpm, &[file], Some("pnpm@10.20.0"));
            assert_eq!(seen, [format!("{all} \"\"")], "{file:?}");
            assert_eq!(told(Manager::Bun, &[file], None), [""; 0], "{file:?}");
        }
        let off = [("pnpm-workspace.yaml", "dangerouslyAllowAllBuilds: false\n")];
        assert_eq!(told(Manager::Pnpm, &off, Some("pnpm@10.20.0")), [""; 0]);
        let builds = [("pnpm-workspace.yaml", "allowBuilds:\n  odd-tool: true\n  left-pad: false\n")];
        assert!(told(Manager::Pnpm, &builds, None)[0].starts_with("`odd-tool` runs"));
        let bun = [("package.json", "{\"trustedDependencies\": [\"odd-tool\", \"esbuild\", \"gone\"]}")];
        assert!(told(Manager::Bun, &bun, None)[0].starts_with("`odd-tool` runs"));
        let known = [("package.json", "{\"trustedDependencies\": [\"esbuild\"]}")];
        assert_eq!(told(Manager::Bun, &known, None), [""; 0]);
    }
}
