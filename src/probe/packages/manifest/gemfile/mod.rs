//! `Gemfile` and `gems.rb` (<https://bundler.io/man/gemfile.5.html>).
//!
//! They are programs. What they say plainly is read statement by statement; what would have to be worked out is counted.

mod call;
mod registries;
mod spec;

use super::{Declared, Form, Manifest, Pin, Placed, Runtime, Source, reason};
use crate::probe::packages::{NotUnderstood, Scope};
use call::{Call, Value, statements};
pub use registries::registries_of_gems;
pub use spec::needs_of_gem;

/// Groups that production leaves out, by custom (<https://bundler.io/guides/groups.html>).
const DEVELOPMENT: [&str; 14] = [
    "development",
    "dev",
    "develop",
    "test",
    "tests",
    "testing",
    "ci",
    "lint",
    "linting",
    "rubocop",
    "doc",
    "docs",
    "documentation",
    "debug",
];

/// What a block says of the gems in it.
#[derive(Default)]
struct Block {
    groups: Vec<String>,
    source: Option<Source>,
    /// The folder that they come from.
    folder: Option<String>,
    /// A commit or tag is named for all of them.
    is_pinned: bool,
    /// They are for one platform, or for a case: `platforms`, `install_if`, `if`.
    is_conditional: bool,
}

/// Reads a manifest.
///
/// # Errors
/// When it is in the middle of a merge.
pub fn read(path: &str, text: &str) -> Result<Manifest, NotUnderstood> {
    let mut manifest = Manifest { path: path.to_owned(), ..Manifest::default() };
    let mut blocks: Vec<Block> = Vec::new();
    for (line, statement) in statements(text) {
        if statement.starts_with("<<<<<<<") || statement.starts_with(">>>>>>>") {
            return Err(NotUnderstood::at("Gemfile with a merge that is not finished", line as usize));
        }
        let call = Call::of(&statement);
        match call.name.as_str() {
            "end" => {
                blocks.pop();
            }
            "gem" => gem(
                &call,
                [" if ", " unless "].iter().any(|word| statement.contains(word)),
                line,
                &blocks,
                &mut manifest,
            ),
            "ruby" => {
                let versions: Vec<&str> = call.plain().collect();
                if !versions.is_empty() {
                    manifest.runtimes.push(Runtime { name: "ruby".to_owned(), range: versions.join(", "), line });
                } else if call.option("file").is_none() {
                    manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
                }
            }
            "gemspec" | "eval_gemfile" | "instance_eval" | "eval" => {
                manifest.gaps.add(reason::DYNAMIC, &format!("{} on line {line}", call.name));
            }
            // `%w[a b].each { |name| gem name }`
            _ if statement.contains(" gem ") || statement.contains(" gem(") => {
                manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
            }
            _ => {}
        }
        if call.opens_block {
            blocks.push(block(&call));
        }
    }
    Ok(manifest)
}

fn block(call: &Call) -> Block {
    let mut block = Block::default();
    match call.name.as_str() {
        "group" => block.groups = call.values.iter().flat_map(Value::words).collect(),
        "git" | "github" | "gist" | "bitbucket" => {
            block.source = Some(Source::Git);
            block.is_pinned = ["ref", "tag"].iter().any(|key| call.option(key).is_some());
        }
        "path" => {
            block.source = Some(Source::Own);
            block.folder = call.plain().next().map(str::to_owned);
        }
        "source" => {}
        _ => block.is_conditional = true,
    }
    block
}

fn gem(call: &Call, is_case: bool, line: u32, blocks: &[Block], manifest: &mut Manifest) {
    let mut plain = call.values.iter();
    let Some(Value::Text(name)) = plain.next() else {
        manifest.gaps.add(reason::DYNAMIC, &format!("line {line}"));
        return;
    };
    let mut ranges = Vec::new();
    for value in plain {
        match value {
            Value::Text(range) => ranges.push(range.clone()),
            Value::List(all) => ranges.extend(all.iter().cloned()),
            Value::Symbol(_) | Value::Other => manifest.gaps.add(reason::DYNAMIC, name),
        }
    }
    let mut groups: Vec<String> = blocks.iter().flat_map(|block| block.groups.iter().cloned()).collect();
    for value in ["group", "groups"].iter().filter_map(|key| call.option(key)) {
        if matches!(value, Value::Other) {
            // Whatever it is, production may be among it.
            manifest.gaps.add(reason::DYNAMIC, name);
            groups.push("default".to_owned());
        }
        groups.extend(value.words());
    }
    let is_development = !groups.is_empty() && groups.iter().all(|group| DEVELOPMENT.contains(&group.as_str()));
    let range = ranges.join(", ");
    let has = |key: &&str| call.option(key).is_some();
    let (source, is_pinned) = if ["git", "github", "gist", "bitbucket"].iter().any(has) {
        (Source::Git, ["ref", "tag"].iter().any(has))
    } else if has(&"path") {
        (Source::Own, true)
    } else {
        let around = blocks.iter().rev().find_map(|block| block.source.map(|source| (source, block.is_pinned)));
        around.unwrap_or((Source::Registry, false))
    };
    if source == Source::Own {
        let own = call.option("path").and_then(|value| value.words().into_iter().next());
        let around = || blocks.iter().rev().find_map(|block| block.folder.as_ref().map(|at| format!("{at}/{name}")));
        let folder = own.or_else(around).unwrap_or_default();
        manifest.placed.push(Placed { name: name.clone(), folder, forced: false });
    }
    let for_some = ["platforms", "platform", "install_if"].iter().any(has);
    if for_some || is_case || blocks.iter().any(|block| block.is_conditional) {
        manifest.conditional.insert(name.clone());
    }
    let pin = match source {
        Source::Own => Pin::Exact,
        Source::Git | Source::Url => {
            if is_pinned {
                Pin::Exact
            } else {
                Pin::Loose
            }
        }
        Source::Registry => pin(&ranges),
    };
    if !call.options.is_empty() {
        manifest.forms.insert(line, Form::Detailed);
    }
    manifest.declared.push(Declared {
        name: name.clone(),
        alias: None,
        range,
        scope: if is_development { Scope::Development } else { Scope::Production },
        optional: false,
        source,
        pin,
        line,
    });
}

/// The guides of RubyGems, "Patterns", "Declaring dependencies"
fn pin(ranges: &[String]) -> Pin {
    let is_exact = |range: &String| {
        let version = range.trim().trim_start_matches('=').trim();
        version.starts_with(|c: char| c.is_ascii_digit())
    };
    let says_nothing = |range: &String| matches!(range.replace(' ', "").as_str(), ">=0" | ">=0.a");
    // Rails' own generator writes gems without any version: by custom the lock file is what fixes them.
    if ranges.iter().any(says_nothing) {
        Pin::Loose
    } else if ranges.iter().any(is_exact) {
        Pin::Exact
    } else {
        Pin::Range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let manifest = read("Gemfile", text).unwrap();
        let mut told: Vec<String> = (manifest.declared.iter())
            .map(|d| format!("{}: {} {:?} {:?} {:?} {:?}", d.line, d.name, d.range, d.scope, d.source, d.pin))
            .collect();
        told.extend(manifest.runtimes.iter().map(|r| format!("{}: {} {}", r.line, r.name, r.range)));
        told.extend(
            manifest.gaps.into_vec().iter().map(|gap| format!("gap {} {}", gap.count, gap.examples.join(", "))),
        );
        told
    }

    #[test]
    fn gems_with_their_groups_and_places() {
        let text = r#"source "https://user:secret@gems.example.com"
ruby "3.3.1", "< 4"
# gem "commented"
gem 'rails', '~> 7.1', ">= 7.1.2" # why
gem("pg", "1.5.6", require: false)
gem "plain"
gem "own", path: "../own"
gem "fork", github: "acme/fork", branch: "main"
gem "fixed", :git => "https://git.example.com/fixed.git",
             :ref => "abc"
gem "both", group: [:development, :production]
gem "old", "1.0", :group => :test
gem "words", groups: %i[development test]
gem "quoted", group: ["test", 'ci']
group :development, :test do
  gem "rspec-rails" if true
  platforms :mri do
    gem "byebug", platforms: [:mri, :mingw]
  end
end
group(:assets) { gem "sass" }
git "https://git.example.com/many.git", tag: "v1" do
  gem "many"
end
source "https://gems.example.com" do
  gem "private", ">= 0"
end
if ENV["X"] then y end
if ENV["X"]
  gem "conditional", "~> 1"
else
  gem "other", "~> 2"
end
gem name, "1"
gem "rails-#{x}"
gem "variable", VERSION
eval_gemfile "other"
%w[a b].each do |name|
  gem name
end
gem "after", "> 1", "< 3"
=begin
gem "in a comment"
=end
gem "last"
__END__
gem "data"
"#;
        assert_eq!(
            told(text),
            [
                "4: rails \"~> 7.1, >= 7.1.2\" Production Registry Range",
                "5: pg \"1.5.6\" Production Registry Exact",
                "6: plain \"\" Production Registry Range",
                "7: own \"\" Production Own Exact",
                "8: fork \"\" Production Git Loose",
                "9: fixed \"\" Production Git Exact",
                "11: both \"\" Production Registry Range",
                "12: old \"1.0\" Development Registry Exact",
                "13: words \"\" Development Registry Range",
                "14: quoted \"\" Development Registry Range",
                "16: rspec-rails \"\" Development Registry Range",
                "18: byebug \"\" Development Registry Range",
                "21: sass \"\" Production Registry Range",
                "23: many \"\" Production Git Exact",
                "26: private \">= 0\" Production Registry Loose",
                "30: conditional \"~> 1\" Production Registry Range",
                "32: other \"~> 2\" Production Registry Range",
                "36: variable \"\" Production Registry Range",
                "41: after \"> 1, < 3\" Production Registry Range",
                "45: last \"\" Production Registry Range",
                "2: ruby 3.3.1, < 4",
                "gap 5 line 34, line 35, variable",
            ]
        );
    }

    #[test]
    fn odd_files_harm_nobody() {
        assert_eq!(read("Gemfile", "gem \"a\"\n<<<<<<< HEAD\n").unwrap_err().line, Some(2));
        assert!(told("").is_empty());
        assert_eq!(told("gem \"unfinished").len(), 1);
        assert_eq!(told("gem \"a\", group: :test, group: :default").len(), 1);
        let deep = format!("gem {}\n", "[".repeat(100_000));
        assert_eq!(told(&deep), ["gap 1 line 1"]);
        let long = format!("gem \"a\"{}\n", ",\n\"1\"".repeat(50_000));
        assert_eq!(told(&long).len(), 1);
    }
}
