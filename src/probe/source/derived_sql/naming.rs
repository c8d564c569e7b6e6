//! How Laravel and Rails name the table of a model: its name in the plural, with underscores.

use crate::probe::source::index::underscored;

/// Nouns whose plural follows no rule, as the two frameworks make it.
const IRREGULAR: [(&str, &str); 14] = [
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("mouse", "mice"),
    ("datum", "data"),
    ("medium", "media"),
    ("index", "indices"),
    ("matrix", "matrices"),
    ("vertex", "vertices"),
    ("analysis", "analyses"),
    ("crisis", "crises"),
    ("quiz", "quizzes"),
    ("move", "moves"),
];

/// What the table of a model may be called, the likeliest first. Which one it is, the migrations tell.
pub(super) fn tables(model: &str) -> Vec<String> {
    let name = underscored(model);
    let (before, last) = name.rsplit_once('_').map_or(("", &*name), |(before, last)| (before, last));
    let with = |plural: String| if before.is_empty() { plural } else { format!("{before}_{plural}") };
    if let Some((_, plural)) = IRREGULAR.iter().find(|(one, _)| *one == last) {
        return vec![with((*plural).to_owned())];
    }
    let mut found = Vec::new();
    if let Some(stem) = last.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u', 'i'])) {
        found.push(with(format!("{stem}ies")));
    }
    if let Some(stem) = last.strip_suffix("fe").or_else(|| last.strip_suffix('f')) {
        found.push(with(format!("{stem}ves")));
    }
    if last.ends_with(['s', 'x', 'z', 'o']) || last.ends_with("ch") || last.ends_with("sh") {
        found.push(with(format!("{last}es")));
    }
    if !last.ends_with('s') {
        found.push(with(format!("{last}s")));
    }
    // `news`, `equipment`, `settings`.
    found.push(with(last.to_owned()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_as_the_frameworks_name_their_tables() {
        for (model, table) in [
            ("Order", "orders"),
            ("OrderItem", "order_items"),
            ("Category", "categories"),
            ("Box", "boxes"),
            ("Person", "people"),
            ("Bookshelf", "bookshelves"),
            ("APIToken", "api_tokens"),
            ("Status", "statuses"),
            ("Day", "days"),
        ] {
            assert_eq!(tables(model).first().map(String::as_str), Some(table), "{model}");
        }
    }
}
