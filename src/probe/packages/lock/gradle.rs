//! `gradle.lockfile`, and the older `gradle/dependency-locks/*.lockfile`
//! (<https://docs.gradle.org/current/userguide/dependency_locking.html>).

use super::{Around, Builder, Draft, Reading, Scope, reason};
use crate::probe::packages::{Manager, NotUnderstood};

/// Configurations of Gradle's own plugins that only build and check (their documentation names them).
const DEVELOPMENT: [&str; 16] = [
    "annotationprocessor",
    "checkstyle",
    "codenarc",
    "detekt",
    "detektplugins",
    "developmentonly",
    "errorprone",
    "jacocoagent",
    "jacocoant",
    "kapt",
    "ksp",
    "ktlint",
    "pmd",
    "spotbugs",
    "classpath",
    "kotlincompilerclasspath",
];

/// Whether a configuration of this name serves building, testing and developing only.
#[must_use]
pub fn is_development(configuration: &str) -> bool {
    let name = configuration.to_lowercase();
    // `testRuntimeClasspath`, `integrationTestImplementation`, `debugAndroidTestCompileClasspath`; not `latestX`.
    let mut tests = configuration.match_indices("Test").map(|(at, _)| configuration.get(at + 4..).unwrap_or(""));
    name.starts_with("test")
        || tests.any(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()) || rest.starts_with("ing"))
        || DEVELOPMENT.contains(&name.as_str())
        || name.starts_with("kapt")
        || name.ends_with("annotationprocessor")
}

/// Reads the packages of a lock file.
///
/// # Errors
/// When it is in the middle of a merge or no such file.
pub fn read(text: &str, around: &Around<'_>) -> Result<Reading, NotUnderstood> {
    let (folder, name) = around.path.rsplit_once('/').unwrap_or(("", around.path));
    let old = folder.ends_with("gradle/dependency-locks").then(|| name.trim_end_matches(".lockfile"));
    let is_build = name.starts_with("buildscript-") || name.starts_with("settings-");
    let mut builder = Builder::new(Manager::Gradle, if old.is_some() { "one file a configuration" } else { "" });
    let (mut ended, mut read) = (false, 0_u64);
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        if ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark)) {
            return Err(NotUnderstood::at("gradle.lockfile with a merge that is not finished", number as usize));
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("empty=") {
            ended = true;
            continue;
        }
        let (module, configurations) = line.split_once('=').unwrap_or((line, old.unwrap_or("")));
        let parts: Vec<&str> = module.split(':').collect();
        let ([group, artifact, version], false) = (parts.as_slice(), configurations.is_empty()) else {
            builder.gaps.add(reason::ENTRY, &format!("line {number}"));
            continue;
        };
        if [group, artifact, version].iter().any(|part| part.is_empty() || part.contains(' ')) {
            builder.gaps.add(reason::ENTRY, &format!("line {number}"));
            continue;
        }
        read += 1;
        let development =
            is_build || configurations.split(',').all(|configuration| is_development(configuration.trim()));
        let scope = Some(if development { Scope::Development } else { Scope::Production });
        let name = format!("{group}:{artifact}");
        builder.add(format!("{name}:{version}"), Draft { scope, ..Draft::new(&name, *version, number) });
        builder.also(name, module);
    }
    // Gradle ends the file with the configurations that are empty, also where there are none.
    if old.is_none() && !ended {
        if read == 0 {
            return Err(NotUnderstood::new("a gradle.lockfile without entries: it is empty or ends early"));
        }
        builder.gaps.add("gradle.lockfile that ends early", around.path);
    }
    let own = if old.is_some() { folder.trim_end_matches("gradle/dependency-locks") } else { around.folder() };
    for file in ["build.gradle", "build.gradle.kts"] {
        let Some(manifest) = around.manifests.get(&format!("{own}{file}")) else { continue };
        builder.root(&manifest.path);
        for declared in &manifest.declared {
            builder.wants(&manifest.path, &declared.name, &declared.range, declared.scope, &declared.name);
        }
    }
    Ok(builder.finish(around.path))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(path: &str, text: &str) -> Result<Reading, NotUnderstood> {
        super::read(text, &Around { path, manifests: &BTreeMap::new() })
    }

    fn told(path: &str, text: &str) -> Vec<String> {
        let reading = read(path, text).unwrap();
        let told =
            |p: &crate::probe::packages::LockedPackage| format!("{} {}:{} {:?}", p.name, p.version, p.line, p.scope);
        let mut all: Vec<String> = reading.lock.packages.iter().map(told).collect();
        all.extend(
            reading.gaps.into_vec().iter().map(|gap| format!("gap {}: {}", gap.reason, gap.examples.join(", "))),
        );
        all
    }

    #[test]
    fn configurations_tell_what_is_for_development() {
        let text = "# This is a Gradle generated file for dependency locking.\n\
            org.a:both:1.0=compileClasspath,testCompileClasspath\norg.b:tested:2.0=testCompileClasspath,testRuntimeClasspath\n\
            org.c:processor:3.0=annotationProcessor\norg.d:odd=compileClasspath\norg.e:nothing:1\nempty=\n";
        assert_eq!(
            told("gradle.lockfile", text),
            [
                "org.a:both 1.0:2 Production",
                "org.b:tested 2.0:3 Development",
                "org.c:processor 3.0:4 Development",
                "gap entry of a lock file that was not understood: line 5, line 6",
            ]
        );
        assert_eq!(
            told("buildscript-gradle.lockfile", "org.a:plugin:1.0=classpath\nempty=\n"),
            ["org.a:plugin 1.0:1 Development"]
        );
        let old = "app/gradle/dependency-locks/testCompileClasspath.lockfile";
        assert_eq!(told(old, "org.a:b:1.0\n"), ["org.a:b 1.0:1 Development"]);
        assert_eq!(
            told("gradle/dependency-locks/runtimeClasspath.lockfile", "org.a:b:1.0\n"),
            ["org.a:b 1.0:1 Production"]
        );
        for (name, expected) in [
            ("testImplementation", true),
            ("integrationTestRuntimeClasspath", true),
            ("debugUnitTestCompileClasspath", true),
            ("testFixturesApi", true),
            ("kaptDebug", true),
            ("latestRuntime", false),
            ("runtimeClasspath", false),
            ("releaseTestedApks", false),
        ] {
            assert_eq!(is_development(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_lock_file_is_refused() {
        let error = |text: &str| read("gradle.lockfile", text).unwrap_err();
        assert_eq!(error("org.a:b:1=x\n<<<<<<< HEAD\n").line, Some(2));
        assert!(error("").reason.contains("ends early"));
        assert!(error("{}").reason.contains("ends early"));
        assert_eq!(read("gradle.lockfile", "empty=\n").unwrap().lock.packages, []);
        let cut = told("gradle.lockfile", "org.a:b:1=x\norg.a:c:1");
        assert_eq!(cut.last().unwrap(), "gap gradle.lockfile that ends early: gradle.lockfile");
        assert_eq!(cut.len(), 3);
    }
}
