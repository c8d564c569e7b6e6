//! Row security, on a server made like Supabase's.

use gonogo::model::{Confidence, Coverage, Observation, Severity};

use super::{look, look_after, told};
use crate::support::postgres::{OWNER, cluster};

/// Roles belong to the whole server, so another test may have made them.
const ROLES: &str = "
    DO $$ BEGIN CREATE ROLE anon; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE authenticated; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE service_role BYPASSRLS; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    GRANT USAGE ON SCHEMA public TO anon, authenticated;
";

#[tokio::test]
async fn tables_policies_views_and_functions_that_let_everyone_through() {
    let schema = format!(
        "{ROLES}
         CREATE TABLE open (id int PRIMARY KEY);
         CREATE TABLE shut (id int PRIMARY KEY);
         ALTER TABLE shut ENABLE ROW LEVEL SECURITY;
         CREATE TABLE server_only (id int PRIMARY KEY);
         REVOKE ALL ON server_only FROM anon, authenticated;
         CREATE TABLE notes (id int PRIMARY KEY, user_id uuid, body text);
         ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
         CREATE POLICY mine ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
         CREATE POLICY slow ON notes FOR SELECT TO authenticated USING (user_id = auth.uid());
         CREATE POLICY edit ON notes FOR UPDATE USING (true);
         CREATE POLICY helper ON notes TO service_role USING (true);
         CREATE TABLE profiles (id int PRIMARY KEY, email text);
         ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
         CREATE POLICY public_profiles ON profiles FOR SELECT USING (true);
         CREATE TABLE articles (id int PRIMARY KEY, title text);
         ALTER TABLE articles ENABLE ROW LEVEL SECURITY;
         CREATE POLICY all_read ON articles FOR SELECT USING (true);
         CREATE VIEW around AS SELECT * FROM notes;
         CREATE VIEW kept WITH (security_invoker = true) AS SELECT * FROM notes;
         CREATE VIEW harmless AS SELECT * FROM articles;
         CREATE VIEW people AS SELECT id, email FROM auth.users;
         CREATE VIEW inner_one AS SELECT body FROM around;
         REVOKE ALL ON inner_one FROM anon;
         CREATE FUNCTION free() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
         CREATE FUNCTION fixed() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
         CREATE FUNCTION plain() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    );
    let database = cluster().database(&schema).await;
    let outcomes = look(&database.url).await;
    assert_eq!(
        told(&outcomes, "rls-disabled"),
        ["Row security is off for `open`: every visitor can read and change all of its rows"]
    );
    assert_eq!(
        told(&outcomes, "rls-without-policy"),
        ["Row security is on for `shut` and it has no policy: visitors and users see no row of it"]
    );
    assert_eq!(
        told(&outcomes, "rls-policy-always-true"),
        [
            "The policy `edit` on `notes` is always true: every visitor can change all of its rows",
            "The policy `public_profiles` on `profiles` is always true: every visitor can read all of its rows, `email` included",
        ]
    );
    let Some(Observation::Finding(finding)) = outcomes["rls-policy-always-true"].seen.first() else { panic!() };
    assert_eq!((finding.severity, finding.confidence), (Severity::Blocker, Confidence::High));
    assert!(finding.fix.contains("user_id = (SELECT auth.uid())"), "{}", finding.fix);
    assert_eq!(
        told(&outcomes, "rls-function-per-row"),
        ["The policy `slow` on `notes` calls `auth.uid()` for every row it looks at"]
    );
    assert_eq!(
        told(&outcomes, "security-definer-view"),
        [
            "The view `around` shows every visitor rows of `public.notes` that row security keeps from them",
            "The view `inner_one` shows every signed-in user rows of `public.notes` that row security keeps from them",
            "The view `people` shows every visitor rows of `auth.users` that row security keeps from them",
        ]
    );
    assert_eq!(
        told(&outcomes, "function-search-path"),
        [
            "`free()` runs with its owner's rights and sets no search_path, and visitors or users may call it through the API"
        ]
    );
    for rule in ["rls-disabled", "rls-policy-always-true", "security-definer-view", "function-search-path"] {
        assert_eq!(outcomes[rule].coverage, Coverage::Whole, "{rule}");
    }
}

#[tokio::test]
async fn only_the_schemas_that_the_api_shows_count() {
    let schema = format!(
        "{ROLES}
         DO $$ BEGIN CREATE ROLE authenticator; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         CREATE SCHEMA api;
         GRANT USAGE ON SCHEMA api TO anon, authenticated;
         CREATE TABLE public.inside (id int PRIMARY KEY);
         CREATE TABLE api.outside (id int PRIMARY KEY);
         GRANT SELECT ON api.outside TO authenticated;"
    );
    let database = cluster().database(&schema).await;
    let set = format!("ALTER ROLE authenticator IN DATABASE {} SET pgrst.db_schemas = 'api, other'", database.name);
    cluster().run(&database.name, &set).await;
    let outcomes = look(&database.url).await;
    assert_eq!(
        told(&outcomes, "rls-disabled"),
        ["Row security is off for `api.outside`: every signed-in user can read all of its rows"]
    );
    // The schema counts on a developer's machine too.
    let local = look_after(&database.url, 0, |facts| facts.place.local = true).await;
    assert_eq!(told(&local, "rls-disabled").len(), 1);
    let owner = look(&cluster().url(OWNER, &database.name)).await;
    assert_eq!(told(&owner, "rls-disabled").len(), 1);
}

/// A server holds several databases, each with its own API.
#[tokio::test]
async fn what_another_database_shows_is_its_own_affair() {
    let schema = format!(
        "{ROLES}
         DO $$ BEGIN CREATE ROLE authenticator; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         CREATE TABLE open (id int PRIMARY KEY);"
    );
    let (database, other) = (cluster().database(&schema).await, cluster().database("SELECT 1").await);
    let set = format!("ALTER ROLE authenticator IN DATABASE {} SET pgrst.db_schemas = 'api'", other.name);
    cluster().run(&other.name, &set).await;
    let outcomes = look(&database.url).await;
    assert_eq!(told(&outcomes, "rls-disabled").len(), 1);
}
