//! `*.gemspec`: what a gem of the project needs (<https://guides.rubygems.org/specification-reference/#add_dependency>).

use super::call::{Call, Value, statements};

/// A need of a gem.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// Its line, from 1.
    pub line: u32,
    /// The gem; `None` where only a program can work out its name.
    pub name: Option<String>,
    /// The versions that it takes; empty for any, and where only a program can work them out.
    pub range: String,
}

/// The needs of a gem. Those that are for some cases only are left out.
pub fn needs_of_gem(text: &str) -> Vec<Need> {
    let mut found = Vec::new();
    for (line, statement) in statements(text) {
        let calls = [".add_dependency", ".add_runtime_dependency"];
        let Some(at) = calls.iter().find_map(|call| statement.find(call)) else { continue };
        if [" if ", " unless "].iter().any(|word| statement.contains(word)) {
            continue;
        }
        let call = Call::of(statement.get(at + 1..).unwrap_or_default());
        let mut values = call.values.into_iter();
        let name = values.next().and_then(|value| match value {
            Value::Text(name) => Some(name),
            Value::Symbol(_) | Value::List(_) | Value::Other => None,
        });
        let ranges: Vec<Value> = values.collect();
        let is_plain = !ranges.contains(&Value::Other);
        let range = ranges.iter().filter(|_| is_plain).flat_map(Value::words).collect::<Vec<_>>().join(", ");
        found.push(Need { line, name, range });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gem_needs() {
        let text = "Gem::Specification.new do |s|\n s.name = 'x'\n s.add_dependency 'rack', '>= 2'\n # s.add_dependency 'no'\n \
            s.add_runtime_dependency(\"rake\")\n s.add_development_dependency 'no'\n s.add_dependency name\n \
            s.add_dependency 'no' if RUBY_PLATFORM == 'java'\nend\n";
        let told = |text: &str| {
            let shown = |need: Need| format!("{} {} {}", need.line, need.name.unwrap_or_default(), need.range);
            needs_of_gem(text).into_iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(told(text), ["3 rack >= 2", "5 rake ", "7  "]);
        assert_eq!(told("s.add_dependency"), ["1  "]);
        assert_eq!(
            told("s.add_dependency 'a', ['>= 1', '< 3']\ns.add_dependency 'b', '~> 1', '!= 1.2'"),
            ["1 a >= 1, < 3", "2 b ~> 1, != 1.2"]
        );
        assert_eq!(told("s.add_dependency 'a', VERSION"), ["1 a "]);
        assert_eq!(told(""), [""; 0]);
    }
}
