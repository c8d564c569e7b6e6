//! Rails: what it sends by itself, `config.force_ssl`, and its policy files
//! (<https://guides.rubyonrails.org/security.html#default-security-headers>).

use super::model::{Header, HeaderSetting, Layer, Place, REPORT_ONLY, Settings, Text};
use super::sources::{Sources, name_of};
use super::tokens::{Kind, Token};
use super::values::{Reader, Value, assigned};

/// The file that every Rails app has.
pub const APPLICATION: &str = "config/application.rb";

/// The folder of each Rails app: empty, or `backend/`.
pub fn apps(sources: &Sources) -> impl Iterator<Item = &str> {
    sources.all().filter_map(|(path, text)| {
        let folder = path.strip_suffix(APPLICATION)?;
        (text.contains("Rails::Application") && (folder.is_empty() || folder.ends_with('/'))).then_some(folder)
    })
}

/// Reads every Rails app.
pub fn read(sources: &Sources, settings: &mut Settings) {
    for folder in apps(sources) {
        let production: Vec<(&str, &[Token])> = sources
            .code(|path| {
                path.starts_with(folder)
                    && path.ends_with(".rb")
                    && path.strip_prefix(folder).is_some_and(|path| {
                        path.starts_with("config/")
                            && (!path.contains("environments/") || name_of(path) == "production.rb")
                    })
            })
            .collect();
        let application = format!("{folder}{APPLICATION}");
        defaults(&application, &production, settings);
        force_ssl(sources, &production, settings);
        let policy = production.iter().find_map(|(path, tokens)| {
            Some((*path, tokens.iter().find(|token| token.named("content_security_policy"))?))
        });
        if let Some((path, token)) = policy {
            let only = production.iter().any(|(_, tokens)| {
                matches!(assigned(tokens, "content_security_policy_report_only").first(), Some((Value::Bool(true), _)))
            });
            let name = if only { REPORT_ONLY } else { Header::Csp.name() };
            settings.headers.push(HeaderSetting::site(Layer::Rails, Place::new(path, token.line), name, Text::Dynamic));
        }
        let policy = production
            .iter()
            .find_map(|(path, tokens)| Some((*path, tokens.iter().find(|token| token.named("permissions_policy"))?)));
        if let Some((path, token)) = policy {
            // Which name it is sent under depends on the version.
            settings.headers.push(HeaderSetting::site(
                Layer::Rails,
                Place::new(path, token.line),
                Header::Permissions.name(),
                Text::Dynamic,
            ));
        }
    }
}

/// Rails sends some unless `default_headers` is given another value; `merge!` and `[]=` are read with other code.
fn defaults(application: &str, files: &[(&str, &[Token])], settings: &mut Settings) {
    for (path, tokens) in files {
        let at = tokens.iter().enumerate().position(|(at, token)| {
            token.named("default_headers") && tokens.get(at + 1).is_some_and(|next| next.is("="))
        });
        if let Some(at) = at {
            let Value::Object { fields, .. } = Reader::new(tokens, at + 2).value() else {
                settings.unclear.push((None, format!("`default_headers` in {path} come from elsewhere")));
                return;
            };
            for (name, value, line) in fields {
                let value = value.text().map_or(Text::Dynamic, Text::from);
                settings.headers.push(HeaderSetting::site(Layer::Rails, Place::new(path, line), &name, value));
            }
            return;
        }
    }
    for (name, value) in [
        ("X-Frame-Options", "SAMEORIGIN"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ] {
        settings.headers.push(HeaderSetting::site(Layer::Rails, Place::new(application, 1), name, value));
    }
}

fn force_ssl(sources: &Sources, files: &[(&str, &[Token])], settings: &mut Settings) {
    for (path, tokens) in files {
        let Some((value, line)) = assigned(tokens, "force_ssl").into_iter().next_back() else { continue };
        let place = Place::new(path, line);
        let value = match value {
            Value::Bool(false) => continue,
            Value::Bool(true) => Text::Known(format!("max-age={}; includeSubDomains", age(sources, files))),
            _ => Text::Dynamic,
        };
        let options = tokens.iter().any(|token| token.kind == Kind::Name && token.text == "hsts");
        settings.headers.push(HeaderSetting::site(
            Layer::Rails,
            place,
            Header::Hsts.name(),
            if options { Text::Dynamic } else { value },
        ));
        return;
    }
}

/// Two years since Rails 6.1, one before.
fn age(sources: &Sources, files: &[(&str, &[Token])]) -> u64 {
    let old = files.iter().any(|(_, tokens)| {
        tokens
            .iter()
            .any(|token| token.kind == Kind::Number && matches!(token.text.as_str(), "5.0" | "5.1" | "5.2" | "6.0"))
    });
    let locked = sources.manifests().any(|(path, text)| {
        name_of(path) == "Gemfile"
            && text.lines().any(|line| {
                line.trim_start().starts_with("gem")
                    && line.contains("rails\"")
                    && (line.contains(" 5.") || line.contains(" 6.0"))
            })
    });
    if old || locked { 31_536_000 } else { 63_072_000 }
}
