//! What whole projects install past their manifests.

mod clothes;
mod containers;
mod folders;
mod lock_use;
mod programs;
mod renewed;
mod steps;

use tokio_util::sync::CancellationToken;

use crate::probe::packages::collect;
use crate::probe::samples::listed;

/// What of these files was not examined, without what is said of lock files and manifests.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let (_folder, listing) = listed(files);
    let gaps = collect(&listing, &CancellationToken::new()).gaps.into_vec().into_iter();
    let mine = gaps.filter(|gap| {
        ["container", "script", "follow", "command"].iter().any(|word| gap.reason.contains(word))
            || gap.reason == super::reason::WHEEL
    });
    let short = |reason: &str| {
        let all = [
            (super::reason::UNFOLLOWED, "unfollowed"),
            (super::reason::RENEWED, "renewed"),
            (super::reason::UNREAD, "unread"),
            (super::reason::INSTALLED, "by name"),
            (super::reason::ALONE, "compared"),
            (super::reason::BY_SCRIPT, "by script"),
            (super::reason::ALONE_BY_SCRIPT, "compared by script"),
            (super::reason::WHEEL, "archive"),
            (super::reason::WITHOUT_LOCK, "no lock"),
        ];
        all.iter().find(|(full, _)| *full == reason).map_or_else(|| reason.to_owned(), |(_, short)| (*short).to_owned())
    };
    mine.flat_map(|gap| gap.examples.iter().map(|what| format!("{}: {what}", short(&gap.reason))).collect::<Vec<_>>())
        .collect()
}

/// A project of several languages, whose lock files hold what it asks for.
const PROJECT: [(&str, &str); 19] = [
    ("requirements.txt", "flask==3.0.0\n"),
    ("requirements/prod.txt", "flask==3.0.0\n"),
    ("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"3.1.0\"\n"),
    ("libs/core/pyproject.toml", "[project]\nname = \"shop-core\"\nversion = \"3.1.0\"\n"),
    (
        "package.json",
        r#"{"name": "@shop/web", "scripts": {"build": "tsc", "start": "node .", "deps": "npm i -g serve"}, "dependencies": {"prisma": "5.0.0"}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"prisma": "5.0.0"}},
        "node_modules/prisma": {"version": "5.0.0", "bin": {"prisma": "x"}}, "node_modules/typescript": {"version": "5.0.0", "dev": true}}}"#,
    ),
    ("yarn.lock", "# yarn lockfile v1\n\nprisma@5.0.0:\n  version \"5.0.0\"\n"),
    (
        "bun.lock",
        r#"{"lockfileVersion": 1, "workspaces": {"": {"dependencies": {"prisma": "5.0.0"}}}, "packages": {"prisma": ["prisma@5.0.0", "", {}, ""]}}"#,
    ),
    ("poetry.lock", "[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n"),
    ("client/package.json", r#"{"name": "@shop/client", "scripts": {"deps": "npm i -g serve"}}"#),
    ("scripts/any.sh", "pip install \"$@\"\n"),
    ("Gemfile", "source \"https://rubygems.example.com\"\n"),
    ("composer.json", "{}"),
    ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"3.1.0\"\n"),
    ("go.mod", "module example.com/shop\n\ngo 1.22\n"),
    ("scripts/setup.sh", "#!/bin/sh\nset -e\napt-get install -y curl\n./scripts/more.sh\n"),
    ("scripts/more.sh", "#!/bin/bash\npip install -r requirements.txt\n"),
    ("Makefile", "deps:\n\tnpm ci\nbad:\n\tpip install django\n"),
    ("wheels/flask-3.0.0-py3-none-any.whl", "PK"),
];

/// What a container of that project tells, which copies it to `/app` and does this.
fn of(lines: &str) -> String {
    let dockerfile = format!("FROM debian:12\nWORKDIR /app\nCOPY . .\n{lines}\n");
    let mut files = PROJECT.to_vec();
    files.push(("Dockerfile", &dockerfile));
    told(&files).join(", ")
}

#[test]
fn what_people_write_every_day_is_no_alarm() {
    let mut wrong = Vec::new();
    for lines in [
        "RUN pip --version && pip config set global.no-cache-dir true && pip cache purge && pip list && pip check",
        "RUN pip install --no-cache-dir --upgrade pip setuptools wheel",
        "RUN python -m pip install -U pip && pip3 install --no-cache-dir -r requirements.txt --require-hashes",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt",
        "RUN pip install --user -rrequirements/prod.txt && rm -rf /root/.cache/pip",
        "RUN pip install --no-deps . && pip uninstall -y pip",
        "RUN pip install -e '.[prod]'",
        "RUN pip install --prefix=/install -r requirements.txt",
        "RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels -r requirements.txt\nRUN pip install --no-cache /wheels/*",
        "RUN pip wheel -w /w -r requirements.txt\nFROM debian:12\nCOPY --from=0 /w /w\nRUN pip install --no-index --find-links=/w -r requirements.txt",
        "RUN pip wheel -w /w .\nFROM debian:12\nCOPY --from=0 /w /w\nRUN pip install /w/*.whl && rm -rf /w",
        "RUN python -m build && pip install dist/*.whl",
        "RUN python -m venv /venv && . /venv/bin/activate && pip install -r requirements.txt",
        "RUN python -m venv /venv && /venv/bin/pip install -r requirements.txt",
        "RUN python manage.py collectstatic --noinput && python setup.py --version",
        "RUN uv sync --frozen --no-dev && uv venv && uv python install 3.12 && uv pip list && uv lock --check",
        "RUN uv export --frozen -o all.txt && uv pip install --system -r all.txt",
        "RUN poetry export --output=/tmp/all.txt\nRUN pip install -r /tmp/all.txt",
        "RUN uv pip install --system -r <(uv export --frozen)",
        "RUN uv run --frozen python manage.py migrate",
        "CMD [\"uv\", \"run\", \"--no-sync\", \"gunicorn\", \"shop:app\"]",
        "RUN --mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync --locked --no-install-project",
        "RUN pip install poetry==1.8.0 -q || true",
        "RUN poetry config virtualenvs.create false && poetry install --no-interaction --no-root --only main && poetry build",
        "RUN poetry install $(test \"$ENV\" = prod && echo \"--only main\")",
        "RUN poetry export -f requirements.txt -o requirements.txt && pip install -r requirements.txt",
        "RUN poetry export > requirements.txt && pip install -r requirements.txt",
        "CMD [\"poetry\", \"run\", \"gunicorn\", \"shop:app\"]",
        "RUN pdm install --prod --frozen-lockfile && pdm run build && pipenv install --system --deploy && pipenv run flask db upgrade",
        "RUN hatch env create && rye sync --no-lock",
        "RUN npm ci --omit=dev && npm cache clean --force && npm config set fund false",
        "RUN npm install --production && npm run build && npm prune --production && npm test",
        "RUN npm i -g npm@latest && npm install -g pnpm && corepack enable && corepack prepare pnpm@latest --activate",
        "RUN npm update -g npm",
        "RUN npm ci --prefix client && cd client && npm install && cd .. && npm rebuild && npm audit --omit=dev",
        "RUN corepack prepare $(node -p x) --activate && gem install bundler -v \"$(tail -n 1 Gemfile.lock)\" && make -j 4 -C client",
        "RUN npm --prefix client run build && npm run build --prefix client && ./scripts/more.sh --quiet",
        "RUN npx prisma generate && npx --no-install eslint . && npx tsc -p .",
        "RUN npm exec prisma generate",
        "RUN yarn --version && yarn && yarn install --frozen-lockfile && yarn build && yarn cache clean && yarn workspaces focus",
        "RUN yarn config set registry https://r.example.com && yarn workspace client build",
        "RUN pnpm config set store-dir /s && pnpm fetch && pnpm i -r --offline --frozen-lockfile && pnpm build && pnpm --filter web deploy /out",
        "RUN pnpm exec prisma generate && pnpm prisma migrate deploy && pnpm -r run build",
        "RUN bun install --production && bun run build && bun index.ts",
        "RUN deno install --frozen && deno cache main.ts && deno task build",
        "CMD [\"deno\", \"run\", \"-A\", \"main.ts\"]",
        "RUN gem update --system && gem install bundler:2.5 --no-document && bundle config set without development && bundle install -j4 && bundle exec rake assets:precompile",
        "RUN bundle check || bundle install && bundle clean --force",
        "CMD bundle exec puma",
        "RUN composer install --no-dev --optimize-autoloader && composer dump-autoload && composer run-script post-install-cmd && composer self-update",
        "RUN php composer.phar install",
        "RUN curl -sS https://getcomposer.example.com/installer | php -- --install-dir=/usr/local/bin && composer install",
        "RUN cargo build --release --locked && cargo test && cargo fetch && cargo install --locked --path . && cargo clippy && cargo +nightly build",
        "RUN go mod download && go build -o /app ./cmd/x && go install ./... && go run main.go && go vet ./... && go env -w X=y && go get ./...",
        "RUN ./mvnw -B package -DskipTests && mvn dependency:go-offline && ./gradlew build --no-daemon && gradle --version",
        "RUN apt-get update && apt-get install -y --no-install-recommends python3-pip npm yarn composer cargo bundler && rm -rf /var/lib/apt/lists/*",
        "RUN apk add --no-cache yarn npm py3-pip && which yarn && command -v bundle && type npm",
        "RUN echo \"run npm install foo\" && printf 'pip install x\\n' && mkdir -p /root/.npm /root/.cache/yarn && chown -R app /usr/local/bin/yarn",
        "RUN curl -fsSL https://deb.example.com/setup_20.x | bash - && apt-get install -y nodejs && npm ci",
        "RUN curl -L https://x.example.com/tool.tgz | tar xz -C /usr/local/bin && npm ci",
        "ADD https://x.example.com/tool.tgz /tmp/\nRUN npm ci && pip install -r requirements.txt",
        "COPY --from=ghcr.example.com/uv:1 /uv /bin/uv\nRUN uv sync --frozen",
        "RUN git config --global user.name x && git checkout main && npm ci",
        "RUN ./scripts/setup.sh && bash -eux scripts/setup.sh && make deps && sh -c 'npm ci'",
        "ENTRYPOINT [\"/app/scripts/setup.sh\"]\nCMD [\"npm\", \"start\"]",
        "RUN if [ \"$ENV\" = dev ]; then pip install -r requirements.txt; else npm ci; fi",
        "RUN for f in requirements.txt; do echo $f; done; npm ci",
        "RUN cp package.json /tmp/ && cd /tmp && npm install && cp -a node_modules /app/",
        "RUN <<EOF\nset -e\ncd libs/core\npip install \\\n  .\nnpm --version\nEOF",
        "RUN conda install -y python=3.12 pip && conda update -n base conda && conda clean -a && conda activate x && conda run -n x python app.py",
        "FROM debian:12 AS two\nWORKDIR /srv\nCOPY --from=0 /app/package*.json ./\nRUN npm ci\nFROM two\nRUN npm run build && npm prune",
        "RUN pip install --platform manylinux2014_x86_64 --implementation cp --python-version 3.12 -t /var/task -r requirements.txt",
        "RUN pip install --root-user-action ignore --exists-action w --upgrade-strategy eager --cert /x.pem -r requirements.txt",
        "RUN uv sync --frozen --link-mode copy && uv pip install --torch-backend cpu --prerelease allow --resolution highest -r requirements.txt",
        "RUN npm install --only production --strict-ssl false --cache /tmp/c --userconfig .npmrc --cpu x64 --arch x64 --also dev --audit-level high --legacy-peer-deps false",
        "RUN yarn install --mutex network --cache-folder /c && yarn install --mode skip-build && bun install --linker hoisted --backend hardlink",
        "RUN npx only-allow npm",
        "COPY package.json /src/x/package.json\nCOPY package-lock.json /src/x/package-lock.json\nRUN cd /src/x && npm install",
        "RUN pip install /app/libs/core && pip install ./libs/core",
    ] {
        wrong.extend(Some(of(lines)).filter(|told| !told.is_empty()).map(|told| format!("{lines}\n  {told}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whatever_installs_otherwise_is_not_examined() {
    let mut wrong = Vec::new();
    for (lines, all) in [
        // What nobody can tell from the words.
        ("RUN pip install $(cat extra.txt)", "unfollowed: Dockerfile:4 pip install"),
        ("RUN for p in flask==2.0 jinja2==2.10; do pip install $p; done", "unfollowed: Dockerfile:4 pip install"),
        ("RUN echo flask==2.0 | xargs pip install", "unfollowed: Dockerfile:4 pip install"),
        ("RUN ls libs | xargs -n1 pip install", "unfollowed: Dockerfile:4 pip install"),
        ("RUN find . -name r.txt -exec pip install -r {} +", "unfollowed: Dockerfile:4 pip install"),
        ("RUN cat extra | pip install -r /dev/stdin", "unfollowed: Dockerfile:4 pip install"),
        ("RUN pip install -r <(cat extra)", "unfollowed: Dockerfile:4 pip install"),
        (
            "RUN echo flask > requirements.txt && pip install -r requirements.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        (
            "RUN curl -O https://x.example.com/requirements.txt && pip install -r requirements.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        ("RUN $PIP install flask", "unfollowed: Dockerfile:4 install by a program that a variable names"),
        // A word of a text is none of a command.
        ("RUN pip install echo django", "by name: Dockerfile:4 django, by name: Dockerfile:4 echo"),
        ("RUN echo \"$(pip install django)\"", "by name: Dockerfile:4 django"),
        // What was cloned, unpacked, or comes from elsewhere.
        ("RUN git clone https://git.example.com/b /b && cd /b && npm install", "unfollowed: Dockerfile:4 npm install"),
        ("RUN git clone https://git.example.com/b && cd b && npm ci", "unfollowed: Dockerfile:4 npm ci"),
        (
            "RUN git clone https://git.example.com/b.git --depth 1 && npm ci --prefix b",
            "unfollowed: Dockerfile:4 npm ci",
        ),
        (
            "RUN git clone https://git.example.com/b /b && pip install -r /b/requirements.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        (
            "RUN git clone https://git.example.com/b /b\nWORKDIR /b\nRUN bundle install",
            "unfollowed: Dockerfile:6 bundle install",
        ),
        (
            "RUN git clone https://git.example.com/b /b && (cd /b && composer install) && composer install",
            "unfollowed: Dockerfile:4 composer install",
        ),
        (
            "RUN git clone https://git.example.com/b /b && cp -r /b /c && cd /c && cargo build",
            "unfollowed: Dockerfile:4 cargo build",
        ),
        (
            "RUN curl -L https://x.example.com/b.tgz | tar xz && cd b-1.0 && go build",
            "unfollowed: Dockerfile:4 go build",
        ),
        ("RUN unzip b.zip -d /b && cd /b && mvn package", "unfollowed: Dockerfile:4 mvn package"),
        ("ADD https://git.example.com/b.git /b\nRUN cd /b && yarn", "unfollowed: Dockerfile:5 yarn"),
        (
            "ADD git@git.example.com:a/b.git /b\nWORKDIR /b\nRUN python setup.py install",
            "unfollowed: Dockerfile:6 setup.py install",
        ),
        ("COPY --from=ghcr.example.com/x:1 /x /x\nRUN cd /x && npm ci", "unfollowed: Dockerfile:5 npm ci"),
        ("RUN cd /opt/tool && npm ci", "unfollowed: Dockerfile:4 npm ci"),
        ("RUN pip install /opt/tool", "unfollowed: Dockerfile:4 pip install"),
        (
            "RUN git clone https://git.example.com/b /b\nFROM debian:12\nCOPY --from=0 /b /c\nRUN cd /c && npm ci",
            "unfollowed: Dockerfile:7 npm ci",
        ),
        // Archives.
        (
            "COPY wheels/ /wheels/\nRUN pip install /wheels/*",
            "archive: Dockerfile:5 wheels/flask-3.0.0-py3-none-any.whl",
        ),
        (
            "COPY wheels /w\nRUN pip install --no-index --find-links=/w -r requirements.txt",
            "archive: Dockerfile:5 wheels/flask-3.0.0-py3-none-any.whl",
        ),
        ("RUN pip install wheels/*.whl", "archive: Dockerfile:4 wheels/*.whl"),
        ("RUN pip install ./dist/gone-1.0.whl", "unfollowed: Dockerfile:4 pip install"),
        ("RUN pip install --find-links /opt/w -r requirements.txt", "unfollowed: Dockerfile:4 pip install"),
        // What has no version that a file of the project says.
        ("RUN cargo install --git https://git.example.com/a/b", "unfollowed: Dockerfile:4 cargo install"),
        (
            "RUN npm update && composer update && bundle update",
            "renewed: Dockerfile:4 bundle update, renewed: Dockerfile:4 composer update, renewed: Dockerfile:4 npm update",
        ),
        ("RUN go get -u ./...", "unfollowed: Dockerfile:4 go get"),
        ("RUN uv sync --upgrade", "unfollowed: Dockerfile:4 uv sync"),
        ("RUN cd client && npm link && cd .. && npm link client", "unfollowed: Dockerfile:4 npm link"),
        ("RUN yarn link client", "unfollowed: Dockerfile:4 yarn link"),
        ("RUN npm create vite@latest x", "unfollowed: Dockerfile:4 npm create"),
        ("RUN composer create-project acme/app x", "unfollowed: Dockerfile:4 composer create-project"),
        ("RUN conda install -y requests=2.19.0", "unfollowed: Dockerfile:4 conda install"),
        ("RUN conda env create -f environment.yml", "unfollowed: Dockerfile:4 conda env create"),
        ("RUN micromamba install -y -n base requests -c conda-forge", "unfollowed: Dockerfile:4 micromamba install"),
        ("RUN pixi add requests", "unfollowed: Dockerfile:4 pixi add"),
        ("RUN mvn dependency:get -Dartifact=a:b:1", "unfollowed: Dockerfile:4 mvn dependency:get"),
        ("RUN deno run -A npm:cowsay hello", "unfollowed: Dockerfile:4 deno run"),
        // By name.
        ("RUN uv run --with django app.py", "by name: Dockerfile:4 django"),
        (
            "CMD [\"uv\", \"run\", \"--with\", \"requests==2.19.0\", \"app.py\"]",
            "compared: Dockerfile:4 requests==2.19.0",
        ),
        (
            "RUN uv tool run ruff@0.4.1 && uvx --from build pyproject-build",
            "by name: Dockerfile:4 build, compared: Dockerfile:4 ruff@0.4.1",
        ),
        ("RUN pip install -e git+https://git.example.com/x#egg=x", "by name: Dockerfile:4 from an address"),
        ("RUN pnpm add -w lodash", "by name: Dockerfile:4 lodash"),
        ("RUN deno add npm:cowsay", "by name: Dockerfile:4 cowsay"),
        ("RUN npx cowsay hi", "by name: Dockerfile:4 cowsay"),
        ("RUN corepack pnpm dlx cowsay", "by name: Dockerfile:4 cowsay"),
        ("RUN bash -c \"npm i -g serve\"", "by name: Dockerfile:4 serve"),
        ("CMD [\"sh\", \"-c\", \"npm i -g serve && serve\"]", "by name: Dockerfile:4 serve"),
        ("RUN <<EOF\nnpm i -g \\\n  serve\nEOF", "by name: Dockerfile:6 serve"),
        // What they call.
        ("RUN make bad", "by script: Makefile:4 django"),
        ("RUN npm run deps", "by script: package.json:1 serve"),
        ("RUN npm --prefix client run deps && gem install bundler -v 2.4.1", "by script: client/package.json:1 serve"),
        ("RUN ./scripts/any.sh django", "by script: scripts/any.sh:1 django"),
        ("RUN ./scripts/any.sh $WHAT", "unfollowed: scripts/any.sh:1 pip install"),
    ] {
        wrong.extend(Some(of(lines)).filter(|told| told != all).map(|told| format!("{lines}\n  {told}\n  not {all}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scripts_that_containers_call_count_as_theirs() {
    let entry = "#!/bin/sh\nset -e\npip install \\\n  requests==2.19.0\nexec \"$@\"\n";
    for (dockerfile, path) in [
        ("FROM a\nCOPY . .\nENTRYPOINT [\"./entry.sh\"]\n", "entry.sh"),
        ("FROM a\nCOPY docker/entry.sh /\nRUN sh -e /entry.sh\n", "docker/entry.sh"),
        ("FROM a\nCOPY docker/entry.sh docker/b.sh /usr/local/bin/\nCMD entry.sh serve\n", "docker/entry.sh"),
        (
            "FROM a\nCOPY docker/*.sh /usr/local/bin/\nENTRYPOINT [\"tini\", \"--\", \"/usr/local/bin/entry.sh\"]\n",
            "docker/entry.sh",
        ),
        ("FROM a\nWORKDIR /app\nCOPY . .\nRUN cd docker && . ./entry.sh\n", "docker/entry.sh"),
    ] {
        let all = told(&[("Dockerfile", dockerfile), (path, entry)]);
        assert_eq!(all, [format!("compared by script: {path}:3 requests==2.19.0")], "{dockerfile}");
    }
    // It knows where it lies.
    let at_home = "#!/bin/sh\ncd \"$(dirname \"$0\")/..\"\nexec npm ci \"$@\"\n";
    let dockerfile = "FROM a\nRUN git clone https://git.example.com/b /b\nWORKDIR /b\nCOPY . /app\nRUN /app/bin/x.sh\n";
    assert_eq!(told(&[("Dockerfile", dockerfile), ("bin/x.sh", at_home)]), [""; 0]);
    // Each is told once, and those that call each other come to an end.
    let circle = [
        ("Dockerfile", "FROM a\nCOPY . .\nRUN ./a.sh && ./b.sh\n"),
        ("api.Dockerfile", "FROM a\nCOPY . .\nRUN ./a.sh\n"),
        ("a.sh", "./b.sh\nnpm i -g serve\n"),
        ("b.sh", "./a.sh\n"),
    ];
    assert_eq!(told(&circle), ["by script: a.sh:2 serve"]);
    let mut deep: Vec<(String, String)> = (0..30).map(|n| (format!("s{n}.sh"), format!("./s{}.sh\n", n + 1))).collect();
    deep.push(("Dockerfile".to_owned(), "FROM a\nCOPY . .\nRUN ./s0.sh\n".to_owned()));
    let deep: Vec<(&str, &str)> = deep.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(told(&deep), ["unfollowed: s19.sh:1 a script that further scripts lead to"]);
}

/// Entries that build one package after the other, and the scripts of examples.
#[test]
fn entries_lead_deep_and_examples_lead_nowhere() {
    let entries: String = (0..12).map(|n| format!("\"b{n}\": \"npm run b{}\",\n", n + 1)).collect();
    let root = |last: &str| format!("{{\"scripts\": {{\n\"build\": \"npm run b0\",\n{entries}\"b12\": \"{last}\"}}}}");
    assert_eq!(told(&[("package.json", &root("tsc"))]), [""; 0]);
    assert_eq!(told(&[("package.json", &root("npx -y serve"))]), ["by script: package.json:15 serve"]);
    let package = r#"{"scripts": {"x": "npx -y serve"}}"#;
    let leads = r#"{"scripts": {"build": "yarn --cwd ../.. x"}}"#;
    for (folder, all) in
        [("examples/a", &[][..]), ("smoke-test/a", &[]), ("apps/a", &["by script: package.json:1 serve"])]
    {
        assert_eq!(told(&[("package.json", package), (&format!("{folder}/package.json"), leads)]), all, "{folder}");
    }
}

#[test]
fn what_hosts_and_compose_files_start_counts() {
    for (path, text, all) in [
        (
            "Procfile",
            "release: pip install requests==2.19.0\nweb: npx -y serve\n",
            "by script: Procfile:2 serve, compared by script: Procfile:1 requests==2.19.0",
        ),
        (
            "docker-compose.yml",
            "services:\n  a:\n    command: sh -c \"pip install django && x\"\n",
            "by script: docker-compose.yml:3 django",
        ),
        ("compose.yaml", "services:\n  a:\n    entrypoint: [npx, -y, serve]\n", "by script: compose.yaml:3 serve"),
        (
            "docker-compose.yml",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a\n        RUN pip install django\n",
            "by name: docker-compose.yml:6 django",
        ),
        (
            "render.yaml",
            "services:\n  - buildCommand: bundle install && npm i -g serve\n",
            "by script: render.yaml:2 serve",
        ),
        ("fly.toml", "[processes]\nweb = \"npx -y serve\"\n", "by script: fly.toml:2 serve"),
        (
            "package.json",
            "{\"scripts\": {\n\"start\": \"npm run go\",\n\"go\": \"pnpm dlx serve\",\n\"lint\": \"npx -y eslint\"}}",
            "by script: package.json:3 serve",
        ),
        (
            "package.json",
            "{\"scripts\": {\"heroku-postbuild\": \"npm install --prefix client && npm run build --prefix client\"}}",
            "",
        ),
        ("Procfile", "web: gunicorn app:app\nworker: bundle exec sidekiq\n", ""),
        ("docker-compose.dev.yml", "services:\n  a:\n    command: npx -y serve\n", ""),
    ] {
        assert_eq!(told(&[(path, text)]).join(", "), all, "{path} {text}");
    }
}

#[test]
fn more_copies_than_are_followed_are_told() {
    let lines: String = (0..1_002).map(|n| format!("COPY a{n} /a{n}\n")).collect();
    let all = told(&[("Dockerfile", &format!("FROM a\n{lines}"))]);
    assert_eq!(all, ["unfollowed: Dockerfile:1002 COPY, of which there are more than 1,000"]);
}

#[test]
fn nothing_that_strangers_write_takes_long_or_breaks() {
    for one in [
        "bundle exec ".repeat(20_000),
        "python -m ".repeat(20_000),
        "frob pip -a ".repeat(20_000),
        "cp a b; pip install ./x; ".repeat(10_000),
        "sh -c \"".repeat(20_000),
        "cd a; ".repeat(50_000) + "npm ci",
        "( ".repeat(50_000),
        "${a".repeat(50_000),
        "git clone https://git.example.com/b; ".repeat(5_000) + "npm ci",
    ] {
        let begun = std::time::Instant::now();
        let dockerfile = format!("FROM a\nCOPY . .\nRUN {one}\n");
        told(&[("Dockerfile", &dockerfile)]);
        assert!(begun.elapsed().as_secs() < 20, "{:?} {}", begun.elapsed(), one.get(..20).unwrap_or(""));
    }
    let many = "true; ".repeat(30_001);
    let all = told(&[("Dockerfile", &format!("FROM a\nRUN {many}\n"))]);
    assert_eq!(all, ["unfollowed: Dockerfile:2 and further commands, of which there are more than 30,000"]);
    let many = "pip install django; ".repeat(2_001);
    let all = told(&[("Dockerfile", &format!("FROM a\nRUN {many}\n"))]);
    assert!(
        all.contains(&"unfollowed: Dockerfile:2 and further ones, of which there are more than 2,000".to_owned()),
        "{all:?}"
    );
}
