//! Parse, run, exit code: the only exit point.

use std::process::ExitCode;

fn main() -> ExitCode {
    gonogo::app::main(std::env::args_os(), std::env::vars_os())
}
