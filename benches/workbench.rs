//! How the workbench feels, measured on the real program in a pseudo-terminal: time to the first frame on a project of
//! 10,000 files, time from a key to its frame while every probe runs, and CPU time when idle. Beside each stands a floor
//! from the same machine in the same run: starting a program that does nothing, and a terminal's own echo.
//!
//! `cargo bench --bench workbench`. Prints figures; judges nothing, because machines are shared and noisy.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should stop")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const FILES: usize = 10_000;
const KEYS: usize = 300;
const STARTS: usize = 10;

fn main() {
    let home = tempfile::tempdir().unwrap();
    let project = home.path().join("project");
    make_project(&project);
    let gonogo = Path::new(env!("CARGO_BIN_EXE_gonogo"));
    // A server that takes connections and never answers keeps the web and the dependencies probe busy.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let database = make_database(home.path());
    let args = [project.to_str().unwrap(), "--offline", "--yes", "--url", &url, "--database", &database];

    let floor: Vec<Duration> =
        (0..STARTS).map(|_| first_output(Path::new("/bin/echo"), &["x"], home.path(), "", "x")).collect();
    let first: Vec<Duration> = (0..STARTS).map(|_| first_output(gonogo, &args, home.path(), &url, "Backups")).collect();
    row("first frame, 10,000 files", &first, "a program that only prints", &floor);

    let mut cat = Terminal::start(Path::new("/bin/cat"), &[], home.path(), "");
    let echo = cat.key_times("j");
    cat.end();
    let mut busy = Terminal::start(gonogo, &args, home.path(), &url);
    busy.settle(Duration::from_millis(100));
    let keys = busy.key_times("jk");
    row("key to frame, probes running", &keys, "a terminal's echo", &echo);

    busy.settle(Duration::from_secs(40));
    let before = cpu_ticks(busy.pid());
    std::thread::sleep(Duration::from_secs(5));
    let ticks = cpu_ticks(busy.pid()) - before;
    println!("idle for 5 s: {ticks} clock ticks of CPU (1 tick = 10 ms)");
    let keys = busy.key_times("jk");
    row("key to frame, probes done", &keys, "a terminal's echo", &echo);
    busy.end();
}

fn make_project(root: &Path) {
    fs::create_dir_all(root).unwrap();
    fs::write(root.join("package.json"), r#"{"name": "large", "dependencies": {"express": "4", "pg": "8"}}"#).unwrap();
    let lock =
        r#"{"name": "large", "lockfileVersion": 3, "packages": {"node_modules/express": {"version": "4.19.2"}}}"#;
    fs::write(root.join("package-lock.json"), lock).unwrap();
    for n in 0..FILES {
        let folder = root.join(format!("src/area{}/part{}", n % 40, n % 7));
        fs::create_dir_all(&folder).unwrap();
        // One file in twenty has something to find: real projects have less, and every file has code to read.
        let read = if n % 20 == 0 {
            format!(
                "for (const id of ids) {{\n    rows.push(await db.query('SELECT * FROM t{n} WHERE id = $1', [id]));\n  }}"
            )
        } else {
            format!("rows.push(await db.query('SELECT * FROM t{n} WHERE id = ANY($1)', [ids]));")
        };
        let text = format!(
            "import {{ db }} from '../db';\nexport async function load{n}(ids: string[]) {{\n  const rows = [];\n  {read}\n  \
             const total = rows.reduce((sum, row) => sum + row.amount * {n}, 0);\n  return {{ rows, total }};\n}}\n"
        );
        fs::write(folder.join(format!("file{n}.ts")), text).unwrap();
    }
}

/// The demo's database, as a connection string.
fn make_database(home: &Path) -> String {
    use sqlx::{ConnectOptions, Connection, Executor};
    let file = home.join("shop.db");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let mut database = options.connect().await.unwrap();
        database.execute(include_str!("../demo/schema.sql")).await.unwrap();
        database.close().await.unwrap();
    });
    format!("sqlite:{}", file.display())
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    started: Instant,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// `service`: the advisory service's address.
    fn start(program: &Path, args: &[&str], home: &Path, service: &str) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("HOME", home.to_str().unwrap()), ("GONOGO_OSV_URL", service)]
        {
            command.env(name, value);
        }
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    break;
                }
            }
        });
        Self { child, input: pair.master.take_writer().unwrap(), output, started, _master: pair.master }
    }

    fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until nothing was written for a second, or `most` has passed.
    fn settle(&mut self, most: Duration) {
        let start = Instant::now();
        while start.elapsed() < most && self.output.recv_timeout(Duration::from_secs(1).min(most)).is_ok() {}
    }

    /// Presses the keys in turn and measures each until the next thing is written.
    fn key_times(&mut self, keys: &str) -> Vec<Duration> {
        let mut times = Vec::new();
        for key in keys.chars().cycle().take(KEYS) {
            while self.output.try_recv().is_ok() {}
            let pressed = Instant::now();
            self.input.write_all(key.to_string().as_bytes()).unwrap();
            self.input.flush().unwrap();
            if let Ok((seen, _)) = self.output.recv_timeout(Duration::from_secs(2)) {
                times.push(seen.duration_since(pressed));
            }
            std::thread::sleep(Duration::from_millis(7));
        }
        times
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Time from the start of a program until `mark` was written.
fn first_output(program: &Path, args: &[&str], home: &Path, service: &str, mark: &str) -> Duration {
    let mut terminal = Terminal::start(program, args, home, service);
    let mut seen = Vec::new();
    let time = loop {
        let (at, bytes) = terminal.output.recv_timeout(Duration::from_secs(10)).unwrap();
        seen.extend(bytes);
        if String::from_utf8_lossy(&seen).contains(mark) {
            break at.duration_since(terminal.started);
        }
    };
    let _ = terminal.child.kill();
    let _ = terminal.child.wait();
    time
}

fn row(what: &str, times: &[Duration], floor_name: &str, floor: &[Duration]) {
    let at = |times: &[Duration], share: f64| {
        let mut sorted = times.to_vec();
        sorted.sort();
        sorted[((sorted.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0
    };
    println!(
        "{what}: median {:.1} ms, 99th percentile {:.1} ms ({} times); {floor_name}: median {:.1} ms, 99th {:.1} ms",
        at(times, 0.5),
        at(times, 0.99),
        times.len(),
        at(floor, 0.5),
        at(floor, 0.99),
    );
}

/// User and system time of a process so far, in clock ticks (Linux; elsewhere 0).
fn cpu_ticks(pid: u32) -> u64 {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return 0 };
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
