//! What a file is for, from its path, its first lines and what it uses.

use super::facts::{FileFacts, Role};

/// The part of the answer that needs the path and the text alone; `None`: it is ordinary code.
#[must_use]
pub fn from_path_and_head(path: &str, source: &str) -> Option<Role> {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.split('.').next().unwrap_or(name);
    let inner: Vec<&str> = name.split('.').skip(1).collect();
    // In Java the folders below the sources name a package, `com/example/bench`, and say nothing.
    let folders = if name.ends_with(".java") { above_package(folders) } else { folders };
    let folder = |names: &[&str]| folders.split('/').any(|part| names.contains(&part));
    let ends = |marks: &[&str]| inner.iter().rev().skip(1).any(|part| marks.contains(part));

    if is_generated(&lower, source) {
        return Some(Role::Generated);
    }
    if folder(&["migrations", "old_migrations", "migrate", "post_migrate", "alembic"])
        || (name.ends_with(".java") && lower.contains("db/migration/"))
        || (folder(&["versions"]) && source.contains("down_revision"))
    {
        return Some(Role::Migration);
    }
    let test_folders = [
        "test",
        "tests",
        "__tests__",
        "__mocks__",
        "__fixtures__",
        "e2e",
        "__e2e__",
        "cypress",
        "playwright",
        "spec",
        "fixtures",
        "mocks",
        "testing",
        "test-utils",
        ".storybook",
        "testdata",
        "integration-tests",
        "integration_tests",
        "testutil",
        "testutils",
        "testhelpers",
        "testfixtures",
        "integrationtest",
    ];
    let for_tests = |part: &str| {
        ["test-utils", "test-helpers", "test_helpers", "test-support"].iter().any(|end| part.ends_with(end))
    };
    if folder(&test_folders)
        || folders.split('/').any(for_tests)
        || ends(&["test", "tests", "spec", "stories", "cy", "e2e", "mock", "fixture", "servertest", "clienttest"])
        || stem.starts_with("test_")
        || stem.starts_with("pytest_")
        || stem.ends_with("_test")
        || stem.ends_with("_spec")
        || folder(&["step_definitions"])
        || matches!(stem, "conftest" | "setuptests" | "test" | "tests")
        || name == "factories.py"
        || (name.ends_with(".java") && is_java_test(path))
    {
        return Some(Role::Test);
    }
    if let Some(role) = of_php(&lower, source) {
        return Some(role);
    }
    let script_folders = [
        "scripts",
        "script",
        "bin",
        "tooling",
        "seeds",
        "seeders",
        "seed",
        "examples",
        "example",
        "benchmarks",
        "benchmark",
        "bench",
        "codemods",
        "hack",
        ".github",
        "ci",
        "devtools",
        "code-generation",
        "codegen",
    ];
    // What stands beside the app: what is not shipped with it has such a folder of its own at the top.
    let beside = ["dev/", "extra/", "extras/", "release/", "tools/"].iter().any(|top| lower.starts_with(top));
    if folder(&script_folders)
        || beside
        || folders.split('/').any(|part| part.ends_with("-examples"))
        || makes_up_data(stem)
        || (folder(&["demo"]) && stem.contains("generator"))
        || (folders.is_empty() && source.contains("process.argv") && !serves(source) && !source.contains(".listen("))
        || folders.split('/').any(|part| part == "cli" || part.ends_with("-cli"))
        || lower.starts_with("docs/")
        || folders.contains("management/commands")
        || stem.contains("seed")
        || matches!(stem, "datacreator" | "populate" | "loaddata")
        || ends(&["script", "seed"])
        || name.ends_with(".rake")
        || folders.ends_with("lib/tasks")
        || (name.ends_with(".rb") && (folders.ends_with("config/deploy") || lower.ends_with("config/deploy.rb")))
        || matches!(stem, "manage" | "setup" | "fabfile" | "gulpfile" | "gruntfile" | "noxfile" | "tasks_dev")
        || (source.starts_with("#!") && !serves(source))
    {
        return Some(Role::Script);
    }
    if ends(&["config", "conf"])
        || name.starts_with('.')
        || is_rails_setting(folders, name)
        || matches!(stem, "webpack" | "vite" | "rollup" | "jest" | "babel" | "eslint" | "prettier" | "tailwind")
        || stem.starts_with("webpack-")
    {
        return Some(Role::Config);
    }
    None
}

/// Whether a file is named for data that is made up to try things with: `dummy_data_task`, `DemoDataGenerator`.
fn makes_up_data(stem: &str) -> bool {
    let plain = stem.replace(['_', '-'], "");
    ["dummydata", "demodata", "fakedata"].iter().any(|name| plain.contains(name))
}

/// Whether a program that can be run by its name is a server.
fn serves(source: &str) -> bool {
    ["= Flask(", "= FastAPI(", "= Quart(", "= Sanic(", "= express()", "= fastify(", "= Fastify(", "= new Hono("]
        .iter()
        .any(|start| source.contains(start))
}

/// Where the frameworks of PHP put what does not answer requests.
fn of_php(lower: &str, source: &str) -> Option<Role> {
    if !lower.ends_with(".php") {
        return None;
    }
    let within = |folder: &str| lower.starts_with(folder) || lower.contains(&format!("/{folder}"));
    if within("storage/framework/")
        || within("bootstrap/cache/")
        || within("var/cache/")
        || lower.contains("_ide_helper")
    {
        return Some(Role::Generated);
    }
    if within("database/factories/") || within("src/datafixtures/") {
        return Some(Role::Test);
    }
    if within("console/commands/") || within("src/command/") || lower.ends_with("routes/console.php") {
        return Some(Role::Script);
    }
    // A file that gives back a list or a function and stands among its like: settings, translations.
    let gives_back = || {
        source.lines().any(|line| {
            let given = line.strip_prefix("return ").map_or("", str::trim_start);
            given.starts_with('[')
                || given.starts_with("array(")
                || given.starts_with("static fn")
                || given.starts_with("static function")
        })
    };
    let settings = ["config/", "lang/", "translations/", "locale/", "locales/"];
    (settings.iter().any(|folder| within(folder)) && gives_back()).then_some(Role::Config)
}

/// The folders above those that name the package: `shop/src/main/java` of `shop/src/main/java/com/example/shop`.
fn above_package(folders: &str) -> &str {
    let source =
        ["src/main/java", "src/test/java"].iter().find_map(|root| folders.find(root).map(|at| at + root.len()));
    let package = || {
        ["com", "org", "net", "io", "dev"].iter().find_map(|first| {
            folders.starts_with(&format!("{first}/")).then_some(0).or_else(|| folders.find(&format!("/{first}/")))
        })
    };
    source.or_else(package).and_then(|end| folders.get(..end)).unwrap_or(folders)
}

/// `OrderServiceTest`, `OrderServiceTests`, `OrderServiceIT`, `TestOrders`.
fn is_java_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".java").unwrap_or(name);
    ["Test", "Tests", "TestCase", "IT"].iter().any(|end| name.ends_with(end))
        || name.strip_prefix("Test").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// What Rails reads on a developer's machine only. The rest of `config` runs in production.
fn is_rails_setting(folders: &str, name: &str) -> bool {
    (folders.ends_with("config/environments") && matches!(name, "development.rb" | "test.rb"))
        || (folders.ends_with("config") && matches!(name, "boot.rb" | "spring.rb"))
}

/// Whether the file was written by a program: by its place, its name, or a mark in its first lines.
fn is_generated(path: &str, source: &str) -> bool {
    let generated_folder = path.rsplit_once('/').is_some_and(|(folders, _)| {
        folders
            .split('/')
            // An editor keeps what files were in `.history`.
            .any(|part| {
                matches!(part, "generated" | "__generated__" | "dist" | "third_party" | "third-party" | ".history")
            })
    });
    // A shop has vendors; other people's code lies in `vendor` at the top or among the static files.
    let vendored = path.starts_with("vendor/")
        || ["static", "public", "assets", "js", "lib"].iter().any(|folder| path.contains(&format!("{folder}/vendor")));
    if generated_folder
        || vendored
        || path.contains(".min.")
        || path.contains(".generated.")
        || path.ends_with(".d.ts")
        || path.ends_with(".pb.go")
        || path.ends_with(".pb.gw.go")
    {
        return true;
    }
    let head: String = source.chars().take(1000).collect::<String>().to_ascii_lowercase();
    let comment = |line: &str| {
        let line = line.trim_start();
        line.starts_with("//") || line.starts_with('#') || line.starts_with('*') || line.starts_with("/*")
    };
    // People write "do not edit this unless …".
    head.lines().take(12).filter(|line| comment(line) && !line.contains("unless")).any(|line| {
        line.contains("@generated")
            || line.contains("do not edit")
            || line.contains("do not modify")
            || line.contains("autogenerated")
            || line.contains("auto-generated")
            || line.contains("automatically generated")
    })
}

/// Browser or server, from what the code uses.
#[must_use]
pub fn from_facts(file: &FileFacts) -> Role {
    if !file.language.is_ecma() {
        return Role::Server;
    }
    if file.directives.iter().any(|directive| &**directive == "use client") {
        return Role::Client;
    }
    if file.directives.iter().any(|directive| &**directive == "use server") {
        return Role::Server;
    }
    let lower = file.path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let folder = |names: &[&str]| folders.split('/').any(|part| names.contains(&part));
    // What a browser runs beside a page.
    if folder(&["service-worker", "service-workers"])
        || matches!(name.split('.').next(), Some("sw" | "service-worker" | "serviceworker"))
    {
        return Role::Client;
    }
    if name.ends_with(".vue") || name.ends_with(".svelte") {
        return Role::Client;
    }
    if draws_with_hooks(file) {
        return Role::Client;
    }
    if name.contains(".server.") || matches!(name, "+server.ts" | "+server.js") || file.imports_any(is_server_module) {
        return Role::Server;
    }
    if name.contains(".client.") {
        return Role::Client;
    }
    let api_route = folders.contains("pages/api")
        || matches!(name, "route.ts" | "route.js")
        || (folder(&["routes"]) && name.starts_with("api."));
    if api_route
        || folder(&[
            "server",
            "server-only",
            "backend",
            "trpc",
            "functions",
            "supabase",
            "api-server",
            "worker",
            "workers",
        ])
    {
        return Role::Server;
    }
    // Vite and its like write these into what browsers load.
    let for_browsers = |name: &str| ["VITE_", "REACT_APP_", "EXPO_PUBLIC_"].iter().any(|start| name.starts_with(start));
    if file.env_reads.iter().any(|read| for_browsers(&read.name)) && !name.contains("config") {
        return Role::Client;
    }
    if folder(&["frontend", "client", "client-only", "web-client", "public", "static", "www", "assets"])
        || file.imports_any(is_browser_module)
    {
        return Role::Client;
    }
    let browser_globals =
        file.calls.iter().any(|call| matches!(call.root(), "window" | "document" | "localStorage" | "navigator"));
    if browser_globals {
        return Role::Client;
    }
    // A page of Next's `app` folder that does not say `use client` runs on the server.
    let server_component = folder(&["app"]) && matches!(name, "page.tsx" | "layout.tsx" | "page.jsx" | "layout.jsx");
    let hooks = file.calls.iter().any(|call| matches!(call.method(), "useState" | "useEffect" | "useRef"));
    if hooks || (file.jsx && !server_component) {
        return Role::Client;
    }
    if folder(&["web", "components", "hooks", "ui", "views", "composables"]) && !folder(&["server", "api"]) {
        return Role::Client;
    }
    Role::Server
}

/// Whether a component with a state of its own takes from a server's library nothing but types: `import { Document } from
/// "@prisma/client"`.
fn draws_with_hooks(file: &FileFacts) -> bool {
    let hooks = ["useState", "useEffect", "useLayoutEffect", "useReducer"];
    let on_server = ["getServerSideProps", "getStaticProps", "getInitialProps", "loader", "action"];
    let only_types = |module: &str| !is_server_module(module) || module.starts_with("@prisma/client");
    file.jsx
        && file.calls.iter().any(|call| hooks.contains(&call.method()))
        && !file.functions.iter().any(|f| f.name.as_deref().is_some_and(|name| on_server.contains(&name)))
        && !file.imports_any(|module| !only_types(module))
        && !file.calls.iter().any(|call| call.root().to_ascii_lowercase().contains("prisma"))
}

/// Whether the file imports what only a server has.
#[must_use]
pub fn imports_server_modules(file: &FileFacts) -> bool {
    file.imports_any(is_server_module)
}

fn is_server_module(module: &str) -> bool {
    let bare = module.strip_prefix("node:").unwrap_or(module);
    module.starts_with("node:")
        || matches!(
            bare,
            "fs" | "fs/promises"
                | "path"
                | "http"
                | "https"
                | "net"
                | "child_process"
                | "os"
                | "crypto"
                | "cluster"
                | "stream"
                | "express"
                | "fastify"
                | "koa"
                | "hono"
                | "server-only"
                | "next/headers"
                | "next/server"
                | "pg"
                | "mysql"
                | "mysql2"
                | "mysql2/promise"
                | "better-sqlite3"
                | "knex"
                | "sequelize"
                | "typeorm"
                | "mongoose"
                | "mongodb"
                | "drizzle-orm"
                | "nodemailer"
                | "ioredis"
                | "bullmq"
        )
        || bare.starts_with("@nestjs/")
        || bare.starts_with("@prisma/client")
        || bare.starts_with("drizzle-orm/")
        || bare.starts_with("@trpc/server")
}

fn is_browser_module(module: &str) -> bool {
    matches!(module, "react-dom" | "react-dom/client" | "vue" | "svelte" | "@angular/core" | "jquery" | "react-native")
        || module.starts_with("@angular/")
}
