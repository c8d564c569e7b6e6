//! What Renovate is told to leave alone (<https://docs.renovatebot.com/configuration-options/>).

use serde_json::Value;

use super::updates_incomplete::glob;

/// What it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renovate {
    /// It proposes nothing at all.
    off: bool,
    /// Nothing but these managers: `enabledManagers`.
    managers: Vec<String>,
    /// Managers with `enabled: false`.
    switched_off: Vec<String>,
    left_out: Vec<String>,
    only: Vec<String>,
    rules: Vec<Rule>,
    /// Updates that close a known hole come also where others are switched off.
    security: bool,
}

/// A rule that switches updates on or off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rule {
    enabled: bool,
    /// For all packages and all updates of those that the rest names.
    whole: bool,
    managers: Vec<String>,
    datasources: Vec<String>,
    paths: Vec<String>,
}

/// A file as Renovate sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The managers of its ecosystem: `npm`, `dockerfile`.
    pub managers: &'a [&'a str],
    /// Those of them that read files of its name.
    pub own: &'a [&'a str],
    /// Where its versions come from: `npm`, `docker`.
    pub datasource: &'a str,
    /// Its path.
    pub path: &'a str,
}

/// Whether updates are proposed for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// None.
    No,
    /// For some of its packages, or only those that close a known hole.
    Partly,
    /// For what it asks for, but for exceptions.
    Yes,
}

impl Renovate {
    /// Reads a configuration; `None` where the text is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let json: Value = jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default()).ok()?;
        json.is_object().then(|| Self::of(&json))
    }

    /// The same from `package.json`; `None` where that holds none.
    #[must_use]
    pub fn in_manifest(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        json.get("renovate").map(Self::of)
    }

    fn of(json: &Value) -> Self {
        let is = |key: &str, value: bool| json.get(key).and_then(Value::as_bool) == Some(value);
        let inner = |key: &str, value: bool| json.pointer(&format!("/{key}/enabled")) == Some(&Value::Bool(value));
        let mut found = Self {
            managers: list(json, "enabledManagers"),
            left_out: list(json, "ignorePaths"),
            only: list(json, "includePaths"),
            security: inner("vulnerabilityAlerts", true) || is("osvVulnerabilityAlerts", true),
            ..Self::default()
        };
        for preset in list(json, "extends") {
            match preset.strip_prefix("default:").or_else(|| preset.strip_prefix(':')).unwrap_or(&preset) {
                "disableRenovate" | "disableAll" => found.off = true,
                "enableRenovate" => found.off = false,
                "docker:disable" => found.switched_off.push("dockerfile".to_owned()),
                "security:only-security-updates" => {
                    found.security = true;
                    found.rules.push(Rule { whole: true, ..Rule::default() });
                }
                _ => {}
            }
        }
        // What the file says itself comes after what it takes over.
        if let Some(enabled) = json.get("enabled").and_then(Value::as_bool) {
            found.off = !enabled;
        }
        found.off |= json.get("mode").and_then(Value::as_str) == Some("silent");
        if UPDATES.iter().all(|kind| inner(kind, false)) {
            found.rules.push(Rule { whole: true, ..Rule::default() });
        }
        let tables = json.as_object().into_iter().flatten();
        let switched_off = tables.filter(|(key, _)| inner(key, false)).map(|(key, _)| key.clone());
        found.switched_off.extend(switched_off);
        let rules = json.get("packageRules").and_then(Value::as_array);
        found.rules.extend(rules.into_iter().flatten().filter_map(Rule::of));
        found
    }

    /// Whether it proposes nothing at all, whatever there is.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// Whether updates are proposed for a file.
    #[must_use]
    pub fn watches(&self, one: Seen<'_>) -> Watch {
        let named = |patterns: &[String]| {
            patterns.iter().any(|pattern| one.path.starts_with(pattern.as_str()) || glob(pattern, one.path))
        };
        let managed = self.managers.is_empty()
            || one.managers.iter().any(|name| self.managers.iter().any(|manager| manager == name))
            || self.managers.iter().any(|manager| manager.starts_with("custom"));
        if self.off || !managed || named(&self.left_out) || !(self.only.is_empty() || named(&self.only)) {
            return Watch::No;
        }
        let is_off = |name: &&&str| self.switched_off.iter().any(|off| off == **name);
        let mut watch = match one.own.iter().filter(is_off).count() {
            0 => Watch::Yes,
            off if off == one.own.len() => return Watch::No,
            _ => Watch::Partly,
        };
        for rule in self.rules.iter().filter(|rule| rule.is_for(one)) {
            watch = match (rule.enabled, rule.whole, watch) {
                (false, true, _) => Watch::No,
                (true, true, _) => Watch::Yes,
                (true, false, Watch::No) => Watch::Partly,
                (_, false, before) => before,
            };
        }
        if watch == Watch::No && self.security { Watch::Partly } else { watch }
    }
}

/// The kinds of updates to new versions.
const UPDATES: [&str; 3] = ["major", "minor", "patch"];

/// Patterns that fit every name.
const ANY: [&str; 8] = ["*", "**", "**/*", "/.*/", "/^.*$/", ".*", "^.*$", ".+"];

impl Rule {
    /// `None` where it switches nothing.
    fn of(json: &Value) -> Option<Self> {
        let mut rule = Self { enabled: json.get("enabled")?.as_bool()?, whole: true, ..Self::default() };
        let tests = json.as_object()?.keys().filter(|key| key.starts_with("match") || key.starts_with("exclude"));
        for key in tests {
            let wanted = list(json, key);
            let any = wanted.iter().any(|one| ANY.contains(&one.as_str()));
            match key.as_str() {
                _ if any && key.starts_with("match") => {}
                "matchManagers" if wanted.iter().all(|one| !one.starts_with(['!', '/'])) => rule.managers = wanted,
                "matchDatasources" => rule.datasources = wanted,
                "matchFileNames" | "matchPaths" => rule.paths = wanted,
                "matchUpdateTypes" if UPDATES.iter().all(|kind| wanted.iter().any(|one| one == kind)) => {}
                _ => rule.whole = false,
            }
        }
        Some(rule)
    }

    fn is_for(&self, one: Seen<'_>) -> bool {
        let has = |wanted: &[String], names: &[&str]| {
            wanted.is_empty() || wanted.iter().any(|wanted| names.contains(&wanted.as_str()))
        };
        has(&self.managers, one.own)
            && has(&self.datasources, &[one.datasource])
            && (self.paths.is_empty() || self.paths.iter().any(|path| glob(path, one.path)))
    }
}

/// The texts of a list, or the one that stands in its place.
fn list(json: &Value, key: &str) -> Vec<String> {
    let value = json.get(key);
    let several = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    value.and_then(Value::as_str).into_iter().chain(several).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npm(text: &str) -> Watch {
        let own = &["npm", "bun"];
        let seen = Seen { managers: own, own, datasource: "npm", path: "apps/web/package.json" };
        Renovate::read(text).unwrap().watches(seen)
    }

    #[test]
    fn what_leaves_all_out_is_seen() {
        for text in [
            r#"{"enabled": false}"#,
            r#"{"extends": ["config:recommended"], "enabled": false}"#,
            r#"{"extends": [":disableAll"]}"#,
            r#"{"extends": ["default:disableRenovate"]}"#,
            r#"{"mode": "silent"}"#,
            r#"{"enabledManagers": ["dockerfile"]}"#,
            r#"{"ignorePaths": ["**/apps/**"]}"#,
            r#"{"includePaths": ["api/**"]}"#,
            r#"{"npm": {"enabled": false}, "bun": {"enabled": false}}"#,
            r#"{"major": {"enabled": false}, "minor": {"enabled": false}, "patch": {"enabled": false}}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchPackagePatterns": [".*"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchManagers": ["npm"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchDatasources": ["npm"], "matchDepNames": ["**"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchFileNames": ["apps/**"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchUpdateTypes": ["major", "minor", "patch", "pin"], "enabled": false}]}"#,
        ] {
            assert_eq!(npm(text), Watch::No, "{text}");
        }
    }

    #[test]
    fn what_leaves_some_out_is_seen() {
        for text in [
            r#"{"npm": {"enabled": false}}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "enabled": false}], "vulnerabilityAlerts": {"enabled": true}}"#,
            r#"{"extends": ["security:only-security-updates"]}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "enabled": false}, {"matchPackageNames": ["react"], "enabled": true}]}"#,
        ] {
            assert_eq!(npm(text), Watch::Partly, "{text}");
        }
    }

    #[test]
    fn exceptions_leave_the_rest_watched() {
        for text in [
            "{ // all\n extends: ['config:recommended'],}",
            r#"{"extends": [":disableRenovate"], "enabled": true}"#,
            r#"{"packageRules": [{"matchPackageNames": ["vue"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "matchUpdateTypes": ["major"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "excludePackageNames": ["vue"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchManagers": ["dockerfile"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchDatasources": ["docker"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchFileNames": ["api/**"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "groupName": "all"}]}"#,
            r#"{"packageRules": [{"matchPackageNames": ["*"], "enabled": false}, {"matchManagers": ["npm"], "enabled": true}]}"#,
            r#"{"major": {"enabled": false}, "lockFileMaintenance": {"enabled": false}, "packageRules": "odd"}"#,
        ] {
            assert_eq!(npm(text), Watch::Yes, "{text}");
        }
    }

    #[test]
    fn what_is_no_configuration_is_not_read() {
        for text in ["{{", "", "[]", "false"] {
            assert_eq!(Renovate::read(text), None, "{text}");
        }
        assert_eq!(Renovate::in_manifest("{\"name\": \"x\"}"), None);
        assert!(Renovate::in_manifest("{\"renovate\": {\"enabled\": false}}").unwrap().is_off());
    }
}
