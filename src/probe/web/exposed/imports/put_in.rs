//! Scripts that code puts into its page by hand: `s = document.createElement("script"); s.src = base + "/pay.js"`.

use super::patterns::{MADE_ELEMENT, SOURCE, WRITTEN, WRITTEN_MADE_UP};

/// So many elements of one text are kept in mind.
const MOST: usize = 200;
/// So many sources of one text are read, and of so many what they are made up of.
const MOST_SOURCES: usize = 20_000;
const MOST_JUDGED: usize = 500;
/// So many other hosts.
const MOST_HOSTS: usize = 50;
/// What an element loads is said so near to where it is made.
const NEAR: usize = 1000;
/// So long is what makes up a name.
const LONGEST: usize = 400;
/// So far around it stands what its words mean.
const AROUND: usize = 2000;

/// What a text puts in.
#[derive(Debug, Default)]
pub struct PutIn {
    /// Addresses that stand there as they are.
    pub names: Vec<String>,
    /// Some are made up of parts of which nothing says that they are another host's.
    pub made_up: bool,
    /// It puts in what it is told.
    pub told: bool,
    /// Addresses on which those are made up that are likely to be another host's: for statistics, payment, maps.
    pub hosts: Vec<String>,
}

/// Reads a text.
pub fn read(text: &str) -> PutIn {
    let mut put_in = PutIn::default();
    let made: Vec<(usize, &str)> = MADE_ELEMENT
        .places(text)
        .take(MOST)
        .map(|place| (place.end, assigned(before(text, place.start, 200))))
        .collect();
    let mut judged = 0;
    for (count, place) in SOURCE.places(text).enumerate() {
        if count == MOST_SOURCES || judged == MOST_JUDGED {
            // What is not read may be anything.
            put_in.made_up = true;
            break;
        }
        let after = text.get(place.end..).unwrap_or_default();
        if after.starts_with('=') {
            continue;
        }
        let of = text.get(place.clone()).unwrap_or_default();
        let is_element = of.starts_with("getScript") || is_told(text, place.start, of, &made);
        judged += usize::from(put_in.judge(text, place.end, expression(after), is_element));
    }
    if text.contains("document.write") {
        put_in.names.extend(WRITTEN.all(text).map(str::to_owned));
        for rest in WRITTEN_MADE_UP.all(text) {
            match texts(rest).find(|text| is_address(text)) {
                Some(address) => put_in.hosts.push(address.to_owned()),
                None => put_in.made_up = true,
            }
        }
    }
    put_in
}

/// Whether it is an element for a script that is told its source at `place`.
fn is_told(text: &str, place: usize, of: &str, made: &[(usize, &str)]) -> bool {
    let ahead = before(text, place, NEAR);
    let bare = ahead.trim_end_matches([')', ' ']);
    let name = last_word(bare);
    made.iter().filter(|(end, _)| *end <= place && place - end <= NEAR).any(|(end, known)| {
        let between = text.get(*end..place).unwrap_or_default();
        if of.starts_with(['{', ',']) {
            // `Object.assign(document.createElement("script"), {src: …})`
            between.len() < 200
                && (of.starts_with('{') || between.contains('{'))
                && between.trim_start().starts_with(',')
        } else {
            // `document.createElement("script").src = …`, or by the name that it was given.
            between.trim_matches([')', ' ']).is_empty() || (!known.is_empty() && *known == name)
        }
    })
}

impl PutIn {
    /// Takes in what stands where a source is told; `is_element` is whether an element for a script is. Whether it is made up there.
    fn judge(&mut self, text: &str, place: usize, written: &str, is_element: bool) -> bool {
        let whole = written.trim();
        if let Some(plain) = plain(whole) {
            let is_file = !plain.starts_with(['#', '?'])
                && !["data:", "blob:", "about:"].iter().any(|kind| plain.starts_with(kind));
            if is_element && is_file && !plain.is_empty() {
                self.names.push(plain.to_owned());
            }
            return false;
        }
        let names_script = texts(whole).any(|text| text.contains(".js") || text.contains(".mjs"));
        if !names_script && !is_element {
            return false;
        }
        if let Some(address) = texts(whole).find(|text| is_address(text)).or_else(|| linked(text, place, whole)) {
            // The rest of them counts as unread.
            self.made_up |= self.hosts.len() == MOST_HOSTS;
            self.hosts.push(address.chars().take(300).collect());
            self.hosts.truncate(MOST_HOSTS);
        } else if names_script || texts(whole).any(is_path) {
            self.made_up = true;
        } else if !is_known(text, place, whole) {
            self.told = true;
        }
        true
    }
}

/// What makes nothing of the site's own: text that becomes a script, a copy of a script that is there, and how jQuery asks for JSONP.
fn is_known(text: &str, place: usize, written: &str) -> bool {
    written.contains("createObjectURL")
        || written.ends_with(".src")
        || written.is_empty()
        || matches!(written, "null" | "undefined" | "void 0")
        || before(text, place, LONGEST).contains("scriptCharset")
}

/// The address that a word in `written` stands for, by what is said around it, or that the function around it is called with.
fn linked<'t>(text: &'t str, place: usize, written: &str) -> Option<&'t str> {
    let ahead = before(text, place, AROUND);
    let after = behind(text, place, AROUND);
    let words = written.split(|c: char| !is_word(c)).filter(|word| word.starts_with(|c: char| !c.is_ascii_digit()));
    for word in words.take(8) {
        if let Some(address) = stands_for(word, ahead).or_else(|| stands_for(word, after)) {
            return Some(address);
        }
    }
    // `…})(window, document, "https://static.example.net/c/", ".js")`
    let near = behind(after, 0, 800);
    let call = ["})(", "}(", "}) (", "}.call("].iter().filter_map(|call| Some((near.find(call)?, call.len()))).min()?;
    let arguments = near.get(call.0 + call.1..)?;
    let end = arguments.find([';', '\n', '{']).unwrap_or(arguments.len());
    texts(arguments.get(..end)?).find(|text| is_address(text))
}

/// The address that is given to a word: `u = "//stats.example.net/"`, `api_host: "https://…"`.
fn stands_for<'t>(word: &str, text: &'t str) -> Option<&'t str> {
    text.match_indices(word).find_map(|(at, _)| {
        if text.get(..at)?.ends_with(is_word) {
            return None;
        }
        let rest = text.get(at + word.len()..)?.trim_start_matches(['"', '\'', ' ']);
        let rest = rest.strip_prefix(['=', ':'])?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let address = rest.get(1..)?.split(quote).next()?;
        is_address(address).then_some(address)
    })
}

/// What is written up to the end of the statement or argument.
fn expression(rest: &str) -> &str {
    let rest = behind(rest, 0, LONGEST);
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    for (at, c) in rest.char_indices() {
        if let Some(open) = quote {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == open => quote = None,
                _ => {}
            }
            continue;
        }
        let ends = match c {
            '"' | '\'' | '`' => {
                quote = Some(c);
                false
            }
            '(' | '[' | '{' => {
                depth += 1;
                false
            }
            ')' | ']' | '}' => {
                depth -= 1;
                depth < 0
            }
            ',' | ';' => depth == 0,
            '\n' => depth == 0 && is_over(rest.get(..at).unwrap_or_default(), rest.get(at..).unwrap_or_default()),
            _ => false,
        };
        if ends {
            return rest.get(..at).unwrap_or_default();
        }
    }
    rest
}

/// Whether a statement ends with its line.
fn is_over(line: &str, next: &str) -> bool {
    let line = line.trim_end();
    !line.is_empty()
        && !line.ends_with(['+', '(', '?', ':', '='])
        && !next.trim_start().starts_with(['+', '?', ':', '.'])
}

/// The texts in quotes.
fn texts(written: &str) -> impl Iterator<Item = &str> {
    let mut rest = written;
    std::iter::from_fn(move || {
        let start = rest.find(['"', '\'', '`'])?;
        let quote = rest.get(start..)?.chars().next()?;
        let after = rest.get(start + 1..)?;
        let (text, next) = after.split_once(quote).unwrap_or((after, ""));
        rest = next;
        Some(text)
    })
}

/// The one text that is all that is written.
fn plain(written: &str) -> Option<&str> {
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let text = written.get(1..)?.strip_suffix(quote)?;
    (!text.contains(quote) && !text.contains("${")).then_some(text)
}

/// Whether a text begins with a host.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https:").or_else(|| text.strip_prefix("http:")).unwrap_or(text);
    rest.strip_prefix("//").is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Whether a text begins with a folder.
fn is_path(text: &str) -> bool {
    let rest = text.trim_start_matches('.');
    rest.len() > 1 && rest.starts_with('/') && !rest.starts_with("//")
}

/// What an expression at the end of `text` is given to: `s` of `var s = (document.`.
fn assigned(text: &str) -> &str {
    let rest = text.trim_end_matches(|c: char| is_word(c) || c == '.').trim_end_matches(['(', ' ', '\n']);
    rest.strip_suffix('=').map_or("", |rest| last_word(rest.trim_end()))
}

fn last_word(text: &str) -> &str {
    text.get(text.trim_end_matches(is_word).len()..).unwrap_or_default()
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$')
}

/// At most so many bytes before a place.
pub fn before(text: &str, place: usize, most: usize) -> &str {
    let mut start = place.saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..place).unwrap_or_default()
}

/// At most so many bytes from a place on.
fn behind(text: &str, place: usize, most: usize) -> &str {
    let mut end = text.len().min(place.saturating_add(most));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(place..end).unwrap_or_default()
}
