//! What packages say about a project: the name of the stack's part, and the traits that checklists ask about.

use std::collections::BTreeSet;

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ecosystem {
    Npm,
    Pypi,
    Composer,
    Gem,
    Go,
    Cargo,
}

use Ecosystem::{Cargo, Composer, Gem, Go, Npm, Pypi};

/// Package (a trailing `*` matches any ending), the word shown (empty: none), traits. More telling ones come first:
/// that is the order shown.
const PACKAGES: &[(Ecosystem, &str, &str, &[&str])] = &[
    (Npm, "next", "next.js", &["web", "frontend", "server", "react"]),
    (Npm, "nuxt", "nuxt", &["web", "frontend", "server"]),
    (Npm, "@remix-run/*", "remix", &["web", "frontend", "server", "react"]),
    (Npm, "@react-router/dev", "react-router", &["web", "frontend", "react"]),
    (Npm, "astro", "astro", &["web", "frontend"]),
    (Npm, "@sveltejs/kit", "sveltekit", &["web", "frontend", "server"]),
    (Npm, "react", "react", &["web", "frontend", "react"]),
    (Npm, "vue", "vue", &["web", "frontend"]),
    (Npm, "svelte", "svelte", &["web", "frontend"]),
    (Npm, "@angular/core", "angular", &["web", "frontend"]),
    (Npm, "express", "express", &["web", "server"]),
    (Npm, "fastify", "fastify", &["web", "server"]),
    (Npm, "@nestjs/core", "nest", &["web", "server"]),
    (Npm, "koa", "koa", &["web", "server"]),
    (Npm, "hono", "hono", &["web", "server"]),
    (Npm, "@medusajs/*", "medusa", &["web", "server", "database", "payments", "users"]),
    (Pypi, "django", "django", &["web", "frontend", "server", "database", "users"]),
    (Pypi, "flask", "flask", &["web", "frontend", "server"]),
    (Pypi, "fastapi", "fastapi", &["web", "server"]),
    (Pypi, "streamlit", "streamlit", &["web", "frontend", "server"]),
    (Composer, "laravel/framework", "laravel", &["web", "frontend", "server", "database", "users"]),
    (Composer, "symfony/framework-bundle", "symfony", &["web", "frontend", "server"]),
    (Gem, "rails", "rails", &["web", "frontend", "server", "database"]),
    (Gem, "sinatra", "sinatra", &["web", "server"]),
    (Go, "github.com/gin-gonic/gin", "gin", &["web", "server"]),
    (Go, "github.com/labstack/echo*", "echo", &["web", "server"]),
    (Go, "github.com/gofiber/fiber*", "fiber", &["web", "server"]),
    (Go, "github.com/go-chi/chi*", "chi", &["web", "server"]),
    (Cargo, "axum", "axum", &["web", "server"]),
    (Cargo, "actix-web", "actix", &["web", "server"]),
    (Cargo, "rocket", "rocket", &["web", "server"]),
    (Npm, "@prisma/client", "prisma", &["database"]),
    (Npm, "prisma", "prisma", &["database"]),
    (Npm, "drizzle-orm", "drizzle", &["database"]),
    (Npm, "knex", "knex", &["database"]),
    (Npm, "sequelize", "sequelize", &["database"]),
    (Npm, "typeorm", "typeorm", &["database"]),
    (Npm, "kysely", "kysely", &["database"]),
    (Npm, "mongoose", "mongodb", &["database"]),
    (Npm, "mongodb", "mongodb", &["database"]),
    (Npm, "pg", "postgresql", &["database"]),
    (Npm, "postgres", "postgresql", &["database"]),
    (Npm, "@neondatabase/*", "postgresql", &["database"]),
    (Npm, "@vercel/postgres", "postgresql", &["database"]),
    (Npm, "mysql", "mysql", &["database"]),
    (Npm, "mysql2", "mysql", &["database"]),
    (Npm, "better-sqlite3", "sqlite", &["database"]),
    (Npm, "sqlite3", "sqlite", &["database"]),
    (Npm, "@libsql/client", "sqlite", &["database"]),
    (Pypi, "sqlalchemy", "sqlalchemy", &["database"]),
    (Pypi, "psycopg*", "postgresql", &["database"]),
    (Pypi, "asyncpg", "postgresql", &["database"]),
    (Pypi, "pymysql", "mysql", &["database"]),
    (Pypi, "mysqlclient", "mysql", &["database"]),
    (Pypi, "pymongo", "mongodb", &["database"]),
    (Gem, "pg", "postgresql", &["database"]),
    (Gem, "mysql2", "mysql", &["database"]),
    (Go, "gorm.io/gorm", "gorm", &["database"]),
    (Go, "github.com/jackc/pgx*", "postgresql", &["database"]),
    (Go, "github.com/lib/pq", "postgresql", &["database"]),
    (Cargo, "sqlx", "sqlx", &["database"]),
    (Cargo, "diesel", "diesel", &["database"]),
    (Npm, "@supabase/*", "supabase", &["supabase", "database", "users"]),
    (Pypi, "supabase", "supabase", &["supabase", "database", "users"]),
    (Npm, "firebase", "firebase", &["database", "users"]),
    (Npm, "firebase-admin", "firebase", &["database", "users"]),
    (Npm, "next-auth", "", &["users"]),
    (Npm, "@auth/*", "", &["users"]),
    (Npm, "better-auth", "", &["users"]),
    (Npm, "@clerk/*", "clerk", &["users"]),
    (Npm, "@auth0/*", "auth0", &["users"]),
    (Npm, "passport*", "", &["users"]),
    (Npm, "lucia", "", &["users"]),
    (Npm, "bcrypt", "", &["users"]),
    (Npm, "bcryptjs", "", &["users"]),
    (Npm, "jsonwebtoken", "", &["users"]),
    (Npm, "express-session", "", &["users"]),
    (Pypi, "flask-login", "", &["users"]),
    (Pypi, "pyjwt", "", &["users"]),
    (Pypi, "passlib", "", &["users"]),
    (Gem, "devise", "", &["users"]),
    (Npm, "stripe", "stripe", &["payments"]),
    (Npm, "@stripe/*", "stripe", &["payments"]),
    (Npm, "@paypal/*", "paypal", &["payments"]),
    (Npm, "@lemonsqueezy/*", "lemon squeezy", &["payments"]),
    (Npm, "@paddle/*", "paddle", &["payments"]),
    (Pypi, "stripe", "stripe", &["payments"]),
    (Gem, "stripe", "stripe", &["payments"]),
    (Composer, "stripe/stripe-php", "stripe", &["payments"]),
    (Composer, "laravel/cashier*", "stripe", &["payments"]),
    (Npm, "nodemailer", "", &["email"]),
    (Npm, "resend", "resend", &["email"]),
    (Npm, "@sendgrid/*", "sendgrid", &["email"]),
    (Npm, "postmark", "postmark", &["email"]),
    (Npm, "mailgun*", "mailgun", &["email"]),
    (Pypi, "sendgrid", "sendgrid", &["email"]),
    (Pypi, "resend", "resend", &["email"]),
    (Npm, "@aws-sdk/client-s3", "s3", &["file-storage"]),
    (Npm, "multer", "", &["file-storage"]),
    (Npm, "formidable", "", &["file-storage"]),
    (Npm, "uploadthing", "", &["file-storage"]),
    (Npm, "@vercel/blob", "", &["file-storage"]),
    (Pypi, "boto3", "aws", &["file-storage"]),
    (Pypi, "django-storages", "", &["file-storage"]),
    (Gem, "carrierwave", "", &["file-storage"]),
    (Npm, "openai", "openai", &["ai"]),
    (Npm, "@anthropic-ai/*", "anthropic", &["ai"]),
    (Npm, "ai", "ai sdk", &["ai"]),
    (Npm, "@ai-sdk/*", "ai sdk", &["ai"]),
    (Npm, "langchain", "langchain", &["ai"]),
    (Npm, "@google/generative-ai", "gemini", &["ai"]),
    (Pypi, "openai", "openai", &["ai"]),
    (Pypi, "anthropic", "anthropic", &["ai"]),
    (Pypi, "langchain*", "langchain", &["ai"]),
    (Npm, "bullmq", "bullmq", &["jobs"]),
    (Npm, "bull", "bull", &["jobs"]),
    (Npm, "inngest", "inngest", &["jobs"]),
    (Npm, "@trigger.dev/*", "trigger.dev", &["jobs"]),
    (Npm, "node-cron", "", &["jobs"]),
    (Npm, "pg-boss", "", &["jobs"]),
    (Pypi, "celery", "celery", &["jobs"]),
    (Pypi, "rq", "rq", &["jobs"]),
    (Pypi, "apscheduler", "", &["jobs"]),
    (Gem, "sidekiq", "sidekiq", &["jobs"]),
    (Npm, "ws", "", &["websocket"]),
    (Npm, "socket.io", "socket.io", &["websocket"]),
    (Pypi, "channels", "", &["websocket"]),
    (Npm, "@types/aws-lambda", "lambda", &["serverless"]),
    (Npm, "@vercel/node", "vercel", &["serverless"]),
    (Npm, "@cloudflare/workers-types", "cloudflare", &["serverless"]),
    (Pypi, "mangum", "lambda", &["serverless"]),
    (Npm, "pg-promise", "postgresql", &["database"]),
    (Npm, "slonik", "postgresql", &["database"]),
    (Npm, "@vercel/postgres-kysely", "postgresql", &["database"]),
    (Npm, "mariadb", "mysql", &["database"]),
    (Npm, "@planetscale/database", "mysql", &["database"]),
    (Npm, "sqlite", "sqlite", &["database"]),
    (Npm, "mssql", "", &["database"]),
    (Npm, "oracledb", "", &["database"]),
    (Npm, "@mikro-orm/*", "", &["database"]),
    (Pypi, "sqlmodel", "sqlmodel", &["database"]),
    (Pypi, "peewee", "peewee", &["database"]),
    (Pypi, "tortoise-orm", "tortoise-orm", &["database"]),
    (Pypi, "aiosqlite", "sqlite", &["database"]),
    (Pypi, "aiomysql", "mysql", &["database"]),
    (Pypi, "mysql-connector-python", "mysql", &["database"]),
    (Pypi, "motor", "mongodb", &["database"]),
    (Pypi, "pyodbc", "", &["database"]),
    (Composer, "doctrine/orm", "", &["database"]),
    (Composer, "illuminate/database", "", &["database"]),
    (Gem, "sqlite3", "", &["database"]),
    (Gem, "sequel", "", &["database"]),
    (Gem, "mongoid", "", &["database"]),
    (Go, "modernc.org/sqlite", "", &["database"]),
    (Go, "github.com/mattn/go-sqlite3", "", &["database"]),
    (Go, "github.com/go-sql-driver/mysql", "", &["database"]),
    (Go, "entgo.io/ent", "", &["database"]),
    (Go, "github.com/jmoiron/sqlx", "", &["database"]),
    (Cargo, "rusqlite", "", &["database"]),
    (Cargo, "sea-orm", "", &["database"]),
    (Cargo, "tokio-postgres", "", &["database"]),
    (Cargo, "mongodb", "", &["database"]),
    (Npm, "@node-rs/bcrypt", "", &["users"]),
    (Npm, "@node-rs/argon2", "", &["users"]),
    (Npm, "argon2", "", &["users"]),
    (Npm, "@simplewebauthn/*", "", &["users"]),
    (Npm, "arctic", "", &["users"]),
    (Npm, "oslo", "", &["users"]),
    (Npm, "@oslojs/*", "", &["users"]),
    (Npm, "jose", "", &["users"]),
    (Npm, "iron-session", "", &["users"]),
    (Npm, "express-jwt", "", &["users"]),
    (Pypi, "argon2-cffi", "", &["users"]),
    (Pypi, "bcrypt", "", &["users"]),
    (Pypi, "authlib", "", &["users"]),
    (Pypi, "python-jose", "", &["users"]),
    (Pypi, "flask-jwt-extended", "", &["users"]),
    (Pypi, "flask-security*", "", &["users"]),
    (Pypi, "django-allauth", "", &["users"]),
    (Pypi, "fido2", "", &["users"]),
    (Pypi, "pyotp", "", &["users"]),
    (Go, "github.com/golang-jwt/jwt*", "", &["users"]),
    (Cargo, "axum-login", "", &["users"]),
    (Cargo, "argon2", "", &["users"]),
    (Cargo, "jsonwebtoken", "", &["users"]),
    (Npm, "braintree", "", &["payments"]),
    (Npm, "@mollie/api-client", "", &["payments"]),
    (Npm, "square", "", &["payments"]),
    (Npm, "razorpay", "", &["payments"]),
    (Npm, "@adyen/*", "", &["payments"]),
    (Pypi, "braintree", "", &["payments"]),
    (Pypi, "mollie-api-python", "", &["payments"]),
    (Pypi, "razorpay", "", &["payments"]),
    (Pypi, "paypalrestsdk", "", &["payments"]),
    (Go, "github.com/stripe/stripe-go*", "stripe", &["payments"]),
    (Cargo, "async-stripe", "stripe", &["payments"]),
    (Npm, "minio", "", &["file-storage"]),
    (Npm, "@azure/storage-blob", "", &["file-storage"]),
    (Npm, "@google-cloud/storage", "", &["file-storage"]),
    (Npm, "cloudinary", "", &["file-storage"]),
    (Npm, "busboy", "", &["file-storage"]),
    (Npm, "aws-sdk", "", &["file-storage"]),
    (Pypi, "minio", "", &["file-storage"]),
    (Pypi, "google-cloud-storage", "", &["file-storage"]),
    (Pypi, "azure-storage-blob", "", &["file-storage"]),
    (Pypi, "cloudinary", "", &["file-storage"]),
    (Npm, "agenda", "", &["jobs"]),
    (Npm, "bee-queue", "", &["jobs"]),
    (Npm, "graphile-worker", "", &["jobs"]),
    (Pypi, "huey", "", &["jobs"]),
    (Pypi, "dramatiq", "", &["jobs"]),
    (Pypi, "django-q2", "", &["jobs"]),
];

/// What nearly always comes with something else, whatever package it is done with. A question too many costs an answer;
/// one too few lets a blocker go unasked.
const IMPLIED: &[(&[&str], &str)] = &[(&["server", "database"], "users")];

/// How names of environment variables begin, and what such a name says. Services are often called without a package of
/// theirs, but hardly ever without a key.
const VARIABLES: &[(&str, &str)] = &[
    ("STRIPE_", "payments"),
    ("PADDLE_", "payments"),
    ("LEMONSQUEEZY_", "payments"),
    ("PAYPAL_", "payments"),
    ("OPENAI_", "ai"),
    ("ANTHROPIC_", "ai"),
    ("GEMINI_", "ai"),
    ("MISTRAL_", "ai"),
    ("OPENROUTER_", "ai"),
    ("SENDGRID_", "email"),
    ("POSTMARK_", "email"),
    ("RESEND_", "email"),
    ("MAILGUN_", "email"),
    ("SMTP_", "email"),
    ("EMAIL_HOST", "email"),
    ("DATABASE_URL", "database"),
    ("POSTGRES_", "database"),
    ("MYSQL_", "database"),
    ("SUPABASE_", "supabase"),
    ("S3_", "file-storage"),
    ("R2_", "file-storage"),
    ("JWT_SECRET", "users"),
    ("NEXTAUTH_", "users"),
    ("AUTH_SECRET", "users"),
    ("SESSION_SECRET", "users"),
];

/// What has been learned so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    shown: BTreeSet<(usize, &'static str)>,
    languages: BTreeSet<&'static str>,
    /// Traits that something names, as checklists call them.
    pub traits: BTreeSet<&'static str>,
    /// Whether any manifest was understood.
    pub recognised: bool,
}

impl Known {
    /// A manifest of this language is there.
    pub(super) fn language(&mut self, name: &'static str) {
        self.recognised = true;
        self.languages.insert(name);
        if matches!(name, "javascript" | "python") {
            self.traits.insert(name);
        }
    }

    /// A file is there whose presence says this.
    pub(super) fn sign(&mut self, traits: &'static [&'static str]) {
        self.recognised = true;
        self.traits.extend(traits);
    }

    /// A manifest names this package.
    pub(super) fn dependency(&mut self, ecosystem: Ecosystem, name: &str) {
        for (rank, (of, package, shown, traits)) in PACKAGES.iter().enumerate() {
            let matches = match package.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *package,
            };
            if *of == ecosystem && matches {
                self.traits.extend(*traits);
                if !shown.is_empty() {
                    self.shown.insert((rank, shown));
                }
            }
        }
    }

    /// An environment file names this variable. That alone does not make a project recognised.
    pub(super) fn variable(&mut self, name: &str) {
        self.traits.extend(VARIABLES.iter().filter(|(start, _)| name.starts_with(start)).map(|(_, says)| says));
    }

    /// Something is known by name.
    pub(super) fn add(&mut self, shown: &'static str, traits: &'static [&'static str]) {
        self.recognised = true;
        self.traits.extend(traits);
        self.shown.insert((PACKAGES.len(), shown));
    }

    /// The traits, with what they imply.
    pub(super) fn traits(&self) -> BTreeSet<String> {
        let implied = IMPLIED.iter().filter(|(of, _)| of.iter().all(|name| self.traits.contains(name)));
        self.traits.iter().copied().chain(implied.map(|(_, name)| *name)).map(str::to_owned).collect()
    }

    /// The stack for people, most telling first; a language only where nothing else speaks for it.
    pub(super) fn stack(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (_, name) in &self.shown {
            if !names.iter().any(|known| known == name) {
                names.push((*name).to_owned());
            }
        }
        names.extend(self.languages.iter().map(|name| (*name).to_owned()));
        names
    }
}

/// Everything that any package could say.
#[cfg(test)]
pub(super) fn tell_everything(known: &mut Known) {
    for (ecosystem, package, ..) in PACKAGES {
        known.dependency(*ecosystem, package.trim_end_matches('*'));
    }
    for (name, _) in VARIABLES {
        known.variable(name);
    }
}
