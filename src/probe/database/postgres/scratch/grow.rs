//! What statistics become when a table grows: kinds stay as many as they are, keys become more with the rows.

use std::collections::HashSet;

use super::blueprint::{Blueprint, Column, Statistics};
use super::sizes::Sizes;

/// A column of fewer different values, each seen more than once, holds kinds, however few rows there are.
const FEW_VALUES: f64 = 20.0;
/// At least this part of a key's rows differ: a development database often has all rows of one and the same user.
const LEAST_DIFFERENT: f64 = 0.01;
/// What is taken where a foreign key has no statistics: ten rows for each row of the other table.
const UNKNOWN_KEY: f64 = -0.1;

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Nature {
    /// So many, and no more with more rows.
    Kinds(f64),
    /// More with more rows: this part of these.
    Keys(f64),
    /// Not known.
    Unknown,
}

/// Tells it for the columns of a table.
pub struct Natures<'a> {
    sizes: &'a Sizes<'a>,
    blueprint: &'a Blueprint,
    /// Columns that are unique by themselves, and those of foreign keys: table and number.
    unique: HashSet<(i64, i32)>,
    foreign: HashSet<(i64, i32)>,
}

impl<'a> Natures<'a> {
    /// Of the tables of `blueprint`.
    pub fn new(blueprint: &'a Blueprint, sizes: &'a Sizes<'a>) -> Self {
        let alone = blueprint.indexes.iter().filter(|index| index.is_unique && !index.partial && index.leading == 1);
        let unique = alone.filter_map(|index| Some((index.relation, *index.keys.first()?))).collect();
        let foreign = blueprint
            .references
            .iter()
            .flat_map(|reference| reference.keys.iter().map(|&number| (reference.relation, number)));
        Self { sizes, blueprint, unique, foreign: foreign.collect() }
    }

    /// What the values of a column are.
    pub fn of(&self, column: &Column) -> Nature {
        if self.unique.contains(&(column.relation, column.number)) {
            return Nature::Keys(1.0);
        }
        let known = self.sizes.statistics(column.relation, &column.name);
        let (rows, _) = self.sizes.of(column.relation).unwrap_or((0.0, 0.0));
        let key = self.is_key(column);
        let Some(known) = known.filter(|known| known.n_distinct != 0.0 && rows >= 1.0) else {
            return if key { Nature::Keys(-UNKNOWN_KEY) } else { self.without_statistics(column) };
        };
        let values = if known.n_distinct < 0.0 { -known.n_distinct * rows } else { known.n_distinct };
        let part = (values / rows).min(1.0);
        if column.type_kind == "e" || column.base == "bool" {
            Nature::Kinds(values)
        } else if key {
            Nature::Keys(part.max(LEAST_DIFFERENT))
        } else if values <= FEW_VALUES && part <= 0.5 {
            Nature::Kinds(values)
        } else if known.n_distinct < 0.0 || column.base.starts_with("timestamp") || column.base == "uuid" {
            Nature::Keys(part)
        } else {
            Nature::Kinds(values)
        }
    }

    fn without_statistics(&self, column: &Column) -> Nature {
        if column.type_kind == "e" {
            let labels = self.blueprint.types.iter().find(|of| of.name == column.data_type).map(|of| of.labels.len());
            return labels
                .map_or(Nature::Unknown, |labels| Nature::Kinds(f64::from(u32::try_from(labels).unwrap_or(u32::MAX))));
        }
        Nature::Unknown
    }

    /// A foreign key, or what is named like one.
    fn is_key(&self, column: &Column) -> bool {
        let named = ["_id", "Id", "_uuid", "_fk"].iter().any(|end| column.name.ends_with(end));
        let fits = matches!(column.category.as_str(), "N" | "S") || column.base == "uuid";
        self.foreign.contains(&(column.relation, column.number)) || (named && fits && column.type_kind != "e")
    }
}

/// The statistics of a column in a table that has grown.
pub fn grown(known: &Statistics, nature: Nature) -> Statistics {
    let mut grown = known.clone();
    match nature {
        Nature::Kinds(values) => grown.n_distinct = values.max(1.0),
        Nature::Keys(part) => {
            grown.n_distinct = -part;
            // Each value's share shrinks to nothing.
            (grown.common, grown.common_shares) = (None, None);
        }
        Nature::Unknown => {}
    }
    grown
}

/// Statistics for a column without any, as far as its nature is known.
pub fn assumed(column: &Column, nature: Nature) -> Option<Statistics> {
    let n_distinct = match nature {
        Nature::Kinds(values) => values,
        Nature::Keys(part) => -part,
        Nature::Unknown => return None,
    };
    let width = if column.length > 0 { f64::from(column.length) } else { 32.0 };
    Some(Statistics {
        relation: column.relation,
        name: column.name.clone(),
        width,
        n_distinct,
        ..Statistics::default()
    })
}
