//! The exact lines to add for a layer. Whatever is pasted is read back by the readers beside this file: a test does so for
//! each of them.

use super::django;
use super::front::Front;
use super::model::{Header, Layer, Lines};
use super::sources::{Sources, folder_of, name_of};

/// What to paste so that `headers` are sent.
#[must_use]
pub fn lines_for(front: &Front, headers: &[Header], sources: &Sources) -> Vec<Lines> {
    let pairs: Vec<(&str, &str)> = headers.iter().map(|header| header.pasted()).collect();
    if pairs.is_empty() {
        return Vec::new();
    }
    let one =
        |at: &str, text: String| vec![Lines { path: front.path.clone(), at: at.to_owned(), text, line: front.line }];
    let each = |line: &dyn Fn(&str, &str) -> String| {
        pairs.iter().map(|(name, value)| line(name, value)).collect::<Vec<_>>().join("\n")
    };
    let beside = |what: &str| front.line.map_or_else(|| what.to_owned(), |line| format!("{what} of line {line}"));
    match front.layer {
        Layer::Nginx => one(
            &format!(
                "{}, and again in every `location` that has an `add_header` of its own",
                beside("inside the `server` block")
            ),
            each(&|name, value| format!("    add_header {name} \"{value}\" always;")),
        ),
        Layer::Caddy => one(
            &beside("inside the site block"),
            format!("\theader {{\n{}\n\t}}", each(&|name, value| format!("\t\t{name} \"{value}\""))),
        ),
        Layer::Apache => one(
            "at the end of the file",
            format!(
                "<IfModule mod_headers.c>\n{}\n</IfModule>",
                each(&|name, value| format!("  Header always set {name} \"{value}\""))
            ),
        ),
        Layer::Vercel | Layer::Firebase | Layer::Netlify | Layer::HeadersFile => {
            of_host(front, sources, &pairs, "/").into_iter().collect()
        }
        Layer::Next => next(front, sources, &pairs),
        Layer::Nuxt => one(
            "inside `defineNuxtConfig({ … })`",
            format!(
                "  routeRules: {{\n    \"/**\": {{\n      headers: {{\n{}\n      }},\n    }},\n  }},",
                each(&|name, value| format!("        \"{name}\": \"{value}\","))
            ),
        ),
        Layer::SvelteKit => one(
            "as the file's `handle`; join it with one that is there already by `sequence` of @sveltejs/kit/hooks",
            format!(
                "export async function handle({{ event, resolve }}) {{\n  const response = await resolve(event);\n{}\n  return response;\n}}",
                each(&|name, value| format!("  response.headers.set(\"{name}\", \"{value}\");"))
            ),
        ),
        Layer::Express => one(
            &after(front),
            format!(
                "app.use((req, res, next) => {{\n  res.set({{\n{}\n  }});\n  next();\n}});",
                each(&|name, value| format!("    \"{name}\": \"{value}\","))
            ),
        ),
        Layer::Fastify => one(
            &after(front),
            format!(
                "app.addHook(\"onSend\", async (request, reply, payload) => {{\n  reply.headers({{\n{}\n  }});\n  return payload;\n}});",
                each(&|name, value| format!("    \"{name}\": \"{value}\","))
            ),
        ),
        Layer::Koa => one(
            &after(front),
            format!(
                "app.use(async (ctx, next) => {{\n  ctx.set({{\n{}\n  }});\n  await next();\n}});",
                each(&|name, value| format!("    \"{name}\": \"{value}\","))
            ),
        ),
        Layer::Django => of_django(front, headers, sources),
        Layer::Flask => one(
            &after(front),
            format!(
                "@app.after_request\ndef security_headers(response):\n{}\n    return response",
                each(&|name, value| format!("    response.headers[\"{name}\"] = \"{value}\""))
            ),
        ),
        Layer::FastApi => one(
            &after(front),
            format!(
                "@app.middleware(\"http\")\nasync def security_headers(request, call_next):\n    response = await call_next(request)\n{}\n    return response",
                each(&|name, value| format!("    response.headers[\"{name}\"] = \"{value}\""))
            ),
        ),
        Layer::Rails => rails(front, headers),
        Layer::Laravel => laravel(front, &pairs),
        Layer::Spring => spring(front, &pairs),
        Layer::Page | Layer::Code => Vec::new(),
    }
}

/// Where an app is made.
fn after(front: &Front) -> String {
    let line = front.line.map_or_else(String::new, |line| format!(" in line {line}"));
    format!("after the app is made{line}, before its routes; write the name that your app has")
}

/// What to paste so that a host sends these headers with everything below `folder`, which begins and ends with a slash;
/// `None` for what is no host.
pub fn of_host(front: &Front, sources: &Sources, pairs: &[(&str, &str)], folder: &str) -> Option<Lines> {
    let each = |line: &dyn Fn(&str, &str) -> String| {
        pairs.iter().map(|(name, value)| line(name, value)).collect::<Vec<_>>().join("\n")
    };
    let rule = |source: &str| {
        let list = keyed(pairs, "        ", '"');
        format!("    {{\n      \"source\": \"{source}\",\n      \"headers\": [\n{list}\n      ]\n    }}")
    };
    let (at, text) = match front.layer {
        Layer::Vercel => {
            let (at, open, close) = list_or_new(front, sources, "\"headers\"");
            (at, format!("{open}{}{close}", rule(&format!("{folder}(.*)"))))
        }
        Layer::Firebase => {
            let (at, open, close) = list_or_new(front, sources, "\"headers\"");
            let at = if at.starts_with("in the list") { at } else { "inside `hosting`, after its opening brace" };
            let source = if folder == "/" { "**".to_owned() } else { format!("{folder}**") };
            (at, format!("{open}{}{close}", rule(&source)))
        }
        Layer::Netlify => {
            let values = each(&|name, value| format!("    {name} = \"{value}\""));
            ("at the end of the file", format!("[[headers]]\n  for = \"{folder}*\"\n  [headers.values]\n{values}"))
        }
        Layer::HeadersFile => {
            ("at the end of the file", format!("{folder}*\n{}", each(&|name, value| format!("  {name}: {value}"))))
        }
        _ => return None,
    };
    Some(Lines { path: front.path.clone(), at: at.to_owned(), text, line: front.line })
}

fn keyed(pairs: &[(&str, &str)], indent: &str, quote: char) -> String {
    let line = |(name, value): &(&str, &str)| match quote {
        '"' => format!("{indent}{{ \"key\": \"{name}\", \"value\": \"{value}\" }}"),
        _ => format!("{indent}{{ key: \"{name}\", value: \"{value}\" }}"),
    };
    pairs.iter().map(line).collect::<Vec<_>>().join(",\n")
}

/// Whether a JSON file has the list already, so that one more rule goes into it.
fn list_or_new(front: &Front, sources: &Sources, key: &str) -> (&'static str, &'static str, &'static str) {
    let has = sources
        .text(&front.path)
        .is_some_and(|text| text.contains(&format!("{key}: [")) && text.contains("\"source\""));
    if has && sources.text(&front.path).is_some_and(|text| text.contains("\"key\"")) {
        ("in the list `headers`, before its first rule", "", ",")
    } else {
        ("after the opening brace of the file", "  \"headers\": [\n", "\n  ],")
    }
}

fn next(front: &Front, sources: &Sources, pairs: &[(&str, &str)]) -> Vec<Lines> {
    let text = sources.text(&front.path);
    let rule = format!(
        "      {{\n        source: \"/(.*)\",\n        headers: [\n{},\n        ],\n      }},",
        keyed(pairs, "          ", '\'')
    );
    let (at, text) = match text {
        Some(text) if text.contains("headers()") => ("in the list that `headers()` returns", rule),
        Some(_) => {
            ("inside the configuration object", format!("  async headers() {{\n    return [\n{rule}\n    ];\n  }},"))
        }
        None => (
            "as a new file",
            format!("export default {{\n  async headers() {{\n    return [\n{rule}\n    ];\n  }},\n}};"),
        ),
    };
    vec![Lines { path: front.path.clone(), at: at.to_owned(), text, line: front.line }]
}

/// What settings do is set there; the rest takes a function of middleware.
fn of_django(front: &Front, headers: &[Header], sources: &Sources) -> Vec<Lines> {
    let files = django::files(sources);
    let listed = |name: &str| files.iter().any(|file| file.tokens.iter().any(|token| token.text == name));
    let mut text: Vec<String> = Vec::new();
    if !listed(django::SECURITY) {
        text.push(format!("MIDDLEWARE = [\"{}\", *MIDDLEWARE]", django::SECURITY));
    }
    let mut by_function: Vec<(&str, &str)> = Vec::new();
    for header in headers {
        match header {
            Header::Hsts => text.push("SECURE_HSTS_SECONDS = 63072000".to_owned()),
            Header::Nosniff => text.push("SECURE_CONTENT_TYPE_NOSNIFF = True".to_owned()),
            Header::Referrer => text.push("SECURE_REFERRER_POLICY = \"strict-origin-when-cross-origin\"".to_owned()),
            Header::Framing | Header::Csp | Header::Permissions => by_function.push(header.pasted()),
        }
    }
    let mut all = Vec::new();
    let mut package = String::new();
    if !by_function.is_empty() {
        let base = sources
            .paths()
            .filter(|path| name_of(path) == "manage.py")
            .map(folder_of)
            .find(|folder| front.path.starts_with(*folder))
            .unwrap_or_default();
        let folder = folder_of(&front.path);
        let dotted = folder.strip_prefix(base).unwrap_or(folder).trim_end_matches('/').replace('/', ".");
        package = if dotted.is_empty() { "security_headers".to_owned() } else { format!("{dotted}.security_headers") };
        let lines: Vec<String> =
            by_function.iter().map(|(name, value)| format!("        response[\"{name}\"] = \"{value}\"")).collect();
        all.push(Lines {
            path: format!("{folder}security_headers.py"),
            at: "as a new file".to_owned(),
            text: format!("def security_headers(get_response):\n    def respond(request):\n        response = get_response(request)\n{}\n        return response\n\n    return respond", lines.join("\n")),
            line: None,
        });
    }
    if !package.is_empty() {
        text.push(format!("MIDDLEWARE += [\"{package}.security_headers\"]"));
    }
    all.insert(
        0,
        Lines {
            path: front.path.clone(),
            at: "at the end of the file".to_owned(),
            text: text.join("\n"),
            line: front.line,
        },
    );
    all
}

fn rails(front: &Front, headers: &[Header]) -> Vec<Lines> {
    let mut lines = Vec::new();
    if headers.contains(&Header::Hsts) {
        lines.push("    config.force_ssl = true".to_owned());
    }
    let others: Vec<String> = headers
        .iter()
        .filter(|header| **header != Header::Hsts)
        .map(|header| header.pasted())
        .map(|(name, value)| format!("      \"{name}\" => \"{value}\""))
        .collect();
    if !others.is_empty() {
        lines.push(format!("    config.action_dispatch.default_headers.merge!(\n{}\n    )", others.join(",\n")));
    }
    vec![Lines {
        path: front.path.clone(),
        at: "inside `class Application`; `force_ssl` belongs into config/environments/production.rb".to_owned(),
        text: lines.join("\n"),
        line: front.line,
    }]
}

fn laravel(front: &Front, pairs: &[(&str, &str)]) -> Vec<Lines> {
    let sets: Vec<String> =
        pairs.iter().map(|(name, value)| format!("        $response->headers->set('{name}', \"{value}\");")).collect();
    let folder = front.path.strip_suffix("app/Http/Middleware/SecurityHeaders.php").unwrap_or_default();
    vec![
        Lines {
            path: front.path.clone(),
            at: "as a new file".to_owned(),
            text: format!(
                "<?php\n\nnamespace App\\Http\\Middleware;\n\nuse Closure;\nuse Illuminate\\Http\\Request;\n\nclass SecurityHeaders\n{{\n    public function handle(Request $request, Closure $next)\n    {{\n        $response = $next($request);\n{}\n\n        return $response;\n    }}\n}}",
                sets.join("\n")
            ),
            line: None,
        },
        Lines {
            path: format!("{folder}bootstrap/app.php"),
            at: "inside `->withMiddleware(…)`; before Laravel 11 as a line of `$middleware` in app/Http/Kernel.php"
                .to_owned(),
            text: "        $middleware->append(\\App\\Http\\Middleware\\SecurityHeaders::class);".to_owned(),
            line: None,
        },
    ]
}

fn spring(front: &Front, pairs: &[(&str, &str)]) -> Vec<Lines> {
    let package = front
        .path
        .split_once("src/main/")
        .map_or("", |(_, rest)| rest.split_once('/').map_or("", |(_, path)| folder_of(path)));
    let package = package.trim_end_matches('/').replace('/', ".");
    let kotlin = front.path.ends_with(".kt");
    let sets: Vec<String> = pairs
        .iter()
        .map(|(name, value)| {
            format!("        response.setHeader(\"{name}\", \"{value}\"){}", if kotlin { "" } else { ";" })
        })
        .collect();
    let head = "import jakarta.servlet.FilterChain;\nimport jakarta.servlet.ServletException;\nimport jakarta.servlet.http.HttpServletRequest;\nimport jakarta.servlet.http.HttpServletResponse;\nimport java.io.IOException;\nimport org.springframework.stereotype.Component;\nimport org.springframework.web.filter.OncePerRequestFilter;";
    let text = if kotlin {
        format!(
            "package {package}\n\n{}\n\n@Component\nclass SecurityHeaders : OncePerRequestFilter() {{\n    override fun doFilterInternal(request: HttpServletRequest, response: HttpServletResponse, chain: FilterChain) {{\n{}\n        chain.doFilter(request, response)\n    }}\n}}",
            head.replace(';', ""),
            sets.join("\n")
        )
    } else {
        format!(
            "package {package};\n\n{head}\n\n@Component\npublic class SecurityHeaders extends OncePerRequestFilter {{\n    @Override\n    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)\n            throws ServletException, IOException {{\n{}\n        chain.doFilter(request, response);\n    }}\n}}",
            sets.join("\n")
        )
    };
    vec![Lines { path: front.path.clone(), at: "as a new file".to_owned(), text, line: None }]
}
