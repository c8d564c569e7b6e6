//! What the code that a browser gets looks like: written by a person, packed by a bundler, meant for development.

use crate::probe::web::html::Document;

/// So much of a script is looked at.
const LOOKED_AT: usize = 2 * 1024 * 1024;
/// Shorter scripts say nothing of how they were made.
const SHORTEST: usize = 4 * 1024;

/// One script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Its bytes, unpacked.
    pub bytes: usize,
    /// How many characters a line has in the middle.
    pub line: usize,
    /// How many of a hundred bytes are blanks and line ends.
    pub blank: usize,
    /// What tells that it was built for development, as a phrase.
    pub tool: Option<&'static str>,
}

/// Texts that only builds for development hold; production builds drop them with the code that prints them.
const DEVELOPMENT: [(&str, &str); 4] = [
    ("Download the React DevTools for a better development experience", "React built for development"),
    ("You are running a development build of Vue", "Vue built for development"),
    ("You are running Vue in development mode", "Vue built for development"),
    ("webpack/hot/dev-server", "webpack's development server"),
];

/// What a page of a development server loads, or a tool that its makers say is not for production.
const PAGE: [(&str, &str); 8] = [
    ("/@vite/client", "Vite's development server"),
    ("/@react-refresh", "Vite's development server"),
    ("/_next/static/development/", "Next.js in development mode"),
    ("/_next/webpack-hmr", "Next.js in development mode"),
    ("webpack-dev-server", "webpack's development server"),
    ("cdn.tailwindcss.com", "Tailwind's script that makes the styles anew in every browser"),
    ("@babel/standalone", "Babel, which translates the app anew in every browser"),
    (".development.js", "a library's build for development"),
];

impl Code {
    /// Reads a script; `None` where it cannot be read as text.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes.get(..bytes.len().min(LOOKED_AT))?);
        let text = match text {
            Ok(text) => text,
            Err(torn) if torn.error_len().is_none() => std::str::from_utf8(bytes.get(..torn.valid_up_to())?).ok()?,
            Err(_) => return None,
        };
        let mut lines: Vec<usize> = text.lines().map(str::len).collect();
        // Half of the text stands in lines at least this long: a comment on top does not hide a packed bundle.
        lines.sort_unstable_by(|a, b| b.cmp(a));
        let mut counted = 0;
        let half = text.len() / 2;
        let line = lines.into_iter().find(|length| {
            counted += length + 1;
            counted >= half
        });
        let blanks = text.bytes().filter(u8::is_ascii_whitespace).count();
        let tool = DEVELOPMENT.iter().find(|(mark, _)| text.contains(mark)).map(|(_, tool)| *tool);
        Some(Self {
            bytes: bytes.len(),
            line: line.unwrap_or_default(),
            blank: (blanks * 100).checked_div(text.len()).unwrap_or_default(),
            tool,
        })
    }

    /// Whether a bundler has taken out what only people need; `None` for a script that is too short to tell, or neither.
    pub const fn minified(&self) -> Option<bool> {
        if self.bytes < SHORTEST {
            return None;
        }
        match (self.line, self.blank) {
            (200.., _) => Some(true),
            (..120, 15..) => Some(false),
            _ => None,
        }
    }
}

/// What in a page tells of development.
pub fn tools_of_page(text: &str, document: &Document) -> Vec<&'static str> {
    let sources = || document.scripts.iter().filter_map(|script| script.src.as_deref());
    // Inline modules import Vite's client by name.
    let inline = document.scripts.iter().any(|script| script.inline);
    let mut tools = Vec::new();
    for (mark, tool) in PAGE {
        let by_import = mark.starts_with("/@") && inline && text.contains(&format!("\"{mark}\""));
        if (sources().any(|source| source.contains(mark)) || by_import) && !tools.contains(&tool) {
            tools.push(tool);
        }
    }
    tools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::html;

    const WRITTEN: &str = "// Adds what is in the cart.\nexport function total(items) {\n    let sum = 0;\n    for (const item of items) {\n        sum += item.price * item.count;\n    }\n    return sum;\n}\n\n";
    const PACKED: &str =
        "function t(e){let n=0;for(const o of e)n+=o.price*o.count;return n}const r=[];r.push(t);export{t as total};";

    fn minified(text: &str) -> Option<bool> {
        Code::read(text.as_bytes()).unwrap().minified()
    }

    #[test]
    fn code_for_people_is_told_from_code_for_browsers() {
        assert_eq!(minified(&WRITTEN.repeat(40)), Some(false));
        assert_eq!(minified(&PACKED.repeat(60)), Some(true));
        assert_eq!(
            minified(&format!("{}{}", WRITTEN.repeat(5), PACKED.repeat(60))),
            Some(true),
            "with a licence on top"
        );
        let wrapped: String =
            PACKED.repeat(60).as_bytes().chunks(500).map(|c| format!("{}\n", String::from_utf8_lossy(c))).collect();
        assert_eq!(minified(&wrapped), Some(true));
        assert_eq!(minified(WRITTEN), None);
        assert_eq!(minified(&"x=1\n".repeat(3000)), Some(false));
        assert_eq!(Code::read(&[0xff, 0xfe, 0]), None);
        assert_eq!(Code::read(b"").unwrap().minified(), None);
    }

    #[test]
    fn builds_for_development_are_known_by_their_words() {
        let text =
            format!("{WRITTEN}console.info('%cDownload the React DevTools for a better development experience: …')");
        assert_eq!(Code::read(text.as_bytes()).unwrap().tool, Some("React built for development"));
        assert_eq!(Code::read(PACKED.as_bytes()).unwrap().tool, None);
    }

    #[test]
    fn development_servers_are_known_by_what_they_add() {
        let of = |page: &str| tools_of_page(page, &html::read(page.as_bytes()));
        assert_eq!(of("<script type=module src=/@vite/client></script>"), ["Vite's development server"]);
        assert_eq!(of("<script type=module>import x from \"/@react-refresh\"</script>"), ["Vite's development server"]);
        assert_eq!(of("<script src=https://cdn.tailwindcss.com></script>").len(), 1);
        assert!(of("<p>we explain /@vite/client and cdn.tailwindcss.com</p><script src=/app.js></script>").is_empty());
    }
}
