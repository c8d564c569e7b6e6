//! A terminal for the real binary: a pseudo-terminal on one side, a screen that can be read on the other.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use super::binary::World;

/// How long a test waits for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    seen: Arc<Mutex<(vt100::Parser, Vec<u8>)>>,
    /// Reads until the terminal is closed.
    reader: std::thread::JoinHandle<()>,
    /// Kept so that the terminal stays open.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    /// Runs gonogo in a terminal of this size.
    pub fn gonogo(world: &World, args: &[&str], rows: u16, cols: u16) -> Self {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_gonogo"));
        Self::start(&program, args, &world.environment(), rows, cols)
    }

    /// Runs any program.
    pub fn start(program: &std::path::Path, args: &[&str], env: &[(&str, PathBuf)], rows: u16, cols: u16) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new((
            vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0),
            Vec::new(),
        )));
        let shared = Arc::clone(&seen);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = output.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                let mut seen = shared.lock().unwrap();
                seen.0.process(&buffer[..count]);
                seen.1.extend_from_slice(&buffer[..count]);
            }
        });
        Self { child, input: pair.master.take_writer().unwrap(), seen, reader, _master: pair.master }
    }

    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().0.screen().contents()
    }

    /// Everything that was ever written.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().1).into_owned()
    }

    /// Whether the terminal is as a shell expects it: main screen, cursor shown, no mouse or paste reports.
    pub fn restored(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        let screen = seen.0.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    pub fn send(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits until the screen satisfies `condition`.
    pub fn wait_for(&self, what: &str, condition: impl Fn(&str) -> bool) {
        let start = Instant::now();
        while !condition(&self.screen()) {
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for the end and gives the exit code.
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last may still be on its way; where something else holds the terminal, that shows no end.
                let ended = Instant::now();
                while !self.reader.is_finished() && ended.elapsed() < Duration::from_secs(2) {
                    std::thread::sleep(Duration::from_millis(5));
                }
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "it did not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
