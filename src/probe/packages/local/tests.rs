use tokio_util::sync::CancellationToken;

use super::*;
use crate::probe::packages::collect;
use crate::probe::packages::lock::reason;
use crate::probe::samples::listed;

/// The local packages, and what is said of folders outside the project.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, listing) = listed(files);
    let found = collect(&listing, &CancellationToken::new());
    let mut told: Vec<String> = found.locals.iter().map(LocalPackage::shown).collect();
    let outside = found.gaps.into_vec().into_iter().filter(|gap| gap.reason == reason::OUTSIDE);
    told.extend(outside.map(|gap| format!("outside: {}", gap.examples.join(", "))));
    told
}

#[test]
fn what_go_puts_in_place_of_a_module() {
    let of = |own: &str, name: &str, version: &str, new: &str| {
        let text =
            format!("module {own}\ngo 1.22\ntoolchain go1.22.4\nrequire {name} {version}\nreplace {name} => {new}\n");
        let there = "module x\ngo 1.22\ntoolchain go1.22.4\n";
        let folders = ["crypto", "lib", "core", "third_party/crypto"].map(|folder| format!("{folder}/go.mod"));
        let mut files: Vec<(&str, &str)> = folders.iter().map(|path| (&**path, there)).collect();
        files.push(("go.mod", &text));
        told(&files).join("; ")
    };
    let (app, crypto) = ("github.com/acme/app", "golang.org/x/crypto");
    for (own, name, version, new, expected) in [
        (app, crypto, "v0.14.0", "../crypto", "outside: golang.org/x/crypto (../crypto)"),
        (app, crypto, "v0.14.0", "/src/lost", "outside: golang.org/x/crypto (/src/lost)"),
        (app, crypto, "v0.14.0", "./lost", "outside: golang.org/x/crypto (lost)"),
        (app, crypto, "v0.14.0", "./third_party/crypto", "golang.org/x/crypto (third_party/crypto)"),
        (app, crypto, "v0.0.0", "./crypto", "golang.org/x/crypto (crypto)"),
        (app, crypto, "v0.14.0", "github.com/fork/crypto v0.14.0", "golang.org/x/crypto (github.com/fork/crypto)"),
        (app, "github.com/other/lib", "v1.0.0", "./lib", "github.com/other/lib (lib)"),
        (app, "lib.example.com/core", "v0.0.0", "./core", "lib.example.com/core (core)"),
        // Another version of the same, a module of the same owner, one that nobody could download.
        (app, crypto, "v0.14.0", "golang.org/x/crypto v0.17.0", ""),
        (app, "github.com/acme/lib", "v1.0.0", "../lib", "outside: github.com/acme/lib (../lib)"),
        (app, "github.com/acme/lib", "v1.0.0", "./lib", ""),
        ("acme.example/app", "acme.example/lib", "v1.0.0", "./lib", ""),
        (app, "core/lib", "v1.0.0", "./core", ""),
        // Hosts of many are nobody's own.
        ("k8s.io/operator", "k8s.io/client-go", "v0.1.0", "./lib", "k8s.io/client-go (lib)"),
        ("golang.org/x/tools", crypto, "v0.14.0", "./crypto", "golang.org/x/crypto (crypto)"),
        ("golang.org/x/tools", "golang.org/x/tools/gopls", "v0.14.0", "./lib", ""),
        ("gopkg.in/acme/app.v1", "gopkg.in/yaml.v2", "v2.2.0", "./lib", "gopkg.in/yaml.v2 (lib)"),
    ] {
        assert_eq!(of(own, name, version, new), expected, "{name} {version} => {new}");
    }
}

#[test]
fn modules_of_a_workspace_of_go() {
    let of = |module: &str| {
        let copy = format!("module {module}\ngo 1.22\n");
        let app = format!("module github.com/acme/app\ngo 1.22\nrequire {module} v0.14.0\n");
        let work = "go 1.22\nuse (\n./app\n./lib\n)\n";
        told(&[("go.work", work), ("app/go.mod", &app), ("lib/go.mod", &copy)])
    };
    assert_eq!(of("golang.org/x/crypto"), ["golang.org/x/crypto (lib)"]);
    assert_eq!(of("github.com/acme/lib"), [""; 0]);
}

#[test]
fn folders_and_workspaces_of_npm() {
    let root = |more: &str| format!("{{\"name\": \"@acme/app\", \"private\": true, {more}}}");
    let minimist = ("vendor/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\"}");
    let of = |more: &str, beside: &[(&str, &str)]| {
        let text = root(more);
        told(&[&[("package.json", &*text)], beside].concat()).join("; ")
    };
    let copy = "minimist 0.0.8 (vendor/minimist)";
    for more in [
        "\"dependencies\": {\"minimist\": \"file:vendor/minimist\"}",
        "\"overrides\": {\"mkdirp\": {\"minimist\": \"./vendor/minimist/\"}}",
        "\"pnpm\": {\"overrides\": {\"minimist\": \"portal:vendor/minimist\"}}",
        "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"file:vendor/minimist\"}",
        "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"workspace:*\"}",
        "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"*\"}",
    ] {
        let told = of(more, &[minimist]);
        assert_eq!(told, copy, "{more}");
    }
    let forced = ("pnpm-workspace.yaml", "overrides:\n  minimist: link:./vendor/minimist\n");
    assert_eq!(of("\"version\": \"1.0.0\"", &[minimist, forced]), "minimist 0.0.8 (vendor/minimist)");
    // Nobody copies a release and takes its version away; what others need is a copy in any state.
    let asks = "\"dependencies\": {\"minimist\": \"file:minimist\"}";
    let forces = "\"overrides\": {\"minimist\": \"file:minimist\"}";
    for (asks, says, expected) in [
        (asks, "\"version\": \"0.0.0\"", "minimist (minimist)"),
        (asks, "\"version\": \"0.0.0-development\"", "minimist (minimist)"),
        (asks, "\"private\": true, \"version\": \"0.0.8\"", "minimist 0.0.8 (minimist)"),
        (asks, "\"private\": true, \"version\": \"0.0.0\"", ""),
        (asks, "\"private\": true", ""),
        (forces, "\"private\": true", "minimist (minimist)"),
        (forces, "\"private\": true, \"version\": \"1.0.0\"", "minimist 1.0.0 (minimist)"),
    ] {
        let text = format!("{{\"name\": \"minimist\", {says}}}");
        assert_eq!(of(asks, &[("minimist/package.json", &text)]), expected, "{asks} {says}");
    }
    // npm links what the lock file says, whatever the manifest asks for.
    let lock = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"minimist\": \"*\"}}, \"minimist\": {\"version\": \"0.0.8\"}, \
                \"node_modules/minimist\": {\"resolved\": \"minimist\", \"link\": true}}}";
    let there = [("minimist/package.json", minimist.1), ("package-lock.json", lock)];
    assert_eq!(of("\"dependencies\": {\"minimist\": \"*\"}", &there), "minimist 0.0.8 (minimist)");
    // `$name` forces what is asked for.
    let forces = "\"dependencies\": {\"minimist\": \"file:minimist\"}, \"overrides\": {\"minimist\": \"$minimist\"}";
    let own = ("minimist/package.json", "{\"name\": \"minimist\", \"private\": true, \"version\": \"1.0.0\"}");
    assert_eq!(of(forces, &[own]), "minimist 1.0.0 (minimist)");
    // Under another name the folder's version is that of something else.
    let fork = ("minimist/package.json", "{\"name\": \"their-minimist\", \"version\": \"9.0.0\"}");
    assert_eq!(of(asks, &[fork]), "minimist (minimist); their-minimist 9.0.0 (minimist)");
    assert_eq!(of("\"dependencies\": {\"a\": \"file:../a\"}", &[]), "outside: a (../a)");
    // Under the project's scope nobody else publishes.
    let ui = ("ui/package.json", "{\"name\": \"@acme/ui\", \"version\": \"1.0.0\"}");
    assert_eq!(of("\"dependencies\": {\"@acme/ui\": \"file:./ui\"}", &[ui]), "");
    // What nobody asks for is linked all the same, but for the project's apps.
    assert_eq!(of("\"workspaces\": [\"vendor/*\"]", &[minimist]), copy);
    let app = ("vendor/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\", \"private\": true}");
    assert_eq!(of("\"workspaces\": [\"vendor/*\"]", &[app]), "");
    assert_eq!(of("\"workspaces\": [\"apps/*\"]", &[minimist]), "");
    // The registry has what is asked for, the workspace has not.
    assert_eq!(of("\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"^1.2.8\"}", &[minimist]), "");
    // pnpm and Yarn call a member by another name, or force it.
    for more in [
        "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"mini\": \"workspace:minimist@*\"}",
        "\"workspaces\": [\"vendor/*\"], \"dependencies\": {\"minimist\": \"workspace:vendor/minimist\"}",
        "\"workspaces\": [\"vendor/*\"], \"resolutions\": {\"minimist\": \"workspace:vendor/minimist\"}",
    ] {
        assert_eq!(of(more, &[minimist]), copy, "{more}");
    }
}

/// Two projects in one repository, each with a folder of the same name.
#[test]
fn projects_beside_each_other_are_told_apart() {
    let asks = "{\"workspaces\": [\"libs/*\"], \"dependencies\": {\"minimist\": \"*\"}}";
    let member = |version: &str| format!("{{\"name\": \"minimist\", \"version\": \"{version}\"}}");
    let files = [
        ("a/package.json", asks),
        ("a/libs/minimist/package.json", &*member("0.0.8")),
        ("b/package.json", asks),
        ("b/libs/minimist/package.json", &*member("1.2.8")),
        // Another project's workspace is nothing to this one.
        ("c/package.json", "{\"name\": \"minimist\", \"dependencies\": {\"minimist\": \"*\"}}"),
    ];
    assert_eq!(told(&files), ["minimist 0.0.8 (a/libs/minimist)", "minimist 1.2.8 (b/libs/minimist)"]);
    let asks = "./vendor/requests\n";
    let known = "[project]\nname = \"requests\"\nversion = \"2.99\"\n";
    let files = [
        ("a/requirements.txt", asks),
        ("a/vendor/requests/pyproject.toml", "[project]\nname = \"requests\"\ndynamic = [\"version\"]\n"),
        ("b/requirements.txt", asks),
        ("b/vendor/requests/pyproject.toml", known),
    ];
    assert_eq!(told(&files), ["requests (a/vendor/requests)", "requests 2.99 (b/vendor/requests)"]);
}

/// A package of the registry gets a folder of the project, which only the lock file tells.
#[test]
fn what_takes_the_place_of_a_package_of_npms_registry() {
    let root = (
        "package.json",
        "{\"name\": \"shop\", \"workspaces\": [\"libs/*\"], \"dependencies\": {\"mkdirp\": \"0.5.1\"}}",
    );
    let member = ("libs/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\", \"private\": true}");
    let npm = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"mkdirp\": \"0.5.1\"}}, \
               \"libs/minimist\": {\"name\": \"minimist\", \"version\": \"0.0.8\"}, \
               \"node_modules/minimist\": {\"resolved\": \"libs/minimist\", \"link\": true}, \
               \"node_modules/mkdirp\": {\"version\": \"0.5.1\", \"dependencies\": {\"minimist\": \"0.0.8\"}}}}";
    let yarn = "__metadata:\n  version: 8\n\n\"shop@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"shop@workspace:.\"\n  \
                dependencies:\n    mkdirp: \"npm:0.5.1\"\n  linkType: soft\n\n\"minimist@npm:0.0.8, minimist@workspace:libs/minimist\":\n  \
                version: 0.0.0-use.local\n  resolution: \"minimist@workspace:libs/minimist\"\n  linkType: soft\n\n\"mkdirp@npm:0.5.1\":\n  \
                version: 0.5.1\n  resolution: \"mkdirp@npm:0.5.1\"\n  dependencies:\n    minimist: \"npm:0.0.8\"\n  linkType: hard\n";
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      mkdirp:\n        specifier: 0.5.1\n        version: 0.5.1\n\
                packages:\n  mkdirp@0.5.1:\n    resolution: {integrity: x}\nsnapshots:\n  mkdirp@0.5.1:\n    dependencies:\n      \
                minimist: link:libs/minimist\n";
    let bun = "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {\"dependencies\": {\"mkdirp\": \"0.5.1\"}}}, \"packages\": {\
               \"minimist\": [\"minimist@workspace:libs/minimist\"], \
               \"mkdirp\": [\"mkdirp@0.5.1\", \"\", {\"dependencies\": {\"minimist\": \"0.0.8\"}}, \"x\"]}}";
    for (path, text) in [("package-lock.json", npm), ("yarn.lock", yarn), ("pnpm-lock.yaml", pnpm), ("bun.lock", bun)] {
        assert_eq!(told(&[root, member, (path, text)]), ["minimist 0.0.8 (libs/minimist)"], "{path}");
    }
}

/// What is deployed leads into a folder that is called as if it were not.
#[test]
fn what_the_app_takes_in_is_deployed_wherever_it_lies() {
    let files = |root: &'static str| {
        let files = [
            ("package.json", root),
            (
                "examples/lib/package.json",
                "{\"name\": \"lib\", \"dependencies\": {\"minimist\": \"file:../minimist\"}}",
            ),
            ("examples/minimist/package.json", "{\"name\": \"minimist\", \"version\": \"0.0.8\"}"),
        ];
        let (_folder, listing) = listed(&files);
        let found = collect(&listing, &CancellationToken::new());
        found.locals.into_iter().filter(|one| one.name == "minimist").map(|one| one.aside).collect::<Vec<_>>()
    };
    assert_eq!(files("{}"), [true]);
    assert_eq!(files("{\"dependencies\": {\"lib\": \"file:examples/lib\"}}"), [false]);
}

#[test]
fn crates_in_folders_have_their_version_in_the_lock_file() {
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let lock = format!(
        "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"chrono\", \"time\"]\n\
         [[package]]\nname = \"chrono\"\nversion = \"0.4.19\"\n{registry}dependencies = [\"time\"]\n\
         [[package]]\nname = \"time\"\nversion = \"0.1.45\"\n"
    );
    let of = |more: &str, beside: &[(&str, &str)]| {
        let root = format!("[package]\nname = \"app\"\n[dependencies]\nchrono = \"=0.4.19\"\n{more}");
        told(&[&[("Cargo.toml", &*root), ("Cargo.lock", &*lock)], beside].concat()).join("; ")
    };
    let time = ("libs/time/Cargo.toml", "[package]\nname = \"time\"\n");
    assert_eq!(of("time = { path = \"libs/time\" }\n", &[time]), "time 0.1.45 (libs/time)");
    assert_eq!(of("[patch.crates-io]\ntime = { path = \"libs/time\" }\n", &[time]), "time 0.1.45 (libs/time)");
    // In `.cargo/config.toml`, or outside: no manifest says where it lies.
    assert_eq!(of("", &[]), "time 0.1.45 (Cargo.lock)");
    let workspace = "[workspace]\nmembers = [\"libs/*\"]\n";
    assert_eq!(of(workspace, &[time]), "time 0.1.45 (libs/time)");
    // A patch takes the place of the crate in any state; what a tool began and nobody publishes does not.
    let fresh = lock.replace("0.1.45", "0.1.0");
    let with_fresh = |more: &str| {
        let root = format!("[package]\nname = \"app\"\n[dependencies]\ntime = {{ path = \"libs/time\" }}\n{more}");
        let alone = fresh.replace("dependencies = [\"time\"]\n", "");
        told(&[("Cargo.toml", &*root), ("Cargo.lock", &*alone), time]).join("; ")
    };
    assert_eq!(with_fresh(""), "");
    assert_eq!(with_fresh("[patch.crates-io]\ntime = { path = \"libs/time\" }\n"), "time 0.1.0 (libs/time)");
    // The project itself, and what a tool began.
    let virtual_lock = lock.replace("name = \"app\"", "name = \"model\"");
    let members =
        [("Cargo.toml", "[workspace]\nmembers = [\"*\"]\n"), ("model/Cargo.toml", "[package]\nname = \"model\"\n")];
    let all = [&members[..], &[("Cargo.lock", &*virtual_lock), ("time/Cargo.toml", time.1)]].concat();
    assert_eq!(told(&all), ["time 0.1.45 (time)"]);
}

#[test]
fn folders_of_python() {
    let code = ["libs/requests", "vendor/requests", "third_party/requests", "libs/api"].map(|at| format!("{at}/x.py"));
    let of = |text: &str| {
        let mut files: Vec<(&str, &str)> = code.iter().map(|path| (&**path, "")).collect();
        files.push(("pyproject.toml", text));
        told(&files).join("; ")
    };
    for (text, expected) in [
        (
            "[project]\nname = \"shop\"\ndependencies = [\"requests==2.25.0\"]\n[tool.uv.sources]\nrequests = { path = \"libs/requests\" }\n",
            "requests (libs/requests)",
        ),
        (
            "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nrequests = { path = \"vendor/requests\" }\n",
            "requests (vendor/requests)",
        ),
        (
            "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\ncore = { path = \"../core\" }\n",
            "outside: core (../core)",
        ),
        (
            "[project]\nname = \"shop\"\ndependencies = [\"requests @ file:///${PROJECT_ROOT}/third_party/requests\"]\n",
            "requests (third_party/requests)",
        ),
        (
            "[project]\nname = \"shop\"\ndependencies = [\"shop-api>=1\"]\n[tool.uv.sources]\nshop-api = { path = \"libs/api\" }\n",
            "shop-api (libs/api)",
        ),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
    let (cfg, toml) =
        ("[metadata]\nname = requests\nversion = 2.25.0\n", "[project]\nname = \"Requests\"\nversion = \"2.25.0\"\n");
    for (path, text) in [("libs/http/setup.cfg", cfg), ("libs/http/pyproject.toml", toml)] {
        let vendored = [("requirements.txt", "-e ./libs/http\n-e .\n"), (path, text)];
        assert_eq!(told(&vendored), ["requests 2.25.0 (libs/http)"]);
    }
    // A place on the machine of whoever wrote the file.
    let frozen = ("requirements.txt", "core @ file:///srv/shop/libs/core\nfar @ file:///srv/other/far\n");
    let core = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\n");
    assert_eq!(told(&[frozen, core]), ["core (libs/core)", "outside: far (/srv/other/far)"]);
    // Extras, options and quotes stand around a folder; another machine's name may stand with a password.
    let odd = "-e \"./libs/a[dev,x]\" --config-settings x=y\n./libs/b[socks]\n-e file://localhost/srv/libs/c#egg=c\n\
               d @ file://bob:S3cret@files/share/d?token=abc\n";
    let folders: Vec<(String, String)> = ["a", "b", "c"]
        .iter()
        .map(|name| (format!("libs/{name}/setup.py"), format!("setup(name=\"{name}\", version=\"1.0\")\n")))
        .collect();
    let mut files: Vec<(&str, &str)> = folders.iter().map(|(path, text)| (&**path, &**text)).collect();
    files.push(("requirements.txt", odd));
    assert_eq!(told(&files), ["a 1.0 (libs/a)", "b 1.0 (libs/b)", "c 1.0 (libs/c)", "outside: d (/another machine)"]);
    // The lock file knows the version.
    let lock = "[[package]]\nname = \"idna\"\nversion = \"2.10\"\n[package.source]\ntype = \"directory\"\nurl = \"libs/idna\"\n\
                [metadata]\nlock-version = \"2.0\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n";
    let asks = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nidna = { path = \"libs/idna\" }\n";
    let code = ("libs/idna/idna.py", "");
    assert_eq!(told(&[("pyproject.toml", asks), ("poetry.lock", lock), code]), ["idna 2.10 (libs/idna)"]);
    let uv = "version = 1\n[manifest]\nmembers = [\"shop\", \"requests\"]\n\
              [[package]]\nname = \"shop\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
              [[package]]\nname = \"requests\"\nversion = \"2.25.0\"\nsource = { editable = \"vendor/requests\" }\n";
    let shop = "[project]\nname = \"shop\"\ndependencies = [\"requests\"]\n[tool.uv.sources]\nrequests = { workspace = true }\n[tool.uv.workspace]\nmembers = [\"vendor/*\"]\n";
    let code = ("vendor/requests/requests.py", "");
    assert_eq!(told(&[("pyproject.toml", shop), ("uv.lock", uv), code]), ["requests 2.25.0 (vendor/requests)"]);
}

#[test]
fn modules_of_maven() {
    let of = |group: &str, version: &str| {
        let parent = "<parent><groupId>com.acme</groupId><artifactId>shop</artifactId><version>7</version></parent>";
        let name = format!("<groupId>{group}</groupId><artifactId>snakeyaml</artifactId>");
        let module = format!("<project>{parent}{name}{version}</project>");
        let app = format!(
            "<project>{parent}<artifactId>app</artifactId><dependencies><dependency>{name}\
             <version>${{project.version}}</version></dependency></dependencies></project>"
        );
        let root = "<project><groupId>com.acme</groupId><artifactId>shop</artifactId><version>7</version></project>";
        told(&[("pom.xml", root), ("app/pom.xml", &app), ("yaml/pom.xml", &module)]).join("; ")
    };
    assert_eq!(of("org.yaml", "<version>1.30</version>"), "org.yaml:snakeyaml 1.30 (yaml)");
    assert_eq!(of("org.yaml", ""), "org.yaml:snakeyaml 7 (yaml)");
    assert_eq!(of("org.yaml", "<version>${revision}</version>"), "org.yaml:snakeyaml (yaml)");
}

#[test]
fn builds_that_gradle_includes() {
    let of = |version: &str| {
        let build = format!("group = 'org.yaml'\n{version}");
        let asks = "dependencies {\n implementation 'org.yaml:snakeyaml:1.33'\n}\n";
        told(&[
            ("settings.gradle", "includeBuild 'yaml'\n"),
            ("build.gradle", asks),
            ("gradle.lockfile", "empty=compileClasspath\n"),
            ("yaml/settings.gradle", "rootProject.name = 'snakeyaml'\n"),
            ("yaml/build.gradle", &build),
        ])
    };
    assert_eq!(of("version = '1.30'\n"), ["org.yaml:snakeyaml 1.30 (yaml)"]);
    assert_eq!(of(""), ["org.yaml:snakeyaml (yaml)"]);
}

#[test]
fn folders_that_containers_install_from() {
    let of = |run: &str| {
        let dockerfile = format!("FROM python:3.12\nCOPY . /app\nRUN {run}\n");
        let requests = ("vendor/requests/setup.py", "import setuptools\n");
        let core = ("core/pyproject.toml", "[project]\nname = \"requests-core\"\nversion = \"1.0\"\n");
        told(&[("Dockerfile", &*dockerfile), requests, core]).join("; ")
    };
    assert_eq!(of("pip install ./vendor/requests"), "requests (vendor/requests)");
    assert_eq!(of("pip install --no-deps -e /app/vendor/requests"), "requests (vendor/requests)");
    assert_eq!(of("pip install ./core/"), "requests-core 1.0 (core)");
    assert_eq!(of("pip install . /wheels"), "");
    assert_eq!(of("npm install ./vendor/requests"), "");
    assert_eq!(of("pip install ./vendor/*"), "requests (vendor/requests)");
    assert_eq!(of("cd vendor/requests && pip install '.[socks]'"), "requests (vendor/requests)");
    // What it cloned is nobody's here; what is the project's stays that.
    let cloned = |run: &str| {
        let dockerfile =
            format!("FROM python:3.12\nCOPY . /app\nRUN git clone https://git.example.com/x.git\nRUN {run}\n");
        let (_folder, listing) = listed(&[("Dockerfile", &*dockerfile), ("core/setup.py", "setup(name=\"core\")\n")]);
        let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
        gaps.map(|gap| gap.examples.join(", ")).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(cloned("cd x && pip install ."), "x");
    assert_eq!(cloned("pip install /app/core"), "");
    // Each service has its own.
    let dockerfile = "FROM python:3.12\nCOPY ./libs/req /tmp/r\nRUN pip install /tmp/r\n";
    let there = "[project]\nname = \"requests\"\nversion = \"2.19.0\"\n";
    let files = [
        ("services/a/Dockerfile", dockerfile),
        ("services/a/libs/req/pyproject.toml", there),
        ("libs/req/pyproject.toml", "[project]\nname = \"req\"\nversion = \"2.0\"\n"),
    ];
    assert_eq!(told(&files), ["requests 2.19.0 (services/a/libs/req)"]);
}

/// An address, with what is secret in it, may stand where a folder should.
#[test]
fn places_that_are_no_folders_are_not_shown() {
    for (place, shown) in [
        ("vendor/minimist", true),
        ("packages/@acme/ui", true),
        ("../lib", true),
        ("https:/bob:S3cret@host/lib", false),
        ("bob:S3cret@host/lib", false),
        ("/srv/lib?token=abc", false),
    ] {
        assert_eq!(shown_place(place) == place, shown, "{place}");
    }
}

#[test]
fn folders_of_composer_and_bundler() {
    let composer = |url: &str, name: &str, range: &str| {
        let text = format!(
            "{{\"name\": \"acme/shop\", \"repositories\": [{{\"type\": \"path\", \"url\": \"{url}\"}}], \"require\": {{\"{name}\": \"{range}\"}}}}"
        );
        let versioned = "{\"name\": \"symfony/yaml\", \"version\": \"5.4.1\"}";
        let there = [("packages/yaml/composer.json", "{}"), ("third_party/yaml/composer.json", versioned)];
        told(&[&[("composer.json", &*text)], &there[..]].concat()).join("; ")
    };
    assert_eq!(composer("packages/yaml", "symfony/yaml", "^5.4"), "symfony/yaml (packages/yaml)");
    assert_eq!(composer("third_party/*", "symfony/yaml", "@dev"), "symfony/yaml 5.4.1 (third_party/yaml)");
    // It comes from elsewhere: there is no such folder.
    assert_eq!(composer("packages/*", "other/blog", "5.*"), "");
    assert_eq!(composer("packages/yaml", "acme/shop", "^1.0"), "");
    let lock = "{\"packages\": [{\"name\": \"their/twig\", \"version\": \"3.10.0\", \"replace\": {\"Twig/twig\": \"*\"}, \
                \"dist\": {\"type\": \"path\", \"url\": \"packages/twig\"}}], \"packages-dev\": []}";
    let held = told(&[("composer.json", "{\"name\": \"acme/shop\"}"), ("composer.lock", lock)]);
    assert_eq!(held, ["their/twig 3.10.0 (packages/twig)", "twig/twig (packages/twig)"]);
    let gems = "gem \"rack\", path: \"vendor/rack\"\ngem \"far\", path: \"../far\"\npath \"components\" do\n  gem \"orders\"\nend\n";
    let code = [("vendor/rack/rack.gemspec", ""), ("components/orders/orders.gemspec", "")];
    assert_eq!(
        told(&[&[("Gemfile", gems)], &code[..]].concat()),
        ["orders (components/orders)", "rack (vendor/rack)", "outside: far (../far)"]
    );
    let lock = "PATH\n  remote: lib/rack\n  specs:\n    rack (2.0)\n\nGEM\n  remote: https://gems.example.com/\n  specs:\n    \
                sinatra (2.0)\n      rack (~> 2.0)\n\nDEPENDENCIES\n  rack!\n  sinatra\n";
    let asks = "gem \"rack\", path: \"lib/rack\"\ngem \"sinatra\"\n";
    let code = ("lib/rack/rack.gemspec", "");
    assert_eq!(told(&[("Gemfile", asks), ("Gemfile.lock", lock), code]), ["rack 2.0 (lib/rack)"]);
}
