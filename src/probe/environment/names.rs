//! Which files hold variables, and which variables nobody has to declare.

/// Whether a path names a `.env` file with values: `.env`, `.env.production`, but not `.env.example`.
#[must_use]
pub fn is_env_file(path: &str) -> bool {
    let name = file_name(path);
    (name == ".env" || name.starts_with(".env.") || name.starts_with(".env-")) && !is_marked_example(&name)
}

/// Whether a path names an example to copy: `.env.example`, `env.sample`, `example.env`.
#[must_use]
pub fn is_example_file(path: &str) -> bool {
    let name = file_name(path);
    // `env.example.ts` would be code.
    let code = [".ts", ".js", ".mjs", ".py", ".md", ".json"].iter().any(|end| name.ends_with(end));
    !code && name.split(['.', '-', '_']).any(|word| word == "env" || word == "dotenv") && is_marked_example(&name)
}

/// Whether a `.env` file is the one that production uses.
#[must_use]
pub fn is_production_file(path: &str) -> bool {
    is_env_file(path)
        && file_name(path).split(['.', '-', '_']).any(|word| matches!(word, "production" | "prod" | "live"))
}

/// Whether a `.env` file is for development or tests only.
#[must_use]
pub fn is_development_file(path: &str) -> bool {
    file_name(path)
        .split(['.', '-', '_'])
        .any(|word| matches!(word, "development" | "dev" | "test" | "testing" | "ci" | "e2e" | "docker"))
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase()
}

fn is_marked_example(name: &str) -> bool {
    name.split(['.', '-', '_']).any(|word| {
        matches!(word, "example" | "examples" | "sample" | "template" | "dist" | "defaults" | "tpl" | "tmpl" | "schema")
    })
}

/// Variables that shells, runtimes, hosting platforms, CI services and test runners set by themselves.
const GIVEN: [&str; 88] = [
    "NODE_ENV",
    "PORT",
    "HOST",
    "HOSTNAME",
    "CI",
    "HOME",
    "PATH",
    "PWD",
    "USER",
    "USERNAME",
    "LOGNAME",
    "SHELL",
    "TZ",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TERM_PROGRAM",
    "COLORTERM",
    "TMPDIR",
    "TEMP",
    "TMP",
    "EDITOR",
    "VISUAL",
    "DISPLAY",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
    "NO_COLOR",
    "FORCE_COLOR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "INIT_CWD",
    "MODE",
    "DEV",
    "PROD",
    "SSR",
    "BASE_URL",
    "VERCEL",
    "NETLIFY",
    "URL",
    "DEPLOY_URL",
    "DEPLOY_PRIME_URL",
    "CONTEXT",
    "RENDER",
    "DYNO",
    "K_SERVICE",
    "K_REVISION",
    "K_CONFIGURATION",
    "FUNCTION_TARGET",
    "GOOGLE_CLOUD_PROJECT",
    "GCLOUD_PROJECT",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "LAMBDA_TASK_ROOT",
    "NEXT_RUNTIME",
    "NEXT_PHASE",
    "NEXT_DEPLOYMENT_ID",
    "GITHUB_ACTIONS",
    "GITHUB_SHA",
    "GITHUB_REF",
    "GITHUB_REF_NAME",
    "GITHUB_HEAD_REF",
    "GITHUB_REPOSITORY",
    "GITHUB_RUN_ID",
    "GITHUB_WORKSPACE",
    "GITHUB_EVENT_NAME",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
    "GITLAB_CI",
    "CIRCLECI",
    "JEST_WORKER_ID",
    "DJANGO_SETTINGS_MODULE",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "VIRTUAL_ENV",
    "WERKZEUG_RUN_MAIN",
    "SERVER_SOFTWARE",
    "CODESPACES",
    "CODESPACE_NAME",
    "EXPO_OS",
];

const GIVEN_PREFIXES: [&str; 29] = [
    "VERCEL_",
    "NEXT_PUBLIC_VERCEL_",
    "CF_PAGES",
    "RENDER_",
    "RAILWAY_",
    "FLY_",
    "HEROKU_",
    "KUBERNETES_",
    "GAE_",
    "WEBSITE_",
    "AWS_LAMBDA_",
    "AWS_CONTAINER_",
    "ECS_CONTAINER_",
    "CI_",
    "BUILDKITE",
    "JENKINS_",
    "TRAVIS",
    "npm_",
    "VITEST",
    "PYTEST_",
    "PLAYWRIGHT_",
    "CYPRESS_",
    "GITPOD_",
    "TURBO_",
    "XDG_",
    "LC_",
    "BUN_",
    "DENO_",
    "__",
];

/// Whether something other than the project's owner sets the variable.
#[must_use]
pub fn is_given(name: &str) -> bool {
    GIVEN.contains(&name) || GIVEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_examples_from_values() {
        for path in [".env", "apps/web/.env.local", ".env.production"] {
            assert!(is_env_file(path) && !is_example_file(path), "{path}");
        }
        for path in
            [".env.example", "env.example", "docker/example.env", ".env.local.sample", ".env.dist", ".env-template"]
        {
            assert!(!is_env_file(path) && is_example_file(path), "{path}");
        }
        for path in ["env.ts", ".envrc", "src/environment.ts", "example.ts"] {
            assert!(!is_env_file(path) && !is_example_file(path), "{path}");
        }
        assert!(is_production_file(".env.production.local") && !is_production_file(".env"));
    }
}
