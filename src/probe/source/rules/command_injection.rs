//! Request data that becomes part of a command of the system.

use super::injection::{calls, message, reads, untraced};
use super::{Check, Hit, Rule, Subject, any_name, server};
use crate::model::{Confidence, RuleKind, RuleMeta, Severity};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language};
use crate::probe::source::flow::Sink;

/// What the rule is and says.
pub static META: RuleMeta = RuleMeta {
    id: "command-injection",
    title: "Request data is put into a system command",
    kind: RuleKind::Finding,
    severity: Severity::Blocker,
    confidence: Confidence::High,
    what: "Data from a request becomes part of a command that a shell reads, so that `;`, `|` or `$(…)` in it start further commands.",
    why: "Whoever sends the right text runs programs of their choice on your server, and from there reaches your data and keys.",
    fix: "Call the program without a shell and give each argument by itself (`execFile(\"convert\", [name])`, `subprocess.run([\"convert\", name])`), and let only expected values through.",
    example: "exec(`convert ${req.query.file} out.png`);\n\n// better\nexecFile('convert', [path.basename(req.query.file), 'out.png']);",
    references: &[
        "F58",
        "https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html",
    ],
};

/// The rule.
pub const RULE: Rule =
    Rule::new(&META, Check::EachFile(check)).looks_at(server).reads(reads, any_name).claims_none(look);

fn look(file: &FileFacts, index: &CodeIndex, subject: &mut Subject) {
    let dangers = calls(file, command).map(|(_, danger)| danger);
    untraced(file, index, Sink::Command, dangers, "a command", subject);
}

fn check(file: &FileFacts, index: &CodeIndex, hits: &mut Vec<Hit>) {
    for (_, danger) in calls(file, command) {
        hits.extend(danger.hit(file, index, Sink::Command, |trace, to| {
            message(trace, &format!("reaches the command that `{to}` runs"))
        }));
    }
}

fn command<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    match file.language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma(file, call),
        Language::Python => python(call),
        Language::Php => {
            let runs = matches!(
                &*call.callee,
                "exec" | "shell_exec" | "system" | "passthru" | "popen" | "proc_open" | "pcntl_exec" | "`"
            ) || &*call.callee == "Process.fromShellCommandline";
            // Laravel's process: a list goes to no shell, a text does.
            let facade = (call.root() == "Process" && matches!(call.method(), "run" | "start"))
                && file.imports_any(|module| module.starts_with("Illuminate\\"))
                && !matches!(call.argument(0), Some(Value::Array(_)));
            (runs || facade).then(|| call.argument(0))?
        }
        Language::Go => go(call),
        Language::Ruby => ruby(call),
        Language::Java => java(file, call),
        Language::Template => None,
    }
}

fn is_shell(value: Option<&Value>) -> bool {
    value.and_then(Value::text).is_some_and(|name| {
        matches!(name.rsplit('/').next(), Some("sh" | "bash" | "zsh" | "cmd" | "cmd.exe" | "powershell" | "dash"))
    })
}

fn ecma<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let method = call.method();
    if !matches!(
        method,
        "exec"
            | "execSync"
            | "execAsync"
            | "spawn"
            | "spawnSync"
            | "execFile"
            | "execFileSync"
            | "execaCommand"
            | "execPromise"
            | "execP"
            | "command"
    ) {
        return None;
    }
    let module = file.binding(call.root()).map_or("", |binding| &binding.module);
    let of_system =
        matches!(module, "child_process" | "node:child_process" | "shelljs" | "execa" | "child-process-promise");
    let promised = call.object().is_empty() && file.imports_any(|m| m.ends_with("child_process"));
    let required = call.callee.starts_with("require().") && file.imports_any(|m| m.ends_with("child_process"));
    if !(of_system || promised || required) {
        return None;
    }
    if method.starts_with("spawn") || method.starts_with("execFile") {
        let shell = call
            .arguments
            .iter()
            .any(|argument| argument.value.get("shell").is_some_and(|value| !matches!(value, Value::Bool(false))));
        if is_shell(call.argument(0)) || shell {
            // The arguments become one line that the shell reads.
            return call
                .argument(1)
                .filter(|value| matches!(value, Value::Array(_) | Value::Path(_)))
                .or(call.argument(0));
        }
    }
    call.argument(0)
}

fn python(call: &Call) -> Option<&Value> {
    match &*call.callee {
        "os.system"
        | "os.popen"
        | "commands.getoutput"
        | "subprocess.getoutput"
        | "subprocess.getstatusoutput"
        | "asyncio.create_subprocess_shell"
        | "popen2.popen" => call.argument(0),
        callee => {
            let runs = matches!(
                callee,
                "subprocess.run"
                    | "subprocess.call"
                    | "subprocess.Popen"
                    | "subprocess.check_output"
                    | "subprocess.check_call"
                    | "Popen"
                    | "check_output"
                    | "check_call"
            );
            let shell = call.named("shell").is_some_and(|value| *value == Value::Bool(true));
            if !runs {
                return None;
            }
            match call.argument(0) {
                Some(Value::Array(words)) if is_shell(words.first()) || shell => words.get(2).or(words.first()),
                Some(Value::Array(words)) => words.first(),
                given => given.filter(|_| shell),
            }
        }
    }
}

fn go(call: &Call) -> Option<&Value> {
    let skipped = match &*call.callee {
        "exec.Command" => 0,
        "exec.CommandContext" => 1,
        _ => return None,
    };
    if is_shell(call.argument(skipped)) { call.argument(skipped + 2) } else { call.argument(skipped) }
}

fn ruby(call: &Call) -> Option<&Value> {
    match &*call.callee {
        // More than one argument: no shell reads them.
        "system" | "exec" | "spawn" | "Kernel.system" | "Kernel.exec" | "Open3.capture2" | "Open3.capture2e"
        | "Open3.capture3" | "Open3.popen3" | "Open3.popen2" | "IO.popen" | "PTY.spawn" => {
            (call.arguments.iter().filter(|argument| argument.name.is_none()).count() == 1).then(|| call.argument(0))?
        }
        "`" => call.argument(0),
        _ => None,
    }
    .filter(|value| !matches!(value, Value::Array(_)))
}

fn java<'f>(file: &'f FileFacts, call: &'f Call) -> Option<&'f Value> {
    let method = call.method();
    if method == "exec" {
        let runtime = call.callee.contains("getRuntime")
            || call.object().to_ascii_lowercase().ends_with("runtime")
            || call.object() == "rt";
        return runtime.then(|| call.argument(0))?;
    }
    if method == "ProcessBuilder" && call.constructs {
        return if is_shell(call.argument(0)) { call.argument(2) } else { call.argument(0) };
    }
    // `builder.command("sh", "-c", line)`
    if method == "command" && is_shell(call.argument(0)) && file.imports_any(|_| true) {
        return call.argument(2);
    }
    None
}
