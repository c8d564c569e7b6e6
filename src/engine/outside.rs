//! Hands things to other programs of the user's: the browser and the editor.

use std::path::Path;

use tokio::process::Command;
use url::Url;

/// Opens an address in the browser; only `http` and `https`.
pub(super) fn open_url(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| format!("{text} is not an address that can be opened"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{text} is not a web address, so it was not opened"));
    }
    open::that_detached(url.as_str()).map_err(|_| format!("No browser could be started; copy {url} instead"))
}

/// Runs `$VISUAL` or `$EDITOR` on a file of the project at a line, and waits for it.
pub(super) async fn edit(root: &Path, path: &str, line: Option<u32>) -> Result<(), String> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let Some(editor) = editor else {
        return Err("No editor is set: set EDITOR, for example to vim, and press e again".to_owned());
    };
    let mut words = editor.split_whitespace();
    let Some(program) = words.next() else { return Err("EDITOR is empty: set it, for example to vim".to_owned()) };
    let status = Command::new(program)
        .args(words)
        .args(arguments(program, &root.join(path), line))
        .current_dir(root)
        .status()
        .await
        .map_err(|error| format!("{program} could not be started: {error}; check EDITOR"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) }
}

/// How an editor takes a line: `+12 file` for most, `--goto file:12` for VS Code and its kin, `file:12` for newer ones.
fn arguments(program: &str, path: &Path, line: Option<u32>) -> Vec<String> {
    let file = path.to_string_lossy().into_owned();
    let Some(line) = line else { return vec![file] };
    let name = Path::new(program).file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    match name.as_str() {
        "code" | "code-insiders" | "codium" | "cursor" | "windsurf" => {
            vec!["--wait".to_owned(), "--goto".to_owned(), format!("{file}:{line}")]
        }
        "hx" | "helix" | "zed" | "subl" => vec![format!("{file}:{line}")],
        _ => vec![format!("+{line}"), file],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_editor_gets_the_line_its_own_way() {
        let path = Path::new("/p/a.ts");
        assert_eq!(arguments("vim", path, Some(3)), ["+3", "/p/a.ts"]);
        assert_eq!(arguments("/usr/bin/code", path, Some(3)), ["--wait", "--goto", "/p/a.ts:3"]);
        assert_eq!(arguments("hx", path, Some(3)), ["/p/a.ts:3"]);
        assert_eq!(arguments("nano", path, None), ["/p/a.ts"]);
    }

    #[test]
    fn only_web_addresses_are_opened() {
        assert!(open_url("file:///etc/passwd").is_err());
        assert!(open_url("not one").is_err());
    }
}
