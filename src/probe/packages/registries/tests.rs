//! Lock files that were written for another registry.

use tokio_util::sync::CancellationToken;

use crate::probe::packages::collect;
use crate::probe::packages::lock::reason;
use crate::probe::samples::listed;

fn told(files: &[(&str, &str)]) -> String {
    let (_folder, listing) = listed(files);
    let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
    gaps.filter(|gap| gap.reason == reason::REFUSED).flat_map(|gap| gap.examples).collect::<Vec<_>>().join(", ")
}

const INDEX: &str =
    "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://me:x@corp.example.com/simple/\"\nexplicit = true\n";

#[test]
fn uv_holds_a_package_of_the_index_that_is_named_for_it() {
    let of = |source: &str, held: &str, other: &str| {
        let manifest = format!(
            "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"a\", \"b\"]\n{INDEX}[tool.uv.sources]\n{source}\n"
        );
        let package = |name: &str, from: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ {from} }}\n")
        };
        let lock = format!(
            "version = 1\n{}{}{}",
            package("a", held),
            package("b", other),
            "[[package]]\nname = \"x\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"a\" }, { name = \"b\" }]\n"
        );
        told(&[("pyproject.toml", &manifest), ("uv.lock", &lock)])
    };
    let (public, corp) =
        ("registry = \"https://public.example.com/simple\"", "registry = \"https://corp.example.com/simple\"");
    let pinned = "a = { index = \"corp\" }";
    assert_eq!(of(pinned, public, public), "a from corp in pyproject.toml");
    assert_eq!(of(pinned, corp, public), "");
    assert_eq!(of("", public, public), "");
    // The index has another address where the file is written, and the packages of all come from somewhere else.
    assert_eq!(of(pinned, "registry = \"https://mirror.example.com/simple\"", public), "");
    assert_eq!(of("a = { index = \"unknown\" }", public, public), "");
    assert_eq!(of("a = { index = \"corp\", marker = \"sys_platform == 'win32'\" }", public, public), "");
    assert_eq!(of("c = { index = \"corp\" }", public, public), "", "nobody asks for it");
}

#[test]
fn poetry_holds_a_package_of_the_source_that_is_named_for_it() {
    let of = |asks: &str, held: &str| {
        let source = |name: &str| {
            format!("[[tool.poetry.source]]\nname = \"{name}\"\nurl = \"https://{name}.example.com/simple\"\n")
        };
        let manifest = format!(
            "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\na = {asks}\n{}{}",
            source("corp"),
            source("PyPI")
        );
        let lock = format!("[[package]]\nname = \"a\"\nversion = \"1.0\"\n{held}[metadata]\nlock-version = \"2.1\"\n");
        told(&[("pyproject.toml", &manifest), ("poetry.lock", &lock)])
    };
    let pinned = "{ version = \"^1\", source = \"corp\" }";
    let legacy = |host: &str| {
        format!(
            "[package.source]\ntype = \"legacy\"\nurl = \"https://{host}.example.com/simple\"\nreference = \"corp\"\n"
        )
    };
    assert_eq!(of(pinned, ""), "a from corp in pyproject.toml");
    assert_eq!(of(pinned, &legacy("corp")), "");
    assert_eq!(of(pinned, &legacy("mirror")), "");
    assert_eq!(of("\"^1\"", ""), "");
    assert_eq!(of("{ version = \"^1\", source = \"PyPI\" }", ""), "");
}

#[test]
fn pipenv_holds_a_package_of_the_index_that_is_named_for_it() {
    let of = |asks: &str, index: &str| {
        let source =
            |name: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"https://{name}.example.com/simple\"\n");
        let manifest = format!("{}{}[packages]\na = {asks}\n", source("public"), source("corp"));
        let lock = format!(
            r#"{{"_meta": {{"pipfile-spec": 6, "sources": [{{"name": "public", "url": "https://public.example.com/simple"}},
            {{"name": "own", "url": "https://corp.example.com/simple/"}}]}},
            "default": {{"a": {{{index}"version": "==1.0"}}}}, "develop": {{}}}}"#
        );
        told(&[("Pipfile", &manifest), ("Pipfile.lock", &lock)])
    };
    let pinned = "{ version = \"*\", index = \"corp\" }";
    assert_eq!(of(pinned, "\"index\": \"public\", "), "a from corp in Pipfile");
    assert_eq!(of(pinned, "\"index\": \"own\", "), "", "by another name then");
    assert_eq!(of(pinned, ""), "");
    assert_eq!(of("\"*\"", "\"index\": \"public\", "), "");
}

#[test]
fn cargo_holds_a_crate_of_the_registry_that_is_named_for_it() {
    let of = |asks: &str, source: &str, config: &str| {
        let manifest = format!("[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\na = {asks}\n");
        let lock = format!(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n\
             dependencies = [\"a\"]\n"
        );
        told(&[("Cargo.toml", &manifest), ("Cargo.lock", &lock), (".cargo/config.toml", config)])
    };
    let public = "registry+https://github.com/rust-lang/crates.io-index";
    let pinned = "{ version = \"1\", registry = \"corp\" }";
    assert_eq!(of(pinned, public, ""), "a from corp in Cargo.toml");
    let config = "[registries.corp]\nindex = \"sparse+https://corp.example.com/index/\"\n";
    assert_eq!(of(pinned, public, config), "a from corp in Cargo.toml");
    assert_eq!(of(pinned, "sparse+https://corp.example.com/index/", config), "");
    assert_eq!(of(pinned, public, &format!("[registries.corp]\nindex = \"{}\"\n", &public["registry+".len()..])), "");
    assert_eq!(of("\"1\"", public, "[source.crates-io]\nreplace-with = \"corp\"\n"), "");
    assert_eq!(of("{ version = \"1\", registry = \"crates-io\" }", public, ""), "");
    let member = "[package]\nname = \"x\"\nversion = \"1.0.0\"\n[dependencies]\na.workspace = true\n";
    let root = format!("[workspace]\nmembers = [\"x\"]\n[workspace.dependencies]\na = {pinned}\n");
    let lock = format!(
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{public}\"\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n\
         dependencies = [\"a\"]\n"
    );
    let all = told(&[("Cargo.toml", &root), ("x/Cargo.toml", member), ("Cargo.lock", &lock)]);
    assert_eq!(all, "a from corp in x/Cargo.toml");
}

#[test]
fn bundler_holds_a_gem_of_the_source_that_is_named_for_it() {
    let of = |gemfile: &str, remote: &str| {
        let lock = format!("GEM\n  remote: {remote}\n  specs:\n    a (1.0)\n\nDEPENDENCIES\n  a\n");
        told(&[("Gemfile", gemfile), ("Gemfile.lock", &lock)])
    };
    let (public, corp) = ("https://public.example.com/", "https://corp.example.com/");
    for gemfile in [
        "source 'https://public.example.com'\ngem 'a', source: 'https://me:x@corp.example.com'\n",
        "source 'https://public.example.com'\nsource 'https://corp.example.com' do\n  gem 'a'\nend\n",
        "source 'https://corp.example.com'\ngem 'a'\n",
    ] {
        assert_eq!(of(gemfile, public), "a from corp.example.com in Gemfile", "{gemfile}");
        assert_eq!(of(gemfile, corp), "", "{gemfile}");
        assert_eq!(of(gemfile, &format!("{public}\n  remote: {corp}")), "", "{gemfile}");
    }
    assert_eq!(of("source 'https://public.example.com'\ngem 'a'\n", public), "");
    assert_eq!(of("source ENV['GEMS']\ngem 'a'\n", public), "");
}
