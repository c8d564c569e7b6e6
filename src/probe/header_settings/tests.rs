//! Whole projects, read and judged; and every snippet, pasted and read back.

use super::*;
use crate::probe::web::configured::RULES;

/// How a project's headers stand, one line each: `Referrer-Policy: missing`.
fn stands(files: &[(&str, &str)]) -> Vec<String> {
    let sources = Sources::of(files);
    let settings = Settings::read(&sources);
    match judge(&settings, &sources, RULES) {
        Err(why) => vec![why],
        Ok(judged) => {
            let line = |(header, state): &(Header, State)| {
                let state = match state {
                    State::Set(_, place, _) => {
                        place.as_ref().map_or("set".to_owned(), |place| format!("set {}:{}", place.path, place.line))
                    }
                    State::Weak(_, message, _) => format!("weak {message}"),
                    State::Missing => "missing".to_owned(),
                    State::Unclear(_) => "unclear".to_owned(),
                };
                format!("{}: {state}", header.name())
            };
            judged.headers.iter().map(line).collect()
        }
    }
}

fn state(files: &[(&str, &str)], header: Header) -> String {
    let lines = stands(files);
    let found = lines.iter().find_map(|line| line.strip_prefix(&format!("{}: ", header.name())));
    found.map_or_else(|| lines.join("\n"), str::to_owned)
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let settings = Settings::read(&Sources::of(files));
    settings.faults.iter().map(|fault| format!("{}:{} {}", fault.place.path, fault.place.line, fault.message)).collect()
}

/// The front of a project with nothing set, and what becomes of it once the lines are pasted by `paste`.
fn pasted(files: &[(&str, &str)], layer: Layer, paste: impl Fn(&str, &Lines) -> String) {
    let sources = Sources::of(files);
    let settings = Settings::read(&sources);
    let judged = judge(&settings, &sources, RULES).unwrap();
    assert_eq!(judged.front.layer, layer, "{:?}", settings.fronts);
    let missing = judged.missing();
    assert!(!missing.is_empty(), "{:?}", judged.headers);
    let mut after: Vec<(String, String)> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for lines in lines_for(&judged.front, &missing, &sources) {
        match after.iter_mut().find(|(path, _)| *path == lines.path) {
            Some((_, text)) => *text = paste(text, &lines),
            None => after.push((lines.path.clone(), paste("", &lines))),
        }
    }
    let shown = format!("{after:#?}");
    let after: Vec<(&str, &str)> = after.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sources = Sources::of(&after);
    let settings = Settings::read(&sources);
    let judged = judge(&settings, &sources, RULES).unwrap();
    assert_eq!(judged.missing(), [], "{shown}");
    let weak: Vec<_> = judged.headers.iter().filter(|(_, state)| matches!(state, State::Weak(..))).collect();
    assert!(weak.is_empty(), "{weak:?}\n{shown}");
    // What was missing is set now, but for the policy on trial.
    for header in missing.iter().filter(|header| **header != Header::Csp) {
        let state = judged.headers.iter().find(|(known, _)| known == header);
        assert!(matches!(state, Some((_, State::Set(..)))), "{state:?}\n{shown}");
    }
}

/// After the first line that holds `mark`.
fn below(mark: &'static str) -> impl Fn(&str, &Lines) -> String {
    move |text, lines| {
        let mut out = Vec::new();
        let mut done = text.is_empty();
        if done {
            out.push(lines.text.clone());
        }
        for line in text.lines() {
            out.push(line.to_owned());
            if !done && line.contains(mark) {
                out.push(lines.text.clone());
                done = true;
            }
        }
        assert!(done, "no {mark} in {text}");
        out.join("\n")
    }
}

fn at_the_end(text: &str, lines: &Lines) -> String {
    format!("{text}\n{}\n", lines.text)
}

const NGINX: &str = "server {\n  listen 80;\n  return 301 https://$host$request_uri;\n}\nserver {\n  listen 443 ssl;\n  location / { proxy_pass http://app:3000; }\n}\n";
const EXPRESS: &str = "const express = require('express');\nconst app = express();\napp.use(express.static('public'));\napp.listen(3000);\n";
const PACKAGE: &str = r#"{"dependencies": {"express": "^5.0.0", "helmet": "^8.0.0"}}"#;

#[test]
fn every_snippet_is_read_back() {
    pasted(&[("deploy/nginx.conf", NGINX)], Layer::Nginx, below("listen 443"));
    pasted(
        &[("Caddyfile", "{\n\temail a@example.com\n}\n\nshop.example.com {\n\treverse_proxy app:3000\n}\n")],
        Layer::Caddy,
        below("shop.example.com"),
    );
    pasted(&[("public/.htaccess", "RewriteEngine On\n")], Layer::Apache, at_the_end);
    pasted(&[("vercel.json", "{\n  \"cleanUrls\": true\n}")], Layer::Vercel, below("{"));
    let list = "{\n  \"headers\": [\n    { \"source\": \"/api/(.*)\", \"headers\": [ { \"key\": \"Cache-Control\", \"value\": \"no-store\" } ] }\n  ]\n}";
    pasted(&[("vercel.json", list)], Layer::Vercel, below("\"headers\": ["));
    pasted(
        &[("firebase.json", "{\n  \"hosting\": {\n    \"public\": \"dist\"\n  }\n}")],
        Layer::Firebase,
        below("\"hosting\""),
    );
    pasted(&[("netlify.toml", "[build]\npublish = \"dist\"\n")], Layer::Netlify, at_the_end);
    pasted(&[("public/_headers", "/assets/*\n  Cache-Control: max-age=1\n")], Layer::HeadersFile, at_the_end);
    pasted(&[("next.config.js", "module.exports = {\n  images: {},\n};\n")], Layer::Next, below("module.exports"));
    let rules = "export default {\n  async headers() {\n    return [\n      { source: '/a', headers: [{ key: 'X-A', value: 'b' }] },\n    ];\n  },\n};\n";
    pasted(&[("next.config.mjs", rules)], Layer::Next, below("return ["));
    pasted(&[("package.json", r#"{"dependencies": {"next": "15.0.0"}}"#)], Layer::Next, below("nothing"));
    pasted(
        &[("nuxt.config.ts", "export default defineNuxtConfig({\n  ssr: true,\n});\n")],
        Layer::Nuxt,
        below("defineNuxtConfig"),
    );
    pasted(&[("svelte.config.js", "export default {};\n")], Layer::SvelteKit, below("nothing"));
    pasted(&[("package.json", PACKAGE), ("server.js", EXPRESS)], Layer::Express, below("= express()"));
    let fastify = "import Fastify from 'fastify';\nimport files from '@fastify/static';\nconst app = Fastify();\n";
    pasted(
        &[(
            "server.js",
            &fastify.replace("Fastify from 'fastify'", "fastify from 'fastify'").replace("Fastify()", "fastify()"),
        )],
        Layer::Fastify,
        below("= fastify()"),
    );
    pasted(
        &[("server.js", "const Koa = require('koa');\nconst serve = require('koa-static');\nconst app = new Koa();\n")],
        Layer::Koa,
        below("= new Koa()"),
    );
    pasted(
        &[("app.py", "from flask import Flask, render_template\napp = Flask(__name__)\n")],
        Layer::Flask,
        below("= Flask("),
    );
    pasted(
        &[(
            "main.py",
            "from fastapi import FastAPI\nfrom fastapi.templating import Jinja2Templates\napp = FastAPI()\n",
        )],
        Layer::FastApi,
        below("= FastAPI("),
    );
    let django = "INSTALLED_APPS = []\nMIDDLEWARE = [\n    \"django.middleware.common.CommonMiddleware\",\n]\n";
    pasted(&[("manage.py", ""), ("shop/settings.py", django)], Layer::Django, at_the_end);
    let rails = "module Shop\n  class Application < Rails::Application\n    config.load_defaults 7.1\n  end\nend\n";
    pasted(&[("config/application.rb", rails)], Layer::Rails, below("load_defaults"));
    let laravel = "<?php\nreturn Application::configure()\n    ->withMiddleware(function (Middleware $middleware) {\n    })\n    ->create();\n";
    pasted(&[("artisan", ""), ("bootstrap/app.php", laravel)], Layer::Laravel, below("withMiddleware"));
    let java = "package com.example.shop;\nclass Shop { void main() { SpringApplication.run(Shop.class); } }\n";
    let pom =
        "<artifactId>spring-boot-starter-web</artifactId>\n<artifactId>spring-boot-starter-thymeleaf</artifactId>\n";
    pasted(&[("pom.xml", pom), ("src/main/java/com/example/shop/Shop.java", java)], Layer::Spring, below("nothing"));
}

#[test]
fn nginx_sends_what_the_innermost_level_says_and_nothing_of_the_levels_around() {
    let outer = "add_header X-Frame-Options DENY always; add_header X-Content-Type-Options nosniff always;";
    let conf = |location: &str| {
        format!("http {{ {outer}\n server {{ listen 443 ssl;\n location / {{ {location} root /srv; }} }} }}")
    };
    let of = |location: &str, header| state(&[("nginx.conf", &conf(location))], header);
    assert!(of("", Header::Framing).starts_with("set nginx.conf:1"));
    let trap = "add_header Cache-Control no-cache;";
    assert_eq!(of(trap, Header::Framing), "missing");
    let said = faults(&[("nginx.conf", &conf(trap))]);
    assert!(said.len() == 1 && said[0].starts_with("nginx.conf:3 `location /` has an `add_header` of its own, so nginx sends none of X-Frame-Options, X-Content-Type-Options"), "{said:?}");
    assert!(of("add_header_inherit merge; add_header Cache-Control no-cache;", Header::Framing).starts_with("missing"));
    assert!(faults(&[("nginx.conf", &conf(&format!("{trap} {outer}")))]).is_empty());
}

#[test]
fn nginx_includes_are_followed_within_the_project_and_pieces_alone_claim_nothing() {
    let headers = ("nginx/snippets/security.conf", "add_header X-Frame-Options DENY always;");
    let site = (
        "nginx/conf.d/default.conf",
        "server { listen 443 ssl; include /etc/nginx/snippets/security.conf; location / { root /srv; } }",
    );
    assert!(state(&[headers, site], Header::Framing).starts_with("set nginx/snippets/security.conf:1"));
    let alone = ("nginx/conf.d/default.conf", "server { listen 443 ssl; location / { root /srv; } }");
    assert_eq!(state(&[headers, alone], Header::Framing), "unclear");
    assert_eq!(state(&[headers, alone], Header::Referrer), "missing");
}

#[test]
fn nginx_faults_are_named() {
    let conf = "ssl_protocols TLSv1 TLSv1.2;\nserver_tokens on;\nserver {\n listen 80;\n listen 443 ssl;\n root /srv;\n}\nserver {\n listen 80;\n root /srv;\n add_header X-Frame-Options DENY;\n}\n";
    let said = faults(&[("default.conf", conf)]);
    for part in [
        "default.conf:11 X-Frame-Options is sent with pages but not with errors",
        "default.conf:1 `ssl_protocols` allows TLSv1,",
        "port 80",
        "`server_tokens` tells",
    ] {
        assert!(said.iter().any(|fault| fault.contains(part)), "{part}: {said:#?}");
    }
    assert_eq!(faults(&[("default.conf", NGINX)]), Vec::<String>::new());
    let cors = |value: &str| {
        format!(
            "server {{ listen 443 ssl; location /api {{ add_header Access-Control-Allow-Origin {value} always; add_header Access-Control-Allow-Credentials true always; proxy_pass http://a; }} }}"
        )
    };
    assert!(faults(&[("default.conf", &cors("$http_origin"))])[0].contains("Any site may ask"));
    assert_eq!(faults(&[("default.conf", &cors("$allowed_origin"))]), Vec::<String>::new());
}

#[test]
fn helmet_counts_only_where_it_is_used_and_with_its_options() {
    let of = |use_: &str, header| {
        let server = format!(
            "import helmet from 'helmet';\n{}{use_}",
            EXPRESS.replace("const express = require('express');", "import express from 'express';")
        );
        state(&[("package.json", PACKAGE), ("server.js", &server)], header)
    };
    assert!(of("app.use(helmet());", Header::Nosniff).starts_with("set server.js:"));
    assert!(of("app.use(helmet());", Header::Csp).starts_with("set"));
    assert!(of("app.use(helmet());", Header::Hsts).starts_with("weak `Strict-Transport-Security` lasts 365 days"));
    assert_eq!(of("app.use(helmet());", Header::Permissions), "missing");
    assert_eq!(of("// app.use(helmet());", Header::Nosniff), "missing");
    assert_eq!(of("helmet();", Header::Nosniff), "missing");
    assert_eq!(of("app.use(helmet({ noSniff: false }));", Header::Nosniff), "missing");
    assert_eq!(of("app.use(helmet({ contentSecurityPolicy: false }));", Header::Csp), "missing");
    assert!(of("app.use(helmet({ contentSecurityPolicy: false }));", Header::Framing).starts_with("set"));
    assert!(of("app.use(helmet({ strictTransportSecurity: { maxAge: 63072000 } }));", Header::Hsts).starts_with("set"));
    assert!(of("app.use(helmet.frameguard());", Header::Framing).starts_with("set"));
    assert_eq!(of("app.use(helmet.frameguard());", Header::Nosniff), "missing");
    assert_eq!(of("app.use(helmet(options));", Header::Nosniff), "unclear");
    assert_eq!(of("app.use(helmet({ contentSecurityPolicy: { reportOnly: true } }));", Header::Csp), "unclear");
    assert!(of("app.use(helmet({ contentSecurityPolicy: { directives: { scriptSrc: [\"'self'\", \"'unsafe-inline'\"] } } }));", Header::Csp).starts_with("weak"));
    assert_eq!(
        of(
            "app.use(helmet({ contentSecurityPolicy: { directives: { scriptSrc: ['https://' + host] } } }));",
            Header::Csp
        ),
        "unclear"
    );
}

#[test]
fn django_settings_in_layers_are_read_as_production_reads_them() {
    let middleware = "MIDDLEWARE = [\n 'django.middleware.security.SecurityMiddleware',\n 'django.middleware.clickjacking.XFrameOptionsMiddleware',\n]\nINSTALLED_APPS = []\n";
    let base = ("shop/settings/base.py", middleware);
    let production = (
        "shop/settings/production.py",
        "from .base import *\nSECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 * 2\nSECURE_SSL_REDIRECT = True\n",
    );
    let local =
        ("shop/settings/local.py", "from .base import *\nX_FRAME_OPTIONS = 'nonsense'\nSECURE_HSTS_SECONDS = 0\n");
    let files = [base, production, local];
    assert_eq!(state(&files, Header::Hsts), "set shop/settings/production.py:2");
    assert_eq!(state(&files, Header::Framing), "set shop/settings/base.py:3");
    assert_eq!(state(&files, Header::Nosniff), "set shop/settings/base.py:2");
    assert_eq!(state(&files, Header::Csp), "missing");
    assert_eq!(state(&[base, local], Header::Hsts), "missing");
    let from_environment = ("shop/settings/production.py", "SECURE_HSTS_SECONDS = env.int('HSTS', 0)\n");
    assert_eq!(state(&[base, from_environment], Header::Hsts), "unclear");
    let without =
        ("shop/settings.py", "INSTALLED_APPS = []\nMIDDLEWARE = ['django.middleware.common.CommonMiddleware']\n");
    assert_eq!(state(&[without], Header::Nosniff), "missing");
    assert!(faults(&[without])[0].contains("`SecurityMiddleware` is not in MIDDLEWARE"));
}

#[test]
fn next_and_vercel_stand_together() {
    let next = (
        "next.config.ts",
        "const securityHeaders = [\n  { key: 'X-Frame-Options', value: 'DENY' },\n  { key: 'Content-Security-Policy', value: policy() },\n];\nconst nextConfig: NextConfig = {\n  async headers() {\n    return [{ source: '/:path*', headers: securityHeaders }, { source: '/embed', headers: [{ key: 'Referrer-Policy', value: 'origin' }] }];\n  },\n};\nexport default nextConfig;\n",
    );
    let vercel = (
        "vercel.json",
        r#"{ "headers": [{ "source": "/(.*)", "headers": [{ "key": "X-Content-Type-Options", "value": "nosniff" }] }] }"#,
    );
    let files = [next, vercel];
    assert_eq!(state(&files, Header::Framing), "set next.config.ts:2");
    assert_eq!(state(&files, Header::Nosniff), "set vercel.json:1");
    assert_eq!(state(&files, Header::Csp), "unclear");
    assert_eq!(state(&files, Header::Referrer), "unclear");
    assert_eq!(state(&files, Header::Hsts), "set");
    assert_eq!(state(&files, Header::Permissions), "missing");
    // Headers stay in the file that has most of them.
    let settings = Settings::read(&Sources::of(&files));
    assert_eq!(settings.fronts[0].layer, Layer::Next);
    let built = ("next.config.js", "module.exports = { headers: () => makeHeaders() };");
    assert_eq!(state(&[built], Header::Framing), "unclear");
}

#[test]
fn a_proxy_before_the_app_and_the_app_are_judged_together() {
    let compose = ("docker-compose.yml", "services:\n  proxy:\n    image: nginx:1.29\n  app:\n    build: .\n");
    let server =
        "import helmet from 'helmet';\nimport express from 'express';\nconst app = express();\napp.use(helmet());\n";
    let files = [compose, ("nginx/default.conf.template", NGINX), ("package.json", PACKAGE), ("server.js", server)];
    assert!(state(&files, Header::Framing).starts_with("set server.js:4"));
    assert_eq!(state(&files, Header::Permissions), "missing");
    let settings = Settings::read(&Sources::of(&files));
    assert_eq!(settings.fronts[0].layer, Layer::Nginx, "{:?}", settings.fronts);
}

#[test]
fn what_is_not_understood_is_neither_missing_nor_set() {
    let go =
        ("main.go", "package main\nfunc f(w http.ResponseWriter) { w.Header().Set(\"X-Frame-Options\", \"DENY\") }\n");
    let nginx = ("nginx.conf", NGINX);
    assert_eq!(state(&[go, nginx], Header::Framing), "unclear");
    let library = ("package.json", r#"{"dependencies": {"nuxt-security": "2.0.0", "nuxt": "4"}}"#);
    assert_eq!(state(&[library], Header::Framing), "unclear");
    let traefik = ("compose.yml", "labels:\n - traefik.http.middlewares.a.headers.stsSeconds=63072000\n");
    assert_eq!(state(&[traefik, nginx], Header::Hsts), "unclear");
    let image = ("src/Map.tsx", "<iframe referrerPolicy=\"no-referrer\" />");
    assert_eq!(state(&[image, nginx], Header::Referrer), "missing");
}

#[test]
fn without_a_layer_nothing_is_judged() {
    for files in [
        vec![("README.md", "")],
        vec![("main.c", "int main() {}")],
        vec![("src/lib.rs", "pub fn a() {}"), ("package.json", "{}")],
    ] {
        assert!(stands(&files)[0].starts_with("no file of the project says"), "{files:?}");
    }
    let api = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    assert!(stands(&[api])[0].starts_with("FastAPI answers with data"));
}

#[test]
fn values_that_do_nothing_are_weak() {
    let caddy = |lines: &str| format!("shop.example.com {{\n\theader {{\n\t\t{lines}\n\t}}\n}}\n");
    let of = |lines: &str, header| state(&[("Caddyfile", &caddy(lines))], header);
    assert!(of("X-Frame-Options \"ALLOW-FROM https://a.example\"", Header::Framing).starts_with("weak"));
    assert!(of("Strict-Transport-Security max-age=300", Header::Hsts).starts_with("weak"));
    assert!(of("Content-Security-Policy \"script-src *\"", Header::Csp).starts_with("weak"));
    assert!(
        of("Content-Security-Policy \"default-src 'self'; frame-ancestors 'none'\"", Header::Framing)
            .starts_with("set")
    );
    assert_eq!(of("-X-Frame-Options", Header::Framing), "missing");
    assert_eq!(of("Referrer-Policy {header.x}", Header::Referrer), "unclear");
    let one_line = "(sec) {\n\theader X-Frame-Options DENY\n}\nshop.example.com {\n\timport sec\n\theader /api/* Referrer-Policy no-referrer\n}\n";
    assert!(state(&[("Caddyfile", one_line)], Header::Framing).starts_with("set"));
    assert_eq!(state(&[("Caddyfile", one_line)], Header::Referrer), "unclear");
}

#[test]
fn hostile_files_end() {
    let long = "{[(\"'`".repeat(5000);
    for name in [
        "nginx.conf",
        "Caddyfile",
        ".htaccess",
        "vercel.json",
        "netlify.toml",
        "_headers",
        "firebase.json",
        "next.config.js",
        "nuxt.config.ts",
        "settings.py",
        "config/application.rb",
        "server.js",
        "index.html",
        "compose.yml",
        "pom.xml",
    ] {
        for text in [
            "",
            "\u{0}\u{1b}[31m",
            &long,
            "headers",
            "server {",
            "[[headers]]",
            "{\"headers\": 1}",
            "add_header",
            "header {",
            "<meta http-equiv=\"content-security-policy\"",
        ] {
            stands(&[(name, text)]);
        }
    }
}

#[test]
fn what_another_app_of_the_project_sends_is_not_taken_for_the_sites_own() {
    let web = [
        ("apps/web/package.json", "{}"),
        ("apps/web/next.config.js", "module.exports = { images: {} };"),
        ("apps/worker/package.json", "{}"),
    ];
    let worker = (
        "apps/worker/server.js",
        "import helmet from 'helmet';\nimport express from 'express';\nconst app = express();\napp.use(helmet());\n",
    );
    assert_eq!(state(&web, Header::Framing), "missing");
    assert_eq!(state(&[&web[..], &[worker]].concat(), Header::Framing), "unclear");
    let remix = ("package.json", r#"{"dependencies": {"@remix-run/node": "2", "next": "15"}}"#);
    assert!(stands(&[remix])[0].contains("built with Remix"));
}
