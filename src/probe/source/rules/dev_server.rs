//! Development servers as the command that production is started with: a part of `debug-mode-enabled`.

use super::Hit;
use crate::model::{Confidence, Severity};
use crate::probe::source::start_command::{Source, StartCommand};

/// What to do about it.
const FIX: &str = "Start what was built for production: `next start`, `node dist/server.js`, or `gunicorn` or `uvicorn` without `--reload`.";

/// Words before the program that is meant.
const WRAPPERS: [&str; 21] = [
    "npx",
    "bunx",
    "exec",
    "env",
    "cross-env",
    "dotenv",
    "sh",
    "bash",
    "poetry",
    "uv",
    "pipenv",
    "pdm",
    "run",
    "dlx",
    "yarn",
    "pnpm",
    "python",
    "python3",
    "tini",
    "dumb-init",
    "concurrently",
];

/// What is wrong with a command.
pub fn check(command: &StartCommand) -> Option<Hit> {
    let server = of_command(&command.runs)?;
    let name = server.name;
    let message = match command.source {
        Source::Dockerfile => format!("The container is started with `{name}`, which is for development"),
        Source::Procfile => format!("The web process is started with `{name}`, which is for development"),
        Source::Script => format!("The `start` script runs `{name}`, which is for development"),
    };
    let hit = Hit::new(command.place, message).fix(FIX);
    Some(match command.source {
        // What a bundler makes is usually served by something else, and `start` is for developers.
        Source::Script if server.bundles => hit.severity(Severity::Minor).confidence(Confidence::Low),
        Source::Script => hit.confidence(Confidence::Medium),
        Source::Dockerfile | Source::Procfile => hit,
    })
}

/// A development server.
struct Server {
    name: String,
    /// It serves what a bundler makes of a page.
    bundles: bool,
}

fn of_command(command: &str) -> Option<Server> {
    // `concurrently "vite" "node server.js"` starts each of what it is given.
    let command = command.replace("\" \"", " & ");
    let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', ';'])).collect();
    words.split(|word| matches!(*word, "&&" | "||" | "|" | "&" | "")).find_map(of_program)
}

fn of_program(words: &[&str]) -> Option<Server> {
    let mut rest = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
    let before = |word: &&str| WRAPPERS.contains(word) || word.starts_with(['-', '.']) || word.contains('=');
    let program = rest.find(|word| !before(word))?;
    let rest: Vec<&str> = rest.collect();
    let has = |word: &str| rest.contains(&word);
    let first = rest.iter().copied().find(|word| !word.starts_with('-'));
    let plain = |name: String| Some(Server { name, bundles: false });
    let bundler = |name: String| Some(Server { name, bundles: true });
    match program {
        "nodemon" | "ts-node-dev" | "tsnd" | "node-dev" => plain(program.to_owned()),
        "next" | "nuxt" | "nuxi" | "astro" | "remix" | "react-router" | "fastapi" if first == Some("dev") => {
            plain(format!("{program} dev"))
        }
        "tsx" | "node" | "bun" if has("watch") || has("--watch") || has("--hot") => plain(format!("{program} --watch")),
        "nest" if first == Some("start") && (has("--watch") || has("-w")) => plain("nest start --watch".to_owned()),
        "flask" if has("run") && has("--debug") => plain("flask run --debug".to_owned()),
        "flask" if has("run") => plain("flask run".to_owned()),
        "manage.py" | "django-admin" if first == Some("runserver") => plain(format!("{program} runserver")),
        "uvicorn" | "gunicorn" | "hypercorn" if has("--reload") => plain(format!("{program} --reload")),
        "vite" if matches!(first, None | Some("dev" | "serve")) => bundler("vite".to_owned()),
        "webpack-dev-server" => bundler(program.to_owned()),
        "ng" | "webpack" | "vue-cli-service" if first == Some("serve") => bundler(format!("{program} serve")),
        "react-scripts" if first == Some("start") => bundler("react-scripts start".to_owned()),
        "gatsby" if first == Some("develop") => bundler("gatsby develop".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_servers_are_told_from_what_production_runs() {
        let name = |command: &str| of_command(command).map(|server| server.name);
        for (command, server) in [
            ("next dev -p 3000", "next dev"),
            ("prisma migrate deploy && NODE_ENV=production npx nodemon src/index.js", "nodemon"),
            ("cross-env PORT=3 vite --host", "vite"),
            ("dotenv -e .env.local -- next dev", "next dev"),
            ("sh -c ./node_modules/.bin/ts-node-dev src/a.ts", "ts-node-dev"),
            ("python -m flask run --debug", "flask run --debug"),
            ("flask --app shop --debug run", "flask run --debug"),
            ("poetry run python ./manage.py runserver 0.0.0.0:8000", "manage.py runserver"),
            ("uvicorn app:app --reload --port 80", "uvicorn --reload"),
            ("concurrently \"vite\" \"node server.js\"", "vite"),
            ("node --watch server.js", "node --watch"),
            ("ng serve", "ng serve"),
        ] {
            assert_eq!(name(command).as_deref(), Some(server), "{command}");
        }
        for command in [
            "next start",
            "vite build && node dist/server.js",
            "vite preview",
            "node build/app",
            "nest start",
            "gunicorn shop.wsgi",
            "python manage.py migrate && uvicorn app:app",
            "serve -s build",
            "turbo run start --filter=web",
            "",
        ] {
            assert_eq!(name(command), None, "{command}");
        }
    }
}
