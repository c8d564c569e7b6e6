//! Whether the code uses a package.

use std::collections::BTreeMap;

use gonogo::model::Uses;
use gonogo::probe::dependencies::uses::{Code, Finder, Imports, Place, PlaceKind};
use gonogo::probe::dependencies::ways_in::Graph;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::manifest::{Pin, Source};
use gonogo::probe::packages::{Declared, Ecosystem, LockFile, Manager, Manifest, Scope};

/// Code of one ecosystem that imports these modules.
fn code(ecosystem: Ecosystem, imports: &[(&str, PlaceKind, &str, u32)]) -> Imports {
    let mut code = Code { files: 3, ..Code::default() };
    for (module, kind, path, line) in imports {
        let place = Place { kind: *kind, path: (*path).to_owned(), line: *line };
        code.modules.entry((*module).to_owned()).or_default().push(place);
    }
    Imports {
        code: BTreeMap::from([(ecosystem, code)]),
        imported_as: &[("yaml", "pyyaml"), ("PIL", "pillow")],
        python_modules: &["os", "json"],
        ..Imports::default()
    }
}

/// `direct` asks for the first, each needs the next.
fn chain(manager: Manager, names: &[&str]) -> LockFile {
    let mut builder = Builder::new(manager, "");
    for name in names {
        builder.add(*name, Draft::new(*name, "1.0.0", 1));
    }
    for pair in names.windows(2) {
        builder.needs(pair[0], pair[1]);
    }
    builder.wants("package.json", names[0], "^1.0.0", Scope::Production, names[0]);
    builder.finish("lock").lock
}

fn of(imports: &Imports, lock: &LockFile, name: &str) -> String {
    beside(imports, lock, name, &BTreeMap::new())
}

fn beside(imports: &Imports, lock: &LockFile, name: &str, manifests: &BTreeMap<String, Manifest>) -> String {
    let at = lock.packages.iter().position(|package| package.name == name).unwrap();
    let ways = Graph::of(lock).ways_in(at, manifests);
    match Finder::new(imports).uses(lock, &lock.packages[at], &ways, manifests) {
        Uses::Imported { package, places, more } => format!("{package} in {places:?} +{more}"),
        Uses::Named { package, place } => format!("{package} named in {place:?}"),
        Uses::NotImported => "not imported".to_owned(),
        Uses::Unknown { why } => format!("unknown: {why}"),
        Uses::NotExamined => "not examined".to_owned(),
    }
}

#[test]
fn production_code_that_imports_it_or_what_brings_it_in_uses_it() {
    use PlaceKind::{Aside, Production, Setting};
    let lock = chain(Manager::Npm, &["express", "body-parser", "qs"]);
    let imports = code(
        Ecosystem::Npm,
        &[("express/lib/router", Production, "src/app.ts", 3), ("express", Aside, "test/a.ts", 1)],
    );
    assert_eq!(of(&imports, &lock, "qs"), "express in [(\"src/app.ts\", 3)] +0");
    assert_eq!(of(&imports, &lock, "express"), "express in [(\"src/app.ts\", 3)] +0");
    // Its own import is told before that of what brings it in.
    let both = code(Ecosystem::Npm, &[("express", Production, "src/app.ts", 3), ("qs", Production, "src/b.ts", 1)]);
    assert_eq!(of(&both, &lock, "qs"), "qs in [(\"src/b.ts\", 1)] +0");
    // A name that only begins alike is another package.
    let other = code(
        Ecosystem::Npm,
        &[("express-session", Production, "src/app.ts", 3), ("@s/express", Production, "a.ts", 1)],
    );
    assert_eq!(of(&other, &lock, "qs"), "not imported");
    let tests = code(Ecosystem::Npm, &[("express", Aside, "test/app.ts", 3)]);
    assert_eq!(of(&tests, &lock, "express"), "not imported");
    let setting = code(Ecosystem::Npm, &[("express", Setting, "vite.config.ts", 3)]);
    assert_eq!(of(&setting, &lock, "qs"), "express named in (\"vite.config.ts\", 3)");
    let many: Vec<_> = (1..=8).map(|line| ("express", Production, "src/app.ts", line)).collect();
    assert!(of(&code(Ecosystem::Npm, &many), &lock, "qs").ends_with("+3"));
}

#[test]
fn what_is_not_known_is_not_called_unused() {
    let lock = chain(Manager::Npm, &["express", "qs"]);
    let mut imports = code(Ecosystem::Npm, &[]);
    assert_eq!(of(&imports, &lock, "qs"), "not imported");
    imports.code.get_mut(&Ecosystem::Npm).unwrap().unread = Some("2 files of TypeScript could not be read".to_owned());
    assert_eq!(of(&imports, &lock, "qs"), "unknown: 2 files of TypeScript could not be read");
    assert!(of(&code(Ecosystem::Go, &[]), &lock, "qs").starts_with("unknown: there is no JavaScript"));
    let none = Imports { not_read: Some("the code could not be read".to_owned()), ..Imports::default() };
    assert_eq!(of(&none, &lock, "qs"), "unknown: the code could not be read");
    // Nobody says what brings it in.
    let mut builder = Builder::new(Manager::Npm, "");
    builder.add("qs", Draft::new("qs", "1.0.0", 1));
    let alone = builder.finish("lock").lock;
    assert_eq!(of(&code(Ecosystem::Npm, &[]), &alone, "qs"), "unknown: the lock file does not say what brings it in");
    for (manager, ecosystem) in [
        (Manager::Bundler, Ecosystem::RubyGems),
        (Manager::Composer, Ecosystem::Packagist),
        (Manager::Maven, Ecosystem::Maven),
        (Manager::Cargo, Ecosystem::CratesIo),
    ] {
        let told = of(&code(ecosystem, &[]), &chain(manager, &["a/b", "c/d"]), "c/d");
        assert!(told.starts_with("unknown: "), "{manager}: {told}");
    }
}

#[test]
fn what_a_script_or_a_setting_starts_is_named() {
    let lock = chain(Manager::Npm, &["pm2", "qs"]);
    let mut imports = code(Ecosystem::Npm, &[]);
    imports.named.insert("pm2".to_owned(), vec![("package.json".to_owned(), 7)]);
    assert_eq!(of(&imports, &lock, "qs"), "pm2 named in (\"package.json\", 7)");
    let django = chain(Manager::Uv, &["Pillow"]);
    let mut imports = code(Ecosystem::PyPi, &[]);
    imports.named.insert("PIL".to_owned(), vec![("shop/settings.py".to_owned(), 30)]);
    assert_eq!(of(&imports, &django, "Pillow"), "Pillow named in (\"shop/settings.py\", 30)");
}

#[test]
fn modules_of_python_are_those_of_their_packages() {
    use PlaceKind::Production;
    let lock = chain(Manager::Uv, &["PyYAML", "google-cloud-storage", "typing_extensions"]);
    let of = |module: &str, name: &str| of(&code(Ecosystem::PyPi, &[(module, Production, "app.py", 1)]), &lock, name);
    assert_eq!(of("yaml", "PyYAML"), "PyYAML in [(\"app.py\", 1)] +0");
    assert_eq!(of("google.cloud.storage.blob", "google-cloud-storage"), "google-cloud-storage in [(\"app.py\", 1)] +0");
    assert_eq!(of("typing_extensions", "typing_extensions"), "typing_extensions in [(\"app.py\", 1)] +0");
    assert_eq!(of("json", "PyYAML"), "not imported");
    // `corsheaders` may be a module of any of them.
    assert_eq!(of("corsheaders", "PyYAML"), "unknown: which package brings the module corsheaders is not known");
}

#[test]
fn modules_of_go_java_ruby_and_php_are_below_their_packages() {
    use PlaceKind::Production;
    for (manager, ecosystem, name, module, other) in [
        (Manager::Go, Ecosystem::Go, "github.com/a/b", "github.com/a/b/pkg", "github.com/a/bc"),
        (
            Manager::Gradle,
            Ecosystem::Maven,
            "org.apache.commons:commons-text",
            "org.apache.commons.text.X",
            "org.apachex.Y",
        ),
        (Manager::Bundler, Ecosystem::RubyGems, "active_support", "active_support/all", "active_record"),
        (Manager::Composer, Ecosystem::Packagist, "monolog/monolog", "Monolog\\Logger", "Mono\\Logger"),
    ] {
        let lock = chain(manager, &[name]);
        let told = |module: &str| of(&code(ecosystem, &[(module, Production, "src/a", 4)]), &lock, name);
        assert_eq!(told(module), format!("{name} in [(\"src/a\", 4)] +0"));
        assert!(!told(other).contains(" in "), "{}", told(other));
    }
}

#[test]
fn a_replaced_module_of_go_is_imported_by_the_name_that_it_had() {
    let mut builder = Builder::new(Manager::Go, "");
    builder.add("example.com/a", Draft::new("example.org/fork", "v1.0.0", 3));
    builder.wants("go.mod", "example.com/a", "v1.0.0", Scope::Production, "example.com/a");
    let lock = builder.finish("go.mod").lock;
    let told = |module: &str| {
        of(&code(Ecosystem::Go, &[(module, PlaceKind::Production, "main.go", 4)]), &lock, "example.org/fork")
    };
    for module in ["example.com/a", "example.com/a/pkg", "example.org/fork/pkg"] {
        assert_eq!(told(module), "example.org/fork in [(\"main.go\", 4)] +0");
    }
    assert_eq!(told("example.com/ab"), "not imported");
}

#[test]
fn every_program_of_go_uses_its_own_library() {
    let told = of(&code(Ecosystem::Go, &[]), &chain(Manager::Go, &["stdlib"]), "stdlib");
    assert_eq!(told, "unknown: every Go program is built with Go's own library");
    assert_eq!(of(&code(Ecosystem::Go, &[]), &chain(Manager::Go, &["example.com/a"]), "example.com/a"), "not imported");
    let mut builder = Builder::new(Manager::Go, "");
    for name in ["example.com/a", "example.com/b", "stdlib"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
        builder.wants("go.mod", name, "1.0.0", Scope::Production, name);
    }
    let several = builder.finish("go.mod").lock;
    assert_eq!(
        of(&code(Ecosystem::Go, &[]), &several, "example.com/a"),
        "unknown: the project's own code does not import it, and go.mod does not say whether another module does"
    );
}

#[test]
fn a_vendor_alone_does_not_make_a_class_one_of_a_package() {
    let told = |module: &str, name: &str| {
        let imports = code(Ecosystem::Packagist, &[(module, PlaceKind::Production, "src/a.php", 4)]);
        of(&imports, &chain(Manager::Composer, &[name]), name).contains(" in ")
    };
    let request = "Symfony\\Component\\HttpFoundation\\Request";
    assert!(told(request, "symfony/http-foundation"));
    assert!(!told(request, "symfony/routing"));
    assert!(!told("Symfony\\Polyfill\\Mbstring\\Mbstring", "symfony/polyfill-mbstring"));
    assert!(!told("Symfony\\Bundle\\FrameworkBundle\\Console\\Application", "symfony/console"));
    assert!(told("\\League\\Flysystem\\Filesystem", "league/flysystem"));
    assert!(told("Carbon\\Carbon", "nesbot/carbon"));
    assert!(!told("Monolog", "monolog/monolog"));
}

#[test]
fn what_uses_it_stands_in_its_project_and_speaks_its_language() {
    use PlaceKind::{Production, Setting};
    // A crate, and a script of npm that bears its name.
    let mut imports = code(Ecosystem::CratesIo, &[]);
    imports.named.insert("time".to_owned(), vec![("package.json".to_owned(), 7)]);
    assert_eq!(of(&imports, &chain(Manager::Cargo, &["time"]), "time"), "unknown: gonogo does not read Rust code");
    let mut imports = code(Ecosystem::RubyGems, &[]);
    imports.named.insert("sass".to_owned(), vec![("web/package.json".to_owned(), 7)]);
    assert!(
        of(&imports, &chain(Manager::Bundler, &["sass"]), "sass").starts_with("unknown: web/package.json names it")
    );
    // One lock file, and a member that asks for it.
    let mut builder = Builder::new(Manager::Npm, "3");
    builder.add("vite", Draft::new("vite", "4.0.0", 1));
    builder.wants("examples/shop/package.json", "vite", "^4.0.0", Scope::Production, "vite");
    let lock = builder.finish("package-lock.json").lock;
    let told = |kind, path: &str| of(&code(Ecosystem::Npm, &[("vite", kind, path, 1)]), &lock, "vite");
    assert_eq!(told(Production, "examples/shop/src/a.ts"), "vite in [(\"examples/shop/src/a.ts\", 1)] +0");
    assert_eq!(told(Setting, "examples/shop/vite.config.ts"), "vite named in (\"examples/shop/vite.config.ts\", 1)");
    for (kind, path) in [(Setting, "apps/web/vite.config.ts"), (Production, "examples/shopping/a.ts")] {
        assert!(told(kind, path).starts_with("unknown: "), "{}", told(kind, path));
    }
    // The requirements of Python stand where they like.
    let mut builder = Builder::new(Manager::Pip, "");
    builder.add("flask", Draft::new("flask", "1.0.0", 1));
    builder.wants("requirements/base.txt", "flask", "==1.0.0", Scope::Production, "flask");
    let lock = builder.finish("requirements/base.txt").lock;
    assert!(of(&code(Ecosystem::PyPi, &[("flask", Production, "app.py", 1)]), &lock, "flask").contains(" in "));
}

#[test]
fn what_asks_for_it_is_no_sign_that_it_is_used() {
    let lock = chain(Manager::Npm, &["next", "postcss"]);
    let declared = Declared {
        name: "next".to_owned(),
        alias: None,
        range: "^13.0.0".to_owned(),
        scope: Scope::Production,
        optional: false,
        source: Source::Registry,
        pin: Pin::Range,
        line: 5,
    };
    let manifest = Manifest { path: "package.json".to_owned(), declared: vec![declared], ..Manifest::default() };
    let manifests = BTreeMap::from([("package.json".to_owned(), manifest)]);
    let mut imports = code(Ecosystem::Npm, &[]);
    let runs = "may be used without being imported by name, as frameworks, servers and drivers are";
    assert_eq!(beside(&imports, &lock, "next", &manifests), format!("unknown: it {runs}"));
    assert_eq!(beside(&imports, &lock, "postcss", &manifests), format!("unknown: next {runs}"));
    imports.named.insert("next".to_owned(), vec![("package.json".to_owned(), 5)]);
    assert_eq!(beside(&imports, &lock, "next", &manifests), format!("unknown: it {runs}"));
    imports.named.insert("next".to_owned(), vec![("package.json".to_owned(), 9)]);
    assert_eq!(beside(&imports, &lock, "next", &manifests), "next named in (\"package.json\", 9)");
    // The first place says nothing, a later one does.
    let places = [("package.json", 5), ("package.json", 11)].map(|(path, line)| (path.to_owned(), line));
    imports.named.insert("next".to_owned(), places.to_vec());
    assert_eq!(beside(&imports, &lock, "next", &manifests), "next named in (\"package.json\", 11)");
}

#[test]
fn another_projects_word_does_not_hide_ones_own() {
    let mut imports = code(Ecosystem::RubyGems, &[]);
    let places = [("web/package.json", 7), ("Procfile", 1)].map(|(path, line)| (path.to_owned(), line));
    imports.named.insert("puma".to_owned(), places.to_vec());
    assert_eq!(of(&imports, &chain(Manager::Bundler, &["puma"]), "puma"), "puma named in (\"Procfile\", 1)");
}

#[test]
fn a_requirements_file_does_not_say_who_needs_what() {
    for (manager, known) in
        [(Manager::Pip, false), (Manager::Pipenv, false), (Manager::Poetry, true), (Manager::Uv, true)]
    {
        // All lines of it are asked for, and none needs another.
        let mut builder = Builder::new(manager, "");
        for name in ["flask", "werkzeug"] {
            builder.add(name, Draft::new(name, "1.0.0", 1));
            builder.wants("requirements.txt", name, "==1.0.0", Scope::Production, name);
        }
        let lock = builder.finish("requirements.txt").lock;
        let told = of(&code(Ecosystem::PyPi, &[("flask", PlaceKind::Production, "app.py", 1)]), &lock, "werkzeug");
        let unknown = "unknown: no code imports it by name, and requirements.txt does not say whether another of its packages \
                       needs it";
        assert_eq!(told, if known { "not imported" } else { unknown }, "{manager}");
    }
    // What nobody asks for itself is there for others.
    let mut builder = Builder::new(Manager::Pip, "");
    builder.add("werkzeug", Draft::new("werkzeug", "1.0.0", 1));
    builder.add("flask", Draft::new("flask", "1.0.0", 1));
    builder.wants("requirements.txt", "flask", "", Scope::Production, "flask");
    let lock = builder.finish("requirements.txt").lock;
    let imports = code(Ecosystem::PyPi, &[("flask", PlaceKind::Production, "app.py", 1)]);
    assert_eq!(of(&imports, &lock, "werkzeug"), "unknown: the lock file does not say what brings it in");
    // A compiler notes who needs what.
    let compiled = chain(Manager::Pip, &["django", "asgiref"]);
    assert_eq!(of(&code(Ecosystem::PyPi, &[]), &compiled, "asgiref"), "not imported");
}

#[test]
fn an_app_that_settings_name_may_be_of_any_package() {
    let lock = chain(Manager::Poetry, &["django-tall-forms", "werkzeug"]);
    let mut imports = code(Ecosystem::PyPi, &[]);
    assert_eq!(of(&imports, &lock, "werkzeug"), "not imported");
    imports.apps.insert("tallforms.apps.Config".to_owned());
    let unknown = "unknown: which package brings the module tallforms.apps.Config is not known";
    assert_eq!(of(&imports, &lock, "werkzeug"), unknown);
    // What a package of the lock file brings explains itself.
    imports.apps = ["werkzeug.x".to_owned()].into();
    assert_eq!(of(&imports, &lock, "werkzeug"), "not imported");
}

#[test]
fn what_may_be_used_in_another_way_is_not_called_unused() {
    let lock = chain(Manager::Npm, &["lodash", "qs"]);
    let unused = code(Ecosystem::Npm, &[]);
    assert_eq!(of(&unused, &lock, "qs"), "not imported");
    // A script that only developers run, as far as its place says.
    let script = code(Ecosystem::Npm, &[("lodash", PlaceKind::Script, "bin/serve.js", 3)]);
    assert_eq!(
        of(&script, &lock, "qs"),
        "unknown: only bin/serve.js:3 imports it, and whether production runs that script is not known"
    );
    let place = |path: &str| vec![(path.to_owned(), 4)];
    let mut quoted = unused.clone();
    quoted.quoted.insert("lodash".to_owned(), place("server.js"));
    assert_eq!(
        of(&quoted, &lock, "qs"),
        "unknown: server.js:4 holds the name lodash as a text, and may load it by that"
    );
    let mut started = unused.clone();
    started.programs.insert("lodash-server".to_owned(), place("Procfile"));
    assert_eq!(of(&started, &lock, "qs"), "unknown: Procfile:4 starts lodash-server, which may be a program of lodash");
    let mut other = unused.clone();
    other.programs.insert("vite".to_owned(), place("package.json"));
    assert_eq!(of(&other, &lock, "qs"), "not imported");
    let mut loads = unused;
    loads.code.get_mut(&Ecosystem::Npm).unwrap().unresolved = place("src/plugins.js");
    assert_eq!(
        of(&loads, &lock, "qs"),
        "unknown: src/plugins.js:4 loads a module whose name is worked out while the app runs"
    );
    // A library that Django takes in for a kind of field.
    let told = of(&code(Ecosystem::PyPi, &[]), &chain(Manager::Poetry, &["Pillow"]), "Pillow");
    assert!(told.starts_with("unknown: it may be used without being imported by name"), "{told}");
}

#[test]
fn what_an_engine_a_setting_or_a_host_may_load_is_not_called_unused() {
    let place = |path: &str| vec![(path.to_owned(), 4)];
    let unused = code(Ecosystem::Npm, &[]);
    let engine = chain(Manager::Npm, &["handlebars", "qs"]);
    assert_eq!(of(&unused, &engine, "handlebars"), "not imported");
    // Pages, by their ending.
    let mut pages = unused.clone();
    pages.pages.insert("hbs".to_owned(), place("views/index.hbs"));
    assert_eq!(of(&pages, &engine, "handlebars"), "unknown: views/index.hbs is a page that handlebars may render");
    pages.pages = BTreeMap::from([("ejs".to_owned(), place("views/index.ejs"))]);
    assert_eq!(of(&pages, &engine, "handlebars"), "not imported", "another engine's");
    // The word that stands in a setting or in the code for a driver.
    let driver = chain(Manager::Npm, &["snowflake-sdk"]);
    let mut named = unused.clone();
    named.quoted.insert("snowflake".to_owned(), place("config/database.yml"));
    assert_eq!(
        of(&named, &driver, "snowflake-sdk"),
        "unknown: config/database.yml:4 holds the word snowflake, by which snowflake-sdk may be loaded"
    );
    assert_eq!(of(&named, &engine, "handlebars"), "not imported");
    // What loads whichever engine is there.
    let beside = |loader: &str| {
        let mut builder = Builder::new(Manager::Npm, "3");
        for name in ["nunjucks", loader] {
            builder.add(name, Draft::new(name, "1.0.0", 1));
            builder.wants("package.json", name, "^1.0.0", Scope::Production, name);
        }
        of(&unused, &builder.finish("package-lock.json").lock, "nunjucks")
    };
    assert_eq!(beside("koa-views"), "unknown: koa-views loads whichever engine is there, and knows nunjucks");
    assert_eq!(beside("koa"), "not imported");
}

#[test]
fn the_programs_that_a_lock_file_names_are_those_of_the_package() {
    let of_started = |programs: &[&str], starts: &str| {
        let mut builder = Builder::new(Manager::Npm, "3");
        let programs = programs.iter().map(|name| (*name).to_owned()).collect();
        builder.add("@acme/mill", Draft { programs, ..Draft::new("@acme/mill", "1.0.0", 1) });
        builder.wants("package.json", "@acme/mill", "^1.0.0", Scope::Production, "@acme/mill");
        let mut imports = code(Ecosystem::Npm, &[]);
        imports.programs.insert(starts.to_owned(), vec![("Procfile".to_owned(), 1)]);
        of(&imports, &builder.finish("package-lock.json").lock, "@acme/mill")
    };
    assert_eq!(of_started(&["grind"], "grind"), "unknown: Procfile:1 starts grind, a program of @acme/mill");
    // Its programs are known, and this is none of them.
    assert_eq!(of_started(&["grind"], "mill"), "not imported");
    assert_eq!(of_started(&[], "mill"), "unknown: Procfile:1 starts mill, which may be a program of @acme/mill");
}

#[test]
fn a_command_that_installs_it_is_told_with_its_line() {
    let mut builder = Builder::new(Manager::Pip, "constraints");
    builder.add("flask", Draft::new("flask", "2.0", 1));
    builder.wants("Dockerfile", "flask", "", Scope::Production, "flask");
    let lock = builder.finish("c.txt").lock;
    let mut imports = code(Ecosystem::PyPi, &[("json", PlaceKind::Production, "app.py", 1)]);
    imports.named.insert("flask".to_owned(), vec![("Dockerfile".to_owned(), 2)]);
    assert_eq!(of(&imports, &lock, "flask"), "unknown: Dockerfile:2 installs it, which says nothing of its use");
}
