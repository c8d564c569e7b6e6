//! Programs behind what is put in front of them.

use super::super::programs::{Started, started};

#[test]
fn programs_are_found_behind_what_is_put_in_front() {
    let of = |command: &str| {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        match started(&words) {
            None => String::new(),
            Some(Started::Fetches(verb, fed)) => {
                format!("{} {}{}", verb.program, verb.verb, if fed { " fed" } else { "" })
            }
            Some(Started::Make(..)) => "make".to_owned(),
            Some(Started::Recipe(files)) => format!("recipe {}", files.join(" ")),
            Some(Started::Text(one)) => format!("text {one}"),
            Some(Started::Unknown) => "unknown".to_owned(),
            Some(Started::Setup(one)) => format!("setup {one}"),
            Some(Started::Script(one, _)) => format!("script {one}"),
            Some(Started::Entries(all)) => format!("entry {}", all.join(" ")),
        }
    };
    for (command, found) in [
        ("pip install x", "pip install"),
        ("A=b /usr/bin/pip3.11 --no-color install x", "pip install"),
        ("then sudo -H -u app pip install x", "pip install"),
        ("python3.12 -u -m pip install x", "pip install"),
        ("python -W ignore -X utf8 -um pip install x", "pip install"),
        ("python -m http.server", ""),
        ("pip --trusted-host r.example.com -i https://r.example.com/simple install x", "pip install"),
        ("pip-3.12 --log /l install x", "pip install"),
        ("pip.exe install x", "pip install"),
        ("uv --config-file u.toml pip install x", "uv pip install"),
        ("poetry -P . add x", "poetry add"),
        ("npm -P install x", "npm install"),
        ("pip-sync made.txt", "pip-sync "),
        ("timeout 10 npm ci", "npm ci"),
        ("env -i A=b yarn", "yarn "),
        ("xargs -n 1 pip install", "pip install fed"),
        ("conda run -n x pip install y", "pip install"),
        ("poetry run pip install y", "pip install"),
        ("uv run --frozen app.py", ""),
        ("uv run --with x app.py", "uv run"),
        ("bundle exec rails s", ""),
        ("corepack pnpm install", "pnpm install"),
        ("corepack enable", ""),
        ("php /usr/bin/composer.phar install", "composer install"),
        ("find . -exec pip install {}", "pip install"),
        ("frobnicate npm i x", "npm i"),
        ("frobnicate yarn", ""),
        ("$(PIP) install x", "unknown"),
        ("$SUDO apt-get install yarn", ""),
        ("apt-get install -y yarn npm", ""),
        ("sudo apt-get install -y yarn", ""),
        ("rm -rf /root/.npm /usr/bin/yarn", ""),
        ("command -v npm", ""),
        ("which bundle", ""),
        ("for yarn in npm", ""),
        ("yarn --version", ""),
        ("yarn --frozen-lockfile", "yarn "),
        ("npm --prefix client ci", "npm ci"),
        ("npm -w app add x", "npm add"),
        ("pnpm --filter web add y", "pnpm add"),
        ("pnpm --allow-build=x add y", "pnpm add"),
        ("yarn workspace web add y", "yarn add"),
        ("yarn workspaces focus --production", "yarn workspaces focus"),
        ("uv --quiet pip install x", "uv pip install"),
        ("uv pip compile x", ""),
        ("uv tool run x", "uv tool run"),
        ("cargo +nightly install x", "cargo install"),
        ("xx-cargo build", "cargo build"),
        ("npm audit fix", "npm audit fix"),
        ("npm run build", "entry build"),
        ("npm start", "entry start"),
        ("yarn build:web", "entry build:web"),
        ("pnpm exec next build", ""),
        ("python setup.py install", "setup ."),
        ("python libs/req/setup.py develop", "setup libs/req/"),
        ("python setup.py sdist", ""),
        ("./build.sh x", "script ./build.sh"),
        ("bash -eux scripts/x", "script scripts/x"),
        (". /venv/bin/activate", "script /venv/bin/activate"),
        ("tini -- /entrypoint.sh", "script /entrypoint.sh"),
        ("make -C api deps", "make"),
    ] {
        assert_eq!(of(command), found, "{command}");
    }
}
