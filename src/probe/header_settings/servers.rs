//! Flask-Talisman and Spring Security: what they send by themselves.

use super::ecma::argument;
use super::model::{Header, HeaderSetting, Layer, Place, Scope, Settings, Text};
use super::sources::{Sources, line_of};
use super::values::Value;

/// Reads both.
pub fn read(sources: &Sources, settings: &mut Settings) {
    talisman(sources, settings);
    spring(sources, settings);
}

/// `Talisman(app)` (<https://github.com/wntrblm/flask-talisman#options>).
fn talisman(sources: &Sources, settings: &mut Settings) {
    for (path, tokens) in sources.code(|path| path.ends_with(".py")) {
        let called = tokens.iter().enumerate().filter(|(_, token)| token.named("Talisman"));
        let Some((at, token)) = called.into_iter().find(|(at, _)| tokens.get(at + 1).is_some_and(|next| next.is("(")))
        else {
            continue;
        };
        let place = Place::new(path, token.line);
        // With more than the app, its options decide; they are not read.
        let plain = tokens.get(at + 3).is_some_and(|end| end.is(")")) && argument(tokens, at).is_some();
        for (header, value) in [
            (Header::Hsts, "max-age=31556926; includeSubDomains"),
            (Header::Nosniff, "nosniff"),
            (Header::Framing, "SAMEORIGIN"),
            (Header::Csp, "default-src 'self'; object-src 'none'"),
            (Header::Referrer, "strict-origin-when-cross-origin"),
        ] {
            let value = if plain { Text::from(value) } else { Text::Dynamic };
            settings.headers.push(HeaderSetting::site(Layer::Flask, place.clone(), header.name(), value));
        }
    }
}

/// Spring Security sends some as soon as it is there
/// (<https://docs.spring.io/spring-security/reference/features/exploits/headers.html>).
fn spring(sources: &Sources, settings: &mut Settings) {
    let manifest = sources
        .manifests()
        .find(|(_, text)| text.contains("spring-boot-starter-security") || text.contains("spring-security-web"));
    let Some((manifest, text)) = manifest else { return };
    let mut off: Vec<Header> = Vec::new();
    let mut custom = false;
    for (path, tokens) in sources.code(|path| path.ends_with(".java") || path.ends_with(".kt")) {
        let line: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        let text = line.join(" ");
        if text.contains("headers ( ) . disable")
            || text.contains("headers ( AbstractHttpConfigurer : : disable")
            || text.contains("headers . disable (")
            || text.contains("defaultsDisabled")
        {
            off.extend([Header::Hsts, Header::Nosniff, Header::Framing]);
        }
        for (word, header) in [
            ("frameOptions", Header::Framing),
            ("httpStrictTransportSecurity", Header::Hsts),
            ("contentTypeOptions", Header::Nosniff),
        ] {
            if let Some(at) = text.find(word) {
                let after: String = text.get(at..).unwrap_or_default().chars().take(160).collect();
                if after.contains("disable") {
                    off.push(header);
                    let place =
                        Place::new(path, tokens.iter().find(|token| token.text == word).map_or(1, |token| token.line));
                    settings.faults.push(super::model::Fault {
                        place,
                        message: format!("Spring Security would send {} by itself; here it is switched off", header.name()),
                        fix: "Take the line away, or allow your own pages with `frameOptions(frame -> frame.sameOrigin())`.".to_owned(),
                        grave: header != Header::Nosniff,
                        about_headers: true,
                    });
                } else {
                    custom = true;
                }
            }
        }
        for (call, header) in [
            ("contentSecurityPolicy", Header::Csp),
            ("referrerPolicy", Header::Referrer),
            ("permissionsPolicy", Header::Permissions),
        ] {
            if let Some(token) = tokens.iter().find(|token| token.named(call)) {
                settings.headers.push(HeaderSetting::site(
                    Layer::Spring,
                    Place::new(path, token.line),
                    header.name(),
                    Text::Dynamic,
                ));
            }
        }
        writers(path, tokens, settings);
    }
    let line = line_of(text, "spring-boot-starter-security").max(line_of(text, "spring-security-web"));
    for (header, value) in [
        (Header::Hsts, "max-age=31536000 ; includeSubDomains"),
        (Header::Nosniff, "nosniff"),
        (Header::Framing, "DENY"),
    ] {
        if !off.contains(&header) {
            let value = if custom { Text::Dynamic } else { Text::from(value) };
            settings.headers.push(HeaderSetting::site(Layer::Spring, Place::new(manifest, line), header.name(), value));
        }
    }
}

/// `new StaticHeadersWriter("Permissions-Policy", "…")`.
fn writers(path: &str, tokens: &[super::tokens::Token], settings: &mut Settings) {
    for (at, arguments) in super::ecma::given(tokens, "StaticHeadersWriter") {
        if let [Value::Text(name), Value::Text(value), ..] = arguments.as_slice() {
            let line = tokens.get(at).map_or(1, |token| token.line);
            settings.headers.push(
                HeaderSetting::site(Layer::Spring, Place::new(path, line), name, value.as_str()).scope(Scope::Site),
            );
        }
    }
}
