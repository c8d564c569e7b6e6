//! Which migrations may not have reached production yet. One that ran long ago cannot hurt any more.

use std::collections::BTreeSet;

use super::Group;
use crate::probe::git::{self, Past};
use crate::probe::repository::repo::Repo;

/// What is in git for longer than this counts as deployed: two weeks, the usual sprint.
pub const DAYS: i64 = 14;
/// A name with an older date was moved or renamed, not written anew.
const DAYS_OF_A_BRANCH: i64 = 90;
const DAY: i64 = 24 * 60 * 60;

/// The migrations of one group.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Split<'g> {
    /// They have run, as far as can be told.
    pub old: Vec<&'g str>,
    /// They may run with the next deployment.
    pub new: Vec<&'g str>,
    /// Nothing tells how old they are.
    pub undated: Vec<&'g str>,
}

/// Splits a group as it is `now`, in seconds since 1970: by git, or by the dates in the names where git cannot say.
pub fn split<'g>(repo: &Repo, group: &'g Group, now: i64) -> Split<'g> {
    let all = group.forward();
    let past = git::at_time(repo.root(), now - DAYS * DAY, all.iter().copied());
    split_at(&all, now, &past, |path| repo.is_tracked(path) == Some(false), |path| dated(group.name_of(path)))
}

fn split_at<'g>(
    all: &[&'g str],
    now: i64,
    past: &Past,
    untracked: impl Fn(&str) -> bool,
    dated: impl Fn(&str) -> Option<i64>,
) -> Split<'g> {
    let mut split = Split::default();
    let none = BTreeSet::new();
    for &path in all {
        let date = dated(path);
        let younger_than = |days: i64| date.map(|date| date > now - days * DAY);
        let place = match past {
            _ if untracked(path) => &mut split.new,
            Past::Had(_) | Past::BeforeTheFirst => {
                let had = if let Past::Had(had) = past { had } else { &none };
                let is_new = !had.contains(path) && younger_than(DAYS_OF_A_BRANCH).unwrap_or(true);
                if is_new { &mut split.new } else { &mut split.old }
            }
            Past::Unknown => match younger_than(DAYS) {
                Some(true) => &mut split.new,
                Some(false) => &mut split.old,
                None => &mut split.undated,
            },
        };
        place.push(path);
    }
    split
}

/// The date with which a name begins, in seconds since 1970: `20240131120000_init`, `2024_01_31_120000_x`,
/// `1706700000000-Init`.
fn dated(name: &str) -> Option<i64> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let stamp: String =
        name.get(start..)?.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '_' | '-')).collect();
    let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i64>().ok());
    // Milliseconds since 1970, as TypeORM writes them.
    if digits.len() == 13 && digits.starts_with('1') {
        return part(0, 10);
    }
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let valid = (2000..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    // Days since 1970, https://howardhinnant.github.io/date_algorithms.html#days_from_civil
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    valid.then_some(days * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_dates() {
        assert_eq!(dated("19700101_a"), None);
        assert_eq!(dated("20240131120000_init"), Some(1_706_659_200));
        assert_eq!(dated("2024_01_31_120000_create_a.php"), Some(1_706_659_200));
        assert_eq!(dated("Migration20240131120000.ts"), Some(1_706_659_200));
        assert_eq!(dated("1706700000000-Init.ts"), Some(1_706_700_000));
        assert_eq!((dated("0001_init.sql"), dated("V2__a.sql"), dated("init")), (None, None, None));
    }

    #[test]
    fn git_says_what_is_new_and_names_where_it_cannot() {
        let now = 1_706_659_200 + 3 * DAY;
        let all = ["0001_a.sql", "20200101_b.sql", "20240131_c.sql"];
        let none = |_: &str| false;
        let had = Past::Had(BTreeSet::from(["0001_a.sql".to_owned()]));
        let seen = split_at(&all, now, &had, none, dated);
        // The second was moved here: its name is older than its place.
        assert_eq!((seen.old, seen.new), (vec![all[0], all[1]], vec![all[2]]));
        let seen = split_at(&all, now, &Past::Unknown, none, dated);
        assert_eq!((seen.old, seen.new, seen.undated), (vec![all[1]], vec![all[2]], vec![all[0]]));
        let seen = split_at(&all, now, &had, |path| path == all[1], dated);
        assert_eq!(seen.new, [all[1], all[2]]);
    }
}
