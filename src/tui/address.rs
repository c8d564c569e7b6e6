//! What a person types to be examined: an address or a connection string.

use super::modal::Examination;
use crate::model::{OfferTarget, ProbeId, Secret, address, redact};

/// Reads what was typed.
///
/// # Errors
/// One line for the user: what is wrong with it.
pub fn parse(typed: &str) -> Result<Examination, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("type an address or a connection string".to_owned());
    }
    let path_of_a_file = [".db", ".sqlite", ".sqlite3"].iter().any(|ending| typed.ends_with(ending));
    match typed.split_once(':') {
        Some(("sqlite", _)) => Ok(database(typed, typed.to_owned())),
        Some(("postgres" | "postgresql" | "mysql" | "mysql2" | "mariadb", rest)) if rest.starts_with("//") => {
            Ok(database(typed, redact::url(typed)))
        }
        _ if !typed.contains("://") && path_of_a_file => {
            let text = format!("sqlite://{typed}");
            Ok(database(&text, text.clone()))
        }
        _ => web(typed),
    }
}

fn web(typed: &str) -> Result<Examination, String> {
    let url = address::parse(typed)?;
    Ok(Examination {
        probe: ProbeId::from_static("web"),
        target: Some(OfferTarget::Url(url.to_string())),
        shown: format!("{}{}", redact::url(url.as_str()), address::assumed(typed, &url)),
    })
}

fn database(text: &str, shown: String) -> Examination {
    Examination {
        probe: ProbeId::from_static("database"),
        target: Some(OfferTarget::Database(Secret::new(text))),
        shown,
    }
}

/// What is shown of a connection string while it is typed: the password and query values are bullets, each character
/// one, so that the cursor still stands right.
#[must_use]
pub fn masked(typed: &str) -> String {
    let start = typed.find("://").map_or(0, |at| at + 3);
    let authority_end = typed.rfind('@').unwrap_or(typed.len());
    // Until the `@` is typed, a colon may begin a port or a password; hiding a port costs nothing.
    let password = typed.get(start..authority_end).and_then(|user| user.find(':')).map(|at| start + at + 1);
    let query = typed.find('?').unwrap_or(typed.len());
    let mut in_value = false;
    typed
        .char_indices()
        .map(|(at, c)| {
            if at > query {
                in_value = if c == '=' { true } else { in_value && c != '&' };
            }
            let secret = password.is_some_and(|from| at >= from && at < authority_end);
            if secret || (in_value && c != '=') { '•' } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_finds_its_probe() {
        let probe = |typed| parse(typed).map(|examination| examination.probe.to_string());
        assert_eq!(probe("https://shop.example.com").unwrap(), "web");
        assert_eq!(parse("shop.example.com").unwrap().shown, "https://shop.example.com/ (https:// assumed)");
        assert_eq!(parse("localhost:3000").unwrap().shown, "http://localhost:3000/ (http:// assumed)");
        assert_eq!(parse("https://ann:pw@example.com").unwrap().shown, "https://example.com/", "left out");
        assert_eq!(probe("postgres://ann@db.example.com/shop").unwrap(), "database");
        assert_eq!(probe("mysql://ann@db.example.com/shop").unwrap(), "database");
        assert_eq!(probe("sqlite::memory:").unwrap(), "database");
        assert_eq!(probe("data/shop.db").unwrap(), "database");
        for wrong in ["", "ftp://example.com", "https://", "shop", "http://a b"] {
            assert!(probe(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let word = ["hun", "ter2"].concat();
        for typed in [
            format!("postgres://ann:{word}@db.example.com/shop"),
            format!("postgres://ann:{word}"),
            format!("postgres://ann:{word}@db/shop?password={word}&sslmode=require"),
            format!("postgres://ann:{word}/{word}@db"),
        ] {
            let shown = masked(&typed);
            assert!(!shown.contains(&word), "{shown}");
            assert_eq!(shown.chars().count(), typed.chars().count());
        }
        assert_eq!(masked("postgres://ann:pw@db/shop"), "postgres://ann:••@db/shop");
        let parsed = parse(&format!("postgres://ann:{word}@db/shop")).unwrap();
        assert!(!format!("{parsed:?}").contains(&word));
    }
}
