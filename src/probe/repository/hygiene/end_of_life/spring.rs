//! The version of Spring Boot, where a build fixes it otherwise than by a dependency: by its parent, a bill of materials
//! or a plugin (<https://docs.spring.io/spring-boot/build-systems.html>).

use std::sync::LazyLock;

use regex::Regex;

use super::pinned::{Pinned, Read};
use crate::probe::repository::repo::name_of;

/// The reader of a build of this path.
pub fn reader(path: &str) -> Option<Read> {
    Some(match name_of(path) {
        "pom.xml" => maven,
        "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts" => gradle,
        name if name.ends_with(".versions.toml") => catalog,
        _ => return None,
    })
}

fn pinned(path: &str, line: u32, version: &str) -> Option<Pinned> {
    // A range is no version.
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| Pinned {
        path: path.to_owned(),
        line,
        product: "spring-boot".to_owned(),
        versions: vec![version.to_owned()],
        verb: "The app is built on",
        sure: true,
    })
}

fn line_at(text: &str, at: usize) -> u32 {
    let lines = text.get(..at).map_or(0, |before| before.matches('\n').count());
    u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1)
}

/// A text without what lies between two marks; its lines stay where they are.
fn without(text: &str, begin: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once(begin) {
        let (comment, after) = comment.split_once(end).unwrap_or((comment, ""));
        kept.push_str(before);
        kept.extend(comment.chars().filter(|c| *c == '\n'));
        rest = after;
    }
    kept + rest
}

fn maven(path: &str, text: &str) -> Vec<Pinned> {
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let artifact = "<artifactId>\\s*spring-boot-(?:starter-parent|dependencies)\\s*</artifactId>";
        Regex::new(&format!(
            "<groupId>\\s*org\\.springframework\\.boot\\s*</groupId>\\s*{artifact}\\s*<version>\\s*([^<\\s]+)\\s*</version>"
        ))
        .ok()
    });
    let text = without(text, "<!--", "-->");
    let named = NAMED.as_ref().and_then(|named| named.captures(&text)).and_then(|found| found.get(1));
    let pin = named.and_then(|named| {
        let property = named.as_str().strip_prefix("${").and_then(|name| name.strip_suffix('}'));
        let Some(property) = property else { return pinned(path, line_at(&text, named.start()), named.as_str()) };
        let tag = format!("<{property}>");
        let at = text.find(&tag)? + tag.len();
        pinned(path, line_at(&text, at), text.get(at..)?.split('<').next()?.trim())
    });
    pin.into_iter().collect()
}

fn gradle(path: &str, text: &str) -> Vec<Pinned> {
    static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let plugin = r#"id\s*\(?\s*["']org\.springframework\.boot["']\s*\)?\s*version\s*\(?\s*["']([^"']+)["']"#;
        let artifact = r#"["']org\.springframework\.boot:spring-boot-(?:gradle-plugin|dependencies):([^"':@]+)["':@]"#;
        Regex::new(&format!("{plugin}|{artifact}")).ok()
    });
    let text = without(text, "/*", "*/");
    let code = |line: &str| !line.trim_start().starts_with("//");
    let mut lines = text.lines().zip(1..).filter(|(line, _)| code(line));
    let found = lines.find_map(|(line, number)| {
        let found = NAMED.as_ref()?.captures(line)?;
        Some((found.get(1).or_else(|| found.get(2))?.as_str(), number))
    });
    let pin = found.and_then(|(version, number)| {
        let Some(variable) = version.strip_prefix('$') else { return pinned(path, number, version) };
        let variable = regex::escape(variable.trim_matches(['{', '}']));
        let set = Regex::new(&format!(r#"\b{variable}\b["']?\s*[=,]\s*["']([^"']+)["']"#)).ok()?;
        let mut lines = text.lines().zip(1..).filter(|(line, _)| code(line));
        lines.find_map(|(line, number)| pinned(path, number, set.captures(line)?.get(1)?.as_str()))
    });
    pin.into_iter().collect()
}

/// Gradle's version catalog: `[plugins]` with `boot = { id = "org.springframework.boot", version.ref = "boot" }`.
fn catalog(path: &str, text: &str) -> Vec<Pinned> {
    const PLUGIN: &str = "org.springframework.boot";
    let Ok(all) = text.parse::<toml::Table>() else { return Vec::new() };
    let plugins = all.get("plugins").and_then(toml::Value::as_table).into_iter().flatten();
    let version = plugins.filter_map(|(_, plugin)| {
        if let Some(short) = plugin.as_str() {
            return short.strip_prefix(PLUGIN)?.strip_prefix(':');
        }
        let version =
            plugin.get("version").filter(|_| plugin.get("id").and_then(toml::Value::as_str) == Some(PLUGIN))?;
        version.as_str().or_else(|| all.get("versions")?.get(version.get("ref")?.as_str()?)?.as_str())
    });
    let pins = version.filter_map(|version| {
        let quoted = [format!("\"{version}\""), format!("'{version}'"), format!("{PLUGIN}:{version}")];
        let line = text.lines().zip(1..).find(|(line, _)| quoted.iter().any(|quoted| line.contains(quoted.as_str())));
        pinned(path, line.map_or(1, |(_, number)| number), version)
    });
    pins.take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<String> {
        reader(path).unwrap()(path, text).iter().map(|pin| format!("{} {}", pin.line, pin.versions.join(" "))).collect()
    }

    #[test]
    fn a_parent_and_a_bill_of_materials_fix_it() {
        let named = |artifact: &str, version: &str| {
            format!(
                "<groupId>org.springframework.boot</groupId>\n<artifactId>{artifact}</artifactId>\n<version>{version}</version>"
            )
        };
        let parent = |version: &str| {
            format!("<project>\n<parent>\n{}\n</parent>\n</project>", named("spring-boot-starter-parent", version))
        };
        assert_eq!(read("pom.xml", &parent("2.7.18")), ["5 2.7.18"]);
        assert_eq!(read("api/pom.xml", &format!("<!-- {}\n-->{}", parent("1.5.0"), parent("3.1.0"))), ["12 3.1.0"]);
        let bill = named("spring-boot-dependencies", "${boot.version}");
        let text = format!("<project>\n<properties><boot.version>2.6.1</boot.version></properties>\n{bill}</project>");
        assert_eq!(read("pom.xml", &text), ["2 2.6.1"]);
        for other in
            [parent("${elsewhere}"), parent("[2,3)"), named("spring-boot-starter-web", "2.7.0"), "<".to_owned()]
        {
            assert_eq!(read("pom.xml", &other), [""; 0], "{other}");
        }
    }

    #[test]
    fn a_plugin_fixes_it() {
        for (path, text, wanted) in [
            ("build.gradle", "plugins {\n  id 'org.springframework.boot' version '2.7.0'\n}\n", &["2 2.7.0"][..]),
            (
                "build.gradle.kts",
                "plugins {\n  id(\"org.springframework.boot\") version \"2.6.3\" apply false\n}\n",
                &["2 2.6.3"],
            ),
            (
                "build.gradle",
                "buildscript {\n  ext.bootVersion = '1.5.9.RELEASE'\n  dependencies {\n    classpath \
                 \"org.springframework.boot:spring-boot-gradle-plugin:${bootVersion}\"\n  }\n}\n",
                &["2 1.5.9.RELEASE"],
            ),
            (
                "build.gradle",
                "// id 'org.springframework.boot' version '2.7.0'\n/* id 'org.springframework.boot' version '1.0' */\n",
                &[],
            ),
            ("build.gradle", "plugins {\n  id 'org.springframework.boot'\n  id 'java' version '1'\n}\n", &[]),
            ("build.gradle", "implementation 'org.springframework.boot:spring-boot-starter-web:2.7.0'\n", &[]),
            (
                "gradle/libs.versions.toml",
                "[versions]\nboot = \"2.7.1\"\n[plugins]\nboot = { id = \"org.springframework.boot\", version.ref = \"boot\" }\n",
                &["2 2.7.1"],
            ),
            ("gradle/libs.versions.toml", "[plugins]\nboot = \"org.springframework.boot:2.7.2\"\n", &["2 2.7.2"]),
            ("gradle/libs.versions.toml", "[plugins]\nother = \"org.springframework.bootless:2.7.2\"\n[", &[]),
        ] {
            assert_eq!(read(path, text), wanted, "{text}");
        }
        assert!(reader("package.json").is_none());
    }
}
