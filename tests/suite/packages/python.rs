//! Python: manifests, requirements files and the lock files of every tool.

use std::fmt::Write as _;

use gonogo::probe::files;
use gonogo::probe::packages::{self, LockFile, Origin, Packages, Scope};
use tokio_util::sync::CancellationToken;

use crate::support::probes::Folder;

/// What the project with these files asks for and gets.
pub fn collected(files: &[(&str, &str)]) -> Packages {
    let folder = Folder::with(files);
    let cancel = CancellationToken::new();
    packages::collect(&files::list(folder.path(), &[], &cancel), &cancel)
}

/// Every package: `name version:line`, with what is special about it, then what it needs.
pub fn told(lock: &LockFile) -> Vec<String> {
    let of = |place: &usize| lock.packages[*place].name.clone();
    let one = |package: &packages::LockedPackage| {
        let mut text = format!("{} {}:{}", package.name, package.version, package.line);
        if package.scope == Scope::Development {
            text.push_str(" dev");
        }
        if package.origin == Origin::Elsewhere {
            text.push_str(" elsewhere");
        }
        if !package.needs.is_empty() {
            write!(text, " > {}", package.needs.iter().map(of).collect::<Vec<_>>().join(" ")).unwrap();
        }
        text
    };
    lock.packages.iter().map(one).collect()
}

/// Every direct dependency: `manifest: name range (version)`.
pub fn asked(lock: &LockFile) -> Vec<String> {
    let one = |root: &packages::Root| {
        let wanted = root.wanted.iter().map(|wanted| {
            let dev = if wanted.scope == Scope::Development { " dev" } else { "" };
            format!(
                "{}: {} {} ({}){dev}",
                root.manifest, wanted.name, wanted.range, lock.packages[wanted.package].version
            )
        });
        wanted.collect::<Vec<_>>()
    };
    lock.roots.iter().flat_map(one).collect()
}

/// Every reason with its examples.
pub fn gaps(packages: &Packages) -> Vec<String> {
    let gaps = packages.gaps.clone().into_vec();
    gaps.into_iter().map(|gap| format!("{}: {}", gap.reason, gap.examples.join(", "))).collect()
}

/// Every declared package: `name range:line`, with what is special about it.
fn declared(path: &str, text: &str) -> Vec<String> {
    let packages = collected(&[(path, text)]);
    let manifest = &packages.manifests[path];
    let one = |d: &packages::Declared| {
        let dev = if d.scope == Scope::Development { " dev" } else { "" };
        let optional = if d.optional { " optional" } else { "" };
        format!("{} {}:{}{dev}{optional} {:?} {:?}", d.name, d.range, d.line, d.source, d.pin)
    };
    let mut told: Vec<String> = manifest.declared.iter().map(one).collect();
    told.extend(manifest.extras.iter().map(|(name, extras)| format!("{name}[{}]", extras.join(","))));
    told.extend(manifest.runtimes.iter().map(|r| format!("{} {}:{}", r.name, r.range, r.line)));
    told.extend(manifest.members.iter().map(|m| format!("member {m}")));
    told.extend(manifest.overrides.iter().map(|m| format!("forced {m}")));
    told.extend(manifest.name.iter().map(|m| format!("called {m}")));
    told.extend(manifest.licence.iter().map(|m| format!("licence {m}")));
    told.extend(
        manifest.gaps.clone().into_vec().into_iter().map(|g| format!("{}: {}", g.reason, g.examples.join(", "))),
    );
    told
}

#[test]
fn pyproject_says_what_is_asked_for_and_by_whom() {
    let text = r#"[project]
name = "shop"
license = { text = "MIT" }
requires-python = ">=3.10"
dependencies = [
  "flask[async]>=2,<3",
  "click==8.1.7 ; python_version < '3.12'",
  "core",
  "fork @ git+https://u:p@git.example.com/fork.git@main",
  "not a requirement",
  7,
]
[project.optional-dependencies]
postgres = ["psycopg[binary]~=3.1"]
dev = ["ruff"]
[dependency-groups]
test = ["pytest==7.4.4", {include-group = "Lint_Tools"}, {include-group = "missing"}]
lint-tools = ["pyflakes"]
server = ["gunicorn>=21"]
[build-system]
requires = ["setuptools"]
[tool.uv]
dev-dependencies = ["mypy"]
override-dependencies = ["idna>=3.7"]
[tool.uv.sources]
core = { workspace = true }
[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/old"]
[tool.pdm.dev-dependencies]
whatever = ["black>=23", "-e file:///${PROJECT_ROOT}/libs/x#egg=x"]
"#;
    assert_eq!(
        declared("pyproject.toml", text),
        [
            "flask >=2,<3:6 Registry Range",
            "click ==8.1.7:7 Registry Exact",
            "core :8 Own Exact",
            "fork :9 Git Loose",
            "psycopg ~=3.1:14 optional Registry Range",
            "ruff :15 dev optional Registry Loose",
            "pytest ==7.4.4:17 dev Registry Exact",
            "pyflakes :18 dev Registry Loose",
            "gunicorn >=21:19 Registry Range",
            "mypy :23 dev Registry Loose",
            "black >=23:31 dev Registry Range",
            "flask[async]",
            "psycopg[binary]",
            "python >=3.10:4",
            "member libs/*",
            "member !libs/old",
            "forced idna",
            "called shop",
            "licence MIT",
            "entry of a manifest that was not understood: line 10, line 11, line 17",
        ]
    );
}

#[test]
fn poetry_has_tables_of_its_own() {
    let text = r#"[tool.poetry]
name = "shop"
license = "AGPL-3.0"
[tool.poetry.dependencies]
python = "^3.10"
flask = "^2.2"
any = "*"
exact = "1.2"
uvicorn = { version = "0.24.0", extras = ["standard"], optional = true }
fork = { git = "https://git.example.com/fork.git", branch = "main" }
fixed = { git = "https://git.example.com/fork.git", rev = "abc" }
archive = { url = "https://files.example.com/a.zip" }
core = { path = "libs/core", develop = true }
numpy = [
  { version = "1.26", python = "<3.12" },
  { version = ">=2", python = ">=3.12" },
]
odd = 7
[tool.poetry.dev-dependencies]
pytest = "7.*"
[tool.poetry.group.worker.dependencies]
celery = "~5"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
mkdocs = ">=1"
"#;
    assert_eq!(
        declared("pyproject.toml", text),
        [
            "flask ^2.2:6 Registry Range",
            "any *:7 Registry Loose",
            "exact 1.2:8 Registry Exact",
            "uvicorn 0.24.0:9 optional Registry Exact",
            "fork :10 Git Loose",
            "fixed :11 Git Exact",
            "archive :12 Url Loose",
            "core :13 Own Exact",
            "numpy 1.26:15 Registry Exact",
            "numpy >=2:16 Registry Range",
            "pytest 7.*:20 dev Registry Range",
            "celery ~5:22 Registry Range",
            "mkdocs >=1:26 dev Registry Range",
            "uvicorn[standard]",
            "python ^3.10:5",
            "called shop",
            "licence AGPL-3.0",
            "entry of a manifest that was not understood: odd",
        ]
    );
}

#[test]
fn what_only_a_program_works_out_is_said_and_not_guessed() {
    let dynamic = "[project]\nname = \"x\"\ndynamic = [\"version\", \"dependencies\"]\n";
    let gap = "dependency of a manifest that only a program can work out: dynamic dependencies";
    assert_eq!(declared("pyproject.toml", dynamic), ["called x", gap]);
    let from = |files: &str| format!("{dynamic}[tool.setuptools.dynamic]\ndependencies = {{ file = {files} }}\n");
    assert_eq!(declared("pyproject.toml", &from("[\"requirements.txt\"]")), ["called x"]);
    assert_eq!(declared("pyproject.toml", &from("\"deps.list\"")), ["called x", gap]);
    let poetry = format!("{dynamic}[tool.poetry.dependencies]\nflask = \"^3\"\n");
    assert_eq!(declared("pyproject.toml", &poetry), ["flask ^3:5 Registry Range", "called x"]);
    let program = "from setuptools import setup\nsetup(name='x', install_requires=read())  # extras_require\n";
    let gap = "dependency of a manifest that only a program can work out: install_requires of setup.py";
    assert_eq!(declared("setup.py", program), ["called x", gap]);
    assert_eq!(declared("setup.py", "from setuptools import setup\nsetup()\n"), [""; 0]);
    let outright = "from setuptools import setup\nsetup(\n    install_requires=[\n        \"idna>=2\",\n    ],\n    \
        extras_require={'test': ['tox']},\n)\n";
    let all = ["idna >=2:4 Registry Range", "tox :6 dev optional Registry Loose"];
    assert_eq!(declared("setup.py", outright), all);
}

#[test]
fn pipfiles_and_setup_cfg_are_manifests() {
    let pipfile = "[[source]]\nurl = \"https://u:p@registry.example.com/simple\"\n[packages]\nflask = \"==2.2.5\"\n\
        any = \"*\"\nfork = {git = \"https://git.example.com/f.git\", ref = \"v1.2.3\"}\ncore = {path = \".\", editable = true}\n\
        [dev-packages]\npytest = {version = \">=7\", extras = [\"x\"]}\n[docs]\nmkdocs = \"*\"\n[scripts]\nrun = \"x\"\n\
        [requires]\npython_version = \"3.11\"\n";
    assert_eq!(
        declared("Pipfile", pipfile),
        [
            "flask ==2.2.5:4 Registry Exact",
            "any *:5 Registry Loose",
            "fork :6 Git Exact",
            "core :7 Own Exact",
            "pytest >=7:9 dev Registry Range",
            "mkdocs *:11 dev Registry Loose",
            "pytest[x]",
            "python 3.11:15",
        ]
    );
    let cfg = "[metadata]\nname = shop\nlicense = MIT\n\n[options]\npython_requires = >=3.8\ninstall_requires =\n    \
        flask>=2 ; python_version < \"4\"\n    # why\n    boto3[crt]==1.0.0  # why\n    odd one\ntests_require = pytest\n\n\
        [options.extras_require]\npostgres = psycopg\ntest =\n    tox\n\n[flake8]\nignore = E1\n    E2\n";
    assert_eq!(
        declared("setup.cfg", cfg),
        [
            "flask >=2:8 Registry Range",
            "boto3 ==1.0.0:10 Registry Exact",
            "pytest :12 dev Registry Loose",
            "psycopg :15 optional Registry Loose",
            "tox :17 dev optional Registry Loose",
            "boto3[crt]",
            "python >=3.8:6",
            "called shop",
            "licence MIT",
            "entry of a manifest that was not understood: line 11",
        ]
    );
    let file = |name: &str| declared("setup.cfg", &format!("[options]\ninstall_requires = file: {name}\n"));
    assert_eq!(file("requirements.txt"), [""; 0]);
    assert_eq!(file("x.list"), ["dependency of a manifest that only a program can work out: line 2"]);
}

#[test]
fn requirements_files_are_manifests_too() {
    let text = "# c\nflask==2.2.2\ngunicorn\nDjango>=4,<5 ; python_version>'3'\n-r other.txt\nboto3[crt]==1.0.0  # why\n\
        a @ git+https://x.example/a@main\n-e git+https://u:p@x.example/b.git@4f2a9c1#egg=b\n-e ./mine\n!!!\n";
    assert_eq!(
        declared("requirements.txt", text),
        [
            "flask ==2.2.2:2 Registry Exact",
            "gunicorn :3 Registry Loose",
            "Django >=4,<5:4 Registry Range",
            "boto3 ==1.0.0:6 Registry Exact",
            "a :7 Git Loose",
            "b :8 Git Exact",
            "boto3[crt]",
            "entry of a manifest that was not understood: line 10",
        ]
    );
    assert_eq!(declared("requirements/dev.in", "pytest\n"), ["pytest :1 dev Registry Loose"]);
}

#[test]
fn constraints_pin_what_is_asked_for_without_a_version() {
    let found = collected(&[
        ("requirements.txt", "-c constraints.txt\nDjango>=4\nflask==2.0\nrequests\n-r more.txt\n"),
        ("more.txt", "celery\n"),
        ("constraints.txt", "django==4.2.1\ncelery==5.3\nunrelated==1.0\n-c constraints.txt\n"),
    ]);
    // The version stands in the constraints file, so that is where it is told.
    assert_eq!(
        found.locks.iter().map(|lock| lock.path.as_str()).collect::<Vec<_>>(),
        ["constraints.txt", "more.txt", "requirements.txt"]
    );
    let constraints = &found.locks[0];
    assert!(constraints.is_constraints() && !found.locks[2].is_constraints());
    assert_eq!(told(constraints), ["celery 5.3:2", "django 4.2.1:1", "unrelated 1.0:3"]);
    assert_eq!(asked(constraints), ["more.txt: celery  (5.3)", "requirements.txt: Django >=4 (4.2.1)"]);
    assert_eq!((told(&found.locks[1]), told(&found.locks[2])), (Vec::new(), vec!["flask 2.0:3".to_owned()]));
    assert_eq!(asked(&found.locks[2]), ["requirements.txt: flask ==2.0 (2.0)"]);
    let gaps = gaps(&found);
    assert!(gaps[0].starts_with("requirement without an exact version (==): "), "{gaps:?}");
    assert!(gaps[0].ends_with(": requests"), "{gaps:?}");
    // Alone, it is what it is.
    let files = [
        ("requirements.txt", "celery\n"),
        ("requirements-ci.txt", "-r requirements.txt\n-c c.txt\n"),
        ("c.txt", "celery==5.3\n"),
    ];
    let found = collected(&files);
    assert!(found.locks.iter().all(|lock| lock.is_constraints() || lock.packages.is_empty()));
}

#[test]
fn compilers_note_who_asked() {
    let txt = "#\n# This file is autogenerated by pip-compile with Python 3.11\n#\nclick==8.5.1\n    # via flask\n\
        flask==2.2.5\n    # via\n    #   -r requirements/base.in\n    #   flask-cors\nflask-cors==4.0\n    \
        # via shop (pyproject.toml:web)\nlone==1.0\n    # via -c constraints.txt\nown==1.0\n    # via shop\n";
    let found = collected(&[
        ("requirements/base.txt", txt),
        ("requirements/base.in", "flask<2.3\n"),
        ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"flask_cors~=4.0\"]\n"),
    ]);
    assert_eq!(
        told(&found.locks[0]),
        ["click 8.5.1:4", "flask 2.2.5:6 > click", "flask-cors 4.0:10 > flask", "lone 1.0:12", "own 1.0:14"]
    );
    assert_eq!(
        asked(&found.locks[0]),
        [
            "pyproject.toml: flask-cors ~=4.0 (4.0)",
            "requirements/base.in: flask <2.3 (2.2.5)",
            "requirements/base.txt: own ==1.0 (1.0)",
        ]
    );
    assert_eq!(gaps(&found), Vec::<String>::new(), "what is compiled from it answers for pyproject.toml");
}

#[test]
fn a_file_that_nothing_vouches_for_may_leave_out_what_packages_need() {
    let gap = "requirements file that does not say whether it names what its packages need in turn: requirements.txt";
    assert_eq!(gaps(&collected(&[("requirements.txt", "flask==2.2.5\n")])), [gap]);
    assert_eq!(gaps(&collected(&[("requirements.txt", "flask==2.2.5 --hash=sha256:00\n")])), [""; 0]);
    assert_eq!(gaps(&collected(&[("requirements.txt", "# nothing yet\n")])), [""; 0]);
}

#[test]
fn requirements_files_are_known_by_what_names_them_and_what_they_hold() {
    let held = |files: &[(&str, &str)]| {
        let packages = collected(files);
        let mut told: Vec<String> = (packages.locks.iter())
            .map(|lock| {
                let names: Vec<String> = lock.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
                format!("{}: {}", lock.path, names.join(", "))
            })
            .collect();
        let gaps = packages.gaps.into_vec().into_iter().filter(|gap| !gap.reason.contains("what its packages need"));
        told.extend(gaps.map(|gap| format!("gap {}: {}", gap.reason, gap.examples.join(", "))));
        told
    };
    let unpinned = "gap requirement without an exact version (==): flask";
    for (files, expected) in [
        (
            &[("api/deps.txt", "django==3.0\n"), ("api/app.py", "import django\n")][..],
            &["api/deps.txt: django 3.0"][..],
        ),
        (
            &[("deps.txt", "flask\n"), ("Dockerfile", "COPY . .\nRUN pip install \\\n  -r deps.txt\n")],
            &["deps.txt: ", unpinned],
        ),
        (
            &[("api/deps.txt", "flask\n"), ("Dockerfile", "RUN pip install -r /srv/api/deps.txt\n")],
            &["api/deps.txt: ", unpinned],
        ),
        (
            &[
                ("py/prod.lst", "flask==3.0\n"),
                ("Dockerfile", "COPY py/prod.lst /tmp/r.txt\nRUN pip install -r /tmp/r.txt\n"),
            ],
            &["py/prod.lst: flask 3.0"],
        ),
        (
            &[
                ("api/deps.txt", "flask\n"),
                (".github/workflows/ci.yml", "- run: |\n    cd api\n    pip install -r deps.txt\n"),
            ],
            &["api/deps.txt: ", unpinned],
        ),
        (&[("deps.txt", "flask\n"), ("README.md", "Run `pip install -r deps.txt`.\n")], &["deps.txt: ", unpinned]),
        (
            &[("deps.txt", "flask\n"), ("package.json", r#"{"scripts": {"py": "pip install -r deps.txt"}}"#)],
            &["deps.txt: ", unpinned],
        ),
        (
            &[
                ("deps.txt", "flask\n"),
                ("Procfile", "web: pip install -r deps.txt -c pins.txt && run\n"),
                ("pins.txt", "x==1.0\n"),
            ],
            &["deps.txt: ", "pins.txt: x 1.0", unpinned],
        ),
        (
            &[("a.txt", "-c b.txt\nx\n"), ("b.txt", "x==1.0\n"), ("Makefile", "i:\n\tpip install -r a.txt\n")],
            &["a.txt: ", "b.txt: x 1.0"],
        ),
        (
            &[("Dockerfile", "FROM python\nRUN pip install -r https://bot:s3cret@files.example.com/deps.txt\n")],
            &["gap included requirements file that is missing or outside the project: an address in Dockerfile:2"],
        ),
        (
            &[("Dockerfile", "FROM python\nRUN pip install -r deps.txt\n")],
            &["gap requirements file that a command installs and that is not there: Dockerfile:2"],
        ),
        // Another tool wrote it on the way.
        (
            &[("Dockerfile", "RUN pip install -r out.txt\n"), ("requirements.txt", "a==1.0\n")],
            &["requirements.txt: a 1.0"],
        ),
        // Texts that are no list, and lists that nobody deploys.
        (
            &[
                ("robots.txt", "User-agent: *\nDisallow: /\n"),
                ("humans.txt", "me\n"),
                ("stopwords.txt", "a\nabout\nabove\n"),
                ("tests/data/deps.txt", "django==3.0\n"),
                ("x.egg-info/requires.txt", "django==3.0\n"),
                ("constraints.txt", "django==3.0\n"),
                ("notes.txt", "django==3.0 is old\n"),
                ("README.md", "`pip install -r robots.md`\n"),
            ],
            &[],
        ),
    ] {
        assert_eq!(held(files), expected, "{files:?}");
    }
}
