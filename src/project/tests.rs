use super::*;

fn project(files: &[(&str, &str)]) -> Project {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    open(root(dir.path()).unwrap(), &Settings::default(), None)
}

#[test]
fn a_next_app_with_prisma_is_recognised_with_its_offers() {
    let word = ["hun", "ter2"].concat();
    let shop = project(&[
        ("package.json", r#"{"name": "shop", "dependencies": {"next": "15", "@prisma/client": "6", "stripe": "1"}}"#),
        ("prisma/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}"),
        (
            ".env",
            &format!(
                "# comment\nDATABASE_URL=\"postgres://ann:{word}@localhost:5432/shop\"\nAPP_URL=https://shop.example.com\n"
            ),
        ),
        (".env.example", "DATABASE_URL=postgres://user:password@db.example.com/x\n"),
        ("node_modules/x/package.json", r#"{"dependencies": {"express": "4"}}"#),
    ]);
    assert_eq!(shop.name, "shop");
    assert_eq!(shop.stack, ["next.js", "prisma", "stripe", "postgresql", "javascript"]);
    assert!(["database", "web", "payments", "react"].iter().all(|name| shop.traits.contains(*name)));
    let shown: Vec<_> = shop.offers.iter().map(|offer| format!("{} → {}", offer.found_in, offer.shown)).collect();
    assert_eq!(shown, ["DATABASE_URL in .env → postgres on localhost", "APP_URL in .env → https://shop.example.com/"]);
    assert!(!format!("{shop:?}").contains(&word));
}

#[test]
fn a_command_line_tool_has_no_database_and_an_empty_folder_is_not_recognised() {
    let tool = project(&[("Cargo.toml", "[package]\nname = \"tool\"\n[dependencies]\nclap = \"4\"\n")]);
    assert!(tool.recognised && !tool.traits.contains("database"));
    assert_eq!(tool.stack, ["rust"]);
    assert!(!project(&[]).recognised);
    assert!(!project(&[("package.json", "{ broken")]).traits.contains("web"));
}

#[test]
fn a_server_with_a_database_is_asked_about_its_users_whatever_signs_them_in() {
    let app = project(&[("package.json", r#"{"dependencies": {"hono": "4", "pg-promise": "11"}}"#)]);
    assert!(app.traits.contains("database") && app.traits.contains("users"), "{:?}", app.traits);
    let page = project(&[("package.json", r#"{"dependencies": {"vue": "3"}}"#)]);
    assert!(!page.traits.contains("users"));
    let django = project(&[("requirements.txt", "Django==5.2\nbraintree==4.41\nminio==7.2\n")]);
    for name in ["frontend", "users", "payments", "file-storage"] {
        assert!(django.traits.contains(name), "{name}");
    }
}

#[test]
fn what_is_no_folder_is_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.txt");
    fs::write(&file, "x").unwrap();
    assert!(root(&file).unwrap_err().to_string().contains("is a file"));
    assert!(root(&dir.path().join("none")).unwrap_err().to_string().contains("does not exist"));
    assert!(root(&file.join("deeper")).is_err());
}

#[test]
fn every_trait_that_can_be_detected_is_one_that_checklists_know() {
    let mut known = stack::Known::default();
    stack::tell_everything(&mut known);
    for name in ["javascript", "python", "container", "serverless"] {
        known.traits.insert(name);
    }
    for name in known.traits {
        assert!(crate::catalog::TRAITS.contains(&name), "{name}");
    }
}

#[test]
fn a_key_in_an_environment_file_tells_of_a_service_without_a_package() {
    let app = project(&[("package.json", "{}"), (".env.example", "STRIPE_SECRET_KEY=\nOPENAI_API_KEY=\n")]);
    assert!(app.traits.contains("payments") && app.traits.contains("ai"));
    assert!(!app.traits.contains("email"));
}
