//! Front ends: from a file's text to its facts.

mod builder;
mod columns;
mod comment;
mod component;
mod ecma;
mod environment;
mod format;
mod front_end;
mod go;
mod java;
mod javascript;
mod kinds;
mod markup;
mod php;
mod python;
mod ruby;
mod template;
mod text;
mod tsx;
mod typescript;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tree_sitter::{ParseOptions, Parser, Range, Tree};

use super::code::Function;
use super::facts::{FileFacts, GENERATED_CODE, Language, PartlyRead, Role};
use super::{classify, role, test_text};

/// A file that takes longer to parse is left out: this much, and so much for each byte. A grammar reads ten bytes in a
/// microsecond, but may try for minutes to make sense of what is none.
const PARSE_LIMIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_micros(5));

/// The language of the file at `path`; `None` when no front end reads it.
#[must_use]
pub fn of_path(path: &str) -> Option<Language> {
    if template::Dialect::of(path).is_some() {
        return Some(Language::Template);
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    of_extension(name.rsplit_once('.')?.1)
}

/// The language of a file by its name's last part; `None` when no front end reads it.
#[must_use]
pub fn of_extension(extension: &str) -> Option<Language> {
    match extension {
        // The scripts of a component tell their language themselves.
        "js" | "jsx" | "mjs" | "cjs" | "vue" | "svelte" => Some(Language::JavaScript),
        "ts" | "mts" | "cts" => Some(Language::TypeScript),
        "tsx" => Some(Language::Tsx),
        "py" => Some(Language::Python),
        "php" | "phtml" => Some(Language::Php),
        "go" => Some(Language::Go),
        "java" => Some(Language::Java),
        "rb" | "rake" => Some(Language::Ruby),
        _ => None,
    }
}

/// A programming language that servers and pages are written in and that no front end reads yet.
#[must_use]
pub fn uncovered(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "kt" => "Kotlin",
        "cs" => "C#",
        "rs" => "Rust",
        "astro" => "Astro",
        "ex" | "exs" => "Elixir",
        "scala" => "Scala",
        "swift" => "Swift",
        "dart" => "Dart",
        "pl" | "pm" => "Perl",
        "clj" | "cljs" => "Clojure",
        "coffee" => "CoffeeScript",
        _ => return None,
    })
}

/// Why a file of a language that is covered has no facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    /// Written by a program.
    Generated,
    /// Made small by a program.
    Minified,
    /// It took too long to parse.
    TooSlow,
    /// The run was cancelled.
    Cancelled,
}

impl Refused {
    /// For people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Generated => GENERATED_CODE,
            Self::Minified => "minified code",
            Self::TooSlow => "took too long to parse",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The facts of one file.
///
/// # Errors
/// Why there are none.
pub fn read(path: &str, language: Language, source: &str, cancel: &CancellationToken) -> Result<FileFacts, Refused> {
    let known_role = role::from_path_and_head(path, source);
    if known_role == Some(Role::Generated) {
        return Err(Refused::Generated);
    }
    if is_minified(source) {
        return Err(Refused::Minified);
    }
    let component = component::of(path, source);
    let language = component.as_ref().map_or(language, |component| component.language);
    let scripts = component.as_ref().map_or(&[][..], |component| &component.scripts);
    let mut file = if language == Language::Template {
        template::lower(path, source)
    } else if component.is_some() && scripts.is_empty() {
        FileFacts { functions: vec![Function::default()], ..FileFacts::default() }
    } else {
        parsed(language, source, scripts, cancel)?
    };
    if let Some(component) = &component {
        component.markup(source, &mut file);
    }
    path.clone_into(&mut file.path);
    file.sort_assignments();
    file.mark_circles();
    file.language = language;
    file.lines = u32::try_from(lines(source)).unwrap_or(u32::MAX);
    if known_role == Some(Role::Test) {
        file.tests = test_text::of(source);
    }
    file.role = known_role.unwrap_or_else(|| role::from_facts(&file));
    classify::functions(&mut file);
    Ok(file)
}

/// The facts of code. `scripts` is where it stands in the file, if not everywhere.
fn parsed(
    language: Language,
    source: &str,
    scripts: &[Range],
    cancel: &CancellationToken,
) -> Result<FileFacts, Refused> {
    let tree = parse(language, source, scripts, cancel)?;
    let mut file = match language {
        Language::Python => python::lower(&tree, source),
        Language::JavaScript | Language::TypeScript | Language::Tsx => ecma::lower(&tree, language, source),
        Language::Php => php::lower(&tree, source),
        Language::Go => go::lower(&tree, source),
        Language::Java => java::lower(&tree, source),
        Language::Ruby => ruby::lower(&tree, source),
        Language::Template => FileFacts::default(),
    };
    if file.partly.is_none() && tree.root_node().has_error() {
        file.partly = Some(PartlyRead::Syntax);
    }
    Ok(file)
}

/// Parses, and stops when that takes too long or `cancel` is set.
fn parse(language: Language, source: &str, scripts: &[Range], cancel: &CancellationToken) -> Result<Tree, Refused> {
    let grammar = match language {
        Language::JavaScript => javascript::grammar(),
        Language::TypeScript => typescript::grammar(),
        Language::Tsx => tsx::grammar(),
        Language::Python => python::grammar(),
        Language::Php => php::grammar(),
        Language::Go => go::grammar(),
        Language::Java => java::grammar(),
        Language::Ruby => ruby::grammar(),
        Language::Template => {
            return Err(Refused::Generated);
        }
    };
    let mut parser = Parser::new();
    // The grammars are built against this version of the library; a test parses with each.
    parser.set_language(&grammar).map_err(|_| Refused::TooSlow)?;
    // The scripts stand one after the other.
    parser.set_included_ranges(scripts).map_err(|_| Refused::TooSlow)?;
    let started = Instant::now();
    let bytes = source.as_bytes();
    let limit = PARSE_LIMIT.0 + PARSE_LIMIT.1 * u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut input = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    let mut stop = |_: &tree_sitter::ParseState| {
        if cancel.is_cancelled() || started.elapsed() > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    parser
        .parse_with_options(&mut input, None, Some(ParseOptions::new().progress_callback(&mut stop)))
        .ok_or(if cancel.is_cancelled() { Refused::Cancelled } else { Refused::TooSlow })
}

/// How many lines a text has, as [`str::lines`] parts them; their ends are all that it takes to count them.
fn lines(source: &str) -> usize {
    let ends = source.bytes().filter(|byte| *byte == b'\n').count();
    ends + usize::from(!source.is_empty() && !source.ends_with('\n'))
}

/// Whether most of the text is code on lines that nobody would write. A long line of data, such as the path of a drawing,
/// is no code.
fn is_minified(source: &str) -> bool {
    const LONG: usize = 1000;
    if source.len() < 2 * LONG {
        return false;
    }
    let is_code = |line: &str| {
        let marks = line.bytes().filter(|b| matches!(b, b';' | b'{' | b'}' | b'(' | b')' | b'=')).count();
        marks * 20 > line.len()
    };
    let long: usize = source.split('\n').filter(|line| line.len() > LONG && is_code(line)).map(str::len).sum();
    long > source.len() / 2
}

#[cfg(test)]
mod tests;
