//! Draws the README's picture: runs the real program in a pseudo-terminal, presses keys, and writes what stands on the
//! screen as an SVG.
//!
//! `cargo build --release && cargo run --example screenshot -- docs/screen.svg "keys to press" target/release/gonogo demo`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a drawing that cannot go on should stop")]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const ROWS: u16 = 36;
const COLS: u16 = 124;
/// The size of a cell, for a monospaced font of 14 pixels.
const CELL: (f32, f32) = (8.43, 18.0);
const MARGIN: f32 = 14.0;
const BACKGROUND: &str = "#16181d";
const TEXT: &str = "#d7dae0";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, keys, program, rest @ ..] = args.as_slice() else {
        println!("screenshot FILE.svg KEYS PROGRAM [ARGUMENT…]");
        return;
    };
    let pair =
        native_pty_system().openpty(PtySize { rows: ROWS, cols: COLS, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(std::fs::canonicalize(program).unwrap());
    command.args(rest);
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.env_remove("NO_COLOR");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let parser = Arc::new(Mutex::new(vt100::Parser::new(ROWS.try_into().unwrap(), COLS.try_into().unwrap(), 0)));
    let shared = Arc::clone(&parser);
    let mut reader = pair.master.try_clone_reader().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(count) = reader.read(&mut buffer) {
            if count == 0 {
                break;
            }
            shared.lock().unwrap().process(&buffer[..count]);
        }
    });
    let mut input = pair.master.take_writer().unwrap();
    std::thread::sleep(Duration::from_secs(4));
    for key in keys.chars() {
        input.write_all(key.to_string().as_bytes()).unwrap();
        input.flush().unwrap();
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_millis(500));
    let picture = svg(parser.lock().unwrap().screen());
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(file, picture).unwrap();
}

fn svg(screen: &vt100::Screen) -> String {
    let (width, height) = (f32::from(COLS) * CELL.0 + 2.0 * MARGIN, f32::from(ROWS) * CELL.1 + 2.0 * MARGIN);
    let mut out = String::new();
    writeln!(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\">").unwrap();
    writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>").unwrap();
    for row in 0..ROWS {
        let mut col = 0;
        while col < COLS {
            let style = Style::of(screen, row, col);
            let start = col;
            let mut text = String::new();
            while col < COLS && Style::of(screen, row, col) == style {
                let cell = screen.cell(row, col).unwrap();
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
                col += if cell.is_wide() { 2 } else { 1 };
            }
            draw(&mut out, row, start, col - start, &text, &style);
        }
    }
    out.push_str("</svg>\n");
    out
}

#[derive(PartialEq)]
struct Style {
    fg: String,
    bg: String,
    bold: bool,
    dim: bool,
    underline: bool,
}

impl Style {
    fn of(screen: &vt100::Screen, row: u16, col: u16) -> Self {
        let cell = screen.cell(row, col).unwrap();
        let (mut fg, mut bg) = (colour(cell.fgcolor(), TEXT), colour(cell.bgcolor(), BACKGROUND));
        if cell.inverse() {
            std::mem::swap(&mut fg, &mut bg);
        }
        Self { fg, bg, bold: cell.bold(), dim: cell.dim(), underline: cell.underline() }
    }
}

fn draw(out: &mut String, row: u16, col: u16, cells: u16, text: &str, style: &Style) {
    let (x, y) = (f32::from(col) * CELL.0 + MARGIN, f32::from(row) * CELL.1 + MARGIN);
    let width = f32::from(cells) * CELL.0;
    if style.bg != BACKGROUND {
        writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            CELL.1, style.bg
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut extra = String::new();
    if style.bold {
        extra.push_str(" font-weight=\"bold\"");
    }
    if style.dim {
        extra.push_str(" opacity=\"0.6\"");
    }
    if style.underline {
        extra.push_str(" text-decoration=\"underline\"");
    }
    // textLength keeps the columns aligned whatever font the reader has.
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\"{extra}>{escaped}</text>",
        y + CELL.1 * 0.76,
        style.fg
    )
    .unwrap();
}

fn colour(colour: vt100::Color, default: &str) -> String {
    // The 16 colours of xterm.
    const ANSI: [&str; 16] = [
        "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666", "#f14c4c",
        "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
    ];
    match colour {
        vt100::Color::Default => default.to_owned(),
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        vt100::Color::Idx(index) => match index {
            0..=15 => ANSI[usize::from(index)].to_owned(),
            16..=231 => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
                let n = index - 16;
                format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
            }
            232..=255 => {
                let grey = 8 + 10 * (index - 232);
                format!("#{grey:02x}{grey:02x}{grey:02x}")
            }
        },
    }
}
