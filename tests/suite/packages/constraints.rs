//! Constraints files: which versions they give, and to what.

use super::python::{asked, collected, gaps, told};

/// What asks for `flask` by the constraints files, and whether a version of it stays unknown.
fn constrained(files: &[(&str, &str)]) -> (Vec<String>, bool) {
    let files: Vec<(&str, &str)> = files
        .iter()
        .copied()
        .chain([("requirements.txt", "flask\n"), ("pins/c.txt", "flask==2.0\nother==1.0\n")])
        .collect();
    let found = collected(&files);
    let constraints = found.locks.iter().filter(|lock| lock.is_constraints());
    let asking = constraints.flat_map(|lock| asked(lock).into_iter().map(|one| format!("{one} in {}", lock.path)));
    let asking = asking.collect();
    (asking, gaps(&found).iter().any(|gap| gap.starts_with("requirement without an exact version")))
}

#[test]
fn commands_give_constraints() {
    let asked = || vec!["requirements.txt: flask  (2.0) in pins/c.txt".to_owned()];
    for (path, text) in [
        ("Dockerfile", "FROM python:3.13\nCOPY pins/c.txt c.txt\nRUN pip install -r requirements.txt \\\n  -c c.txt\n"),
        ("Containerfile", "RUN uv pip install --constraints=pins/c.txt -r requirements.txt\n"),
        ("Dockerfile", "FROM python:3.13\nENV PIP_CONSTRAINT=/app/pins/c.txt\nRUN pip install -r requirements.txt\n"),
        (
            "compose.yml",
            "services:\n  a:\n    command: pip install -r requirements.txt\n    environment:\n      \
                         PIP_CONSTRAINT: pins/c.txt\n",
        ),
    ] {
        assert_eq!(constrained(&[(path, text)]), (asked(), false), "{text}");
    }
    // Here and there only: it is compared, and the version stays open.
    for files in [
        &[("README.md", "Run `pip install -r requirements.txt -c pins/c.txt`.\n")][..],
        &[
            ("Dockerfile", "RUN pip install -r requirements.txt -c pins/c.txt\n"),
            ("a.sh", "pip install -r requirements.txt\n"),
        ],
        &[("Makefile", "export UV_CONSTRAINT = pins/c.txt\nall:\n\tuv pip install -r requirements.txt\n")],
        &[("prod.txt", "-r requirements.txt\n-c pins/c.txt\n"), ("a.sh", "pip install -r prod.txt\n")],
    ] {
        assert_eq!(constrained(files), (asked(), true), "{files:?}");
    }
    // Another tool's variable, another stage's.
    for text in [
        "ENV UV_CONSTRAINT=pins/c.txt\nRUN pip install -r requirements.txt\n",
        "FROM a\nENV PIP_CONSTRAINT=pins/c.txt\nFROM b\nRUN pip install -r requirements.txt\n",
        "RUN echo $PIP_CONSTRAINT pins/c.txt; pip install -r requirements.txt\n",
    ] {
        assert_eq!(constrained(&[("Dockerfile", text)]), (Vec::new(), true), "{text}");
    }
}

#[test]
fn commands_give_constraints_to_the_names_that_they_install() {
    let pins = "urllib3==1.26.0\nother==1.0\n";
    let of = |files: &[(&str, &str)]| {
        let found = collected(files);
        let asking = found
            .locks
            .iter()
            .flat_map(|lock| asked(lock).into_iter().map(move |one| format!("{one} in {}", lock.path)));
        let asking: Vec<String> = asking.collect();
        let open: Vec<String> =
            gaps(&found).into_iter().filter(|gap| gap.starts_with("package that a container")).collect();
        (asking.join("; "), open.join("; "))
    };
    let alone = |what: &str| {
        format!(
            "package that a container installs by name: it was compared, what it needs in turn is in no lock file: {what}"
        )
    };
    let file = |text: &'static str, path: &'static str| [("Dockerfile", text), (path, pins)];
    let given = |range: &str, path: &str| format!("Dockerfile: urllib3 {range} (1.26.0) in {path}");
    for (text, path, range, said) in [
        ("FROM a\nCOPY pins.txt /c.txt\nRUN pip install urllib3 -c /c.txt\n", "pins.txt", "", "Dockerfile:3 urllib3"),
        (
            "FROM a\nENV PIP_CONSTRAINT=/app/pins/c.txt\nRUN pip install 'urllib3[socks]<2'\n",
            "pins/c.txt",
            "<2",
            "Dockerfile:3 urllib3[socks]<2",
        ),
        (
            "FROM a\nARG D=/app\nENV UV_CONSTRAINT=$D/c.txt\nRUN [\"uv\", \"pip\", \"install\", \"urllib3\"]\n",
            "c.txt",
            "",
            "Dockerfile:4 urllib3",
        ),
        (
            "FROM a\nRUN uv pip install --constraints c.txt --system \\\n  URLLIB3\n",
            "c.txt",
            "",
            "Dockerfile:2 URLLIB3",
        ),
        ("FROM a\nRUN <<EOF\npip install urllib3 --constraint=c.txt\nEOF\n", "c.txt", "", "Dockerfile:3 urllib3"),
    ] {
        let (asking, open) = of(&file(text, path));
        assert_eq!(asking.to_lowercase(), given(range, path).to_lowercase(), "{text}");
        assert_eq!(open, alone(said), "{text}");
    }
    // Not named there, of another tool, of another stage, at an address, of a file that is not there.
    for text in [
        "FROM a\nRUN pip install flask -c constraints.txt\n",
        "FROM a\nENV UV_CONSTRAINT=constraints.txt\nRUN pip install urllib3\n",
        "FROM a\nENV PIP_CONSTRAINT=constraints.txt\nFROM b\nRUN pip install urllib3\n",
        "FROM a\nRUN pip install urllib3 -c https://files.example.com/constraints.txt\n",
        "FROM a\nRUN pip install urllib3 -c gone.txt\n",
        "FROM a\nRUN pip install urllib3 # -c constraints.txt\n",
        "FROM a\nRUN echo pip install urllib3 -c constraints.txt && pip install urllib3\n",
    ] {
        let (asking, open) = of(&file(text, "constraints.txt"));
        assert!(asking.is_empty(), "{text}: {asking}");
        assert!(open.starts_with("package that a container installs by name, in no lock file ("), "{text}: {open}");
    }
    // What only another file is held to is not installed by that.
    let others = of(&[
        ("Dockerfile", "FROM a\nRUN pip install other\n"),
        ("requirements.txt", "urllib3\n-c c.txt\n"),
        ("c.txt", pins),
    ]);
    assert_eq!(
        others.1,
        "package that a container installs by name, in no lock file (name it in the manifest, and install what the lock file says): Dockerfile:2 other"
    );
}

#[test]
fn a_compiled_constraints_file_says_who_needs_what() {
    let found = collected(&[
        ("requirements.txt", "-c c.txt\nflask\n"),
        ("c.txt", "click==8.0\n    # via flask\nflask==2.0\n    # via -r requirements.in\nlone==1.0\n    # via gone\n"),
    ]);
    let constraints = found.locks.iter().find(|lock| lock.is_constraints()).unwrap();
    assert_eq!(told(constraints), ["click 8.0:1", "flask 2.0:3 > click", "lone 1.0:5"]);
}

#[test]
fn a_constraints_file_says_what_arrives_if_something_asks_for_it() {
    let found = collected(&[
        ("requirements.txt", "-c c.txt\nflask\nrequests==2.0\n"),
        ("dev-requirements.txt", "-c requirements.txt\n-c c.txt\npytest\nrequests\n"),
        (
            "c.txt",
            "flask==2.0 ; python_version < '3.9'\nflask==3.0 ; python_version >= '3.9'\nrequests==2.0\npytest==8.0\n\
                   deep==1.0\nfork @ https://example.com/fork.zip\n",
        ),
    ]);
    let of = |path: &str| found.locks.iter().find(|lock| lock.path == path).unwrap();
    // What is pinned where it is asked for is not told twice; an archive that nobody asks for is none of the project's.
    assert_eq!(told(of("c.txt")), ["deep 1.0:5", "flask 2.0:1", "flask 3.0:2", "pytest 8.0:4 dev"]);
    assert_eq!(
        asked(of("c.txt")),
        ["dev-requirements.txt: pytest  (8.0) dev", "requirements.txt: flask  (2.0)", "requirements.txt: flask  (3.0)"]
    );
    // A file that is installed itself may give versions to another.
    assert_eq!(
        asked(of("requirements.txt")),
        ["dev-requirements.txt: requests  (2.0) dev", "requirements.txt: requests ==2.0 (2.0)"]
    );
}

#[test]
fn constraints_of_a_container_that_cannot_be_read_are_told() {
    let of = |text: &str| {
        let found = collected(&[("Dockerfile", text), ("requirements.txt", "flask==2.0\n")]);
        let told = gaps(&found).into_iter().filter(|gap| gap.starts_with("included requirements file"));
        told.collect::<Vec<_>>().join("; ")
    };
    let said = |what: &str| {
        format!(
            "included requirements file that is missing or outside the project: {}",
            what.replace('@', " in Dockerfile:")
        )
    };
    for (text, what) in [
        ("FROM a\nRUN pip install requests -c ../shared/c.txt\n", "../shared/c.txt@2"),
        ("FROM a\nRUN pip install requests -c gone.txt\n", "gone.txt@2"),
        ("FROM a\nRUN pip install -r requirements.txt -c gone.txt\n", "gone.txt@2"),
        ("FROM a\nENV PIP_CONSTRAINT=/gone.txt\nRUN pip install requests\n", "/gone.txt@3"),
        ("FROM a\nRUN pip install requests -c https://u:p@files.example.com/c.txt\n", "an address@2"),
        // Twice on one line, on two lines, and a list and constraints.
        (
            "FROM a\nRUN pip install -r https://x.example.com/a.txt -r https://x.example.com/b.txt\nRUN pip install -r https://x.example.com/a.txt \
             -c https://x.example.com/c.txt\n",
            "an address@2, an address@3",
        ),
    ] {
        assert_eq!(of(text), said(what), "{text}");
    }
    assert_eq!(of("FROM a\nRUN pip install flask -c requirements.txt\n"), "");
    assert_eq!(of("FROM a\nENV UV_CONSTRAINT=gone.txt\nRUN pip install flask\n"), "");
}

#[test]
fn a_variable_in_front_of_a_command_is_for_that_command() {
    let of = |text: &str| {
        let found = collected(&[("Dockerfile", text), ("c.txt", "flask==2.0\nrequests==2.0\n")]);
        let told = gaps(&found).into_iter().filter(|gap| gap.contains("in no lock file"));
        let alone = |gap: &String| gap.contains("it was compared");
        told.map(|gap| {
            format!("{}{}", if alone(&gap) { "compared" } else { "open" }, &gap[gap.find(": Dockerfile").unwrap()..])
        })
        .collect::<Vec<_>>()
        .join("; ")
    };
    let mixed = "open: Dockerfile:2 requests; compared: Dockerfile:2 flask";
    assert_eq!(of("FROM a\nRUN PIP_CONSTRAINT=c.txt pip install flask && pip install requests\n"), mixed);
    let apart = "open: Dockerfile:3 requests; compared: Dockerfile:2 flask";
    assert_eq!(of("FROM a\nRUN PIP_CONSTRAINT=c.txt pip install flask\nRUN pip install requests\n"), apart);
    let both = "compared: Dockerfile:2 flask, Dockerfile:2 requests";
    assert_eq!(of("FROM a\nRUN export PIP_CONSTRAINT=c.txt && pip install flask && pip install requests\n"), both);
}
