//! Ruby, as far as Gemfiles need it: one call a statement, with plain arguments.

/// A longer statement is taken as it stands: nobody writes one, and it has to end somewhere.
const MAX_LINES: usize = 200;

/// A call of a method, or whatever else a statement begins with.
#[derive(Debug, Default, PartialEq)]
pub struct Call {
    /// The method.
    pub name: String,
    /// Arguments without a name.
    pub values: Vec<Value>,
    /// Those with one.
    pub options: Vec<(String, Value)>,
    /// An `end` belongs to it.
    pub opens_block: bool,
}

/// An argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string without anything to be worked out.
    Text(String),
    /// A symbol.
    Symbol(String),
    /// A list of such.
    List(Vec<String>),
    /// Anything else.
    Other,
}

impl Value {
    /// The words that it holds.
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Text(word) | Self::Symbol(word) => vec![word.clone()],
            Self::List(words) => words.clone(),
            Self::Other => Vec::new(),
        }
    }
}

/// The statements with the lines on which they begin: joined where they go on, without comments.
pub fn statements(text: &str) -> Vec<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut open: Option<(u32, String, usize)> = None;
    let mut in_comment = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("__END__") {
            break;
        }
        if line.starts_with("=begin") || line.starts_with("=end") {
            in_comment = line.starts_with("=begin");
            continue;
        }
        let line = without_comment(line).trim();
        if in_comment || line.is_empty() {
            continue;
        }
        let (first, mut whole, lines) = open.take().unwrap_or((number, String::new(), 0));
        whole.push_str(line.trim_end_matches('\\'));
        whole.push(' ');
        let goes_on = line.ends_with([',', '\\', '(', '[']) || line.ends_with("=>");
        if goes_on && lines < MAX_LINES {
            open = Some((first, whole, lines + 1));
        } else {
            push_split(&mut found, first, whole.trim());
        }
    }
    if let Some((first, whole, _)) = open {
        push_split(&mut found, first, whole.trim());
    }
    found
}

/// `group(:x) { gem "a" }` holds three statements, `a; b` two.
fn push_split(found: &mut Vec<(u32, String)>, line: u32, statement: &str) {
    let braced = statement.strip_suffix('}').and_then(|inner| inner.split_once('{'));
    if let Some((head, inner)) = braced.filter(|(head, _)| head.starts_with("group") || head.starts_with("platform")) {
        found.push((line, format!("{} do", head.trim())));
        found.extend(inner.split(';').map(|one| (line, one.trim().to_owned())));
        found.push((line, "end".to_owned()));
    } else {
        found.push((line, statement.to_owned()));
    }
}

/// `line` before a `#` outside of strings.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => return line.get(..at).unwrap_or(line),
            _ => {}
        }
    }
    line
}

impl Call {
    /// Reads one statement.
    pub fn of(statement: &str) -> Self {
        let name_end = statement.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(statement.len());
        let (name, rest) = statement.split_at(name_end);
        let mut call = Self { name: name.to_owned(), opens_block: opens_block(name, rest), ..Self::default() };
        let mut rest = Rest(rest.trim_start());
        rest.skip('(');
        while !rest.0.is_empty() && !rest.ends_arguments() {
            let before = rest.0.len();
            call.argument(&mut rest);
            rest.skip(',');
            if rest.0.len() == before {
                break;
            }
        }
        call
    }

    /// Texts among the arguments without a name.
    pub fn plain(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// A named argument.
    pub fn option(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn argument(&mut self, rest: &mut Rest<'_>) {
        if let Some(key) = rest.key() {
            let value = rest.value();
            self.options.push((key, value));
            return;
        }
        let value = rest.value();
        match value {
            Value::Symbol(key) | Value::Text(key) if rest.skip_arrow() => {
                let value = rest.value();
                self.options.push((key, value));
            }
            value => self.values.push(value),
        }
    }
}

/// Whether an `end` follows: `… do`, `… do |x|`, or a keyword at the beginning.
fn opens_block(name: &str, rest: &str) -> bool {
    let tail = match rest.trim_end().strip_suffix('|') {
        Some(inner) => inner.rsplit_once('|').map_or(inner, |(before, _)| before),
        None => rest,
    }
    .trim_end();
    let last = tail.split(|c: char| c.is_whitespace() || c == ';').next_back();
    if last == Some("end") {
        return false;
    }
    matches!(name, "if" | "unless" | "case" | "begin" | "def" | "while" | "until" | "for" | "class" | "module")
        || last == Some("do")
}

/// What is left of a statement.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn advance(&mut self, bytes: usize) {
        self.0 = self.0.get(bytes..).unwrap_or("").trim_start();
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.0.starts_with(c);
        if found {
            self.advance(c.len_utf8());
        }
        found
    }

    fn skip_arrow(&mut self) -> bool {
        let found = self.0.starts_with("=>");
        if found {
            self.advance(2);
        }
        found
    }

    fn ends_arguments(&self) -> bool {
        let word = self.0.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        self.0.starts_with([')', '{', ';']) || matches!(word, "if" | "unless" | "do" | "rescue" | "and" | "or")
    }

    /// `key:`, which is no `a ? b : c` and no `A::B`.
    fn key(&mut self) -> Option<String> {
        let end = self.0.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let (key, after) = self.0.split_at(end);
        let after = after.strip_prefix(':').filter(|after| !key.is_empty() && !after.starts_with(':'))?;
        let (key, bytes) = (key.to_owned(), self.0.len() - after.len());
        self.advance(bytes);
        Some(key)
    }

    fn value(&mut self) -> Value {
        if let Some(value) = self.plain() {
            // `"a" + b`, `"a".freeze` and `"a" "b"` have to be worked out.
            let is_whole = self.0.is_empty() || self.0.starts_with([',', ')', ']', '=', '}']) || self.ends_arguments();
            if is_whole && !self.0.starts_with("==") {
                return value;
            }
        }
        self.skip_other();
        Value::Other
    }

    /// A string, symbol or list of such; nothing is taken where it is none.
    fn plain(&mut self) -> Option<Value> {
        let first = self.0.chars().next()?;
        match first {
            '"' | '\'' => {
                let text = self.quoted(first)?;
                Some(text.map_or(Value::Other, Value::Text))
            }
            ':' => {
                self.0 = self.0.get(1..)?;
                let quote = self.0.chars().next().filter(|c| matches!(c, '"' | '\''));
                if let Some(quote) = quote {
                    return self.quoted(quote)?.map(Value::Symbol);
                }
                let end = self.0.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.0.len());
                let name = self.0.get(..end)?.to_owned();
                self.advance(end);
                Some(Value::Symbol(name))
            }
            '%' => self.word_list(),
            '[' => self.list(),
            _ => None,
        }
    }

    /// `None` where it does not end; `Some(None)` where something stands in it that has to be worked out.
    fn quoted(&mut self, quote: char) -> Option<Option<String>> {
        let inner = self.0.get(1..)?;
        let end = inner.find(quote)?;
        let text = inner.get(..end)?;
        let is_plain = !text.contains('\\') && (quote == '\'' || !text.contains("#{"));
        let text = is_plain.then(|| text.to_owned());
        self.advance(end + 2);
        Some(text)
    }

    /// `%w[a b]`, `%i(a b)`
    fn word_list(&mut self) -> Option<Value> {
        let open = self.0.get(2..)?.chars().next().filter(|_| self.0.starts_with("%w") || self.0.starts_with("%i"))?;
        let close = match open {
            '[' => ']',
            '(' => ')',
            '{' => '}',
            '<' => '>',
            other => other,
        };
        let inner = self.0.get(2 + open.len_utf8()..)?;
        let end = inner.find(close)?;
        let words = inner.get(..end)?.split_whitespace().map(str::to_owned).collect();
        self.advance(2 + open.len_utf8() + end + close.len_utf8());
        Some(Value::List(words))
    }

    fn list(&mut self) -> Option<Value> {
        self.skip('[');
        let mut words = Vec::new();
        while !self.skip(']') {
            // A list in a list is none of ours, so this goes one deep.
            match if self.0.starts_with('[') { None } else { self.plain() } {
                Some(Value::Text(word) | Value::Symbol(word)) => words.push(word),
                _ => return None,
            }
            if !self.skip(',') && !self.0.starts_with(']') {
                return None;
            }
        }
        Some(Value::List(words))
    }

    /// Anything else, up to the comma or the end of the arguments.
    fn skip_other(&mut self) {
        let mut depth = 0_usize;
        let mut quote = None;
        for (at, c) in self.0.char_indices() {
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') if depth > 0 => depth -= 1,
                (None, ',' | ')') if depth == 0 => {
                    self.advance(at);
                    return;
                }
                _ => {}
            }
        }
        self.0 = "";
    }
}
