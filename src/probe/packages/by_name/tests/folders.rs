//! Folders of a container, and those of the project.

use super::super::folders::Standing;
use super::super::layout::Layout;
use crate::probe::repository::Dockerfile;

#[test]
fn folders_of_a_container_are_found_where_they_were_copied_from() {
    let of = |before: &str, command: &str, folder: &str| {
        let text = format!("FROM python:3.12\n{before}\nRUN {command}\n");
        let container = Dockerfile::new("Dockerfile", text.as_str().into());
        let (_, line) = container.runs().next().unwrap();
        let layout = Layout::of(&container);
        let mut standing = Standing::of(&layout, command, line);
        if let Some(to) = command.strip_prefix("cd ") {
            standing.go(to);
        }
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
        ("WORKDIR /s\nCOPY libs /s\nFROM x\nCOPY --from=a /s/h /opt/h", "pip install x", "/opt/h", "libs/h s/h opt/h"),
        ("WORKDIR /code\nCOPY libs/http ./h", "pip install x", "./h", "libs/http code/h"),
        ("COPY backend/ .", "pip install x", "./h", "backend/h h"),
        ("COPY a.txt libs /app/", "pip install x", "/app/h", "a.txt/h libs/h app/h"),
        ("COPY libs /tmp/libs", "pip install x", "/tmp/libsonnet", "tmp/libsonnet"),
        ("WORKDIR /app\nCOPY . .", "cd libs/http", ".", "libs/http app/libs/http"),
        ("WORKDIR /app\nWORKDIR libs", "pip install .", ".", "app/libs"),
        ("COPY . .", "pip install .", ".", ""),
    ] {
        assert_eq!(of(before, command, folder), names, "{before} {command} {folder}");
    }
}
