use super::*;

struct World {
    dir: tempfile::TempDir,
    env: BTreeMap<String, String>,
    project: ProjectOptions,
    look: LookOptions,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { dir, env: BTreeMap::new(), project: ProjectOptions::default(), look: LookOptions::default() }
    }

    fn resolve(&self) -> Result<Settings, String> {
        let root = self.dir.path().join("app");
        let probes = [ProbeId::from("source"), ProbeId::from("web")];
        resolve(&Sources {
            root: Some(&root),
            project: &self.project,
            look: &self.look,
            fail_on: None,
            env: &self.env,
            folders: &Folders { config: Some(self.dir.path().join("user")), data: None },
            probes: &probes,
            rules: &["swallowed-error"].into(),
        })
        .map(|resolved| resolved.settings)
        .map_err(|error| error.to_string())
    }
}

#[test]
fn each_source_overrides_the_one_before() {
    let mut world = World::new(&[
        ("user/config.toml", "rows = 1\ntheme = \"light\"\nfail-on = \"minor\""),
        (
            "app/gonogo.toml",
            "rows = 2\nurls = [\"https://a.example.com\"]\n[rules.swallowed-error]\noff-because = \"x\"",
        ),
    ]);
    let settings = world.resolve().unwrap();
    assert_eq!((settings.rows, settings.theme.as_deref(), settings.fail_on), (2, Some("light"), Some(Severity::Minor)));
    assert_eq!(settings.rules_off[&RuleId::from("swallowed-error")], "x");
    world.env.insert("GONOGO_ROWS".to_owned(), "3".to_owned());
    world.env.insert("GONOGO_THEME".to_owned(), "dark".to_owned());
    assert_eq!(world.resolve().unwrap().rows, 3);
    assert!(!world.resolve().unwrap().ascii);
    world.env.insert("TERM".to_owned(), "linux".to_owned());
    assert!(world.resolve().unwrap().ascii);
    world.project.rows = Some(4);
    let settings = world.resolve().unwrap();
    assert_eq!((settings.rows, settings.theme.as_deref()), (4, Some("dark")));
}

#[test]
fn a_yes_covers_only_what_its_speaker_names() {
    let mut world = World::new(&[("app/gonogo.toml", "urls = [\"https://a.example.com\"]")]);
    world.project.yes = true;
    assert_eq!(world.resolve().unwrap().consent, [ProbeId::from("dependencies")].into());
    world.project.url = vec!["https://b.example.com".to_owned()];
    assert!(world.resolve().unwrap().consent.contains("web"));
    world.env.insert("GONOGO_DATABASE".to_owned(), "sqlite:shop.db".to_owned());
    assert!(world.resolve().unwrap().consent.contains("database"));
    world.project.yes = false;
    assert!(world.resolve().unwrap().consent.is_empty());
}

#[test]
fn what_cannot_be_used_is_said_in_one_line() {
    let refused = |change: fn(&mut World), expected: &str| {
        let mut world = World::new(&[]);
        change(&mut world);
        let error = world.resolve().unwrap_err();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    };
    refused(|w| w.project.url = vec!["shop".to_owned()], "\"shop\" is not a web address");
    refused(|w| w.project.url = vec!["ftp://a.example.com".to_owned()], "is not a web address");
    refused(|w| w.project.rows = Some(0), "--rows");
    refused(|w| w.project.config = Some(w.dir.path().join("none.toml")), "does not exist");
    refused(|w| w.project.config = Some(w.dir.path().to_owned()), "is not a file");
    refused(|w| w.project.only = vec!["sauce".to_owned()], "the probes are source, web");
    refused(|w| w.project.database = Some("hunter2".to_owned()), "is not a connection string");
    refused(|w| _ = w.env.insert("GONOGO_ROWS".to_owned(), "many".to_owned()), "GONOGO_ROWS");
    let world = World::new(&[("app/gonogo.toml", "rows = 5\nspeed = 9\n")]);
    let error = world.resolve().unwrap_err();
    assert!(error.contains("gonogo.toml:2: unknown field `speed`"), "{error}");
    let world = World::new(&[("app/gonogo.toml", "traits = [\"databse\"]")]);
    assert!(world.resolve().unwrap_err().contains("the traits are ai, container, database"));
    let world = World::new(&[("app/gonogo.toml", "\n[rules.nothing]\noff-because = \"x\"")]);
    assert!(world.resolve().unwrap_err().contains("gonogo rules"));
    let world = World::new(&[("app/gonogo.toml", "[rules.swallowed-error]\noff-because = \" \"")]);
    assert!(world.resolve().unwrap_err().contains("without a reason"));
    let world = World::new(&[("app/gonogo.toml", "ignore = [\"legacy/\", \"{a\"]")]);
    assert!(world.resolve().unwrap_err().contains("ignore holds \"{a\""));
}

#[test]
fn an_address_may_leave_the_scheme_out() {
    let mut world = World::new(&[("app/gonogo.toml", "urls = [\"shop.example.com\"]")]);
    assert_eq!(world.resolve().unwrap().urls, ["shop.example.com"], "as it was given: the plan says what is assumed");
    world.project.url = vec!["localhost:3000".to_owned(), "a.example.com/path".to_owned()];
    assert_eq!(world.resolve().unwrap().urls, world.project.url);
    world.env.insert("GONOGO_OSV_URL".to_owned(), "api.example.com".to_owned());
    assert!(world.resolve().unwrap_err().contains("GONOGO_OSV_URL is not a URL"));
}

#[test]
fn a_password_in_an_address_that_is_refused_is_not_repeated() {
    let word = ["hun", "ter2"].concat();
    for start in ["https://ann:", "ftp://ann:", "ann:", "https://ann:p@"] {
        let mut world = World::new(&[]);
        world.project.url = vec![format!("{start}{word}@shop example com")];
        let error = world.resolve().unwrap_err();
        assert!(!error.contains(&word), "{error}");
    }
}

#[test]
fn a_terminal_that_says_it_is_dumb_gets_no_colours() {
    let mut world = World::new(&[]);
    assert!(!world.resolve().unwrap().no_color);
    world.env.insert("TERM".to_owned(), "dumb".to_owned());
    assert!(world.resolve().unwrap().no_color);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_configuration_holds_nothing_up() {
    let world = World::new(&[("app/package.json", "{}")]);
    let pipe = world.dir.path().join("app/gonogo.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(world.resolve().unwrap_err().contains("is not a file"));
}

#[test]
fn a_home_that_is_no_folder_is_an_empty_one() {
    let world = World::new(&[("user", "not a folder")]);
    assert!(world.resolve().is_ok());
}

#[test]
fn a_written_template_is_a_valid_configuration_even_uncommented() {
    let project = crate::project::open(tempfile::tempdir().unwrap().path().to_owned(), &Settings::default(), None);
    let text = template(&project);
    let uncommented: String = (text.lines())
        .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ") || line.starts_with('[')))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(uncommented.contains("off-because"));
    toml::from_str::<file::ConfigFile>(&uncommented).unwrap();
}
