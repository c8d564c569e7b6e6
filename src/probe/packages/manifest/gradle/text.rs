//! What the lines of a build file say, as far as that can be told without running it.

use super::Scope;

/// What stands in a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Block {
    Dependencies,
    /// The same, but only if a condition holds.
    SomeDependencies,
    /// What follows a condition.
    Case,
    /// What builds the project is not in it.
    BuildScript,
    /// Only says which versions to take should something be needed.
    Constraints,
    Other,
}

/// What stands in a block that begins so within another one. What a condition or a loop holds in a block of dependencies are
/// dependencies as well.
pub fn block_in(outer: &[Block], head: &str) -> Block {
    let word = head.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or(head);
    let is_case = matches!(word, "if" | "else" | "when" | "switch");
    let within = outer.last().copied().filter(|block| block.holds_dependencies());
    match (within, block_of(head)) {
        (Some(_), _) if is_case => Block::SomeDependencies,
        (Some(within), _) if matches!(word, "for" | "while") || is_loop(head) => within,
        (_, Block::Dependencies) if outer.iter().any(|block| block.is_case()) => Block::SomeDependencies,
        _ if is_case => Block::Case,
        (_, block) => block,
    }
}

impl Block {
    /// Whether statements in it name dependencies.
    pub fn holds_dependencies(self) -> bool {
        matches!(self, Self::Dependencies | Self::SomeDependencies)
    }

    /// Whether what it holds is so only if a condition holds.
    pub fn is_case(self) -> bool {
        matches!(self, Self::Case | Self::SomeDependencies)
    }
}

/// Whether what follows is done for each of several: `['a', 'b'].each`.
pub fn is_loop(head: &str) -> bool {
    let word = head.trim_end().trim_end_matches("()").rsplit('.').next().unwrap_or(head);
    head.contains('.') && matches!(word, "each" | "eachWithIndex" | "forEach" | "forEachIndexed" | "times")
}

fn block_of(head: &str) -> Block {
    let head = head.trim();
    let word = head.rsplit(|c: char| c.is_whitespace() || c == '.').next().unwrap_or(head);
    match word {
        "dependencies" => Block::Dependencies,
        "buildscript" => Block::BuildScript,
        "constraints" => Block::Constraints,
        _ => Block::Other,
    }
}

pub fn scope_of(blocks: &[Block]) -> Option<Scope> {
    blocks.contains(&Block::BuildScript).then_some(Scope::Development)
}

/// `line` without its comments.
pub fn code_of(line: &str, in_comment: &mut bool) -> String {
    let mut code = String::new();
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (*in_comment, quote, c) {
            (true, _, '*') if chars.peek() == Some(&'/') => {
                chars.next();
                *in_comment = false;
            }
            (true, ..) => {}
            (false, None, '/') if chars.peek() == Some(&'/') => break,
            (false, None, '/') if chars.peek() == Some(&'*') => *in_comment = true,
            (false, Some(open), _) => {
                code.push(c);
                if c == open {
                    quote = None;
                }
            }
            (false, None, _) => {
                code.push(c);
                quote = matches!(c, '"' | '\'').then_some(c);
            }
        }
    }
    code
}

/// `def v = '1'`, `val v = "1"`, `ext.v = '1'`, `v = "1"`
pub fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim().rsplit([' ', '.']).next()?;
    let value = value.trim().trim_end_matches(';');
    let inner = value.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && !inner.contains(['"', '\'', '$'])).then_some((name, inner))
}

/// `JavaLanguageVersion.of(17)`, `jvmToolchain(17)`, `sourceCompatibility = '17'`, `JavaVersion.VERSION_17`
pub fn java_version(line: &str) -> Option<&str> {
    let marks = ["JavaLanguageVersion.of(", "jvmToolchain(", "JavaVersion.VERSION_", "sourceCompatibility = "];
    let rest = marks.iter().find_map(|mark| line.split_once(mark)).map(|(_, rest)| rest)?;
    let rest = rest.trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    rest.get(..end).filter(|version| !version.is_empty())
}
