//! Every version of a list against every stretch that begins and ends in it: what is affected follows from the places alone.

use gonogo::probe::dependencies::advisory::{Parsed, Standing, parse, standing};
use gonogo::probe::dependencies::query::Query;
use gonogo::probe::packages::{Ecosystem, Version};
use serde_json::{Value, json};

use super::versions::ASCENDING;

/// The places of `list` that an advisory with these events concerns, and the fix that it names for each.
fn concerned(ecosystem: Ecosystem, list: &[&str], events: &Value) -> Vec<Option<Option<String>>> {
    let range = json!({ "type": "ECOSYSTEM", "events": events });
    let package = json!({ "ecosystem": ecosystem.name(), "name": "some/package" });
    let record = json!({ "id": "TEST-1", "affected": [{ "package": package, "ranges": [range] }] });
    let Parsed::InForce(advisory) = parse(record.to_string().as_bytes()).unwrap() else { panic!("{record}") };
    let one = |text: &&str| {
        let query = Query { ecosystem, name: ecosystem.normalize("some/package"), version: (*text).to_owned() };
        match standing(&advisory, &query, &Version::parse(ecosystem, text).unwrap()) {
            Standing::Affected { fixed } => Some(fixed),
            Standing::NotAffected => None,
            other => panic!("{ecosystem} {text}: {other:?}"),
        }
    };
    list.iter().map(one).collect()
}

#[test]
fn every_stretch_holds_what_lies_in_it() {
    for &(ecosystem, list) in ASCENDING {
        for (from, first) in list.iter().enumerate() {
            for (to, last) in list.iter().enumerate().skip(from) {
                let within = |at: usize| at >= from && at <= to;
                let events = json!([{ "introduced": first }, { "last_affected": last }]);
                for (at, found) in concerned(ecosystem, list, &events).iter().enumerate() {
                    assert_eq!(found.is_some(), within(at), "{ecosystem}: {} in {first} to {last}", list[at]);
                }
                let events = json!([{ "fixed": last }, { "introduced": first }]);
                for (at, found) in concerned(ecosystem, list, &events).iter().enumerate() {
                    let expected = (within(at) && at < to).then(|| Some((*last).to_owned()));
                    // A fix at the very version where it begins: which of them counts is the order in which they stand.
                    if from < to {
                        assert_eq!(found, &expected, "{ecosystem}: {} in {first} up to {last}", list[at]);
                    }
                }
            }
        }
    }
}

#[test]
fn two_stretches_leave_a_gap_between_them() {
    for &(ecosystem, list) in ASCENDING {
        for first in 0..list.len() - 3 {
            for second in first + 1..list.len() - 2 {
                let third = list.len() - 2;
                let events = json!([
                    { "introduced": list[second] }, { "fixed": list[third] }, { "introduced": "0" }, { "fixed": list[first] },
                ]);
                for (at, found) in concerned(ecosystem, list, &events).iter().enumerate() {
                    let fix = |place: usize| Some(Some(list[place].to_owned()));
                    let allowed = match at {
                        // The fix of its own stretch, or the last one where the next stretch begins soon after that.
                        _ if at < first => vec![fix(first), fix(third)],
                        _ if at >= second && at < third => vec![fix(third)],
                        _ => vec![None],
                    };
                    assert!(allowed.contains(found), "{ecosystem}: {} with {events}: {found:?}", list[at]);
                }
            }
        }
    }
}
