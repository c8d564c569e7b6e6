//! nginx's grammar: directives that end in `;` or hold a block, words in quotes or not, comments from `#` to the line's end
//! (<https://nginx.org/en/docs/beginners_guide.html#conf_structure>).

use crate::probe::header_settings::sources::{Sources, folder_of, name_of};

/// A directive with its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// `add_header`.
    pub name: String,
    /// Its words, without quotes.
    pub args: Vec<String>,
    /// The file that it stands in.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What its braces hold.
    pub block: Option<Vec<Directive>>,
}

impl Directive {
    /// What its braces hold; nothing without braces.
    pub fn inner(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Deeper than nginx allows.
const DEEPEST: usize = 20;
/// More directives than any configuration has, includes counted.
const MOST: usize = 20_000;

enum Piece {
    Word(String, u32),
    Open,
    Close,
    End,
}

/// The directives of a file; `None` where it is no configuration of nginx.
pub fn parse(file: &str, text: &str) -> Option<Vec<Directive>> {
    let pieces = pieces(text)?;
    let mut pieces = pieces.into_iter();
    let (tree, closed) = block(&mut pieces, file, 0)?;
    (!closed).then_some(tree)
}

fn block(pieces: &mut std::vec::IntoIter<Piece>, file: &str, depth: usize) -> Option<(Vec<Directive>, bool)> {
    if depth > DEEPEST {
        return None;
    }
    let mut found = Vec::new();
    let mut words: Vec<(String, u32)> = Vec::new();
    while let Some(piece) = pieces.next() {
        let block = match piece {
            Piece::Word(word, line) => {
                words.push((word, line));
                continue;
            }
            Piece::Close => return words.is_empty().then_some((found, true)),
            Piece::End => None,
            Piece::Open => {
                let (inner, closed) = block(pieces, file, depth + 1)?;
                if !closed {
                    return None;
                }
                Some(inner)
            }
        };
        let mut words = std::mem::take(&mut words).into_iter();
        let Some((name, line)) = words.next() else { continue };
        let args = words.map(|(word, _)| word).collect();
        found.push(Directive { name, args, file: file.to_owned(), line, block });
        if found.len() > MOST {
            return None;
        }
    }
    words.is_empty().then_some((found, false))
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    let mut line = 1_u32;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            c if c.is_whitespace() || c == '\u{feff}' => {}
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            ';' => found.push(Piece::End),
            '{' => found.push(Piece::Open),
            '}' => found.push(Piece::Close),
            '"' | '\'' => {
                let (start, mut word) = (line, String::new());
                loop {
                    let inner = chars.next()?;
                    line += u32::from(inner == '\n');
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && chars.peek().is_some_and(|next| matches!(next, '"' | '\'' | '\\')) {
                        word.extend(chars.next());
                    } else {
                        // A value may be written over several lines.
                        word.push(if inner == '\n' { ' ' } else { inner });
                    }
                }
                found.push(Piece::Word(word, start));
            }
            first => {
                let mut word = String::from(first);
                loop {
                    // `${name}` is a variable, and a brace in a pattern such as `\d{2}` must be quoted.
                    let variable = word.ends_with('$');
                    match chars.peek() {
                        Some('{') if variable => {
                            for inner in chars.by_ref() {
                                line += u32::from(inner == '\n');
                                word.push(inner);
                                if inner == '}' {
                                    break;
                                }
                            }
                        }
                        Some(next) if next.is_whitespace() || matches!(next, ';' | '{') => break,
                        Some(_) => word.extend(chars.next()),
                        None => break,
                    }
                }
                found.push(Piece::Word(word, line));
            }
        }
    }
    Some(found)
}

/// Puts the files of the project that are included in place, and notes which they are.
pub fn include(tree: &mut Vec<Directive>, sources: &Sources, included: &mut Vec<String>, depth: usize) {
    if depth > DEEPEST || included.len() > 200 {
        return;
    }
    let mut whole = Vec::with_capacity(tree.len());
    for mut directive in std::mem::take(tree) {
        if let Some(inner) = &mut directive.block {
            include(inner, sources, included, depth + 1);
        }
        let pattern = directive.args.first().filter(|_| directive.name == "include");
        let files = pattern.map(|pattern| matching(pattern, &directive.file, sources)).unwrap_or_default();
        if files.is_empty() {
            whole.push(directive);
            continue;
        }
        for file in files {
            let Some(mut inner) = sources.text(&file).and_then(|text| parse(&file, text)) else { continue };
            included.push(file);
            include(&mut inner, sources, included, depth + 1);
            if whole.len() + inner.len() <= MOST {
                whole.append(&mut inner);
            }
        }
    }
    *tree = whole;
}

/// The project's files that an `include` may mean: where they are installed, their last folders are the same.
fn matching(pattern: &str, from: &str, sources: &Sources) -> Vec<String> {
    let (folder, name) = (folder_of(pattern).trim_end_matches('/'), name_of(pattern));
    let last = name_of(folder);
    let fits = |path: &str| {
        let its_name = name_of(path);
        let named = match name.split_once('*') {
            Some((start, end)) => {
                its_name.len() >= start.len() + end.len() && its_name.starts_with(start) && its_name.ends_with(end)
            }
            None => its_name == name,
        };
        let placed = last.is_empty() || last == "nginx" || name_of(folder_of(path).trim_end_matches('/')) == last;
        // Without a folder of that name, a file of the same name beside it is meant.
        named && path != from && (placed || !name.contains('*') && folder_of(path) == folder_of(from))
    };
    sources
        .all()
        .map(|(path, _)| path)
        .filter(|path| super::is_nginx(path) && fits(path))
        .take(50)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_variables_and_blocks_are_told_apart() {
        let text = "# a; {\nuser 'a b';\nhttp { map $a ${b} { default \"x;\\\"y\"; }\n  location ~* \\.(js|css)$ { add_header A \"b\n c\" always; } }\n";
        let tree = parse("n.conf", text).unwrap();
        assert_eq!(tree[0].args, ["a b"]);
        let map = &tree[1].inner()[0];
        assert_eq!(
            (map.args.as_slice(), map.inner()[0].args.as_slice()),
            (["$a".to_owned(), "${b}".to_owned()].as_slice(), ["x;\"y".to_owned()].as_slice())
        );
        let location = &tree[1].inner()[1];
        assert_eq!(location.args, ["~*", "\\.(js|css)$"]);
        assert_eq!(
            (location.inner()[0].line, location.inner()[0].args.as_slice()),
            (4, ["A".to_owned(), "b  c".to_owned(), "always".to_owned()].as_slice())
        );
    }

    #[test]
    fn what_is_torn_is_no_configuration() {
        for text in ["server {", "a }", "a 'b", "a", "}", "[section]\na = b", "{{{{"] {
            assert!(parse("n.conf", text).is_none(), "{text}");
        }
        assert!(parse("n.conf", &"a {".repeat(5000)).is_none());
    }

    #[test]
    fn a_file_that_includes_itself_ends() {
        let sources =
            Sources::of(&[("nginx/a.conf", "include a.conf; include b.conf;"), ("nginx/b.conf", "include a.conf;")]);
        let mut tree = parse("nginx/a.conf", sources.text("nginx/a.conf").unwrap()).unwrap();
        include(&mut tree, &sources, &mut Vec::new(), 0);
    }
}
