//! `*.gemspec`: what a gem of the project needs (<https://guides.rubygems.org/specification-reference/#add_dependency>).

use super::call::{Call, Value, statements};

/// A need of a gem, with its line; `None` where only a program can work out its name. Those that are for some cases only are
/// left out.
pub fn needs_of_gem(text: &str) -> Vec<(u32, Option<String>)> {
    let mut found = Vec::new();
    for (line, statement) in statements(text) {
        let calls = [".add_dependency", ".add_runtime_dependency"];
        let Some(at) = calls.iter().find_map(|call| statement.find(call)) else { continue };
        if [" if ", " unless "].iter().any(|word| statement.contains(word)) {
            continue;
        }
        let call = Call::of(statement.get(at + 1..).unwrap_or_default());
        let name = call.values.into_iter().next().and_then(|value| match value {
            Value::Text(name) => Some(name),
            Value::Symbol(_) | Value::List(_) | Value::Other => None,
        });
        found.push((line, name));
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
        let of = |name: &str| Some(name.to_owned());
        assert_eq!(needs_of_gem(text), [(3, of("rack")), (5, of("rake")), (7, None)]);
        assert_eq!(needs_of_gem("s.add_dependency"), [(1, None)]);
        assert_eq!(needs_of_gem(""), []);
    }
}
