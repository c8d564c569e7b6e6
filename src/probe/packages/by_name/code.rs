//! What code and scripts of the project fetch past all manifests: imports from addresses, headers of Python scripts.

use std::sync::LazyLock;

use regex::Regex;

/// An import from an address: `import x from "npm:ejs@3.1.6"`, `await import("https://esm.sh/ejs")`.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?:[^/*]|/[^/*])*?(?:\b(?:import|export)\b[^"']*\bfrom|\}\s*from|(?:^|[^@\w])import\s*\(?)\s*(?:/\*[^*]*\*/\s*)?["'](?P<from>(?:npm:|jsr:|https?://)[^"'\s]+)["']"#).ok()
});

/// What code imports from addresses, with the lines.
pub fn imports(text: &str) -> Vec<(u32, String)> {
    if !["\"npm:", "'npm:", "jsr:", "http"].iter().any(|start| text.contains(start)) {
        return Vec::new();
    }
    let Some(pattern) = IMPORT.as_ref() else { return Vec::new() };
    let lines = text.lines().zip(1..).filter(|(line, _)| line.len() < 1_000);
    let found = lines.filter_map(|(line, number)| Some((number, pattern.captures(line)?.name("from")?.as_str())));
    found
        .map(|(number, from)| {
            let host = from.contains("://").then(|| url::Url::parse(from).ok()).flatten();
            let shown = host.and_then(|url| url.host_str().map(|host| format!("from {host}")));
            (number, shown.unwrap_or_else(|| super::archive_shown(from)))
        })
        .collect()
}

/// The line of the header in which a Python script asks for packages
/// (<https://packaging.python.org/en/latest/specifications/inline-script-metadata/>).
pub fn script_header(text: &str) -> Option<u32> {
    let (start, _) = text.lines().enumerate().find(|(_, line)| line.trim_end() == "# /// script")?;
    let header = text.lines().skip(start + 1).take_while(|line| line.starts_with('#') && line.trim_end() != "# ///");
    let header: String = header.map(|line| format!("{}\n", line.trim_start_matches('#').trim_start())).collect();
    let list = header.split_once("dependencies").map(|(_, rest)| rest.trim_start_matches([' ', '=', '[', '\n']))?;
    list.starts_with(['"', '\'']).then(|| u32::try_from(start + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_imports_from_addresses() {
        let text = "import ejs from \"npm:ejs@3.1.6\";\nimport 'https://u:p@esm.example.com/a?token=1'\n\
                    const b = await import(\"jsr:@std/fs\");\n// import x from \"npm:x\";\nfetch(\"https://a.example.com\");\n\
                    import y from \"y\";\n@import 'https://fonts.example.com/css';\nlinks from \"https://example.com\"\n\
                    const c = import(/* webpackIgnore: true */ 'https://esm.example.com/c');\n} from 'npm:d';\n";
        let told: Vec<String> = imports(text).into_iter().map(|(line, what)| format!("{line} {what}")).collect();
        assert_eq!(
            told,
            ["1 npm:ejs@3.1.6", "2 from esm.example.com", "3 jsr:@std/fs", "9 from esm.example.com", "10 npm:d"]
        );
    }

    #[test]
    fn scripts_ask_in_their_headers() {
        let asks = "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   \"requests<3\",\n# ]\n# ///\nimport requests\n";
        assert_eq!(script_header(asks), Some(2));
        for none in [
            "# /// script\n# dependencies = []\n# ///\n",
            "# dependencies = [\"a\"]\n",
            "# /// script\n# requires-python = \">=3\"\n# ///\nx\n",
        ] {
            assert_eq!(script_header(none), None, "{none}");
        }
    }
}
