//! What a command does, once the scripts that it calls are written out. Nothing is ever run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::repo::{Repo, is_aside, name_of};

/// Kinds of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Runs tests.
    Test,
    /// Lints or checks the format.
    Lint,
    /// Scans code, dependencies or secrets for security problems.
    SecurityScan,
    /// Brings a version to where users are.
    Deploy,
    /// Applies migrations to a database.
    Migrate,
}

type Pattern = LazyLock<Option<Regex>>;

static TEST: Pattern = LazyLock::new(|| {
    Regex::new(
        r#"(?:^|[\s;&|/("'])(?:jest|vitest|mocha|ava|jasmine|karma start|cypress run|playwright test|nightwatch|wdio run|qunit|bun test|deno test|react-scripts test|ng test|vue-cli-service test|pytest|py\.test|tox|nox|nose2|behave|phpunit|pest|rspec|minitest|ctest|bats|mix test|swift test|flutter test|dart test|hardhat test|forge test|robot)(?:[\s;&|)"']|$)|(?:node|tsx|ts-node)\s[^\n]*--test\b|-m (?:pytest|unittest)|manage\.py test|(?:go|cargo|dotnet|artisan|rails|zig) (?:test|nextest)|cargo nextest run|rake (?:test|spec)|mvnw? [^\n]*\b(?:test|verify|install|package)\b|gradlew? [^\n]*\b(?:test|check|build)\b|uses: cypress-io/github-action"#,
    )
    .ok()
});

static LINT: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[\s;&|/(])(?:eslint|oxlint|tslint|stylelint|xo|standard|next lint|ng lint|biome (?:check|lint|ci|format)|ruff|flake8|pylint|pycodestyle|rubocop|standardrb|phpcs|phpstan|psalm|php-cs-fixer|pint|golangci-lint|staticcheck|ktlint|detekt|checkstyle|shellcheck|hadolint|actionlint|yamllint|markdownlint|sqlfluff|credo|swiftlint|pre-commit run|lint-staged)(?:[\s;&|)@]|$)|prettier [^\n]*(?:--check|-c\b|-l\b|--list-different)|(?:black|isort|yapf) [^\n]*--(?:check|diff)|black \.|go vet|gofmt|cargo (?:clippy|fmt)|mix format --check|dotnet format|uses: (?:golangci/|pre-commit/action|github/super-linter|super-linter/|psf/black|(?:astral-sh|chartboost)/ruff-action|reviewdog/action-|wearerequired/lint-action)",
    )
    .ok()
});

static SCAN: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:snyk|semgrep|gitleaks|trufflehog|trivy|osv-scanner|grype|checkov|tfsec|bandit|gosec|govulncheck|brakeman|pip-audit|bundler-audit|bundle[- ]audit|detect-secrets|nuclei|dockle|kics)\b|github/codeql-action/(?:analyze)|\b(?:npm|pnpm|yarn|bun|composer|cargo)(?: npm)? audit\b(?: signatures| fix)?|better-npm-audit|audit-ci|safety (?:check|scan)|cargo deny|dependency-review-action|zaproxy/|owasp/zap|dependency-check|sonarcloud|sonarqube|security/(?:sast|secret-detection|dependency-scanning|dast|container-scanning)|aquasecurity/|anchore/scan|socketsecurity|socket (?:ci|scan)|zizmor",
    )
    .ok()
});

static DEPLOY: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bvercel\b[^\n]*(?:deploy|--prod)|\bnetlify deploy|\bfly(?:ctl)? deploy|\brailway (?:up|deploy|redeploy)|git push [^\n]*(?:heroku|dokku)|heroku container:release|\b(?:serverless|sls|cdk|sam|wrangler|kamal|eb|firebase|amplify|sst|dokku|vercel|copilot|caprover|cap production|dep) (?:pages )?(?:deploy|publish)|wrangler publish|terraform apply|pulumi up|kubectl (?:apply|set image|rollout)|helm (?:upgrade|install)|gcloud (?:run|app|functions|builds) (?:deploy|submit)|aws (?:ecs update-service|lambda update-function-code|s3 sync|elasticbeanstalk|deploy |apprunner|cloudformation deploy)|az (?:webapp|functionapp|containerapp|staticwebapp)|supabase functions deploy|ansible-playbook|api\.render\.com/deploy|deploy[-_]?hook|RENDER_DEPLOY|docker stack deploy|ssh [^\n]*(?:deploy|docker|compose|pull|restart)|rsync [^\n]*@[^\n]*:|argocd app sync|uses: (?:amondnet/vercel-action|akhileshns/heroku-deploy|appleboy/ssh-action|aws-actions/amazon-ecs-deploy|aws-actions/aws-cloudformation|azure/(?:webapps-deploy|functions-action|k8s-deploy|static-web-apps-deploy|container-apps-deploy)|google-github-actions/deploy|cloudflare/wrangler-action|cloudflare/pages-action|actions/deploy-pages|nwtgck/actions-netlify|johnbeynon/render-deploy|digitalocean/app_action|bervProject/railway-deploy|easingthemes/ssh-deploy|FirebaseExtended/action-hosting-deploy|burnett01/rsync-deployments|benc-uk/workflow-dispatch|capistrano)",
    )
    .ok()
});

static MIGRATE: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)prisma (?:[^\n&|;]*)migrate deploy|manage\.py migrate|django-admin migrate|alembic (?:[^\n&|;]*)upgrade|flask db upgrade|aerich upgrade|knex (?:[^\n&|;]*)migrate:(?:latest|up)|sequelize(?:-cli)? (?:[^\n&|;]*)db:migrate\b|typeorm\S* (?:[^\n&|;]*)migration:run|mikro-orm migration:up|drizzle-kit (?:[^\n&|;]*)migrate|node-pg-migrate (?:[^\n&|;]*)up|kysely migrate|rails db:(?:migrate|prepare)|rake db:migrate|artisan migrate\b|doctrine:migrations:migrate|phinx migrate|flyway (?:[^\n&|;]*)migrate|liquibase (?:[^\n&|;]*)update|goose (?:[^\n&|;]*)up|dbmate (?:[^\n&|;]*)(?:up|migrate)|(?:^|\s)migrate (?:[^\n&|;]*)-path (?:[^\n&|;]*)up|atlas (?:[^\n&|;]*)migrate apply|supabase (?:db push|migration up)|ecto\.migrate|sqlx migrate run|diesel migration run|sea-orm-cli migrate|wrangler d1 migrations apply|db-migrate up|umzug up",
    )
    .ok()
});

impl Does {
    fn pattern(self) -> Option<&'static Regex> {
        match self {
            Self::Test => TEST.as_ref(),
            Self::Lint => LINT.as_ref(),
            Self::SecurityScan => SCAN.as_ref(),
            Self::Deploy => DEPLOY.as_ref(),
            Self::Migrate => MIGRATE.as_ref(),
        }
    }

    /// Whether one written-out line does this.
    #[must_use]
    pub fn is_in(self, text: &str) -> bool {
        text.lines().any(|line| counts(line) && self.pattern().is_some_and(|pattern| pattern.is_match(line)))
    }
}

/// Whether a line does anything whose failure is noticed: not a comment, not only said, not swallowed.
fn counts(line: &str) -> bool {
    let start = line.trim_start();
    !start.starts_with('#') && !start.starts_with("echo ") && !line.contains("|| true") && !line.contains("|| exit 0")
}

/// The scripts that commands call by name.
#[derive(Debug, Default)]
pub struct Scripts {
    /// Script name to its texts: several packages may have one of the name.
    node: BTreeMap<String, Vec<String>>,
    make: BTreeMap<String, String>,
}

static CALL: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[\s;&|(])(?:(?P<runner>npm|pnpm|yarn|bun|turbo|nx|lerna|npm-run-all|run-s|run-p|composer)(?:\s+(?:(?:--filter|-F|-w|--workspace|--prefix|-C|--cwd|--dir|--scope)[= ]\S+|-\S+|run|run-script|exec|run-many|workspaces? (?:foreach )?))*\s+(?P<name>[A-Za-z0-9_:./-]+)|make\s+(?:-\S+\s+)*(?P<make>[A-Za-z0-9_.-]+))",
    )
    .ok()
});

impl Scripts {
    /// Reads the scripts of every `package.json` and `composer.json`, and the targets of the `Makefile`.
    #[must_use]
    pub fn read(repo: &Repo) -> Self {
        let mut scripts = Self::default();
        for path in repo.paths().filter(|path| !is_aside(path)) {
            match name_of(path) {
                "package.json" | "composer.json" => {
                    let Some(text) = repo.text(path) else { continue };
                    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                    for (name, script) in json.get("scripts").and_then(|s| s.as_object()).into_iter().flatten() {
                        let script = match script {
                            serde_json::Value::Array(lines) => {
                                lines.iter().filter_map(|l| l.as_str()).collect::<Vec<_>>().join("\n")
                            }
                            other => other.as_str().unwrap_or_default().to_owned(),
                        };
                        scripts.node.entry(name.clone()).or_default().push(script);
                    }
                }
                "Makefile" | "makefile" | "justfile" => {
                    if let Some(text) = repo.text(path) {
                        scripts.read_makefile(&text);
                    }
                }
                _ => {}
            }
        }
        scripts
    }

    fn read_makefile(&mut self, text: &str) {
        let mut target: Option<String> = None;
        for line in text.lines() {
            if line.starts_with(['\t', ' ']) {
                if let Some(name) = &target {
                    let lines = self.make.entry(name.clone()).or_default();
                    lines.push_str(line.trim().trim_start_matches(['@', '-']));
                    lines.push('\n');
                }
            } else if let Some((name, needs)) = line.split_once(':').filter(|(name, _)| !name.contains(['=', '#', ' ']))
            {
                target = Some(name.to_owned());
                // What it needs runs first.
                let calls: Vec<String> = needs.split_whitespace().map(|need| format!("make {need}\n")).collect();
                self.make.entry(name.to_owned()).or_default().push_str(&calls.concat());
            }
        }
    }

    /// The texts of a script of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> &[String] {
        self.node.get(name).map_or(&[], Vec::as_slice)
    }

    /// `command` and, below it, the text of every script that it calls, those that these call included.
    #[must_use]
    pub fn written_out(&self, command: &str) -> String {
        let mut text = command.to_owned();
        let mut seen = BTreeSet::new();
        let mut queue = vec![command.to_owned()];
        while let Some(current) = queue.pop() {
            for called in self.called_by(&current) {
                if seen.len() < 50 && seen.insert(called.clone()) {
                    text.push('\n');
                    text.push_str(&called);
                    queue.push(called);
                }
            }
        }
        text
    }

    fn called_by(&self, command: &str) -> Vec<String> {
        let Some(pattern) = CALL.as_ref() else { return Vec::new() };
        let mut found = Vec::new();
        for call in command.lines().filter(|line| counts(line)).flat_map(|line| pattern.captures_iter(line)) {
            if let Some(target) = call.name("make") {
                found.extend(self.make.get(target.as_str()).cloned());
            }
            let Some(name) = call.name("name") else { continue };
            // `npm t` and `npm tst` are what npm itself allows.
            let name = if matches!(name.as_str(), "t" | "tst") { "test" } else { name.as_str() };
            found.extend(self.named(name).iter().cloned());
            for around in [format!("pre{name}"), format!("post{name}")] {
                found.extend(self.named(&around).iter().cloned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_by_what_they_run() {
        for (does, yes, no) in [
            (Does::Test, "npx vitest run --coverage", "npm install vitest-helper"),
            (Does::Test, "python manage.py test", "echo \"run pytest yourself\""),
            (Does::Test, "node --import tsx --test \"test/**\"", "npm ci"),
            (Does::Test, "cargo nextest run", "pytest || true"),
            (Does::Lint, "npx eslint .", "npx eslint . || true"),
            (Does::Lint, "ruff check .", "pip install ruffle"),
            (Does::SecurityScan, "uses: github/codeql-action/analyze@v3", "uses: actions/checkout@v4"),
            (Does::SecurityScan, "npm audit --omit=dev", "npm install --no-audit"),
            (Does::Deploy, "flyctl deploy --remote-only", "docker push a/b"),
            (Does::Migrate, "npx prisma migrate deploy --schema x", "prisma migrate dev"),
            (Does::Migrate, "./manage.py migrate --noinput", "manage.py makemigrations"),
        ] {
            assert!(does.is_in(yes), "{does:?} {yes}");
            assert!(!does.is_in(no), "{does:?} {no}");
        }
    }

    #[test]
    fn scripts_are_written_out_through_several_levels() {
        let mut scripts = Scripts::default();
        for (name, text) in [
            ("test", "npm run test:all"),
            ("test:all", "vitest run"),
            ("loop", "npm run loop"),
            ("pretest", "eslint ."),
        ] {
            scripts.node.insert(name.to_owned(), vec![text.to_owned()]);
        }
        scripts.read_makefile("check: lint\n\tpytest\nlint:\n\truff check .\n");
        assert!(Does::Test.is_in(&scripts.written_out("npm ci\nnpm test")));
        assert!(Does::Lint.is_in(&scripts.written_out("npm test")));
        assert!(Does::Test.is_in(&scripts.written_out("pnpm --filter web run test")));
        assert!(Does::Test.is_in(&scripts.written_out("npx turbo run test")));
        assert!(
            Does::Test.is_in(&scripts.written_out("make check"))
                && Does::Lint.is_in(&scripts.written_out("make check"))
        );
        assert!(!Does::Test.is_in(&scripts.written_out("npm run loop")));
    }
}
