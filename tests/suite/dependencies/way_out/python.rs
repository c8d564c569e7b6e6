//! Poetry, Pipenv, uv, PDM and pip.

use super::*;

#[test]
fn a_range_that_allows_the_fix_needs_a_new_lock_file_only() {
    assert_renewed(&[
        (Manager::Uv, "uv.lock", ">=1.0", &["uv lock --upgrade-package a==1.2.0"]),
        (Manager::Poetry, "poetry.lock", "^1.0", &["poetry update a"]),
        (Manager::Pipenv, "Pipfile.lock", ">=1.0", &["pipenv upgrade --lock-only a"]),
        (Manager::Pdm, "pdm.lock", ">=1.0", &["pdm update a"]),
    ]);
}

#[test]
fn a_range_that_does_not_is_raised_where_it_stands() {
    let dev = Scope::Development;
    assert_raised(&[
        (Manager::Uv, "pyproject.toml", "uv.lock", "<2", Scope::Production, "uv add \"a>=2.1.0\"", None),
        (
            Manager::Uv,
            "pyproject.toml",
            "uv.lock",
            ">=1,<2",
            dev,
            "uv lock --upgrade-package a==2.1.0",
            Some("\"a>=2.1.0,<3\""),
        ),
        (Manager::Poetry, "pyproject.toml", "poetry.lock", "^1.0", Scope::Production, "poetry add \"a@^2.1.0\"", None),
        (Manager::Pipenv, "Pipfile", "Pipfile.lock", "<2", dev, "pipenv upgrade --dev \"a>=2.1.0\"", None),
        (Manager::Pdm, "pyproject.toml", "pdm.lock", "<2", Scope::Production, "pdm add \"a>=2.1.0\"", None),
    ]);
    // A pin of a requirements file is a line of it.
    let pip = lock(Manager::Pip, "requirements.txt", "requirements.txt", "==1.0.0", Scope::Production, "");
    let way = out(&pip, "a", "1.2.0", &BTreeMap::new());
    assert_eq!((way.kind, way.lines), (WayOutKind::RaiseItself, Some(("requirements.txt".into(), "a==1.2.0".into()))));
}

#[test]
fn what_a_deep_package_pins_is_forced() {
    assert_forced(&[
        (
            Manager::Uv,
            "uv.lock",
            false,
            "pyproject.toml",
            "[tool.uv]\noverride-dependencies = [\"b>=1.2.0\"]",
            "uv lock --upgrade-package deep --upgrade-package b",
        ),
        (
            Manager::Pdm,
            "pdm.lock",
            false,
            "pyproject.toml",
            "[tool.pdm.resolution.overrides]\nb = \">=1.2.0\"",
            "pdm update deep b",
        ),
    ]);
}
