//! What the address says about the way to the server.

use url::Url;

use super::facts::Place;
use crate::model::Secret;
use crate::probe::Touches;
use crate::probe::database::target::Target;

/// The way to `target`, which `address` names.
pub fn of(address: &Secret, target: &Target) -> Place {
    let local = target.touches() == Touches::LocalDatabase;
    let demands_encryption = match target {
        Target::Postgres(postgres) => postgres.requires_tls(),
        Target::Mysql(mysql) => mysql.requires_tls(),
        Target::Sqlite(_) => false,
    };
    let shown = match target {
        Target::Postgres(postgres) => postgres.shown.clone(),
        Target::Mysql(mysql) => mysql.shown.clone(),
        Target::Sqlite(sqlite) => sqlite.named.clone(),
    };
    let mut place = Place { shown, local, demands_encryption, ..Place::default() };
    // Addresses without a host or with an unusual one tell nothing more.
    let Ok(url) = Url::parse(address.expose().trim()) else { return place };
    let option = |names: &[&str]| {
        url.query_pairs().find(|(name, _)| names.contains(&name.as_ref())).map(|(_, value)| value.into_owned())
    };
    let host = option(&["host"]).or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default().to_lowercase();
    place.private = is_private(&host);
    // PgBouncer's and Supavisor's usual ports, Neon's and Supabase's hosts, RDS Proxy, Prisma's option for PgBouncer.
    place.pooled = matches!(url.port(), Some(6432 | 6543))
        || host.contains("pooler")
        || host.contains(".proxy-")
        || option(&["pgbouncer"]).is_some_and(|value| value == "true");
    place.pool_size = option(&["connection_limit", "connectionLimit", "pool_size", "pool_max_conns", "max"])
        .and_then(|size| size.parse().ok())
        .filter(|size| *size > 0);
    place
}

/// Whether a host is one of a private network: by RFC 1918, or by a name that only such a network knows.
fn is_private(host: &str) -> bool {
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return match address {
            std::net::IpAddr::V4(address) => address.is_private() || address.is_link_local(),
            // RFC 4193.
            std::net::IpAddr::V6(address) => address.segments().first().is_some_and(|first| first & 0xfe00 == 0xfc00),
        };
    }
    let inner = [".internal", ".local", ".flycast", ".svc", ".lan"];
    !host.is_empty() && (!host.contains('.') || inner.iter().any(|end| host.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: &str) -> Place {
        let secret = Secret::new(address);
        of(&secret, &Target::parse(&secret).unwrap())
    }

    #[test]
    fn the_way_is_read_from_the_address() {
        let word = ["w", "ord"].concat();
        let of = |host: &str| place(&format!("postgres://app:{word}@{host}"));
        let plain = of("db.example.com/shop");
        assert!(!plain.local && !plain.private && !plain.pooled && !plain.demands_encryption);
        assert_eq!((plain.shown.as_str(), plain.pool_size), ("shop on db.example.com:5432", None));
        assert!(of("localhost/shop").local);
        assert!(of("db.example.com/shop?sslmode=verify-full").demands_encryption);
        assert!(of("aws-0.pooler.example.com/shop").pooled && of("db.example.com:6543/shop").pooled);
        assert!(of("10.1.2.3/shop").private && of("postgres.railway.internal/shop").private && of("db/shop").private);
        assert!(!of("203.0.113.9/shop").private);
        assert_eq!(of("db.example.com/shop?connection_limit=7&pgbouncer=true").pool_size, Some(7));
        assert!(place("sqlite:dev.db").local);
    }
}
