//! What Spring puts before controllers: its security's chains of filters, interceptors, filters of the project.

use super::{Cover, Guard, Verb, joined, named_guard, names, resolve};
use crate::probe::source::code::{Call, Value};
use crate::probe::source::facts::{CodeIndex, FileFacts, Language, Role};
use crate::probe::source::index::Group;

/// Files of Java that answer requests, and those that set the app up.
pub(super) static JAVA: Group = Group {
    name: "Java that answers",
    holds: |file| file.language == Language::Java && matches!(file.role, Role::Server | Role::Config),
};

/// How many links of a chain are followed.
const MAX_LINKS: usize = 12;

/// One line of what a chain says: these paths are open, or need somebody who has signed in.
#[derive(Debug)]
struct Matcher {
    /// Empty: all paths.
    patterns: Vec<String>,
    verb: Option<Verb>,
    open: bool,
}

/// One chain of filters.
#[derive(Debug, Default)]
struct Chain {
    /// The paths that it is for; empty: all.
    under: Vec<String>,
    matchers: Vec<Matcher>,
    /// Some of its paths cannot be told.
    unknown: bool,
}

/// An interceptor or filter of the project, and the paths for which it runs and does not run.
#[derive(Debug)]
struct Around {
    guard: Guard,
    on: Vec<String>,
    off: Vec<String>,
}

/// What stands before controllers.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// The starter is there, which closes everything until somebody says otherwise.
    starter: bool,
    /// It is set up in a form that is not understood.
    other: bool,
    chains: Vec<Chain>,
    around: Vec<Around>,
}

const MATCHERS: [&str; 8] = [
    "requestMatchers",
    "antMatchers",
    "mvcMatchers",
    "pathMatchers",
    "anyRequest",
    "anyExchange",
    "regexMatchers",
    "servletPathMatchers",
];

impl Security {
    pub fn new(index: &CodeIndex) -> Self {
        let mut found = Self {
            starter: index.plain.iter().any(|file| {
                let build = file.name() == "pom.xml" || file.name().starts_with("build.gradle");
                let named = |name: &str| file.text.contains(name);
                build
                    && (named("spring-boot-starter-security")
                        || named("spring-boot-starter-oauth2-resource-server")
                        || named("spring-boot-starter-oauth2-client")
                        || named("spring-cloud-starter-security"))
            }),
            ..Self::default()
        };
        for (place, file) in index.group(&JAVA) {
            if file.imports_any(|module| module.starts_with("org.springframework.security.config")) {
                found.chains_of(file);
            } else if file.imports_any(|m| {
                m.starts_with("org.apache.shiro") || m.starts_with("cn.dev33.satoken") || m.starts_with("org.keycloak")
            }) {
                found.other = true;
            }
            found.interceptors(index, place, file);
        }
        // Chains for some paths come before the one for all others.
        found.chains.sort_by_key(|chain| chain.under.is_empty());
        found
    }

    /// The chains that a file sets up, each in a method of its own.
    fn chains_of(&mut self, file: &FileFacts) {
        for function in file.functions.iter().skip(1).filter(|function| function.class.is_some()) {
            let takes = |kind: &str| function.parameters.iter().any(|p| p.annotation.ends_with(kind));
            if !takes("HttpSecurity") && !takes("WebSecurity") {
                continue;
            }
            let mut chain = Chain::default();
            let mut calls: Vec<&Call> = file.calls_of(&function.body).map(|(_, call)| call).collect();
            // Links of a chain begin together; their ends tell the order.
            calls.sort_by_key(|call| call.place.bytes.1);
            for call in calls {
                match call.method() {
                    "securityMatcher" | "securityMatchers" | "antMatcher"
                        if call.argument(0).is_some_and(|v| texts(file, call, v).is_some())
                            && call.argument_of.is_none_or(|id| {
                                file.call(id).is_none_or(|outer| !MATCHERS.contains(&outer.method()))
                            }) =>
                    {
                        chain.under.extend(call.arguments.iter().filter_map(|a| texts(file, call, &a.value)).flatten());
                    }
                    "ignoring" => {}
                    name if MATCHERS.contains(&name) => chain.matcher(file, call),
                    _ => {}
                }
            }
            if takes("WebSecurity") && !takes("HttpSecurity") {
                // `web.ignoring().antMatchers(…)`: no filter runs there.
                for matcher in &mut chain.matchers {
                    matcher.open = true;
                }
                chain.under = chain.matchers.iter().flat_map(|m| m.patterns.clone()).collect();
                if chain.under.is_empty() {
                    continue;
                }
            }
            self.chains.push(chain);
        }
    }

    /// `registry.addInterceptor(login).addPathPatterns("/account/**")`, and filters that refuse some.
    fn interceptors(&mut self, index: &CodeIndex, place: usize, file: &FileFacts) {
        for call in
            file.calls.iter().filter(|call| matches!(call.method(), "addInterceptor" | "addWebRequestInterceptor"))
        {
            let class = match call.argument(0) {
                Some(Value::Call(id)) => file.call(*id).map(|made| made.method().to_owned()),
                Some(Value::Path(path)) => {
                    let name = path.rsplit('.').next().unwrap_or(path);
                    let kind = file.classes.iter().flat_map(|class| &class.fields).find(|(field, _)| &**field == name);
                    Some(kind.map_or_else(|| name.to_owned(), |(_, kind)| kind.to_string()))
                }
                _ => None,
            };
            let Some(class) = class else { continue };
            let (mut on, mut off) = (Vec::new(), Vec::new());
            let mut link = call.chained;
            for _ in 0..MAX_LINKS {
                let Some(found) = link.and_then(|id| file.call(id)) else { break };
                let all = || found.arguments.iter().filter_map(|a| texts(file, found, &a.value)).flatten();
                match found.method() {
                    "addPathPatterns" => on.extend(all()),
                    "excludePathPatterns" => off.extend(all()),
                    _ => {}
                }
                link = found.chained;
            }
            let function = index
                .classes_called(&class)
                .iter()
                .find_map(|at| resolve::method(index.files.get(*at)?, &class, "preHandle").map(|id| (*at, id)));
            self.around.push(Around { guard: named_guard(&class, function), on, off });
        }
        let filters = ["OncePerRequestFilter", "Filter", "GenericFilterBean", "HttpFilter", "WebFilter"];
        for class in file.classes.iter().filter(|class| class.bases.iter().any(|base| filters.contains(&&**base))) {
            let body = ["doFilterInternal", "doFilter", "filter"]
                .iter()
                .find_map(|name| resolve::method(file, &class.name, name));
            let patterns =
                class.decorators.iter().filter(|d| d.method() == "WebFilter").filter_map(|d| file.call(d.call?));
            let on = patterns
                .flat_map(|call| {
                    call.arguments.iter().filter_map(|a| texts(file, call, &a.value)).flatten().collect::<Vec<_>>()
                })
                .filter(|text| text.starts_with('/'))
                .collect();
            // A filter that only looks a token up sends nobody away, whatever it is called.
            let guard = match body {
                Some(id) if names::limits_rate(&class.name) => named_guard(&class.name, Some((place, id))),
                Some(id) => named_guard("", Some((place, id))),
                None => continue,
            };
            self.around.push(Around { guard, on, off: Vec::new() });
        }
    }

    /// What stands before a route.
    pub fn before(&self, verb: Verb, path: &str) -> Vec<Guard> {
        let mut guards: Vec<Guard> = self
            .around
            .iter()
            .filter(|around| around.on.is_empty() || around.on.iter().any(|on| fits(on, path)))
            .filter(|around| !around.off.iter().any(|off| fits(off, path)))
            .map(|around| around.guard.clone())
            .collect();
        let auth = self.cover(verb, path);
        if self.starter || self.other || !self.chains.is_empty() {
            guards.push(Guard { auth, ..named_guard("Spring Security", None) });
        }
        guards
    }

    /// Whether a chain names just this path as open.
    pub fn opens(&self, verb: Verb, path: &str) -> bool {
        self.chain(path).and_then(|chain| chain.says(verb, path)).is_some_and(|matcher| {
            matcher.open && matcher.patterns.iter().any(|on| !on.contains('*') && fits(on, path))
        })
    }

    fn chain(&self, path: &str) -> Option<&Chain> {
        self.chains.iter().find(|c| c.under.is_empty() || c.under.iter().any(|on| fits(on, path)))
    }

    fn cover(&self, verb: Verb, path: &str) -> Cover {
        if self.other {
            return Cover::Unknown;
        }
        let Some(chain) = self.chain(path) else {
            return if self.chains.is_empty() && self.starter { Cover::Yes } else { Cover::Unknown };
        };
        match chain.says(verb, path) {
            Some(matcher) if matcher.open => Cover::No,
            Some(_) => Cover::Yes,
            None if chain.unknown => Cover::Unknown,
            None => Cover::No,
        }
    }
}

impl Chain {
    /// The first line that is about a path.
    fn says(&self, verb: Verb, path: &str) -> Option<&Matcher> {
        self.matchers.iter().find(|matcher| {
            (matcher.patterns.is_empty() || matcher.patterns.iter().any(|on| fits(on, path)))
                && matcher.verb.is_none_or(|wanted| wanted == verb || verb == Verb::Any)
        })
    }

    /// `.requestMatchers(HttpMethod.POST, "/a", "/b").permitAll()`.
    fn matcher(&mut self, file: &FileFacts, call: &Call) {
        let Some(says) = call.chained.and_then(|id| file.call(id)) else { return };
        let says =
            if says.method() == "not" { says.chained.and_then(|id| file.call(id)).unwrap_or(says) } else { says };
        let open = match says.method() {
            "permitAll" | "anonymous" => true,
            "access" => {
                let mut open = false;
                says.arguments
                    .iter()
                    .for_each(|a| a.value.walk(&mut |v| open |= v.text().is_some_and(|t| t.contains("permitAll"))));
                open
            }
            "authenticated" | "fullyAuthenticated" | "rememberMe" | "denyAll" | "hasIpAddress" => false,
            name if name.starts_with("has") => false,
            // `securityMatchers(m -> m.requestMatchers("/api/**"))` and `csrf(c -> c.ignoringRequestMatchers(…))` say nothing.
            _ => return,
        };
        let mut patterns = Vec::new();
        let mut verb = None;
        for argument in &call.arguments {
            let method = argument.value.path().and_then(|path| Verb::of(path.rsplit('.').next()?));
            if method.is_some() {
                verb = method;
                continue;
            }
            match texts(file, call, &argument.value) {
                Some(found) => patterns.extend(found),
                None => self.unknown = true,
            }
        }
        if patterns.is_empty() && !call.arguments.is_empty() && verb.is_none() {
            return;
        }
        self.matchers.push(Matcher { patterns, verb, open });
    }
}

/// The texts that a value stands for.
fn texts(file: &FileFacts, call: &Call, value: &Value) -> Option<Vec<String>> {
    match file.resolved(value, call.function) {
        Value::Text(text) => Some(vec![text.to_string()]),
        Value::Array(items) => {
            items.iter().map(|item| file.resolved(item, call.function).text().map(ToOwned::to_owned)).collect()
        }
        // `new AntPathRequestMatcher("/x")`, `antMatcher("/x")`.
        Value::Call(id) => {
            let made = file.call(*id)?;
            let text = made.arguments.iter().find_map(|a| a.value.text())?;
            (made.method().ends_with("atcher")).then(|| vec![text.to_owned()])
        }
        Value::Path(path) if path.contains('.') => {
            let name = path.rsplit('.').next()?;
            match file.assignments_to(name).next().map(|set| &set.value) {
                Some(Value::Text(text)) => Some(vec![text.to_string()]),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a path lies under a pattern of Ant: `/api/**`, `/users/*`, `/users/{id}`.
fn fits(pattern: &str, path: &str) -> bool {
    fn parts(path: &str) -> Vec<&str> {
        path.split('/').filter(|part| !part.is_empty()).collect()
    }
    let whole = joined("", pattern);
    let (pattern, path) = (parts(&whole), parts(path));
    let mut at = 0;
    for part in &pattern {
        if *part == "**" {
            return true;
        }
        let Some(found) = path.get(at) else { return false };
        let same = part == found
            || *part == "*"
            || part.starts_with('{')
            || found.starts_with('{')
            || part.strip_suffix('*').is_some_and(|start| found.starts_with(start))
            || part.strip_prefix('*').is_some_and(|end| found.ends_with(end));
        if !same {
            return false;
        }
        at += 1;
    }
    at == path.len()
}
