//! Who may read and change which rows, where browsers talk to the database through an API (Supabase, PostgREST).

pub mod function_search_path;
pub mod rls_disabled;
pub mod rls_function_per_row;
pub mod rls_policy_always_true;
pub mod rls_without_policy;
pub mod security_definer_view;

use super::facts::{ExposedTable, RowSecurity};
use super::{Looked, Outcome};
use crate::model::Coverage;

/// What is known of row security, or the outcome of a check that cannot do without.
fn exposed<'a>(looked: &Looked<'a>) -> Result<&'a RowSecurity, Outcome> {
    let known = looked.facts.row_security.known()?;
    if known.tables.is_empty() && known.views.is_empty() {
        return Err(Coverage::Nothing("the schemas that the API shows hold no tables yet".to_owned()).into());
    }
    Ok(known)
}

/// Words in the names of tables and columns of which one belongs to a person.
const PRIVATE: [&str; 22] = [
    "email",
    "phone",
    "address",
    "birth",
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "ssn",
    "iban",
    "card",
    "salary",
    "stripe",
    "payment",
    "invoice",
    "order",
    "message",
    "session",
    "subscription",
    "customer",
];

/// What in a table belongs to somebody, by its columns' names and its own.
fn private_part(table: &ExposedTable) -> Option<&str> {
    let private = |name: &&String| {
        let name = name.to_lowercase();
        PRIVATE.iter().any(|word| name.contains(word)) && !name.ends_with("_order") && name != "order"
    };
    table.columns.iter().find(private).or_else(|| Some(&table.table).filter(private)).map(String::as_str)
}
