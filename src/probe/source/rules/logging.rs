//! Calls that write to a log. Shared by the rules about logs.

use crate::probe::source::code::Call;
use crate::probe::source::facts::{FileFacts, Language};

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// Straight to the process's output: `console.log`, `print`.
    Output,
    /// Through a logger.
    Logger,
    /// Through a logger, at a level that production usually leaves out.
    Debug,
}

/// What `call` writes to, if it writes a log.
pub(super) fn written(file: &FileFacts, call: &Call) -> Option<Log> {
    let (callee, method) = (&*call.callee, call.method());
    let output = match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => callee
            .strip_prefix("console.")
            .is_some_and(|level| matches!(level, "log" | "info" | "warn" | "error" | "debug" | "trace" | "dir")),
        Language::Python => callee == "print",
        Language::Php => matches!(callee, "error_log" | "syslog" | "trigger_error"),
        Language::Go => {
            matches!(callee, "fmt.Println" | "fmt.Printf" | "fmt.Print" | "println" | "print")
                && file.role == crate::probe::source::facts::Role::Server
        }
        Language::Ruby => matches!(
            callee,
            "puts" | "p" | "pp" | "print" | "warn" | "stdout.puts" | "stderr.puts" | "STDOUT.puts" | "STDERR.puts"
        ),
        Language::Java => callee.starts_with("System.out.print") || callee.starts_with("System.err.print"),
        Language::Template => false,
    };
    if output {
        return (!is_command(file)).then_some(Log::Output);
    }
    if matches!(method, "debug" | "trace" | "Debug" | "Debugf" | "Debugw" | "Trace" | "verbose" | "silly" | "fine") {
        return is_logger(call).then_some(Log::Debug);
    }
    let level = matches!(
        method,
        "log"
            | "info"
            | "warn"
            | "warning"
            | "error"
            | "fatal"
            | "critical"
            | "exception"
            | "notice"
            | "alert"
            | "emergency"
    ) || (file.language == Language::Go
        && matches!(
            method,
            "Print"
                | "Printf"
                | "Println"
                | "Info"
                | "Infof"
                | "Infow"
                | "Warn"
                | "Warnf"
                | "Warnw"
                | "Error"
                | "Errorf"
                | "Errorw"
                | "Fatal"
                | "Fatalf"
                | "Panicf"
                | "InfoContext"
                | "ErrorContext"
                | "WarnContext"
        ));
    (level && is_logger(call)).then_some(Log::Logger)
}

/// `logger.info`, `req.log.warn`, `Rails.logger.info`, `Log::info`, `this.logger.error`, `slog.Info`.
fn is_logger(call: &Call) -> bool {
    let object = call.object();
    let last = object.trim_end_matches("()").rsplit('.').next().unwrap_or(object).to_ascii_lowercase();
    let last = last.trim_start_matches('_');
    matches!(
        last,
        "log" | "logger" | "logging" | "slog" | "logrus" | "winston" | "pino" | "zap" | "lgr" | "klog" | "glog"
    ) || last.ends_with("logger")
        || last.ends_with("_log")
}

/// A program for the command line speaks to the one who called it.
fn is_command(file: &FileFacts) -> bool {
    match file.language {
        Language::Python => {
            file.imports_any(|module| {
                matches!(module, "argparse" | "click" | "typer" | "getpass" | "optparse" | "fire")
            }) || file.calls.iter().any(|call| matches!(&*call.callee, "input" | "sys.exit"))
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => file.imports_any(|module| {
            matches!(module, "commander" | "yargs" | "inquirer" | "@inquirer/prompts" | "ora" | "prompts" | "meow")
        }),
        Language::Go => {
            file.imports_any(|module| matches!(module, "flag" | "github.com/spf13/cobra" | "github.com/urfave/cli"))
        }
        Language::Ruby => {
            file.imports_any(|module| matches!(module, "optparse" | "thor")) || file.path.ends_with(".rake")
        }
        Language::Java => file.path.to_ascii_lowercase().contains("cli"),
        Language::Php | Language::Template => false,
    }
}
