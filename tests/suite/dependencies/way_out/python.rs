//! Poetry, Pipenv, uv, PDM and pip.

use super::*;

#[test]
fn a_range_that_allows_the_fix_needs_a_new_lock_file_only() {
    assert_renewed(&[
        (Manager::Uv, "uv.lock", ">=1.0", &["uv lock --upgrade-package a==1.2.0"]),
        (Manager::Poetry, "poetry.lock", "^1.0", &["poetry update a"]),
        (Manager::Pipenv, "Pipfile.lock", ">=1.0", &["pipenv upgrade --lock-only a"]),
        (Manager::Pdm, "pdm.lock", ">=1.0", &["pdm update a"]),
    ]);
}

#[test]
fn a_range_that_does_not_is_raised_where_it_stands() {
    let dev = Scope::Development;
    assert_raised(&[
        (Manager::Uv, "pyproject.toml", "uv.lock", "<2", Scope::Production, "uv add \"a>=2.1.0\"", None),
        (
            Manager::Uv,
            "pyproject.toml",
            "uv.lock",
            ">=1,<2",
            dev,
            "uv lock --upgrade-package a==2.1.0",
            Some("\"a>=2.1.0,<3\""),
        ),
        (Manager::Poetry, "pyproject.toml", "poetry.lock", "^1.0", Scope::Production, "poetry add \"a@^2.1.0\"", None),
        (Manager::Pipenv, "Pipfile", "Pipfile.lock", "<2", dev, "pipenv upgrade --dev \"a>=2.1.0\"", None),
        (Manager::Pdm, "pyproject.toml", "pdm.lock", "<2", Scope::Production, "pdm add \"a>=2.1.0\"", None),
    ]);
    // A pin of a requirements file is a line of it.
    let pip = lock(Manager::Pip, "requirements.txt", "requirements.txt", "==1.0.0", Scope::Production, "");
    let way = out(&pip, "a", "1.2.0", &BTreeMap::new());
    assert_eq!((way.kind, way.lines), (WayOutKind::RaiseItself, Some(("requirements.txt".into(), "a==1.2.0".into()))));
}

#[test]
fn what_a_deep_package_pins_is_forced() {
    assert_forced(&[
        (
            Manager::Uv,
            "uv.lock",
            false,
            "pyproject.toml",
            "[tool.uv]\noverride-dependencies = [\"b>=1.2.0\"]",
            "uv lock --upgrade-package deep --upgrade-package b",
        ),
        (
            Manager::Pdm,
            "pdm.lock",
            false,
            "pyproject.toml",
            "[tool.pdm.resolution.overrides]\nb = \">=1.2.0\"",
            "pdm update deep b",
        ),
    ]);
}

#[test]
fn a_pin_of_a_constraints_file_is_changed_there() {
    let folder = Folder::with(&[
        ("api/requirements.txt", "-c constraints.txt\nflask\n"),
        ("api/constraints.txt", "deep==1.0\nflask==2.0\n"),
    ]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    for (name, line) in [("flask", 2), ("deep", 1)] {
        let way = out(&found.locks[0], name, "2.3", &found.manifests);
        assert!(way.words.starts_with(&format!("Change the pin to {name}==2.3. Keep what")), "{}", way.words);
        assert_eq!(way.place, format!("in line {line}"));
        assert_eq!(way.lines, Some(("api/constraints.txt".to_owned(), format!("{name}==2.3"))));
        assert_eq!(way.commands, ["cd api", "pip install -r requirements.txt"]);
    }
}

#[test]
fn what_a_command_installs_by_name_is_changed_in_the_command() {
    let folder = Folder::with(&[("Dockerfile", "FROM node:24\nRUN npm i -g mill@1.2.3\n")]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let way = out(&found.installed[0], "mill", "1.3.0", &found.manifests);
    assert!(
        way.words.starts_with("The command in Dockerfile (line 2) installs mill 1.2.3: write 1.3.0 there"),
        "{}",
        way.words
    );
    assert_eq!((way.commands.len(), way.lines), (0, Some(("Dockerfile".to_owned(), "npm i -g mill@1.3.0".to_owned()))));
    assert_eq!((&*way.place, &*way.at_last), ("in line 2", "build the image of Dockerfile again"));
}

#[test]
fn what_several_commands_install_by_name_is_changed_in_all_of_them() {
    let docker = "FROM golang:1.24\nARG V=v1.0.0\nRUN --mount=type=cache,target=/go go install -v github.com/x/y@v1.0.0\n\
                  RUN go install github.com/x/y/cmd/z@v1.0.0 && go install github.com/x/y/cmd/w@$V\n\
                  RUN GOPROXY=https://u:p@go.example.com go install github.com/x/y/cmd/v@v1.0.0\n";
    let folder = Folder::with(&[("Dockerfile", docker)]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let way = out(&found.installed[0], "github.com/x/y", "1.2.0", &found.manifests);
    let start = "The commands in Dockerfile (lines 3, 4 and 5) install github.com/x/y v1.0.0: write v1.2.0 there";
    assert!(way.words.starts_with(start), "{}", way.words);
    // Where a variable or an address stands in the command, the word alone.
    let lines = "go install -v github.com/x/y@v1.2.0\ngo install github.com/x/y/cmd/z@v1.2.0\n\
                 github.com/x/y/cmd/w@v1.2.0\ngithub.com/x/y/cmd/v@v1.2.0";
    assert_eq!(way.lines, Some(("Dockerfile".to_owned(), lines.to_owned())));
    assert_eq!((&*way.place, way.version.as_deref()), ("in lines 3, 4 and 5", Some("v1.2.0")));
}

#[test]
fn what_a_container_is_held_to_is_mended_by_a_new_image() {
    let folder = Folder::with(&[
        ("Dockerfile", "FROM python:3.13\nRUN pip install urllib3 -c constraints.txt\n"),
        ("constraints.txt", "idna==3.0\nurllib3==1.26.0\n"),
    ]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    for (name, line) in [("urllib3", 2), ("idna", 1)] {
        let way = out(&found.locks[0], name, "5.0", &found.manifests);
        // The place and the image are told once, as steps.
        let told: Vec<String> = way.steps().iter().map(gonogo::model::WayOutStep::words).collect();
        let steps =
            [format!("In constraints.txt, in line {line}:"), "Then build the image of Dockerfile again.".into()];
        assert_eq!(told, steps);
        assert!(!way.words.contains("Dockerfile") && !way.words.contains("constraints.txt"), "{}", way.words);
        assert_eq!(way.lines, Some(("constraints.txt".to_owned(), format!("{name}==5.0"))));
        assert_eq!((way.commands.len(), &*way.at_last), (0, "build the image of Dockerfile again"));
    }
}

#[test]
fn every_reader_of_a_constraints_file_is_installed_again() {
    let of = |files: &[(&str, &str)]| {
        let folder = Folder::with(files);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        let lock = found.locks.iter().find(|lock| lock.is_constraints()).unwrap();
        let way = out(lock, "deep", "2.3", &found.manifests);
        (way.commands.join("; "), way.words)
    };
    let (commands, words) = of(&[
        ("api/requirements.txt", "-c ../pins/constraints.txt\nflask\n"),
        ("jobs/requirements.txt", "-c ../pins/constraints.txt\nflask\n"),
        ("pins/constraints.txt", "deep==1.0\n"),
    ]);
    assert_eq!(commands, "pip install -r api/requirements.txt -r jobs/requirements.txt");
    assert!(!words.contains("install api/requirements.txt"), "the command says it: {words}");
    // What only a command names is named in it again.
    let (commands, _) = of(&[
        ("api/requirements.txt", "flask\n"),
        ("api/pins/c.txt", "deep==1.0\n"),
        ("api/start.sh", "pip install -r requirements.txt -c pins/c.txt\n"),
    ]);
    assert_eq!(commands, "cd api; pip install -r requirements.txt -c pins/c.txt");
    let (commands, _) = of(&[
        ("requirements/base.txt", "flask\n"),
        ("c.txt", "deep==1.0\n"),
        ("start.sh", "pip install -r requirements/base.txt -c c.txt\n"),
    ]);
    assert_eq!(commands, "pip install -r requirements/base.txt -c c.txt");
}

#[test]
fn a_program_of_go_is_changed_in_the_command() {
    let folder =
        Folder::with(&[("Dockerfile", "FROM golang:1.24\nRUN go install github.com/acme/tool/cmd/x@v1.2.3\n")]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let way = out(&found.installed[0], "github.com/acme/tool", "1.3.0", &found.manifests);
    let start = "The command in Dockerfile (line 2) installs github.com/acme/tool v1.2.3: write v1.3.0 there";
    assert!(way.words.starts_with(start), "{}", way.words);
    let line = "go install github.com/acme/tool/cmd/x@v1.3.0".to_owned();
    assert_eq!((way.commands.len(), way.lines), (0, Some(("Dockerfile".to_owned(), line))));
}

#[test]
fn both_halves_of_pipenvs_lock_file_are_renewed() {
    let lock = r#"{"_meta": {"pipfile-spec": 6}, "default": {"flask": {"version": "==2.2.5"}, "jinja2": {"version": "==3.0.0"}},
        "develop": {"jinja2": {"version": "==3.0.0"}}}"#;
    let of = |lock: &str| {
        let folder = Folder::with(&[
            ("Pipfile", "[packages]\nflask = \"*\"\n[dev-packages]\njinja2 = \"==3.0.0\"\n"),
            ("Pipfile.lock", lock),
        ]);
        let cancel = CancellationToken::new();
        let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
        out(&found.locks[0], "jinja2", "3.1.4", &found.manifests).commands
    };
    assert_eq!(of(lock), ["pipenv upgrade --dev jinja2==3.1.4", "pipenv upgrade --lock-only jinja2"]);
    let one = lock.replace(r#", "jinja2": {"version": "==3.0.0"}}"#, "}");
    assert_eq!(of(&one), ["pipenv upgrade --dev jinja2==3.1.4"]);
}

#[test]
fn a_pylock_is_written_anew() {
    let lock = "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"jinja2\"\nversion = \"3.0.0\"\n";
    let folder = Folder::with(&[("pylock.toml", lock)]);
    let cancel = CancellationToken::new();
    let found = packages::collect(&files::list(folder.path(), &[], &cancel), &cancel);
    let way = out(&found.locks[0], "jinja2", "3.1.4", &found.manifests);
    assert!(way.words.starts_with("A tool wrote pylock.toml (line 4 has jinja2 3.0.0): have it lock"), "{}", way.words);
    assert_eq!((way.commands.len(), way.lines), (0, None));
}
