//! Whether one process answers one request at a time: then no two requests meet.

use crate::probe::source::facts::{CodeIndex, Language};

/// What makes gunicorn answer several at once, or may: <https://docs.gunicorn.org/en/stable/settings.html>.
const SEVERAL: [&str; 12] = [
    " -w",
    "--workers",
    "--threads",
    " -k",
    "--worker",
    " -c",
    "--config",
    "WEB_CONCURRENCY",
    "GUNICORN_CMD_ARGS",
    "uvicorn",
    "daphne",
    "uwsgi",
];

/// Whether gunicorn is all that is started, with neither workers nor threads: it has one worker by default.
pub(super) fn answers_one_by_one(index: &CodeIndex) -> bool {
    let plain = index.plain.iter().map(|file| &*file.text);
    let commands = index.start_commands.iter().map(|command| &*command.runs);
    let mut started = false;
    for text in plain.chain(commands) {
        if !text.contains("gunicorn") {
            continue;
        }
        // A line that goes on, and a list of arguments over several lines, belong together.
        if SEVERAL.iter().any(|word| text.contains(word)) || text.contains("\"-w\"") || text.contains("'-w'") {
            return false;
        }
        started |= text.lines().any(|line| {
            let line = line.trim_start();
            !line.starts_with('#') && line.contains("gunicorn") && !line.contains("install")
        });
    }
    started
        && !index.files.iter().any(|file| {
            file.language == Language::Python
                && (file.path.ends_with("gunicorn.conf.py")
                    || file.path.ends_with("gunicorn_config.py")
                    || file.imports_any(|module| module == "celery" || module.starts_with("celery.")))
        })
}
