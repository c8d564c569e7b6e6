//! What containers begin with, make and write themselves.

use super::{of, told};

#[test]
fn an_entry_point_and_its_command_are_one() {
    for (lines, all) in [
        ("ENTRYPOINT [\"pip\"]\nCMD [\"install\", \"requests==2.19.0\"]", "compared: Dockerfile:5 requests==2.19.0"),
        (
            "ENTRYPOINT [\"/bin/sh\", \"-c\"]\nCMD [\"pip install requests==2.19.0 && x\"]",
            "compared: Dockerfile:5 requests==2.19.0",
        ),
        ("CMD [\"cowsay\"]\nENTRYPOINT [\"npx\"]", "by name: Dockerfile:4 cowsay"),
        ("ENTRYPOINT [\"tini\", \"--\"]\nCMD [\"npx\", \"cowsay\"]", "by name: Dockerfile:5 cowsay"),
        // What a script is given it starts, and a stage begins as the one that it builds on.
        ("ENTRYPOINT [\"/app/scripts/setup.sh\"]\nCMD [\"npx\", \"cowsay\"]", "by name: Dockerfile:5 cowsay"),
        (
            "FROM debian:12 AS one\nENTRYPOINT [\"pip\"]\nFROM one\nCMD [\"install\", \"django\"]",
            "by name: Dockerfile:7 django",
        ),
        ("ENTRYPOINT [\"pip\"]\nFROM debian:12\nCMD [\"install\", \"django\"]", ""),
        ("ENTRYPOINT [\"pip\"]\nCMD [\"list\"]", ""),
        ("ENTRYPOINT pip\nCMD [\"install\", \"django\"]", ""),
    ] {
        assert_eq!(of(lines), all, "{lines}");
    }
    for (service, all) in [
        ("    entrypoint: pip\n    command: install requests==2.19.0\n", "requests==2.19.0"),
        ("    command: [\"pip install requests==2.19.0\"]\n    entrypoint: [\"sh\", \"-c\"]\n", "requests==2.19.0"),
        ("    entrypoint: [./x.sh]\n    command: [npx, \"cowsay@1.0.0\"]\n", "cowsay@1.0.0"),
        ("    entrypoint: [pip]\n    command: [list]\n", ""),
    ] {
        let compose = format!("services:\n  a:\n{service}");
        let told = told(&[("docker-compose.yml", &compose)]).join(", ");
        assert!(told.ends_with(all) && told.is_empty() == all.is_empty(), "{service}: {told}");
    }
}

#[test]
fn only_what_makes_archives_makes_them() {
    let pip = |line: u32| format!("unfollowed: Dockerfile:{line} pip install");
    for (lines, all) in [
        ("RUN pip install -U pip wheel && curl -LO https://x.example.com/a-1.whl && pip install a-1.whl", pip(4)),
        ("RUN mkdir wheel && cd wheel && wget https://x.example.com/a-1.whl && pip install *-1.whl", pip(4)),
        ("RUN pip wheel -w /w . && curl -LO https://x.example.com/a-1.whl && pip install a-1.whl", pip(4)),
        ("RUN pip wheel -w /w .\nCOPY --from=ghcr.example.com/w:1 /w /v\nRUN pip install /v/*-1.whl", pip(6)),
        ("COPY --from=ghcr.example.com/w:1 /w /v\nRUN pip install /v/*-1.whl", pip(5)),
        ("RUN npm pack minimist@0.0.8 && npm i minimist-0.0.8.tgz", "unfollowed: Dockerfile:4 npm i".to_owned()),
        ("RUN gh repo clone acme/tool && cd tool && pip install -r requirements.txt", pip(4)),
        ("RUN npm pack ./client && npm i shop-client-1.0.0.tgz", String::new()),
    ] {
        assert_eq!(of(lines), all, "{lines}");
    }
}

#[test]
fn files_that_a_container_writes_are_not_the_projects() {
    let pip = |line: u32| format!("unfollowed: Dockerfile:{line} pip install");
    let named = |line: u32| format!("compared: Dockerfile:{line} requests==2.19.0");
    for (lines, all) in [
        ("COPY <<EOF /app/extra.txt\nrequests==2.19.0\nEOF\nRUN pip install -r /app/extra.txt", pip(7)),
        ("COPY <<EOF /srv/requirements.txt\nrequests\nEOF\nRUN pip install -r /srv/requirements.txt", pip(7)),
        ("RUN echo requests | tee -a requirements.txt && pip install -r requirements.txt", pip(4)),
        ("RUN sed -i 's/a/b/' requirements.txt && pip install -r requirements.txt", pip(4)),
        ("RUN sed -i '/pywin32/d' requirements.txt && pip install -r requirements.txt", String::new()),
        ("RUN uv export | tee r.txt && pip install -r r.txt", String::new()),
        (
            "ADD https://x.example.com/requirements.txt /app/requirements.txt\nRUN pip install -r requirements.txt",
            pip(5),
        ),
        ("ADD https://x.example.com/requirements.txt ./\nRUN pip install -r requirements.txt", pip(5)),
        ("ADD https://x.example.com/requirements.txt ./\nCOPY . .\nRUN pip install -r requirements.txt", String::new()),
        // Scripts.
        ("RUN echo \"pip install requests==2.19.0\" > /i.sh && sh /i.sh", named(4)),
        ("RUN printf '#!/bin/sh\\npip install requests==2.19.0\\n' > /i.sh\nCMD [\"/i.sh\"]", named(5)),
        ("RUN echo \"pip install requests==2.19.0\" | sh", named(4)),
        ("RUN echo \"pip install requests==2.19.0\" | tee /a.txt", String::new()),
        ("RUN echo \"pip install requests==2.19.0\" || sh", String::new()),
        ("COPY <<EOF /install.sh\npip install requests==2.19.0\nEOF\nRUN sh /install.sh", named(7)),
        (
            "COPY --chmod=755 <<\"EOF\" /entry.sh\n#!/bin/sh\npip install requests==2.19.0\nEOF\nENTRYPOINT [\"/entry.sh\"]",
            named(8),
        ),
        ("RUN echo \"sh /i.sh\" > /i.sh && sh /i.sh", String::new()),
    ] {
        assert_eq!(of(lines), all, "{lines}");
    }
}

#[test]
fn containers_that_other_files_name_are_read() {
    let container = "FROM a\nRUN pip install django\n";
    for (path, text, named) in [
        (
            "docker-compose.yml",
            "services:\n  a:\n    build:\n      context: ./api\n      dockerfile: prod\n",
            "api/prod",
        ),
        ("fly.toml", "[build]\ndockerfile = \"deploy/image\"\n", "deploy/image"),
    ] {
        let by_name = format!("by name: {named}:2 django");
        assert_eq!(told(&[(path, text), (named, container)]), [by_name], "{path}");
        assert_eq!(told(&[(named, container)]), [""; 0], "{path}");
    }
}

#[test]
fn commands_too_deep_are_told() {
    let of_depth = |depth: usize| of(&format!("RUN {}pip install django{}", "a $(".repeat(depth), ")".repeat(depth)));
    assert_eq!(of_depth(5), "by name: Dockerfile:4 django");
    assert_eq!(of_depth(8), "unfollowed: Dockerfile:4 a command deep within other commands");
}

#[test]
fn endless_folders_and_entries_take_no_time() {
    let begun = std::time::Instant::now();
    let lines: String = (0..3_000).map(|n| format!("WORKDIR w{n}\nRUN pip install .\n")).collect();
    let all = told(&[("Dockerfile", &format!("FROM a\n{lines}"))]);
    assert_eq!(all.iter().filter(|one| one.contains("WORKDIR")).count(), 1, "{all:?}");
    let scripts: Vec<String> = (0..5_000).map(|n| format!("\"a{n}\": \"true\"")).collect();
    let calls: Vec<String> = (0..4_000).map(|n| format!("npm run a{n}")).collect();
    told(&[
        ("Dockerfile", &format!("FROM a\nCOPY . .\nRUN {}\n", calls.join(" && "))),
        ("package.json", &format!("{{\"scripts\": {{{}}}}}", scripts.join(",\n"))),
    ]);
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}
