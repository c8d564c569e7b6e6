//! What the server says of itself, for the checks of the database. Each question is asked by itself, so that one that is
//! refused leaves the others alone.

use std::collections::BTreeMap;

use super::catalog::get;
use super::errors::Refused;
use super::session::{Flavor, Session};
use crate::probe::database::checks::facts::{
    Asked, Connections, Facts, Kind, Place, Product, Role, Sequence, Transaction, Transactions,
};

const SETTINGS: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('slow_query_log', 'performance_schema', \
    'max_connections', 'max_user_connections', 'max_statement_time', 'max_execution_time')";

/// An empty cipher is none.
const CIPHER: &str = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";

const USED: &str = "SHOW GLOBAL STATUS LIKE 'Threads_connected'";

/// Columns that count by themselves, with the next number that each would give.
const SEQUENCES: &str = "SELECT CAST(c.TABLE_NAME AS CHAR), CAST(c.COLUMN_NAME AS CHAR), CAST(c.COLUMN_TYPE AS CHAR), \
    CAST(LEAST(t.AUTO_INCREMENT, 9223372036854775807) AS SIGNED) \
    FROM information_schema.COLUMNS c \
    JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME \
    WHERE c.TABLE_SCHEMA = DATABASE() AND c.EXTRA LIKE '%auto\\_increment%'";

/// Open transactions; a session that sleeps in one waits for its client. Wants the right PROCESS.
const TRANSACTIONS: &str = "SELECT CAST(TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS SIGNED), \
    CAST(IFNULL(p.COMMAND, '') = 'Sleep' AS SIGNED), CAST(IFNULL(p.USER, '') AS CHAR) \
    FROM information_schema.INNODB_TRX x LEFT JOIN information_schema.PROCESSLIST p ON p.ID = x.trx_mysql_thread_id \
    WHERE x.trx_mysql_thread_id <> CONNECTION_ID()";

const USER: &str = "SELECT CAST(CURRENT_USER() AS CHAR)";

/// Those of the roles that are active are among them.
const GRANTS: &str = "SHOW GRANTS";

const DATABASE: &str = "SELECT CAST(DATABASE() AS CHAR)";

/// Asks for everything.
pub async fn read(session: &mut Session, superuser: bool, place: Place) -> Facts {
    let kind = match session.flavor {
        Flavor::Mysql => Kind::Mysql,
        Flavor::MariaDb => Kind::Mariadb,
    };
    let mut numbers = session.version.split('.').map(|part| part.parse().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let none = |what: &str| format!("{} has no {what}", kind.name());
    let mut facts = Facts {
        place,
        product: Product { kind, version, supabase: false },
        broken_indexes: Asked::Absent(none("indexes that are made half-way")),
        unvalidated: Asked::Absent(none("constraints that are checked later")),
        index_use: Asked::Hidden(format!("how often indexes are read is not asked of {} yet", kind.name())),
        ages: Asked::Absent(none("transaction numbers that run out")),
        vacuum: Asked::Absent(none("autovacuum")),
        row_security: Asked::Absent(none("row security")),
        definer_functions: Asked::Absent(none("search path")),
        archiving: Asked::Hidden(
            "backups that the host or a job makes are not to be seen from inside the server".to_owned(),
        ),
        ..Facts::default()
    };
    facts.place.encrypted = pairs(session, CIPHER).await.ok().and_then(|all| Some(!all.get("ssl_cipher")?.is_empty()));
    facts.settings = asked(pairs(session, SETTINGS).await);
    facts.connections = asked(connections(session, &facts.settings).await);
    facts.sequences = asked(sequences(session).await);
    facts.transactions = asked(transactions(session).await);
    // `information_schema` leaves out tables that the user has no right on. A server that does not say leaves it open.
    facts.some_tables_hidden = !superuser && !sees_all_tables(session).await.unwrap_or(false);
    facts.role = asked(role(session, superuser).await);
    facts
}

fn asked<T>(answer: Result<T, Refused>) -> Asked<T> {
    match answer {
        Ok(answer) => Asked::Known(answer),
        Err(Refused::Lost) => Asked::Hidden("the connection was lost before this could be asked".to_owned()),
        Err(refused) => Asked::Hidden(format!("the server did not answer: such questions {refused}")),
    }
}

/// Names in lower case with their values.
async fn pairs(session: &mut Session, question: &'static str) -> Result<BTreeMap<String, String>, Refused> {
    let mut all = BTreeMap::new();
    for row in session.rows(question).await? {
        all.insert(get::<String>(&row, 0)?.to_lowercase(), get::<String>(&row, 1)?);
    }
    Ok(all)
}

async fn connections(
    session: &mut Session,
    settings: &Asked<BTreeMap<String, String>>,
) -> Result<Connections, Refused> {
    let untold = || Refused::Other("leave out what was asked for".to_owned());
    let Asked::Known(settings) = settings else { return Err(untold()) };
    let number = |name: &str| settings.get(name).and_then(|value| value.parse::<u32>().ok());
    let room = number("max_connections").ok_or_else(untold)?;
    // Zero stands for no limit of its own.
    let room = number("max_user_connections").filter(|own| *own > 0).map_or(room, |own| room.min(own));
    let used = pairs(session, USED).await?.get("threads_connected").and_then(|used| used.parse().ok());
    Ok(Connections { room, used: used.ok_or_else(untold)? })
}

async fn sequences(session: &mut Session) -> Result<Vec<Sequence>, Refused> {
    let mut found = Vec::new();
    for row in session.rows(SEQUENCES).await? {
        let (table, column, kind): (String, String, String) = (get(&row, 0)?, get(&row, 1)?, get(&row, 2)?);
        let next: Option<i64> = get(&row, 3)?;
        found.push(Sequence {
            name: format!("{table}.{column}"),
            column: Some(format!("{table}.{column}")),
            most: most(&kind),
            column_type: Some(kind),
            last: next.map(|next| next - 1),
            cycles: false,
            hidden: false,
        });
    }
    Ok(found)
}

/// The largest number of an integer type (MySQL manual, "Integer Types").
fn most(kind: &str) -> i64 {
    let kind = kind.to_lowercase();
    let bits = match kind.split(['(', ' ']).next().unwrap_or_default() {
        "tinyint" => 7,
        "smallint" => 15,
        "mediumint" => 23,
        "int" | "integer" => 31,
        _ => 63,
    };
    let bits = if kind.contains("unsigned") { (bits + 1).min(63) } else { bits };
    i64::MAX >> (63 - bits)
}

async fn transactions(session: &mut Session) -> Result<Transactions, Refused> {
    let mut open = Vec::new();
    for row in session.rows(TRANSACTIONS).await? {
        let (seconds, idle): (i64, i64) = (get(&row, 0)?, get(&row, 1)?);
        let seconds = f64::from(i32::try_from(seconds).unwrap_or(i32::MAX));
        open.push(Transaction { seconds, idle: idle != 0, prepared: false, client: get(&row, 2)? });
    }
    Ok(Transactions { open, hidden: 0 })
}

async fn role(session: &mut Session, superuser: bool) -> Result<Role, Refused> {
    let rows = session.rows(USER).await?;
    let name = rows.first().map(|row| get::<String>(row, 0)).transpose()?.unwrap_or_default();
    Ok(Role { name, superuser, bypasses_row_security: false })
}

async fn sees_all_tables(session: &mut Session) -> Result<bool, Refused> {
    let rows = session.rows(DATABASE).await?;
    let database = rows.first().map(|row| get::<Option<String>>(row, 0)).transpose()?.flatten().unwrap_or_default();
    let mut grants = Vec::new();
    for row in session.rows(GRANTS).await? {
        grants.push(get::<String>(&row, 0)?);
    }
    Ok(grants_all_tables(&grants, &database))
}

/// Whether one of these lines of SHOW GRANTS gives SELECT on every table of the database, and none takes it back.
fn grants_all_tables(grants: &[String], database: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<Vec<char>>();
    let concerns = |line: &str, verb: &str| {
        let Some((rights, place)) = line.strip_prefix(verb).and_then(|rest| rest.split_once(" ON ")) else {
            return false;
        };
        // A right with columns, such as `SELECT (id)`, is of a table.
        let reads = rights.split(',').map(str::trim).any(|right| matches!(right, "SELECT" | "ALL PRIVILEGES" | "ALL"));
        let name = place.strip_prefix('`').and_then(|rest| rest.split_once("`.*"));
        reads
            && (place.starts_with("*.*")
                || name.is_some_and(|(pattern, _)| fits(&letters(pattern), &letters(database))))
    };
    grants.iter().any(|line| concerns(line, "GRANT ")) && !grants.iter().any(|line| concerns(line, "REVOKE "))
}

/// The name of a database in a grant is a pattern: `_` and `%` as in LIKE (MySQL manual, "GRANT Statement").
fn fits(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        (['%', rest @ ..], _) => fits(rest, name) || name.split_first().is_some_and(|(_, tail)| fits(pattern, tail)),
        (['\\', plain @ ('_' | '%'), rest @ ..], [first, tail @ ..]) => plain == first && fits(rest, tail),
        (['_', rest @ ..], [_, tail @ ..]) => fits(rest, tail),
        ([plain, rest @ ..], [first, tail @ ..]) => plain == first && fits(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_right_on_the_whole_database_shows_all_tables() {
        let sees = |lines: &[&str]| {
            grants_all_tables(&lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(), "my_shop")
        };
        for all in [
            "GRANT SELECT, INSERT ON *.* TO `a`@`%`",
            "GRANT ALL PRIVILEGES ON `my\\_shop`.* TO `a`@`%`",
            "GRANT INSERT, SELECT ON `my%`.* TO `a`@`%`",
            "GRANT SELECT ON `my_shop`.* TO `a`@`%`",
        ] {
            assert!(sees(&["GRANT USAGE ON *.* TO `a`@`%`", all]), "{all}");
        }
        for some in [
            "GRANT SELECT ON `my_shop`.`orders` TO `a`@`%`",
            "GRANT SELECT (`id`) ON `my_shop`.`orders` TO `a`@`%`",
            "GRANT INSERT ON `my_shop`.* TO `a`@`%`",
            "GRANT SELECT ON `other`.* TO `a`@`%`",
        ] {
            assert!(!sees(&["GRANT USAGE ON *.* TO `a`@`%`", some]), "{some}");
        }
        assert!(!sees(&["GRANT SELECT ON *.* TO `a`@`%`", "REVOKE SELECT ON `my_shop`.* FROM `a`@`%`"]));
    }

    #[test]
    fn types_end_where_the_manual_says() {
        assert_eq!([most("tinyint(4)"), most("smallint unsigned"), most("mediumint")], [127, 65_535, 8_388_607]);
        assert_eq!(
            [most("int(11)"), most("int(10) unsigned"), most("bigint")],
            [2_147_483_647, 4_294_967_295, i64::MAX]
        );
        assert_eq!(most("bigint unsigned"), i64::MAX);
    }
}
