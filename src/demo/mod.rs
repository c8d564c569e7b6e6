//! `gonogo demo`: a small flawed shop app that the binary carries, with its database, its advisories and a server.
//! Everything lies in one temporary folder that goes with it.

pub mod server;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::model::{ProbeId, Secret, Settings};

pub use server::DemoServer;

static APP: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo/app");
static ADVISORIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo/advisories");
const SCHEMA: &str = include_str!("../../demo/schema.sql");

/// Why the sample app could not be started.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The temporary folder or the server.
    #[error("{0}; check that the temporary folder can be written and that loopback ports are free")]
    Io(#[from] io::Error),
    /// The sample database.
    #[error("the sample database could not be made: {0}")]
    Database(#[from] sqlx::Error),
}

/// The sample app, unpacked and running until it is dropped.
pub struct DemoProject {
    folder: tempfile::TempDir,
    server: DemoServer,
}

impl DemoProject {
    /// Unpacks the app, makes its database and starts its server.
    ///
    /// # Errors
    /// When the temporary folder cannot be written or no port is free.
    pub async fn start() -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new().prefix("gonogo-demo-").tempdir()?;
        let server = DemoServer::start().await?;
        let demo = Self { folder, server };
        unpack(&APP, demo.root(), &|text| demo.fill(text))?;
        unpack(&ADVISORIES, demo.advisories(), &|text| text.to_owned())?;
        fs::create_dir_all(demo.root().join("data"))?;
        let options = SqliteConnectOptions::new().filename(demo.root().join("data/shop.db")).create_if_missing(true);
        let mut database = options.connect().await?;
        database.execute(AssertSqlSafe(SCHEMA.to_owned())).await?;
        database.close().await?;
        Ok(demo)
    }

    /// The project's folder.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// Where the state of the demo lies.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn advisories(&self) -> PathBuf {
        self.folder.path().join("advisories")
    }

    /// Points every probe at the sample. It all stays on this machine, so starting the demo is consent enough. Of the
    /// user's own settings only the look and the exit code's threshold count: the tour is the same for everybody.
    pub fn adjust(&self, settings: &mut Settings) {
        let user = std::mem::take(settings);
        *settings = Settings {
            urls: vec![self.server.https_url(), self.server.http_url()],
            database: Some(Secret::new(format!("sqlite:{}", self.root().join("data/shop.db").display()))),
            advisories: self.advisories(),
            offline: true,
            consent: ["database", "web", "dependencies"].map(ProbeId::from_static).into(),
            fail_on: user.fail_on,
            theme: user.theme,
            no_color: user.no_color,
            ascii: user.ascii,
            keys: user.keys,
            ..Settings::default()
        };
    }

    /// The stored files hold markers where keys belong, so that no scanner takes them for real ones.
    fn fill(&self, text: &str) -> String {
        let hex = "9f2c7e41d08ab3655c1e";
        let fakes = [
            ("{{FAKE:stripe-live}}", ["sk_", "live_", "51Hx8QzKp3", "vNwT7yRbL2", "mJdUc9"].concat()),
            ("{{FAKE:aws-access-key}}", ["AK", "IA", "3XQ7ZP5N", "T2WV6YHD"].concat()),
            ("{{FAKE:openai}}", server::openai_key()),
            ("{{FAKE:random-hex-40}}", [hex, "b7", "d4", "4a", "90", "e3", "11", "6f", "c8", "25", "70"].concat()),
            ("{{FAKE:jwt-secret}}", ["Qm7", "xR2", "vK9", "pT4", "wZ8", "nB3", "jH6", "yL5"].concat()),
            ("{{DEMO_URL}}", self.server.https_url()),
        ];
        fakes.iter().fold(text.to_owned(), |text, (marker, value)| text.replace(marker, value))
    }
}

/// Writes a folder out; `dot-env` becomes `.env`, because packaging tools drop or special-case names with a dot.
fn unpack(dir: &Dir<'_>, into: impl AsRef<Path>, fill: &dyn Fn(&str) -> String) -> io::Result<()> {
    fs::create_dir_all(into.as_ref())?;
    for file in dir.files() {
        let target = into.as_ref().join(real_name(file.path()));
        match file.contents_utf8() {
            Some(text) => fs::write(target, fill(text))?,
            None => fs::write(target, file.contents())?,
        }
    }
    for inner in dir.dirs() {
        unpack(inner, into.as_ref().join(real_name(inner.path())), fill)?;
    }
    Ok(())
}

fn real_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_prefix("dot-").map_or(name.clone(), |rest| format!(".{rest}"))
}
