//! Paths of the project's files: relative to it, with `/`.

/// The folder of a path: empty, or `apps/web/`.
#[must_use]
pub fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("")
}

/// `target` as seen from `folder`, relative to the project and without a `/` at its end; `None` where it leads out of it.
#[must_use]
pub fn joined(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_in_the_project() {
        for (from, target, expected) in [
            ("", "a/b", Some("a/b")),
            ("a/", "./b/", Some("a/b")),
            ("a/b", "..\\c", Some("a/c")),
            ("a", "..", Some("")),
            ("a", "../../b", None),
        ] {
            assert_eq!(joined(from, target).as_deref(), expected, "{from} {target}");
        }
        assert_eq!((folder("a/b.toml"), folder("b.toml")), ("a/", ""));
    }
}
