//! Runs the real binary in a world of its own: no environment but what a test gives, a home folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A home for the binary.
pub struct World {
    home: tempfile::TempDir,
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("tmp")).unwrap();
        Self { home }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The folder for temporary files, to see what is left in it.
    pub fn temporary(&self) -> PathBuf {
        self.home.path().join("tmp")
    }

    /// The environment that the binary gets, and nothing else.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let home = self.home.path();
        vec![
            ("HOME", home.to_owned()),
            ("XDG_CONFIG_HOME", home.join("config")),
            ("XDG_DATA_HOME", home.join("data")),
            ("TMPDIR", self.temporary()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
        ]
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gonogo"));
        command.args(args).env_clear().envs(self.environment()).stdin(Stdio::null()).current_dir(self.home.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Said {
        said(self.command(args).output().unwrap())
    }

    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Said {
    /// The result as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts a refusal in one line on stderr that holds `words`, with exit code 2.
    pub fn refused(&self, words: &str) {
        let lines: Vec<&str> = self.err.lines().collect();
        assert!(
            self.code == 2 && lines.len() == 1 && lines[0].contains(words) && self.out.is_empty(),
            "{words}: {self:?}"
        );
    }
}

pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
