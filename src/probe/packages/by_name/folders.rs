//! The folders of the project that commands of a container install from. A container knows them by other names: they were
//! copied there, and commands go from folder to folder.

use crate::probe::packages::shell;
use crate::probe::repository::Dockerfile;

/// Where the commands of one `RUN` stand.
pub struct Standing<'c> {
    container: &'c Dockerfile,
    line: u32,
    /// The working folder, as the container calls it.
    at: String,
}

impl<'c> Standing<'c> {
    /// At the beginning of the `RUN` in a line (<https://docs.docker.com/reference/dockerfile/#workdir>).
    pub fn of(container: &'c Dockerfile, line: u32) -> Self {
        let before = container.all("WORKDIR").filter(|(_, at)| *at < line);
        let at = before.fold(String::new(), |at, (folder, _)| gone(&at, folder));
        Self { container, line, at }
    }

    /// Goes where a command goes: `cd libs/http`, `pushd libs/http`.
    pub fn follow(&mut self, command: &str) {
        let words = shell::words(command);
        let mut words = words.iter().map(String::as_str).skip_while(|word| word.eq_ignore_ascii_case("run"));
        if let (Some("cd" | "pushd"), Some(folder)) = (words.next(), words.next()) {
            self.at = gone(&self.at, folder);
        }
    }

    /// What a folder may be called in the project, the likeliest first.
    pub fn names(&self, folder: &str) -> Vec<String> {
        // `./lib[dev]`
        let folder = folder.split('[').next().unwrap_or(folder);
        let full = gone(&self.at, folder);
        let copies = ["COPY", "ADD"].into_iter().flat_map(|word| self.container.all(word));
        let copies = copies.filter(|(rest, line)| *line < self.line && !rest.contains("--from="));
        let sources = copies.filter_map(|(rest, _)| {
            let words = rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ','));
            let words: Vec<&str> = words.filter(|word| !word.is_empty() && !word.starts_with("--")).collect();
            let [source, target] = *words else { return None };
            let rest = below(bare(&full), bare(target))?;
            (bare(source) != "").then(|| format!("{}{rest}", bare(source)))
        });
        let mut names: Vec<String> = sources.collect();
        names.push(bare(&full).to_owned());
        names.retain(|name| !name.is_empty());
        names
    }
}

/// A folder as seen from another one of the container.
fn gone(at: &str, folder: &str) -> String {
    let folder = folder.trim().trim_matches(['"', '\'']);
    if folder.starts_with('/') || at.is_empty() {
        return folder.to_owned();
    }
    format!("{}/{}", at.trim_end_matches('/'), bare(folder)).trim_end_matches('/').to_owned()
}

/// Without what stands around the names of folders: `./libs/http/`, `/app`.
fn bare(folder: &str) -> &str {
    let folder = folder.trim_start_matches("./").trim_matches('/').trim_end_matches("/.");
    if folder == "." { "" } else { folder }
}

/// What follows a folder: nothing for the folder itself, `/lib` below it.
fn below<'f>(folder: &'f str, above: &str) -> Option<&'f str> {
    folder.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_container_are_found_where_they_were_copied_from() {
        let of = |before: &str, command: &str, folder: &str| {
            let text = format!("FROM python:3.12\n{before}\nRUN {command}\n");
            let container = Dockerfile::new("Dockerfile", text.as_str().into());
            let (_, line) = container.runs().next().unwrap();
            let mut standing = Standing::of(&container, line);
            shell::commands(command).into_iter().for_each(|one| standing.follow(one));
            standing.names(folder).join(" ")
        };
        for (before, command, folder, names) in [
            ("COPY . /app", "pip install x", "./libs/http", "libs/http"),
            ("WORKDIR /app", "pip install x", "./libs/http[dev]", "app/libs/http"),
            ("COPY libs/http /tmp/h", "pip install x", "/tmp/h", "libs/http tmp/h"),
            ("COPY --chown=a:b ./libs/ /tmp/", "pip install x", "/tmp/http/", "libs/http tmp/http"),
            ("COPY --from=build /out/http /tmp/h", "pip install x", "/tmp/h", "tmp/h"),
            ("COPY libs /tmp/libs", "pip install x", "/tmp/libsonnet", "tmp/libsonnet"),
            ("WORKDIR /app\nCOPY . .", "cd libs/http && pip install .", ".", "app/libs/http"),
            ("WORKDIR /app\nWORKDIR libs", "pip install .", ".", "app/libs"),
            ("COPY . .", "pip install .", ".", ""),
        ] {
            assert_eq!(of(before, command, folder), names, "{before} {command} {folder}");
        }
    }
}
