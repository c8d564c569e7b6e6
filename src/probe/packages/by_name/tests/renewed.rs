//! Commands that change what the lock file says.

use super::of;

#[test]
fn a_lock_file_made_anew_does_not_answer() {
    let mut wrong = Vec::new();
    for (lines, all) in [
        ("RUN poetry lock && poetry install", "renewed: Dockerfile:4 poetry lock"),
        ("RUN poetry update", "renewed: Dockerfile:4 poetry update"),
        ("RUN uv lock -U && uv sync --frozen", "renewed: Dockerfile:4 uv lock"),
        ("RUN uv sync -U", "unfollowed: Dockerfile:4 uv sync"),
        ("RUN uv run --upgrade app.py", "unfollowed: Dockerfile:4 uv run"),
        ("RUN pdm lock", "renewed: Dockerfile:4 pdm lock"),
        ("RUN pdm update", "renewed: Dockerfile:4 pdm update"),
        ("RUN pipenv lock && pipenv sync", "renewed: Dockerfile:4 pipenv lock"),
        ("RUN npm pkg set dependencies.ejs=3.1.6 && npm install", "renewed: Dockerfile:4 npm pkg set"),
        ("RUN npx npm-check-updates -u && npm i", "by name: Dockerfile:4 npm-check-updates"),
        (
            "RUN pip-compile -U requirements.in && pip install -r requirements.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        ("RUN ncu -u && npm i", "renewed: Dockerfile:4 ncu"),
        ("RUN npm install prisma@latest", "by name: Dockerfile:4 prisma@latest"),
        ("RUN npm install -g prisma", "by name: Dockerfile:4 prisma"),
        ("RUN yarn upgrade && pnpm up", "renewed: Dockerfile:4 pnpm up, renewed: Dockerfile:4 yarn upgrade"),
        ("RUN bundle lock --update && bundle install", "renewed: Dockerfile:4 bundle lock"),
        ("RUN bundle update", "renewed: Dockerfile:4 bundle update"),
        ("RUN composer require acme/x", "by name: Dockerfile:4 acme/x"),
        ("RUN cargo generate-lockfile && cargo build", "renewed: Dockerfile:4 cargo generate-lockfile"),
        ("RUN cargo update && cargo add serde", "renewed: Dockerfile:4 cargo update, by name: Dockerfile:4 serde"),
        ("RUN go mod edit -require=example.org/x@v1.0.0", "renewed: Dockerfile:4 go mod edit"),
        ("RUN rm go.mod && go mod init x && go mod tidy", "renewed: Dockerfile:4 go mod init"),
        ("ENV GOFLAGS=-mod=mod\nRUN go build .", "unfollowed: Dockerfile:5 go build"),
        ("RUN GOFLAGS=-mod=mod go build .", "unfollowed: Dockerfile:4 go build"),
        ("RUN pip install -r requirements.txt && pip install -U flask", "by name: Dockerfile:4 flask"),
        ("RUN pip install -qU flask", "by name: Dockerfile:4 flask"),
        ("RUN pipx install flask", "by name: Dockerfile:4 flask"),
        (
            "RUN uv pip compile pyproject.toml -o all.txt && pip install -r all.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        (
            "RUN pip-compile -U -o requirements.txt x.in && pip install -r requirements.txt",
            "unfollowed: Dockerfile:4 pip install",
        ),
        (
            "RUN echo '{\"dependencies\": {\"ejs\": \"*\"}}' > package.json && npm install",
            "unfollowed: Dockerfile:4 npm install",
        ),
        // What pip does not find it fetches in the version of the day.
        ("RUN pip install flask", "by name: Dockerfile:4 flask"),
        ("RUN uv sync --frozen && pip install flask", "by name: Dockerfile:4 flask"),
        ("RUN pip install -r requirements.txt\nFROM python:3\nRUN pip install flask", "by name: Dockerfile:6 flask"),
        ("RUN pip install -r requirements.txt && gem install rack", "by name: Dockerfile:4 rack"),
        ("RUN pip install flask && pip install -r requirements.txt", ""),
        ("RUN pip install flask\nFROM python:3\nRUN pip install -r requirements.txt", "by name: Dockerfile:4 flask"),
        // What was copied from another stage is there, as is what the stage builds on.
        ("RUN pip install -r requirements.txt\nFROM python:3\nCOPY --from=0 /venv /venv\nRUN pip install flask", ""),
        ("RUN uv sync --frozen && uv pip install flask", ""),
        (
            "RUN pip install --no-index --find-links wheels flask",
            "archive: Dockerfile:4 wheels/flask-3.0.0-py3-none-any.whl",
        ),
        ("RUN cargo install cargo-chef --locked && poetry self add poetry-plugin-export", ""),
        // These leave the versions as they are.
        ("RUN poetry lock --no-update && poetry install && poetry check --lock", ""),
        ("RUN uv lock && uv lock --check", ""),
        ("RUN npm pkg delete scripts.prepare && npm pkg set version=1.0.0 && npm ci", ""),
        ("RUN bundle lock --add-platform x86_64-linux && bundle install", ""),
        ("RUN go mod edit -go=1.22 && go mod tidy && go build .", ""),
        ("RUN pip install -U -r requirements.txt && pip install -U pip setuptools", ""),
        ("RUN pip install -r requirements.txt && pip install flask", ""),
        ("RUN npm install prisma@5.0.0", ""),
        ("RUN pip-compile -o requirements.txt x.in && pip install -r requirements.txt", ""),
    ] {
        wrong.extend(Some(of(lines)).filter(|told| told != all).map(|told| format!("{lines}\n  {told}\n  not {all}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parts_of_a_list_are_the_list() {
    let pip = "unfollowed: Dockerfile:4 pip install";
    let mut wrong = Vec::new();
    for (lines, all) in [
        ("RUN sed -i 's/\\r//' requirements.txt && pip install -r requirements.txt", ""),
        (
            "RUN sed -i -e 's/\\r$//g' requirements.txt && chmod a+r requirements.txt && dos2unix requirements.txt && pip install -r requirements.txt",
            "",
        ),
        ("RUN grep -v '^-e' requirements.txt > /tmp/r.txt && pip install -r /tmp/r.txt", ""),
        ("RUN cat requirements.txt requirements/prod.txt | sort > r.txt && pip install -r r.txt", ""),
        ("RUN sed '/psycopg2/d' requirements.txt > r.txt && pip install -r r.txt", ""),
        ("RUN xargs -n1 pip install < requirements.txt", ""),
        ("RUN cat requirements.txt | xargs -n 1 pip install", ""),
        ("RUN grep -v x requirements.txt | xargs pip install", ""),
        ("RUN for f in requirements.txt requirements/prod.txt; do pip install -r $f; done", ""),
        ("RUN pip install -r requirements/$ENV.txt", ""),
        ("RUN gem install bundler --platform ruby -P HighSecurity -n /usr/local/bin", ""),
        ("ADD https://x.example.com/data.json ./\nRUN npm ci && pip install -r requirements.txt", ""),
        ("ADD https://x.example.com/a/package.json ./\nRUN pip install .", ""),
        ("ADD https://git.example.com/b.git ./b\nRUN cd b && npm ci", "unfollowed: Dockerfile:5 npm ci"),
        // Who knows what these hold.
        ("RUN sed -i 's/==.*//' requirements.txt && pip install -r requirements.txt", pip),
        ("RUN sed -i '$a django' requirements.txt && pip install -r requirements.txt", pip),
        ("RUN grep -v x extra.txt > r.txt && pip install -r r.txt", pip),
        ("RUN cat requirements.txt extra.txt > r.txt && pip install -r r.txt", pip),
        ("RUN echo django > requirements.txt && grep -v x requirements.txt > r.txt && pip install -r r.txt", pip),
        ("RUN xargs pip install < extra.txt", pip),
        ("RUN pip install -r \"$F\"", pip),
        ("RUN pip install -r other-$ENV.txt", pip),
        ("RUN pip install -qr requirements.txt", ""),
    ] {
        wrong.extend(Some(of(lines)).filter(|told| told != all).map(|told| format!("{lines}\n  {told}\n  not {all}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
