//! Projects with nothing set, the lines pasted, and read back.

use super::*;

const NGINX: &str = "server {\n  listen 443 ssl;\n  location / { proxy_pass http://app:3000; }\n}\n";
const CADDY: &str = "shop.example.com {\n\treverse_proxy app:3000\n}\n";
const EXPRESS: &str = "const express = require('express');\nconst app = express();\napp.use(express.static('dist'));\napp.listen(3000);\n";
const PACKAGE: (&str, &str) = ("package.json", r#"{"dependencies": {"express": "5"}}"#);

type Ask = fn(&Settings, &Sources) -> Option<Advice>;

fn advice(ask: Ask, files: &[(&str, &str)]) -> Option<Advice> {
    let sources = Sources::of(files);
    ask(&Settings::read(&sources), &sources)
}

fn keep(settings: &Settings, sources: &Sources) -> Option<Advice> {
    keeping("/assets/", settings, sources)
}

/// Pastes what is advised where it says, and asks again; gives what was pasted.
fn pasted(ask: Ask, path: &str, text: &str) -> String {
    let Advice { layer, set, lines } = advice(ask, &[(path, text), PACKAGE]).unwrap_or_else(|| panic!("{path}"));
    assert!(set.is_none() && !lines.is_empty(), "{path}: {set:?}");
    let mut after = text.to_owned();
    for lines in &lines {
        assert_eq!(lines.path, path);
        let mark = match lines.at.as_str() {
            at if at.starts_with("inside the `server`") => "server {\n",
            at if at.starts_with("inside the site") => "shop.example.com {\n",
            at if at.starts_with("after the app is made") => "express();\n",
            at if at.starts_with("after the opening brace of the file") => "{\n",
            at if at.starts_with("inside `hosting`") => "\"hosting\": {\n",
            at if at.starts_with("below `gzip on`") => "gzip on;\n",
            at if at.starts_with("before the line that serves") => "const app = express();\n",
            at if at.starts_with("before the `server`") => "",
            at if at.starts_with("in place of") => {
                after = after.replace("  compress: false,", &lines.text);
                continue;
            }
            at => {
                assert_eq!(at, "at the end of the file");
                after.push_str(&lines.text);
                continue;
            }
        };
        let place = after.find(mark).unwrap_or_else(|| panic!("{mark} in {after}")) + mark.len();
        after.insert_str(place, &format!("{}\n", lines.text));
    }
    match advice(ask, &[(path, &after), PACKAGE]) {
        Some(again) => {
            assert!(again.layer == layer && again.set.is_some() && again.lines.is_empty(), "{again:?}\n{after}")
        }
        // Next.js packs by itself again.
        None => assert_eq!(layer, Layer::Next, "{after}"),
    }
    lines.into_iter().map(|lines| lines.text).collect::<Vec<_>>().join("\n")
}

#[test]
fn packing_is_switched_on_where_the_project_is_served() {
    assert!(pasted(packing, "deploy/nginx.conf", NGINX).contains("gzip_types text/css"));
    let html_alone = NGINX.replace("  listen", "  gzip on;\n  listen");
    assert!(pasted(packing, "nginx.conf", &html_alone).starts_with("    gzip_proxied any;\n    gzip_types"));
    assert_eq!(pasted(packing, "Caddyfile", CADDY), "\tencode zstd gzip");
    assert!(pasted(packing, "server.js", EXPRESS).starts_with("const compression = require"));
    let module = EXPRESS.replace("const express = require('express')", "import express from 'express'");
    assert!(pasted(packing, "server.js", &module).starts_with("import compression from"));
    pasted(packing, "next.config.js", "module.exports = {\n  compress: false,\n};\n");
    let apache = [("public/.htaccess", "RewriteEngine On\n")];
    assert!(advice(packing, &apache).unwrap().lines[0].text.contains("AddOutputFilterByType DEFLATE"));
    let on = [("public/.htaccess", "AddOutputFilterByType DEFLATE text/html text/css\n")];
    assert_eq!(advice(packing, &on).unwrap().set, Some(Place::new("public/.htaccess", 1)));
}

#[test]
fn what_packs_by_itself_gets_no_advice() {
    assert_eq!(advice(packing, &[("vercel.json", "{}"), ("server.js", EXPRESS)]), None);
    assert_eq!(advice(packing, &[("next.config.js", "module.exports = { images: {} };")]), None);
    assert_eq!(advice(packing, &[("README.md", "hello")]), None);
}

#[test]
fn hashed_files_are_kept_where_the_project_is_served() {
    let nginx = pasted(keep, "nginx.conf", NGINX);
    assert!(nginx.contains("~^/assets/ 1y;") && nginx.ends_with("    expires $keep_for;"), "{nginx}");
    assert!(pasted(keep, "Caddyfile", CADDY).contains("@hashed path /assets/*"));
    assert!(pasted(keep, "vercel.json", "{\n  \"cleanUrls\": true\n}").contains("\"source\": \"/assets/(.*)\""));
    assert!(pasted(keep, "netlify.toml", "[build]\npublish = \"dist\"\n").contains("for = \"/assets/*\""));
    assert!(pasted(keep, "public/_headers", "/api/*\n  X-A: b\n").starts_with("/assets/*\n"));
    let firebase = "{\n  \"hosting\": {\n    \"public\": \"dist\"\n  }\n}";
    assert!(pasted(keep, "firebase.json", firebase).contains("\"source\": \"/assets/**\""));
    let apache = advice(keep, &[("public/.htaccess", "RewriteEngine On\n")]).unwrap().lines.remove(0).text;
    let read = advice(keep, &[("public/.htaccess", &apache)]).unwrap();
    assert_eq!(read.set, Some(Place::new("public/.htaccess", 3)), "{apache}");
}

#[test]
fn an_express_app_keeps_only_the_folder_with_hashed_files() {
    let text = pasted(keep, "server.js", EXPRESS);
    assert_eq!(text, "app.use(\"/assets\", express.static(\"dist/assets\", { maxAge: \"1y\", immutable: true }));");
    let unknown = EXPRESS.replace("'dist'", "path.join(root, folder)");
    assert_eq!(advice(keep, &[("server.js", &unknown), PACKAGE]), None, "which folder it serves is not known");
}
