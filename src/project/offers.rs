//! Databases and addresses that the project names. They are offered to the user, never used unasked.

use url::Url;

use super::manifests::{Kind, Manifest};
use crate::model::{Offer, OfferTarget, ProbeId, Secret, escape, redact};
use crate::probe::environment::dotenv::{self, Entry};

const DATABASE: ProbeId = ProbeId::from_static("database");
const WEB: ProbeId = ProbeId::from_static("web");

/// Names under which frameworks keep a connection string.
const DATABASE_NAMES: [&str; 8] = [
    "DATABASE_URL",
    "POSTGRES_URL",
    "POSTGRES_PRISMA_URL",
    "DIRECT_URL",
    "DB_URL",
    "MYSQL_URL",
    "SQLITE_URL",
    "SUPABASE_DB_URL",
];
/// Names under which frameworks keep the deployed address.
const URL_NAMES: [&str; 12] = [
    "APP_URL",
    "SITE_URL",
    "BASE_URL",
    "PUBLIC_URL",
    "NEXT_PUBLIC_APP_URL",
    "NEXT_PUBLIC_SITE_URL",
    "NEXT_PUBLIC_BASE_URL",
    "NEXTAUTH_URL",
    "AUTH_URL",
    "VITE_APP_URL",
    "SITE_ROOT",
    "WEBAPP_URL",
];

/// Every offer, each target once.
pub(super) fn find(manifests: &[Manifest]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for manifest in manifests {
        let found = match manifest.kind {
            Kind::Env if !is_example(&manifest.path) => env(manifest),
            Kind::Npm => homepage(manifest).into_iter().collect(),
            Kind::Fly => fly(manifest).into_iter().collect(),
            _ => Vec::new(),
        };
        for offer in found {
            if !offers.iter().any(|known| known.target == offer.target) {
                offers.push(offer);
            }
        }
    }
    offers
}

fn is_example(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["example", "sample", "template", "dist", "test"].iter().any(|word| name.contains(word))
}

fn env(manifest: &Manifest) -> Vec<Offer> {
    let mut offers = Vec::new();
    for Entry { name, value, .. } in dotenv::parse(&manifest.text).into_iter().filter(|entry| !entry.commented) {
        let (name, value) = (name.as_str(), value.as_str());
        let found_in = format!("{name} in {}", escape::line(&manifest.path));
        if DATABASE_NAMES.contains(&name)
            && let Some(shown) = database(value)
        {
            let target = OfferTarget::Database(Secret::new(value));
            offers.push(Offer { probe: DATABASE, target, found_in, shown });
        } else if URL_NAMES.contains(&name)
            && let Some(url) = deployed(value)
        {
            offers.push(web(url, found_in));
        }
    }
    offers
}

/// "postgres on localhost"; nothing for what is no connection string.
fn database(value: &str) -> Option<String> {
    if let Some(path) = value.strip_prefix("file:").or_else(|| value.strip_prefix("sqlite:")) {
        return Some(format!("sqlite file {}", escape::line(path.trim_start_matches("//"))));
    }
    let url = Url::parse(value).ok()?;
    // SQLAlchemy names its driver after a plus: `mysql+pymysql`.
    let engine = match url.scheme().split('+').next().unwrap_or_default() {
        "postgres" | "postgresql" => "postgres",
        "mysql" | "mysql2" => "mysql",
        "mariadb" => "mariadb",
        _ => return None,
    };
    Some(format!("{engine} on {}", escape::line(url.host_str().unwrap_or("this machine"))))
}

/// A web address that is not this machine.
fn deployed(value: &str) -> Option<String> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let here = host == "localhost" || host.starts_with("127.") || host == "0.0.0.0" || host == "[::1]";
    let real = host.contains('.') && !host.ends_with(".local") && !host.ends_with(".test");
    (!here && real).then(|| redact::url(url.as_str()))
}

fn web(url: String, found_in: String) -> Offer {
    Offer { probe: WEB, shown: url.clone(), target: OfferTarget::Url(url), found_in }
}

fn homepage(manifest: &Manifest) -> Option<Offer> {
    let json: serde_json::Value = serde_json::from_str(&manifest.text).ok()?;
    let url = deployed(json.get("homepage")?.as_str()?)?;
    // A homepage on a code host is the repository's page, not the app.
    let page = ["github.com", "gitlab.com", "bitbucket.org"].iter().any(|host| url.contains(host));
    (!page).then(|| web(url, format!("homepage in {}", escape::line(&manifest.path))))
}

fn fly(manifest: &Manifest) -> Option<Offer> {
    let parsed: toml::Table = manifest.text.parse().ok()?;
    let app = parsed.get("app")?.as_str()?;
    let url = deployed(&format!("https://{app}.fly.dev/"))?;
    Some(web(url, format!("app in {}", escape::line(&manifest.path))))
}
