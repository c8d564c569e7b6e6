//! Whether the code uses a package.

use std::collections::BTreeMap;

use gonogo::model::Uses;
use gonogo::probe::dependencies::uses::{Code, Finder, Imports, Place, PlaceKind};
use gonogo::probe::dependencies::ways_in::Graph;
use gonogo::probe::packages::lock::{Builder, Draft};
use gonogo::probe::packages::{Ecosystem, LockFile, Manager, Scope};

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
    let at = lock.packages.iter().position(|package| package.name == name).unwrap();
    let manifests = BTreeMap::new();
    let ways = Graph::of(lock).ways_in(at, &manifests);
    match Finder::new(imports).uses(lock, &lock.packages[at], &ways, &manifests) {
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
    imports.named.insert("pm2".to_owned(), ("package.json".to_owned(), 7));
    assert_eq!(of(&imports, &lock, "qs"), "pm2 named in (\"package.json\", 7)");
    let django = chain(Manager::Uv, &["Pillow"]);
    let mut imports = code(Ecosystem::PyPi, &[]);
    imports.named.insert("PIL".to_owned(), ("shop/settings.py".to_owned(), 30));
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
