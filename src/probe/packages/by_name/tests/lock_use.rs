//! Containers that install without the lock file.

use super::told;

/// What a container with these lines tells of a project with these files.
fn of(files: &[(&str, &str)], lines: &str) -> String {
    let dockerfile = format!("FROM debian:12\nWORKDIR /app\n{lines}\n");
    let mut files = files.to_vec();
    files.push(("Dockerfile", &dockerfile));
    told(&files).join(", ")
}

const NODE: [(&str, &str); 4] = [
    ("package.json", r#"{"name": "@shop/web", "dependencies": {"ms": "^2.0.0"}}"#),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "^2.0.0"}}, "node_modules/ms": {"version": "2.1.3"}}}"#,
    ),
    ("client/package.json", r#"{"name": "@shop/client", "dependencies": {"ms": "^2.0.0"}}"#),
    (
        "client/package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "^2.0.0"}}, "node_modules/ms": {"version": "2.1.3"}}}"#,
    ),
];

#[test]
fn a_lock_file_that_does_not_reach_the_container_is_told() {
    for (lines, expected) in [
        (
            "COPY package.json ./\nRUN npm install --omit=dev\nCOPY . .",
            "no lock: Dockerfile:4 npm install without package-lock.json",
        ),
        ("COPY package.json /app/\nRUN cd /app && npm i", "no lock: Dockerfile:4 npm i without package-lock.json"),
        (
            "ADD client/package.json client/\nRUN npm --prefix client install",
            "no lock: Dockerfile:4 npm install without package-lock.json",
        ),
        ("COPY client/package.json .\nRUN npm install", "no lock: Dockerfile:4 npm install without package-lock.json"),
        (
            "COPY . .\nRUN rm -rf node_modules package-lock.json && npm install",
            "no lock: Dockerfile:4 npm install without package-lock.json",
        ),
        (
            "COPY . .\nRUN rm -f *-lock.json\nRUN npm install",
            "no lock: Dockerfile:5 npm install without package-lock.json",
        ),
        ("COPY . .\nRUN npm install --package-lock false", "no lock: Dockerfile:4 npm install --package-lock=false"),
        (
            "COPY . .\nRUN find . -name package-lock.json -delete && npm install",
            "no lock: Dockerfile:4 npm install without package-lock.json",
        ),
        ("COPY . .\nRUN npm install --no-package-lock", "no lock: Dockerfile:4 npm install --no-package-lock"),
        // Another program, which knows nothing of npm's lock file.
        ("COPY . .\nRUN yarn install", "no lock: Dockerfile:4 yarn install without package-lock.json"),
        ("COPY . .\nRUN pnpm install --prod", "no lock: Dockerfile:4 pnpm install without package-lock.json"),
        // Bun reads those of others.
        ("COPY . .\nRUN bun install", ""),
        ("COPY package.json .\nRUN bun install", "no lock: Dockerfile:4 bun install without package-lock.json"),
        // What an earlier stage holds is not in one that begins with an image.
        (
            "COPY . .\nRUN npm ci\nFROM debian:12\nWORKDIR /app\nCOPY package.json .\nRUN npm install",
            "no lock: Dockerfile:8 npm install without package-lock.json",
        ),
        // It is there, or nobody can say that it is not.
        ("COPY package*.json ./\nRUN npm install", ""),
        (
            "COPY package.json yarn.lock* package-lock.json* pnpm-lock.yaml* ./\nRUN if [ -f yarn.lock ]; then yarn --frozen-lockfile; \
             elif [ -f package-lock.json ]; then npm ci; elif [ -f pnpm-lock.yaml ]; then corepack enable pnpm && pnpm i --frozen-lockfile; \
             else echo \"Lockfile not found.\" && exit 1; fi",
            "",
        ),
        ("COPY package.json package-lock.json* ./\nRUN npm install", ""),
        ("COPY [\"package.json\", \"package-lock.json\", \"./\"]\nRUN npm install", ""),
        ("COPY . .\nRUN npm install", ""),
        ("COPY *.json ./\nRUN npm install", ""),
        ("COPY client/ .\nRUN npm install", ""),
        ("COPY client/package*.json client/\nRUN cd client && npm install", ""),
        ("COPY package.json ./\nRUN npm ci", ""),
        ("COPY . .\nRUN rm package-lock.json\nCOPY . .\nRUN npm install", ""),
        ("COPY . .\nRUN rm client/package-lock.json && npm install", ""),
        (
            "RUN --mount=type=bind,source=package.json,target=package.json --mount=type=bind,source=package-lock.json,target=package-lock.json npm install",
            "",
        ),
        ("COPY . .\nFROM debian:12 AS run\nWORKDIR /app\nCOPY --from=0 /app ./\nRUN npm install", ""),
        ("COPY package.json /tmp/\nCOPY package-lock.json /tmp/\nWORKDIR /tmp\nRUN npm install", ""),
        ("COPY package.json $HOME/\nWORKDIR $HOME\nCOPY $LOCK ./\nRUN npm install", ""),
        ("RUN npm install", ""),
    ] {
        assert_eq!(of(&NODE, lines), expected, "{lines}");
    }
}

#[test]
fn what_dockerignore_leaves_out_does_not_arrive() {
    let of = |list: &str| of(&[&NODE[..], &[(".dockerignore", list)]].concat(), "COPY . .\nRUN npm install");
    let missing = "no lock: Dockerfile:4 npm install without package-lock.json";
    for list in ["package-lock.json\n", "node_modules\n**/package-lock.json", "*-lock.json", "/*\n!package.json\n"] {
        assert_eq!(of(list), missing, "{list}");
    }
    for list in
        ["node_modules\n", "client/package-lock.json", "*\n!package*.json", "# package-lock.json", "*.lock\n.env"]
    {
        assert_eq!(of(list), "", "{list}");
    }
}

#[test]
fn every_program_is_held_to_its_own_lock_file() {
    for (manifest, asks, lock, says, command) in [
        (
            "pyproject.toml",
            "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\nflask = \"^3\"\n",
            "poetry.lock",
            "[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n",
            "poetry install --no-root",
        ),
        (
            "pyproject.toml",
            "[project]\nname = \"x\"\nversion = \"3.1\"\ndependencies = [\"flask\"]\n",
            "uv.lock",
            "version = 1\n[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\nsource = { registry = \"https://r.example.com/simple\" }\n",
            "uv sync",
        ),
        (
            "Pipfile",
            "[packages]\nflask = \"*\"\n",
            "Pipfile.lock",
            r#"{"_meta": {"pipfile-spec": 6}, "default": {"flask": {"version": "==3.0.0"}}}"#,
            "pipenv install",
        ),
        (
            "composer.json",
            r#"{"require": {"acme/x": "^1"}}"#,
            "composer.lock",
            r#"{"packages": [{"name": "acme/x", "version": "1.0.0"}]}"#,
            "composer install",
        ),
        (
            "Gemfile",
            "source \"https://r.example.com\"\ngem \"rack\"\n",
            "Gemfile.lock",
            "GEM\n  specs:\n    rack (3.0.0)\n\nDEPENDENCIES\n  rack\n",
            "bundle install",
        ),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\nversion = \"3.1.0\"\n[dependencies]\nserde = \"1\"\n",
            "Cargo.lock",
            "version = 4\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+https://r.example.com\"\n",
            "cargo build",
        ),
    ] {
        let files = [(manifest, asks), (lock, says)];
        let alone = of(&files, &format!("COPY {manifest} ./\nRUN {command}"));
        assert_eq!(alone, format!("no lock: Dockerfile:4 {} without {lock}", command.trim_end_matches(" --no-root")));
        assert_eq!(of(&files, &format!("COPY {manifest} {lock} ./\nRUN {command}")), "", "{command}");
        assert_eq!(of(&files, &format!("COPY . .\nRUN {command}")), "", "{command}");
    }
}

#[test]
fn folders_are_installed_with_what_they_need_in_the_versions_of_the_day() {
    let python = [
        ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"3.1\"\ndependencies = [\"flask\"]\n"),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\nsource = { registry = \"https://r.example.com/simple\" }\n",
        ),
        ("requirements.txt", "flask==3.0.0\n"),
        ("libs/core/setup.py", "from setuptools import setup\nsetup(name=\"core\", install_requires=[])\n"),
    ];
    for (lines, expected) in [
        ("RUN pip install --no-cache-dir .", "no lock: Dockerfile:4 pip install without requirements.txt"),
        ("RUN pip install -e '.[prod]'", "no lock: Dockerfile:4 pip install without requirements.txt"),
        (
            "RUN uv pip install --system -r pyproject.toml",
            "no lock: Dockerfile:4 uv pip install without requirements.txt",
        ),
        ("RUN pip install -r requirements.txt && pip install .", ""),
        ("RUN pip install -r requirements.txt .", ""),
        ("RUN uv sync --frozen --no-install-project && uv pip install .", ""),
        ("RUN pip install --no-deps .", ""),
        ("RUN pip install -c requirements.txt .", ""),
        ("ENV PIP_CONSTRAINT=requirements.txt\nRUN pip install .", ""),
        ("RUN pip install ./libs/core", ""),
    ] {
        assert_eq!(of(&python, &format!("COPY . .\n{lines}")), expected, "{lines}");
    }
    let crates = [
        ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"3.1.0\"\n[dependencies]\nserde = \"1\"\n"),
        (
            "Cargo.lock",
            "version = 4\n[[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+https://r.example.com\"\n",
        ),
    ];
    let told = of(&crates, "COPY . .\nRUN cargo install --path .");
    assert_eq!(told, "no lock: Dockerfile:4 cargo install without --locked");
    assert_eq!(of(&crates, "COPY . .\nRUN cargo install --path . --locked"), "");
}
