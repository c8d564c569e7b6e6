//! A text that a shell reads, taken apart into the commands that it starts: quotes, brackets, redirections, and the commands
//! within commands (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html>).

use super::handed::handed;

/// Commands within commands are read so deep.
const MOST_DEEP: usize = 6;

/// What a shell does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It starts a program.
    Command(Command),
    /// It goes into brackets: where it stands afterwards counts in there alone.
    Open,
    /// It leaves them.
    Close,
    /// It goes deeper than is read.
    Deep,
}

/// A program with its words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// As written; empty where it is not written as a shell reads it.
    pub text: String,
    /// The words without their quotes.
    pub words: Vec<String>,
    /// The files that it writes to: `> all.txt`.
    pub writes: Vec<String>,
    /// The files that it reads from: `< all.txt`.
    pub reads: Vec<String>,
    /// What it writes is for the next one: `a | b`.
    pub is_piped: bool,
}

/// The steps of a text. An apostrophe of a text is no quote.
pub fn steps(text: &str) -> Vec<Step> {
    at_depth(text, 0)
}

fn at_depth(text: &str, depth: usize) -> Vec<Step> {
    if depth > MOST_DEEP {
        return vec![Step::Deep];
    }
    let read = |quotes| Reader::new(text, quotes, depth).read();
    read(true).or_else(|| read(false)).unwrap_or_default()
}

/// What a redirection does with the word that follows it.
enum Target {
    Written,
    Read,
    None,
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    chars: Vec<(usize, char)>,
    at: usize,
    /// Whether quotes count.
    quotes: bool,
    depth: usize,
    found: Vec<Step>,
    now: Command,
    /// What the commands do that stand within the present one.
    inner: Vec<Step>,
    word: Option<String>,
    /// What the next word is to a redirection.
    target: Option<Target>,
    /// Where the text of the command begins.
    start: Option<usize>,
    /// The ends of substitutions that were looked for in vain: nobody looks a second time.
    missing: Vec<char>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, quotes: bool, depth: usize) -> Self {
        Self { text, chars: text.char_indices().collect(), quotes, depth, ..Self::default() }
    }

    fn char(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).map(|(_, c)| *c)
    }

    /// `None` where a quote is not closed.
    fn read(mut self) -> Option<Vec<Step>> {
        while let Some(c) = self.char(0) {
            let begins = self.word.is_none();
            if self.start.is_none() && !c.is_whitespace() && !matches!(c, '&' | ';' | '|' | '(' | ')' | '#') {
                self.start = self.chars.get(self.at).map(|(at, _)| *at);
            }
            match c {
                '\'' if self.quotes => {
                    let content = self.until(|c| c == '\'')?;
                    self.word.get_or_insert_default().push_str(&content);
                }
                '"' if self.quotes => self.double_quoted()?,
                '\\' => {
                    self.at += 1;
                    if let Some(next) = self.char(0).filter(|c| *c != '\n') {
                        self.word.get_or_insert_default().push(next);
                    }
                }
                '$' | '`' => self.substitution(),
                '<' | '>' if self.char(1) == Some('(') => {
                    self.at += 1;
                    let inside = self.bracket();
                    self.within(&inside);
                    self.word.get_or_insert_default().push_str(&format!("{c}({inside})"));
                }
                '<' | '>' => self.redirection(c == '>'),
                '&' if self.char(1) == Some('>') => {
                    self.end_word();
                    self.at += 1;
                    self.redirection(true);
                }
                '&' | ';' | '|' | '\n' => self.end_command(),
                '(' | ')' => {
                    self.end_command();
                    self.found.push(if c == '(' { Step::Open } else { Step::Close });
                }
                '#' if begins => {
                    self.end_command();
                    while self.char(1).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                c if c.is_whitespace() => self.end_word(),
                c => self.word.get_or_insert_default().push(c),
            }
            self.at += 1;
        }
        self.end_command();
        Some(self.found)
    }

    /// What follows up to a sign, at which it stands afterwards.
    fn until(&mut self, is_end: impl Fn(char) -> bool) -> Option<String> {
        let mut content = String::new();
        loop {
            self.at += 1;
            match self.char(0)? {
                c if is_end(c) => return Some(content),
                c => content.push(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Option<()> {
        self.word.get_or_insert_default();
        loop {
            self.at += 1;
            match self.char(0)? {
                '"' => return Some(()),
                '\\' if self.char(1).is_some_and(|c| matches!(c, '"' | '\\' | '$' | '`' | '\n')) => {
                    self.at += 1;
                    let next = self.char(0).filter(|c| *c != '\n');
                    self.word.get_or_insert_default().extend(next);
                }
                '$' | '`' => self.substitution(),
                c => self.word.get_or_insert_default().push(c),
            }
        }
    }

    /// `$(…)`, `` `…` `` and `${…}`: they stay in the word as they are written.
    fn substitution(&mut self) {
        let start = self.at;
        let inside = match (self.char(0), self.char(1)) {
            (Some('$'), Some('(')) => {
                self.at += 1;
                Some(self.bracket())
            }
            (Some('$'), Some('{')) => {
                self.up_to('}');
                None
            }
            (Some('`'), _) => self.up_to('`'),
            _ => None,
        };
        let end = self.at.min(self.chars.len().saturating_sub(1));
        let written: String = self.chars.get(start..=end).into_iter().flatten().map(|(_, c)| *c).collect();
        self.word.get_or_insert_default().push_str(&written);
        if let Some(inside) = inside {
            self.within(&inside);
        }
    }

    /// What follows up to a sign; stays where it is if there is none.
    fn up_to(&mut self, end: char) -> Option<String> {
        if self.missing.contains(&end) {
            return None;
        }
        let start = self.at;
        let found = self.until(|c| c == end);
        if found.is_none() {
            self.missing.push(end);
            self.at = start;
        }
        found
    }

    /// What stands in the bracket that opens here; at its end afterwards.
    fn bracket(&mut self) -> String {
        let (start, mut open) = (self.at + 1, 0_usize);
        while let Some(c) = self.char(0) {
            match c {
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                break;
            }
            self.at += 1;
        }
        let end = self.at.min(self.chars.len());
        self.chars.get(start.min(end)..end).into_iter().flatten().map(|(_, c)| *c).collect()
    }

    fn within(&mut self, inside: &str) {
        self.inner.push(Step::Open);
        self.inner.extend(at_depth(inside, self.depth + 1));
        self.inner.push(Step::Close);
    }

    fn redirection(&mut self, writes: bool) {
        // `2>&1`
        if self.word.as_ref().is_some_and(|word| word.bytes().all(|b| b.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let mut target = if writes { Target::Written } else { Target::Read };
        while let Some(c) = self.char(1).filter(|c| matches!(c, '<' | '>' | '&' | '|' | '-')) {
            // `2>&1` is no file, and neither is `<<EOF`.
            if c == '&' || !writes {
                target = Target::None;
            }
            self.at += 1;
        }
        self.target = Some(target);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.target.take() {
            Some(Target::Written) => self.now.writes.push(word),
            Some(Target::Read) => self.now.reads.push(word),
            Some(Target::None) => {}
            None => self.now.words.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.target = None;
        let end = self.chars.get(self.at).map_or(self.text.len(), |(at, _)| *at);
        let text = self.start.take().and_then(|start| self.text.get(start..end)).unwrap_or("").trim();
        let mut now = std::mem::take(&mut self.now);
        self.found.append(&mut self.inner);
        if !now.words.is_empty() || !now.writes.is_empty() {
            now.text = text.to_owned();
            now.is_piped = self.char(0) == Some('|') && self.char(1) != Some('|');
            let told = handed(&now.words);
            for text in &told.texts {
                self.found.push(Step::Open);
                self.found.extend(at_depth(text, self.depth + 1));
                self.found.push(Step::Close);
            }
            if told.is_rest {
                self.found.push(Step::Command(now));
            }
        }
    }
}

/// The steps of a list of words, as Docker's exec form has them.
pub fn of_words(words: Vec<String>) -> Vec<Step> {
    let told = handed(&words);
    let mut found: Vec<Step> = told.texts.iter().flat_map(|text| steps(text)).collect();
    if told.is_rest {
        found.push(Step::Command(Command { words, ..Command::default() }));
    }
    found
}
