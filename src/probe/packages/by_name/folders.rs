//! The folders of the project that commands of a container install from. A container knows them by other names: they were
//! copied there, and commands go from folder to folder.

use crate::probe::packages::shell;
use crate::probe::repository::Dockerfile;

/// Of files with more instructions than anybody writes, not all are followed.
const MOST_COPIES: usize = 200;

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
        Self { container, line, at: workdir(container, line) }
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
        let mut names = Vec::new();
        for (name, is_of_a_stage) in self.sources(&full) {
            // Another stage may have it from the project.
            let before = if is_of_a_stage { self.sources(&name) } else { Vec::new() };
            names.extend(before.into_iter().map(|(name, _)| name));
            names.push(name);
        }
        names.push(bare(&full).to_owned());
        names.retain(|name| !name.is_empty());
        names
    }

    /// From where a folder of the container was copied, and whether that is another stage.
    fn sources(&self, full: &str) -> Vec<(String, bool)> {
        let copies = ["COPY", "ADD"].into_iter().flat_map(|word| self.container.all(word));
        let copies = copies.filter(|(_, line)| *line < self.line).take(MOST_COPIES);
        let sources = copies.flat_map(|(rest, line)| {
            let words = rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '[' | ']' | ','));
            let mut words: Vec<&str> = words.filter(|word| !word.is_empty() && !word.starts_with("--")).collect();
            // What is not absolute is meant from where the container stands.
            let target = words.pop().map(|target| gone(&workdir(self.container, line), target));
            let rest_of = target.and_then(|target| below(bare(full), bare(&target)));
            let is_of_a_stage = rest.contains("--from=");
            words.into_iter().filter_map(move |source| {
                let name = format!("{}{}", bare(source), rest_of.clone()?);
                Some((bare(&name).to_owned(), is_of_a_stage))
            })
        });
        sources.collect()
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
fn below(folder: &str, above: &str) -> Option<String> {
    if above.is_empty() {
        return Some(format!("/{folder}"));
    }
    folder.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/')).map(str::to_owned)
}

/// The working folder on a line: what the instructions of its stage say one after the other.
fn workdir(container: &Dockerfile, line: u32) -> String {
    let stage = container.all("FROM").map(|(_, at)| at).filter(|at| *at < line).last().unwrap_or(0);
    let before = container.all("WORKDIR").filter(|(_, at)| (stage..line).contains(at));
    before.fold(String::new(), |at, (folder, _)| gone(&at, folder))
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
            ("COPY . /app", "pip install x", "/app/libs/http", "libs/http app/libs/http"),
            ("COPY . /app", "pip install x", "./libs/http", "libs/http"),
            ("WORKDIR /app", "pip install x", "./libs/http[dev]", "app/libs/http"),
            ("COPY libs/http /tmp/h", "pip install x", "/tmp/h", "libs/http tmp/h"),
            ("COPY --chown=a:b ./libs/ /tmp/", "pip install x", "/tmp/http/", "libs/http tmp/http"),
            // From another stage, which has it under the project's name with folders above it.
            ("COPY --from=build /src/libs/http /tmp/h", "pip install x", "/tmp/h", "src/libs/http tmp/h"),
            (
                "WORKDIR /s\nCOPY libs /s\nFROM x\nCOPY --from=a /s/h /opt/h",
                "pip install x",
                "/opt/h",
                "libs/h s/h opt/h",
            ),
            ("WORKDIR /code\nCOPY libs/http ./h", "pip install x", "./h", "libs/http code/h"),
            ("COPY backend/ .", "pip install x", "./h", "backend/h h"),
            ("COPY a.txt libs /app/", "pip install x", "/app/h", "a.txt/h libs/h app/h"),
            ("COPY libs /tmp/libs", "pip install x", "/tmp/libsonnet", "tmp/libsonnet"),
            ("WORKDIR /app\nCOPY . .", "cd libs/http && pip install .", ".", "libs/http app/libs/http"),
            ("WORKDIR /app\nWORKDIR libs", "pip install .", ".", "app/libs"),
            ("COPY . .", "pip install .", ".", ""),
        ] {
            assert_eq!(of(before, command, folder), names, "{before} {command} {folder}");
        }
    }
}
